"""Following live calls: by the list, one by one, to their end and their analysis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import pytest

from campaign.ledger.memory import MemoryLedger
from campaign.model import AttemptState, Contact
from campaign.policy import following
from campaign.policy.pacing import Pace
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]


def reads(world: Any, part: str) -> list[float]:
    """Return when requests with `part` in their path came."""
    return [entry.at_s for entry in world.sandbox.log if part in entry.path]


def most_in(moments: list[float], window_s: float) -> int:
    """Return the most moments in any window."""
    return max(
        (sum(1 for other in moments if 0 <= other - moment < window_s) for moment in moments),
        default=0,
    )


def scripted(contacts: list[Contact], **script: Any) -> dict[str, list[CallScript]]:
    """Return the same life for everybody's call."""
    return {c.to_number: [CallScript(status="ended", **script)] for c in contacts}


def share_busy(world: Any, lines: int) -> float:
    """Return how much of the lines was in use from when all were until the last call began."""
    spans = [
        (attempt.placed_at.timestamp(), attempt.call.ended_at.timestamp())
        for attempt in world.attempts()
    ]
    begun = sorted(start for start, _ in spans)
    full_s, last_s = begun[lines - 1], begun[-1]
    used_s = sum(max(0.0, min(end, last_s) - max(start, full_s)) for start, end in spans)
    return float(used_s / (lines * (last_s - full_s)))


async def keep_busy(make_world: MakeWorld, contacts: list[Contact], lines: int) -> float:
    """Run calls of 5 to 40 s over some lines; return how busy they were."""
    scripts = {
        c.to_number: [CallScript(status="ended", ring_s=2.0, talk_s=3.0 + (n * 7) % 36)]
        for n, c in enumerate(contacts)
    }
    world = make_world(speed=1.0, scripts=scripts, concurrency_limit=None)
    await world.open()
    await world.cross_check()
    await world.run(contacts, max_live=lines, in_flight=50, pace=None, analysis_for_s=0.0)
    assert len(contacts) == len(world.sandbox.calls)
    assert max(entry.live for entry in world.sandbox.log) <= lines
    assert most_in(reads(world, "list-calls"), 10.0) <= 15
    assert most_in(reads(world, "get-call"), 10.0) <= 100
    return share_busy(world, lines)


async def test_two_runs_find_their_parts_of_the_lists_budget(
    make_world: MakeWorld, people: People
) -> None:
    """The list of an account takes 15 requests in 10 seconds, whoever asks: few are refused."""
    contacts = people(160)
    scripts = scripted(contacts, ring_s=2.0, talk_s=10.0)
    world = make_world(speed=1.0, scripts=scripts, concurrency_limit=None)
    other = replace(world, ledger=MemoryLedger(), plan=replace(world.plan, campaign_id="cmp_2"))
    async with anyio.create_task_group() as group:
        for one, some in ((world, contacts[:80]), (other, contacts[80:])):
            group.start_soon(partial(one.run, some, max_live=5, pace=None, analysis_for_s=0.0))
    asked = [entry.status for entry in world.sandbox.log if "list-calls" in entry.path]
    assert asked.count(429) < len(asked) / 20
    assert 160 == len(world.sandbox.calls)


@pytest.mark.no_cover
async def test_lines_stay_busy_within_the_lists_budget(
    make_world: MakeWorld, people: People
) -> None:
    """The sandbox never sees more live calls than lines, and they are nearly always in use."""
    assert await keep_busy(make_world, people(300), 20) >= 0.97


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lines", [20, 300])
async def test_two_thousand_contacts_keep_lines_busy(
    make_world: MakeWorld, people: People, lines: int
) -> None:
    """The same with 2,000 contacts, on few lines and on many."""
    busy = await keep_busy(make_world, people(2000), lines)
    print(f"{lines} lines: busy {busy:.4f} of the time")  # noqa: T201 - the figure of the proof
    assert busy >= 0.97


@pytest.mark.no_cover
async def test_the_list_spares_single_reads(make_world: MakeWorld, people: People) -> None:
    """Calls that the newest page shows are not asked after one by one."""
    contacts = people(100)
    world = make_world(speed=1.0, scripts=scripted(contacts, talk_s=20.0), concurrency_limit=None)
    await world.run(contacts, max_live=100, pace=Pace(per_second=50), analysis_for_s=0.0)
    assert ["ended"] * 100 == world.states()
    assert [] == reads(world, "get-call")


async def test_calls_that_no_page_shows_are_asked_after(
    make_world: MakeWorld, people: People
) -> None:
    """A list that lags, or a page that is too short, hides no end for ever."""
    contacts = people(5)
    world = make_world(speed=1.0, scripts=scripted(contacts, talk_s=10.0), listing_lag_s=5000.0)
    await world.run(contacts)
    assert ["ended"] * 5 == world.states()
    assert reads(world, "get-call")


def unreadable(make_world: MakeWorld, contacts: list[Contact]) -> Any:
    """Return a provider whose list answers and shows no call, and that fails to read any."""
    return make_world(
        speed=1.0,
        scripts=scripted(contacts, talk_s=10.0),
        listing_lag_s=1e6,
        faults=FaultPlan(rates={FaultName.GET_ERROR: 1.0}),
    )


async def test_a_call_that_cannot_be_read_keeps_no_run_up(
    make_world: MakeWorld, people: People
) -> None:
    """The list answers and never shows it, and reading it fails: it is left `placed`."""
    contacts = people(1)
    world = unreadable(make_world, contacts)
    with anyio.fail_after(2000.0):
        await world.run(contacts)
    assert ["live"] == world.states()
    assert following.PATIENCE_S <= anyio.current_time()


async def test_where_no_call_can_be_read_nobody_more_is_called(
    make_world: MakeWorld, people: People
) -> None:
    """A call that may be live keeps its line; a run without any other line halts."""
    contacts = people(2)
    world = unreadable(make_world, contacts)
    with anyio.fail_after(2000.0):
        report = await world.run(contacts, max_live=1)
    assert ["live"] == world.states()
    assert "halt" == report.stopped_by


@pytest.mark.no_cover
async def test_a_server_without_a_list_is_read_one_by_one(
    make_world: MakeWorld, people: People
) -> None:
    """Every end is found all the same, within the budget of reads."""
    contacts = people(30)
    world = make_world(speed=1.0, lacks=frozenset({"POST /v3/list-calls"}), concurrency_limit=None)
    await world.run(contacts, max_live=30, pace=Pace(per_second=10))
    assert ["ended"] * 30 == world.states()
    assert 1 == len(reads(world, "list-calls"))
    assert most_in(reads(world, "get-call"), 10.0) <= 100


@pytest.mark.no_cover
async def test_pages_grow_apart_while_nothing_changes(
    make_world: MakeWorld, people: People
) -> None:
    """A long call is not looked at every second."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=scripted(contacts, talk_s=600.0))
    await world.run(contacts)
    assert ["ended"] == world.states()
    assert len(reads(world, "list-calls")) < 90


async def test_an_analysis_that_comes_later_is_taken(make_world: MakeWorld, people: People) -> None:
    """The end frees the line at once; summary and sentiment follow."""
    contacts = people(2)
    script = scripted(contacts, talk_s=5.0, analysis_delay_s=20.0)
    world = make_world(speed=1.0, scripts=script)
    await world.run(contacts, max_live=1)
    first, second = world.attempts()
    assert first.call.summary is not None
    assert second.call.summary is not None
    gap_s = (
        max(a.placed_at for a in (first, second)) - min(a.call.ended_at for a in (first, second))
    ).total_seconds()
    assert gap_s < 5


@pytest.mark.parametrize(("analysis_for_s", "longest_s"), [(60.0, 110.0), (0.0, 40.0)])
async def test_an_analysis_that_never_comes_is_not_waited_for_long(
    make_world: MakeWorld, people: People, analysis_for_s: float, longest_s: float
) -> None:
    """A minute, or what was asked for; 0 waits for none."""
    contacts = people(1)
    world = make_world(speed=1.0, scripts=scripted(contacts, talk_s=5.0, analyzed=False))
    await world.run(contacts, analysis_for_s=analysis_for_s)
    assert ["ended"] == world.states()
    assert analysis_for_s <= anyio.current_time() < longest_s


async def test_a_call_that_is_forgotten_while_its_analysis_is_awaited(
    make_world: MakeWorld, people: People
) -> None:
    """Its end is known, and stays; nothing is lost but the analysis."""
    contacts = people(1)
    script = scripted(contacts, talk_s=5.0, analyzed=False)
    world = make_world(speed=1.0, scripts=script, lacks=frozenset({"POST /v3/list-calls"}))
    other = make_world(lacks=frozenset({"POST /v3/list-calls"})).sandbox

    async def forget(_: Any) -> None:
        await anyio.sleep(30)
        world.sandbox.answer = other.answer

    await world.run(contacts, alongside=forget, analysis_for_s=1000.0)
    (attempt,) = world.attempts()
    assert AttemptState.ENDED == attempt.state


@pytest.mark.no_cover
async def test_ends_are_recorded_once(make_world: MakeWorld, people: People) -> None:
    """A page and a read may bring the same end: it is one event."""
    contacts = people(40)
    world = make_world(
        speed=1.0,
        scripts=scripted(contacts, talk_s=10.0),
        faults=FaultPlan(rates={FaultName.LIST_ERROR: 0.6}),
        concurrency_limit=None,
    )
    await world.run(contacts, max_live=40, pace=Pace(per_second=20))
    kinds = [event.kind.value for event in world.ledger.store.events]
    assert 40 == kinds.count("ended")


async def test_a_page_and_a_read_at_once_record_one_end(
    make_world: MakeWorld, people: People
) -> None:
    """While one of them writes the end down, the other finds nothing to do."""
    contacts = people(6)
    world = make_world(speed=1.0, scripts=scripted(contacts, talk_s=14.0), listing_lag_s=14.0)
    record = world.ledger.record

    async def slowly(event: Any) -> Any:
        await anyio.sleep(3)
        return await record(event)

    world.ledger.record = slowly
    await world.run(contacts, pace=None, analysis_for_s=0.0)
    kinds = [event.kind.value for event in world.ledger.store.events]
    assert 6 == kinds.count("ended")
