"""What a run works with: adapters and callbacks, given to it once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from campaign.dialer.stop import Stop
from campaign.ports import Clock, ContactFeed, Ledger, News, Progress, Provider

KeepDocument = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Takes a call id and everything the provider holds of that call."""


class Renewal(Protocol):
    """Writes the results again while a run goes on, at most once in `every_s`.

    `takes_s` is how long that may take, as far as it is known before the first time.
    """

    every_s: float
    takes_s: float

    async def renew(self, holds: Mapping[str, str]) -> None:
        """Write them; `holds` has why contacts that are due were not dialled. Does not raise."""

    def withdraw(self) -> None:
        """Give up what is being written, from another task, and write nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run works with.

    `beat` takes signs of life, one before each create and one a second: the highest attempt id
    that the ledger holds. `on_signal` makes SIGINT, SIGTERM and SIGHUP drain the run and is told
    of each as (number, second or not). `news` brings what the provider says of its own accord,
    `keep_document` takes what it holds of answered calls, `renewal` writes the results while the
    run goes on; `None` where nobody asked for it.
    """

    ledger: Ledger
    provider: Provider
    clock: Clock
    feed: ContactFeed
    progress: Progress
    stop: Stop
    beat: Callable[[int], None]
    on_signal: Callable[[int, bool], None] | None = None
    news: News | None = None
    keep_document: KeepDocument | None = None
    renewal: Renewal | None = None
