"""What every ledger tells of a number: attempts, verdicts, holds and suppressions, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.errors import ConfigError
from campaign.model import AttemptState, Episode, Event, EventKind, Hold, Suppression
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
NUMBER = "+14155550100"


@pytest.fixture
def a_hold(t0: datetime) -> Make:
    """Return a maker of holds, `after_s` seconds into the tests."""

    def make(after_s: float = 0.0, **changes: Any) -> Hold:
        values: dict[str, Any] = {
            "campaign": "spring",
            "contact_key": NUMBER,
            "to_number": NUMBER,
            "at": t0 + timedelta(seconds=after_s),
            "kind": "hold",
            "reason": "outside the calling hours",
            **changes,
        }
        return Hold(**values)

    return make


async def test_a_number_s_story(
    ledger: Ledger,
    put: Make,
    an_intent: Make,
    a_campaign: Make,
    a_hold: Make,
    *,
    t0: datetime,
) -> None:
    """All that is known of a number is told, across campaigns, oldest first."""
    await ledger.open_campaign(a_campaign("autumn"))
    await ledger.hold([a_hold(1800), a_hold(1801, kind="skip", reason="called", campaign="autumn")])
    await put(S.ENDED, disconnection_reason="user_hangup")
    begun = await put(
        S.UNKNOWN, an_intent(campaign="autumn", contact_key="crm-7", attempt_id="a", after_s=60)
    )
    said = Event(
        id=begun, kind=EventKind.NOT_CALLED, at=t0 + timedelta(seconds=90), error="not \ud83d"
    )
    await ledger.record(said)
    await put(S.ENDED, an_intent(1), call_id="call_2")
    await ledger.suppress([Suppression(number=NUMBER, reason="asked", at=t0 + timedelta(hours=9))])
    assert await ledger.story(NUMBER) == [
        Episode(at=t0, kind="attempt", campaign="spring", outcome="answered", reason="user_hangup"),
        Episode(
            at=t0 + timedelta(seconds=60),
            kind="attempt",
            campaign="autumn",
            outcome="pending",
            reason="not ?",
        ),
        Episode(at=t0 + timedelta(seconds=90), kind="verdict", campaign="autumn", reason="not ?"),
        Episode(
            at=t0 + timedelta(seconds=1800),
            kind="hold",
            campaign="spring",
            reason="outside the calling hours",
        ),
        Episode(at=t0 + timedelta(seconds=1801), kind="skip", campaign="autumn", reason="called"),
        Episode(at=t0 + timedelta(hours=9), kind="suppressed", reason="asked"),
    ]
    assert await ledger.story("+14155550177") == []


async def test_a_verdict_without_a_word(ledger: Ledger, put: Make, t0: datetime) -> None:
    """A verdict that says nothing more is told as one."""
    begun = await put(S.UNKNOWN)
    await ledger.record(Event(id=begun, kind=EventKind.CALLED, at=t0))
    assert await ledger.story(NUMBER) == [
        Episode(at=t0, kind="attempt", campaign="spring", outcome="placed"),
        Episode(at=t0, kind="verdict", campaign="spring"),
    ]


async def test_the_same_reason_again(ledger: Ledger, a_hold: Make, t0: datetime) -> None:
    """A hold is kept once for each reason, with when it was last met with."""
    await ledger.hold([a_hold(n) for n in (0, 60, 30)])
    await ledger.hold([a_hold(45, reason="half \ud83d")])
    await ledger.hold([])
    told = [(one.at - t0, one.reason) for one in await ledger.story(NUMBER)]
    assert told == [
        (timedelta(seconds=45), "half ?"),
        (timedelta(seconds=60), "outside the calling hours"),
    ]


async def test_the_holds_of_a_campaign(
    ledger: Ledger, a_hold: Make, a_campaign: Make, t0: datetime
) -> None:
    """Holds are told by contact, the newest last; older ones than asked for are left out."""
    await ledger.open_campaign(a_campaign("autumn"))
    late, early = a_hold(60, reason="late"), a_hold(30, reason="early")
    other = a_hold(45, contact_key="a", kind="skip")
    await ledger.hold([late, early, other, a_hold(5, reason="old"), a_hold(50, campaign="autumn")])
    assert [early, late, other] == list(ledger.holds("spring", t0 + timedelta(seconds=30)))


async def test_a_contact_with_a_new_number(ledger: Ledger, a_hold: Make) -> None:
    """A hold belongs to the number that its contact had when it was last met with."""
    own = a_hold(0, contact_key="crm-7")
    await ledger.hold([own, replace(own, to_number="+14155550101")])
    assert await ledger.story(NUMBER) == []
    assert len(await ledger.story("+14155550101")) == 1


async def test_holds_of_an_unknown_campaign(ledger: Ledger, a_hold: Make) -> None:
    """A hold of a campaign that was never opened is refused, with those beside it."""
    with pytest.raises(ConfigError, match="no campaign 'winter'"):
        await ledger.hold([a_hold(), a_hold(campaign="winter")])
    assert await ledger.story(NUMBER) == []
