"""What every ledger does, whatever it is kept in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.errors import ConfigError, LedgerError
from campaign.ledger.fold import ORPHANED
from campaign.ledger.tries import columns_of
from campaign.model import (
    AttemptState,
    Begun,
    Event,
    EventKind,
    Held,
    History,
    Run,
    StopRequest,
    TooSoon,
)
from campaign.policy import lifecycle
from campaign.policy.lifecycle import IllegalMoveError
from campaign.ports import DATED, JUDGED, SHOWN, Columns, Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]


async def test_bind_keeps_the_first_url_and_account(ledger: Ledger) -> None:
    """A ledger is tied to the first base URL, and to the account once one is known."""
    url = "https://api.retellai.com"
    assert await ledger.bind(base_url=f"{url}/", account=None) is None
    assert await ledger.bind(base_url=url, account="org_1") == "org_1"
    assert await ledger.bind(base_url=url, account=None) == "org_1"


@pytest.mark.parametrize(
    ("base_url", "account", "named"),
    [
        ("http://127.0.0.1:8000", "org_1", ("https://a.example", "http://127.0.0.1:8000")),
        ("https://a.example", "org_2", ("org_1", "org_2")),
    ],
)
async def test_bind_refuses_another(
    ledger: Ledger, base_url: str, account: str, named: tuple[str, str]
) -> None:
    """Another base URL or account is a configuration error that names both, and stays out."""
    await ledger.bind(base_url="https://a.example", account="org_1")
    with pytest.raises(ConfigError) as caught:
        await ledger.bind(base_url=base_url, account=account)
    assert all(repr(name) in str(caught.value) for name in named)
    assert "--ledger" in caught.value.hint
    assert await ledger.bind(base_url="https://a.example", account=None) == "org_1"


async def test_open_campaign_brings_the_list_up_to_date(ledger: Ledger, a_campaign: Make) -> None:
    """A campaign opened again keeps its birth and takes the list it is given."""
    again = a_campaign(
        created_at=a_campaign().created_at + timedelta(days=1),
        list_path="new.csv",
        list_hash="abc",
        options={"region": "US"},
    )
    expected = replace(again, created_at=a_campaign().created_at)
    assert await ledger.open_campaign(again) == expected
    assert await ledger.campaign("spring") == expected


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key_column": "crm"}, ("the phone number", "the column 'crm'")),
        ({"campaign_id": "cmp_other"}, ("'cmp_spring'", "'cmp_other'")),
    ],
)
async def test_open_campaign_refuses_another(
    ledger: Ledger, a_campaign: Make, changes: dict[str, str], named: tuple[str, str]
) -> None:
    """Another key column or campaign id is a configuration error that names both."""
    with pytest.raises(ConfigError) as caught:
        await ledger.open_campaign(a_campaign(**changes))
    assert all(name in str(caught.value) for name in named)
    assert await ledger.campaign("spring") == a_campaign()


async def test_campaigns_come_oldest_first(ledger: Ledger, a_campaign: Make) -> None:
    """Campaigns are listed in the order in which they were opened; an unknown one is none."""
    await ledger.open_campaign(a_campaign("autumn"))
    assert await ledger.campaigns() == [a_campaign(), a_campaign("autumn")]
    assert await ledger.campaign("winter") is None


async def test_begin_makes_an_attempt(ledger: Ledger, an_intent: Make, t0: datetime) -> None:
    """An intent begins an attempt that is being sent."""
    begun = await ledger.begin(an_intent())
    assert isinstance(begun, Begun)
    (attempt,) = await ledger.in_flight("spring")
    assert (attempt.id, attempt.state, attempt.sends) == (begun.id, AttemptState.SENDING, 1)
    assert (attempt.attempt_id, attempt.intent_at, attempt.agent_id) == ("att_0", t0, "agent_1")
    assert (attempt.error, attempt.placed_at, attempt.call) == (None, None, None)


async def test_begin_in_a_campaign_never_opened(ledger: Ledger, an_intent: Make) -> None:
    """An intent for a campaign that is not in the ledger is refused."""
    with pytest.raises(ConfigError, match="no campaign 'winter'"):
        await ledger.begin(an_intent(campaign="winter"))


@pytest.mark.parametrize("state", sorted(lifecycle.IN_FLIGHT))
async def test_a_number_in_flight_is_held(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make, state: AttemptState
) -> None:
    """A number with a live or unknown call is held in every campaign, by every key."""
    await put(state)
    await ledger.open_campaign(a_campaign("autumn"))
    held = Held(reason="a call to this number is live or of unknown outcome (campaign 'spring')")
    assert await ledger.begin(an_intent(campaign="autumn", contact_key="crm-7")) == held
    assert await ledger.begin(an_intent(attempt=2)) == held
    assert await ledger.occupied(["+14155550100", "+14155550101"]) == {"+14155550100"}
    assert list(ledger.called(an_intent(after_s=9e5).at)) == ["+14155550100"]


@pytest.mark.parametrize("state", sorted(set(AttemptState) - lifecycle.IN_FLIGHT))
async def test_a_number_that_is_free_may_be_called(
    ledger: Ledger, put: Make, an_intent: Make, state: AttemptState
) -> None:
    """Once nothing can be live any more, the next attempt may begin."""
    await put(state)
    assert await ledger.occupied(["+14155550100"]) == frozenset()
    assert await ledger.in_flight("spring") == []
    assert isinstance(await ledger.begin(an_intent(attempt=2)), Begun)


@pytest.mark.parametrize("state", sorted(lifecycle.TERMINAL))
async def test_an_attempt_is_not_sent_twice(
    ledger: Ledger, put: Make, an_intent: Make, state: AttemptState
) -> None:
    """An attempt that came to an end is never sent again."""
    await put(state)
    expected = Held(reason=f"attempt 1 of this contact is already {state.value!r}")
    assert await ledger.begin(an_intent(after_s=60)) == expected


async def test_a_withheld_attempt_is_sent_again(
    ledger: Ledger, put: Make, an_intent: Make, an_event: Make, t0: datetime
) -> None:
    """The same attempt goes out again after another intent, from another caller number maybe."""
    first = await put(AttemptState.WITHHELD)
    again = await ledger.begin(an_intent(after_s=9, from_number="+14155550198"))
    assert again == Begun(id=first)
    (attempt,) = await ledger.in_flight("spring")
    assert (attempt.sends, attempt.from_number) == (2, "+14155550198")
    assert (attempt.intent_at, attempt.error) == (t0 + timedelta(seconds=9), None)
    placed = await ledger.record(an_event(again, EventKind.CREATED))
    assert placed.placed_at == t0 + timedelta(seconds=9)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (EventKind.CREATED, AttemptState.LIVE),
        (EventKind.NOT_SENT, AttemptState.WITHHELD),
        (EventKind.THROTTLED, AttemptState.WITHHELD),
        (EventKind.HALTED, AttemptState.WITHHELD),
        (EventKind.REFUSED, AttemptState.REFUSED),
        (EventKind.AMBIGUOUS, AttemptState.UNKNOWN),
    ],
)
async def test_record_moves_the_attempt(
    ledger: Ledger, an_intent: Make, an_event: Make, kind: EventKind, state: AttemptState
) -> None:
    """What the wire said decides the state, and why is kept."""
    begun = await ledger.begin(an_intent())
    attempt = await ledger.record(an_event(begun, kind, error="so it is", status=429))
    assert (attempt.state, attempt.error) == (state, "so it is")
    assert (await ledger.histories("spring", ["+14155550100"]))["+14155550100"].last == attempt


async def test_an_illegal_event_changes_nothing(
    ledger: Ledger, put: Make, a_call: Make, t0: datetime
) -> None:
    """An event that the state does not allow raises and leaves the attempt as it was."""
    attempt = await put(AttemptState.REFUSED)
    before = list(ledger.attempts("spring"))
    with pytest.raises(IllegalMoveError, match="'refused' cannot be 'created'"):
        await ledger.record(Event(id=attempt, kind=EventKind.CREATED, at=t0, call=a_call()))
    assert list(ledger.attempts("spring")) == before


async def test_an_event_of_no_attempt(ledger: Ledger, t0: datetime) -> None:
    """An event of an attempt that never was is a bug, and raises."""
    with pytest.raises(LookupError, match="no attempt 99"):
        await ledger.record(Event(id=99, kind=EventKind.CREATED, at=t0))


async def test_a_call_is_placed_when_it_was_sent(
    ledger: Ledger, an_intent: Make, an_event: Make, a_call: Make, t0: datetime
) -> None:
    """An adopted call was placed when its request went out, not when it was found."""
    starts_at = t0 + timedelta(milliseconds=250)
    begun = await ledger.begin(an_intent(starts_at=starts_at))
    unknown = await ledger.record(an_event(begun, EventKind.AMBIGUOUS, error="no answer"))
    assert (unknown.placed_at, unknown.error) == (None, "no answer")
    later = t0 + timedelta(minutes=6)
    event = an_event(begun, EventKind.ADOPTED, at=later, call=a_call("ongoing"))
    adopted = await ledger.record(event)
    assert (adopted.placed_at, adopted.error) == (starts_at, None)


async def test_a_call_s_numbers_are_the_attempt_s(
    ledger: Ledger, an_intent: Make, an_event: Make, a_call: Make
) -> None:
    """Numbers come from the attempt, the agent from the provider; transcripts are not kept."""
    begun = await ledger.begin(an_intent())
    said = a_call(agent_id="agent_2", transcript="Agent: hello", metadata={"a": 1}, summary="ok")
    attempt = await ledger.record(an_event(begun, EventKind.CREATED, call=said))
    expected = a_call(
        agent_id="agent_2",
        summary="ok",
        to_number="+14155550100",
        from_number="+14155550199",
    )
    assert attempt.call == expected
    assert [kept.call for kept in ledger.attempts("spring")] == [expected]


async def test_orphans_become_unknown(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make, t0: datetime
) -> None:
    """What a dead run was sending is unknown after it, in that campaign only."""
    await put(AttemptState.LIVE)
    await put(AttemptState.SENDING, an_intent(1))
    await ledger.open_campaign(a_campaign("autumn"))
    await put(AttemptState.SENDING, an_intent(2, campaign="autumn"))
    assert await ledger.orphans("spring", t0) == 1
    assert await ledger.orphans("spring", t0) == 0
    states = [(a.state, a.error) for a in await ledger.in_flight("spring")]
    assert states == [(AttemptState.LIVE, None), (AttemptState.UNKNOWN, ORPHANED)]
    assert [a.state for a in await ledger.in_flight("autumn")] == [AttemptState.SENDING]


async def test_histories_count_the_calls_created(
    ledger: Ledger, put: Make, an_intent: Make
) -> None:
    """A history is the last attempt and the number of calls; unattempted contacts have none."""
    created = (AttemptState.ENDED, AttemptState.LOST, AttemptState.SETTLED, AttemptState.LIVE)
    others = (AttemptState.REFUSED, AttemptState.DISMISSED)
    for number, state in enumerate((*others, *created), start=1):
        await put(state, an_intent(attempt=number))
    await put(AttemptState.WITHHELD, an_intent(1))
    wanted = [f"no such contact {n}" for n in range(2500)] + ["+14155550100", "+14155550101"]
    found = await ledger.histories("spring", wanted)
    short = {key: (history.last.attempt, history.created) for key, history in found.items()}
    assert short == {"+14155550100": (6, 4), "+14155550101": (1, 0)}
    assert await ledger.histories("winter", wanted) == {}


async def test_attempts_and_latest_are_in_key_order(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make
) -> None:
    """Attempts come by contact key and number, the latest of each contact by key."""
    await ledger.open_campaign(a_campaign("autumn"))
    keys = ["é", "b", "B", "10", "9"]
    for n, key in enumerate(keys):
        for number in (2, 1):
            await put(AttemptState.ENDED, an_intent(n, contact_key=key, attempt=number))
    await put(AttemptState.ENDED, an_intent(7, campaign="autumn"))
    attempts = list(ledger.attempts("spring"))
    ordered = ["10", "9", "B", "b", "é"]
    named = [(attempt.contact_key, attempt.attempt) for attempt in attempts]
    assert named == [(key, number) for key in ordered for number in (1, 2)]
    latest = [
        (key, History(last=last, created=2, final=2))
        for key, last in zip(ordered, attempts[1::2], strict=True)
    ]
    assert list(ledger.latest("spring")) == latest
    assert sorted(ledger.keys("spring")) == [key for key, _ in latest]
    assert list(ledger.keys("winter")) == []
    assert list(ledger.latest("winter")) == []


async def test_runs_are_kept(ledger: Ledger, t0: datetime) -> None:
    """The newest run of a campaign is what `status` shows, ended or not."""
    assert await ledger.last_run("spring") is None
    old = await ledger.start_run(Run(campaign="spring", started_at=t0, pid=7))
    begun = Run(campaign="spring", started_at=t0 + timedelta(hours=1), pid=8)
    new = await ledger.start_run(begun)
    assert await ledger.last_run("spring") == begun
    ended = replace(
        begun,
        ended_at=t0 + timedelta(hours=2),
        rows=3,
        outcomes={"answered": 2, "pending": 1},
        calls_created=2,
        stopped_by="limit",
        next_due=t0 + timedelta(days=1),
    )
    await ledger.end_run(new, ended)
    await ledger.end_run(old, Run(campaign="spring", started_at=t0, pid=7, ended_at=t0))
    assert await ledger.last_run("spring") == ended
    assert [ended, t0] == [next(ledger.runs("spring")), list(ledger.runs("spring"))[1].ended_at]
    assert [] == list(ledger.runs("autumn"))


async def test_a_run_that_was_killed(ledger: Ledger, a_campaign: Make, t0: datetime) -> None:
    """A run that never said how it ended is closed by the next one of its campaign."""
    await ledger.open_campaign(a_campaign("autumn"))
    other = Run(campaign="autumn", started_at=t0, pid=6)
    await ledger.start_run(other)
    killed = Run(campaign="spring", started_at=t0, pid=7, rows=3, outcomes={"pending": 3})
    first = await ledger.start_run(killed)
    ended = replace(killed, ended_at=t0 + timedelta(hours=1), stopped_by="limit")
    await ledger.end_run(first, ended)
    await ledger.start_run(killed)
    again = Run(campaign="spring", started_at=t0 + timedelta(hours=2), pid=8)
    last = await ledger.start_run(again)
    assert await ledger.last_run("autumn") == other
    assert await ledger.last_run("spring") == again
    assert last == 4


async def test_stop_requests(ledger: Ledger, a_campaign: Make, t0: datetime) -> None:
    """A run sees the newest request made since it began, its own campaign's only."""
    await ledger.open_campaign(a_campaign("autumn"))
    early, late, last = (
        StopRequest(at=t0 + timedelta(minutes=minute), hang_up=hang_up)
        for minute, hang_up in ((1, False), (2, True), (2, False))
    )
    for request in (late, early):
        await ledger.request_stop("spring", request)
    assert await ledger.stop_requested("spring", t0) == late
    assert await ledger.stop_requested("spring", late.at) == late
    assert await ledger.stop_requested("spring", late.at + timedelta(microseconds=1)) is None
    assert await ledger.stop_requested("autumn", t0) is None
    assert await ledger.stop_requested("winter", t0) is None
    await ledger.request_stop("spring", last)
    assert await ledger.stop_requested("spring", t0) == last


async def test_a_stop_of_no_campaign(ledger: Ledger, t0: datetime) -> None:
    """A campaign that was never opened cannot be asked to stop."""
    with pytest.raises(ConfigError, match="no campaign 'winter'"):
        await ledger.request_stop("winter", StopRequest(at=t0))


async def test_a_stop_is_seen_by_another_process(
    opened: Callable[[], Ledger], ledger: Ledger, t0: datetime
) -> None:
    """What one process asks, the run in another one reads."""
    other = opened()
    assert await ledger.stop_requested("spring", t0) is None
    await other.request_stop("spring", StopRequest(at=t0))
    assert await ledger.stop_requested("spring", t0) == StopRequest(at=t0)


async def test_how_much_a_ledger_holds(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make
) -> None:
    """Intents are those of the whole ledger; calls are a campaign's, and have an id."""
    assert (await ledger.intents(), await ledger.calls_created("spring")) == (0, 0)
    await ledger.open_campaign(a_campaign("autumn"))
    await put(AttemptState.LIVE, an_intent(50, campaign="autumn"))
    for n, state in enumerate(AttemptState):
        await put(state, an_intent(n))
    assert await ledger.intents() == 1 + len(AttemptState)
    calls = [await ledger.calls_created(name) for name in ("spring", "autumn", "winter")]
    assert calls == [3, 1, 0]


async def test_a_resend_is_counted(ledger: Ledger, put: Make, an_event: Make, t0: datetime) -> None:
    """A resend leaves the attempt unknown, its reason in place, and counts as a request."""
    begun = Begun(id=await put(AttemptState.SENDING))
    await ledger.record(an_event(begun, EventKind.AMBIGUOUS, error="no answer"))
    attempt = await ledger.record(an_event(begun, EventKind.RESENT))
    assert (attempt.state, attempt.sends) == (AttemptState.UNKNOWN, 2)
    assert (attempt.error, attempt.placed_at) == ("no answer", None)
    assert await ledger.in_flight("spring") == [attempt]


@pytest.mark.parametrize(
    ("kind", "state", "placed", "created"),
    [
        (EventKind.CALLED, AttemptState.SETTLED, True, 1),
        (EventKind.NOT_CALLED, AttemptState.DISMISSED, False, 0),
    ],
)
async def test_a_person_s_verdict(
    ledger: Ledger,
    put: Make,
    an_event: Make,
    t0: datetime,
    *,
    kind: EventKind,
    state: AttemptState,
    placed: bool,
    created: int,
) -> None:
    """A person decides what the wire could not tell; a call that was made was made when sent."""
    begun = Begun(id=await put(AttemptState.UNKNOWN))
    attempt = await ledger.record(an_event(begun, kind, error="she called back"))
    assert (attempt.state, attempt.error) == (state, "she called back")
    assert attempt.placed_at == (t0 if placed else None)
    history = (await ledger.histories("spring", [attempt.contact_key]))[attempt.contact_key]
    assert history == History(last=attempt, created=created, final=created)
    assert await ledger.occupied([attempt.to_number]) == frozenset()


async def test_runs_that_cannot_be_kept(ledger: Ledger, t0: datetime) -> None:
    """A run of no campaign is refused, and the end of a run that never began raises."""
    with pytest.raises(ConfigError, match="no campaign 'winter'"):
        await ledger.start_run(Run(campaign="winter", started_at=t0, pid=7))
    with pytest.raises(LookupError, match="no run 5"):
        await ledger.end_run(5, Run(campaign="spring", started_at=t0, pid=7))


async def test_everything_survives_a_restart(
    opened: Callable[[], Ledger], ledger: Ledger, put: Make, an_intent: Make
) -> None:
    """Another ledger over the same store knows what the first one wrote."""
    await put(AttemptState.ENDED)
    await put(AttemptState.UNKNOWN, an_intent(1))
    before = list(ledger.attempts("spring"))
    await ledger.aclose()
    assert list(opened().attempts("spring")) == before


async def test_its_own_schedule_is_the_authority(ledger: Ledger, an_intent: Make) -> None:
    """Within one process the dialer's starts are written down, not refused."""
    answers = [
        await ledger.begin(an_intent(n, after_s=after_s, per_second=1))
        for n, after_s in enumerate((0.0, 2.0, 2.001, 1.999))
    ]
    assert all(isinstance(answer, Begun) for answer in answers)


async def test_another_process_keeps_the_pace(
    opened: Callable[[], Ledger], ledger: Ledger, an_intent: Make, t0: datetime
) -> None:
    """A caller number that somebody else has just used is free one interval later."""
    await ledger.begin(an_intent(per_second=0.5))
    other = opened()
    free_at = t0 + timedelta(seconds=2)
    assert await other.begin(an_intent(1, after_s=0.7, per_second=0.5)) == TooSoon(free_at=free_at)
    assert await other.histories("spring", ["+14155550101"]) == {}
    assert isinstance(await other.begin(an_intent(1, after_s=2, per_second=0.5)), Begun)
    back = await ledger.begin(an_intent(2, after_s=3, per_second=0.5))
    assert back == TooSoon(free_at=t0 + timedelta(seconds=4))


async def test_another_caller_number_has_its_own_pace(
    opened: Callable[[], Ledger], ledger: Ledger, an_intent: Make
) -> None:
    """Pace is kept per caller number, and not at all where none is asked for."""
    await ledger.begin(an_intent(per_second=1))
    elsewhere = an_intent(1, per_second=1, from_number="+14155550198")
    assert isinstance(await opened().begin(elsewhere), Begun)
    assert isinstance(await opened().begin(an_intent(2)), Begun)


async def test_the_window_holds_across_a_restart(
    opened: Callable[[], Ledger], ledger: Ledger, an_intent: Make, t0: datetime
) -> None:
    """A late start narrows the schedule, and the next process still keeps within a second."""
    for n, after_s in enumerate((0.0, 0.545, 1.004)):
        await ledger.begin(an_intent(n, after_s=after_s, per_second=2))
    too_soon = await opened().begin(an_intent(3, after_s=1.51, per_second=2))
    assert too_soon == TooSoon(free_at=t0 + timedelta(seconds=1.549))


async def test_the_window_holds_after_a_takeover(
    opened: Callable[[], Ledger], ledger: Ledger, an_intent: Make, t0: datetime
) -> None:
    """A process that catches up does not crowd out the starts of the one before it."""
    await ledger.begin(an_intent(per_second=2))
    other = opened()
    assert isinstance(await other.begin(an_intent(1, after_s=0.545, per_second=2)), Begun)
    caught_up = await other.begin(an_intent(2, after_s=1.0, per_second=2))
    assert caught_up == TooSoon(free_at=t0 + timedelta(seconds=1.004))
    assert isinstance(await other.begin(an_intent(2, after_s=1.004, per_second=2)), Begun)
    alone = [await other.begin(an_intent(n, after_s=1.6, per_second=2)) for n in (3, 4, 5)]
    assert all(isinstance(answer, Begun) for answer in alone)


@pytest.mark.parametrize("per_second", [1, 3])
async def test_a_schedule_of_a_wrong_clock_is_ignored(
    opened: Callable[[], Ledger], ledger: Ledger, an_intent: Make, per_second: float
) -> None:
    """A start far ahead can only come from a clock that was wrong: nobody waits for it."""
    await ledger.begin(an_intent(after_s=3600, per_second=per_second))
    other = opened()
    assert isinstance(await other.begin(an_intent(1, per_second=per_second)), Begun)
    waits = await opened().begin(an_intent(2, after_s=0.01, per_second=per_second))
    assert isinstance(waits, TooSoon)


async def test_a_cancelled_caller_does_not_take_its_write_back(
    ledger: Ledger, an_intent: Make
) -> None:
    """A write that was asked for is carried out, whoever still waits for it."""
    task = asyncio.ensure_future(ledger.begin(an_intent()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    held = await ledger.begin(an_intent())
    assert isinstance(held, Held)


async def test_many_at_once(ledger: Ledger, an_intent: Make) -> None:
    """Of many intents for one number at one moment a single one begins."""
    answers = await asyncio.gather(
        *(ledger.begin(an_intent(contact_key=f"crm-{n}")) for n in range(50))
    )
    assert [type(answer) for answer in answers].count(Begun) == 1
    assert [type(answer) for answer in answers].count(Held) == 49


async def test_one_caller_s_error_is_its_own(ledger: Ledger, an_intent: Make) -> None:
    """An operation that raises neither fails nor undoes those beside it."""
    answers = await asyncio.gather(
        *(ledger.begin(an_intent(n, campaign="winter" if n % 2 else "spring")) for n in range(6)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Begun, ConfigError] * 3
    assert len(await ledger.in_flight("spring")) == 3


async def test_nothing_works_once_closed(ledger: Ledger, an_intent: Make) -> None:
    """A closed ledger refuses reads and writes, and may be closed again."""
    await ledger.aclose()
    await ledger.aclose()
    with pytest.raises(LedgerError, match="closed"):
        await ledger.begin(an_intent())
    with pytest.raises(LedgerError, match="closed"):
        await ledger.adopt([])
    with pytest.raises(LedgerError, match="closed"):
        await ledger.campaigns()
    with pytest.raises(LedgerError, match="closed"):
        await ledger.spending()
    for iterator in (ledger.attempts("spring"), ledger.latest("spring")):
        with pytest.raises(LedgerError, match="closed"):
            next(iterator)


def told(columns: Columns) -> list[tuple[Any, ...]]:
    """Return the rows of a batch, whatever it was handed on as."""
    values = [json.loads(one) if isinstance(one, str) else one for one in columns]
    return list(zip(*values, strict=True))


@pytest.mark.parametrize("state", sorted(AttemptState))
@pytest.mark.parametrize("names", [JUDGED, DATED])
async def test_tries_are_the_attempts_column_by_column(
    ledger: Ledger, put: Make, an_intent: Make, state: AttemptState, names: Sequence[str]
) -> None:
    """All attempts are told in bulk as they are told one by one."""
    said = {"duration_s": 0.1 + 0.2, "cost_usd": 1 / 3, "successful": True, "summary": '\0"\x1fé'}
    await put(AttemptState.WITHHELD, an_intent(1))
    await put(AttemptState.ENDED, call_id="call_0", analysis={"a": ["é", 0.1]}, **said)
    await put(state, an_intent(attempt=2), disconnection_reason="dial_busy", collected={})
    every = list(ledger.attempts("spring"))
    with ledger.snapshot("spring") as snapshot:
        (found,) = snapshot.tries(names)
        assert sorted(told(columns_of(every, names))) == sorted(told(found))
        ids = [one.id for one in every]
        assert every[::-1] == snapshot.attempts(ids[::-1])
        shown = snapshot.those([ids[1], ids[0], ids[1]], SHOWN)
        assert told(columns_of([every[1], every[0], every[1]], SHOWN)) == told(shown)
    with ledger.snapshot("winter") as snapshot:
        assert [] == list(snapshot.tries(names))
    assert sorted(ledger.keys("spring")) == sorted({attempt.contact_key for attempt in every})


async def test_a_snapshot_stays_as_it_is(ledger: Ledger, put: Make, an_intent: Make) -> None:
    """What is recorded meanwhile is not in it, and is in the next one."""
    await put(AttemptState.LIVE)
    (before,) = ledger.attempts("spring")
    with ledger.snapshot("spring") as snapshot:
        await put(AttemptState.ENDED, an_intent(1))
        assert [(before.contact_key,)] == told(*snapshot.tries(["contact_key"]))
        assert [before] == snapshot.attempts([before.id])
    with ledger.snapshot("spring") as snapshot:
        assert 2 == len(told(*snapshot.tries(["contact_key"])))
