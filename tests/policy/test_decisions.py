"""Small decisions: identities, endings, forecasts, what follows a create."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.errors import HaltError, KeyRefusedError, UsageError
from campaign.model import (
    Call,
    EventKind,
    Fault,
    FaultKind,
)
from campaign.policy import endings, following, identity, placing
from campaign.policy.following import Want
from campaign.policy.masking import mask

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_ids_depend_on_nothing_but_their_parts() -> None:
    """The same account, name, key and number give the same ids, for ever."""
    campaign = identity.campaign_id("org_1", "spring")
    assert campaign == "cmp_eaa093dfd49f36e8fcf4b9f2"
    assert identity.attempt_id(campaign, "+14155550123", 1) == "att_3c2a3b813d98075adec25b60"


@given(st.text(), st.text(), st.integers(1, 99))
def test_an_attempt_id_is_a_safe_idempotency_key(campaign: str, key: str, attempt: int) -> None:
    """Whatever the names, the id stays inside the characters a key may have."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{5,255}", identity.attempt_id(campaign, key, attempt))


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_different_parts_give_different_ids(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Parts that differ only in where one ends and the next begins are kept apart."""
    assert (one == other) == (identity.campaign_id(*one) == identity.campaign_id(*other))


def test_metadata_is_the_users_and_ours_as_text() -> None:
    """Our four entries are text and stand beside the user's own."""
    made = identity.metadata("cmp_1", "k", 2, {"team": "a", "n": 1})
    assert made == {
        "team": "a",
        "n": 1,
        "campaign_id": "cmp_1",
        "contact_key": "k",
        "attempt_id": identity.attempt_id("cmp_1", "k", 2),
        "attempt": "2",
    }


@pytest.mark.parametrize("name", identity.OWN_METADATA)
def test_a_users_entry_of_our_names_is_refused(name: str) -> None:
    """Nobody overwrites what calls are recognised by."""
    with pytest.raises(UsageError, match=name):
        identity.check_own({name: "mine"})
    identity.check_own({"mine": name})


@given(st.text(), st.integers(1, 20))
def test_a_contact_keeps_its_share(key: str, parts: int) -> None:
    """The same key always falls to the same part."""
    assert 0 <= identity.share(key, parts) < parts
    assert identity.share(key, parts) == identity.share(key, parts)


@pytest.mark.parametrize(
    ("reply", "event", "then"),
    [
        (Call(call_id="c", status="registered"), EventKind.CREATED, placing.Then.FOLLOW),
        (FaultKind.NOT_SENT, EventKind.NOT_SENT, placing.Then.BACK_OFF),
        (FaultKind.ROW, EventKind.REFUSED, placing.Then.GIVE_UP),
        (FaultKind.RUN, EventKind.HALTED, placing.Then.HALT),
        (FaultKind.KEY, EventKind.HALTED, placing.Then.HALT),
        (FaultKind.THROTTLED, EventKind.THROTTLED, placing.Then.PAUSE),
        (FaultKind.UNKNOWN, EventKind.AMBIGUOUS, placing.Then.HOLD),
    ],
)
def test_what_follows_a_create(
    reply: Call | FaultKind, event: EventKind, then: placing.Then
) -> None:
    """Every answer has its event and its consequence."""
    answer = reply if isinstance(reply, Call) else Fault(kind=reply, message="no")
    assert placing.Verdict(event=event, then=then) == placing.after_create(answer)


@pytest.mark.parametrize("kind", list(FaultKind))
def test_no_refusal_of_a_resend_proves_anything(kind: FaultKind) -> None:
    """Whatever answers a resend, only a call settles it."""
    fault = placing.after_create(Fault(kind=kind, message="no"), resend=True)
    assert (EventKind.AMBIGUOUS, placing.Then.HOLD) == (fault.event, fault.then)
    found = placing.after_create(Call(call_id="c", status="registered"), resend=True)
    assert (EventKind.ADOPTED, placing.Then.FOLLOW) == (found.event, found.then)


@pytest.mark.parametrize(
    ("asked_s", "pauses", "pause_s"),
    [
        (7.0, 0, 7.0),
        (1e9, 0, 120.0),
        (-3.0, 0, 0.0),
        (None, 0, 2.0),
        (None, 2, 8.0),
        (None, 50, 120.0),
    ],
)
def test_a_throttled_run_waits_as_asked(asked_s: float | None, pauses: int, pause_s: float) -> None:
    """The provider's figure is kept within reason; without one the pause doubles."""
    fault = Fault(kind=FaultKind.THROTTLED, message="slow down", retry_after_s=asked_s)
    assert pause_s == placing.pause_s(fault, pauses)


@pytest.mark.parametrize(
    ("age_s", "gap_s"), [(0, 1.0), (4, 1.0), (20, 4.0), (50, 10.0), (5000, 10.0)]
)
def test_older_calls_are_asked_after_less_often(age_s: float, gap_s: float) -> None:
    """The gap grows with the age of the call, between bounds."""
    assert gap_s == following.gap_s(age_s)


@pytest.mark.parametrize(
    ("missing_s", "times", "lost"), [(0, 1, False), (59, 9, False), (60, 2, False), (60, 3, True)]
)
def test_a_call_is_lost_only_after_several_reads(missing_s: float, times: int, lost: bool) -> None:
    """Neither time nor repetition alone is enough."""
    assert lost == following.is_lost(missing_s=missing_s, times=times)


@pytest.mark.parametrize(
    ("error", "signal_number", "stopped_by", "code"),
    [
        (None, None, None, 0),
        (None, None, "limit", 75),
        (None, None, "until", 75),
        (None, None, "stop", 75),
        (None, 2, "signal", 130),
        (None, 15, "signal", 143),
        (None, 1, "signal", 129),
        (HaltError("no money"), None, "halt", 69),
        (KeyRefusedError("no"), 15, "halt", 77),
    ],
)
def test_endings_have_exit_codes(
    error: HaltError | None, signal_number: int | None, stopped_by: str | None, code: int
) -> None:
    """A halt outweighs a signal, a signal outweighs having stopped early."""
    assert code == endings.exit_code(
        error=error, signal_number=signal_number, stopped_by=stopped_by
    )


@pytest.mark.parametrize(
    ("number", "shown"), [("+14155550123", "+1********23"), ("911", "***"), ("", "")]
)
def test_numbers_are_masked(number: str, shown: str) -> None:
    """The ends stay, the rest does not."""
    assert shown == mask(number)


@pytest.mark.parametrize(("reach", "size"), [(0, 20), (5, 25), (400, 420), (5000, 1000)])
def test_a_page_reaches_back_to_the_oldest_call_watched(reach: int, size: int) -> None:
    """With a margin for calls that come meanwhile, and the provider's own bound."""
    assert size == following.page_size(reach)


@pytest.mark.parametrize(
    ("want", "quiet_rounds", "gap_s"),
    [
        (Want.LINE, 0, 0.0),
        (Want.LINE, 50, 0.0),
        (Want.END, 0, 1.0),
        (Want.END, 2, 2.25),
        (Want.END, 50, 10.0),
        (Want.NOTHING, 0, 10.0),
        (Want.NOTHING, 50, 10.0),
    ],
)
def test_pages_grow_apart_unless_contacts_wait(want: Want, quiet_rounds: int, gap_s: float) -> None:
    """While a line is waited for only the list's own budget spaces them."""
    assert gap_s == following.round_gap_s(want, quiet_rounds=quiet_rounds)


@pytest.mark.parametrize(
    ("call", "analyzed", "awaited"),
    [
        (Call(call_id="c", status="ended"), False, True),
        (Call(call_id="c", status="ended", summary="x"), True, False),
        (Call(call_id="c", status="ended", successful=False), True, False),
        (Call(call_id="c", status="ended", sentiment="Neutral"), True, False),
        (Call(call_id="c", status="ended", disconnection_reason="dial_busy"), False, False),
        (Call(call_id="c", status="not_connected"), False, False),
        (Call(call_id="c", status="error"), False, False),
    ],
)
def test_only_calls_that_connected_are_analyzed(call: Call, analyzed: bool, awaited: bool) -> None:
    """An analysis is awaited where a call connected and has none yet."""
    assert (analyzed, awaited) == (following.is_analyzed(call), following.awaits_analysis(call))
