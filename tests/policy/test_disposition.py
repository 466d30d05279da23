"""What a call came to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaign.model import Attempt, AttemptState, Call, Outcome
from campaign.policy import disposition

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def call(status: str, reason: str | None = None, **more: object) -> Call:
    """Return a call."""
    return Call(call_id="call_1", status=status, disconnection_reason=reason, **more)  # type: ignore[arg-type]


def attempt(state: AttemptState, of: Call | None = None) -> Attempt:
    """Return an attempt."""
    return Attempt(
        id=1,
        campaign="spring",
        contact_key="+14155550123",
        attempt=1,
        attempt_id="att_1",
        to_number="+14155550123",
        from_number="+14157774444",
        agent_id=None,
        state=state,
        intent_at=NOW,
        sends=1,
        call=of,
    )


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        ("ended", "user_hangup", "answered"),
        ("ended", "agent_hangup", "answered"),
        ("ended", "call_transfer", "answered"),
        ("ended", "transfer_bridged", "answered"),
        ("ended", "transfer_cancelled", "answered"),
        ("ended", "max_duration_reached", "answered"),
        ("ended", "call_take_over", "answered"),
        ("ended", "inactivity", "answered"),
        ("ended", "manual_stopped", "answered"),
        ("ended", "user_requested_dnc", "answered"),
        ("ended", "user_requested_callback", "answered"),
        ("ended", "voicemail_reached", "voicemail"),
        ("ended", "machine_detected", "voicemail"),
        ("ended", "ivr_reached", "voicemail"),
        ("not_connected", "dial_no_answer", "no_answer"),
        ("not_connected", "dial_busy", "busy"),
        ("not_connected", "user_declined", "declined"),
        ("not_connected", "dial_failed", "undeliverable"),
        ("not_connected", "invalid_destination", "undeliverable"),
        ("not_connected", "telephony_provider_unavailable", "error"),
        ("not_connected", "sip_routing_error", "error"),
        ("not_connected", "telephony_provider_permission_denied", "error"),
        ("not_connected", "marked_as_spam", "error"),
        ("not_connected", "network_blocked", "error"),
        ("error", "concurrency_limit_reached", "error"),
        ("error", "registered_call_timeout", "error"),
        ("error", "no_valid_payment", "error"),
        ("error", "credit_exhausted", "error"),
        ("error", "budget_reached", "error"),
        ("error", "scam_detected", "error"),
        ("error", "error_llm_websocket_open", "error"),
        ("error", "error_twilio", "error"),
        ("ended", "invented_reason", "answered"),
        ("not_connected", "invented_reason", "no_answer"),
        ("error", "invented_reason", "error"),
        ("ended", None, "answered"),
        ("invented_status", "invented_reason", "error"),
        ("invented_status", "dial_busy", "busy"),
        ("registered", None, "placed"),
        ("ongoing", None, "placed"),
        ("ongoing", "user_hangup", "placed"),
        ("invented_status", None, "placed"),
    ],
)
def test_reasons_become_outcomes(status: str, reason: str | None, outcome: str) -> None:
    """Known reasons decide; unknown ones leave it to the status; a live call is placed."""
    assert outcome == disposition.of_call(call(status, reason)).value


def test_a_machine_that_only_the_analysis_heard_is_voicemail() -> None:
    """`in_voicemail` turns an answered call into voicemail, and no other outcome."""
    assert (
        disposition.of_call(call("ended", "agent_hangup", in_voicemail=True)) == Outcome.VOICEMAIL
    )
    assert (
        disposition.of_call(call("not_connected", "dial_busy", in_voicemail=True)) == Outcome.BUSY
    )


def test_an_end_is_seen_through_a_status_nobody_knows() -> None:
    """An end time is an end, whatever the status is called."""
    assert disposition.has_ended(call("archived", ended_at=NOW))
    assert not disposition.has_ended(call("dialing"))


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (AttemptState.SENDING, "unknown"),
        (AttemptState.WITHHELD, "failed"),
        (AttemptState.REFUSED, "failed"),
        (AttemptState.UNKNOWN, "unknown"),
        (AttemptState.LIVE, "placed"),
        (AttemptState.LOST, "placed"),
        (AttemptState.SETTLED, "placed"),
        (AttemptState.DISMISSED, "pending"),
    ],
)
def test_attempts_without_an_end_have_an_outcome(state: AttemptState, outcome: str) -> None:
    """Every state but `ended` has its own outcome."""
    assert outcome == disposition.of_attempt(attempt(state)).value


def test_an_ended_attempt_has_its_calls_outcome() -> None:
    """The call decides once it has ended."""
    ended = attempt(AttemptState.ENDED, call("not_connected", "dial_busy"))
    assert disposition.of_attempt(ended) == Outcome.BUSY
