"""Calls that are due and may not be placed now: closed hours, suppressed numbers, caps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from campaign.dialer import queue
from campaign.dialer.stop import Stop
from campaign.model import Call, Campaign, Contact, Event, EventKind, Intent, Suppression
from campaign.policy.breaker import OFF
from campaign.policy.caps import Cap
from campaign.policy.hours import Closed, Open
from campaign.policy.pacing import Pace
from campaign.policy.redial import Policy
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

MISSED = CallScript(status="not_connected", disconnection_reason="dial_no_answer", ring_s=10.0)
OPT_OUT = CallScript(status="ended", disconnection_reason="user_requested_dnc", talk_s=5.0)
LIVE = Call(call_id="call_other", status="registered")
DAY = (Cap(calls=1, window_s=86_400.0),)


def shut(
    world: Any, *, after_s: float, for_s: float
) -> Callable[[Contact, datetime], Open | Closed]:
    """Return hours that close `after_s` into the test, for everybody, and open again."""
    closes = world.clock.now() + timedelta(seconds=after_s)
    opens = closes + timedelta(seconds=for_s)

    def opening(_: Contact, now: datetime) -> Open | Closed:
        return Closed(next_open=opens, reason="night") if closes <= now < opens else Open()

    return opening


async def test_a_window_that_closes_in_the_middle_of_a_run(
    make_world: MakeWorld, people: People
) -> None:
    """No call is placed after it; those left over are pending, and the next run goes on."""
    contacts = people(40)
    world = make_world()
    hours = shut(world, after_s=15.5, for_s=3600.0)
    report = await world.run(contacts, pace=Pace(per_second=1), opening=hours)
    assert 10 < report.created < 20
    assert {"night"} == set(report.holds.values())
    assert 40 - report.created == len(report.holds)
    assert 3600 > (report.next_due - world.clock.now()).total_seconds() > 3000
    assert report.stopped_by is None
    world.restart()
    await anyio.sleep(3700)
    report = await world.run(contacts, pace=None, opening=hours)
    assert (40, {}) == (len(world.creates()), report.holds)


@pytest.mark.no_cover
async def test_a_run_waits_for_the_morning(make_world: MakeWorld, people: People) -> None:
    """With a wait that is long enough, the same run goes on when the hours begin."""
    contacts = people(10)
    world = make_world()
    hours = shut(world, after_s=0.0, for_s=3600.0)
    report = await world.run(contacts, opening=hours, wait_s=4000.0)
    assert (10, {}, None) == (report.created, report.holds, report.next_due)
    assert world.creates()[0].at_s - world.clock.now().timestamp() < 0
    assert anyio.current_time() >= 3600


@pytest.mark.no_cover
async def test_those_who_may_be_called_are_called_first(
    make_world: MakeWorld, people: People
) -> None:
    """A contact outside its hours keeps nobody waiting, and has its turn when they begin."""
    contacts = people(60)
    world = make_world()
    early = shut(world, after_s=0.0, for_s=20.0)

    def opening(contact: Contact, now: datetime) -> Open | Closed:
        return early(contact, now) if contact.row < 30 else Open()

    report = await world.run(contacts, pace=Pace(per_second=1), in_flight=2, opening=opening)
    numbers = [call.to_number for call in world.sandbox.calls.values()]
    assert 60 == report.created
    assert numbers.index(contacts[0].to_number) in range(15, 25)


async def test_without_a_moment_to_wait_for(make_world: MakeWorld, people: People) -> None:
    """A contact whose hours cannot be known is held, and nothing is waited for."""
    contacts = people(3)
    world = make_world()

    def opening(contact: Contact, _: datetime) -> Open | Closed:
        return Closed(next_open=None, reason="no zone") if contact.row == 1 else Open()

    report = await world.run(contacts, opening=opening, wait_s=86_400.0)
    assert (2, {contacts[1].key: "no zone"}) == (report.created, report.holds)
    assert report.next_due is None


async def test_more_holds_than_are_kept(
    make_world: MakeWorld, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reasons of so many are told, the others share the run's own."""
    monkeypatch.setattr(queue, "MOST_HOLDS", 4)
    contacts = people(10)
    world = make_world()
    report = await world.run(contacts, opening=shut(world, after_s=0.0, for_s=300.0))
    assert (0, 4) == (report.created, len(report.holds))
    assert 10 == (await world.run(contacts, wait_s=600.0)).created


async def test_a_cap_that_is_reached_between_list_and_create(
    make_world: MakeWorld, people: People
) -> None:
    """Another campaign of the ledger was faster: the intent is refused, and waits."""
    contacts = people(3)
    world = make_world()
    other = replace(contacts[2], key="other")

    async def be_faster(_: Stop) -> None:
        await anyio.sleep(0.5)
        now = world.clock.now()
        await world.ledger.open_campaign(
            Campaign(name="summer", campaign_id="cmp_summer", created_at=now)
        )
        begun = await world.ledger.begin(
            Intent(
                campaign="summer",
                contact_key=other.key,
                attempt=1,
                attempt_id="att_other",
                to_number=other.to_number,
                from_number="+14157770000",
                agent_id=None,
                at=now,
                starts_at=now,
            )
        )
        event = Event(id=begun.id, kind=EventKind.CREATED, at=now, call=LIVE)
        await world.ledger.record(event)
        over = replace(LIVE, status="ended")
        await world.ledger.record(Event(id=begun.id, kind=EventKind.ENDED, at=now, call=over))
        await anyio.sleep_forever()

    report = await world.run(contacts, alongside=be_faster, caps=lambda _: DAY)
    assert (2, ["at most 1 calls to one number: 1/24h"]) == (
        report.created,
        list(report.holds.values()),
    )
    assert report.next_due is not None


@pytest.mark.no_cover
async def test_a_call_that_was_given_up_is_found_after_all(
    make_world: MakeWorld, people: People
) -> None:
    """A look for others shows it: it is followed like any other."""
    contacts = people(7)
    world = make_world(
        speed=1.0,
        scripts={c.to_number: [CallScript(status="ended", talk_s=300.0)] for c in contacts},
        faults=FaultPlan(rates={FaultName.ERROR_AFTER: 1.0}),
        listing_lag_s=60.0,
    )
    late = shut(world, after_s=0.0, for_s=36.0)
    await world.run(
        contacts,
        opening=lambda contact, now: late(contact, now) if contact.row else Open(),
        wait_s=100.0,
        lookup_for_s=30.0,
        breaker=OFF,
        pace=None,
    )
    assert "ended" in world.states()
    assert "unknown" in world.states()


@pytest.mark.no_cover
async def test_a_number_that_is_suppressed_meanwhile(make_world: MakeWorld, people: People) -> None:
    """From that moment on there is no intent to it, whatever had been begun for it."""
    contacts = people(30)
    world = make_world()

    async def suppress(_: Stop) -> None:
        await anyio.sleep(10.5)
        number = contacts[25].to_number
        listed = Suppression(number=number, reason="she wrote", at=world.clock.now())
        await world.ledger.suppress([listed])
        await anyio.sleep_forever()

    report = await world.run(contacts, alongside=suppress, in_flight=20)
    assert (29, {contacts[25].key: "suppressed: she wrote"}) == (report.created, report.holds)


@pytest.mark.parametrize(
    ("script", "field"),
    [
        (OPT_OUT, None),
        (CallScript(status="ended", analysis={"custom_analysis_data": {"stop": "yes"}}), "stop"),
    ],
)
async def test_who_asks_for_it_is_called_no_more(
    make_world: MakeWorld, people: People, script: CallScript, field: str | None
) -> None:
    """An opt-out holds for all campaigns of the ledger."""
    contacts = people(2)
    world = make_world(scripts={contacts[0].to_number: [script]})
    await world.run(contacts, opt_out_field=field)
    assert [contacts[0].to_number] == [one.number for one in world.ledger.suppressions()]
    report = await world.run(contacts, campaign="summer", campaign_id="cmp_summer")
    assert 1 == report.created
    assert "suppressed: " in report.holds[contacts[0].key]


async def test_the_provider_s_own_list(make_world: MakeWorld, people: People) -> None:
    """A number that the provider refuses for it joins the ledger's list."""
    contacts = people(2)
    world = make_world(dnc=frozenset({contacts[0].to_number}))
    report = await world.run(contacts)
    assert (1, 1) == (report.created, report.failed)
    assert [contacts[0].to_number] == [one.number for one in world.ledger.suppressions()]


async def test_a_capped_number_waits(make_world: MakeWorld, people: People) -> None:
    """Calls of all campaigns count, and the run tells when the next one may be."""
    contacts = people(2)
    world = make_world()
    await world.run(contacts[:1], caps=lambda _: DAY)
    report = await world.run(
        contacts, campaign="summer", campaign_id="cmp_summer", caps=lambda _: DAY
    )
    assert 1 == report.created
    assert "at most 1 calls to one number: 1/24h" == report.holds[contacts[0].key]
    assert 86_000 < (report.next_due - world.clock.now()).total_seconds() <= 86_400
    world.restart()
    await anyio.sleep(86_400)
    assert 1 == (await world.run(contacts, caps=lambda _: DAY)).created


async def test_redials_are_capped_too(make_world: MakeWorld, people: People) -> None:
    """A second attempt waits until the window has room for it."""
    contacts = people(1)
    world = make_world(scripts={contacts[0].to_number: [MISSED]})
    report = await world.run(
        contacts, redial=Policy(attempts=3, after_s=(60.0,)), wait_s=7200.0, caps=lambda _: DAY
    )
    assert 1 == report.created
    assert "at most 1 calls to one number: 1/24h" == report.holds[contacts[0].key]


@pytest.mark.no_cover
async def test_two_contacts_of_one_number_in_a_row(make_world: MakeWorld, people: People) -> None:
    """The gap between two calls to one number holds whatever the contact's key."""
    first, _ = people(2)
    second = replace(first, row=1, key="another")
    world = make_world(scripts={first.to_number: [MISSED]})
    await world.run([first], min_gap_s=600.0)
    report = await world.run([first, second], min_gap_s=600.0, wait_s=1000.0)
    assert 1 == report.created
    moments = [entry.at_s for entry in world.creates()]
    assert moments[1] - moments[0] >= 600
