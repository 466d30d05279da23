"""How far the provider's clock is from ours, read off the `date` of its answers."""

from __future__ import annotations

from datetime import datetime

from campaign.retell.faults import moment


class Skew:
    """The provider's time minus ours, at the newest answer that had a readable date.

    An answer is dated when its server begins it, at any moment between the request and the end of
    the answer: only what lies outside of that is the clocks' doing.
    """

    __slots__ = ("_date", "_then", "skew_s")

    def __init__(self) -> None:
        self.skew_s: float | None = None
        self._date = ""
        self._then: datetime | None = None

    def note(self, date: str, *, sent_at: datetime, ended_at: datetime) -> None:
        """Take the `date` header of an answer, `""` for none, and when it was asked and there."""
        if date != self._date:
            # Many answers come in one second: each date is parsed once.
            self._date, self._then = date, moment(date)
        if self._then is not None:
            nearest = min(max(self._then, sent_at), ended_at)
            self.skew_s = (self._then - nearest).total_seconds()
