"""The suppression list, in every ledger: what is on it is not called, and it remembers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.model import (
    AttemptState,
    Begun,
    Episode,
    Event,
    EventKind,
    Suppressed,
    Suppression,
    TooSoon,
)
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
NUMBER, OTHER = "+14155550100", "+14155550101"
ASKED = "asked during a call not to be called again"


def _listed(number: str, at: datetime, reason: str = "asked") -> Suppression:
    return Suppression(number=number, reason=reason, at=at)


async def test_numbers_come_and_go(ledger: Ledger, t0: datetime) -> None:
    """A number is put on once and taken off once; the first reason is the one that counts."""
    later = t0 + timedelta(minutes=1)
    assert await ledger.suppress([_listed(NUMBER, later), _listed(OTHER, t0, "lawyer")]) == 2
    again = [_listed(NUMBER, later, "again"), _listed("+14155550102", later), _listed(OTHER, t0)]
    assert await ledger.suppress(again) == 1
    assert list(ledger.suppressions()) == [
        _listed(OTHER, t0, "lawyer"),
        _listed(NUMBER, later),
        _listed("+14155550102", later),
    ]
    assert await ledger.unsuppress([OTHER, OTHER, "+14155550109"], later) == 1
    assert await ledger.suppressed([NUMBER, OTHER, "+14155550109"]) == {NUMBER: "asked"}
    assert await ledger.suppressed([]) == {}
    assert await ledger.suppress([_listed(OTHER, later, "once more")]) == 1
    assert await ledger.suppressed([OTHER]) == {OTHER: "once more"}


async def test_a_reason_with_half_a_character(ledger: Ledger, t0: datetime) -> None:
    """A reason that UTF-8 cannot say is kept as far as it can."""
    await ledger.suppress([_listed(NUMBER, t0, "said \ud83d")])
    assert await ledger.suppressed([NUMBER]) == {NUMBER: "said ?"}


async def test_many_numbers_at_once(ledger: Ledger, t0: datetime) -> None:
    """More numbers than one statement takes are put on, found and listed."""
    numbers = [f"+1415{n:07d}" for n in range(2500)]
    assert await ledger.suppress([_listed(number, t0) for number in numbers]) == 2500
    assert await ledger.suppressed(numbers) == dict.fromkeys(numbers, "asked")
    assert [one.number for one in ledger.suppressions()] == numbers


async def test_a_suppressed_number_is_not_begun(
    ledger: Ledger, an_intent: Make, a_campaign: Make, t0: datetime
) -> None:
    """Nothing is written for a suppressed number, in any campaign; removed, it may be called."""
    await ledger.open_campaign(a_campaign("autumn"))
    await ledger.suppress([_listed(NUMBER, t0)])
    refused = Suppressed(reason="asked")
    assert await ledger.begin(an_intent(per_second=1)) == refused
    assert await ledger.begin(an_intent(campaign="autumn", contact_key="crm-7")) == refused
    assert await ledger.intents() == 0
    assert isinstance(await ledger.begin(an_intent(1, per_second=1)), Begun)
    await ledger.unsuppress([NUMBER], t0)
    assert isinstance(await ledger.begin(an_intent(per_second=1)), Begun | TooSoon)


@pytest.mark.parametrize("state", [S.LIVE, S.WITHHELD, S.ENDED])
async def test_suppression_comes_first(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime, state: AttemptState
) -> None:
    """Whatever else speaks against a call, the list is what is named."""
    await put(state)
    await ledger.suppress([_listed(NUMBER, t0)])
    assert await ledger.begin(an_intent(caps=((1, 60.0),))) == Suppressed(reason="asked")


async def test_a_person_asks_during_a_call(
    ledger: Ledger, put: Make, an_intent: Make, a_call: Make, t0: datetime
) -> None:
    """An event that says so puts the number of its attempt on the list, once."""
    begun = await put(S.LIVE)
    call = a_call("ended", disconnection_reason="user_requested_dnc")
    for kind in (EventKind.ENDED, EventKind.OBSERVED):
        await ledger.record(Event(id=begun, kind=kind, at=t0, call=call, opt_out=ASKED))
    assert list(ledger.suppressions()) == [_listed(NUMBER, t0, ASKED)]
    assert await ledger.begin(an_intent(attempt=2)) == Suppressed(reason=ASKED)


async def test_an_event_that_is_refused_lists_nobody(
    ledger: Ledger, put: Make, t0: datetime
) -> None:
    """What an illegal event says of the person goes with it."""
    begun = await put(S.REFUSED)
    with pytest.raises(ValueError, match="cannot be"):
        await ledger.record(Event(id=begun, kind=EventKind.LOST, at=t0, opt_out=ASKED))
    assert list(ledger.suppressions()) == []


async def test_a_found_call_in_which_a_person_asked(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make, t0: datetime
) -> None:
    """Adopted calls put their numbers on the list; one that is known changes nothing."""
    await put(S.LIVE, an_intent(2), call_id="call_2")
    await put(S.UNKNOWN, an_intent(1))
    await ledger.adopt([a_found(n, opt_out=ASKED) for n in (0, 1, 2)] + [a_found(3)])
    found_at = t0 + timedelta(hours=1)
    assert list(ledger.suppressions()) == [
        _listed(NUMBER, found_at, ASKED),
        _listed(OTHER, found_at, ASKED),
    ]


async def test_the_story_of_the_list(ledger: Ledger, t0: datetime) -> None:
    """What was added and removed is told, with when and why."""
    later = t0 + timedelta(days=1)
    await ledger.suppress([_listed(NUMBER, t0)])
    await ledger.unsuppress([NUMBER], later)
    assert await ledger.story(NUMBER) == [
        Episode(at=t0, kind="suppressed", reason="asked"),
        Episode(at=later, kind="suppressed", reason="removed from the suppression list"),
    ]
    assert await ledger.story(OTHER) == []
