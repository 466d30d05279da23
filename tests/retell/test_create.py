"""One create over a network that is a function: what each answer comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from campaign.model import (
    Call,
    CallRequest,
    Fault,
    FaultKind,
)
from campaign.ports import Provider
from campaign.retell import RetellProvider

pytestmark = pytest.mark.anyio

MakeProvider = Callable[..., RetellProvider]
MakeRequest = Callable[..., CallRequest]
MakeWire = Callable[..., Any]
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)


def json_answer(value: Any, status: int = 200) -> httpx.Response:
    """Return an answer in JSON."""
    return httpx.Response(status, json=value)


def text_answer(text: str, status: int, **headers: str) -> httpx.Response:
    """Return an answer in plain text."""
    return httpx.Response(status, text=text, headers=headers)


@pytest.mark.parametrize(
    ("api", "path"), [("v2", "/v2/create-phone-call"), ("v1", "/create-phone-call")]
)
async def test_a_create_is_one_post(
    *,
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    key: str,
    api: str,
    path: str,
) -> None:
    """One request leaves, with the key, and the call comes back."""
    wire = wire_of(json_answer({"call_id": "call_1", "metadata": {"a": 1}}, 201))
    provider: Provider = provider_of("https://x.test/pre/", api=api, transport=wire.transport)
    call = await provider.create(request_of())
    (sent,) = wire.sent
    assert call == Call(call_id="call_1", status="registered", metadata={"a": 1})
    assert (sent.method, str(sent.url)) == ("POST", f"https://x.test/pre{path}")
    assert sent.headers["authorization"] == f"Bearer {key}"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["accept-encoding"] == "identity"
    assert json.loads(sent.content)["to_number"] == "+14155550123"
    assert sent.extensions["timeout"] == {
        "connect": 10.0,
        "read": 90.0,
        "write": 90.0,
        "pool": 10.0,
        "total": 190.0,
    }


@pytest.mark.parametrize(
    ("result", "kind", "status"),
    [
        (httpx.Response(200, json={"call_id": ""}), FaultKind.UNKNOWN, 200),
        (httpx.Response(201, json=[]), FaultKind.UNKNOWN, 201),
        (httpx.Response(201, text='{"call_id": "cal'), FaultKind.UNKNOWN, 201),
        (httpx.Response(204), FaultKind.UNKNOWN, 204),
        (httpx.Response(307, headers={"location": "https://y.test"}), FaultKind.RUN, 307),
        (httpx.Response(400, json={"message": "x"}), FaultKind.ROW, 400),
        (httpx.Response(401), FaultKind.KEY, 401),
        (httpx.Response(503, text="later"), FaultKind.UNKNOWN, 503),
        (httpx.ConnectError("refused"), FaultKind.NOT_SENT, None),
        (httpx.ReadTimeout("slow"), FaultKind.UNKNOWN, None),
        (httpx.DecodingError("not gzip"), FaultKind.UNKNOWN, None),
        (OSError("gone"), FaultKind.UNKNOWN, None),
        (anyio.ClosedResourceError(), FaultKind.UNKNOWN, None),
    ],
)
async def test_a_create_that_fails_is_a_fault_and_is_not_repeated(
    *,
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    result: httpx.Response | Exception,
    kind: FaultKind,
    status: int | None,
) -> None:
    """Whatever happens, one request leaves."""
    wire = wire_of(result)
    fault = await provider_of(transport=wire.transport).create(request_of())
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.status, len(wire.sent)) == (kind, status, 1)


@pytest.mark.parametrize(
    ("own", "status", "text", "kind"),
    [
        ({}, 404, "Item +14155550100 not found from phone-number", FaultKind.RUN),
        ({"own_caller": True}, 404, "Item +1 not found from phone-number", FaultKind.ROW),
        ({}, 422, "Cannot find requested asset", FaultKind.RUN),
        ({"own_agent": True}, 422, "Cannot find requested asset", FaultKind.ROW),
    ],
)
async def test_a_row_answers_for_its_own_agent_and_number(
    *,
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    own: dict[str, bool],
    status: int,
    text: str,
    kind: FaultKind,
) -> None:
    """What the row chose fails the row; what the campaign chose halts the campaign."""
    wire = wire_of(text_answer(text, status))
    fault = await provider_of(transport=wire.transport).create(request_of(**own))
    assert isinstance(fault, Fault)
    assert fault.kind == kind


async def test_v1_that_is_gone_names_v2(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest
) -> None:
    """The run halts with what to do."""
    wire = wire_of(text_answer("Cannot POST /create-phone-call", 404))
    fault = await provider_of(transport=wire.transport, api="v1").create(request_of())
    assert isinstance(fault, Fault)
    assert (fault.kind, "--api v2" in fault.message) == (FaultKind.RUN, True)


async def test_a_throttle_says_how_long(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest
) -> None:
    """Limiter and wait come from the headers; a date counts from the wall clock."""
    wire = wire_of(
        httpx.Response(
            429,
            headers={
                "X-RateLimit-Limiter": "call",
                "Retry-After": "Mon, 23 Nov 2026 14:00:05 GMT",
            },
        )
    )
    provider = provider_of(transport=wire.transport, now=lambda: NOW)
    assert await provider.create(request_of()) == Fault(
        kind=FaultKind.THROTTLED, message="HTTP 429", status=429, retry_after_s=5.0, limiter="call"
    )


async def test_a_request_that_json_does_not_have_is_the_row_s_fault(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest
) -> None:
    """Nothing leaves."""
    wire = wire_of(json_answer({}))
    fault = await provider_of(transport=wire.transport).create(
        request_of(variables={"a": "\ud800"})
    )
    assert isinstance(fault, Fault)
    assert (fault.kind, wire.sent) == (FaultKind.ROW, [])


async def test_a_bug_is_not_a_fault(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest
) -> None:
    """What the wire does not do is raised."""
    wire = wire_of(RuntimeError("ours"))
    with pytest.raises(RuntimeError, match="ours"):
        await provider_of(transport=wire.transport).create(request_of())
