"""Listings: filters, order, pages, lag; v3 and v1."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.sandbox import CallScript, Limits, Sandbox, SandboxPlan

Send = Callable[..., tuple[int, Any]]
NUMBERS = [f"+141555501{n:02}" for n in range(5)]
LIST = "POST /v3/list-calls"
T0_MS = 1_763_800_000_000
SCRIPTS = {
    NUMBERS[0]: [CallScript(disconnection_reason="dial_busy", ring_s=2)],
    NUMBERS[1]: [
        CallScript(
            disconnection_reason="user_hangup",
            ring_s=5,
            talk_s=20,
            analysis={"call_successful": True, "user_sentiment": "Positive", "in_voicemail": False},
            analysis_delay_s=1,
        )
    ],
    NUMBERS[2]: [CallScript(disconnection_reason="user_hangup", ring_s=5, talk_s=500)],
    NUMBERS[3]: [CallScript(disconnection_reason="error_asr", ring_s=1, talk_s=1, analyzed=False)],
    NUMBERS[4]: [CallScript(disconnection_reason="user_hangup", ring_s=500)],
}


def five(create: Send, **fields: Any) -> Sandbox:
    """Return a sandbox with five calls, one a second: busy, ended, ongoing, error, registered."""
    limits = Limits(lists_per_10s=None)
    sandbox = Sandbox(SandboxPlan(speed=1, scripts=SCRIPTS, limits=limits, **fields))
    for n, number in enumerate(NUMBERS):
        create(
            sandbox,
            at_s=n,
            to_number=number,
            metadata={"campaign_id": "cmp_a" if n < 3 else "cmp_b", "row": n},
            retell_llm_dynamic_variables={"name": f"Name {n}"},
            override_agent_id=f"agent_{n % 2}",
        )
    return sandbox


def shown(body: Any) -> list[int]:
    """Return which of the five calls a listing has, in its order."""
    items = body["items"] if isinstance(body, dict) else body
    return [NUMBERS.index(item["to_number"]) for item in items]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"call_status": {"type": "enum", "op": "in", "value": ["ended", "error"]}}, [3, 1]),
        ({"call_status": {"type": "enum", "op": "in", "value": ["not_connected"]}}, [0]),
        ({"call_status": {"type": "enum", "op": "in", "value": ["ongoing"]}}, [2]),
        ({"call_type": {"type": "enum", "op": "in", "value": ["web_call"]}}, []),
        ({"direction": {"type": "enum", "op": "in", "value": ["outbound"]}}, [4, 3, 2, 1, 0]),
        ({"to_number": {"type": "string", "op": "eq", "value": NUMBERS[3]}}, [3]),
        ({"to_number": {"type": "string", "op": "ne", "value": NUMBERS[3]}}, [4, 2, 1, 0]),
        ({"to_number": {"type": "string", "op": "ew", "value": "02"}}, [2]),
        ({"to_number": {"type": "string", "op": "co", "value": "50101"}}, [1]),
        ({"from_number": {"type": "string", "op": "sw", "value": "+1415777"}}, [4, 3, 2, 1, 0]),
        ({"start_timestamp": {"type": "number", "op": "gt", "value": 0}}, [3, 2, 1]),
        ({"start_timestamp": {"type": "number", "op": "le", "value": T0_MS + 4000}}, [3]),
        ({"start_timestamp": {"type": "number", "op": "lt", "value": T0_MS + 4000}}, []),
        ({"start_timestamp": {"type": "number", "op": "eq", "value": T0_MS + 6000}}, [1]),
        ({"start_timestamp": {"type": "number", "op": "ne", "value": T0_MS + 6000}}, [3, 2]),
        (
            {"end_timestamp": {"type": "range", "op": "bt", "value": [T0_MS + 2000, T0_MS + 5000]}},
            [3, 0],
        ),
        ({"duration_ms": {"type": "number", "op": "ge", "value": 20_000}}, [1]),
        ({"disconnection_reason": {"type": "enum", "op": "in", "value": ["dial_busy"]}}, [0]),
        ({"batch_call_id": {"type": "string", "op": "eq", "value": "batch_1"}}, []),
        ({"user_sentiment": {"type": "enum", "op": "in", "value": ["Positive"]}}, [1]),
        ({"call_successful": {"type": "boolean", "op": "eq", "value": True}}, [1]),
        ({"in_voicemail": {"type": "boolean", "op": "eq", "value": True}}, []),
        (
            {"metadata": [{"key": "campaign_id", "type": "string", "op": "eq", "value": "cmp_a"}]},
            [2, 1, 0],
        ),
        ({"metadata": [{"key": "row", "type": "string", "op": "eq", "value": "1"}]}, []),
        ({"metadata": [{"key": "none", "type": "string", "op": "ne", "value": "1"}]}, []),
        (
            {
                "metadata": [{"key": "campaign_id", "type": "string", "op": "sw", "value": "cmp"}],
                "dynamic_variables": [
                    {"key": "name", "type": "string", "op": "eq", "value": "Name 4"}
                ],
            },
            [4],
        ),
    ],
)
def test_filters(ask: Send, create: Send, criteria: dict[str, Any], expected: list[int]) -> None:
    """All filters must hold; a field that a call does not have yet never matches."""
    status, body = ask(five(create), LIST, {"filter_criteria": criteria}, at_s=60)
    assert (status, shown(body)) == (200, expected)


def test_calls_are_found_by_their_ids(ask: Send, create: Send) -> None:
    """`call_id` takes one id, or an enum of many."""
    sandbox = five(create)
    ids = list(sandbox.calls)
    one = {"call_id": {"type": "string", "op": "eq", "value": ids[2]}}
    many = {"call_id": {"type": "enum", "op": "in", "value": [ids[0], ids[4], "call_x"]}}
    found = [shown(ask(sandbox, LIST, {"filter_criteria": c}, at_s=60)[1]) for c in (one, many)]
    assert found == [[2], [4, 0]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "request/body must be valid JSON"),
        ([], "request/body must be object"),
        ({"filter": {}}, "request/body must NOT have additional properties: filter"),
        ({"limit": 0}, "request/body/limit must be >= 1"),
        ({"limit": 1001}, "request/body/limit must be <= 1000"),
        ({"limit": "9"}, "request/body/limit must be integer"),
        ({"skip": True}, "request/body/skip must be integer"),
        (
            {"skip": 1, "pagination_key": "x"},
            "request/body must have either skip or pagination_key",
        ),
        ({"pagination_key": "call_x"}, "Invalid pagination_key: call_x"),
        ({"pagination_key": 4}, "request/body/pagination_key must be string"),
        ({"include_total": 1}, "request/body/include_total must be boolean"),
        (
            {"sort_order": "up"},
            "request/body/sort_order must be equal to one of the allowed values",
        ),
        ({"sort_order": []}, "request/body/sort_order must be equal to one of the allowed values"),
        ({"filter_criteria": []}, "request/body/filter_criteria must be object"),
    ],
)
def test_listings_that_cannot_be_understood(ask: Send, body: object, message: str) -> None:
    """A listing with a wrong part is a 400 of the gateway."""
    assert ask(Sandbox(), LIST, body) == (400, {"error_message": message})


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"colour": {}}, " must NOT have additional properties: colour"),
        ({"to_number": "+1415"}, "/to_number must be object"),
        (
            {"to_number": {"type": "enum", "op": "in", "value": []}},
            "/to_number must match a schema of type string",
        ),
        (
            {"to_number": {"type": "string", "op": "gt", "value": "1"}},
            "/to_number must match a schema of type string",
        ),
        (
            {"to_number": {"type": "string", "op": "eq", "value": 1}},
            "/to_number/value must be a value of type string",
        ),
        (
            {"call_type": {"type": "enum", "op": "in", "value": [1]}},
            "/call_type/value must be a value of type enum",
        ),
        (
            {"start_timestamp": {"type": "range", "op": "bt", "value": [1]}},
            "/start_timestamp/value must be a value of type range",
        ),
        (
            {"start_timestamp": {"type": "number", "op": "eq", "value": "1"}},
            "/start_timestamp/value must be a value of type number",
        ),
        (
            {"in_voicemail": {"type": "boolean", "op": "eq", "value": 1}},
            "/in_voicemail/value must be a value of type boolean",
        ),
        (
            {"call_status": {"type": "enum", "op": "in", "value": ["registered"]}},
            "/call_status must be equal to one of the allowed values",
        ),
        ({"metadata": {"campaign_id": "x"}}, "/metadata must be array"),
        ({"metadata": ["x"]}, "/metadata must have required property 'key'"),
        (
            {"metadata": [{"key": "a", "type": "number", "op": "eq", "value": 1}]},
            "/metadata must match a schema of type string",
        ),
    ],
)
def test_filters_that_cannot_be_understood(
    ask: Send, criteria: dict[str, Any], message: str
) -> None:
    """A filter with a wrong name, type, operation or value is a 400 that names it."""
    expected = {"error_message": f"request/body/filter_criteria{message}"}
    assert ask(Sandbox(), LIST, {"filter_criteria": criteria}) == (400, expected)


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_pages_by_key(ask: Send, create: Send, order: str) -> None:
    """Pages by key show every call once, in order, and the last one has no key."""
    sandbox = five(create)
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2, "sort_order": order}
    for has_more in (True, True, False):
        _, body = ask(sandbox, LIST, query, at_s=60)
        seen += shown(body)
        assert (body["has_more"], "pagination_key" in body, "total" in body) == (
            has_more,
            has_more,
            False,
        )
        query["pagination_key"] = body.get("pagination_key")
    assert seen == ([0, 1, 2, 3, 4] if order == "ascending" else [4, 3, 2, 1, 0])


def test_pages_by_skip(ask: Send, create: Send) -> None:
    """Calls can be skipped, and the total counts them and everything before a key."""
    sandbox = five(create)
    body = {"limit": 2, "skip": 2, "include_total": True}
    _, skipped = ask(sandbox, LIST, body, at_s=60)
    key = skipped["pagination_key"]
    _, rest = ask(sandbox, LIST, {"pagination_key": key, "include_total": True}, at_s=60)
    assert (shown(skipped), skipped["has_more"], skipped["total"]) == ([2, 1], True, 5)
    assert (shown(rest), rest["has_more"], rest["total"]) == ([0], False, 5)


def test_an_empty_body_lists_everything(ask: Send, create: Send) -> None:
    """A listing needs no body."""
    assert shown(ask(five(create), LIST, at_s=60)[1]) == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("recordings", [True, False])
def test_items_leave_out_the_transcript(ask: Send, create: Send, recordings: bool) -> None:
    """An item is what get-call shows without transcript and log, and where planned recording."""
    sandbox = five(create, list_recordings=recordings)
    _, body = ask(sandbox, LIST, {"limit": 1, "skip": 3}, at_s=60)
    (item,) = body["items"]
    _, call = ask(sandbox, f"GET /v2/get-call/{item['call_id']}", at_s=60)
    left_out = {"transcript", "public_log_url"} | (set() if recordings else {"recording_url"})
    assert call.keys() - item.keys() == left_out
    assert {name: call[name] for name in item} == item


@pytest.mark.parametrize("line", ["POST /v3/list-calls", "GET /list-calls"])
def test_listings_can_lag(ask: Send, create: Send, line: str) -> None:
    """A call shows up in listings only after the lag; get-call knows it at once."""
    sandbox = five(create, listing_lag_s=10)
    first = next(iter(sandbox.calls))
    assert shown(ask(sandbox, line, at_s=9.9)[1]) == []
    assert shown(ask(sandbox, line, at_s=11)[1]) == [1, 0]
    assert ask(sandbox, f"GET /v2/get-call/{first}", at_s=4)[0] == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("sort_order=ascending&limit=2", [0, 1]),
        ("filter_criteria[agent_id][]=agent_1", [3, 1]),
        ("filter_criteria%5Bagent_id%5D%5B%5D=agent_1&filter_criteria[agent_id][]=x", [3, 1]),
        (f"filter_criteria[after_start_timestamp]={T0_MS + 5000}", [2, 1]),
        (f"filter_criteria[before_start_timestamp]={T0_MS + 5000}", [3]),
        (f"filter_criteria[after_end_timestamp]={T0_MS + 5000}", [3, 1]),
        (f"filter_criteria[before_end_timestamp]={T0_MS + 4000}", [0]),
    ],
)
def test_v1_lists_a_bare_array(ask: Send, create: Send, query: str, expected: list[int]) -> None:
    """V1 filters by agent and time in bracketed parameters and answers an array of v1 calls."""
    status, calls = ask(five(create), f"GET /list-calls?{query}", at_s=60)
    assert (status, shown(calls)) == (200, expected)
    assert {call["audio_encoding"] for call in calls} == {"mulaw"}


def test_v1_pages_by_key(ask: Send, create: Send) -> None:
    """V1 goes on after the call that the key names."""
    sandbox = five(create)
    _, first = ask(sandbox, "GET /list-calls?limit=2", at_s=60)
    key = first[-1]["call_id"]
    _, rest = ask(sandbox, f"GET /list-calls?pagination_key={key}", at_s=60)
    assert (shown(first), shown(rest)) == ([4, 3], [2, 1, 0])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=x", "request/query/limit must be integer"),
        ("limit=", "request/query/limit must be integer"),
        (
            "filter_criteria[metadata][]=x",
            "request/query must NOT have additional properties: filter_criteria[metadata][]",
        ),
        ("pagination_key=call_x", "Invalid pagination_key: call_x"),
        (
            "filter_criteria[after_end_timestamp]=now",
            "request/query/after_end_timestamp must be integer",
        ),
    ],
)
def test_v1_listings_that_cannot_be_understood(ask: Send, query: str, message: str) -> None:
    """A v1 listing with a wrong parameter is a 400."""
    assert ask(Sandbox(), f"GET /list-calls?{query}") == (400, {"error_message": message})


@settings(max_examples=40)
@given(limit=st.integers(1, 7), count=st.integers(0, 12))
def test_pages_add_up(limit: int, count: int) -> None:
    """Whatever the page size, paging shows every call exactly once."""
    sandbox = Sandbox(SandboxPlan(limits=Limits(lists_per_10s=None)))
    headers = {"authorization": "Bearer k"}
    for n in range(count):
        body = {"from_number": "+14157774444", "to_number": f"+1415555{n:04}"}
        raw = json.dumps(body).encode()
        sandbox.answer("POST", "/v2/create-phone-call", headers, raw, 1e9 + n)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    for _ in range(count + 1):
        raw = json.dumps(query).encode()
        page = json.loads(sandbox.answer("POST", "/v3/list-calls", headers, raw, 2e9).body)
        seen += [item["call_id"] for item in page["items"]]
        if not page["has_more"]:
            break
        query["pagination_key"] = page["pagination_key"]
    assert seen == list(sandbox.calls)[::-1]
