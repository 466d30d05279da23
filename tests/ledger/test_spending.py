"""What calls cost, in every ledger."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from campaign.ledger.queries import COSTLY
from campaign.model import AttemptState, Begun, Call, EventKind, Spending
from campaign.policy import disposition, purse
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
NOTHING = Spending()
OPEN = Spending(open=1)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("state", "said", "expected"),
    [
        (S.SENDING, {}, OPEN),
        (S.UNKNOWN, {}, OPEN),
        (S.LIVE, {}, OPEN),
        (S.LIVE, {"cost_usd": 0.25}, Spending(spent_usd=0.25, priced=1, open=1)),
        (S.WITHHELD, {}, NOTHING),
        (S.REFUSED, {}, NOTHING),
        (S.SETTLED, {}, NOTHING),
        (S.DISMISSED, {}, NOTHING),
        (S.LOST, {}, NOTHING),
        (S.LOST, {"cost_usd": 0.25}, Spending(spent_usd=0.25, priced=1)),
        (S.ENDED, {}, OPEN),
        (S.ENDED, {"disconnection_reason": "user_hangup"}, OPEN),
        (S.ENDED, {"disconnection_reason": "voicemail_reached"}, OPEN),
        (S.ENDED, {"in_voicemail": True}, OPEN),
        (S.ENDED, {"disconnection_reason": "dial_no_answer"}, NOTHING),
        (S.ENDED, {"disconnection_reason": "dial_busy"}, NOTHING),
        (S.ENDED, {"disconnection_reason": "dial_failed"}, NOTHING),
        (S.ENDED, {"disconnection_reason": "sip_routing_error"}, NOTHING),
        (S.ENDED, {"cost_usd": 0.25}, Spending(spent_usd=0.25, priced=1)),
        (S.ENDED, {"cost_usd": 0.0}, Spending(priced=1)),
        (
            S.ENDED,
            {"cost_usd": 0.01, "disconnection_reason": "dial_busy"},
            Spending(spent_usd=0.01, priced=1),
        ),
    ],
)
async def test_what_one_attempt_costs(
    ledger: Ledger,
    put: Make,
    *,
    state: AttemptState,
    said: dict[str, Any],
    expected: Spending,
) -> None:
    """A call has a cost, may still get one, or will never have one."""
    await put(state, **said)
    assert await ledger.spending("spring") == expected
    assert await ledger.spending() == expected


async def test_a_campaign_s_and_the_ledger_s(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make
) -> None:
    """Every attempt of a contact costs its own; campaigns are told apart, or taken together."""
    assert (await ledger.spending("spring"), await ledger.spending()) == (NOTHING, NOTHING)
    await ledger.open_campaign(a_campaign("autumn"))
    for number, cost_usd in enumerate((0.5, 0.25, None), start=1):
        await put(S.ENDED, an_intent(attempt=number), cost_usd=cost_usd)
    await put(S.UNKNOWN, an_intent(1))
    await put(S.ENDED, an_intent(2, campaign="autumn"), cost_usd=2.0)
    await put(S.LIVE, an_intent(3, campaign="autumn"))
    assert await ledger.spending("spring") == Spending(spent_usd=0.75, priced=2, open=2)
    assert await ledger.spending("autumn") == Spending(spent_usd=2.0, priced=1, open=1)
    assert await ledger.spending("winter") == NOTHING
    assert await ledger.spending() == Spending(spent_usd=2.75, priced=3, open=3)


async def test_a_cost_that_comes_late(
    ledger: Ledger, an_intent: Make, an_event: Make, a_call: Make
) -> None:
    """A call is open from before its request leaves until its cost is known, once."""
    begun = await ledger.begin(an_intent())
    assert isinstance(begun, Begun)
    told = [await ledger.spending("spring")]
    for kind, call in (
        (EventKind.CREATED, a_call()),
        (EventKind.ENDED, a_call("ended")),
        (EventKind.OBSERVED, a_call("ended", cost_usd=0.25)),
        (EventKind.OBSERVED, a_call("ended", cost_usd=0.5)),
        (EventKind.OBSERVED, a_call("ended")),
    ):
        await ledger.record(an_event(begun, kind, call=call))
        told.append(await ledger.spending("spring"))
    priced = [Spending(spent_usd=cost_usd, priced=1) for cost_usd in (0.25, 0.5, 0.5)]
    assert told == [OPEN, OPEN, OPEN, *priced]


async def test_an_end_without_a_call(ledger: Ledger, an_intent: Make, an_event: Make) -> None:
    """An attempt of whose call nothing was ever said costs nothing once it has ended."""
    begun = await ledger.begin(an_intent())
    for kind in (EventKind.CREATED, EventKind.ENDED):
        await ledger.record(an_event(begun, kind))
    assert await ledger.spending() == NOTHING


async def test_many_costs_add_up(ledger: Ledger, put: Make, an_intent: Make) -> None:
    """A sum of many amounts is right to far less than a cent."""
    for number in range(1, 51):
        await put(S.ENDED, an_intent(attempt=number), cost_usd=0.1)
    found = await ledger.spending("spring")
    assert (found.priced, found.open) == (50, 0)
    assert found.spent_usd == pytest.approx(5.0, abs=1e-9)


async def test_it_is_in_the_ledger(opened: Callable[[], Ledger], ledger: Ledger, put: Make) -> None:
    """The next process knows what was spent."""
    await put(S.ENDED, cost_usd=0.25)
    await ledger.aclose()
    assert await opened().spending() == Spending(spent_usd=0.25, priced=1)


def test_the_stored_outcome_tells_what_may_cost() -> None:
    """The outcomes that the file is asked for are those of `purse.may_cost`, in every case."""
    reasons = [None, "a_new_word", *disposition.REASONS]
    statuses = ["a_new_word", *disposition.UNDER_WAY, *disposition.STATUSES]
    calls = [
        Call(call_id="call_1", status=status, disconnection_reason=reason, in_voicemail=flag)
        for status, reason, flag in product(statuses, reasons, (None, False, True))
    ]
    expected = [call for call in calls if purse.may_cost(call)]
    assert [call for call in calls if disposition.of_call(call) in COSTLY] == expected
    assert {disposition.of_call(call) for call in expected} == COSTLY
