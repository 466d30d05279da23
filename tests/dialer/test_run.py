"""Whole runs in virtual time."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import pytest

from campaign.dialer.stop import Stop
from campaign.errors import HaltError, KeyRefusedError, LedgerError
from campaign.model import (
    AttemptState,
    Begun,
    Contact,
    EventKind,
    Held,
    Intent,
    TooSoon,
)
from campaign.policy import identity
from campaign.policy.breaker import OFF
from campaign.policy.pacing import Pace
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript, Limits, Number

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]


@pytest.mark.no_cover
async def test_everybody_is_called_once_and_followed(make_world: MakeWorld, people: People) -> None:
    """Each contact gets one create and its call's end is known when the run is over."""
    world = make_world()
    report = await world.run(people(30))
    assert (report.created, report.failed, report.unknown, report.stopped_by) == (30, 0, 0, None)
    assert world.states() == ["ended"] * 30
    assert 30 == len({entry.to_number for entry in world.creates()}) == len(world.creates())


@pytest.mark.no_cover
async def test_the_same_list_again_calls_nobody(make_world: MakeWorld, people: People) -> None:
    """A second run places no call; ten more contacts are ten calls."""
    world = make_world()
    await world.run(people(20))
    again = await world.run(people(20))
    assert (again.created, len(world.creates())) == (0, 20)
    more = await world.run(list(reversed(people(30))))
    assert (more.created, len(world.creates())) == (10, 30)


async def test_the_request_carries_row_and_campaign(make_world: MakeWorld) -> None:
    """The row's own settings win over the campaign's; our metadata is all text."""
    world = make_world()
    contact = Contact(
        row=0,
        key="k-1",
        to_number="+14155550123",
        variables={"name": "Ada"},
        metadata={"team": "row"},
        sip_headers={"X-A": "1"},
        agent_id="agent_row",
        from_number="+14157775555",
    )
    await world.run(
        [contact],
        agent_id="agent_campaign",
        agent_version=3,
        variables={"name": "nobody", "product": "X"},
        metadata={"team": "all", "wave": "1"},
        agent_override={"agent": {"voice_speed": 1.1}},
    )
    (call,) = world.sandbox.calls.values()
    attempt_id = identity.attempt_id("cmp_spring", "k-1", 1)
    assert call.request == {
        "from_number": "+14157775555",
        "to_number": "+14155550123",
        "override_agent_id": "agent_row",
        "agent_override": {"agent": {"voice_speed": 1.1}},
        "metadata": {
            "team": "row",
            "wave": "1",
            "campaign_id": "cmp_spring",
            "contact_key": "k-1",
            "attempt_id": attempt_id,
            "attempt": "1",
        },
        "retell_llm_dynamic_variables": {"name": "Ada", "product": "X"},
        "custom_sip_headers": {"X-A": "1"},
        "idempotency_key": attempt_id,
        "honor_internal_dnc": True,
    }


async def test_versions_go_with_their_agents(make_world: MakeWorld, people: People) -> None:
    """The campaign's version is sent with the campaign's agent; a row's own with the row's."""
    world = make_world()
    plain, versioned = people(2)
    versioned = replace(versioned, agent_id="agent_row", agent_version="beta")
    await world.run([plain, versioned], agent_id="agent_campaign", agent_version=3)
    sent = [call.request["override_agent_version"] for call in world.sandbox.calls.values()]
    assert sent == [3, "beta"]


@pytest.mark.no_cover
@pytest.mark.parametrize(("max_live", "in_flight", "count"), [(1, 1, 8), (3, 20, 20), (8, 2, 25)])
async def test_live_calls_never_pass_the_lines(
    make_world: MakeWorld, people: People, max_live: int, in_flight: int, count: int
) -> None:
    """A line is held from the intent to the end of the call."""
    world = make_world(speed=1.0)
    await world.run(people(count), max_live=max_live, in_flight=in_flight, pace=None)
    assert max(entry.live for entry in world.sandbox.log) == max_live
    assert len(world.creates()) == count


@pytest.mark.no_cover
@pytest.mark.parametrize("per_second", [0.5, 1, 5, 16, 100])
@pytest.mark.no_cover
async def test_starts_keep_the_pace(
    make_world: MakeWorld, people: People, per_second: float
) -> None:
    """Evenly spaced, never more than allowed in a second, and 99 % of what is allowed."""
    world = make_world(concurrency_limit=None)
    count = int(per_second * (30 if per_second < 100 else 10)) + 1
    await world.run(
        people(count), pace=Pace(per_second=per_second), max_live=5000, in_flight=200, follow=False
    )
    starts = [entry.at_s for entry in world.creates()]
    assert count == len(starts)
    window = Pace(per_second=per_second).window
    for first, later in zip(starts, starts[window:], strict=False):
        assert later - first >= 1.0 - 1e-6
    assert (count - 1) / (starts[-1] - starts[0]) >= 0.99 * per_second


@pytest.mark.no_cover
async def test_a_second_caller_number_has_its_own_pace(
    make_world: MakeWorld, people: People
) -> None:
    """Two caller numbers start twice as many calls, and a contact keeps its number."""
    world = make_world(concurrency_limit=None)
    numbers = ("+14157774444", "+14157775555")
    await world.run(people(60), from_numbers=numbers, max_live=100, follow=False)
    starts = Counter(entry.from_number for entry in world.creates())
    assert set(numbers) == set(starts)
    assert world.creates()[-1].at_s - world.creates()[0].at_s < 45
    for entry in world.creates():
        assert numbers[identity.share(entry.to_number, 2)] == entry.from_number


async def test_another_process_using_the_number_is_waited_for(
    make_world: MakeWorld, people: People
) -> None:
    """The ledger moves a start that would come too soon after another campaign's."""
    world = make_world()
    first = people(2)
    await world.run(first[:1], follow=False)
    before = world.creates()[0].at_s
    world.restart()
    await world.run(first[1:], follow=False)
    assert world.creates()[1].at_s - before >= 1.0


async def test_a_limit_ends_the_run_where_more_are_due(
    make_world: MakeWorld, people: People
) -> None:
    """At most `limit` calls are created; the next run goes on with the others."""
    world = make_world()
    report = await world.run(people(10), limit=4)
    assert (report.created, report.stopped_by) == (4, "limit")
    rest = await world.run(people(10), limit=6)
    assert (rest.created, rest.stopped_by) == (6, None)
    none = await world.run(people(11), limit=0)
    assert (none.created, none.stopped_by) == (0, "limit")


async def test_what_was_not_created_does_not_use_up_the_limit(
    make_world: MakeWorld, people: People
) -> None:
    """A refused row gives its place in the limit to the next contact."""
    world = make_world(blocked_countries={"+1415555000": "IL"})
    report = await world.run(people(20), limit=3, breaker=OFF)
    assert (report.created, report.failed) == (3, 10)


async def test_a_refused_row_is_failed_and_the_run_goes_on(
    make_world: MakeWorld, people: People
) -> None:
    """The provider's own words are kept, and nobody else is held up."""
    world = make_world(blocked_countries={"+14155550003": "IL"})
    report = await world.run(people(6))
    assert (report.created, report.failed, report.stopped_by) == (5, 1, None)
    refused = world.attempts()[3]
    assert (refused.state, refused.sends) == (AttemptState.REFUSED, 1)
    assert "Call country not supported: IL" in str(refused.error)
    again = await world.run(people(6))
    assert (again.created, len(world.creates())) == (0, 6)


@pytest.mark.parametrize(
    ("world_plan", "error", "words"),
    [
        ({"paid": False}, HaltError, "Trial has ended"),
        ({"keys": frozenset({"other"})}, KeyRefusedError, "RETELL_API_KEY"),
        ({"numbers": {}}, HaltError, "phone-number"),
        ({"numbers": {"+14157774444": Number(agents=())}}, HaltError, "No outbound agent"),
        ({"lacks": frozenset({"POST /v2/create-phone-call"})}, HaltError, "base-url"),
    ],
)
async def test_a_refusal_of_the_campaign_halts_it(
    make_world: MakeWorld,
    people: People,
    world_plan: dict[str, Any],
    error: type[HaltError],
    words: str,
) -> None:
    """Nobody else is tried, the contact is not to blame, and the next run sends it again."""
    world = make_world(**world_plan)
    report = await world.run(people(30), in_flight=1)
    assert (report.stopped_by, report.created, len(world.creates())) == ("halt", 0, 1)
    assert type(report.error) is error
    assert words in str(report.error)
    assert world.states() == ["withheld"]
    assert [people(1)[0].key] == list(report.holds)[:1]
    world.sandbox = make_world().sandbox
    assert (await world.run(people(30))).created == 30


async def test_a_throttled_run_waits_and_sends_again(make_world: MakeWorld, people: People) -> None:
    """A 429 creates nothing: after the asked pause the same attempt goes out, and all arrive."""
    world = make_world(faults=FaultPlan(script={1: FaultName.THROTTLE, 4: FaultName.THROTTLE_DATE}))
    report = await world.run(people(8))
    assert (report.created, report.failed) == (8, 0)
    assert len(world.creates()) == 10
    assert sum(attempt.sends for attempt in world.attempts()) == 10
    assert len({call.request["idempotency_key"] for call in world.sandbox.calls.values()}) == 8


async def test_endless_throttling_halts(make_world: MakeWorld, people: People) -> None:
    """A run that is only ever throttled gives up, with nobody called."""
    world = make_world(faults=FaultPlan(rates={FaultName.THROTTLE: 1.0}))
    report = await world.run(people(3))
    assert (report.stopped_by, report.created) == ("halt", 0)
    assert "throttled" in str(report.error)


async def test_a_live_limit_at_the_provider_is_waited_out(
    make_world: MakeWorld, people: People
) -> None:
    """More lines than the account has: refused creates come through once lines are free."""
    world = make_world(concurrency_limit=3, speed=20.0)
    report = await world.run(people(12), max_live=10, pace=Pace(per_second=5))
    assert (report.created, report.stopped_by) == (12, None)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "fault",
    [
        FaultName.ERROR_BEFORE,
        FaultName.RESET_BEFORE,
        FaultName.STALL_BEFORE,
    ],
)
async def test_an_ambiguous_create_is_never_sent_again(
    make_world: MakeWorld, people: People, fault: FaultName
) -> None:
    """A call may exist: the contact is unknown, in this run and in the next."""
    world = make_world(faults=FaultPlan(script={2: fault}))
    report = await world.run(people(3))
    assert (report.created, report.unknown) == (2, 1)
    assert sorted(world.states()) == ["ended", "ended", "unknown"]
    await world.run(people(3))
    assert len(world.creates()) == 3


@pytest.mark.no_cover
async def test_the_line_of_an_unknown_call_comes_back(
    make_world: MakeWorld, people: People
) -> None:
    """It is held while the call may start, so that lines are never passed, and then free."""
    world = make_world(faults=FaultPlan(script={1: FaultName.ERROR_BEFORE}))
    report = await world.run(people(3), max_live=1)
    assert (report.created, report.unknown, report.stopped_by) == (2, 1, None)
    assert world.creates()[1].at_s - world.creates()[0].at_s >= 360


async def test_an_outage_halts_after_a_few_probes(make_world: MakeWorld, people: People) -> None:
    """A provider that answers nothing useful is asked three times more, ever later, and left."""
    world = make_world(faults=FaultPlan(rates={FaultName.ERROR_BEFORE: 1.0}))
    report = await world.run(people(50), follow=False)
    assert ("halt", 0) == (report.stopped_by, report.created)
    assert len(world.creates()) <= 10
    at_s = [entry.at_s for entry in world.creates()]
    assert at_s[-1] - at_s[0] >= 30  # pauses of 10 and 20 s


@pytest.mark.no_cover
async def test_one_bad_moment_ends_no_day(make_world: MakeWorld, people: People) -> None:
    """Three creates lost in a reset of the connection: a pause, a probe, and all goes on."""
    faults = FaultPlan(script=dict.fromkeys((20, 21, 22), FaultName.RESET_AFTER))
    world = make_world(faults=faults)
    report = await world.run(people(60))
    assert (57, 3, None) == (report.created, report.unknown, report.stopped_by)
    assert ["ended"] * 60 == world.states()
    gaps = [
        later.at_s - earlier.at_s
        for earlier, later in zip(world.creates(), world.creates()[1:], strict=False)
    ]
    assert 10 <= max(gaps) <= 13


async def test_a_probe_that_is_not_sent_leaves_room_for_another(
    make_world: MakeWorld, people: People
) -> None:
    """A probe whose number is live elsewhere proves nothing: the next contact is one."""
    contacts = people(12)
    world = make_world(
        speed=1.0, faults=FaultPlan(script=dict.fromkeys((2, 3, 4), FaultName.ERROR_BEFORE))
    )
    await world.run(contacts[4:5], follow=False)
    report = await world.run(
        contacts, campaign="summer", campaign_id="cmp_summer", in_flight=1, follow=False
    )
    assert (8, 3) == (report.created, report.unknown)
    assert [contacts[4].key] == list(report.holds)


@pytest.mark.no_cover
async def test_failures_in_a_row_can_be_allowed(make_world: MakeWorld, people: People) -> None:
    """0 switches the halt off."""
    world = make_world(faults=FaultPlan(rates={FaultName.ERROR_BEFORE: 1.0}))
    report = await world.run(people(12), breaker=OFF)
    assert (report.unknown, report.stopped_by) == (12, None)


async def test_a_dead_address_is_tried_three_times(make_world: MakeWorld, people: People) -> None:
    """No byte left: the same attempt goes out again twice, then the contact is failed for now."""
    world = make_world()

    class Deaf:
        """A provider nobody can connect to."""

        skew_s = None

        def __init__(self) -> None:
            self.sends = 0

        async def create(self, _: object) -> object:
            """Fail to connect."""
            self.sends += 1
            from campaign.model import Fault, FaultKind

            return Fault(kind=FaultKind.NOT_SENT, message="cannot connect")

        async def concurrency(self) -> object:
            """Fail to connect."""
            from campaign.model import Fault, FaultKind

            return Fault(kind=FaultKind.NOT_SENT, message="cannot connect")

    deaf = Deaf()
    world.provider = lambda: deaf
    report = await world.run(people(1))
    assert (deaf.sends, report.failed, report.stopped_by) == (3, 1, None)
    (attempt,) = world.attempts()
    assert (
        attempt.sends,
        attempt.state,
        attempt.error,
    ) == (3, AttemptState.WITHHELD, "cannot connect")
    del world.provider
    assert (await world.run(people(1))).created == 1


@pytest.mark.no_cover
async def test_a_deadline_stops_placing(make_world: MakeWorld, people: People) -> None:
    """After `until` no call is placed; those that are live are followed."""
    world = make_world(speed=1.0)
    until = world.clock.now() + timedelta(seconds=10.5)
    report = await world.run(people(60), until=until)
    assert report.stopped_by == "until"
    assert 10 <= report.created <= 11
    assert ["ended"] * report.created == world.states()


async def test_a_deadline_after_the_last_call_stops_nothing(
    make_world: MakeWorld, people: People
) -> None:
    """What is through when the moment comes has not been stopped by it."""
    world = make_world(speed=1.0)
    report = await world.run(people(2), until=world.clock.now() + timedelta(seconds=5))
    assert (report.created, report.stopped_by) == (2, None)


async def test_the_first_interrupt_drains(make_world: MakeWorld, people: People) -> None:
    """No new call, live ones are followed to their end."""
    world = make_world(speed=1.0)

    async def interrupt(stop: Stop) -> None:
        await anyio.sleep(5.5)
        stop.signal(signal.SIGINT)

    report = await world.run(people(60), alongside=interrupt)
    assert (report.stopped_by, report.signal_number) == ("signal", signal.SIGINT)
    assert ["ended"] * report.created == world.states()
    assert 5 <= report.created <= 7


async def test_a_real_signal_drains(make_world: MakeWorld, people: People) -> None:
    """SIGINT reaches the run where signals are to be heeded, and is told."""
    world = make_world(speed=1.0)
    told: list[tuple[int, bool]] = []
    world.on_signal = lambda number, second: told.append((number, second))

    async def interrupt(_: Stop) -> None:
        await anyio.sleep(3.5)
        os.kill(os.getpid(), signal.SIGINT)

    report = await world.run(people(30), alongside=interrupt)
    assert ("signal", [(signal.SIGINT, False)]) == (report.stopped_by, told)
    assert ["ended"] * report.created == world.states()


@pytest.mark.no_cover
async def test_a_termination_follows_for_a_while(make_world: MakeWorld, people: People) -> None:
    """After SIGTERM live calls are followed for `drain_for`, then left as placed."""
    scripts = {c.to_number: [CallScript(status="ended", talk_s=600.0)] for c in people(3)}
    world = make_world(speed=1.0, scripts=scripts)
    ended: list[float] = []

    async def terminate(stop: Stop) -> None:
        await anyio.sleep(10)
        stop.signal(signal.SIGTERM)
        ended.append(anyio.current_time())

    report = await world.run(people(3), alongside=terminate, drain_for_s=20.0)
    assert report.stopped_by == "signal"
    assert 19 <= anyio.current_time() - ended[0] <= 21
    assert world.states() == ["live"] * 3
    await world.run(people(3))
    assert world.states() == ["ended"] * 3


async def test_an_abort_leaves_what_is_on_the_wire_unknown(
    make_world: MakeWorld, people: People
) -> None:
    """A second signal leaves at once; the create under way is an intent without an answer."""
    world = make_world(faults=FaultPlan(script={2: FaultName.STALL_AFTER}))

    async def insist(stop: Stop) -> None:
        await anyio.sleep(3)
        stop.signal(signal.SIGINT)
        await anyio.sleep(1)
        stop.abort()

    await world.run(people(5), alongside=insist, in_flight=1)
    assert anyio.current_time() < 5
    assert "sending" in world.states()
    assert await world.ledger.orphans("spring", world.clock.now()) == 1
    await world.run(people(5))
    assert len(world.creates()) == 5


async def test_no_follow_leaves_calls_placed(make_world: MakeWorld, people: People) -> None:
    """Without following the run ends when the last call is placed."""
    world = make_world(speed=1.0)
    report = await world.run(people(3), follow=False)
    assert (report.created, report.stopped_by) == (3, None)
    assert "live" in world.states()


async def test_no_follow_ends_with_all_lines_taken(make_world: MakeWorld, people: People) -> None:
    """The last contact may take the last line: nobody waits for one that is not needed."""
    scripts = {c.to_number: [CallScript(status="ended", talk_s=6000.0)] for c in people(3)}
    world = make_world(speed=1.0, scripts=scripts)
    report = await world.run(people(3), follow=False, max_live=3)
    assert (3, None) == (report.created, report.stopped_by)
    assert anyio.current_time() < 10


async def test_a_call_the_provider_forgot_is_given_up(
    make_world: MakeWorld, people: People
) -> None:
    """A live call of another sandbox is lost after a minute, and its line is free."""
    world = make_world(speed=1.0)
    await world.run(people(1), follow=False)
    world.sandbox = make_world().sandbox
    await world.run([], follow=True)
    (attempt,) = world.attempts()
    assert attempt.state == AttemptState.LOST
    assert "no longer knows" in str(attempt.error)


async def test_reads_that_fail_are_borne_with(make_world: MakeWorld, people: People) -> None:
    """A follower survives errors for a while."""
    world = make_world(faults=FaultPlan(rates={FaultName.GET_ERROR: 0.7}))
    report = await world.run(people(5))
    assert (report.created, report.stopped_by) == (5, None)
    assert world.states() == ["ended"] * 5


async def test_reads_that_never_work_end_the_run(make_world: MakeWorld, people: People) -> None:
    """After ten minutes without an answer the calls are left as placed."""
    world = make_world(
        faults=FaultPlan(rates={FaultName.GET_ERROR: 1.0, FaultName.LIST_ERROR: 1.0})
    )
    report = await world.run(people(2))
    assert (report.stopped_by, report.created) == ("halt", 2)
    assert "no read for 10 minutes" in str(report.error)
    assert world.states() == ["live", "live"]


async def test_a_key_refused_while_following_ends_the_run(
    make_world: MakeWorld, people: People
) -> None:
    """A key that was withdrawn is not used for ten more minutes."""
    world = make_world(speed=1.0)
    await world.run(people(2), follow=False)
    world.sandbox.plan = replace(world.sandbox.plan, keys=frozenset({"other"}))
    report = await world.run([], follow=True)
    assert KeyRefusedError is type(report.error)


class Broken:
    """A ledger whose writes fail from the nth on."""

    def __init__(self, ledger: Any, *, after: int, method: str) -> None:
        self._ledger = ledger
        self._left = after
        self._method = method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._left -= 1
            if self._left < 0:
                raise LedgerError("the disk is full", hint="free some room")
        return getattr(self._ledger, name)


@pytest.mark.parametrize("method", ["begin", "record"])
async def test_a_ledger_that_fails_ends_the_run(
    make_world: MakeWorld, people: People, method: str
) -> None:
    """No request leaves without a durable intent; the error is the ledger's own."""
    world = make_world()
    world.ledger = Broken(world.ledger, after=3, method=method)
    with pytest.raises(LedgerError, match="disk is full"):
        await world.run(people(20), in_flight=4)
    assert len(world.creates()) <= 7


async def test_a_bug_is_not_dressed_up(make_world: MakeWorld, people: People) -> None:
    """An error that is nobody's fault but ours comes out as it is."""
    world = make_world()

    async def bug(_: Intent) -> Begun | TooSoon | Held:
        raise ZeroDivisionError

    world.ledger.begin = bug
    with pytest.raises(BaseExceptionGroup):
        await world.run(people(2))


async def test_a_number_that_is_live_elsewhere_is_held(
    make_world: MakeWorld, people: People
) -> None:
    """Another campaign's live call to the number keeps the contact pending, with the reason."""
    world = make_world(speed=1.0)
    (contact,) = people(1)
    await world.run([contact], follow=False)
    other = replace(world.plan, campaign="summer", campaign_id="cmp_summer")
    world.plan = other
    report = await world.run([contact], follow=False)
    assert report.created == 0
    assert "spring" in report.holds[contact.key]


@pytest.mark.no_cover
async def test_orphans_become_unknown_and_stay(make_world: MakeWorld, people: People) -> None:
    """An intent without an answer, left by a dead run, is not dialled again."""
    world = make_world()
    (contact,) = people(1)
    await world.run([])
    await world.ledger.begin(
        Intent(
            campaign="spring",
            contact_key=contact.key,
            attempt=1,
            attempt_id="att_x",
            to_number=contact.to_number,
            from_number="+14157774444",
            agent_id=None,
            at=world.clock.now(),
            starts_at=world.clock.now(),
        )
    )
    assert await world.ledger.orphans("spring", world.clock.now()) == 1
    report = await world.run([contact])
    assert (report.created, world.states()) == (0, ["unknown"])


@pytest.mark.no_cover
async def test_http_limits_are_respected_by_following(
    make_world: MakeWorld, people: People
) -> None:
    """However many calls are live, reads stay inside the provider's budget."""
    world = make_world(speed=1.0, concurrency_limit=None, limits=Limits())
    await world.run(people(150), max_live=150, pace=Pace(per_second=50))
    assert not [entry for entry in world.sandbox.log if entry.status == 429]


async def test_events_tell_the_whole_story(make_world: MakeWorld, people: People) -> None:
    """Every step of an attempt is appended to the ledger."""
    world = make_world(faults=FaultPlan(script={1: FaultName.THROTTLE}))
    await world.run(people(1))
    kinds = [event.kind for event in world.ledger.store.events]
    assert [
        EventKind.THROTTLED,
        EventKind.INTENT,
        EventKind.CREATED,
        EventKind.ENDED,
    ] == [kind for kind in kinds if kind is not EventKind.OBSERVED]
