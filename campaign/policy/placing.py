"""What follows from the answer to a create: which event is recorded and what is done next.

One claim is one create. Only what certainly left no call behind is sent again: after a pause when
the provider throttled, after a short backoff when no byte left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from campaign.model import Call, EventKind, Fault, FaultKind

MOST_SENDS = 3
"""Sends of one attempt whose bytes never left, before the contact is `failed`."""

BACKOFF_S = 0.5
MOST_BACKOFF_S = 8.0

DEFAULT_PAUSE_S = 2.0
MOST_PAUSE_S = 120.0
"""A throttled run asks again after at most this, whatever the provider's header claims."""

MOST_PAUSES = 30
"""Pauses in a row without one create in between, before the run halts."""


class Then(StrEnum):
    """What is done after an answer."""

    FOLLOW = "follow"
    """A call is live: its line is held until it ends."""
    GIVE_UP = "give_up"
    """Nothing was created, and nothing more is tried for this contact now."""
    BACK_OFF = "back_off"
    """Nothing was sent: try again shortly."""
    PAUSE = "pause"
    """Throttled: everybody waits, then the same attempt is sent again."""
    HALT = "halt"
    """No further call can be placed in this campaign."""
    HOLD = "hold"
    """A call may exist: its line is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The event to record and what to do then."""

    event: EventKind
    then: Then


CREATED = Verdict(event=EventKind.CREATED, then=Then.FOLLOW)

FAULTS: Mapping[FaultKind, Verdict] = MappingProxyType(
    {
        FaultKind.NOT_SENT: Verdict(event=EventKind.NOT_SENT, then=Then.BACK_OFF),
        FaultKind.ROW: Verdict(event=EventKind.REFUSED, then=Then.GIVE_UP),
        FaultKind.RUN: Verdict(event=EventKind.HALTED, then=Then.HALT),
        FaultKind.KEY: Verdict(event=EventKind.HALTED, then=Then.HALT),
        FaultKind.THROTTLED: Verdict(event=EventKind.THROTTLED, then=Then.PAUSE),
        FaultKind.UNKNOWN: Verdict(event=EventKind.AMBIGUOUS, then=Then.HOLD),
    }
)


FOUND = Verdict(event=EventKind.ADOPTED, then=Then.FOLLOW)
STILL_UNKNOWN = Verdict(event=EventKind.AMBIGUOUS, then=Then.HOLD)


def after_create(reply: Call | Fault, *, resend: bool = False) -> Verdict:
    """Return what an answer to a create means.

    A refusal of a resend, whatever its kind, proves nothing about the first send: the call stays
    unknown. Only a call is an answer then.
    """
    if isinstance(reply, Call):
        return FOUND if resend else CREATED
    return STILL_UNKNOWN if resend else FAULTS[reply.kind]


def pause_s(fault: Fault, pauses: int) -> float:
    """Return how long a throttled run waits; `pauses` counts those in a row before this one."""
    asked = fault.retry_after_s
    if asked is None:
        asked = DEFAULT_PAUSE_S * 2 ** min(pauses, 6)
    return min(max(asked, 0.0), MOST_PAUSE_S)
