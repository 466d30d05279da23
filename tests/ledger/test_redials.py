"""Several attempts of one contact, in every ledger: what they come to, and who waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from campaign.ledger.fold import ORPHANED
from campaign.model import AttemptState, Begun, Event, EventKind, Held, History, StopRequest
from campaign.policy import disposition, lifecycle, redial
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
KEY = "+14155550100"
ELSEWHERE = "+14155550188"
BUSY = Held(reason="a call to this number is live or of unknown outcome (campaign 'spring')")
FIRST = Held(reason="attempt 1 of this contact is live or of unknown outcome")
LARGEST = 2**63 - 1


async def _history(ledger: Ledger) -> History:
    return (await ledger.histories("spring", [KEY]))[KEY]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        *((reason, (1, 0)) for reason in sorted(redial.UNREACHED)),
        (redial.UNDIALABLE, (0, 1)),
        ("dial_busy", (0, 0)),
        ("a_new_word", (0, 0)),
        ("", (0, 0)),
        (None, (0, 0)),
    ],
)
@pytest.mark.parametrize("state", [S.ENDED, S.LOST, S.LIVE])
async def test_how_calls_ended_is_counted(
    ledger: Ledger,
    put: Make,
    *,
    state: AttemptState,
    reason: str | None,
    counts: tuple[int, int],
) -> None:
    """A history tells calls that reached nobody, and those that could not be dialled, apart."""
    await put(state, disconnection_reason=reason)
    history = await _history(ledger)
    assert (history.created, history.unreached, history.undialable) == (1, *counts)
    assert list(ledger.latest("spring")) == [(KEY, history)]


@pytest.mark.no_cover
@pytest.mark.parametrize("in_voicemail", [None, True])
@pytest.mark.parametrize(
    "reason", [None, "", "a_new_word", *sorted(redial.REASONS), *sorted(disposition.REASONS)]
)
async def test_final_calls_are_counted(
    ledger: Ledger, put: Make, an_intent: Make, *, reason: str | None, in_voicemail: bool | None
) -> None:
    """What the ledger counts by its columns is what the policy says of the call."""
    await put(S.ENDED, disconnection_reason=reason, in_voicemail=in_voicemail)
    history = await _history(ledger)
    assert redial.is_final(history.last) == history.final
    await put(S.WITHHELD, an_intent(attempt=2))
    assert (await _history(ledger)).final == history.final


async def test_counts_add_up(ledger: Ledger, put: Make, an_intent: Make) -> None:
    """Of many attempts each is counted for itself, and not those of another contact."""
    reasons = ["dial_failed", "sip_routing_error", "dial_busy", "dial_failed", "sip_routing_error"]
    for number, reason in enumerate([*reasons, "sip_routing_error"], start=1):
        await put(S.ENDED, an_intent(attempt=number), disconnection_reason=reason)
    await put(S.SETTLED, an_intent(attempt=7))
    await put(S.REFUSED, an_intent(attempt=8))
    await put(S.ENDED, an_intent(1), disconnection_reason="dial_failed")
    history = await _history(ledger)
    assert history == History(last=history.last, created=7, unreached=3, undialable=2, final=1)
    assert history.last.attempt == 8
    assert dict(ledger.latest("spring"))[KEY] == history


@pytest.mark.parametrize("kind", [EventKind.AMBIGUOUS, EventKind.REFUSED])
async def test_a_call_that_was_not_created_is_not_counted(
    ledger: Ledger, an_intent: Make, an_event: Make, a_call: Make, kind: EventKind
) -> None:
    """What is said of a call counts only once it is known to have been created."""
    said = a_call("error", disconnection_reason="dial_failed")
    attempt = await ledger.record(an_event(await ledger.begin(an_intent()), kind, call=said))
    assert attempt.call is not None
    assert await _history(ledger) == History(last=attempt, created=0)
    assert list(ledger.latest("spring")) == [(KEY, History(last=attempt, created=0))]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("states", "telling"),
    [
        ([S.WITHHELD], 0),
        ([S.WITHHELD, S.WITHHELD], 1),
        ([S.ENDED, S.WITHHELD], 0),
        ([S.ENDED, S.DISMISSED, S.WITHHELD], 1),
        ([S.ENDED, S.WITHHELD, S.WITHHELD], 0),
        ([S.WITHHELD, S.ENDED, S.WITHHELD], 1),
        ([S.REFUSED, S.WITHHELD], 0),
        ([S.WITHHELD, S.ENDED], 1),
        ([S.ENDED, S.WITHHELD, S.LIVE], 2),
        ([S.ENDED, S.SENDING], 1),
        ([S.ENDED, S.LOST], 1),
    ],
)
@pytest.mark.parametrize(
    "numbers",
    [(1, 2, 3), (999_999, 1_000_001, 2_000_001), (1, 2**62 + 1, LARGEST)],
)
async def test_the_attempt_that_tells(
    ledger: Ledger,
    put: Make,
    an_intent: Make,
    *,
    states: Sequence[AttemptState],
    telling: int,
    numbers: Sequence[int],
) -> None:
    """The highest attempt that is not withheld tells; what is due goes by the highest of all."""
    for state, number in zip(states, numbers, strict=False):
        await put(state, an_intent(attempt=number))
    created = sum(state in lifecycle.CREATED for state in states)
    attempts = list(ledger.attempts("spring"))
    final = sum(redial.is_final(attempt) for attempt in attempts)
    telling_all = History(last=attempts[telling], created=created, final=final)
    assert list(ledger.latest("spring")) == [(KEY, telling_all)]
    assert await _history(ledger) == History(last=attempts[-1], created=created, final=final)
    assert [attempt.attempt for attempt in attempts] == list(numbers[: len(states)])


async def test_a_contact_is_dialled_again(
    opened: Callable[[], Ledger], ledger: Ledger, put: Make, an_intent: Make
) -> None:
    """After the end of each call the next attempt begins, an attempt of its own, in any process."""
    for number in (1, 2, 3):
        other = opened()
        answer = await other.begin(an_intent(attempt=number, attempt_id=f"att_{number}"))
        assert answer == Begun(id=number)
        assert await ledger.begin(an_intent(attempt=number + 1)) == BUSY
        for kind in (EventKind.CREATED, EventKind.ENDED):
            await other.record(Event(id=number, kind=kind, at=an_intent().at))
    named = [(one.attempt, one.attempt_id, one.state) for one in ledger.attempts("spring")]
    assert named == [(number, f"att_{number}", S.ENDED) for number in (1, 2, 3)]
    assert (await _history(ledger)).created == 3


@pytest.mark.parametrize("state", sorted(lifecycle.IN_FLIGHT))
async def test_a_contact_in_flight_is_held_by_any_number(
    ledger: Ledger, put: Make, an_intent: Make, state: AttemptState
) -> None:
    """A contact whose number was changed on the list waits for the call to the old one."""
    await put(state)
    before = list(ledger.attempts("spring"))
    moved = {"contact_key": KEY, "to_number": ELSEWHERE}
    assert await ledger.begin(an_intent(attempt=2, **moved)) == FIRST
    again = Held(reason=f"attempt 1 of this contact is already {state.value!r}")
    assert await ledger.begin(an_intent(attempt=1, **moved)) == again
    assert list(ledger.attempts("spring")) == before


async def test_a_withheld_attempt_waits_for_a_later_one(
    ledger: Ledger, put: Make, an_intent: Make
) -> None:
    """Whichever attempt of a contact is in flight, no other one is sent beside it."""
    await put(S.WITHHELD)
    await put(S.LIVE, an_intent(attempt=2, to_number=ELSEWHERE))
    held = Held(reason="attempt 2 of this contact is live or of unknown outcome")
    assert await ledger.begin(an_intent()) == held


@pytest.mark.parametrize("state", sorted(set(AttemptState) - lifecycle.IN_FLIGHT))
async def test_a_contact_with_a_new_number_is_dialled_there(
    ledger: Ledger, put: Make, an_intent: Make, state: AttemptState
) -> None:
    """Once its call is over, a contact may be dialled under another number than before."""
    await put(state)
    assert await ledger.begin(an_intent(attempt=2, to_number=ELSEWHERE)) == Begun(id=2)
    assert await ledger.occupied([KEY, ELSEWHERE]) == {ELSEWHERE}


async def test_others_do_not_wait(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make
) -> None:
    """Another key, or the same one in another campaign, is somebody else where numbers differ."""
    await ledger.open_campaign(a_campaign("autumn"))
    await put(S.LIVE)
    elsewhere = an_intent(1, contact_key=KEY, campaign="autumn", attempt=2)
    assert await ledger.begin(elsewhere) == Begun(id=2)
    assert await ledger.begin(an_intent(2, contact_key=f"{KEY} too", attempt=2)) == Begun(id=3)


async def test_the_first_of_several_holds(
    ledger: Ledger, an_intent: Make, a_found: Make, a_call: Make
) -> None:
    """Of several attempts in flight the first one is named."""
    page = [
        a_found(attempt=number, call=a_call("ongoing", f"call_{number}", to_number=ELSEWHERE))
        for number in (2, 1)
    ]
    await ledger.adopt(page)
    assert await ledger.begin(an_intent(attempt=3)) == FIRST


async def test_a_second_attempt_that_was_left_in_doubt(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime
) -> None:
    """A dead run's second attempt becomes unknown, and the first one stays what it was."""
    first = await put(S.ENDED, disconnection_reason="dial_busy")
    second = await put(S.SENDING, an_intent(attempt=2))
    await ledger.request_stop("spring", StopRequest(at=t0))
    assert await ledger.orphans("spring", t0) == 1
    states = [(one.id, one.state, one.error) for one in ledger.attempts("spring")]
    assert states == [(first, S.ENDED, None), (second, S.UNKNOWN, ORPHANED)]
    assert [one.id for one in await ledger.in_flight("spring")] == [second]
    assert (await ledger.calls_created("spring"), await ledger.intents()) == (1, 2)
    assert await ledger.stop_requested("spring", t0) == StopRequest(at=t0)
    assert (await _history(ledger)).created == 1


async def test_calls_of_one_contact_are_counted_each(
    ledger: Ledger, put: Make, an_intent: Make
) -> None:
    """A contact that was called twice had two calls."""
    for number in (1, 2):
        await put(S.ENDED, an_intent(attempt=number), call_id=f"call_{number}")
    assert await ledger.calls_created("spring") == 2
