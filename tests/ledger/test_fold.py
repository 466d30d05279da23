"""What events make of an attempt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaign.ledger import schema
from campaign.ledger.fold import after, begun, held, merged, resent, storable
from campaign.model import Attempt, AttemptState, Call, Event, EventKind, Held, Outcome
from campaign.policy import lifecycle
from campaign.policy.disposition import of_attempt

Make = Callable[..., Any]
S = AttemptState
BUSY = "a call to this number is live or of unknown outcome (campaign 'spring')"


@pytest.fixture
def live(an_intent: Make, a_call: Make, t0: datetime) -> Attempt:
    """Return an attempt whose call has been created."""
    event = Event(id=1, kind=EventKind.CREATED, at=t0, call=a_call(agent_id="agent_2"))
    return after(begun(1, an_intent()), event, starts_at=t0)


def test_what_is_left_out_is_not_forgotten(live: Attempt, t0: datetime, a_call: Make) -> None:
    """A later word that leaves fields out does not erase them; what it says replaces them."""
    ended = a_call("ended", ended_at=t0, cost_usd=0.2, successful=False, in_voicemail=False)
    analysed = a_call("ended", cost_usd=0.25, summary="wants a quote", collected={"day": "Mon"})
    attempt = after(live, Event(id=1, kind=EventKind.ENDED, at=t0, call=ended), starts_at=t0)
    event = Event(id=1, kind=EventKind.OBSERVED, at=t0, call=analysed)
    known = after(attempt, event, starts_at=t0).call
    assert known == Call(
        call_id="call_1",
        status="ended",
        to_number="+14155550100",
        from_number="+14155550199",
        agent_id="agent_2",
        ended_at=t0,
        cost_usd=0.25,
        successful=False,
        in_voicemail=False,
        summary="wants a quote",
        collected={"day": "Mon"},
    )


def test_a_lagging_listing_revives_nothing(live: Attempt, t0: datetime, a_call: Make) -> None:
    """A call that has ended stays so when an older word about it arrives late."""
    ended = a_call("not_connected", disconnection_reason="dial_busy")
    attempt = after(live, Event(id=1, kind=EventKind.ENDED, at=t0, call=ended), starts_at=t0)
    late = Event(id=1, kind=EventKind.OBSERVED, at=t0, call=a_call("ongoing", started_at=t0))
    known = after(attempt, late, starts_at=t0)
    assert known.call is not None
    assert (known.call.status, known.call.started_at) == ("not_connected", t0)
    assert of_attempt(known) is Outcome.BUSY


def test_two_calls_are_not_mixed(live: Attempt, a_call: Make) -> None:
    """What is known of one call says nothing of another."""
    other = merged(live, a_call("ongoing", call_id="call_2"))
    assert (other.call_id, other.agent_id) == ("call_2", None)


def test_an_event_without_a_call_keeps_it(live: Attempt, t0: datetime) -> None:
    """A call that the provider no longer knows is still what it was."""
    lost = after(live, Event(id=1, kind=EventKind.LOST, at=t0, error="gone"), starts_at=t0)
    assert (lost.state, lost.call, lost.error) == (AttemptState.LOST, live.call, "gone")


def test_an_error_lasts_as_long_as_the_state(live: Attempt, t0: datetime, a_call: Make) -> None:
    """An error stays while the state does, and goes with it."""
    said = Event(id=1, kind=EventKind.OBSERVED, at=t0, error="odd", call=a_call("ongoing"))
    odd = after(live, said, starts_at=t0)
    quiet = Event(id=1, kind=EventKind.OBSERVED, at=t0, call=a_call("ongoing"))
    still = after(odd, quiet, starts_at=t0)
    over = Event(id=1, kind=EventKind.ENDED, at=t0, call=a_call("ended"))
    assert [odd.error, still.error, after(still, over, starts_at=t0).error] == ["odd", "odd", None]


def test_a_call_is_placed_once(live: Attempt, t0: datetime, a_call: Make) -> None:
    """Later events do not move the moment at which a call was placed."""
    event = Event(id=1, kind=EventKind.OBSERVED, at=t0, call=a_call("ongoing"))
    assert after(live, event, starts_at=t0 + timedelta(hours=1)).placed_at == t0


@pytest.mark.parametrize(("text", "kept"), [("naïve 🙂", "naïve 🙂"), ("half \ud83d", "half ?")])
def test_half_a_character_is_replaced(live: Attempt, a_call: Make, text: str, kept: str) -> None:
    """Text that UTF-8 cannot say is stored all the same."""
    assert storable(text) == kept
    assert merged(live, a_call(summary=text)).summary == kept


@pytest.mark.parametrize("state", AttemptState)
def test_only_sendable_attempts_are_sent(state: AttemptState, an_intent: Make) -> None:
    """What may be sent again is the lifecycle's decision."""
    refused = held(attempt=1, state=state, busy=None, other=None)
    assert (refused is None) == (state in lifecycle.SENDABLE)


@pytest.mark.parametrize(
    ("state", "busy", "other", "reason"),
    [
        (None, None, None, None),
        (None, None, 2, "attempt 2 of this contact is live or of unknown outcome"),
        (S.WITHHELD, None, 2, "attempt 2 of this contact is live or of unknown outcome"),
        (S.ENDED, None, 2, "attempt 1 of this contact is already 'ended'"),
        (S.ENDED, "spring", 2, BUSY),
        (None, "spring", None, BUSY),
    ],
)
def test_what_holds_a_contact(
    state: AttemptState | None, busy: str | None, other: int | None, reason: str | None
) -> None:
    """The number comes first, then the attempt itself, then the contact's other attempts."""
    expected = None if reason is None else Held(reason=reason)
    assert held(attempt=1, state=state, busy=busy, other=other) == expected


def test_a_first_attempt_is_not_sent_again(an_intent: Make) -> None:
    """An attempt that is being sent cannot be sent again."""
    with pytest.raises(lifecycle.IllegalMoveError):
        resent(begun(1, an_intent()), an_intent())


def test_the_index_knows_the_lifecycle() -> None:
    """The states in the partial index are those in which a call may exist."""
    states = schema.IN_FLIGHT.strip("()").replace("'", "").split(", ")
    assert set(states) == set(lifecycle.IN_FLIGHT)
    assert any(schema.IN_FLIGHT in statement for statement in schema.MIGRATIONS[0])


def test_the_other_index_knows_it_too() -> None:
    """The states that are counted as calls are those that a call's id leads to."""
    states = schema.CALLED.strip("()").replace("'", "").split(", ")
    assert set(states) == set(lifecycle.CREATED) - {AttemptState.SETTLED}
    assert any(schema.CALLED in statement for statement in schema.MIGRATIONS[1])
