"""Progress on a terminal, drawn with rich; nothing where nobody watches."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class NoProgress:
    """Progress that nobody watches."""

    def update(self, counts: Mapping[str, int]) -> None:
        """Take the counts and leave it at that."""

    def close(self) -> None:
        """Have nothing to close."""


class BarProgress:
    """One line on stderr: how many of the contacts have been placed, and how many are live."""

    def __init__(self, bar: Bar, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("calls", total=total, live=0, failed=0, unknown=0)
        bar.start()

    def update(self, counts: Mapping[str, int]) -> None:
        """Redraw with the present counts."""
        done = counts["created"] + counts["failed"] + counts["unknown"]
        self._bar.update(
            self._task,
            completed=done,
            live=counts["live"],
            failed=counts["failed"],
            unknown=counts["unknown"],
        )

    def close(self) -> None:
        """Leave the last state on the screen, where there still is one."""
        with suppress(OSError):
            self._bar.stop()


def bar_progress(total: int) -> BarProgress:
    """Return a bar for `total` contacts, on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return BarProgress(
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("live {task.fields[live]}"),
            TextColumn("failed {task.fields[failed]}"),
            TextColumn("unknown {task.fields[unknown]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        ),
        total,
    )
