"""Which attempt, if any, a contact is due for, and from when on.

What a call came to decides whether its contact may be dialled again at all; this table is a
ceiling. Within it an outcome is dialled again only where the campaign asks for it, as often and as
late as it asks for. Calls that reached nobody through no fault of the contact are no attempts of
its: it is dialled again soon, under a new number of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from campaign.model import Attempt, AttemptState, Call, History, Outcome
from campaign.policy import disposition, lifecycle


class Again(StrEnum):
    """Whether a contact may be dialled again after a call."""

    NEVER = "never"
    """Whatever the campaign asks for."""
    POLICY = "policy"
    """Where the campaign dials this outcome again."""
    ONCE = "once"
    """The same, and only once."""
    SOON = "soon"
    """Nobody was reached, and no attempt is used up."""


UNREACHED = frozenset(
    {
        "concurrency_limit_reached",
        "registered_call_timeout",
        "telephony_provider_unavailable",
        "sip_routing_error",
    }
)
"""Reasons by which a call reached nobody through no fault of the contact."""

UNDIALABLE = "dial_failed"

FINAL = frozenset({AttemptState.LIVE, AttemptState.LOST, AttemptState.SETTLED})
"""States of a call that no other may follow, as far as is known now."""

REASONS: Mapping[str, Again] = MappingProxyType(
    {
        **dict.fromkeys(UNREACHED, Again.SOON),
        "voicemail_reached": Again.POLICY,
        "machine_detected": Again.POLICY,
        "ivr_reached": Again.POLICY,
        "dial_no_answer": Again.POLICY,
        "dial_busy": Again.POLICY,
        UNDIALABLE: Again.ONCE,
    }
)
"""What is not here is never dialled again: answered, declined, refused, broken, unheard of."""

MACHINES = frozenset(
    {
        "",
        "user_hangup",
        "agent_hangup",
        "call_transfer",
        "transfer_bridged",
        "transfer_cancelled",
        "max_duration_reached",
        "call_take_over",
        "inactivity",
        "manual_stopped",
    }
)
"""Reasons by which a call was answered by a machine after all, where its analysis says so.

Not those by which somebody asked for something: no machine asks never to be called.
"""

REDIALLED = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.VOICEMAIL, Outcome.UNDELIVERABLE})
"""Outcomes that a campaign can ask to dial again."""

MOST_REQUEUES = 5
"""How often a run dials a contact again that was not reached."""

FIRST_REQUEUE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a campaign dials again.

    At most `attempts` calls; `after_s` are the waits before attempt 2, 3, ... in seconds, the last
    of which repeats; `on` are the outcomes that are dialled again.
    """

    attempts: int = 1
    after_s: tuple[float, ...] = (1800.0, 7200.0, 86400.0)
    on: frozenset[Outcome] = frozenset({Outcome.NO_ANSWER, Outcome.BUSY})

    def wait_s(self, calls: int) -> float:
        """Return the wait after `calls` calls, 1 or more."""
        return self.after_s[min(calls, len(self.after_s)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The contact is dialled as its attempt number `attempt`, not before `at` (`None`: now).

    `unreached` tells that the call before it reached nobody.
    """

    attempt: int
    at: datetime | None = None
    unreached: bool = False


def again(call: Call) -> Again:
    """Return whether a contact may be dialled again after a call that has ended."""
    reason = call.disconnection_reason or ""
    if reason in MACHINES and disposition.of_call(call) is Outcome.VOICEMAIL:
        return Again.POLICY
    return REASONS.get(reason, Again.NEVER)


def is_final(attempt: Attempt) -> bool:
    """Tell whether no other call may follow an attempt, whatever is known of later ones."""
    if attempt.state is AttemptState.ENDED:
        return attempt.call is None or again(attempt.call) is Again.NEVER
    return attempt.state in FINAL


def may_follow(call: Call, policy: Policy) -> bool:
    """Tell whether another call may follow one that has ended, whatever went before it."""
    verdict = again(call)
    if verdict is Again.NEVER or verdict is Again.SOON:
        return verdict is Again.SOON
    return policy.attempts > 1 and disposition.of_call(call) in policy.on


def due(history: History | None, policy: Policy) -> Due | None:
    """Return the attempt a contact is due for, `None` where it is not dialled again.

    A contact nobody has tried is due for its first attempt; one whose last attempt certainly
    created nothing and was not its own fault, for that same attempt again; one of whose last
    attempt a person said that no call was made, for the next: its number is never used twice.
    Whatever the last attempt came to, its calls never pass the campaign's attempts, and none
    follows a call that is final: an earlier one may have been found since.
    """
    if history is None:
        return Due(attempt=1)
    if history.final:
        return None
    if history.created - history.unreached >= policy.attempts:
        return None
    last = history.last
    if last.state in lifecycle.SENDABLE:
        return Due(attempt=last.attempt)
    if last.state is AttemptState.DISMISSED:
        return Due(attempt=last.attempt + 1)
    if last.state is AttemptState.ENDED and last.call is not None:
        return _after(last, last.call, history, policy)
    return None


def requeue_s(requeues: int) -> float | None:
    """Return the wait before a contact that was not reached is dialled again in the same run.

    `requeues` counts how often the run has done so: 5, 10, 20, 40, 80 seconds, then no more.
    """
    return FIRST_REQUEUE_S * 2.0**requeues if requeues < MOST_REQUEUES else None


def ended_at(attempt: Attempt, call: Call) -> datetime:
    """Return when a call was over, as well as it is known: never before its request."""
    known = call.ended_at or call.started_at or attempt.placed_at or attempt.intent_at
    return max(known, attempt.intent_at)


def _after(last: Attempt, call: Call, history: History, policy: Policy) -> Due | None:
    verdict = again(call)
    if verdict is Again.SOON:
        return Due(attempt=last.attempt + 1, unreached=True)
    if verdict is Again.NEVER or disposition.of_call(call) not in policy.on:
        return None
    if verdict is Again.ONCE and history.undialable > 1:
        return None
    wait_s = policy.wait_s(history.created - history.unreached)
    return Due(attempt=last.attempt + 1, at=ended_at(last, call) + timedelta(seconds=wait_s))
