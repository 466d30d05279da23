"""A coroutine in a thread of its own."""

from __future__ import annotations

import _thread
import asyncio
import signal
import threading
from typing import Any

import pytest

from campaign.api.loop import Aside
from campaign.dialer.stop import Stop


async def seven(_: Stop) -> int:
    """Return a number."""
    return 7


async def broken(_: Stop) -> int:
    """Fail."""
    raise ValueError("broken")


async def interrupted(_: Stop) -> int:
    """Press Ctrl-C and wait for it."""
    _thread.interrupt_main()
    await asyncio.sleep(60)
    return 7


def test_a_result_and_an_error() -> None:
    """What the coroutine returns or raises comes back."""
    assert 7 == Aside(seven, drains=False).run()
    with pytest.raises(ValueError, match="broken"):
        Aside(broken, drains=True).run()


def test_what_cannot_drain_is_cancelled() -> None:
    """The first Ctrl-C ends what has nothing to drain."""
    with pytest.raises(KeyboardInterrupt):
        Aside(interrupted, drains=False).run()


def test_other_threads_know_no_ctrl_c() -> None:
    """Outside of the main thread SIGINT is left alone."""
    found: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=lambda: found.append(Aside(seven, drains=True).run()))
    thread.start()
    thread.join()
    assert ([7], before) == (found, signal.getsignal(signal.SIGINT))


def test_a_loop_that_never_came_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt is no deadlock where there is nothing to interrupt."""
    aside: Aside[int] = Aside(seven, drains=True)

    def fail(coroutine: Any) -> None:
        coroutine.close()
        _thread.interrupt_main()
        raise OSError("no file descriptors left")

    monkeypatch.setattr(asyncio, "run", fail)
    with pytest.raises(OSError, match="no file descriptors"):
        aside.run()


def test_an_interrupt_that_comes_late() -> None:
    """An interrupt after the end changes nothing but that it is told."""
    aside: Aside[int] = Aside(seven, drains=False)
    assert 7 == aside.run()
    aside._interrupt()
    assert aside._interrupts == 1
