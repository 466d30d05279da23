"""Who is dialled again: the provider's table, and the campaign's policy within it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.model import Attempt, AttemptState, Call, History, Outcome
from campaign.policy import disposition, redial
from campaign.policy.redial import Again, Due, Policy

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ENDED_AT = NOW + timedelta(seconds=90)
ATTEMPT = Attempt(
    id=1,
    campaign="spring",
    contact_key="+14155550123",
    attempt=1,
    attempt_id="att_1",
    to_number="+14155550123",
    from_number="+14157774444",
    agent_id=None,
    state=AttemptState.ENDED,
    intent_at=NOW,
    sends=1,
)
THREE = Policy(attempts=3)
ALL = Policy(attempts=9, on=frozenset(Outcome))

# The provider's documented reasons: (status, reason, outcome, again).
TABLE = [
    ("ended", "user_hangup", "answered", Again.NEVER),
    ("ended", "agent_hangup", "answered", Again.NEVER),
    ("ended", "call_transfer", "answered", Again.NEVER),
    ("ended", "transfer_bridged", "answered", Again.NEVER),
    ("ended", "transfer_cancelled", "answered", Again.NEVER),
    ("ended", "max_duration_reached", "answered", Again.NEVER),
    ("ended", "call_take_over", "answered", Again.NEVER),
    ("ended", "inactivity", "answered", Again.NEVER),
    ("ended", "manual_stopped", "answered", Again.NEVER),
    ("ended", "user_requested_dnc", "answered", Again.NEVER),
    ("ended", "user_requested_callback", "answered", Again.NEVER),
    ("ended", "voicemail_reached", "voicemail", Again.POLICY),
    ("ended", "machine_detected", "voicemail", Again.POLICY),
    ("ended", "ivr_reached", "voicemail", Again.POLICY),
    ("not_connected", "dial_no_answer", "no_answer", Again.POLICY),
    ("ended", "dial_no_answer", "no_answer", Again.POLICY),
    ("not_connected", "dial_busy", "busy", Again.POLICY),
    ("not_connected", "user_declined", "declined", Again.NEVER),
    ("not_connected", "dial_failed", "undeliverable", Again.ONCE),
    ("not_connected", "invalid_destination", "undeliverable", Again.NEVER),
    ("not_connected", "telephony_provider_unavailable", "error", Again.SOON),
    ("not_connected", "sip_routing_error", "error", Again.SOON),
    ("not_connected", "telephony_provider_permission_denied", "error", Again.NEVER),
    ("not_connected", "marked_as_spam", "error", Again.NEVER),
    ("not_connected", "network_blocked", "error", Again.NEVER),
    ("error", "concurrency_limit_reached", "error", Again.SOON),
    ("error", "registered_call_timeout", "error", Again.SOON),
    ("error", "no_valid_payment", "error", Again.NEVER),
    ("error", "credit_exhausted", "error", Again.NEVER),
    ("error", "budget_reached", "error", Again.NEVER),
    ("error", "scam_detected", "error", Again.NEVER),
    ("error", "error_llm_websocket_open", "error", Again.NEVER),
    ("error", "error_no_audio_received", "error", Again.NEVER),
    ("error", "error_retell", "error", Again.NEVER),
    ("error", "error_unknown", "error", Again.NEVER),
    ("error", "error_twilio", "error", Again.NEVER),
    ("error", "error_inbound_webhook", "error", Again.NEVER),
    ("error", "error_frontend_corrupted_payload", "error", Again.NEVER),
    ("ended", "something_new", "answered", Again.NEVER),
    ("not_connected", "something_new", "no_answer", Again.NEVER),
    ("error", "something_new", "error", Again.NEVER),
    ("wherever", "something_new", "error", Again.NEVER),
    ("ended", None, "answered", Again.NEVER),
    ("not_connected", None, "no_answer", Again.NEVER),
    ("error", None, "error", Again.NEVER),
]


def ended(
    reason: str | None, status: str = "not_connected", *, machine: bool | None = None
) -> Call:
    """Return a call that has ended for this reason."""
    return Call(
        call_id="c",
        status=status,
        disconnection_reason=reason,
        ended_at=ENDED_AT,
        in_voicemail=machine,
    )


def history(call: Call | None, *, created: int = 1, unreached: int = 0) -> History:
    """Return the history of a contact whose last attempt came to this call."""
    last = replace(ATTEMPT, attempt=created, call=call)
    failed = call is not None and call.disconnection_reason == redial.UNDIALABLE
    return History(last=last, created=created, unreached=unreached, undialable=int(failed))


@pytest.mark.parametrize(("status", "reason", "outcome", "again"), TABLE)
def test_every_reason_has_its_outcome_and_its_redial(
    status: str, reason: str | None, outcome: str, again: Again
) -> None:
    """One table, v1's reasons and unheard-of ones included."""
    call = ended(reason, status)
    assert (outcome, again) == (disposition.of_call(call).value, redial.again(call))


def test_the_table_knows_the_documented_reasons_only() -> None:
    """Whatever the code judges by name is one of the documented reasons."""
    named = {reason for _, reason, _, _ in TABLE if reason}
    assert set(redial.REASONS) | (redial.MACHINES - {""}) <= named


@pytest.mark.no_cover
@pytest.mark.parametrize(("status", "reason", "_outcome", "again"), TABLE)
@pytest.mark.parametrize("on", [*sorted(redial.REDIALLED), Outcome.ANSWERED, Outcome.ERROR])
def test_an_outcome_is_redialled_only_where_it_is_asked_for(
    status: str, reason: str | None, _outcome: str, again: Again, on: Outcome
) -> None:
    """The table is a ceiling: within it `--redial-on` decides; who was not reached comes anyway."""
    call = ended(reason, status)
    policy = Policy(attempts=3, on=frozenset({on}))
    asked = again in {Again.POLICY, Again.ONCE} and disposition.of_call(call) is on
    due = redial.due(history(call, unreached=int(again is Again.SOON)), policy)
    if again is Again.SOON:
        assert Due(attempt=2, unreached=True) == due
    elif asked:
        assert Due(attempt=2, at=ENDED_AT + timedelta(minutes=30)) == due
    else:
        assert None is due
    assert (asked or again is Again.SOON) == redial.may_follow(call, policy)


@pytest.mark.parametrize(("status", "reason", "_outcome", "again"), TABLE)
def test_without_attempts_nobody_who_was_reached_is_redialled(
    status: str, reason: str | None, _outcome: str, again: Again
) -> None:
    """By default there is one attempt, and only what reached nobody is not one."""
    call = ended(reason, status)
    soon = again is Again.SOON
    due = redial.due(history(call, unreached=int(soon)), Policy())
    assert (Due(attempt=2, unreached=True) if soon else None) == due
    assert soon == redial.may_follow(call, Policy())


@given(
    st.text(min_size=1).filter(lambda text: text not in {reason for _, reason, _, _ in TABLE}),
    st.sampled_from(["ended", "not_connected", "error", "something"]),
    st.sampled_from([None, False, True]),
)
def test_an_invented_reason_redials_nobody(reason: str, status: str, machine: bool | None) -> None:
    """Whatever is asked for, and whatever else the provider says of the call."""
    call = ended(reason, status, machine=machine)
    assert None is redial.due(history(call), ALL)
    assert not redial.may_follow(call, ALL)


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        *((reason or None, Again.POLICY) for reason in sorted(redial.MACHINES)),
        ("user_requested_dnc", Again.NEVER),
        ("user_requested_callback", Again.NEVER),
        ("something_new", Again.NEVER),
    ],
)
def test_a_machine_that_answered_may_be_dialled_again(reason: str | None, again: Again) -> None:
    """By its analysis, unless somebody asked for something: no machine does."""
    call = ended(reason, "ended", machine=True)
    assert again is redial.again(call)
    assert again is Again.NEVER or redial.due(history(call), ALL) is not None


@pytest.mark.parametrize(
    ("calls", "wait"),
    [
        (1, timedelta(minutes=30)),
        (2, timedelta(hours=2)),
        (3, timedelta(days=1)),
        (4, timedelta(days=1)),
        (7, timedelta(days=1)),
    ],
)
def test_waits_grow_and_the_last_repeats(calls: int, wait: timedelta) -> None:
    """30 minutes before the second call, 2 hours before the third, a day from then on."""
    due = redial.due(history(ended("dial_busy"), created=calls), ALL)
    assert Due(attempt=calls + 1, at=ENDED_AT + wait) == due


def test_attempts_are_a_bound() -> None:
    """The third call of three is the last one."""
    verdicts = [redial.due(history(ended("dial_busy"), created=n), THREE) for n in (1, 2, 3, 4)]
    assert [True, True, False, False] == [due is not None for due in verdicts]


def test_calls_that_reached_nobody_are_not_attempts() -> None:
    """They neither use attempts up nor make the next wait longer."""
    due = redial.due(history(ended("dial_busy"), created=5, unreached=4), THREE)
    assert Due(attempt=6, at=ENDED_AT + timedelta(minutes=30)) == due
    again = redial.due(history(ended("sip_routing_error"), created=5, unreached=4), THREE)
    assert Due(attempt=6, unreached=True) == again


@pytest.mark.parametrize("reason", sorted(redial.UNREACHED))
def test_who_was_not_reached_is_not_dialled_beyond_the_attempts(reason: str) -> None:
    """A campaign that asks for fewer attempts than were made has them all behind it."""
    assert None is redial.due(history(ended(reason), created=3, unreached=1), Policy(attempts=2))


@pytest.mark.parametrize(("failed", "due"), [(1, True), (2, False), (3, False)])
def test_a_dial_that_failed_is_tried_once_more(failed: int, due: bool) -> None:
    """Two such failures are the number's, whatever came between them."""
    policy = Policy(attempts=9, on=frozenset({Outcome.UNDELIVERABLE}))
    before = replace(history(ended("dial_failed"), created=4), undialable=failed)
    assert due == (redial.due(before, policy) is not None)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("state", "due"),
    [
        (AttemptState.WITHHELD, Due(attempt=3)),
        (AttemptState.SENDING, None),
        (AttemptState.REFUSED, None),
        (AttemptState.UNKNOWN, None),
        (AttemptState.LIVE, None),
        (AttemptState.ENDED, None),
        (AttemptState.LOST, None),
        (AttemptState.SETTLED, None),
        (AttemptState.DISMISSED, Due(attempt=4)),
    ],
)
@pytest.mark.parametrize("policy", [Policy(), ALL])
def test_only_what_was_certainly_not_created_is_due_again(
    state: AttemptState, due: Due | None, policy: Policy
) -> None:
    """A withheld attempt is sent again under its own number, a dismissed one under the next."""
    last = replace(ATTEMPT, state=state, attempt=3)
    assert due == redial.due(History(last=last, created=0), policy)


def test_a_dismissed_attempt_brings_no_call_too_many() -> None:
    """Calls that were made before it count."""
    last = replace(ATTEMPT, state=AttemptState.DISMISSED, attempt=2)
    assert None is redial.due(History(last=last, created=1), Policy())
    assert Due(attempt=3) == redial.due(History(last=last, created=1), THREE)


def test_a_new_contact_is_due_for_its_first_attempt() -> None:
    """Nobody has tried it: attempt 1, now."""
    assert Due(attempt=1) == redial.due(None, Policy())


def test_the_gaps_of_those_who_were_not_reached_double() -> None:
    """Five times from five seconds on, then not in this run any more."""
    assert [5.0, 10.0, 20.0, 40.0, 80.0, None, None] == [redial.requeue_s(n) for n in range(7)]


@pytest.mark.parametrize(
    ("ended_s", "started_s", "placed_s", "known_s"),
    [
        (90, 20, 5, 90),
        (None, 20, 5, 20),
        (None, None, 5, 5),
        (None, None, None, 0),
        (-60, 20, 5, 0),
    ],
)
def test_an_end_is_known_as_well_as_may_be(
    ended_s: int | None, started_s: int | None, placed_s: int | None, known_s: int
) -> None:
    """From the best moment there is, never before the intent: two clocks may differ."""

    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    call = replace(ended("dial_busy"), ended_at=at(ended_s), started_at=at(started_s))
    assert at(known_s) == redial.ended_at(replace(ATTEMPT, placed_at=at(placed_s)), call)


@pytest.mark.parametrize("state", list(AttemptState))
def test_no_call_follows_one_that_is_or_was_under_way(state: AttemptState) -> None:
    """Live, lost or made by a person's word: final, unlike what was not created."""
    final = {AttemptState.LIVE, AttemptState.LOST, AttemptState.SETTLED, AttemptState.ENDED}
    assert (state in final) == redial.is_final(replace(ATTEMPT, state=state))


@pytest.mark.no_cover
@pytest.mark.parametrize(("status", "reason", "_outcome", "again"), TABLE)
def test_a_call_is_final_where_the_table_says_never(
    status: str, reason: str | None, _outcome: str, again: Again
) -> None:
    """Whatever is known of later attempts."""
    attempt = replace(ATTEMPT, call=ended(reason, status))
    assert (again is Again.NEVER) == redial.is_final(attempt)


@pytest.mark.parametrize(
    "state", [AttemptState.WITHHELD, AttemptState.DISMISSED, AttemptState.ENDED]
)
def test_nobody_is_dialled_after_a_final_call(state: AttemptState) -> None:
    """Though the last attempt alone would allow it: an earlier call was found since."""
    last = replace(ATTEMPT, state=state, attempt=2, call=ended("dial_busy"))
    assert None is not redial.due(History(last=last, created=1), ALL)
    assert None is redial.due(History(last=last, created=1, final=1), ALL)
