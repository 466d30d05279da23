"""Planned faults at the machine: what comes back, and whether a call exists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from campaign.errors import ConfigError
from campaign.sandbox import Answer, FaultName, FaultPlan, Sandbox, SandboxPlan
from campaign.sandbox.faults import BEFORE, CREATES, GETS, LISTS

Send = Callable[..., tuple[int, Any]]
F = FaultName
BODY = json.dumps({"from_number": "+14157774444", "to_number": "+14155550100"}).encode()


def meet(name: FaultName, line: str = "POST /v2/create-phone-call") -> tuple[Answer, Sandbox]:
    """Return what a request gets that meets a fault, and the sandbox after it."""
    kinds = {"script": CREATES, "list_script": LISTS, "get_script": GETS}
    script: dict[str, Any] = {key: {1: name} for key, kind in kinds.items() if name in kind}
    sandbox = Sandbox(SandboxPlan(faults=FaultPlan(**script)))
    method, path = line.split(" ")
    return sandbox.answer(method, path, {"authorization": "Bearer k"}, BODY, 1e9), sandbox


@pytest.mark.parametrize(
    ("name", "status", "cut", "created"),
    [
        (F.THROTTLE, 429, None, False),
        (F.THROTTLE_DATE, 429, None, False),
        (F.THROTTLE_ABSURD, 429, None, False),
        (F.ERROR_BEFORE, 500, None, False),
        (F.RESET_BEFORE, 500, "before", False),
        (F.STALL_BEFORE, 500, "stall", False),
        (F.REDIRECT, 302, None, False),
        (F.REDIRECT_KEEPING, 307, None, False),
        (F.ERROR_AFTER, 500, None, True),
        (F.RESET_AFTER, 201, "after", True),
        (F.STALL_AFTER, 201, "stall", True),
        (F.SLOW, 201, None, True),
        (F.CUT_BODY, 201, "truncate", True),
        (F.BROKEN_JSON, 201, None, True),
        (F.WRONG_JSON, 201, None, True),
        (F.WRONG_TEXT, 201, None, True),
        (F.NO_CALL_ID, 201, None, True),
    ],
)
def test_what_a_fault_does(name: F, status: int, cut: str | None, created: bool) -> None:
    """Each fault of a create has its status and cut, and the log says whether a call exists."""
    answer, sandbox = meet(name)
    entry = sandbox.log[0]
    assert (answer.status, answer.cut) == (status, cut)
    assert (entry.fault, entry.status) == (name, status)
    assert (entry.created, len(sandbox.calls), name not in BEFORE) == (created, created, created)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (F.THROTTLE, "2"),
        (F.THROTTLE_DATE, "Sun, 09 Sep 2001 01:46:42 GMT"),
        (F.THROTTLE_ABSURD, "1000000000"),
    ],
)
def test_throttling_asks_to_wait(name: F, expected: str) -> None:
    """`retry-after` comes as seconds, as a date, or absurd."""
    headers = meet(name)[0].headers
    assert (headers["retry-after"], headers["x-ratelimit-limiter"]) == (expected, "call")


def test_a_redirect_leads_to_the_same_path() -> None:
    """A client that follows a redirect comes back to the create."""
    assert meet(F.REDIRECT)[0].headers["location"] == "/v2/create-phone-call"


def test_spoiled_bodies() -> None:
    """Broken, wrong and incomplete bodies are what their names say."""
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(meet(F.BROKEN_JSON)[0].body)
    assert json.loads(meet(F.WRONG_JSON)[0].body) == []
    assert meet(F.WRONG_TEXT)[0].body == b"Created"
    call = json.loads(meet(F.NO_CALL_ID)[0].body)
    assert ("call_id" in call, call["call_status"]) == (False, "registered")
    assert meet(F.SLOW)[0].delay_s == 3.0


@pytest.mark.parametrize(
    ("name", "line", "status", "cut"),
    [
        (F.LIST_ERROR, "POST /v3/list-calls", 503, None),
        (F.LIST_RESET, "GET /list-calls", 500, "before"),
        (F.LIST_GARBAGE, "POST /v3/list-calls", 200, None),
        (F.GET_ERROR, "GET /v2/get-call/call_1", 500, None),
    ],
)
def test_reads_can_fail(name: F, line: str, status: int, cut: str | None) -> None:
    """Listings and looks have faults of their own, counted by themselves."""
    answer, sandbox = meet(name, line)
    assert (answer.status, answer.cut, sandbox.log[0].fault) == (status, cut, name)


def test_a_resend_with_the_key_survives_a_fault(create: Send) -> None:
    """After a 500 that created the call, the same key brings that call."""
    sandbox = Sandbox(SandboxPlan(faults=FaultPlan(script={1: F.ERROR_AFTER})))
    lost = create(sandbox, idempotency_key="att_1")
    found = create(sandbox, idempotency_key="att_1")
    assert (lost[0], found[0], list(sandbox.calls)) == (500, 201, [found[1]["call_id"]])


def test_a_refusal_is_never_spoiled(create: Send) -> None:
    """A fault after creation does nothing to a create that is refused."""
    sandbox = Sandbox(SandboxPlan(faults=FaultPlan(script={1: F.ERROR_AFTER})))
    assert (create(sandbox, metadata=3)[0], sandbox.log[0].fault) == (400, None)


def test_faults_by_number(create: Send) -> None:
    """A number's own script goes create by create, wins over the rest, and then is over."""
    faults = FaultPlan(
        by_number={"+14155550100": [F.ERROR_BEFORE, None]},
        script={2: F.WRONG_JSON, 3: F.WRONG_TEXT},
    )
    sandbox = Sandbox(SandboxPlan(faults=faults))
    for _ in range(3):
        create(sandbox)
    assert [entry.fault for entry in sandbox.log] == [F.ERROR_BEFORE, None, F.WRONG_TEXT]


def drawn(create: Send, numbers: list[str], **fields: Any) -> dict[str, str | None]:
    """Return which fault the first create to each number meets."""
    faults = FaultPlan(rates={F.ERROR_AFTER: 0.3, F.THROTTLE: 0.2}, **fields)
    sandbox = Sandbox(SandboxPlan(faults=faults, concurrency_limit=None))
    for number in numbers:
        create(sandbox, to_number=number)
    return dict(zip(numbers, (entry.fault for entry in sandbox.log), strict=True))


def test_rates_do_not_depend_on_the_order(create: Send) -> None:
    """The same numbers meet the same faults in any order; another seed draws others."""
    numbers = [f"+1415555{n:04}" for n in range(200)]
    once, turned = drawn(create, numbers), drawn(create, numbers[::-1])
    assert (once == turned, once == drawn(create, numbers, seed=1)) == (True, False)


def test_rates_are_kept(create: Send) -> None:
    """Faults come about as often as their rates say."""
    found = list(drawn(create, [f"+1415555{n:04}" for n in range(900)]).values())
    assert abs(found.count("error_after") / 900 - 0.3) < 0.05
    assert abs(found.count("throttle") / 900 - 0.2) < 0.05


def test_rates_of_reads(ask: Send) -> None:
    """Rates of listings and looks are drawn for those alone."""
    sandbox = Sandbox(SandboxPlan(faults=FaultPlan(rates={F.LIST_ERROR: 1.0, F.GET_ERROR: 1.0})))
    lines = ("POST /v3/list-calls", "GET /get-call/x", "GET /get-api-key-info")
    assert [ask(sandbox, line)[0] for line in lines] == [503, 500, 200]


def test_names_can_be_plain_text(create: Send) -> None:
    """A plan from a file names faults as text."""
    plan: dict[str, Any] = {"script": {1: "redirect"}, "rates": {"redirect_keeping": 1.0}}
    sandbox = Sandbox(SandboxPlan(faults=FaultPlan(**plan)))
    assert [create(sandbox)[0] for _ in range(2)] == [302, 307]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rates": {"explode": 0.1}},
        {"rates": {F.SLOW: 0.6, F.THROTTLE: 0.5}},
        {"script": {1: F.LIST_ERROR}},
        {"list_script": {1: F.SLOW}},
        {"get_script": {1: F.LIST_ERROR}},
        {"by_number": {"+14155550100": [None, F.GET_ERROR]}},
    ],
)
def test_plans_that_cannot_happen(wrong: dict[str, Any]) -> None:
    """Unknown faults, faults of another kind of request and rates above 1 are refused."""
    with pytest.raises(ConfigError):
        FaultPlan(**wrong)
