"""The tests have teeth: bugs that would call people twice, or lose a call, are planted and caught.

Each mutant is the program with one small bug, of the kind that is easily written and hard to see.
The tests that are named beside it must fail there, and pass without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One planted bug: in `file`, each old text of `edits` is there once and becomes the new."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    caught_by: tuple[str, ...]


# Four of five are tried with the long proofs only.
pytestmark = pytest.mark.timeout(600)


def bug(name: str, file: str, old: str, new: str, *caught_by: str) -> Mutant:
    """Return a bug that takes one edit."""
    return Mutant(
        name=name,
        file=f"campaign/{file}",
        edits=((old, new),),
        caught_by=tuple(f"tests/{one}" for one in caught_by),
    )


LATE_INTENT = Mutant(
    name="the intent is written after the response",
    file="campaign/dialer/place.py",
    edits=(
        (
            "        begun = await self._ledger.begin(",
            (
                "        said = await self._provider.create(request)\n"
                "        begun = await self._ledger.begin("
            ),
        ),
        ("self._send(begun, request)", "self._send(begun, request, said=said)"),
        (
            "request: CallRequest, *, resend: bool = False) -> Placed:",
            "request: CallRequest, *, resend: bool = False, said=None) -> Placed:",
        ),
        (
            "reply = await self._provider.create(request)",
            "reply = said or await self._provider.create(request)",
        ),
    ),
    caught_by=("tests/dialer/test_intents.py",),
)

RESENT = """\
            await self._ledger.record(
                Event(id=attempt.id, kind=EventKind.RESENT, at=self._clock.now())
            )
"""
SENT_AGAIN = "            return await self._send(Begun(id=attempt.id), request, resend=True)\n"
FIRST = "            await self._provider.create(request)\n"

LATE_RESEND = Mutant(
    name="a resend is recorded after it was sent",
    file="campaign/dialer/place.py",
    edits=((RESENT, ""), (SENT_AGAIN, FIRST + RESENT + SENT_AGAIN)),
    caught_by=("tests/dialer/test_intents.py",),
)

SENDING = (
    LATE_INTENT,
    LATE_RESEND,
    bug(
        "a stop interrupts a create",
        "dialer/place.py",
        "with self._stop.shield(), self._throttle.creating():\n                placed =",
        "if True:\n                placed =",
        "dialer/test_intents.py",
    ),
    bug(
        "a stop is not looked at before the create",
        "dialer/place.py",
        "if self._stop.requested:",
        "if False:",
        "dialer/test_reconcile.py::test_a_wrong_clock_calls_nobody",
    ),
    bug(
        "an ambiguous create may be sent again",
        "policy/lifecycle.py",
        "(S.SENDING, E.AMBIGUOUS): S.UNKNOWN",
        "(S.SENDING, E.AMBIGUOUS): S.WITHHELD",
        "dialer/test_run.py::test_an_ambiguous_create_is_never_sent_again",
    ),
    bug(
        "each send has an id of its own",
        "policy/identity.py",
        "_digest(campaign, contact_key, str(attempt))[:24]",
        "_digest(campaign, contact_key, __import__('os').urandom(9).hex())[:24]",
        "policy/test_decisions.py::test_ids_depend_on_nothing_but_their_parts",
    ),
    bug(
        "the idempotency key is not sent",
        "retell/v2.py",
        "idempotency_key=request.idempotency_key or None,",
        "idempotency_key=None,",
        "retell/test_v2.py::test_a_create_has_what_is_set_and_nothing_else",
    ),
    bug(
        "a line is free once the call is created",
        "dialer/place.py",
        "kept = placed is not None and placed.then in {Then.FOLLOW, Then.HOLD}",
        "kept = placed is not None and placed.then in {Then.HOLD}",
        "dialer/test_lines_shared.py::test_the_inbound_reserve_is_left_alone",
    ),
    bug(
        "a line is free once the call may exist",
        "dialer/place.py",
        "kept = placed is not None and placed.then in {Then.FOLLOW, Then.HOLD}",
        "kept = placed is not None and placed.then in {Then.FOLLOW}",
        "dialer/test_lines_shared.py::test_a_call_that_may_exist_keeps_its_line",
    ),
    bug(
        "the window of a second is ignored",
        "policy/pacing.py",
        "if len(starts) < window:",
        "if window:",
        "dialer/test_parts.py::test_a_window_that_is_full_is_waited_for",
    ),
    bug(
        "the window is forgotten by a restart",
        "ledger/pace.py",
        "if schedule is None or schedule.writer != writer:\n        return True",
        "if schedule is None or schedule.writer != writer:\n        return False",
        "ledger/test_conformance.py::test_the_window_holds_across_a_restart",
    ),
)

ANSWERS = (
    bug(
        "5xx means failed",
        "retell/faults.py",
        "if status in MAYBE_DONE or not 400 <= status < 500:",
        "if status in MAYBE_DONE or not 400 <= status:",
        "retell/test_faults.py::test_a_status_and_its_text_have_one_meaning",
    ),
    *(
        bug(
            f"{status} means failed",
            "retell/faults.py",
            "frozenset({408, 409, 499})",
            f"frozenset({{408, 409, 499}} - {{{status}}})",
            "retell/test_faults.py::test_a_status_and_its_text_have_one_meaning",
        )
        for status in (408, 409, 499)
    ),
    bug(
        "a read time-out was not sent",
        "retell/faults.py",
        "    httpx.PoolTimeout,\n",
        "    httpx.PoolTimeout,\n    httpx.ReadTimeout,\n",
        "retell/test_faults.py::test_only_what_certainly_did_not_leave_is_not_sent",
    ),
    bug(
        "a 2xx without a call id is a call",
        "retell/client.py",
        "call = self._dialect.parse_call(answer.body, status=CREATED) if answer.ok else None\n",
        'call = Call(call_id="", status=CREATED) if answer.ok else None\n'
        "        call = self._dialect.parse_call(answer.body, status=CREATED) or call\n",
        "retell/test_create.py::test_a_create_that_fails_is_a_fault_and_is_not_repeated",
    ),
    bug(
        "a 2xx without a call id is a failure",
        "retell/faults.py",
        'kind=FaultKind.UNKNOWN,\n        message=f"the answer has',
        'kind=FaultKind.ROW,\n        message=f"the answer has',
        "retell/test_create.py::test_a_create_that_fails_is_a_fault_and_is_not_repeated",
    ),
    bug(
        "a transport tries again",
        "retell/exchange.py",
        "    response = await _sent(line, sending)\n",
        "    try:\n"
        "        response = await _sent(line, sending)\n"
        "    except httpx.TransportError:\n"
        "        response = await _sent(line, sending)\n",
        "retell/test_cuts.py::test_a_connection_cut_after_sending_is_unknown",
    ),
    bug(
        "a redirect is followed",
        "retell/exchange.py",
        "    response = await _sent(line, sending)\n",
        "    response = await _sent(line, sending)\n"
        "    if response.status_code in (301, 302, 307, 308):\n"
        "        await response.aclose()\n"
        "        from dataclasses import replace\n"
        "        url = sending.url.join(httpx.Headers(response.headers)['location'])\n"
        "        sending = replace(sending, url=url, target=url.raw_path)\n"
        "        response = await _sent(line, sending)\n",
        "retell/test_cuts.py::test_a_redirect_is_not_followed",
    ),
)

EVIDENCE = (
    bug(
        "an orphan may be sent again",
        "ledger/operations.py",
        "kind=EventKind.AMBIGUOUS, at=at, error=ORPHANED",
        "kind=EventKind.NOT_SENT, at=at, error=ORPHANED",
        "ledger/test_conformance.py::test_orphans_become_unknown",
    ),
    bug(
        "orphans are not marked when a run begins",
        "api/execute.py",
        "await ledger.orphans(job.name, SystemClock().now())",
        "await ledger.intents()",
        "cli/test_killed.py",
    ),
    bug(
        "an unknown call is pending in the results",
        "policy/disposition.py",
        "AttemptState.UNKNOWN: Outcome.UNKNOWN",
        "AttemptState.UNKNOWN: Outcome.PENDING",
        "policy/test_disposition.py::test_attempts_without_an_end_have_an_outcome",
    ),
    bug(
        "grace 0",
        "dialer/reconcile.py",
        "until = since + self._lookup_for",
        "until = since",
        "dialer/test_reconcile.py::test_a_call_that_was_made_is_found_and_followed",
    ),
    bug(
        "the first absence is believed",
        "dialer/reconcile.py",
        "if self._clock.now() >= unknown.until:",
        "if self._clock.now() >= unknown.attempt.intent_at:",
        "dialer/test_reconcile.py::test_absence_before_the_grace_is_not_believed",
    ),
    bug(
        "a refusal of a resend is believed",
        "policy/placing.py",
        "return STILL_UNKNOWN if resend else FAULTS[reply.kind]",
        "return FAULTS[reply.kind]",
        "policy/test_decisions.py::test_no_refusal_of_a_resend_proves_anything",
    ),
    bug(
        "a resend needs no look-up",
        "dialer/run.py",
        "            and unknown.absent\n",
        "",
        "dialer/test_reconcile.py::test_nothing_is_resent_on_a_list_that_cannot_be_had",
    ),
    bug(
        "an attempt is resent again and again",
        "policy/evidence.py",
        "return idempotent and sends == 1 and",
        "return idempotent and",
        "policy/test_evidence.py::test_a_resend_is_bound",
    ),
    bug(
        "the verdict not called leads to the same attempt",
        "policy/redial.py",
        "DISMISSED:\n        return Due(attempt=last.attempt + 1)",
        "DISMISSED:\n        return Due(attempt=last.attempt)",
        "dialer/test_reconcile.py::test_a_person_decides",
    ),
    bug(
        "a cross-check reads one page",
        "dialer/listing.py",
        "return adopted > 0 or not await _is_whole(page, ledger, campaign)",
        "return adopted > 0",
        "dialer/test_reconcile.py::test_calls_missing_deep_in_the_list_are_found",
    ),
    bug(
        "a call is lost after one look",
        "policy/following.py",
        "times >= MISSING_TIMES and missing_s",
        "times >= MISSING_TIMES or missing_s",
        "policy/test_decisions.py::test_a_call_is_lost_only_after_several_reads",
    ),
)

LEDGER = (
    bug(
        "commits do not wait for the disk",
        "ledger/files.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        "ledger/test_sqlite.py::test_commits_are_on_disk",
    ),
    bug(
        "the log is not synced before a request",
        "ledger/files.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        "e2e/test_order.py::test_an_intent_is_on_disk_before_its_request_is_sent[1]",
    ),
    bug(
        "a number in flight is free",
        "ledger/fold.py",
        "if busy is not None:",
        "if busy is not None and state is not None:",
        "ledger/test_conformance.py::test_a_number_in_flight_is_held",
    ),
    bug(
        "a number in flight elsewhere is free",
        "ledger/begin.py",
        "WHERE f.to_number = ? AND",
        "WHERE f.to_number = ? AND f.campaign = c.id AND",
        "ledger/test_conformance.py::test_a_number_in_flight_is_held",
    ),
    bug(
        "an attempt that is being sent is adopted",
        "ledger/found.py",
        "return state is AttemptState.SENDING",
        "return False",
        "ledger/test_adopt.py::test_an_attempt_that_is_being_sent_is_left_to_its_answer",
    ),
    bug(
        "each run has a lock of its own",
        "ledger/lock.py",
        'f"{real.name}.{digest}.lock"',
        'f"{real.name}.{digest}.{os.urandom(4).hex()}.lock"',
        "ledger/test_lock.py::test_the_same_ledger_by_another_name",
    ),
    bug(
        "a campaign is run without its lock",
        "api/execute.py",
        "hold(ledger_path(settings, config), campaign_name(settings, path)) as held,",
        "hold(ledger_path(settings, config), __import__('os').urandom(4).hex()) as held,",
        "cli/test_upkeep.py::test_a_second_run_ends_without_a_request",
    ),
    bug(
        "a loss is not noticed",
        "policy/evidence.py",
        "return before is not None and intents < before.intents",
        "return False",
        "policy/test_evidence.py::test_a_loss_is_seen_by_the_last_sign_of_life",
    ),
    bug(
        "a loss is not waited for",
        "dialer/settle.py",
        "while until is not None and (left_s",
        "while until is None and (left_s",
        "dialer/test_reconcile.py::test_nobody_is_called_until_the_list_has_caught_up",
    ),
    bug(
        "after a loss the list is not read again",
        "dialer/settle.py",
        "        await cross_check(\n"
        "            self._listing, self._ledger, plan.campaign, query,"
        " on_adopted=self._on_adopted\n"
        "        )\n",
        "",
        "dialer/test_reconcile.py::test_nobody_is_called_until_the_list_has_caught_up",
    ),
    bug(
        "a sign of life hides a loss",
        "dialer/pulse.py",
        "if self.begun:",
        "if self._beat:",
        "dialer/test_reconcile.py::test_a_loss_that_is_not_made_good_is_not_hidden",
    ),
    bug(
        "no run looks into the list first",
        "api/proof.py",
        "            CallQuery(campaign_id=self.known.campaign_id,",
        "            CallQuery(campaign_id='cmp_other',",
        "cli/test_upkeep.py::test_a_deleted_ledger_redials_nobody",
    ),
    bug(
        "a loss is not planned for",
        "api/proof.py",
        "or not (lost or checked.added)",
        "or not checked.added",
        "cli/test_upkeep.py::test_a_lost_ledger_lets_the_list_catch_up",
    ),
)

REDIALS = (
    bug(
        "an answered call is followed by another",
        "policy/redial.py",
        "if history.final:",
        "if None:",
        "policy/test_redial.py",
    ),
    bug(
        "a contact is dialled once more than asked for",
        "policy/redial.py",
        "if history.created - history.unreached >= policy.attempts:",
        "if history.created - history.unreached > policy.attempts:",
        "dialer/test_redials.py::test_only_what_is_asked_for_and_allowed",
    ),
    bug(
        "a redial does not wait",
        "dialer/queue.py",
        "if due.at is None or due.at <= self._clock.now():",
        "if due:",
        "dialer/test_redials.py::test_what_is_not_due_yet_is_left_to_a_later_run",
    ),
    bug(
        "how long the list took to call tells when it is read again",
        "dialer/queue.py",
        "since_s = current_s()\n        except",
        "pass\n        except",
        "dialer/test_redials.py::"
        "test_a_long_list_does_not_keep_the_calls_of_an_earlier_run_waiting",
    ),
    bug(
        "who was not reached is dialled at once",
        "dialer/queue.py",
        "at += timedelta(seconds=wait_s)",
        "at += timedelta(seconds=0)",
        "dialer/test_redials.py::test_whoever_was_not_reached_is_dialled_again_soon",
    ),
    bug(
        "lines of others are taken for free",
        "policy/share.py",
        "others = max(0, said.current - used)",
        "others = 0",
        "dialer/test_lines_shared.py::test_what_others_use_is_left_to_them[429]",
    ),
    bug(
        "a spam number goes on calling",
        "dialer/endings.py",
        "self._callers.retire(attempt.from_number)",
        "pass",
        "dialer/test_lines_shared.py::test_without_a_number_left_the_run_halts",
    ),
    bug(
        "money is not set aside",
        "dialer/purse.py",
        "self._take(policy.reserved)\n\n    def spend",
        "pass\n\n    def spend",
        "dialer/test_purse.py",
    ),
    bug(
        "an old signature is believed",
        "retell/webhook.py",
        "SKEW = timedelta(minutes=5)",
        "SKEW = timedelta(days=5)",
        "retell/test_webhook.py",
    ),
)

MUTANTS = (*SENDING, *ANSWERS, *EVIDENCE, *LEDGER, *REDIALS)


def test_the_copy_without_a_bug_passes(laboratory: Any) -> None:
    """The tests pass, on the copy of the program and not on the program itself."""
    ran = laboratory.healthy()
    assert 0 == ran.code, ran.out


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(
            mutant,
            marks=[pytest.mark.slow] if number % 5 else [],
            id=mutant.name.replace(" ", "_"),
        )
        for number, mutant in enumerate(MUTANTS)
    ],
)
def test_a_planted_bug_is_caught(mutant: Mutant, laboratory: Any) -> None:
    """A test fails; that nothing could be collected would be no catch."""
    ran = laboratory.ill(mutant)
    ended = ran.out.splitlines()[-1]
    if ran.code == 0 and " skipped" in ended and " passed" not in ended:
        pytest.skip("the tests that catch it cannot run here")
    assert (1, True) == (ran.code, " failed" in ended), ran.out
