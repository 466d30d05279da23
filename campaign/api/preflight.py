"""Before the first call: the account is asked what it costs nothing to ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

from campaign.api.job import Job
from campaign.config import Settings
from campaign.contacts.callers import Callers, callers_of
from campaign.contacts.country import country_of
from campaign.contacts.screen import Listing
from campaign.dialer.clock import SystemClock, sleep_until
from campaign.dialer.feed import in_thread
from campaign.model import CallerNumber, Fault, empty
from campaign.policy import preflight
from campaign.policy.placing import MOST_PAUSE_S
from campaign.policy.preflight import Caller, Finding
from campaign.ports import Provider

MOST_LISTED = 50
"""Caller numbers of the list's own that are asked about."""

TRIES = 3
BACKOFF_S = 1.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who wants to call, whom, and who is told of what is odd."""

    settings: Settings
    listing: Listing
    notify: Callable[[str], None]

    @classmethod
    def of(cls, job: Job) -> Desk:
        """Return the desk of a run."""
        return cls(settings=job.settings, listing=job.listing, notify=job.hooks.notify)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What a run may rely on: the countries that caller numbers may call, where not all.

    `agents` are those that the caller numbers have for outbound calls.
    """

    allowed: Mapping[str, frozenset[str]] = field(default_factory=empty)
    agents: frozenset[str] = frozenset()

    def may_call(self, from_number: str, to_number: str) -> str | None:
        """Return why a caller number may not call a number, `None` where it may."""
        if from_number not in self.allowed:
            return None
        return preflight.barred(self.allowed, from_number, country_of(to_number))


async def cleared(desk: Desk, provider: Provider) -> Cleared:
    """Ask about the caller numbers and the lines; raise what no run can be begun with."""
    found = await in_thread(lambda: callers_of(desk.listing, most=MOST_LISTED))
    allowed: dict[str, frozenset[str]] = {}
    agents: set[str] = set()
    for caller in _callers(desk, found):
        answer = await _asked(partial(provider.caller_number, caller.number))
        finding = preflight.of_caller(answer, caller, per_second=desk.settings.cps)
        _heed(finding, desk)
        if finding.lacking:
            break
        if not isinstance(answer, CallerNumber):
            continue
        agents.update(answer.outbound_agents or ())
        if answer.allowed_countries is not None:
            allowed[caller.number] = frozenset(map(str.upper, answer.allowed_countries))
    lines = await _asked(provider.concurrency)
    _heed(preflight.of_lines(lines, max_live=desk.settings.max_live), desk)
    _heed(Finding(notice=preflight.where_to(allowed)), desk)
    return Cleared(allowed=allowed, agents=frozenset(agents))


def _callers(desk: Desk, found: Callers) -> list[Caller]:
    """Return the pool, then the list's own caller numbers."""
    named = desk.settings.agent is not None
    pool = [
        Caller(number=number, has_agents=named or (found.pooled and found.own.get(number, True)))
        for number in desk.settings.from_number
    ]
    own = [
        Caller(number=number, listed=True, has_agents=named or agents)
        for number, agents in found.own.items()
        if number not in desk.settings.from_number
    ]
    return pool + own


def _heed(finding: Finding, desk: Desk) -> None:
    if finding.error is not None:
        raise finding.error
    if finding.notice is not None:
        desk.notify(finding.notice)


async def _asked(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask, and ask again where no answer came, a little later each time."""
    for tried in range(TRIES - 1):
        answer = await ask()
        if not preflight.may_ask_again(answer):
            return answer
        clock = SystemClock()
        await sleep_until(clock.now() + timedelta(seconds=_wait_s(answer, tried)), clock)
    return await ask()


def _wait_s(answer: object, tried: int) -> float:
    """Return how long to wait: as the provider asks, or twice as long each time."""
    asked_s = answer.retry_after_s if isinstance(answer, Fault) else None
    return BACKOFF_S * 2.0**tried if asked_s is None else min(max(asked_s, 0.0), MOST_PAUSE_S)
