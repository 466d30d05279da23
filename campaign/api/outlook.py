"""What a run that begins now would do with a list: who is called, until when, and what it costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from campaign.api.deciding import Decided, Decider
from campaign.api.redials import policy_of
from campaign.config import Settings
from campaign.contacts.screen import Listing
from campaign.dialer.feed import in_thread
from campaign.model import Attempt, AttemptState
from campaign.outcomes.build import Frame, Mask
from campaign.policy import disposition
from campaign.policy.forecast import TYPICAL_CALL_S, Course, Forecast, forecast
from campaign.ports import Ledger

MOST_PAST = 10_000
"""Attempts that stand for all of a campaign's where their means are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What was decided of a list's callable rows, and what a run would come to."""

    decided: Decided
    forecast: Forecast


async def look_out(decider: Decider, listing: Listing, screened: Frame, open_rows: Mask) -> Outlook:
    """Decide about every callable row of `screened` that is open, and forecast the run."""
    settings = decider.settings
    decided = await decider.decide(listing, screened, open_rows)
    past = await in_thread(lambda: _past(settings, decider.ledger, decider.campaign))
    return Outlook(
        decided=decided,
        forecast=forecast(
            now=decider.now,
            groups=decider.groups(decided),
            course=_course(settings, past),
            cost_per_call_usd=_cost_usd(settings, past),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A campaign's calls so far: how many, for how long, for how much, and after which again.

    `held_s` is how long `timed` of them held their lines, from the create to the end.
    """

    created: int = 0
    ended: int = 0
    timed: int = 0
    held_s: float = 0.0
    cost_usd: float = 0.0
    again: int = 0


def _past(settings: Settings, ledger: Ledger, name: str) -> _Past:
    again = policy_of(settings).on
    counted: Counter[str] = Counter()
    held_s = cost_usd = 0.0
    for attempt in islice(ledger.attempts(name), MOST_PAST):
        call = attempt.call
        if call is None:
            continue
        ended = attempt.state is AttemptState.ENDED
        counted["created"] += 1
        counted["ended"] += ended
        counted["again"] += ended and disposition.of_attempt(attempt) in again
        lasted_s = _lasted_s(attempt)
        counted["timed"] += lasted_s is not None
        held_s += lasted_s or 0.0
        cost_usd += call.cost_usd or 0.0
    return _Past(held_s=held_s, cost_usd=cost_usd, **counted)


def _lasted_s(attempt: Attempt) -> float | None:
    """Return how long a call held its line, by the clocks and not by what it is billed for."""
    if attempt.call is None or attempt.call.ended_at is None or attempt.placed_at is None:
        return None
    return max((attempt.call.ended_at - attempt.placed_at).total_seconds(), 0.0)


def _course(settings: Settings, past: _Past) -> Course:
    callers = max(1, len(settings.from_number))
    return Course(
        per_second=None if settings.cps is None else settings.cps * callers,
        lines=settings.max_live,
        call_s=past.held_s / past.timed if past.timed else _typical_s(settings),
        wait_s=settings.wait,
        after_s=settings.redial_after,
        again=past.again / past.ended if past.ended else None,
        follows=settings.follow,
    )


def _typical_s(settings: Settings) -> float:
    """Return how long a call holds its line where no history tells."""
    if not settings.sandbox:
        return TYPICAL_CALL_S
    from campaign.sandbox.life import typical_s
    from campaign.sandbox.plan import SandboxPlan

    return typical_s(SandboxPlan())


def _cost_usd(settings: Settings, past: _Past) -> float | None:
    if settings.cost_per_call is not None:
        return settings.cost_per_call
    return past.cost_usd / past.created if past.created else None
