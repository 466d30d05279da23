"""Signals while the results are being written: the first one waits for them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def patience(told: Callable[[int, bool], None] | None, earlier: int | None) -> Iterator[list[int]]:
    """Hold signals back inside the block, where `told` takes them; yield those that came.

    `told` hears each as (signal number, second or not) and does not come back from the second;
    one that came `earlier`, while calls were placed or followed, is the first.
    """
    heard: list[int] = []
    if told is None:
        yield heard
        return

    def hear(number: int, _: Any) -> None:
        heard.append(number)
        told(number, earlier is not None or len(heard) > 1)

    before = {number: signal.signal(number, hear) for number in SIGNALS}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
