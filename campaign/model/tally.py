"""How far a run is: the one value here that changes, so that telling it costs next to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Tally:
    """How far a run is. The dialer keeps one up to date; whoever watches only reads it.

    There is one object for a whole run, and it may be read at any moment, in any thread: each of
    its values is right by itself, two of them may be an instant apart.
    """

    created: int = 0
    """Calls that this run has created."""
    failed: int = 0
    """Creates that were refused for their row, or could not be sent."""
    unknown: int = 0
    """Creates after which a call may exist, and was not found so far."""
    first: int = 0
    """Contacts that were dialled for the first time: created, failed and unknown ones."""
    again: int = 0
    """Contacts that were dialled once more: created, failed and unknown ones."""
    held: int = 0
    """Contacts that were looked at and may not be called now."""
    live: int = 0
    """Calls that have not been seen to end, those of earlier runs too."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How the calls went that ended while this run watched: `answered`, `busy`, ..."""
    spent_usd: float = 0.0
    """What the calls cost that ended in this run; with a budget, all calls of the campaign."""
    next_due: datetime | None = None
    """When the next contact falls due of those who wait, as far as the run knows them."""
    oldest_live_at: datetime | None = None
    """Since when the longest of the live calls has been watched."""
    last_error: str | None = None
    """Why the newest create that failed did, or why its outcome is unknown."""
    last_error_at: datetime | None = None
    stopped_by: str | None = None
    """Why no new call is placed any more; as in the summary."""
    following: bool = False
    """Nobody is left to call in this run; live calls are waited for."""
    over: bool = False
    """The last call has ended, or is not waited for; the results are being written."""

    @property
    def dialled(self) -> int:
        """Return how many creates have come to something."""
        return self.first + self.again
