"""Which events of a call are due when, and where they may go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import CallScript, FaultName, FaultPlan, Sandbox, SandboxPlan
from campaign.sandbox.webhooks import signature

Send = Callable[..., tuple[int, Any]]
TO = "+14155550100"
T0 = 1_763_800_000.0
URL = "http://127.0.0.1:9/hook"
HOOK = {"agent": {"webhook_url": URL}}
TALK = CallScript(
    disconnection_reason="user_hangup", ring_s=10, talk_s=90, analysis_delay_s=5, cost_cents=18
)


def planned(*scripts: CallScript, **fields: Any) -> Sandbox:
    """Return a sandbox at real speed that announces the scripted calls to one number."""
    return Sandbox(SandboxPlan(speed=1.0, scripts={TO: scripts}, **fields), announces=True)


def news(sandbox: Sandbox, at_s: float) -> list[tuple[str, float]]:
    """Return the events that are due, each with its moment."""
    return [(notice.event, notice.at_s - T0) for notice in sandbox.due(T0 + at_s)]


def test_a_call_is_told_three_times(create: Send) -> None:
    """It started, it ended, it was analysed: each once, at its moment."""
    sandbox = planned(TALK)
    create(sandbox, agent_override=HOOK)
    seen = [news(sandbox, at_s) for at_s in (9.9, 10, 99.9, 100, 104, 105, 999)]
    assert seen == [
        [],
        [("call_started", 10)],
        [],
        [("call_ended", 100)],
        [],
        [("call_analyzed", 105)],
        [],
    ]
    assert sandbox.next_event_s is None


def test_news_shows_the_call_as_it_stood(create: Send) -> None:
    """Each body is that of get-call at the moment of the event, whenever it is asked for."""
    sandbox = planned(TALK)
    _, call = create(sandbox, agent_override=HOOK, metadata={"attempt_id": "att_1"})
    assert sandbox.next_event_s == T0 + 10
    bodies = [json.loads(sandbox.news(notice)) for notice in sandbox.due(T0 + 999)]
    assert [body["event"] for body in bodies] == ["call_started", "call_ended", "call_analyzed"]
    assert [body["call"]["call_status"] for body in bodies] == ["ongoing", "ended", "ended"]
    assert ["call_cost" in body["call"] for body in bodies] == [False, True, True]
    assert ["call_analysis" in body["call"] for body in bodies] == [False, False, True]
    assert {body["call"]["call_id"] for body in bodies} == {call["call_id"]}
    assert {body["call"]["metadata"]["attempt_id"] for body in bodies} == {"att_1"}


def test_a_call_that_never_connects_only_ends(create: Send) -> None:
    """Nothing started, and there is nothing to analyse."""
    sandbox = planned(CallScript(disconnection_reason="dial_busy", ring_s=3))
    create(sandbox, agent_override=HOOK)
    assert news(sandbox, 999) == [("call_ended", 3)]


@pytest.mark.parametrize(
    ("stop_s", "expected"),
    [
        (5, [("call_ended", 5)]),
        (55, [("call_started", 10), ("call_ended", 55)]),
        (102, [("call_started", 10), ("call_ended", 100), ("call_analyzed", 105)]),
    ],
)
def test_a_call_that_is_stopped_ends_then(
    ask: Send, create: Send, stop_s: float, expected: list[tuple[str, float]]
) -> None:
    """Its later events are void; stopping one that is over changes nothing."""
    sandbox = planned(TALK)
    _, call = create(sandbox, agent_override=HOOK)
    ask(sandbox, f"POST /v2/stop-call/{call['call_id']}", at_s=stop_s)
    assert news(sandbox, 999) == expected


def test_a_call_without_a_webhook_is_stopped_in_silence(ask: Send, create: Send) -> None:
    """Nobody asked to be told."""
    sandbox = planned(TALK)
    _, call = create(sandbox)
    ask(sandbox, f"POST /v2/stop-call/{call['call_id']}", at_s=5)
    assert (news(sandbox, 999), sandbox.next_event_s) == ([], None)


def test_a_create_is_announced_once_and_with_its_key(ask: Send, create: Send) -> None:
    """The key of the create that made the call signs, though its answer was spoiled; once."""
    sandbox = planned(TALK, faults=FaultPlan(script={1: FaultName.ERROR_AFTER}))
    for _ in range(2):
        create(sandbox, agent_override=HOOK, idempotency_key="att_1")
    notices = sandbox.due(T0 + 999)
    assert [(notice.url, notice.key) for notice in notices] == [(URL, "k")] * 3
    assert "key" not in repr(notices[0])


@pytest.mark.parametrize("override", [{}, {"agent": {}}, {"agent": 3}, {"agent": {"voice": "x"}}])
def test_other_overrides_are_let_through(create: Send, override: object) -> None:
    """An override that names no webhook is none of our business."""
    sandbox = planned(TALK)
    assert (create(sandbox, agent_override=override)[0], news(sandbox, 999)) == (201, [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9/hook", 201),
        ("http://localhost/", 201),
        ("http://[::1]:9", 201),
        ("https://127.0.0.1:9/hook", 400),
        ("http://hooks.example/x", 400),
        ("http://127.0.0.1@hooks.example/", 400),
        ("http://127.0.0.1.hooks.example/", 400),
        ("http://10.0.0.1/", 400),
        ("http://127.0.0.1:0/", 400),
        ("http://127.0.0.1:99999/", 400),
        ("http://[", 400),
        ("http://127.0.0.1:x/", 400),
        ("/hook", 400),
        ("", 400),
        (7, 400),
        ([URL], 400),
    ],
)
def test_a_webhook_is_on_this_machine(create: Send, url: object, expected: int) -> None:
    """Anything else is refused at the create, before it could be posted to."""
    sandbox = planned(TALK)
    status, said = create(sandbox, agent_override={"agent": {"webhook_url": url}})
    assert (status, len(sandbox.calls)) == (expected, int(expected == 201))
    assert ("loopback" in said.get("error_message", "")) is (expected == 400)


def test_nobody_posts_inside_the_process(create: Send) -> None:
    """A sandbox that does not announce takes any webhook and tells nothing."""
    sandbox = Sandbox(SandboxPlan(speed=1.0, scripts={TO: [TALK]}))
    away = {"agent": {"webhook_url": "https://hooks.example/x"}}
    assert create(sandbox, agent_override=away)[0] == 201
    assert (news(sandbox, 999), sandbox.next_event_s) == ([], None)


def test_v1_has_no_override(ask: Send) -> None:
    """v1 lets the field through as one that nobody knows."""
    sandbox = planned(TALK)
    body = {"from_number": "+14157774444", "to_number": TO, "agent_override": HOOK}
    assert (ask(sandbox, "POST /create-phone-call", body)[0], news(sandbox, 999)) == (201, [])


def test_events_of_one_moment_keep_their_order(create: Send) -> None:
    """A call that is analysed as it ends is told to have ended first."""
    script = CallScript(ring_s=0, talk_s=1, analysis_delay_s=0, status="ended")
    sandbox = planned(script)
    create(sandbox, agent_override=HOOK)
    found = [event for event, _ in news(sandbox, 9)]
    assert found == ["call_started", "call_ended", "call_analyzed"]


def test_the_signature_is_the_provider_s() -> None:
    """The recorded vector."""
    digest = "07024cabe7dd8f6d1c6e4a8324ca92c812e6ad4a7ee506c04f7e462e3321823e"
    found = signature(b'{"event":"call_ended"}', "test-api-key", 1_700_000_000.0)
    assert found == f"v=1700000000000,d={digest}"
