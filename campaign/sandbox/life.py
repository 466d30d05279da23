"""How a call goes: decided when it is made, from the seed, the number and how often it was called.

Reasons and the statuses they come with follow the provider's documented values; a reason that
only newer servers know can be scripted as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any

from campaign.sandbox.plan import CallScript, SandboxPlan
from campaign.sandbox.seed import rng


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What calls that end for one reason have in common; bounds in seconds."""

    status: str
    ring_s: tuple[float, float]
    talk_s: tuple[float, float] = (0.0, 0.0)
    voicemail: bool = False
    successful: bool = False


def _talk(low_s: float, high_s: float, *, successful: bool = False, machine: bool = False) -> Kind:
    return Kind(
        status="ended",
        ring_s=(4.0, 20.0),
        talk_s=(low_s, high_s),
        voicemail=machine,
        successful=successful,
    )


def _silent(low_s: float, high_s: float) -> Kind:
    return Kind(status="not_connected", ring_s=(low_s, high_s))


_ERROR = Kind(status="error", ring_s=(4.0, 20.0), talk_s=(2.0, 30.0))
_STOPPED = Kind(status="error", ring_s=(0.5, 1.5))

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "user_hangup": _talk(15.0, 180.0, successful=True),
        "agent_hangup": _talk(40.0, 240.0, successful=True),
        "call_transfer": _talk(30.0, 120.0, successful=True),
        "transfer_bridged": _talk(30.0, 120.0, successful=True),
        "transfer_cancelled": _talk(30.0, 120.0),
        "max_duration_reached": _talk(3600.0, 3600.0),
        "call_take_over": _talk(30.0, 120.0),
        "inactivity": _talk(30.0, 60.0),
        "manual_stopped": _talk(5.0, 60.0),
        "user_requested_dnc": _talk(8.0, 30.0),
        "user_requested_callback": _talk(10.0, 40.0),
        "voicemail_reached": _talk(6.0, 30.0, machine=True),
        "machine_detected": _talk(2.0, 4.0, machine=True),
        "ivr_reached": _talk(4.0, 15.0),
        "dial_no_answer": _silent(25.0, 40.0),
        "dial_busy": _silent(2.0, 5.0),
        "user_declined": _silent(3.0, 15.0),
        "dial_failed": _silent(1.0, 6.0),
        "invalid_destination": _silent(0.5, 2.0),
        "telephony_provider_unavailable": _silent(0.5, 3.0),
        "sip_routing_error": _silent(0.5, 3.0),
        "telephony_provider_permission_denied": _silent(0.5, 2.0),
        "marked_as_spam": _silent(0.5, 3.0),
        "network_blocked": _silent(0.5, 3.0),
        "concurrency_limit_reached": _STOPPED,
        "no_valid_payment": _STOPPED,
        "credit_exhausted": _STOPPED,
        "budget_reached": _STOPPED,
        "scam_detected": _STOPPED,
        "registered_call_timeout": Kind(status="error", ring_s=(300.0, 300.0)),
    }
)

REASON_OF_STATUS: Mapping[str, str] = MappingProxyType(
    {"ended": "user_hangup", "not_connected": "dial_no_answer", "error": "error_unknown"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One call from ringing to analysis, in seconds of the simulated world.

    `talk_s` is 0 for a call that never connects. `analysis` is `None` for one that is never
    analysed.
    """

    status: str
    reason: str | None
    ring_s: float
    talk_s: float
    cost_cents: float
    analysis: Mapping[str, Any] | None
    analysis_delay_s: float
    collected: Mapping[str, Any]
    transcript: str


SAMPLED = 500
"""Lives whose mean stands for those of all calls."""

REFUSED_LINE = Life(
    status="error",
    reason="concurrency_limit_reached",
    ring_s=1.0,
    talk_s=0.0,
    cost_cents=0.0,
    analysis=None,
    analysis_delay_s=0.0,
    collected=MappingProxyType({}),
    transcript="",
)
"""The life of a call that was accepted although no line was free."""


def life_of(plan: SandboxPlan, to_number: str, nth: int) -> Life:
    """Return the life of the `nth` call (from 1) to a number."""
    dice = rng(plan.seed, to_number, nth)
    script = _script(plan, to_number, nth)
    drawn = dice.choices(list(plan.shares), weights=list(plan.shares.values()))[0]
    reason = _reason(script, drawn)
    kind = KINDS.get(reason or "", _ERROR)
    status = script.status or kind.status
    ring_s = _or(script.ring_s, dice.uniform(*kind.ring_s))
    talk_s = _or(script.talk_s, 0.0 if status == "not_connected" else dice.uniform(*kind.talk_s))
    return Life(
        status=status,
        reason=reason,
        ring_s=round(ring_s, 3),
        talk_s=round(talk_s, 3),
        cost_cents=_or(script.cost_cents, round(talk_s / 60 * plan.cents_per_minute, 4)),
        analysis=_analysis(script, kind, reason, talk_s, dice),
        analysis_delay_s=_or(script.analysis_delay_s, dice.uniform(3.0, 12.0)),
        collected=script.collected if script.collected is not None else _collected(kind, dice),
        transcript=_transcript(kind, talk_s) if script.transcript is None else script.transcript,
    )


def typical_s(plan: SandboxPlan) -> float:
    """Return how long the calls of a plan last on average, in seconds of the real clock."""
    lives = [life_of(plan, f"+1415555{n:04d}", 1) for n in range(SAMPLED)]
    return sum(life.ring_s + life.talk_s for life in lives) / SAMPLED / plan.speed


def _script(plan: SandboxPlan, to_number: str, nth: int) -> CallScript:
    scripts = plan.scripts.get(to_number, ())
    return scripts[min(nth, len(scripts)) - 1] if scripts else CallScript()


def _reason(script: CallScript, drawn: str) -> str | None:
    if script.disconnection_reason is not None:
        return script.disconnection_reason
    return drawn if script.status is None else REASON_OF_STATUS.get(script.status)


def _or(fixed: float | None, drawn: float) -> float:
    return drawn if fixed is None else fixed


def _analysis(
    script: CallScript, kind: Kind, reason: str | None, talk_s: float, dice: Random
) -> Mapping[str, Any] | None:
    if not script.analyzed or talk_s <= 0:
        return None
    if script.analysis is not None:
        return script.analysis
    moods = ("Unknown",) if kind.voicemail else ("Positive", "Neutral", "Neutral", "Negative")
    return {
        "call_summary": f"The call lasted {talk_s:.0f} seconds and ended with {reason}.",
        "in_voicemail": kind.voicemail,
        "user_sentiment": dice.choice(moods),
        "call_successful": kind.successful and dice.random() < 0.8,
        "custom_analysis_data": {"interested": kind.successful and dice.random() < 0.4},
    }


def _collected(kind: Kind, dice: Random) -> Mapping[str, Any]:
    return (
        {"best_time": dice.choice(("morning", "afternoon", "evening"))} if kind.successful else {}
    )


def _transcript(kind: Kind, talk_s: float) -> str:
    if talk_s <= 0:
        return ""
    if kind.voicemail:
        return "User: Please leave a message after the tone.\nAgent: I will try again later.\n"
    return "Agent: Hello, is this a good time?\nUser: Who is calling?\nAgent: A sandbox.\n"
