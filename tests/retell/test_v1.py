"""The old dialect: what is sent, and the walk back in time that stands in for a filter."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import Call, CallQuery, CallRequest
from campaign.retell import v1
from campaign.retell.wire import UnwritableError
from campaign.retell.wire_list import ListingError

MakeRequest = Callable[..., CallRequest]
BARE = {"from_number": "+14155550100", "to_number": "+14155550123"}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({}, {}),
        ({"agent_id": "agent_1"}, {"override_agent_id": "agent_1"}),
        ({"metadata": {"a": 1}}, {"metadata": {"a": 1}}),
        ({"variables": {"n": "007"}}, {"retell_llm_dynamic_variables": {"n": "007"}}),
        ({"drop_machine": True}, {"drop_call_if_machine_detected": True}),
        ({"drop_machine": False}, {"drop_call_if_machine_detected": False}),
        ({"agent_version": 3, "sip_headers": {"X-A": "b"}, "ignore_e164": True}, {}),
    ],
)
def test_a_create_has_the_fields_of_v1(
    request_of: MakeRequest, changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    """What v1 does not know is not sent."""
    assert json.loads(v1.encode_create(request_of(**changes))) == {**BARE, **sent}


def test_a_variable_that_is_no_text_cannot_be_sent(request_of: MakeRequest) -> None:
    """The complaint names the field."""
    with pytest.raises(UnwritableError, match=r"retell_llm_dynamic_variables\.n"):
        v1.encode_create(request_of(variables={"n": 7}))


def test_a_v1_answer_becomes_a_call() -> None:
    """v1's own fields are read over; there is no cost, and the duration is end minus start."""
    body = {
        "call_id": "call_1",
        "agent_id": "agent_1",
        "audio_websocket_protocol": "twilio",
        "audio_encoding": "mulaw",
        "sample_rate": 8000,
        "call_status": "ended",
        "end_call_after_silence_ms": 600000,
        "from_number": "+14155550100",
        "to_number": "+14155550123",
        "direction": "outbound",
        "drop_call_if_machine_detected": True,
        "opt_out_sensitive_data_storage": False,
        "start_timestamp": 1000,
        "end_timestamp": 2500,
        "disconnection_reason": "machine_detected",
        "call_cost": {"combined_cost": 10},
    }
    assert v1.parse_call(json.dumps(body).encode()) == Call(
        call_id="call_1",
        status="ended",
        to_number="+14155550123",
        from_number="+14155550100",
        agent_id="agent_1",
        disconnection_reason="machine_detected",
        started_at=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        ended_at=datetime(1970, 1, 1, 0, 0, 2, 500000, UTC),
        duration_s=1.5,
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"call_id": null}'])
def test_a_v1_call_needs_its_id(body: bytes) -> None:
    """Without an id there is no call."""
    assert v1.parse_call(body) is None


def test_an_id_is_quoted_in_a_v1_path() -> None:
    """No id leads to another path."""
    assert v1.call_path("a/b") == "/get-call/a%2Fb"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (CallQuery(campaign_id="c"), {"limit": ["1000"]}),
        (
            CallQuery(campaign_id="c", cursor="1700000000001:3", limit=5),
            {"limit": ["5"], "filter_criteria[before_start_timestamp]": ["1700000000001"]},
        ),
    ],
)
def test_a_page_is_asked_for_by_time(query: CallQuery, fields: dict[str, list[str]]) -> None:
    """Newest first, and from the second page on what started before the last one."""
    ask = v1.ask_page(query)
    parts = urlsplit(ask.target)
    assert (ask.method, ask.body, parts.path) == ("GET", None, "/list-calls")
    assert parse_qs(parts.query) == {"sort_order": ["descending"], **fields}


def item(call_id: str, start_ms: int | None, campaign: str = "c") -> dict[str, Any]:
    """Return an item of a v1 listing."""
    start = {} if start_ms is None else {"start_timestamp": start_ms}
    return {"call_id": call_id, "metadata": {"campaign_id": campaign}, **start}


@pytest.mark.parametrize(
    ("items", "query", "ids", "cursor"),
    [
        ([], CallQuery(campaign_id="c"), [], None),
        ([item("a", 5), item("b", 3, "x"), 7], CallQuery(campaign_id="c"), ["a"], "4:1"),
        ([item("a", None), {"call_status": "ended"}], CallQuery(campaign_id="c"), ["a"], None),
        ([item("a", 5)], CallQuery(campaign_id="c", cursor="9:4"), ["a"], "6:5"),
        ([item("a", 5)], CallQuery(campaign_id="c", cursor="6:4"), ["a"], None),
        (
            [item("a", 5000)],
            CallQuery(campaign_id="c", since=datetime(1970, 1, 1, 0, 0, 6, tzinfo=UTC)),
            ["a"],
            None,
        ),
        (
            [item("a", 7000)],
            CallQuery(campaign_id="c", since=datetime(1970, 1, 1, 0, 0, 6, tzinfo=UTC)),
            ["a"],
            "7001:1",
        ),
    ],
)
def test_a_page_says_where_the_walk_goes_on(
    items: list[Any], query: CallQuery, ids: list[str], cursor: str | None
) -> None:
    """The walk goes on from the oldest start, and ends where nothing older comes."""
    page = v1.parse_page(json.dumps(items).encode(), query)
    assert ([call.call_id for call in page.calls], page.cursor) == (ids, cursor)


@pytest.mark.parametrize(
    ("body", "query", "complaint", "final"),
    [
        (b"nothing", CallQuery(campaign_id="c"), "no readable list", False),
        (b'{"items": []}', CallQuery(campaign_id="c"), "no readable list", False),
        (
            b'[{"start_timestamp": 5}]',
            CallQuery(campaign_id="c", cursor="6:1", limit=1),
            "same page",
            True,
        ),
        (b'[{"call_id": "a"}]', CallQuery(campaign_id="c", limit=1), "same page", True),
        (
            b'[{"start_timestamp": 5}]',
            CallQuery(campaign_id="c", cursor="9:999"),
            "1000 pages",
            True,
        ),
    ],
)
def test_a_v1_listing_that_cannot_be_walked_is_said(
    body: bytes, query: CallQuery, complaint: str, final: bool
) -> None:
    """A server that ignores the time, or a list without end, is not taken for a whole list."""
    with pytest.raises(ListingError, match=complaint) as caught:
        v1.parse_page(body, query)
    assert caught.value.final == final


@settings(max_examples=60)
@given(
    starts=st.lists(st.integers(1, 30), max_size=40),
    limit=st.integers(6, 12),
    ours=st.integers(1, 3),
)
def test_the_walk_finds_every_call(starts: list[int], limit: int, ours: int) -> None:
    """Page by page, every call of the campaign is met, as long as a moment fits on a page."""
    capped = [start for n, start in enumerate(starts) if starts[:n].count(start) < 5]
    calls = [item(f"id{n}", start, "c" if n % ours == 0 else "x") for n, start in enumerate(capped)]
    calls.sort(key=lambda call: -call["start_timestamp"])
    found: set[str] = set()
    cursor: str | None = None
    while True:
        query = CallQuery(campaign_id="c", cursor=cursor, limit=limit)
        fields = parse_qs(urlsplit(v1.ask_page(query).target).query)
        before = int(fields.get("filter_criteria[before_start_timestamp]", ["99"])[0])
        listed = [call for call in calls if call["start_timestamp"] < before][:limit]
        page = v1.parse_page(json.dumps(listed).encode(), query)
        found |= {call.call_id for call in page.calls}
        if page.cursor is None:
            break
        cursor = page.cursor
    assert found == {call["call_id"] for call in calls if call["metadata"]["campaign_id"] == "c"}
