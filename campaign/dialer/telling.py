"""Telling how far a run is: numbers are stored as things happen, and drawn by somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta

from campaign.dialer.clock import current_s
from campaign.dialer.means import Means
from campaign.dialer.place import Placed
from campaign.dialer.plan import Dial, Report
from campaign.dialer.reconcile import Unknown
from campaign.model import Attempt, Tally
from campaign.policy import disposition
from campaign.policy.placing import Then


class Teller:
    """Keeps the tally of one run, and tells whoever watches it."""

    def __init__(self, means: Means, report: Report) -> None:
        self.tally = Tally()
        self._clock = means.clock
        self._progress = means.progress
        self._report = report
        self._stop = means.stop
        self._found = 0

    def dialled(self, dial: Dial, placed: Placed) -> None:
        """Take note of what a contact's create came to, unless there was none."""
        tally = self.tally
        if placed.hold is not None:
            return
        if dial.before is None:
            tally.first += 1
        else:
            tally.again += 1
        if placed.then is not Then.FOLLOW and placed.attempt is not None:
            tally.last_error, tally.last_error_at = placed.attempt.error, self._clock.now()

    def found(self, unknown: Unknown | None) -> None:
        """Take note that a call was found, if it is one that this run has sent."""
        self._found += unknown is not None and unknown.request is not None

    def ended(self, attempt: Attempt) -> None:
        """Take note of how a call ended."""
        outcome = disposition.of_attempt(attempt).value
        self.tally.outcomes[outcome] = self.tally.outcomes.get(outcome, 0) + 1

    def tell(self, *, live: int, spent_usd: float) -> None:
        """Tell how far the run is; called for each thing that happens, so that it costs little."""
        report, tally = self._report, self.tally
        tally.created, tally.failed = report.created, report.failed
        tally.unknown = report.unknown - self._found
        tally.live, tally.spent_usd = live, spent_usd
        self._progress.update(tally)

    def look(self, *, next_due: datetime | None, live_since_s: float | None) -> None:
        """Take note, once a second, of what changes by itself or takes longer to find out."""
        tally = self.tally
        tally.held = len(self._report.holds)
        tally.next_due = next_due
        tally.stopped_by = self._stop.reason
        if live_since_s is None:
            tally.oldest_live_at = None
        else:
            ago = timedelta(seconds=current_s() - live_since_s)
            tally.oldest_live_at = self._clock.now() - ago
