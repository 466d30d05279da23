"""How far the provider's clock is from ours, read off the `date` of its answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from campaign.retell.faults import moment


class Skew:
    """The provider's time minus ours, at the newest answer that had a readable date."""

    __slots__ = ("_date", "_then", "skew_s")

    def __init__(self) -> None:
        self.skew_s: float | None = None
        self._date = ""
        self._then: datetime | None = None

    def note(self, date: str, now: Callable[[], datetime]) -> None:
        """Take the `date` header of an answer that has just come, `""` for none."""
        if date != self._date:
            # Many answers come in one second: each date is parsed once.
            self._date, self._then = date, moment(date)
        if self._then is not None:
            self.skew_s = (self._then - now()).total_seconds()
