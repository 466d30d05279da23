"""Caps on the calls to one number, in every ledger: across campaigns, from the intent on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.model import AttemptState, Begun, Capped, Held, TooSoon
from campaign.policy import caps
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
NUMBER = "+14155550100"
DAY_S = 86_400.0
ONE_A_DAY = ((1, DAY_S),)
FULL = "at most 1 calls to one number: 1/24h"


def _day_after(t0: datetime) -> Capped:
    return Capped(free_at=t0 + timedelta(days=1), reason=FULL)


@pytest.mark.parametrize("state", sorted(set(S) - {S.SENDING, S.UNKNOWN, S.LIVE, S.WITHHELD}))
async def test_calls_that_count(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime, *, state: AttemptState
) -> None:
    """A call counts where it was, or may have been, made; for 24 hours from its intent."""
    await put(state)
    made = state not in caps.UNMADE
    assert await ledger.calls_to([NUMBER], t0) == ({NUMBER: [t0]} if made else {})
    assert list(ledger.called(t0)) == [NUMBER]
    assert list(ledger.called(t0 + timedelta(seconds=1))) == []
    soon = await ledger.begin(an_intent(attempt=2, after_s=DAY_S - 1, caps=ONE_A_DAY))
    assert soon == (_day_after(t0) if made else Begun(id=2))


@pytest.mark.parametrize("state", [S.SENDING, S.UNKNOWN, S.LIVE])
async def test_a_call_under_way_counts(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime, *, state: AttemptState
) -> None:
    """A call that is live is told as one; the number is held for it before any cap."""
    await put(state)
    assert await ledger.calls_to([NUMBER], t0) == {NUMBER: [t0]}
    assert isinstance(await ledger.begin(an_intent(attempt=2, caps=ONE_A_DAY)), Held)


@pytest.mark.parametrize(
    ("reason", "started", "counted"),
    [
        ("dial_busy", False, True),
        ("invalid_destination", False, False),
        ("invalid_destination", True, True),
        (None, False, True),
    ],
)
async def test_a_call_that_reached_nobody(
    ledger: Ledger,
    put: Make,
    t0: datetime,
    *,
    reason: str | None,
    started: bool,
    counted: bool,
) -> None:
    """Only a call that is proved to have rung at nobody's does not count."""
    started_at = t0 if started else None
    await put(S.ENDED, disconnection_reason=reason, started_at=started_at)
    assert await ledger.calls_to([NUMBER], t0) == ({NUMBER: [t0]} if counted else {})


async def test_caps_hold_across_campaigns(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make, t0: datetime
) -> None:
    """Every campaign's calls to a number count, other numbers' do not; then it is free again."""
    await ledger.open_campaign(a_campaign("autumn"))
    await put(S.ENDED)
    await put(S.ENDED, an_intent(1), call_id="call_2")
    autumn = {"campaign": "autumn", "contact_key": "crm-7", "caps": ONE_A_DAY}
    assert await ledger.begin(an_intent(after_s=60, **autumn)) == _day_after(t0)
    assert await ledger.intents() == 2
    assert await ledger.begin(an_intent(after_s=DAY_S, **autumn)) == Begun(id=3)
    assert await ledger.calls_to([NUMBER, "+14155550101"], t0 + timedelta(seconds=1)) == {
        NUMBER: [t0 + timedelta(days=1)]
    }


async def test_several_caps_and_a_gap(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime
) -> None:
    """The cap that lasts longest is told; so is the gap after the last call."""
    for n in (2, 1):
        await put(
            S.ENDED, an_intent(attempt=n, attempt_id=f"a{n}", after_s=n * 60), call_id=f"c{n}"
        )
    begin = {"attempt": 3, "after_s": 300}
    assert await ledger.calls_to([NUMBER], t0) == {
        NUMBER: [t0 + timedelta(seconds=60), t0 + timedelta(seconds=120)]
    }
    assert await ledger.begin(an_intent(caps=((2, 3600.0), (2, 7200.0)), **begin)) == Capped(
        free_at=t0 + timedelta(seconds=60 + 7200),
        reason="at most 2 calls to one number: 2/2h",
    )
    assert await ledger.begin(an_intent(min_gap_s=600, **begin)) == Capped(
        free_at=t0 + timedelta(seconds=720), reason="too soon after the last call to this number"
    )
    assert await ledger.begin(an_intent(caps=((3, DAY_S),), min_gap_s=180, **begin)) == Begun(id=3)


async def test_an_attempt_that_is_sent_again_is_one_call(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime
) -> None:
    """A withheld attempt is not held against itself, and counts once, from its newest intent."""
    begun = await put(S.WITHHELD)
    again = an_intent(after_s=60, caps=ONE_A_DAY, min_gap_s=3600)
    assert await ledger.begin(again) == Begun(id=begun)
    assert await ledger.calls_to([NUMBER], t0) == {NUMBER: [t0 + timedelta(seconds=60)]}


async def test_a_full_number_does_not_move_the_pace(
    ledger: Ledger, put: Make, an_intent: Make
) -> None:
    """A cap speaks before the pace, and leaves the caller number free."""
    await put(S.ENDED, an_intent(per_second=1))
    full = await ledger.begin(an_intent(attempt=2, per_second=1, caps=ONE_A_DAY))
    assert isinstance(full, Capped)
    assert isinstance(await ledger.begin(an_intent(1, after_s=0.5, per_second=1)), TooSoon)
    assert isinstance(await ledger.begin(an_intent(1, after_s=1.01, per_second=1)), Begun)
