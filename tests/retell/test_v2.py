"""Today's dialect: what is sent, and what is made of what comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from campaign.model import EMPTY, Call, CallPage, CallQuery, CallRequest
from campaign.retell import v1, v2
from campaign.retell.wire import UnwritableError
from campaign.retell.wire_list import ListingError

MakeRequest = Callable[..., CallRequest]
BARE = {
    "from_number": "+14155550100",
    "to_number": "+14155550123",
    "idempotency_key": "att_000000000000000000000001",
    "honor_internal_dnc": True,
}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({}, {}),
        ({"agent_id": "agent_1"}, {"override_agent_id": "agent_1"}),
        ({"agent_id": ""}, {}),
        ({"agent_version": 0}, {"override_agent_version": 0}),
        ({"agent_version": "prod"}, {"override_agent_version": "prod"}),
        ({"agent_version": ""}, {}),
        ({"agent_override": {"agent": {"x": None}}}, {"agent_override": {"agent": {"x": None}}}),
        ({"metadata": {"a": 1, "b": None}}, {"metadata": {"a": 1, "b": None}}),
        ({"variables": {"n": "007"}}, {"retell_llm_dynamic_variables": {"n": "007"}}),
        ({"sip_headers": {"X-A": "b"}}, {"custom_sip_headers": {"X-A": "b"}}),
        ({"ignore_e164": True}, {"ignore_e164_validation": True}),
        ({"ignore_e164": False}, {}),
        ({"drop_machine": True, "own_agent": True, "own_caller": True}, {}),
    ],
)
def test_a_create_has_what_is_set_and_nothing_else(
    request_of: MakeRequest, changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    """Empty fields are left out; v2 has no field for dropping machines."""
    assert json.loads(v2.encode_create(request_of(**changes))) == {**BARE, **sent}


def test_no_idempotency_key_is_no_field(request_of: MakeRequest) -> None:
    """An empty key is left out."""
    body = json.loads(v2.encode_create(request_of(idempotency_key="")))
    assert "idempotency_key" not in body


def test_equal_requests_are_equal_bytes(request_of: MakeRequest) -> None:
    """The order of a row's columns does not change the body."""
    one = v2.encode_create(request_of(variables={"a": "1", "é": "ü"}, metadata={"x": 1, "y": 2}))
    two = v2.encode_create(request_of(variables={"é": "ü", "a": "1"}, metadata={"y": 2, "x": 1}))
    assert one == two


def test_a_variable_that_is_no_text_is_named(request_of: MakeRequest) -> None:
    """A number would be refused by the provider; the complaint names the field, not the value."""
    with pytest.raises(UnwritableError) as caught:
        v2.encode_create(request_of(variables={"balance": 4155550123}))
    assert str(caught.value) == (
        "the request cannot be written: "
        "retell_llm_dynamic_variables.balance: Input should be a valid string"
    )


FULL = {
    "call_type": "phone_call",
    "call_id": "call_1",
    "agent_id": "agent_1",
    "agent_version": 2,
    "agent_name": "Ana",
    "call_status": "ended",
    "direction": "outbound",
    "from_number": "+14155550100",
    "to_number": "+14155550123",
    "metadata": {"campaign_id": "cmp_1"},
    "retell_llm_dynamic_variables": {"n": "007"},
    "collected_dynamic_variables": {"wants": "tea"},
    "custom_sip_headers": {"X-A": "b"},
    "data_storage_setting": "everything",
    "opt_out_sensitive_data_storage": False,
    "start_timestamp": 1700000000000,
    "end_timestamp": 1700000060500,
    "duration_ms": 60000,
    "transcript": "Agent: hello",
    "recording_url": "https://example.test/r.wav",
    "public_log_url": "https://example.test/l.txt",
    "disconnection_reason": "a_new_reason",
    "call_analysis": {
        "call_summary": "tea",
        "in_voicemail": False,
        "user_sentiment": "Positive",
        "call_successful": True,
        "custom_analysis_data": {"score": 3},
        "new": 1,
    },
    "call_cost": {"combined_cost": 12.5, "total_duration_seconds": 60, "product_costs": []},
    "telephony_identifier": {"twilio_call_sid": "CA1"},
    "a_new_field": {},
}


def test_a_full_answer_becomes_a_call() -> None:
    """Every field that is kept finds its place, with its unit."""
    assert v2.parse_call(json.dumps(FULL).encode()) == Call(
        call_id="call_1",
        status="ended",
        to_number="+14155550123",
        from_number="+14155550100",
        agent_id="agent_1",
        metadata={"campaign_id": "cmp_1"},
        disconnection_reason="a_new_reason",
        started_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        ended_at=datetime(2023, 11, 14, 22, 14, 20, 500000, UTC),
        duration_s=60.0,
        cost_usd=0.125,
        summary="tea",
        sentiment="Positive",
        successful=True,
        in_voicemail=False,
        analysis={"score": 3},
        collected={"wants": "tea"},
        recording_url="https://example.test/r.wav",
        transcript="Agent: hello",
    )


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (b'{"call_id":"c"}', Call(call_id="c", status="registered")),
        (b'{"call_id":"c","call_status":"brand_new"}', Call(call_id="c", status="brand_new")),
        (b'{"call_id":"c","metadata":[1]}', Call(call_id="c", status="registered", metadata=EMPTY)),
        (b'{"call_id":""}', None),
        (b'{"call_id":7}', None),
        (b"{}", None),
        (b"[]", None),
        (b"created", None),
        (b"", None),
    ],
)
def test_a_call_needs_its_id_only(body: bytes, call: Call | None) -> None:
    """A missing status is the one that was given for it."""
    assert v2.parse_call(body, status="registered") == call


def test_an_id_is_quoted_in_a_path() -> None:
    """No id leads to another path."""
    assert v2.call_path("../a b?") == "/v2/get-call/..%2Fa%20b%3F"


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (CallQuery(campaign_id="cmp_1"), {"limit": 1000, "include_total": True}),
        (
            CallQuery(campaign_id="cmp_1", cursor="p2", limit=9999, since=datetime.now(UTC)),
            {"limit": 1000, "pagination_key": "p2"},
        ),
        (CallQuery(campaign_id="cmp_1", limit=0), {"limit": 1, "include_total": True}),
        (
            CallQuery(campaign_id="cmp_1", cursor="\0skip:50:a"),
            {"limit": 1000, "skip": 50, "include_total": True},
        ),
    ],
)
def test_a_page_is_asked_for_by_campaign(query: CallQuery, sent: dict[str, Any]) -> None:
    """The filter is the campaign's id alone: neither status nor start time."""
    ask = v2.ask_page(query)
    assert (ask.method, ask.target) == ("POST", "/v3/list-calls")
    assert json.loads(ask.body or b"") == {
        "filter_criteria": {
            "metadata": [{"key": "campaign_id", "type": "string", "op": "eq", "value": "cmp_1"}]
        },
        "sort_order": "descending",
        **sent,
    }


def test_a_page_can_be_narrowed_to_one_attempt() -> None:
    """Attempt and number are filters beside the campaign's id."""
    query = CallQuery(campaign_id="cmp_1", attempt_id="att_1", to_number="+14155550123")
    assert json.loads(v2.ask_page(query).body or b"")["filter_criteria"] == {
        "metadata": [
            {"key": "campaign_id", "type": "string", "op": "eq", "value": "cmp_1"},
            {"key": "attempt_id", "type": "string", "op": "eq", "value": "att_1"},
        ],
        "to_number": {"type": "string", "op": "eq", "value": "+14155550123"},
    }


def item(call_id: str, campaign: Any = "cmp_1") -> dict[str, Any]:
    """Return an item of a listing."""
    return {"call_id": call_id, "call_status": "ended", "metadata": {"campaign_id": campaign}}


def listed(call_id: str, campaign: str = "cmp_1") -> Call:
    """Return the call of an item."""
    return Call(call_id=call_id, status="ended", metadata={"campaign_id": campaign})


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ({"items": []}, CallPage(calls=())),
        (
            {"items": [item("a"), 7, {}], "has_more": True, "pagination_key": "p2", "total": 3},
            CallPage(calls=(listed("a"),), cursor="p2", total=3),
        ),
        (
            {"items": [item("a")], "has_more": False, "pagination_key": "p2"},
            CallPage(calls=(listed("a"),)),
        ),
        (
            {"items": [item("a")], "pagination_key": "p2"},
            CallPage(calls=(listed("a"),), cursor="p2"),
        ),
        (
            {"items": [item("a")], "has_more": True},
            CallPage(calls=(listed("a"),), cursor="\0skip:1:a"),
        ),
        (
            {"items": [item("a"), 7], "total": 3},
            CallPage(calls=(listed("a"),), cursor="\0skip:2:a", total=3),
        ),
        ({"items": [7], "total": 3}, CallPage(calls=(), cursor="\0skip:1:", total=3)),
        ({"items": [item("a")], "total": 1}, CallPage(calls=(listed("a"),), total=1)),
        (
            {"items": [item("a")] * 1000},
            CallPage(calls=(listed("a"),) * 1000, cursor="\0skip:1000:a"),
        ),
        ({"items": [], "total": 9}, CallPage(calls=(), total=9)),
        ({"items": [item("a", "other"), item("b", [1])]}, CallPage(calls=())),
        (
            {"items": [{"call_id": "a", "call_status": "ended"}]},
            CallPage(calls=(Call(call_id="a", status="ended"),)),
        ),
    ],
)
def test_a_page_has_the_campaign_s_calls(answer: dict[str, Any], page: CallPage) -> None:
    """Other campaigns' calls and unreadable items are left out."""
    assert v2.parse_page(json.dumps(answer).encode(), CallQuery(campaign_id="cmp_1")) == page


@pytest.mark.parametrize(
    ("body", "complaint", "final"),
    [
        (b"[]", "no readable list", False),
        (b'{"items": 3}', "no readable list", False),
        (b'{"items": [], "has_more": true}', "does not say where", True),
        (b'{"items": [], "pagination_key": "p2"}', "same page again", True),
    ],
)
def test_a_listing_that_cannot_be_walked_is_said(body: bytes, complaint: str, final: bool) -> None:
    """A short list would be taken for the whole, so there is none."""
    with pytest.raises(ListingError, match=complaint) as caught:
        v2.parse_page(body, CallQuery(campaign_id="cmp_1", cursor="p2"))
    assert caught.value.final == final


def test_a_server_without_keys_is_walked_by_skipping() -> None:
    """The next page skips what was shown; the same page again is no next page."""
    query = CallQuery(campaign_id="cmp_1", cursor="\0skip:2:a")
    page = v2.parse_page(json.dumps({"items": [item("c")], "has_more": True}).encode(), query)
    assert page.cursor == "\0skip:3:c"
    with pytest.raises(ListingError, match="same page again"):
        v2.parse_page(json.dumps({"items": [item("a")], "has_more": True}).encode(), query)


@pytest.mark.parametrize("call_id", [None, "", 7])
def test_a_call_of_the_campaign_without_an_id_is_not_left_out(call_id: object) -> None:
    """It is somebody who was called: a list without it would be taken for proof that nobody was."""
    items = [{**item("a"), "call_id": call_id}]
    with pytest.raises(ListingError, match="no readable id"):
        v2.parse_page(json.dumps({"items": items}).encode(), CallQuery(campaign_id="cmp_1"))
    with pytest.raises(ListingError, match="no readable id"):
        v1.parse_page(json.dumps(items).encode(), CallQuery(campaign_id="cmp_1"))
