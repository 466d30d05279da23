"""What holds for every request: the key stays hidden, bodies and waits are bounded."""

from __future__ import annotations

import gzip
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from trio.testing import MockClock

from campaign.errors import ConfigError
from campaign.model import (
    Account,
    CallRequest,
    Fault,
    FaultKind,
    Missing,
)
from campaign.retell import RetellProvider, exchange

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
    ("date", "skew_s"),
    [
        ("Mon, 23 Nov 2026 14:00:07 GMT", 7.0),
        ("Mon, 23 Nov 2026 13:58:00 GMT", -120.0),
        ("x", None),
    ],
)
async def test_the_skew_is_read_off_each_answer(
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    date: str,
    skew_s: float | None,
) -> None:
    """The provider's date minus our clock, refusals included."""
    wire = wire_of(text_answer("", 500, date=date))
    provider = provider_of(transport=wire.transport, now=lambda: NOW)
    assert provider.skew_s is None
    await provider.create(request_of())
    await provider.create(request_of())
    assert provider.skew_s == skew_s


@pytest.mark.parametrize(
    ("date", "skew_s"),
    [
        ("Mon, 23 Nov 2026 14:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 14:01:30 GMT", 0.0),
        ("Mon, 23 Nov 2026 14:03:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 14:03:05 GMT", 5.0),
        ("Mon, 23 Nov 2026 13:59:55 GMT", -5.0),
    ],
)
async def test_a_slow_answer_is_no_wrong_clock(
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    date: str,
    skew_s: float,
) -> None:
    """Asked at 14:00, there at 14:03: a date from anywhere between says that the clocks agree."""
    times = iter([NOW, NOW + timedelta(minutes=3)])
    wire = wire_of(text_answer("", 204, date=date))
    provider = provider_of(transport=wire.transport, now=lambda: next(times))
    await provider.create(request_of())
    assert provider.skew_s == skew_s


async def test_a_skew_stays_until_the_next_date(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest
) -> None:
    """An answer without a date changes nothing."""
    wire = wire_of(text_answer("", 500, date="Mon, 23 Nov 2026 14:00:07 GMT"))
    provider = provider_of(transport=wire.transport, now=lambda: NOW)
    await provider.create(request_of())
    wire.result = httpx.Response(500)
    await provider.create(request_of())
    assert provider.skew_s == 7.0


async def test_a_packed_answer_is_unpacked(provider_of: MakeProvider, wire_of: MakeWire) -> None:
    """Reads ask for gzip, creates do not."""
    body = gzip.compress(b'{"org_id": "o"}')
    wire = wire_of(httpx.Response(200, content=body, headers={"content-encoding": "gzip"}))
    provider = provider_of(transport=wire.transport)
    assert await provider.account() == Account(org_id="o")
    assert wire.sent[0].headers["accept-encoding"] == "gzip"


async def test_a_key_that_a_server_sends_back_is_not_passed_on(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest, key: str
) -> None:
    """Faults and missing things are told without it, even where JSON has escaped it."""
    wire = wire_of(json_answer({"message": f"bad key {key}"}, 401))
    provider = provider_of(transport=wire.transport)
    fault = await provider.create(request_of())
    assert isinstance(fault, Fault)
    assert fault.message == "bad key ********** (HTTP 401); check RETELL_API_KEY"
    wire.result = httpx.Response(404, text='{"message": "' + key.replace("/", "\\/") + '"}')
    gone = await provider.get("call_1")
    assert gone == Missing(message="********** (HTTP 404)")


async def test_the_key_is_nowhere_to_be_seen(
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    key: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither `repr` nor logs nor tracebacks with locals show it."""
    caplog.set_level(logging.DEBUG)
    provider = provider_of(transport=wire_of(RuntimeError("ours")).transport)
    with pytest.raises(RuntimeError) as caught:
        await provider.create(request_of())
    assert caught.tb.tb_next is not None
    # From the client's frame on: this test's own frame knows the key.
    told = traceback.TracebackException(
        type(caught.value), caught.value, caught.tb.tb_next, capture_locals=True
    )
    shown = "".join(told.format()) + repr(provider) + str(provider) + caplog.text
    assert "client.py" in shown
    assert key not in shown
    assert repr(provider) == "RetellProvider(base_url='https://api.example.test', api='v2')"


def test_another_api_is_refused(provider_of: MakeProvider) -> None:
    """The error names those there are."""
    with pytest.raises(ConfigError, match="there is no API 'v3'; use 'v2' or 'v1'"):
        provider_of(api="v3")


async def test_a_given_transport_is_closed_with_the_provider(
    provider_of: MakeProvider, request_of: MakeRequest
) -> None:
    """It survives faults, and ends with the provider."""
    closed: list[bool] = []

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("x", request=request)

        async def aclose(self) -> None:
            closed.append(True)

    provider = provider_of(transport=Transport())
    await provider.create(request_of())
    assert closed == []
    await provider.aclose()
    assert closed == [True]
    with pytest.raises(RuntimeError, match="the provider is closed"):
        await provider.create(request_of())


class Endless(httpx.AsyncByteStream):
    """A body that does not end, and notes that it was closed."""

    def __init__(self, *, fails_after: int = -1) -> None:
        self.closed = False
        self.fails_after = fails_after

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        while count != self.fails_after:
            count += 1
            yield b"x" * 1024
        raise httpx.ReadError("cut")

    async def aclose(self) -> None:
        """Note it."""
        self.closed = True


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (201, FaultKind.UNKNOWN, "no answer came (AnswerTooLargeError: more than 100000 bytes)"),
        (400, FaultKind.ROW, "x" * 299 + "… (HTTP 400)"),
        (502, FaultKind.UNKNOWN, "x" * 299 + "… (HTTP 502)"),
    ],
)
async def test_a_body_without_end_is_not_read_to_it(
    *,
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    kind: FaultKind,
    message: str,
) -> None:
    """An answer is bounded, an error's text more tightly; both are closed."""
    monkeypatch.setattr(exchange, "MAX_BODY", 100_000)
    body = Endless()
    wire = wire_of(httpx.Response(status, stream=body))
    fault = await provider_of(transport=wire.transport).create(request_of())
    assert isinstance(fault, Fault)
    assert (fault.kind, fault.message, body.closed) == (kind, message, True)


@pytest.mark.parametrize(
    ("status", "kind"), [(201, FaultKind.UNKNOWN), (429, FaultKind.THROTTLED), (401, FaultKind.KEY)]
)
async def test_an_error_whose_text_breaks_off_keeps_its_status(
    provider_of: MakeProvider,
    wire_of: MakeWire,
    request_of: MakeRequest,
    status: int,
    kind: FaultKind,
) -> None:
    """A refusal was said by its status line; a success without a body was not said."""
    wire = wire_of(httpx.Response(status, stream=Endless(fails_after=1)))
    fault = await provider_of(transport=wire.transport).create(request_of())
    assert isinstance(fault, Fault)
    assert fault.kind == kind


@pytest.mark.parametrize("anyio_backend", [("trio", {"clock": MockClock(autojump_threshold=0)})])
async def test_an_answer_that_drips_meets_the_deadline(
    provider_of: MakeProvider, wire_of: MakeWire, request_of: MakeRequest
) -> None:
    """No single read is late, and yet the create ends: after 190 seconds, in virtual time."""

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await anyio.sleep(60)
                yield b" "

    wire = wire_of(httpx.Response(201, stream=Drip()))
    began_s = anyio.current_time()
    fault = await provider_of(transport=wire.transport).create(request_of())
    assert fault == Fault(kind=FaultKind.UNKNOWN, message="no answer came (TimeoutError)")
    assert anyio.current_time() - began_s == pytest.approx(190.0)
