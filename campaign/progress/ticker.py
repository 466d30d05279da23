"""A thread that does one thing now and then, until it is stopped or cannot do it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

Begin: TypeAlias = Callable[[Callable[[], None]], threading.Thread]

PATIENCE_S = 2.0
"""How long a last act is waited for."""


def begin(target: Callable[[], None]) -> threading.Thread:
    """Begin to do something in a thread that no process waits for."""
    thread = threading.Thread(target=target, name="campaign-progress", daemon=True)
    thread.start()
    return thread


class Ticker:
    """Calls `act` every so many seconds and then, where there is one, `last`, all in one thread.

    An act that fails is the last one, in silence: whoever watches a run cannot disturb it.
    """

    def __init__(
        self, act: Callable[[], None], every_s: float, *, last: Callable[[], None] | None = None
    ) -> None:
        self._act = act
        self._every_s = every_s
        self._last = last
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, begin: Begin = begin) -> None:
        """Begin."""
        self._thread = begin(self._run)

    def stop(self) -> None:
        """End it; a screen that takes nothing any more is not waited for."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(timeout=self._every_s if self._last is None else PATIENCE_S)

    def _run(self) -> None:
        try:
            while not self._over.wait(self._every_s):
                self._act()
            if self._last is not None:
                self._last()
        except Exception:  # noqa: BLE001 - see above
            return
