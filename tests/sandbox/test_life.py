"""How calls go: times, dispositions, scripts, stopping, v1's words, determinism."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from campaign.model import Call, Outcome
from campaign.policy.disposition import REASONS, STATUSES, of_call
from campaign.sandbox import CallScript, Limits, Sandbox, SandboxPlan
from campaign.sandbox.life import KINDS, life_of, typical_s
from campaign.sandbox.shapes import as_v1

Send = Callable[..., tuple[int, Any]]
FROM, TO = "+14157774444", "+14155550100"
T0_MS = 1_763_800_000_000
TALK = CallScript(
    disconnection_reason="user_hangup",
    ring_s=10,
    talk_s=90,
    cost_cents=18.5,
    analysis={"call_summary": "fine", "in_voicemail": False},
    analysis_delay_s=5,
    collected={"day": "Monday"},
    transcript="Agent: Hi.",
)


def planned(*scripts: CallScript, **fields: Any) -> SandboxPlan:
    """Return a plan at real speed in which the calls to one number are scripted."""
    return SandboxPlan(speed=1.0, scripts={TO: scripts}, **fields)


def look(ask: Send, sandbox: Sandbox, at_s: float, path: str = "/v2/get-call") -> Any:
    """Return the sandbox's one call as it is shown at a moment."""
    return ask(sandbox, f"GET {path}/{next(iter(sandbox.calls))}", at_s=at_s)[1]


def test_a_call_goes_its_way(ask: Send, create: Send) -> None:
    """Registered, ongoing, ended, analysed: each at its second, with the fields that come then."""
    sandbox = Sandbox(planned(TALK))
    create(sandbox)
    ringing, talking = look(ask, sandbox, 9.9), look(ask, sandbox, 10)
    over, analysed = look(ask, sandbox, 100), look(ask, sandbox, 105)
    assert (ringing["call_status"], "start_timestamp" in ringing) == ("registered", False)
    assert (talking["call_status"], talking["start_timestamp"]) == ("ongoing", T0_MS + 10_000)
    expected = {
        "call_status": "ended",
        "start_timestamp": T0_MS + 10_000,
        "end_timestamp": T0_MS + 100_000,
        "duration_ms": 90_000,
        "disconnection_reason": "user_hangup",
        "collected_dynamic_variables": {"day": "Monday"},
        "call_cost": {
            "product_costs": [{"product": "sandbox", "cost": 18.5}],
            "total_duration_seconds": 90,
            "combined_cost": 18.5,
        },
        "transcript": "Agent: Hi.",
        "recording_url": f"https://sandbox.invalid/{over['call_id']}/recording.wav",
        "public_log_url": f"https://sandbox.invalid/{over['call_id']}/log.txt",
    }
    assert {
        name: over[name] for name in over.keys() - (talking.keys() - expected.keys())
    } == expected
    assert analysed == over | {"call_analysis": {"call_summary": "fine", "in_voicemail": False}}


def test_speed_shortens_a_life_and_nothing_else(ask: Send, create: Send) -> None:
    """At speed 10 a call of 100 s is over after 10, and still says that 90 s were talked."""
    sandbox = Sandbox(SandboxPlan(speed=10, scripts={TO: [TALK]}))
    create(sandbox)
    call = look(ask, sandbox, 10)
    shown = (call["call_status"], call["end_timestamp"], call["duration_ms"])
    assert shown == ("ended", T0_MS + 10_000, 90_000)


@pytest.mark.parametrize("with_end", [True, False])
def test_a_call_that_nobody_takes(ask: Send, create: Send, with_end: bool) -> None:
    """A call that never connects has no start, no cost, no recording and no analysis."""
    script = CallScript(disconnection_reason="dial_busy", ring_s=3)
    sandbox = Sandbox(planned(script, end_times_of_not_connected=with_end))
    create(sandbox)
    call = look(ask, sandbox, 100)
    shown = (call["call_status"], call["disconnection_reason"])
    assert shown == ("not_connected", "dial_busy")
    assert call.get("end_timestamp") == (T0_MS + 3000 if with_end else None)
    never = {"start_timestamp", "duration_ms", "recording_url", "call_analysis", "call_cost"}
    assert not never & call.keys()


def test_scripts_count_the_calls_to_a_number(ask: Send, create: Send) -> None:
    """The nth call follows the nth script, and the last script goes on."""
    scripts = [CallScript(status=status) for status in ("not_connected", "error", "ended")]
    sandbox = Sandbox(planned(*scripts))
    ids = [create(sandbox, at_s=i)[1]["call_id"] for i in range(4)]
    found = [ask(sandbox, f"GET /v2/get-call/{one}", at_s=9999)[1] for one in ids]
    assert [(call["call_status"], call["disconnection_reason"]) for call in found] == [
        ("not_connected", "dial_no_answer"),
        ("error", "error_unknown"),
        ("ended", "user_hangup"),
        ("ended", "user_hangup"),
    ]


def test_a_status_from_the_future_can_be_scripted(ask: Send, create: Send) -> None:
    """A status that nobody knows is passed through, without a reason."""
    sandbox = Sandbox(planned(CallScript(status="paused", analyzed=False)))
    create(sandbox)
    call = look(ask, sandbox, 9999)
    assert (call["call_status"], "disconnection_reason" in call) == ("paused", False)
    assert "call_analysis" not in call


def test_lives_depend_on_the_seed_alone() -> None:
    """Equal seeds give equal lives, whatever else was called before; another seed others."""
    numbers = [f"+1415555{n:04}" for n in range(100, 150)]
    once = [life_of(SandboxPlan(seed=1), number, 1) for number in numbers]
    twice = [life_of(SandboxPlan(seed=1), number, 1) for number in reversed(numbers)]
    other = [life_of(SandboxPlan(seed=2), number, 1) for number in numbers]
    assert (once == twice[::-1], once == other) == (True, False)


def test_equal_seeds_give_equal_answers(create: Send) -> None:
    """Two sandboxes with equal plans answer the same requests with the same bytes."""
    answers = [
        [create(sandbox, to_number=f"+141555501{n:02}") for n in range(20)]
        for sandbox in (Sandbox(), Sandbox())
    ]
    assert answers[0] == answers[1]


def test_shares_are_kept() -> None:
    """Over many numbers calls end as often for a reason as its share says, within 4 %."""
    plan = SandboxPlan(shares={"user_hangup": 3, "dial_no_answer": 1})
    found = Counter(life_of(plan, f"+1415{n:07}", 1).reason for n in range(2000))
    assert abs(found["user_hangup"] / 2000 - 0.75) < 0.04
    assert sum(found.values()) == found["user_hangup"] + found["dial_no_answer"]


@pytest.mark.parametrize("reason", sorted(KINDS))
def test_every_reason_lives_with_its_status(reason: str) -> None:
    """Each known reason gives a life of its own status: silent ones talk and cost nothing."""
    life = life_of(SandboxPlan(shares={reason: 1}), TO, 1)
    assert (life.reason, life.status) == (reason, KINDS[reason].status)
    assert (life.talk_s > 0, life.cost_cents > 0) == (life.status == "ended",) * 2
    assert (life.analysis is not None, bool(life.transcript)) == (life.status == "ended",) * 2


def test_the_reasons_of_the_runner_are_known() -> None:
    """Every reason the runner has an outcome for can be simulated, with a status it knows."""
    assert set(REASONS) == set(KINDS)
    assert {kind.status for kind in KINDS.values()} == set(STATUSES)


def test_a_machine_is_told_by_its_analysis() -> None:
    """A voicemail is analysed as one."""
    life = life_of(SandboxPlan(shares={"voicemail_reached": 1}), TO, 1)
    assert life.analysis is not None
    assert (life.analysis["in_voicemail"], life.analysis["user_sentiment"]) == (True, "Unknown")


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        (5, ("ended", "manual_stopped", None, None)),
        (55, ("ended", "manual_stopped", 45_000, 9.25)),
        (200, ("ended", "user_hangup", 90_000, 18.5)),
    ],
)
def test_a_live_call_can_be_stopped(
    ask: Send, create: Send, at_s: float, expected: tuple[object, ...]
) -> None:
    """Stopping ends a ringing or ongoing call at once and leaves one that is over as it was."""
    sandbox = Sandbox(planned(TALK))
    _, call = create(sandbox)
    stopped = ask(sandbox, f"POST /v2/stop-call/{call['call_id']}", at_s=at_s)
    shown = look(ask, sandbox, at_s + 1)
    assert (stopped, sandbox.live(at_s + 1)) == ((204, ""), 0)
    assert (
        shown["call_status"],
        shown["disconnection_reason"],
        shown.get("duration_ms"),
        shown.get("call_cost", {}).get("combined_cost"),
    ) == expected


def test_a_call_that_nobody_can_take_is_stopped(ask: Send, create: Send) -> None:
    """Stopping works while a number rings that will never answer."""
    sandbox = Sandbox(planned(CallScript(disconnection_reason="dial_no_answer")))
    _, call = create(sandbox)
    ask(sandbox, f"POST /v2/stop-call/{call['call_id']}", at_s=1)
    assert look(ask, sandbox, 1)["disconnection_reason"] == "manual_stopped"


@pytest.mark.parametrize(
    ("line", "plan", "expected"),
    [
        (
            "GET /v2/get-call/call_x",
            SandboxPlan(),
            (404, {"status": "error", "message": "Item call_x not found from call"}),
        ),
        (
            "GET /get-call/call_x",
            SandboxPlan(),
            (404, {"error_message": "Item call_x not found from call"}),
        ),
        (
            "POST /v2/stop-call/call_x",
            SandboxPlan(unknown_call_status=422),
            (422, {"status": "error", "message": "Item call_x not found from call"}),
        ),
    ],
)
def test_an_unknown_call_is_not_found(
    ask: Send, line: str, plan: SandboxPlan, expected: tuple[int, Any]
) -> None:
    """Asking for a call that is not there is a 404, or a 422 where planned."""
    assert ask(Sandbox(plan), line) == expected


V1_ONLY = (
    "machine_detected",
    "error_twilio",
    "error_inbound_webhook",
    "error_frontend_corrupted_payload",
)


@pytest.mark.no_cover
@pytest.mark.parametrize("reason", sorted({*KINDS, *V1_ONLY, "error_asr", "reason_of_2030"}))
def test_every_reason_can_be_scripted(ask: Send, create: Send, reason: str) -> None:
    """A script needs no more than the reason: status, times and cost follow from it."""
    sandbox = Sandbox(planned(CallScript(disconnection_reason=reason)))
    create(sandbox)
    call = look(ask, sandbox, 9999)
    status = KINDS[reason].status if reason in KINDS else "error"
    connected = status == "ended" or reason not in KINDS
    assert (call["disconnection_reason"], call["call_status"]) == (reason, status)
    assert of_call(Call(call_id="c", status=status, disconnection_reason=reason)) == REASONS.get(
        reason, Outcome.ERROR
    )
    assert ("start_timestamp" in call, "duration_ms" in call) == (connected, connected)
    assert (call.get("call_cost", {}).get("combined_cost", 0) > 0) is connected


@pytest.mark.parametrize("reason", V1_ONLY)
def test_v1_has_words_of_its_own(ask: Send, reason: str) -> None:
    """Reasons that only v1 gives are shown by v1 as they are."""
    sandbox = Sandbox(planned(CallScript(disconnection_reason=reason)))
    ask(sandbox, "POST /create-phone-call", {"from_number": FROM, "to_number": TO})
    call = look(ask, sandbox, 9999, "/get-call")
    shown = (call["disconnection_reason"], call["call_status"])
    assert shown == (reason, "ended" if reason == "machine_detected" else "error")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("dial_no_answer", ("ended", "dial_no_answer")),
        ("user_declined", ("ended", "dial_busy")),
        ("invalid_destination", ("ended", "dial_failed")),
        ("sip_routing_error", ("error", "error_twilio")),
        ("budget_reached", ("error", "no_valid_payment")),
        ("voicemail_reached", ("ended", "voicemail_reached")),
        ("user_requested_dnc", ("ended", "user_hangup")),
        ("error_asr", ("error", "error_asr")),
    ],
)
def test_v1_has_fewer_words(
    ask: Send, create: Send, reason: str, expected: tuple[str, str]
) -> None:
    """V1 tells newer statuses and reasons in the words it had."""
    sandbox = Sandbox(planned(CallScript(disconnection_reason=reason)))
    create(sandbox)
    call = look(ask, sandbox, 9999, "/get-call")
    assert (call["call_status"], call["disconnection_reason"]) == expected
    assert "call_cost" not in call


def test_v1_knows_no_status_not_connected() -> None:
    """No reason at all is shown by v1 as `not_connected`."""
    statuses = set()
    for reason in KINDS:
        sandbox = Sandbox(planned(CallScript(disconnection_reason=reason)))
        body = f'{{"from_number":"{FROM}","to_number":"{TO}"}}'.encode()
        sandbox.answer("POST", "/create-phone-call", {"authorization": "Bearer k"}, body, 0)
        (record,) = sandbox.calls.values()
        statuses.add(as_v1(record, 1e9)["call_status"])
    assert statuses == {"ended", "error"}


def test_v1_hangs_up_on_machines(ask: Send) -> None:
    """A v1 call that drops machines ends as `machine_detected`, and keeps its analysis."""
    sandbox = Sandbox(planned(CallScript(disconnection_reason="voicemail_reached")))
    body = {"from_number": FROM, "to_number": TO, "drop_call_if_machine_detected": True}
    ask(sandbox, "POST /create-phone-call", body)
    call = look(ask, sandbox, 9999, "/get-call")
    assert call["disconnection_reason"] == "machine_detected"
    assert call["call_analysis"]["in_voicemail"] is True


def test_live_calls_are_counted(create: Send) -> None:
    """A call holds a line from its creation to its end."""
    sandbox = Sandbox(planned(TALK, limits=Limits(), concurrency_limit=5))
    for at_s in range(3):
        create(sandbox, at_s=at_s)
    t0 = T0_MS / 1000
    assert [sandbox.live(t0 + at_s) for at_s in (99.9, 100, 101, 102)] == [3, 2, 1, 0]


def test_the_typical_length_is_the_mean_and_goes_with_the_speed() -> None:
    """Ringing and talking, in seconds of the real clock."""
    plan = SandboxPlan(speed=60.0)
    lives = [life_of(plan, f"+1415555{n:04d}", 1) for n in range(500)]
    mean_s = sum(life.ring_s + life.talk_s for life in lives) / 500
    assert pytest.approx(mean_s / 60.0) == typical_s(plan)
    assert pytest.approx(mean_s) == typical_s(SandboxPlan(speed=1.0))
