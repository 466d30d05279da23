"""What else the dialer needs: the time, the list, somebody who watches, news of calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from campaign.model import Call, Contact, Tally


class Clock(Protocol):
    """The time of day; waiting is the dialer's own, by differences of this clock."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...


class Progress(Protocol):
    """Somebody who watches a run; the dialer never waits for it and does not know who it is."""

    def update(self, tally: Tally) -> None:
        """Take note that something happened, or that a second has passed.

        It is the same object each time. Called from the run's own loop, for each call several
        times: whatever takes long, as drawing does, belongs into another thread.
        """
        ...


News = Callable[[Callable[[Call], Awaitable[None]]], Awaitable[None]]
"""Runs until cancelled and hands on what the provider says of calls of its own accord."""

ContactFeed = Callable[[], AsyncGenerator[Sequence[Contact], None]]
"""Yields the callable contacts of a list in batches, in list order."""
