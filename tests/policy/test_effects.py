"""What the end of a call means for its run."""

from __future__ import annotations

import pytest

from campaign.policy import disposition, effects, redial
from campaign.policy.effects import Effect

TABLE = {
    "concurrency_limit_reached": Effect.FEWER_LINES,
    "registered_call_timeout": Effect.FEWER_LINES,
    "telephony_provider_unavailable": Effect.TROUBLE,
    "sip_routing_error": Effect.TROUBLE,
    "marked_as_spam": Effect.RETIRE_CALLER,
    "network_blocked": Effect.RETIRE_CALLER,
    "telephony_provider_permission_denied": Effect.HALT,
    "no_valid_payment": Effect.HALT,
    "credit_exhausted": Effect.HALT,
    "budget_reached": Effect.HALT,
    "scam_detected": Effect.HALT,
}


@pytest.mark.parametrize(
    "reason",
    [*disposition.REASONS, "error_llm_websocket_open", "error_twilio", "something_new", ""],
)
def test_every_reason_has_its_effect(reason: str) -> None:
    """Most calls are their contact's affair alone; unheard-of reasons are, too."""
    assert TABLE.get(reason, Effect.NOTHING) is effects.effect(reason)


def test_whatever_halts_says_what_to_do() -> None:
    """One hint for each reason that halts, and for no other."""
    halting = {reason for reason, effect in TABLE.items() if effect is Effect.HALT}
    assert halting == set(effects.HINTS)
    assert all(effects.HINTS.values())


def test_who_was_not_reached_slows_the_run() -> None:
    """What is dialled again soon has an effect that keeps it from going on for ever."""
    slowing = {Effect.FEWER_LINES, Effect.TROUBLE}
    assert redial.UNREACHED == {reason for reason, effect in TABLE.items() if effect in slowing}
