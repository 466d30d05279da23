"""Reading what a server should not have written, and writing the same bytes each time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import Account, CallerNumber, Concurrency
from campaign.retell import v1, v2, wire, wire_account
from campaign.retell.wire_calls import CallV1, CallV2, CreateV2

DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (
            b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1.5}',
            {"a": None, "b": None, "c": None, "d": 1.5},
        ),
        (b'{"a": "\\ud800"}', {"a": "?"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "x\ny"}', {"a": "x\ny"}),
    ],
)
def test_a_body_with_a_flaw_is_read(body: bytes, value: Any) -> None:
    """A byte order mark, NaN, half a character or a raw line break costs nothing else."""
    assert wire.load(body) == value


@pytest.mark.parametrize("body", [b"", b"no", b'{"a": ', DEEP])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    """There is one error for it, whatever is wrong."""
    with pytest.raises(ValueError, match=r"JSON|Expecting|EOF|nested|expected"):
        wire.load(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'"x"', b"null"])
def test_only_an_object_is_an_object(body: bytes) -> None:
    """JSON that is something else is no object."""
    assert wire.load_object(body) is None


ODD = st.sampled_from([None, 1, -1, 1.5, 1e300, -1e300, True, "", "x", [], [1], {}, {"a": [1]}])


@settings(max_examples=150)
@given(odd=st.dictionaries(st.sampled_from(sorted(CallV2.model_fields)), ODD))
def test_no_odd_field_costs_a_v2_call_its_id(odd: dict[str, Any]) -> None:
    """Whatever the other fields are, a call with an id is a call."""
    call = v2.parse_call(json.dumps({**odd, "call_id": "call_1"}).encode())
    assert call is not None
    assert call.call_id == "call_1"


@settings(max_examples=100)
@given(odd=st.dictionaries(st.sampled_from(sorted(CallV1.model_fields)), ODD))
def test_no_odd_field_costs_a_v1_call_its_id(odd: dict[str, Any]) -> None:
    """Whatever the other fields are, a call with an id is a call."""
    call = v1.parse_call(json.dumps({**odd, "call_id": "call_1"}).encode())
    assert call is not None
    assert call.call_id == "call_1"


@settings(max_examples=100)
@given(body=st.binary(max_size=40))
def test_no_bytes_raise(body: bytes) -> None:
    """A body of any bytes is a call or none."""
    assert (v1.parse_call(body), v2.parse_call(body)) == (None, None)


@pytest.mark.parametrize(
    ("times", "started", "ended", "duration_s"),
    [
        (
            {"start_timestamp": 1703302407333},
            datetime(2023, 12, 23, 3, 33, 27, 333000, UTC),
            None,
            None,
        ),
        (
            {"start_timestamp": "1000", "end_timestamp": 3500.0},
            datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 0, 3, 500000, UTC),
            2.5,
        ),
        (
            {"start_timestamp": 3000, "end_timestamp": 1000},
            datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            None,
        ),
        ({"start_timestamp": 0, "end_timestamp": 1e300}, None, None, None),
        (
            {"start_timestamp": 1000, "end_timestamp": 3500, "duration_ms": 2000},
            datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            datetime(1970, 1, 1, 0, 0, 3, 500000, UTC),
            2.0,
        ),
        ({"duration_ms": 0}, None, None, 0.0),
        ({"duration_ms": -1}, None, None, None),
    ],
)
def test_times_become_moments_and_seconds(
    times: dict[str, Any],
    started: datetime | None,
    ended: datetime | None,
    duration_s: float | None,
) -> None:
    """Milliseconds are moments; a duration is the provider's own, else end minus start."""
    call = v2.parse_call(json.dumps({"call_id": "c", **times}).encode())
    assert call is not None
    assert (call.started_at, call.ended_at, call.duration_s) == (started, ended, duration_s)


@pytest.mark.parametrize(
    ("cost", "dollars"),
    [
        ({"combined_cost": 70}, 0.7),
        ({"combined_cost": 0}, 0.0),
        ({"combined_cost": -1}, None),
        ({"combined_cost": "many"}, None),
        ({}, None),
        ([], None),
    ],
)
def test_cents_become_dollars(cost: Any, dollars: float | None) -> None:
    """The combined cost is in cents."""
    call = v2.parse_call(json.dumps({"call_id": "c", "call_cost": cost}).encode())
    assert call is not None
    assert call.cost_usd == dollars


@pytest.mark.parametrize(
    "bad",
    [
        {"metadata": {"a": float("nan")}},
        {"metadata": {"a": object()}},
        {"metadata": {"a": "\ud800"}},
        {"metadata": {"a": {1: 1, "b": 2}}},
    ],
)
def test_what_json_does_not_have_cannot_be_written(bad: dict[str, Any]) -> None:
    """Nothing but clean JSON is ever sent."""
    body = CreateV2(from_number="+14155550100", to_number="+14155550123", **bad)
    with pytest.raises(wire.UnwritableError, match="cannot be written as JSON"):
        wire.encode(body)


@pytest.mark.parametrize(
    ("body", "account"),
    [
        (
            b'{"org_id":"o","org_name":"n","api_key_name":"k","more":1}',
            Account(org_id="o", org_name="n", api_key_name="k"),
        ),
        (b'{"org_id":"o","org_name":1}', Account(org_id="o")),
        (b'{"org_id":""}', None),
        (b"[]", None),
    ],
)
def test_an_account_is_its_org_id(body: bytes, account: Account | None) -> None:
    """Names may be missing, the id may not."""
    assert wire_account.account(body) == account


@pytest.mark.parametrize(
    ("fields", "concurrency"),
    [
        ({"current_concurrency": 3, "concurrency_limit": 20}, Concurrency(current=3, limit=20)),
        (
            {
                "current_concurrency": 0,
                "concurrency_limit": 20,
                "reserved_inbound_concurrency": 5,
                "concurrency_burst_enabled": True,
                "concurrency_burst_limit": 60,
            },
            Concurrency(current=0, limit=20, reserved_inbound=5, burst_limit=60),
        ),
        (
            {
                "current_concurrency": 0,
                "concurrency_limit": 20,
                "concurrency_burst_enabled": False,
                "concurrency_burst_limit": 60,
            },
            Concurrency(current=0, limit=20),
        ),
        (
            {"current_concurrency": 0, "concurrency_limit": 20, "concurrency_burst_limit": 0},
            Concurrency(current=0, limit=20),
        ),
        ({"current_concurrency": 0}, None),
        ({"current_concurrency": -1, "concurrency_limit": 20}, None),
    ],
)
def test_concurrency_needs_both_numbers(
    fields: dict[str, Any], concurrency: Concurrency | None
) -> None:
    """A burst limit counts only while bursts are on."""
    assert wire_account.concurrency(json.dumps(fields).encode()) == concurrency


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        (
            {
                "phone_number": "+14155550100",
                "phone_number_type": "retell-twilio",
                "outbound_agents": [{"agent_id": "a", "weight": 0.5}, "b", {"weight": 1}, 7],
                "allowed_outbound_country_list": ["US", "CA"],
            },
            CallerNumber(
                number="+14155550100",
                kind="retell-twilio",
                outbound_agents=("a", "b"),
                allowed_countries=("US", "CA"),
            ),
        ),
        (
            {"outbound_agents": [], "outbound_agent_id": "a", "allowed_outbound_country_list": []},
            CallerNumber(number="+14155550100", outbound_agents=("a",)),
        ),
        ({}, CallerNumber(number="+14155550100", outbound_agents=None)),
        ({"outbound_agents": []}, CallerNumber(number="+14155550100", outbound_agents=())),
        ([], None),
    ],
)
def test_a_caller_number_names_its_agents(fields: Any, number: CallerNumber | None) -> None:
    """Agents come as objects, as ids, or as one older field; an empty list of countries is all."""
    assert wire_account.caller_number(json.dumps(fields).encode(), "+14155550100") == number
