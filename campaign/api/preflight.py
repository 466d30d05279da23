"""Before the first call: the account is asked what it costs nothing to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from campaign.api.asking import asked
from campaign.api.job import Job
from campaign.config import Settings
from campaign.contacts.callers import Callers, callers_of
from campaign.contacts.country import country_of
from campaign.contacts.screen import Listing
from campaign.dialer.feed import in_thread
from campaign.model import CallerNumber, empty
from campaign.policy import preflight
from campaign.policy.preflight import Caller, Finding
from campaign.ports import Provider

MOST_LISTED = 50
"""Caller numbers of the list's own that are asked about."""


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
        answer = await asked(partial(provider.caller_number, caller.number))
        finding = preflight.of_caller(answer, caller, per_second=desk.settings.cps)
        _heed(finding, desk)
        if finding.lacking:
            break
        if not isinstance(answer, CallerNumber):
            continue
        agents.update(answer.outbound_agents or ())
        if answer.allowed_countries is not None:
            allowed[caller.number] = frozenset(map(str.upper, answer.allowed_countries))
    lines = await asked(provider.concurrency)
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
