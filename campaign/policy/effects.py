"""What the end of a call means for the run that placed it, besides its own contact."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Effect(StrEnum):
    """What a run does on the end of one of its calls."""

    NOTHING = "nothing"
    """The call was its contact's affair alone."""
    FEWER_LINES = "fewer_lines"
    """The account had no line for it: use fewer."""
    TROUBLE = "trouble"
    """The telephone side failed: many in a row halt."""
    RETIRE_CALLER = "retire_caller"
    """Networks do not take this caller number any more."""
    HALT = "halt"
    """No further call can be placed."""


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
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
)

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "telephony_provider_permission_denied": (
            "allow the caller number to call these places at its telephony provider"
        ),
        "no_valid_payment": "settle the account's billing at the provider",
        "credit_exhausted": "add credit to the account at the provider",
        "budget_reached": "raise the spending limit of the account at the provider",
        "scam_detected": "the provider takes the calls for a scam: talk to its support",
    }
)
"""What to do about each reason that halts."""

MOST_TROUBLE = 10
"""Calls in a row that the telephone side failed, before the run halts."""


def effect(reason: str) -> Effect:
    """Return what the end of a call for a disconnection reason means for its run."""
    return EFFECTS.get(reason, Effect.NOTHING)
