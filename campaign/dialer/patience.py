"""Reads that fail: borne with for a while, and then no more."""

from __future__ import annotations

from campaign.dialer.clock import current_s
from campaign.dialer.stop import Stop
from campaign.dialer.watch import Watched
from campaign.errors import HaltError, KeyRefusedError
from campaign.log import Action, Log
from campaign.model import Fault, FaultKind
from campaign.policy import following

log = Log(__name__)


class Patience:
    """Ends the following of a run whose reads are refused, or bring nothing for minutes."""

    def __init__(self, stop: Stop, *, lines: int) -> None:
        self._stop = stop
        self._lines = lines
        self._left = 0
        self._answered_s = 0.0

    def answered(self) -> None:
        """Take note of an answer, or that nothing was asked so far."""
        self._answered_s = current_s()

    def unanswered(self, fault: Fault) -> None:
        """Take note of a read that failed."""
        log.warning(Action.READ_FAILED, "a read failed: %s", fault.message)
        if fault.kind is FaultKind.KEY:
            self._give_up(KeyRefusedError(fault.message, hint="check RETELL_API_KEY"))
        elif current_s() - self._answered_s > following.PATIENCE_S:
            self._give_up(
                HaltError(
                    f"the provider has answered no read for {following.PATIENCE_S / 60:.0f} "
                    f"minutes: {fault.message}",
                    hint="live calls are left as `placed`; run again to follow them",
                )
            )

    def lasts(self, watched: Watched) -> bool:
        """Tell whether a call is asked after once more, of which nothing is heard.

        Where other reads are answered, one call alone must not keep a run up for ever. It keeps
        its line, for it may be live; where all lines are held so, nobody more is called.
        """
        if current_s() - watched.heard_s <= following.PATIENCE_S:
            return True
        log.warning(
            Action.READ_FAILED,
            "call %s could not be read for %.0f minutes: it is left as it is",
            watched.call_id,
            following.PATIENCE_S / 60,
            call=watched.call_id,
        )
        self._left += watched.ended_s is None
        if self._left >= self._lines:
            error = "calls that cannot be read hold all lines"
            self._stop.halt(HaltError(error, hint="run again to follow them"))
        return False

    def _give_up(self, error: HaltError) -> None:
        self._stop.halt(error)
        self._stop.following.cancel()
