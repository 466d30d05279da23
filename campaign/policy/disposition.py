"""What a call came to: the provider's words turned into an outcome.

Source: the provider's documented `call_status` and `disconnection_reason` values, v1's included.
Reasons that are not in the table are carried as text and judged by `call_status` alone.
"""

from __future__ import annotations

from types import MappingProxyType

from campaign.model import Attempt, AttemptState, Call, Outcome

REASONS = MappingProxyType(
    {
        "user_hangup": Outcome.ANSWERED,
        "agent_hangup": Outcome.ANSWERED,
        "call_transfer": Outcome.ANSWERED,
        "transfer_bridged": Outcome.ANSWERED,
        "transfer_cancelled": Outcome.ANSWERED,
        "max_duration_reached": Outcome.ANSWERED,
        "call_take_over": Outcome.ANSWERED,
        "inactivity": Outcome.ANSWERED,
        "manual_stopped": Outcome.ANSWERED,
        "user_requested_dnc": Outcome.ANSWERED,
        "user_requested_callback": Outcome.ANSWERED,
        "voicemail_reached": Outcome.VOICEMAIL,
        "machine_detected": Outcome.VOICEMAIL,
        "ivr_reached": Outcome.VOICEMAIL,
        "dial_no_answer": Outcome.NO_ANSWER,
        "dial_busy": Outcome.BUSY,
        "user_declined": Outcome.DECLINED,
        "dial_failed": Outcome.UNDELIVERABLE,
        "invalid_destination": Outcome.UNDELIVERABLE,
        "telephony_provider_unavailable": Outcome.ERROR,
        "sip_routing_error": Outcome.ERROR,
        "telephony_provider_permission_denied": Outcome.ERROR,
        "marked_as_spam": Outcome.ERROR,
        "network_blocked": Outcome.ERROR,
        "concurrency_limit_reached": Outcome.ERROR,
        "registered_call_timeout": Outcome.ERROR,
        "no_valid_payment": Outcome.ERROR,
        "credit_exhausted": Outcome.ERROR,
        "budget_reached": Outcome.ERROR,
        "scam_detected": Outcome.ERROR,
    }
)

STATUSES = MappingProxyType(
    {
        "ended": Outcome.ANSWERED,
        "not_connected": Outcome.NO_ANSWER,
        "error": Outcome.ERROR,
    }
)

ASKED = frozenset({"user_requested_dnc", "user_requested_callback"})
"""Reasons by which somebody asked for something: no machine does, whatever an analysis says."""

UNDER_WAY = frozenset({"registered", "ongoing"})

STATES = MappingProxyType(
    {
        AttemptState.SENDING: Outcome.UNKNOWN,
        AttemptState.WITHHELD: Outcome.FAILED,
        AttemptState.REFUSED: Outcome.FAILED,
        AttemptState.UNKNOWN: Outcome.UNKNOWN,
        AttemptState.LIVE: Outcome.PLACED,
        AttemptState.LOST: Outcome.PLACED,
        AttemptState.SETTLED: Outcome.PLACED,
        AttemptState.DISMISSED: Outcome.PENDING,
    }
)


def has_ended(call: Call) -> bool:
    """Tell whether the provider has said that this call is over.

    A status nobody knows yet is over only where an end or a reason for one came with it.
    """
    if call.status in STATUSES:
        return True
    if call.status in UNDER_WAY:
        return False
    return call.ended_at is not None or call.disconnection_reason is not None


def of_call(call: Call) -> Outcome:
    """Return the outcome of a call that has ended, `PLACED` for one that has not."""
    if not has_ended(call):
        return Outcome.PLACED
    found = REASONS.get(call.disconnection_reason or "", STATUSES.get(call.status, Outcome.ERROR))
    if found is Outcome.ANSWERED and call.in_voicemail and call.disconnection_reason not in ASKED:
        return Outcome.VOICEMAIL
    return found


def of_attempt(attempt: Attempt) -> Outcome:
    """Return what an attempt means for its contact."""
    if attempt.state is AttemptState.ENDED and attempt.call is not None:
        return of_call(attempt.call)
    return STATES.get(attempt.state, Outcome.PLACED)
