"""Before the first call: what the provider's list says of the ledger, and the plan that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign.api.job import Job
from campaign.api.override import override_of
from campaign.api.preflight import Cleared
from campaign.api.redials import policy_of
from campaign.api.refusals import deadline
from campaign.config import Breaker
from campaign.dialer.clock import SystemClock
from campaign.dialer.listing import Checked, Listing, cross_check
from campaign.dialer.place import wrong_clock
from campaign.dialer.plan import Plan
from campaign.errors import ConfigError
from campaign.ledger.lock import Hold
from campaign.model import Attempt, AttemptState, CallQuery, Campaign
from campaign.policy import evidence
from campaign.policy.breaker import Limits
from campaign.policy.pacing import Pace
from campaign.policy.purse import Purse
from campaign.ports import Ledger, Provider

EARLIER = timedelta(hours=1)
"""v1's list is walked back this far beyond the campaign's beginning: clocks differ."""

MOST_FOUND = 10_000
"""Calls that were found when they had ended, and are waited for: their analyses, transcripts."""


def check_clock(provider: Provider) -> None:
    """Raise `ConfigError` where our clock and the provider's are too far apart."""
    if evidence.is_off(provider.skew_s):
        raise wrong_clock(provider.skew_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The cross-check of one run's start."""

    job: Job
    ledger: Ledger
    provider: Provider
    known: Campaign
    held: Hold
    cleared: Cleared

    async def plan(self, *, lost: bool) -> Plan:
        """Compare list and ledger, and plan the run by what that shows.

        `lost` tells that the ledger holds less than its last run left behind.
        """
        listed_since = await self._listed_since()
        ended: list[Attempt] = []

        def found(attempt: Attempt) -> None:
            if attempt.state is AttemptState.ENDED and len(ended) < MOST_FOUND:
                ended.append(attempt)

        checked = await cross_check(
            self._listing(),
            self.ledger,
            self.job.name,
            CallQuery(campaign_id=self.known.campaign_id, since=listed_since),
            on_adopted=found,
        )
        self._tell(checked)
        settle_until = self._settle_until(checked, lost=lost)
        return plan_of(
            self.job,
            self.known,
            self.cleared,
            listed_since=listed_since,
            settle_until=settle_until,
            purse=await purse_of(self.job, self.ledger),
            found_ended=tuple(ended),
        )

    def _listing(self) -> Listing:
        return Listing(
            campaign=self.job.name,
            campaign_id=self.known.campaign_id,
            ledger=self.ledger,
            provider=self.provider,
            clock=SystemClock(),
        )

    async def _listed_since(self) -> datetime | None:
        """Return how far back v1's list must be walked; `None`, all the way, for a new ledger."""
        if await self.ledger.last_run(self.job.name) is None:
            return None
        return self.known.created_at - EARLIER

    def _tell(self, checked: Checked) -> None:
        if not checked.possible:
            self.job.hooks.notify("the server has no list of calls: the ledger alone is gone by")
        elif checked.adopted:
            self.job.hooks.notify(
                f"{checked.adopted} calls that the provider knows and the ledger did not were"
                " taken over: nobody of them is called again"
            )

    def _settle_until(self, checked: Checked, *, lost: bool) -> datetime | None:
        """Return until when the list may still lack what the ledger has lost."""
        if self.job.settings.sandbox or not (lost or checked.added):
            return None
        before = self.held.before
        seen_at = SystemClock().now() if before is None else before.seen_at
        until = seen_at + timedelta(seconds=evidence.LOSS_GRACE_S)
        if until > SystemClock().now():
            self.job.hooks.notify(
                "the ledger has lost records: if anybody is left to call, that waits until "
                f"{until.astimezone():%H:%M:%S}, so that the provider's list can catch up"
            )
        return until


async def purse_of(job: Job, ledger: Ledger) -> Purse | None:
    """Return the budget and what is used of it, `None` without one.

    Raises `ConfigError` where nothing tells what a call will cost.
    """
    settings = job.settings
    if settings.budget is None:
        return None
    purse = Purse(
        budget_usd=settings.budget,
        given_usd=settings.cost_per_call,
        spending=await ledger.spending(job.name),
        earlier=await ledger.spending(),
    )
    if purse.per_call_usd is None:
        raise ConfigError(
            f"a budget of {settings.budget:g} USD, and no call of this ledger has a cost yet: what"
            " calls will cost is not known",
            hint="say with --cost-per-call USD what to expect of one",
        )
    return purse


def plan_of(
    job: Job,
    known: Campaign,
    cleared: Cleared,
    *,
    listed_since: datetime | None,
    settle_until: datetime | None,
    purse: Purse | None,
    found_ended: Sequence[Attempt] = (),
) -> Plan:
    """Return the plan of a run."""
    settings = job.settings
    return Plan(
        campaign=job.name,
        campaign_id=known.campaign_id,
        from_numbers=settings.from_number,
        pace=None if settings.cps is None else Pace(per_second=settings.cps),
        max_live=settings.max_live,
        in_flight=settings.in_flight,
        limit=settings.limit,
        until=deadline(settings.until, SystemClock().now().astimezone()),
        lookup_for_s=settings.lookup_for,
        resend_unknown=settings.resend_unknown,
        idempotent=settings.api == "v2",
        listed_since=listed_since,
        settle_until=settle_until,
        drain_for_s=settings.drain_for,
        follow=settings.follow,
        analysis_for_s=settings.analysis_for,
        breaker=_limits(settings.breaker),
        redial=policy_of(settings),
        wait_s=settings.wait,
        purse=purse,
        found_ended=found_ended,
        near_caller=settings.local_presence,
        may_call=cleared.may_call,
        told=settings.webhook_port is not None,
        opening=job.hours.opening,
        caps=job.hours.caps,
        min_gap_s=settings.min_gap,
        opt_out_field=settings.opt_out_field,
        agent_id=settings.agent,
        agent_version=settings.agent_version,
        agent_override=override_of(settings),
        variables=settings.var,
        metadata=settings.meta,
        drop_machine=settings.drop_machine or None,
    )


def _limits(breaker: Breaker) -> Limits:
    return Limits(
        failed_in_a_row=breaker.failed_in_a_row,
        failed_share=breaker.failed_share,
        unknown_in_a_row=breaker.unknown_in_a_row,
    )
