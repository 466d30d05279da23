"""Reads over a network that is a function: calls, listings, the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from campaign.model import (
    Account,
    Call,
    CallerNumber,
    CallPage,
    CallQuery,
    Concurrency,
    Fault,
    FaultKind,
    Missing,
)
from campaign.retell import RetellProvider

pytestmark = pytest.mark.anyio

MakeProvider = Callable[..., RetellProvider]
MakeWire = Callable[..., Any]
Result = httpx.Response | Exception
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)


def json_answer(value: Any, status: int = 200) -> httpx.Response:
    """Return an answer in JSON."""
    return httpx.Response(status, json=value)


def text_answer(text: str, status: int, **headers: str) -> httpx.Response:
    """Return an answer in plain text."""
    return httpx.Response(status, text=text, headers=headers)


@pytest.mark.parametrize(
    ("api", "path"), [("v2", "/v2/get-call/call_1"), ("v1", "/get-call/call_1")]
)
async def test_a_call_is_asked_for(
    provider_of: MakeProvider, wire_of: MakeWire, api: str, path: str
) -> None:
    """Each dialect has its path."""
    wire = wire_of(json_answer({"call_id": "call_1", "call_status": "ongoing"}))
    call = await provider_of(transport=wire.transport, api=api).get("call_1")
    (sent,) = wire.sent
    assert call == Call(call_id="call_1", status="ongoing")
    assert (sent.method, sent.url.path, sent.content) == ("GET", path, b"")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (text_answer("", 404), Missing(message="HTTP 404")),
        (json_answer({"message": "no"}, 422), Missing(message="no (HTTP 422)")),
        (
            text_answer("Cannot GET /v2/get-call/call_1", 404),
            Fault(
                kind=FaultKind.RUN,
                status=404,
                message=(
                    "Cannot GET /v2/get-call/call_1 (HTTP 404); "
                    "the base URL is wrong: --base-url must lead to the API itself"
                ),
            ),
        ),
        (
            json_answer({"call_id": "call_2"}),
            Fault(
                kind=FaultKind.UNKNOWN,
                status=200,
                message="the answer has no readable call 'call_1' (HTTP 200)",
            ),
        ),
        (
            json_answer({}),
            Fault(
                kind=FaultKind.UNKNOWN,
                status=200,
                message="the answer has no readable call (HTTP 200)",
            ),
        ),
        (text_answer("", 500), Fault(kind=FaultKind.UNKNOWN, status=500, message="HTTP 500")),
        (
            httpx.ReadError("x"),
            Fault(kind=FaultKind.UNKNOWN, message="no answer came (ReadError: x)"),
        ),
    ],
)
@pytest.mark.parametrize("method", ["get", "document"])
async def test_a_call_that_cannot_be_read(
    provider_of: MakeProvider, wire_of: MakeWire, result: Result, said: Missing | Fault, method: str
) -> None:
    """Only the provider's own word makes a call missing; a path that is not there says nothing."""
    wire = wire_of(result)
    assert await getattr(provider_of(transport=wire.transport), method)("call_1") == said


@pytest.mark.parametrize(
    ("api", "path"), [("v2", "/v2/get-call/call_1"), ("v1", "/get-call/call_1")]
)
async def test_a_document_is_the_answer_as_it_came(
    provider_of: MakeProvider, wire_of: MakeWire, api: str, path: str
) -> None:
    """Nothing of it is dropped: fields that nobody knows, nulls, nested lists."""
    fields = {
        "call_id": "call_1",
        "transcript_object": [{"role": "agent", "words": [{"word": "Hi", "start": 0.5}]}],
        "from_the_future": {"a": None, "b": [1, 2.5, True]},
        "call_status": 7,
    }
    wire = wire_of(json_answer(fields))
    document = await provider_of(transport=wire.transport, api=api).document("call_1")
    assert (document, wire.sent[0].url.path) == (fields, path)


@pytest.mark.parametrize("text", ["[]", "null", "Created", '"call_1"'])
async def test_a_document_is_an_object(
    provider_of: MakeProvider, wire_of: MakeWire, text: str
) -> None:
    """Anything else is an answer without the call."""
    wire = wire_of(text_answer(text, 200))
    fault = await provider_of(transport=wire.transport).document("call_1")
    assert fault == Fault(
        kind=FaultKind.UNKNOWN, status=200, message="the answer has no readable call (HTTP 200)"
    )


@pytest.mark.parametrize(
    ("status", "text", "result"),
    [
        (204, "", None),
        (200, "{}", None),
        (404, "who?", Missing(message="who? (HTTP 404)")),
        (400, "over", Fault(kind=FaultKind.ROW, status=400, message="over (HTTP 400)")),
    ],
)
@pytest.mark.parametrize("api", ["v1", "v2"])
async def test_a_call_is_stopped(
    *,
    provider_of: MakeProvider,
    wire_of: MakeWire,
    status: int,
    text: str,
    result: Missing | Fault | None,
    api: str,
) -> None:
    """Any 2xx is an accepted stop."""
    wire = wire_of(text_answer(text, status))
    assert await provider_of(transport=wire.transport, api=api).stop_call("call_1") == result
    assert (wire.sent[0].method, wire.sent[0].url.path) == ("POST", "/v2/stop-call/call_1")


async def test_a_stop_without_an_answer_is_a_fault(
    provider_of: MakeProvider, wire_of: MakeWire
) -> None:
    """The wire's failures come back as they are."""
    wire = wire_of(httpx.ConnectError("x"))
    fault = await provider_of(transport=wire.transport).stop_call("call_1")
    assert fault == Fault(kind=FaultKind.NOT_SENT, message="nothing was sent (ConnectError: x)")


async def test_a_v2_listing_is_paged(provider_of: MakeProvider, wire_of: MakeWire) -> None:
    """The cursor comes back as it was given."""
    wire = wire_of(
        json_answer(
            {
                "items": [{"call_id": "a", "call_status": "ended"}],
                "pagination_key": "p",
                "has_more": True,
            }
        )
    )
    provider = provider_of(transport=wire.transport)
    page = await provider.list_calls(CallQuery(campaign_id="cmp_1", cursor="o", limit=10))
    assert page == CallPage(calls=(Call(call_id="a", status="ended"),), cursor="p")
    assert json.loads(wire.sent[0].content)["pagination_key"] == "o"
    assert wire.sent[0].headers["content-type"] == "application/json"


async def test_a_v1_listing_is_walked_back_to_a_moment(
    provider_of: MakeProvider, wire_of: MakeWire
) -> None:
    """`since` ends the walk."""
    wire = wire_of(
        json_answer([{"call_id": "a", "metadata": {"campaign_id": "c"}, "start_timestamp": 5}])
    )
    provider = provider_of(transport=wire.transport, api="v1")
    page = await provider.list_calls(CallQuery(campaign_id="c", since=NOW))
    assert isinstance(page, CallPage)
    assert ([call.call_id for call in page.calls], page.cursor) == (["a"], None)
    assert wire.sent[0].url.path == "/list-calls"
    assert wire.sent[0].url.params["limit"] == "1000"


@pytest.mark.parametrize(
    ("result", "kind", "status"),
    [
        (json_answer({"items": []}, 500), FaultKind.UNKNOWN, 500),
        (json_answer({"items": [], "has_more": True}), FaultKind.RUN, 200),
        (json_answer([]), FaultKind.UNKNOWN, 200),
        (httpx.ReadTimeout(""), FaultKind.UNKNOWN, None),
    ],
)
async def test_a_listing_that_fails_is_a_fault(
    provider_of: MakeProvider,
    wire_of: MakeWire,
    result: Result,
    kind: FaultKind,
    status: int | None,
) -> None:
    """A listing is whole or it is a fault."""
    wire = wire_of(result)
    fault = await provider_of(transport=wire.transport).list_calls(CallQuery(campaign_id="cmp_1"))
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.status) == (kind, status)


@pytest.mark.parametrize(
    "result",
    [
        text_answer("Cannot POST /v3/list-calls", 404),
        text_answer("Not Found", 404),
        json_answer({"detail": "Method Not Allowed"}, 405),
        text_answer("", 501),
    ],
)
async def test_a_server_without_a_listing_says_so(
    provider_of: MakeProvider, wire_of: MakeWire, result: Result
) -> None:
    """A compatible server may lack the endpoint: that is told apart from an empty list."""
    wire = wire_of(result)
    answer = await provider_of(transport=wire.transport).list_calls(CallQuery(campaign_id="cmp_1"))
    assert isinstance(answer, Missing)


async def test_the_account_is_told(provider_of: MakeProvider, wire_of: MakeWire) -> None:
    """Key info becomes an account."""
    wire = wire_of(json_answer({"org_id": "org_1", "org_name": "Acme"}))
    account = await provider_of(transport=wire.transport).account()
    assert account == Account(org_id="org_1", org_name="Acme")
    assert wire.sent[0].url.path == "/get-api-key-info"


async def test_the_lines_are_told(provider_of: MakeProvider, wire_of: MakeWire) -> None:
    """Concurrency becomes numbers."""
    wire = wire_of(json_answer({"current_concurrency": 2, "concurrency_limit": 20}))
    lines = await provider_of(transport=wire.transport).concurrency()
    assert lines == Concurrency(current=2, limit=20)
    assert wire.sent[0].url.path == "/get-concurrency"


@pytest.mark.parametrize("method", ["account", "concurrency"])
@pytest.mark.parametrize(
    ("result", "said"),
    [
        (text_answer("Cannot GET /x", 404), Missing(message="Cannot GET /x (HTTP 404)")),
        (
            text_answer("no", 401),
            Fault(kind=FaultKind.KEY, status=401, message="no (HTTP 401); check RETELL_API_KEY"),
        ),
        (
            httpx.ConnectError("x"),
            Fault(kind=FaultKind.NOT_SENT, message="nothing was sent (ConnectError: x)"),
        ),
    ],
)
async def test_a_server_may_not_know_the_account(
    provider_of: MakeProvider, wire_of: MakeWire, method: str, result: Result, said: Missing | Fault
) -> None:
    """A compatible server that lacks the path is no reason to halt."""
    wire = wire_of(result)
    provider = provider_of(transport=wire.transport)
    assert await getattr(provider, method)() == said


async def test_a_caller_number_is_told(provider_of: MakeProvider, wire_of: MakeWire) -> None:
    """The number is asked for as it is written."""
    wire = wire_of(
        json_answer({"phone_number_type": "custom", "outbound_agents": [{"agent_id": "a"}]})
    )
    number = await provider_of(transport=wire.transport).caller_number("+14155550100")
    assert number == CallerNumber(number="+14155550100", kind="custom", outbound_agents=("a",))
    assert wire.sent[0].url.raw_path == b"/get-phone-number/+14155550100"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (text_answer("Cannot GET /x", 404), Missing(message="Cannot GET /x (HTTP 404)")),
        (
            json_answer({"message": "Item +1 not found from phone-number"}, 404),
            Fault(
                kind=FaultKind.RUN,
                status=404,
                message=(
                    "Item +1 not found from phone-number (HTTP 404); "
                    "the caller number is not one of this account's: check --from"
                ),
            ),
        ),
        (
            json_answer([1]),
            Fault(
                kind=FaultKind.UNKNOWN,
                status=200,
                message="the answer has no readable phone number (HTTP 200)",
            ),
        ),
        (
            httpx.ConnectError("x"),
            Fault(kind=FaultKind.NOT_SENT, message="nothing was sent (ConnectError: x)"),
        ),
    ],
)
async def test_a_caller_number_that_is_not_ours_halts(
    provider_of: MakeProvider, wire_of: MakeWire, result: Result, said: Missing | Fault
) -> None:
    """A number that the provider looked for is not the same as a path that it lacks."""
    wire = wire_of(result)
    assert await provider_of(transport=wire.transport).caller_number("+1") == said
