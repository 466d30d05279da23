"""Calls found at the provider, in every ledger: what is known stays, what is missing comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.errors import ConfigError, LedgerError
from campaign.model import Attempt, AttemptState, Begun, Event, EventKind, Held, History
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
KEY = "+14155550100"
WITHOUT_A_CALL = [S.WITHHELD, S.REFUSED, S.UNKNOWN, S.SETTLED, S.DISMISSED]
WITH_A_CALL = [S.LIVE, S.ENDED, S.LOST]


async def _last(ledger: Ledger, key: str = "+14155550100") -> Attempt:
    history: History = (await ledger.histories("spring", [key]))[key]
    return history.last


@pytest.mark.parametrize("state", WITH_A_CALL)
async def test_a_known_call_changes_nothing(
    ledger: Ledger, put: Make, a_found: Make, a_call: Make, state: AttemptState
) -> None:
    """A call whose id the attempt has is left alone, whatever the list says of it."""
    await put(state)
    before = await _last(ledger)
    listed = a_call("ended", cost_usd=0.2, to_number="+14155550100")
    assert await ledger.adopt([a_found(call=listed)]) == []
    assert await _last(ledger) == before


@pytest.mark.parametrize("state", WITHOUT_A_CALL)
async def test_an_attempt_without_a_call_takes_it_up(
    ledger: Ledger, put: Make, a_found: Make, state: AttemptState, t0: datetime
) -> None:
    """Presence is proof: refusals, verdicts and doubts give way to a call that is there."""
    attempt_row = await put(state)
    (attempt,) = await ledger.adopt([a_found()])
    assert (attempt.id, attempt.state, attempt.sends) == (attempt_row, S.LIVE, 1)
    assert (attempt.error, attempt.placed_at) == (None, t0)
    assert attempt.call is not None
    assert (attempt.call.call_id, attempt.call.status) == ("call_0", "ongoing")
    assert await ledger.in_flight("spring") == [attempt]
    assert await ledger.adopt([a_found()]) == []
    assert await ledger.calls_created("spring") == 1


@pytest.mark.parametrize("state", WITHOUT_A_CALL)
async def test_a_call_that_has_ended_holds_no_line(
    ledger: Ledger,
    put: Make,
    an_intent: Make,
    a_found: Make,
    a_call: Make,
    *,
    state: AttemptState,
) -> None:
    """A call that is over when it is found ends at once, so that its number is free."""
    await put(state)
    ended = a_call("not_connected", to_number=None, disconnection_reason="dial_busy")
    (attempt,) = await ledger.adopt([a_found(call=ended)])
    assert (attempt.state, attempt.call) == (
        S.ENDED,
        replace(ended, to_number="+14155550100", from_number="+14155550199"),
    )
    assert await ledger.occupied(["+14155550100"]) == frozenset()
    assert isinstance(await ledger.begin(an_intent(attempt=2)), Begun)


async def test_a_call_the_ledger_has_no_trace_of(
    ledger: Ledger, an_intent: Make, a_found: Make, a_call: Make, t0: datetime
) -> None:
    """A lost attempt comes back as it must have been, and its number is not dialled."""
    started_at = t0 - timedelta(minutes=7)
    call = a_call(
        "ongoing",
        started_at=started_at,
        to_number="+14155550100",
        from_number="+14155550198",
        agent_id="agent_2",
    )
    (attempt,) = await ledger.adopt([a_found(contact_key="crm-7", attempt=3, call=call)])
    assert attempt == Attempt(
        id=1,
        campaign="spring",
        contact_key="crm-7",
        attempt=3,
        attempt_id="att_0",
        to_number="+14155550100",
        from_number="+14155550198",
        agent_id="agent_2",
        state=S.LIVE,
        intent_at=started_at,
        sends=1,
        placed_at=started_at,
        call=call,
    )
    assert list(ledger.attempts("spring")) == [attempt]
    assert await ledger.begin(an_intent()) == Held(
        reason="a call to this number is live or of unknown outcome (campaign 'spring')"
    )
    ended = Event(id=1, kind=EventKind.ENDED, at=t0, call=a_call("ended"))
    assert (await ledger.record(ended)).state is S.ENDED


async def test_a_call_that_says_little(
    ledger: Ledger, a_found: Make, a_call: Make, t0: datetime
) -> None:
    """Without a start a call counts as sent when it was found; without a caller it has none."""
    call = a_call("ended", to_number="+14155550100")
    (attempt,) = await ledger.adopt([a_found(call=call)])
    found_at = t0 + timedelta(hours=1)
    assert (attempt.intent_at, attempt.placed_at) == (found_at, found_at)
    assert (attempt.from_number, attempt.agent_id, attempt.state) == ("", None, S.ENDED)
    assert await _last(ledger) == attempt


async def test_half_a_character_in_a_listing(ledger: Ledger, a_found: Make, a_call: Make) -> None:
    """Text that UTF-8 cannot say is adopted, and known when it is listed again."""
    call = a_call("ongoing", "c\udc00", to_number="+14155550100", agent_id="a\ud800")
    found = a_found(contact_key="crm \ud83d", attempt_id="att\udfff", call=call)
    (attempt,) = await ledger.adopt([found])
    assert (attempt.contact_key, attempt.attempt_id, attempt.agent_id) == ("crm ?", "att?", "a?")
    assert await ledger.adopt([found]) == []
    assert list(ledger.attempts("spring")) == [attempt]


async def test_a_page_of_calls(ledger: Ledger, put: Make, an_intent: Make, a_found: Make) -> None:
    """Of a page, known and new together, the new ones are returned, once each and in order."""
    await put(S.LIVE, an_intent(1), call_id="call_1")
    await put(S.WITHHELD, an_intent(2))
    page = [a_found(n) for n in (3, 2, 1, 0, 3)]
    adopted = await ledger.adopt(page)
    assert [attempt.attempt_id for attempt in adopted] == ["att_3", "att_2", "att_0"]
    assert {attempt.id for attempt in adopted} == {2, 3, 4}
    assert await ledger.adopt(page) == []
    assert await ledger.intents() == 4
    assert await ledger.adopt([]) == []


async def test_an_attempt_that_is_being_sent_is_left_to_its_answer(
    ledger: Ledger, put: Make, a_found: Make, a_call: Make
) -> None:
    """A list may show a call before its create is answered: the answer is recorded, once."""
    attempt_row = await put(S.SENDING)
    assert await ledger.adopt([a_found()]) == []
    answer = Event(
        id=attempt_row, kind=EventKind.CREATED, at=a_found().at, call=a_call("registered")
    )
    assert (await ledger.record(answer)).state is S.LIVE


@pytest.mark.parametrize(
    ("state", "changes", "named"),
    [
        (S.LIVE, {}, ("'att_0'", "'call_1'", "'call_2'")),
        (S.LOST, {}, ("'att_0'", "'call_1'", "'call_2'")),
        (S.UNKNOWN, {"to_number": "+14155550177"}, ("'att_0'", "'call_2'", "'+1********77'")),
    ],
)
async def test_a_call_that_contradicts(
    ledger: Ledger,
    put: Make,
    a_found: Make,
    a_call: Make,
    *,
    state: AttemptState,
    changes: dict[str, str],
    named: tuple[str, ...],
) -> None:
    """A second call, or another number, ends the run with both named, and nothing is recorded."""
    await put(state)
    before = list(ledger.attempts("spring"))
    other = a_call("ongoing", "call_2", **{"to_number": "+14155550100", **changes})
    with pytest.raises(LedgerError) as caught:
        await ledger.adopt([a_found(5), a_found(call=other), a_found(6)])
    assert [name for name in named if name not in str(caught.value)] == []
    assert "go on from that one, with --ledger" in caught.value.hint
    assert "+14155550177" not in str(caught.value)
    assert list(ledger.attempts("spring")) == before
    assert await ledger.intents() == 1


async def test_two_calls_for_one_attempt_on_a_page(
    ledger: Ledger, a_found: Make, a_call: Make
) -> None:
    """Two calls for an attempt that was lost contradict each other."""
    other = a_call("ended", "call_2", to_number="+14155550100")
    with pytest.raises(LedgerError, match=r"'call_0'.*'call_2'"):
        await ledger.adopt([a_found(), a_found(call=other)])
    assert list(ledger.attempts("spring")) == []


async def test_a_number_sent_as_written(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make
) -> None:
    """A number that is not E.164 may be listed in another spelling: the metadata decides."""
    await put(S.UNKNOWN, an_intent(to_number="415 555 0100"))
    (attempt,) = await ledger.adopt([a_found()])
    assert attempt.call is not None
    assert (attempt.to_number, attempt.call.to_number) == ("415 555 0100", "415 555 0100")


async def test_a_lost_call_to_nobody(ledger: Ledger, a_found: Make, a_call: Make) -> None:
    """A call that must be added and does not say whom it called cannot be."""
    with pytest.raises(LedgerError, match=r"'call_9' for attempt 'att_0'.*to which number"):
        await ledger.adopt([a_found(1), a_found(call=a_call("ended", "call_9"))])
    assert await ledger.intents() == 0


async def test_adopt_in_a_campaign_never_opened(ledger: Ledger, a_found: Make) -> None:
    """Calls of a campaign that is not in the ledger are refused, with the rest of the page."""
    with pytest.raises(ConfigError, match="no campaign 'winter'"):
        await ledger.adopt([a_found(), a_found(campaign="winter")])
    assert await ledger.intents() == 0


async def test_adopted_attempts_survive_a_restart(
    opened: Callable[[], Ledger], ledger: Ledger, put: Make, a_found: Make
) -> None:
    """What was adopted is in the ledger for the next process."""
    await put(S.UNKNOWN)
    adopted = await ledger.adopt([a_found(), a_found(1)])
    await ledger.aclose()
    assert list(opened().attempts("spring")) == adopted


@pytest.mark.parametrize(
    ("state", "status", "kinds"),
    [
        (None, "ongoing", ["adopted"]),
        (None, "ended", ["adopted", "ended"]),
        (S.SENDING, "ended", []),
        (S.REFUSED, "error", ["refused", "adopted", "ended"]),
    ],
)
async def test_adoption_is_appended(
    ledger: Ledger,
    put: Make,
    a_found: Make,
    a_call: Make,
    told: Callable[[Ledger], list[str]],
    *,
    state: AttemptState | None,
    status: str,
    kinds: list[str],
) -> None:
    """What was found is told as events, in the order in which it must have happened."""
    if state is not None:
        await put(state)
    await ledger.adopt([a_found(call=a_call(status, to_number="+14155550100"))])
    assert told(ledger) == kinds


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize("known", [False, True])
async def test_two_attempts_of_one_contact_on_a_page(
    ledger: Ledger,
    put: Make,
    an_intent: Make,
    a_found: Make,
    a_call: Make,
    *,
    order: tuple[int, int],
    known: bool,
) -> None:
    """Each call goes to its own attempt, in whatever order the list has them, known or lost."""
    if known:
        await put(S.DISMISSED)
        await put(S.UNKNOWN, an_intent(attempt=2))
    calls = {
        1: a_call("ended", "call_1", to_number=KEY, disconnection_reason="dial_failed"),
        2: a_call("ongoing", "call_2", to_number=KEY),
    }
    adopted = await ledger.adopt([a_found(attempt=n, call=calls[n]) for n in order])
    assert [attempt.attempt for attempt in adopted] == list(order)
    attempts = list(ledger.attempts("spring"))
    told = [(one.attempt, one.state, one.call and one.call.call_id) for one in attempts]
    assert told == [(1, S.ENDED, "call_1"), (2, S.LIVE, "call_2")]
    history = History(last=attempts[1], created=2, undialable=1, final=1)
    assert await ledger.histories("spring", [KEY]) == {KEY: history}
    assert list(ledger.latest("spring")) == [(KEY, history)]
    assert await ledger.in_flight("spring") == [attempts[1]]


async def test_the_second_attempt_is_found_before_the_first(
    ledger: Ledger, an_intent: Make, an_event: Make, a_found: Make, a_call: Make
) -> None:
    """A later attempt stays the last one, and an earlier one that turns up is waited for."""
    newer = a_call("ended", "call_2", to_number=KEY, disconnection_reason="dial_busy")
    (second,) = await ledger.adopt([a_found(attempt=2, call=newer)])
    alone = History(last=second, created=1)
    assert list(ledger.latest("spring")) == [(KEY, alone)]
    older = a_call("ongoing", "call_1", to_number=KEY)
    (first,) = await ledger.adopt([a_found(attempt=1, call=older)])
    assert await ledger.adopt([a_found(attempt=2, call=newer)]) == []
    assert [one.id for one in ledger.attempts("spring")] == [first.id, second.id] == [2, 1]
    both = History(last=second, created=2, final=1)
    assert await ledger.histories("spring", [KEY]) == {KEY: both}
    assert list(ledger.latest("spring")) == [(KEY, both)]
    assert isinstance(await ledger.begin(an_intent(attempt=3)), Held)
    assert isinstance(await ledger.begin(an_intent(attempt=3, to_number=f"{KEY[:-2]}88")), Held)
    await ledger.record(an_event(Begun(id=first.id), EventKind.ENDED, call=a_call("ended")))
    assert await ledger.begin(an_intent(attempt=3)) == Begun(id=3)


async def test_the_first_attempt_is_found_while_the_second_is_withheld(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make, a_call: Make
) -> None:
    """A call that was made after all tells what became of the contact, and nothing is sent."""
    await put(S.DISMISSED)
    withheld = await put(S.WITHHELD, an_intent(attempt=2))
    (first,) = await ledger.adopt([a_found(call=a_call("ongoing", to_number=KEY))])
    assert first.state is S.LIVE
    last = await _last(ledger)
    assert (last.id, last.state) == (withheld, S.WITHHELD)
    assert list(ledger.latest("spring")) == [(KEY, History(last=first, created=1, final=1))]
    assert isinstance(await ledger.begin(an_intent(attempt=2)), Held)
    moved = await ledger.begin(an_intent(attempt=2, to_number=f"{KEY[:-2]}88"))
    assert moved == Held(reason="attempt 1 of this contact is live or of unknown outcome")
    assert list(ledger.attempts("spring")) == [first, last]


async def test_the_first_attempt_is_found_while_the_second_is_live(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make
) -> None:
    """Two calls of one contact at once are followed, both of them."""
    await put(S.DISMISSED)
    second = await put(S.LIVE, an_intent(attempt=2), call_id="call_2")
    (first,) = await ledger.adopt([a_found()])
    flying = await ledger.in_flight("spring")
    assert [one.id for one in flying] == [first.id, second]
    assert await ledger.calls_created("spring") == 2
    assert [(key, one.last.id, one.created) for key, one in ledger.latest("spring")] == [
        (KEY, second, 2)
    ]


async def test_a_call_of_another_attempt_is_not_taken_up(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make
) -> None:
    """The number of the attempt decides, not the contact: the others stay as they are."""
    await put(S.REFUSED)
    await put(S.WITHHELD, an_intent(attempt=2))
    await ledger.adopt([a_found(attempt=3)])
    states = [(one.attempt, one.state) for one in ledger.attempts("spring")]
    assert states == [(1, S.REFUSED), (2, S.WITHHELD), (3, S.LIVE)]
