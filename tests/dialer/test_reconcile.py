"""Calls that may exist: found, adopted, given up, sent once more; lost ledgers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import pytest

from campaign.dialer.listing import cross_check
from campaign.dialer.stop import Stop
from campaign.errors import ConfigError, KeyRefusedError, LedgerError
from campaign.ledger.memory import MemoryLedger
from campaign.model import (
    AttemptState,
    Begun,
    CallQuery,
    Contact,
    Event,
    EventKind,
    Fault,
    FaultKind,
    Intent,
    StopRequest,
)
from campaign.policy.breaker import OFF
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

AFTER = [
    FaultName.ERROR_AFTER,
    FaultName.RESET_AFTER,
    FaultName.STALL_AFTER,
    FaultName.CUT_BODY,
    FaultName.BROKEN_JSON,
    FaultName.WRONG_JSON,
    FaultName.WRONG_TEXT,
    FaultName.NO_CALL_ID,
]
BEFORE = [FaultName.ERROR_BEFORE, FaultName.RESET_BEFORE, FaultName.STALL_BEFORE]


@pytest.mark.no_cover
@pytest.mark.parametrize("fault", AFTER)
@pytest.mark.parametrize("lag_s", [0.0, 200.0])
async def test_a_call_that_was_made_is_found_and_followed(
    make_world: MakeWorld, people: People, fault: FaultName, lag_s: float
) -> None:
    """However its answer was lost, and however late the list shows it, the call is adopted."""
    world = make_world(faults=FaultPlan(script={2: fault}), listing_lag_s=lag_s)
    report = await world.run(people(3))
    assert (3, ["ended"] * 3) == (len(world.creates()), world.states())
    assert (2, 1, None) == (report.created, report.unknown, report.stopped_by)


@pytest.mark.no_cover
@pytest.mark.parametrize("fault", BEFORE)
async def test_a_call_that_was_not_made_stays_unknown(
    make_world: MakeWorld, people: People, fault: FaultName
) -> None:
    """Absence after the grace proves nothing to a program: a person decides."""
    world = make_world(faults=FaultPlan(script={2: fault}))
    await world.run(people(3))
    assert ["ended", "ended", "unknown"] == sorted(world.states())
    assert anyio.current_time() >= 360
    await world.run(people(3))
    assert 3 == len(world.creates())


async def test_absence_before_the_grace_is_not_believed(
    make_world: MakeWorld, people: People
) -> None:
    """The last look-up comes when the grace is over, and not before."""
    world = make_world(faults=FaultPlan(script={1: FaultName.ERROR_BEFORE}))
    await world.run(people(1), lookup_for_s=100.0)
    looks = [entry.at_s for entry in world.sandbox.log if "list" in entry.path]
    assert 100.0 <= looks[-1] - world.creates()[0].at_s <= 101.0
    assert len(looks) <= 10


async def test_many_unknown_calls_share_a_look_up(make_world: MakeWorld, people: People) -> None:
    """From a few on, one page of the campaign serves them all."""
    world = make_world(faults=FaultPlan(rates={FaultName.ERROR_AFTER: 1.0}))
    await world.run(people(12), pace=None, breaker=OFF)
    looks = [entry for entry in world.sandbox.log if "list" in entry.path]
    assert ["ended"] * 12 == world.states()
    assert len(looks) <= 6


async def test_a_failing_list_is_asked_again(make_world: MakeWorld, people: People) -> None:
    """Errors of the list are no evidence: the call is found once the list works."""
    faults = FaultPlan(
        script={1: FaultName.ERROR_AFTER},
        list_script={1: FaultName.LIST_ERROR, 2: FaultName.LIST_RESET, 3: FaultName.LIST_GARBAGE},
    )
    world = make_world(faults=faults)
    await world.run(people(1))
    assert ["ended"] == world.states()


async def test_a_list_that_never_works_leaves_the_call_unknown(
    make_world: MakeWorld, people: People
) -> None:
    """Past its grace and a little more, an attempt is left as it is."""
    faults = FaultPlan(script={1: FaultName.ERROR_AFTER}, rates={FaultName.LIST_ERROR: 1.0})
    world = make_world(faults=faults)
    await world.run(people(1))
    assert ["unknown"] == world.states()
    many = make_world(
        faults=FaultPlan(rates={FaultName.ERROR_AFTER: 1.0, FaultName.LIST_ERROR: 1.0})
    )
    await many.run(people(6), pace=None, breaker=OFF)
    assert ["unknown"] * 6 == many.states()


async def test_a_key_refused_by_the_list_halts(make_world: MakeWorld, people: People) -> None:
    """A key that is withdrawn meanwhile ends the run, with the call unknown."""
    world = make_world(faults=FaultPlan(rates={FaultName.ERROR_BEFORE: 1.0}))

    async def withdraw(_: Stop) -> None:
        await anyio.sleep(0.5)
        world.sandbox.plan = replace(world.sandbox.plan, keys=frozenset({"other"}))

    report = await world.run(people(1), alongside=withdraw)
    assert KeyRefusedError is type(report.error)
    many = make_world(faults=FaultPlan(rates={FaultName.ERROR_BEFORE: 1.0}))
    world.sandbox = many.sandbox
    world.ledger = MemoryLedger()
    report = await world.run(people(6), alongside=withdraw, pace=None, breaker=OFF)
    assert KeyRefusedError is type(report.error)


async def test_a_resend_creates_no_second_call(make_world: MakeWorld, people: People) -> None:
    """Asked for, an attempt that was not found is sent once more under the same key."""
    faults = FaultPlan(script={1: FaultName.ERROR_AFTER})
    world = make_world(faults=faults, listing_lag_s=5000.0)
    await world.run(people(1), resend_unknown=True)
    assert (2, 1) == (len(world.creates()), len(world.sandbox.calls))
    (attempt,) = world.attempts()
    assert (AttemptState.ENDED, 2) == (attempt.state, attempt.sends)


@pytest.mark.no_cover
@pytest.mark.parametrize("second", [FaultName.THROTTLE, FaultName.ERROR_BEFORE, FaultName.REDIRECT])
async def test_a_resend_that_fails_leaves_it_unknown(
    make_world: MakeWorld, people: People, second: FaultName
) -> None:
    """No refusal of a resend proves anything, and there is no third send."""
    world = make_world(faults=FaultPlan(script={1: FaultName.ERROR_BEFORE, 2: second}))
    await world.run(people(1), resend_unknown=True)
    assert (2, ["unknown"]) == (len(world.creates()), world.states())
    (attempt,) = world.attempts()
    assert 2 == attempt.sends
    await world.run(people(1))
    assert 2 == len(world.creates())


@pytest.mark.no_cover
async def test_nothing_is_resent_on_a_list_that_cannot_be_had(
    make_world: MakeWorld, people: People
) -> None:
    """A look-up that failed has found nothing out: the call may be there."""
    faults = FaultPlan(script={1: FaultName.ERROR_AFTER}, rates={FaultName.LIST_ERROR: 1.0})
    world = make_world(faults=faults, honors_keys=False)
    await world.run(people(1), resend_unknown=True)
    assert (1, ["unknown"]) == (len(world.creates()), world.states())


@pytest.mark.no_cover
async def test_without_being_asked_nothing_is_resent(make_world: MakeWorld, people: People) -> None:
    """Resending is opt-in."""
    world = make_world(faults=FaultPlan(script={1: FaultName.ERROR_BEFORE}))
    await world.run(people(1))
    assert 1 == len(world.creates())


async def test_what_an_aborted_run_left_is_found_by_the_next(
    make_world: MakeWorld, people: People
) -> None:
    """An intent without an answer is looked for, adopted and followed."""
    world = make_world(faults=FaultPlan(script={1: FaultName.STALL_AFTER}))

    async def insist(stop: Stop) -> None:
        await anyio.sleep(0.5)
        stop.abort()

    await world.run(people(2), alongside=insist)
    world.restart()
    assert 1 == await world.ledger.orphans("spring", world.clock.now())
    await world.run(people(2))
    assert ["ended", "ended"] == world.states()
    assert {1} == set(Counter(call.to_number for call in world.sandbox.calls.values()).values())


async def test_an_old_unknown_is_looked_up_once(make_world: MakeWorld, people: People) -> None:
    """Long past its grace one look-up is enough, and it holds no line."""
    world = make_world(faults=FaultPlan(script={1: FaultName.ERROR_BEFORE}))
    await world.run(people(1))
    await anyio.sleep(4000)
    before = anyio.current_time()
    client = world.client()
    looked: list[str] = []

    async def counted(query: CallQuery) -> Any:
        looked.extend([query.attempt_id] if query.attempt_id else [])
        return await client.list_calls(query)

    world.provider = lambda: Wrapped(client, list_calls=counted)
    report = await world.run(people(2), max_live=1)
    assert (1, 1) == (report.created, len(looked))
    assert anyio.current_time() - before < 100


@pytest.mark.no_cover
async def test_another_campaigns_unknown_number_is_not_dialled(
    make_world: MakeWorld, people: People
) -> None:
    """A call that may exist holds its number in every campaign of the ledger."""
    world = make_world(faults=FaultPlan(script={1: FaultName.ERROR_BEFORE}))
    await world.run(people(1))
    report = await world.run(people(1), campaign="summer", campaign_id="cmp_summer")
    assert (0, 1) == (report.created, len(world.creates()))
    assert "spring" in report.holds[people(1)[0].key]


@pytest.mark.no_cover
async def test_a_person_decides(make_world: MakeWorld, people: People) -> None:
    """`not called` makes the contact due for its next attempt, `called` never again."""
    world = make_world(
        faults=FaultPlan(script={1: FaultName.ERROR_BEFORE, 2: FaultName.ERROR_BEFORE})
    )
    await world.run(people(2))
    first, second = world.attempts()
    now = world.clock.now()
    await world.ledger.record(Event(id=first.id, kind=EventKind.NOT_CALLED, at=now))
    await world.ledger.record(Event(id=second.id, kind=EventKind.CALLED, at=now))
    report = await world.run(people(2))
    assert 1 == report.created
    assert [(1, "dismissed"), (2, "ended"), (1, "settled")] == [
        (attempt.attempt, attempt.state.value) for attempt in world.attempts()
    ]


class Erased:
    """Ways in which a ledger is lost."""

    @staticmethod
    def all(world: Any) -> None:
        """Lose everything."""
        world.ledger = MemoryLedger()


async def cross_checked(world: Any) -> Any:
    """Open the campaign in the world's ledger and compare it with the provider's list."""
    await world.run([], follow=False)
    return await world.cross_check()


@pytest.mark.no_cover
async def test_a_lost_ledger_redials_nobody(make_world: MakeWorld, people: People) -> None:
    """Everything that was called is adopted from the provider's list, off the list too."""
    world = make_world()
    await world.run(people(30))
    Erased.all(world)
    checked = await cross_checked(world)
    assert (30, 30) == (checked.adopted, checked.added)
    report = await world.run(people(25))
    assert (0, 30, 30) == (report.created, len(world.creates()), len(world.attempts()))


async def test_a_whole_ledger_needs_one_page(make_world: MakeWorld, people: People) -> None:
    """Where the newest page is known and the total agrees, nothing else is read."""
    world = make_world()
    await world.run(people(5))
    pages = len([entry for entry in world.sandbox.log if "list" in entry.path])
    checked = await cross_checked(world)
    assert (0, 0, True) == (checked.adopted, checked.added, checked.possible)
    assert 1 == len([entry for entry in world.sandbox.log if "list" in entry.path]) - pages


async def test_what_others_add_meanwhile_was_not_lost(
    make_world: MakeWorld, people: People
) -> None:
    """Attempts of another campaign, made while the list is read, are none that it has added."""
    failing = dict.fromkeys(range(2, 60, 2), FaultName.LIST_ERROR)
    world = make_world(faults=FaultPlan(list_script=failing))
    await world.run(people(3))
    listing, query = world.listing(), CallQuery(campaign_id=world.plan.campaign_id)
    seen: list[tuple[int, int]] = []
    async with anyio.create_task_group() as group:
        group.start_soon(
            partial(world.run, people(30)[3:], campaign="summer", campaign_id="cmp_summer")
        )
        for _ in range(5):
            before = await world.ledger.intents()
            checked = await cross_check(listing, world.ledger, "spring", query)
            seen.append((checked.added, await world.ledger.intents() - before))
    assert any(others for _, others in seen)
    assert not any(added for added, _ in seen)


@pytest.mark.no_cover
async def test_calls_missing_deep_in_the_list_are_found(
    make_world: MakeWorld, people: People
) -> None:
    """A total larger than the ledger's makes all pages be read."""
    world = make_world()
    await world.run(people(30))
    old = MemoryLedger()
    lost = {people(30)[0].key, people(30)[1].key}
    store = world.ledger.store
    world.ledger = old
    await world.run([], follow=False)
    for attempt in store.attempts.values():
        if attempt.contact_key not in lost:
            await world.adopt(attempt)
    checked = await world.cross_check(limit=10)
    assert (2, 2) == (checked.adopted, checked.added)


@pytest.mark.no_cover
async def test_nobody_is_called_until_the_list_has_caught_up(
    make_world: MakeWorld, people: People
) -> None:
    """With records lost and a lagging list, dialling waits; then nobody is called twice."""
    world = make_world(listing_lag_s=60.0, honors_keys=False)
    await world.run(people(10), follow=False)
    Erased.all(world)
    settle_until = world.clock.now() + timedelta(seconds=75)
    report = await world.run(people(12), settle_until=settle_until, follow=True)
    assert (2, 12) == (report.created, len(world.creates()))
    assert 1 == max(Counter(entry.to_number for entry in world.creates()).values())


@pytest.mark.no_cover
@pytest.mark.parametrize("kept", [0, 3])
async def test_what_the_list_shows_late_is_followed(
    make_world: MakeWorld, people: People, kept: int
) -> None:
    """Calls that are live when the list has caught up hold lines, and their ends are seen.

    Of `kept` calls the ledger still has the intent: they are looked for at the same time.
    """
    talk = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=5, talk_s=300)
    scripts = {contact.to_number: [talk] for contact in people(12)}
    world = make_world(speed=1.0, listing_lag_s=60.0, honors_keys=False, scripts=scripts)
    await world.run(people(10), follow=False, pace=None)
    known = world.attempts()[:kept]
    Erased.all(world)
    await world.open()
    for attempt in known:
        intent = Intent(
            campaign="spring",
            contact_key=attempt.contact_key,
            attempt=1,
            attempt_id=attempt.attempt_id,
            to_number=attempt.to_number,
            from_number=attempt.from_number,
            agent_id=None,
            at=attempt.intent_at,
            starts_at=attempt.intent_at,
        )
        assert isinstance(await world.ledger.begin(intent), Begun)
    await world.ledger.orphans("spring", world.clock.now())
    settle_until = world.clock.now() + timedelta(seconds=75)
    await world.run(people(12), settle_until=settle_until, follow=True, max_live=10)
    assert 12 * ["ended"] == world.states()
    assert 10 == max(entry.live for entry in world.creates())


async def test_a_list_that_cannot_be_had_stops_a_run_that_needs_it(
    make_world: MakeWorld, people: People
) -> None:
    """With records lost, no proof means no call."""
    world = make_world(faults=FaultPlan(rates={FaultName.LIST_ERROR: 1.0}))
    report = await world.run(people(2), settle_until=world.clock.now() + timedelta(seconds=5))
    assert ("halt", 0, 0) == (report.stopped_by, report.created, len(world.creates()))
    assert "list of calls" in str(report.error)


async def test_a_server_without_a_list_is_told_apart(make_world: MakeWorld) -> None:
    """A compatible server may have none: the check says so instead of calling it empty."""
    world = make_world(lacks=frozenset({"POST /v3/list-calls"}))
    checked = await cross_checked(world)
    assert not checked.possible


async def test_unknown_calls_of_a_server_without_a_list_stay_unknown(
    make_world: MakeWorld, people: People
) -> None:
    """Nothing can be looked up there, and nothing is guessed."""
    world = make_world(
        lacks=frozenset({"POST /v3/list-calls"}),
        faults=FaultPlan(script={1: FaultName.ERROR_AFTER}),
    )
    await world.run(people(1))
    assert ["unknown"] == world.states()


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"campaign_id": "cmp_spring"}, "does not carry the metadata"),
        ({"campaign_id": "cmp_spring", "contact_key": "k", "attempt": "x"}, "metadata"),
        (
            {"campaign_id": "cmp_spring", "contact_key": "k", "attempt": "1", "attempt_id": "z"},
            "metadata",
        ),
    ],
)
async def test_a_call_that_is_not_ours_stops_the_run(
    make_world: MakeWorld, metadata: dict[str, Any], words: str
) -> None:
    """A call under our campaign id without our metadata cannot be explained: 74."""
    world = make_world()
    await world.place_foreign(metadata)
    with pytest.raises(LedgerError, match=words):
        await cross_checked(world)


async def test_a_call_to_another_number_stops_the_run(
    make_world: MakeWorld, people: People
) -> None:
    """The provider's call for an attempt must go to the attempt's number."""
    world = make_world()
    (contact,) = people(1)
    await world.run([contact], follow=False)
    await world.place_foreign(
        world.plan.request(contact, 1, "+14157774444").metadata, to_number="+14155559999"
    )
    with pytest.raises(LedgerError):
        await cross_checked(world)


async def test_two_calls_for_one_attempt_stop_the_run(
    make_world: MakeWorld, people: People
) -> None:
    """Two ids under one attempt id mean that somebody was called twice: nothing goes on."""
    world = make_world()
    (contact,) = people(1)
    await world.run([contact], follow=False)
    await world.place_foreign(
        world.plan.request(contact, 1, "+14157774444").metadata, to_number=contact.to_number
    )
    with pytest.raises(LedgerError):
        await cross_checked(world)


@pytest.mark.no_cover
async def test_a_stop_request_ends_the_placing(make_world: MakeWorld, people: People) -> None:
    """`stop` from another process: no new call, live ones are followed."""
    world = make_world(speed=1.0)

    async def ask(_: Stop) -> None:
        await anyio.sleep(5)
        await world.ledger.request_stop("spring", StopRequest(at=world.clock.now()))

    report = await world.run(people(60), alongside=ask)
    assert "stop" == report.stopped_by
    assert 5 <= report.created <= 8
    assert ["ended"] * report.created == world.states()
    again = await world.run(people(8))
    assert None is again.stopped_by


async def test_a_stop_can_hang_up(make_world: MakeWorld, people: People) -> None:
    """`stop --hang-up` ends the live calls through the provider."""
    scripts = {c.to_number: [CallScript(status="ended", talk_s=6000.0)] for c in people(5)}
    world = make_world(speed=1.0, scripts=scripts)

    async def ask(_: Stop) -> None:
        await anyio.sleep(60)
        request = StopRequest(at=world.clock.now(), hang_up=True)
        await world.ledger.request_stop("spring", request)

    await world.run(people(5), alongside=ask)
    assert ["ended"] * 5 == world.states()
    assert anyio.current_time() < 120
    reasons = {a.call.disconnection_reason for a in world.attempts()}
    assert {"manual_stopped"} == reasons


async def test_signs_of_life_tell_what_the_ledger_holds(
    make_world: MakeWorld, people: People
) -> None:
    """Once a second the highest attempt id is shown."""
    world = make_world()
    await world.run(people(5))
    assert world.beats == sorted(world.beats)
    assert 5 == world.beats[-1]


async def test_the_last_sign_of_life_is_whole(make_world: MakeWorld, people: People) -> None:
    """However short a run is, the sign that stays has all of its calls."""
    world = make_world()
    await world.run(people(7), pace=None, follow=False)
    assert anyio.current_time() < 1
    assert 7 == world.beats[-1]


async def test_a_loss_that_is_not_made_good_is_not_hidden(
    make_world: MakeWorld, people: People
) -> None:
    """Until the list has caught up no sign of life is left: who is killed meanwhile hid nothing."""
    world = make_world(listing_lag_s=60.0, honors_keys=False)
    await world.run(people(3), follow=False)
    Erased.all(world)
    world.beats.clear()

    async def kill(stop: Stop) -> None:
        await anyio.sleep(30)
        stop.abort()

    settle_until = world.clock.now() + timedelta(seconds=75)
    await world.run(people(4), settle_until=settle_until, alongside=kill)
    assert [] == world.beats
    await world.run(people(4), settle_until=settle_until, follow=True)
    assert (3, 4) == (world.beats[0], world.beats[-1])


async def test_a_wrong_clock_calls_nobody(make_world: MakeWorld, people: People) -> None:
    """More than two minutes off, no call is placed."""
    world = make_world()
    provider = world.provider()

    class Skewed:
        """A provider whose clock is elsewhere."""

        skew_s = 500.0

        def __getattr__(self, name: str) -> Any:
            return getattr(provider, name)

    world.provider = Skewed
    report = await world.run(people(3))
    assert (0, ConfigError) == (report.created, type(report.error))
    assert "500 s" in str(report.error)


async def test_a_sync_settles_what_can_be_settled(make_world: MakeWorld, people: People) -> None:
    """One look adopts what is found and records what has ended; nobody is called."""
    faults = FaultPlan(script={2: FaultName.ERROR_AFTER})
    world = make_world(faults=faults, speed=600.0, listing_lag_s=100.0)
    await world.run(people(3), follow=False)
    await anyio.sleep(1000)
    synced = await world.sync()
    assert (1, 0, 0) == (synced.adopted, synced.live, synced.unknown)
    assert ["ended"] * 3 == world.states()


async def test_a_sync_bears_with_failing_reads(make_world: MakeWorld, people: People) -> None:
    """Reads without an answer are counted, and change nothing."""
    world = make_world(faults=FaultPlan(rates={FaultName.GET_ERROR: 1.0}), speed=1.0)
    await world.run(people(2), follow=False)
    synced = await world.sync()
    assert (2, 2) == (synced.unanswered, synced.live)


async def test_a_sync_knows_calls_that_go_on(make_world: MakeWorld, people: People) -> None:
    """A call that is live stays live, and one that is not listed stays unknown."""
    world = make_world(faults=FaultPlan(script={2: FaultName.ERROR_BEFORE}), speed=1.0)
    await world.run(people(2), follow=False)
    synced = await world.sync()
    assert (1, 1, 0) == (synced.live, synced.unknown, synced.ended)
    world.sandbox.plan = replace(world.sandbox.plan, keys=frozenset({"other"}))
    with pytest.raises(KeyRefusedError):
        await world.sync()


async def test_v1_finds_a_call_by_walking_back_in_time(
    make_world: MakeWorld, people: People
) -> None:
    """v1 filters by neither metadata nor number: the walk compares them here."""
    world = make_world(faults=FaultPlan(script={2: FaultName.ERROR_AFTER}))
    world.api = "v1"
    await world.run(people(4), idempotent=False)
    assert ["ended"] * 4 == world.states()
    assert 4 == len(world.creates())


async def test_v1_leaves_unknown_what_no_walk_finds(make_world: MakeWorld, people: People) -> None:
    """Nor does v1 send anything again, asked for or not: it has no key."""
    world = make_world(faults=FaultPlan(script={2: FaultName.ERROR_BEFORE}))
    world.api = "v1"
    await world.run(people(4), idempotent=False, resend_unknown=True)
    assert ["ended", "ended", "ended", "unknown"] == sorted(world.states())
    assert 4 == len(world.creates())


async def test_v1_gone_halts_at_once(make_world: MakeWorld, people: People) -> None:
    """The provider's own end of v1 is told with what to do."""
    world = make_world(v1_gone=True)
    world.api = "v1"
    report = await world.run(people(9), idempotent=False, in_flight=1)
    assert ("halt", 1) == (report.stopped_by, len(world.creates()))
    assert "--api v2" in str(report.error)


@pytest.mark.no_cover
async def test_many_are_found_on_pages_of_the_campaign(
    make_world: MakeWorld, people: People
) -> None:
    """Those that the first pages do not have are asked for by name."""
    rates = {FaultName.ERROR_AFTER: 0.5, FaultName.ERROR_BEFORE: 0.5}
    world = make_world(faults=FaultPlan(rates=rates))
    await world.run(people(20), pace=None, breaker=OFF)
    made = {call.to_number for call in world.sandbox.calls.values()}
    states = {attempt.to_number: attempt.state.value for attempt in world.attempts()}
    assert 20 == len(states)
    for number, state in states.items():
        assert ("ended" if number in made else "unknown") == state


async def test_a_hang_up_that_is_refused_is_told(
    make_world: MakeWorld, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that cannot end calls does not end the run."""
    world = make_world(speed=1.0, lacks=frozenset({"POST /v2/stop-call/"}))

    async def ask(_: Stop) -> None:
        await anyio.sleep(2.5)
        request = StopRequest(at=world.clock.now(), hang_up=True)
        await world.ledger.request_stop("spring", request)

    await world.run(people(2), alongside=ask)
    assert ["ended"] * 2 == world.states()
    assert "hang_up_failed" in {getattr(record, "action", "") for record in caplog.records}


@pytest.mark.no_cover
async def test_pages_of_the_campaign_are_read_for_many(
    make_world: MakeWorld, people: People
) -> None:
    """Where the newest pages do not have all of them, the others are asked for by name."""
    rates = {FaultName.ERROR_AFTER: 1.0}
    world = make_world(faults=FaultPlan(rates=rates), listing_lag_s=30.0)
    world.page_limit = 2
    await world.run(people(12), pace=None, breaker=OFF)
    assert ["ended"] * 12 == world.states()


class Wrapped:
    """The world's provider with some answers of its own."""

    def __init__(self, provider: Any, **answers: Callable[..., Any]) -> None:
        self._provider = provider
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return self._answers.get(name) or getattr(self._provider, name)


async def refused(*_: object) -> Fault:
    """Refuse the key."""
    return Fault(kind=FaultKind.KEY, message="the key was withdrawn")


async def test_a_key_refused_by_a_page_halts(make_world: MakeWorld, people: People) -> None:
    """Many unknown calls, and a key that is withdrawn: the run ends, and they stay unknown."""
    world = make_world(faults=FaultPlan(rates={FaultName.ERROR_BEFORE: 1.0}))
    client = world.client()

    async def pages_refused(query: CallQuery) -> Any:
        return await (refused() if query.attempt_id is None else client.list_calls(query))

    world.provider = lambda: Wrapped(client, list_calls=pages_refused)
    report = await world.run(people(6), pace=None, breaker=OFF)
    assert KeyRefusedError is type(report.error)
    assert ["unknown"] * 6 == world.states()


async def test_a_list_that_does_not_filter_confuses_nobody(
    make_world: MakeWorld, people: People
) -> None:
    """A server may answer with more than was asked for: what it shows is taken, once."""
    faults = FaultPlan(rates={FaultName.ERROR_AFTER: 1.0})
    world = make_world(faults=faults, listing_lag_s=50.0)
    await world.run(people(3), pace=None, breaker=OFF, follow=False)
    await anyio.sleep(50)
    client = world.client()

    async def everything(query: CallQuery) -> Any:
        return await client.list_calls(replace(query, attempt_id=None, to_number=None))

    world.provider = lambda: Wrapped(client, list_calls=everything)
    await world.run([], follow=True)
    assert ["ended"] * 3 == world.states()


async def test_a_call_that_is_found_late_is_followed(make_world: MakeWorld, people: People) -> None:
    """Given up in one run, it may be found by a later one, on no line of its own."""
    faults = FaultPlan(script={1: FaultName.ERROR_AFTER})
    world = make_world(faults=faults, listing_lag_s=1000.0)
    await world.run(people(1))
    assert ["unknown"] == world.states()
    await anyio.sleep(1000)
    await world.run([])
    assert ["ended"] == world.states()


async def test_a_sync_leaves_a_call_that_is_gone(make_world: MakeWorld, people: People) -> None:
    """One "not found" proves nothing."""
    world = make_world(speed=1.0)
    await world.run(people(1), follow=False)
    world.sandbox = make_world().sandbox
    assert 1 == (await world.sync()).live


async def test_a_sync_ends_with_a_refused_key(make_world: MakeWorld, people: People) -> None:
    """Nothing can be asked any more."""
    world = make_world(speed=1.0)
    await world.run(people(1), follow=False)
    client = world.client()
    world.provider = lambda: Wrapped(client, get=refused)
    with pytest.raises(KeyRefusedError):
        await world.sync()
