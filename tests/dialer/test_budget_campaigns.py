"""Whole campaigns with a budget in virtual time, killed again and again; the sandbox has the bill.

A call is paid for before it is made with what a call is expected to cost. So nothing but calls
that cost more than that can take the campaign over its budget, and no more of them than are live
at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
import trio

from campaign.dialer.stop import Stop
from campaign.model import Contact
from campaign.policy.breaker import OFF
from campaign.policy.pacing import Pace
from campaign.policy.purse import Purse
from campaign.policy.redial import UNREACHED, Policy
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript, Limits

pytestmark = [pytest.mark.anyio, pytest.mark.no_cover]

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

LINES = 50
PEOPLE = 150
RUNS = 40
KILLS = 6
ROUNDING_USD = 1e-6
USED = 0.9
FREE = Limits(creates_per_10s=None, errors_per_60s=None)
MADE = (FaultName.ERROR_AFTER, FaultName.RESET_AFTER, FaultName.NO_CALL_ID)
"""Faults of a create after which its call exists all the same, and is found in the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a campaign may spend and what it goes by; the costs of its calls spread around that.

    Without `given_usd` it goes by the mean of its own calls, and by `first_usd` before the first.
    """

    budget_usd: float
    first_usd: float
    given_usd: float | None
    spread: float

    @property
    def dearest_usd(self) -> float:
        """The most that a call costs."""
        return self.first_usd * (1 + self.spread)

    @property
    def least_expected_usd(self) -> float:
        """The least that a call was ever expected to cost."""
        return self.given_usd or self.first_usd * (1 - self.spread)

    @property
    def most_usd(self) -> float:
        """What may be spent at the very most."""
        return self.budget_usd + LINES * (self.dearest_usd - self.least_expected_usd)

    def cost_usd(self, dice: random.Random) -> float:
        """Return what one call costs."""
        return self.first_usd * (1 + dice.uniform(-self.spread, self.spread))


def money(dice: random.Random, *, constant: bool) -> Money:
    """Return a budget that pays for about 40 to 70 answered calls.

    That is little more than one round of lines: most calls are placed while others are live.
    """
    first_usd = dice.uniform(0.05, 0.5)
    return Money(
        budget_usd=first_usd * dice.uniform(40, 70),
        first_usd=first_usd,
        given_usd=dice.choice([first_usd, None]),
        spread=0.0 if constant else dice.choice([0.2, 0.9]),
    )


def script(dice: random.Random, purse: Money) -> CallScript:
    """Return one call: most are answered, by a person or a machine, and have a cost."""
    reason = dice.choices(
        ["user_hangup", "voicemail_reached", "dial_no_answer", "dial_busy", "error_asr"],
        weights=[60, 15, 15, 5, 5],
    )[0]
    if reason.startswith("dial_"):
        return CallScript(disconnection_reason=reason, ring_s=dice.uniform(2, 30), cost_cents=0)
    return CallScript(
        disconnection_reason=reason,
        ring_s=dice.uniform(2, 15),
        talk_s=dice.uniform(5, 120),
        cost_cents=100 * purse.cost_usd(dice),
        analyzed=dice.random() < 0.8,
    )


def bill_usd(world: Any) -> list[float]:
    """Return what the sandbox asks for each of its calls: those that connected have a cost."""
    calls = world.sandbox.calls.values()
    return [c.life.cost_cents / 100 for c in calls if c.connects_s is not None]


def surplus_usd(purse: Money, costs_usd: list[float]) -> float:
    """Return by how much the dearest calls that can have been live at once cost too much."""
    surpluses = sorted(
        (cost_usd - purse.least_expected_usd for cost_usd in costs_usd), reverse=True
    )
    return sum(max(0.0, surplus) for surplus in surpluses[:LINES])


def killer(after_s: float) -> Callable[[Stop], Any]:
    """Return a task that ends a run as kill -9 does."""

    async def kill(stop: Stop) -> None:
        await anyio.sleep(after_s)
        stop.abort()

    return kill


def kill_after_s(dice: random.Random, run: int) -> float:
    """Return when a run is killed: the first one while many of its calls are live."""
    return dice.expovariate(1 / 12) if run else dice.uniform(1, 8)


async def purse_of(world: Any, purse: Money) -> Purse:
    """Return the purse that a run starts with: the ledger says what is used of it."""
    spending = await world.ledger.spending("spring")
    given_usd = purse.given_usd
    if given_usd is None and not spending.priced:
        given_usd = purse.first_usd
    return Purse(budget_usd=purse.budget_usd, spending=spending, given_usd=given_usd)


async def live_through(
    world: Any, contacts: Sequence[Contact], dice: random.Random, purse: Money
) -> int:
    """Run, be killed and run again until the budget is spent; return how many runs were killed."""
    killed = 0
    for run in range(RUNS):
        world.restart()
        await world.open()
        await world.ledger.orphans("spring", world.clock.now())
        await world.cross_check()
        report = await world.run(
            dice.sample(contacts, len(contacts)),
            alongside=killer(kill_after_s(dice, run)) if run < KILLS else None,
            purse=await purse_of(world, purse),
        )
        killed += int(report.stopped_by == "signal")
        # Kills go on to the last one, though the budget may be spent before.
        if run >= KILLS and report.stopped_by == "budget":
            return killed
    raise AssertionError("the budget was never spent")


def a_world(make_world: MakeWorld, dice: random.Random, scripts: Mapping[str, Any]) -> Any:
    """Return a world of 50 lines in which some calls are heard of late, and not by an answer."""
    late = dice.random() < 0.5
    world = make_world(
        seed=dice.randrange(10**6),
        speed=dice.choice([2.0, 8.0]),
        scripts=scripts,
        limits=FREE,
        concurrency_limit=dice.choice([None, 30]),
        over_limit=dice.choice(["429", "accept"]),
        listing_lag_s=dice.choice([5.0, 30.0]) if late else 0.0,
        faults=FaultPlan(rates=dict.fromkeys(MADE, 0.02 if late else 0), seed=dice.randrange(99)),
    )
    world.plan = world.plan_with(
        pace=dice.choice([None, Pace(per_second=20)]),
        max_live=LINES,
        in_flight=dice.choice([5, LINES]),
        lookup_for_s=120.0,
        redial=dice.choice([Policy(), Policy(attempts=3, after_s=(20.0,))]),
        wait_s=dice.choice([0.0, 300.0]),
        breaker=OFF,
    )
    return world


async def campaign(
    make_world: MakeWorld, people: People, seed: int, *, constant: bool
) -> tuple[Money, list[float]]:
    """Live through one campaign; return its money and its bill."""
    dice = random.Random(seed)
    vars(trio._core._run)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True
    trio._core._run._r.seed(seed)
    purse = money(dice, constant=constant)
    contacts = people(PEOPLE)
    scripts = {c.to_number: [script(dice, purse) for _ in range(3)] for c in contacts}
    world = a_world(make_world, dice, scripts)
    assert await live_through(world, contacts, dice, purse) > 0
    attempts = [a.call for a in world.attempts() if a.call is not None]
    told_usd = sum(call.cost_usd or 0.0 for call in attempts)
    assert told_usd == pytest.approx(sum(bill_usd(world)))
    assert len(attempts) == len(world.sandbox.calls)
    assert any(call.disconnection_reason not in UNREACHED for call in attempts)
    return purse, bill_usd(world)


async def spends_what_it_may(
    make_world: MakeWorld, people: People, seed: int, *, constant: bool
) -> None:
    """Compare a campaign's bill with its budget: not more, and not much less."""
    purse, costs_usd = await campaign(make_world, people, seed, constant=constant)
    spent_usd, most_usd = sum(costs_usd), purse.budget_usd + surplus_usd(purse, costs_usd)
    assert spent_usd <= min(purse.most_usd, most_usd) + ROUNDING_USD
    assert spent_usd >= USED * purse.budget_usd
    if constant:
        assert spent_usd <= purse.budget_usd + ROUNDING_USD


@pytest.mark.parametrize("seed", range(6))
async def test_a_budget_is_passed_by_live_calls_that_cost_more_alone(
    make_world: MakeWorld, people: People, seed: int
) -> None:
    """Whatever kills a campaign lives through, and at least nine tenths of it are used."""
    await spends_what_it_may(make_world, people, seed, constant=False)


@pytest.mark.parametrize("seed", range(4))
async def test_a_budget_holds_where_calls_cost_what_was_expected(
    make_world: MakeWorld, people: People, seed: int
) -> None:
    """Not a cent more, with 50 lines and kills."""
    await spends_what_it_may(make_world, people, seed, constant=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1000, 1300))
async def test_three_hundred_budgets(make_world: MakeWorld, people: People, seed: int) -> None:
    """The same over 300 campaigns, every third of which has calls of one cost."""
    await spends_what_it_may(make_world, people, seed, constant=seed % 3 == 0)
