"""What the end of one call means for all the others of a run."""

from __future__ import annotations

from campaign.dialer.callers import Callers
from campaign.dialer.share import Allotment
from campaign.dialer.stop import Stop
from campaign.errors import HaltError
from campaign.log import Action, Log
from campaign.model import Attempt, AttemptState
from campaign.policy import disposition, effects
from campaign.policy.effects import Effect
from campaign.policy.masking import mask

log = Log(__name__)


class Endings:
    """Shrinks lines, retires caller numbers and halts the run, as the ends of its calls ask."""

    def __init__(self, allotment: Allotment, callers: Callers, stop: Stop) -> None:
        self._allotment = allotment
        self._callers = callers
        self._stop = stop
        self._troubles = 0

    def heed(self, attempt: Attempt) -> None:
        """Do for the whole run what the end of a call asks for."""
        _tell(attempt)
        reason = _reason(attempt)
        effect = effects.effect(reason)
        self._troubles = self._troubles + 1 if effect is Effect.TROUBLE else 0
        if effect is Effect.FEWER_LINES:
            self._allotment.refused()
        elif effect is Effect.RETIRE_CALLER:
            self._retire(attempt)
        elif effect is Effect.HALT or self._troubles >= effects.MOST_TROUBLE:
            self._halt(reason)

    def _retire(self, attempt: Attempt) -> None:
        reason = _reason(attempt)
        self._callers.retire(attempt.from_number)
        log.warning(
            Action.CALLER_RETIRED,
            "caller number %s calls nobody more in this run: %s",
            mask(attempt.from_number),
            reason,
            campaign=attempt.campaign,
        )
        if self._callers.exhausted:
            self._stop.halt(
                HaltError(
                    f"networks do not take calls from any of the caller numbers: {reason}",
                    hint="register the numbers with the networks, or call from others",
                )
            )

    def _halt(self, reason: str) -> None:
        hint = effects.HINTS.get(reason, "run again when the telephone side works")
        told = f"a call ended as {reason!r}: no other would go through"
        self._stop.halt(HaltError(told, hint=hint))


def _tell(attempt: Attempt) -> None:
    outcome, call = disposition.of_attempt(attempt).value, attempt.call
    lost = attempt.state is AttemptState.LOST
    log.info(
        Action.LOST if lost else Action.ENDED,
        "call %s: %s",
        call and call.call_id,
        attempt.error if lost else outcome,
        attempt=attempt,
        call=call and call.call_id,
        outcome=outcome,
        duration_s=call and call.duration_s,
        cost_usd=call and call.cost_usd,
    )


def _reason(attempt: Attempt) -> str:
    return (attempt.call and attempt.call.disconnection_reason) or ""
