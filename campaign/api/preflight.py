"""Before the first call: the account is asked what it costs nothing to ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

from campaign.api.job import Job
from campaign.contacts.callers import Callers, callers_of
from campaign.contacts.country import country_of
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
class Cleared:
    """What a run may rely on: the countries that caller numbers may call, where not all."""

    allowed: Mapping[str, frozenset[str]] = field(default_factory=empty)

    def may_call(self, from_number: str, to_number: str) -> str | None:
        """Return why a caller number may not call a number, `None` where it may."""
        if from_number not in self.allowed:
            return None
        return preflight.barred(self.allowed, from_number, country_of(to_number))


async def cleared(job: Job, provider: Provider) -> Cleared:
    """Ask about the caller numbers and the lines; raise what no run can be begun with."""
    found = await in_thread(lambda: callers_of(job.listing, most=MOST_LISTED))
    allowed: dict[str, frozenset[str]] = {}
    for caller in _callers(job, found):
        answer = await _asked(partial(provider.caller_number, caller.number))
        finding = preflight.of_caller(answer, caller, per_second=job.settings.cps)
        _heed(finding, job)
        if finding.lacking:
            break
        if isinstance(answer, CallerNumber) and answer.allowed_countries is not None:
            allowed[caller.number] = frozenset(map(str.upper, answer.allowed_countries))
    lines = await _asked(provider.concurrency)
    _heed(preflight.of_lines(lines, max_live=job.settings.max_live), job)
    _heed(Finding(notice=preflight.where_to(allowed)), job)
    return Cleared(allowed=allowed)


def _callers(job: Job, found: Callers) -> list[Caller]:
    """Return the pool, then the list's own caller numbers."""
    named = job.settings.agent is not None
    pool = [
        Caller(number=number, has_agents=named or (found.pooled and found.own.get(number, True)))
        for number in job.settings.from_number
    ]
    own = [
        Caller(number=number, listed=True, has_agents=named or agents)
        for number, agents in found.own.items()
        if number not in job.settings.from_number
    ]
    return pool + own


def _heed(finding: Finding, job: Job) -> None:
    if finding.error is not None:
        raise finding.error
    if finding.notice is not None:
        job.hooks.notify(finding.notice)


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
