"""A coroutine run to its end by somebody who may have an event loop of his own.

It gets a loop and a thread of its own, so that this works in a notebook too. Where the caller is
the main thread, Ctrl-C (SIGINT) is taken over meanwhile: the first one drains a run, the second
leaves it at once. What cannot drain is cancelled by the first.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from campaign.dialer.stop import Stop

T = TypeVar("T")
WAKE_S = 0.1


class Aside(Generic[T]):
    """One coroutine in a thread of its own, and how it is interrupted."""

    def __init__(self, work: Callable[[Stop], Coroutine[Any, Any, T]], *, drains: bool) -> None:
        self._work = work
        self._drains = drains
        self._ended: list[T | BaseException] = []
        self._begun = threading.Event()
        self._interrupts = 0
        self._stop: Stop
        self._task: asyncio.Future[T]
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> T:
        """Return what the coroutine returns; `KeyboardInterrupt` where it was cut short."""
        thread = threading.Thread(target=self._body, name="campaign")
        with _sigint(self._interrupt):
            thread.start()
            while thread.is_alive():
                # Not every interrupt wakes a thread that waits without an end.
                thread.join(WAKE_S)
        outcome = self._ended[0]
        if self._interrupts > (1 if self._drains else 0):
            raise KeyboardInterrupt
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _body(self) -> None:
        try:
            self._ended.append(asyncio.run(self._main()))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._ended.append(error)
        finally:
            self._begun.set()

    async def _main(self) -> T:
        self._stop = Stop(drain_for_s=0.0)
        self._task = asyncio.ensure_future(self._work(self._stop))
        self._loop = asyncio.get_running_loop()
        self._begun.set()
        return await self._task

    def _interrupt(self) -> None:
        self._begun.wait()
        self._interrupts += 1
        if self._loop is None:
            return
        # Its work may be done and the loop closed by now.
        with suppress(RuntimeError):
            if not self._drains:
                self._loop.call_soon_threadsafe(self._task.cancel)
            elif self._interrupts == 1:
                self._loop.call_soon_threadsafe(self._stop.signal, int(signal.SIGINT))
            else:
                self._loop.call_soon_threadsafe(self._stop.abort)


@contextmanager
def _sigint(interrupt: Callable[[], None]) -> Iterator[None]:
    """Take over SIGINT, where that can be done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: interrupt())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
