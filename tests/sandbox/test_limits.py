"""What the account may do: windows of requests, calls a second, lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import Answer, CallScript, Limits, Sandbox, SandboxPlan

Send = Callable[..., tuple[int, Any]]
FROM, TO = "+14157774444", "+14155550100"
BOTH = {"from_number": FROM, "to_number": TO}
FOREVER = {TO: [CallScript(ring_s=1e6)]}
MANY = Limits(creates_per_10s=None, errors_per_60s=None)


def raw(sandbox: Sandbox, line: str, body: object = BOTH, at_s: float = 0.0) -> Answer:
    """Send one request and return the answer with its headers."""
    method, target = line.split(" ")
    headers = {"authorization": "Bearer k"}
    return sandbox.answer(method, target, headers, json.dumps(body).encode(), at_s)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("line", "limiter", "allowed"),
    [
        ("POST /v2/create-phone-call", "call", 1000),
        ("POST /create-phone-call", "call", 1000),
        ("POST /v3/list-calls", "list", 15),
        ("GET /list-calls", "list", 15),
        ("GET /get-api-key-info", "general", 100),
        ("GET /v2/get-call/x", "general", 100),
    ],
)
def test_windows_of_ten_seconds(line: str, limiter: str, allowed: int) -> None:
    """Each kind of request has its own window; the 429 says which, and when it opens again."""
    sandbox = Sandbox(SandboxPlan(concurrency_limit=None))
    body = BOTH if limiter == "call" else {}
    statuses = [raw(sandbox, line, body, at_s=1.5).status for _ in range(allowed)]
    refused = raw(sandbox, line, body, at_s=2.5)
    assert (429 in statuses, refused.status) == (False, 429)
    assert refused.headers == {
        "x-ratelimit-limiter": limiter,
        "ratelimit-limit": str(allowed),
        "ratelimit-remaining": "0",
        "ratelimit-reset": "9",
        "retry-after": "9",
        "content-type": "application/json; charset=utf-8",
    }
    assert raw(sandbox, line, body, at_s=11.5).status != 429


def test_wrong_creates_throttle_the_account() -> None:
    """60 answers of 4xx within a minute stop all creates until it has passed."""
    sandbox = Sandbox()
    wrong = [raw(sandbox, "POST /v2/create-phone-call", {}).status for _ in range(60)]
    refused = raw(sandbox, "POST /v2/create-phone-call", at_s=30)
    assert wrong == [400] * 60
    assert (refused.status, refused.headers["x-ratelimit-limiter"]) == (429, "call-error")
    assert refused.headers["retry-after"] == "30"
    assert raw(sandbox, "POST /v2/create-phone-call", at_s=60).status == 201


def test_throttling_is_not_an_error_of_the_caller() -> None:
    """A 429 does not count among the answers of 4xx."""
    sandbox = Sandbox(SandboxPlan(limits=Limits(errors_per_60s=1), concurrency_limit=0))
    statuses = [raw(sandbox, "POST /v2/create-phone-call").status for _ in range(3)]
    assert ([*statuses, sandbox.log[2].created]) == [429, 429, 429, False]
    assert "x-ratelimit-limiter" not in raw(sandbox, "POST /v2/create-phone-call").headers


def test_limits_can_be_switched_off() -> None:
    """A limit of `None` never refuses."""
    sandbox = Sandbox(SandboxPlan(limits=Limits(lists_per_10s=None)))
    assert {raw(sandbox, "POST /v3/list-calls", {}).status for _ in range(50)} == {200}


def test_calls_per_second_can_be_limited() -> None:
    """Above `cps`, per caller number and any second, a create is refused."""
    sandbox = Sandbox(SandboxPlan(cps=2, limits=MANY))
    line = "POST /v2/create-phone-call"
    times = (0.0, 0.5, 0.9, 1.0, 1.4, 1.5)
    statuses = [raw(sandbox, line, at_s=at_s).status for at_s in times]
    other = raw(sandbox, line, {**BOTH, "from_number": "+14157774445"}, at_s=1.5)
    assert (statuses, other.status) == ([201, 201, 429, 201, 429, 201], 201)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"concurrency_limit": 3}, 3),
        ({"concurrency_limit": 3, "reserved_inbound": 1}, 2),
        ({"concurrency_limit": 3, "burst": True}, 9),
        ({"concurrency_limit": 9, "others": [(0, 4), (100, 0)]}, 5),
        ({"concurrency_limit": 9, "others": lambda elapsed_s: 3 + int(elapsed_s)}, 6),
        ({"concurrency_limit": None}, 12),
    ],
)
def test_lines_are_limited(plan: dict[str, Any], expected: int) -> None:
    """As many calls live as there are lines that neither inbound nor others take."""
    sandbox = Sandbox(SandboxPlan(scripts=FOREVER, limits=MANY, **plan))
    statuses = [raw(sandbox, "POST /v2/create-phone-call").status for _ in range(12)]
    assert (statuses.count(201), statuses.count(429)) == (expected, 12 - expected)
    assert max(entry.live for entry in sandbox.log) == expected


def test_lines_come_and_go_with_others() -> None:
    """Others' calls change with the seconds since the first request."""
    sandbox = Sandbox(SandboxPlan(concurrency_limit=5, others=[(10, 5), (20, 4)], scripts=FOREVER))
    statuses = [raw(sandbox, "POST /v2/create-phone-call", at_s=t).status for t in (50, 60, 70)]
    assert statuses == [201, 429, 429]


def test_over_the_limit_a_call_can_be_accepted_and_fail(ask: Send) -> None:
    """In the other mode the create is a 201 and the call ends as `concurrency_limit_reached`."""
    plan = SandboxPlan(concurrency_limit=1, over_limit="accept", scripts=FOREVER, speed=1)
    sandbox = Sandbox(plan)
    ask(sandbox, "POST /v2/create-phone-call", BOTH)
    status, call = ask(sandbox, "POST /v2/create-phone-call", BOTH)
    _, later = ask(sandbox, f"GET /v2/get-call/{call['call_id']}", at_s=1)
    assert (status, call["call_status"], sandbox.log[1].live) == (201, "registered", 1)
    shown = (later["call_status"], later["disconnection_reason"])
    assert shown == ("error", "concurrency_limit_reached")


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (SandboxPlan(others=[(0, 7)], reserved_inbound=2), (8, 20, 2, False, 60)),
        (SandboxPlan(burst=True, concurrency_limit=200), (1, 200, 0, True, 500)),
        (SandboxPlan(concurrency_limit=None), (1, 100_000, 0, False, 100_300)),
    ],
)
def test_concurrency_is_told(ask: Send, plan: SandboxPlan, expected: tuple[object, ...]) -> None:
    """`get-concurrency` counts others' calls too and tells every limit."""
    sandbox = Sandbox(plan)
    ask(sandbox, "POST /v2/create-phone-call", BOTH)
    status, told = ask(sandbox, "GET /get-concurrency")
    assert status == 200
    assert (
        told["current_concurrency"],
        told["concurrency_limit"],
        told["reserved_inbound_concurrency"],
        told["concurrency_burst_enabled"],
        told["concurrency_burst_limit"],
    ) == expected
