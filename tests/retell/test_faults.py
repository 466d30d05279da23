"""The table of faults, every branch of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import FaultKind
from campaign.retell import faults
from campaign.retell.faults import Api

NO_NUMBER = "Item +14155550100 not found from phone-number"
NO_AGENT_ITEM = "Item agent_7 not found from agent"
NO_ASSET = "Cannot find requested asset under given api key."
UNBOUND = "No outbound agent id set up for phone number."

# (status, text, own_agent, own_caller, api, kind)
TABLE: list[tuple[int, str, bool, bool, Api, FaultKind]] = [
    (400, "request/body/x must be string", False, False, "v2", FaultKind.ROW),
    (400, "Call country not supported: IL", False, False, "v2", FaultKind.ROW),
    (400, "contact is marked Do-Not-Call", False, False, "v2", FaultKind.ROW),
    (400, "blocked by DNC", False, False, "v2", FaultKind.ROW),
    (400, UNBOUND, False, False, "v2", FaultKind.RUN),
    (400, UNBOUND, True, False, "v2", FaultKind.ROW),
    (400, UNBOUND, False, True, "v2", FaultKind.RUN),
    (401, "API key is missing or invalid.", False, False, "v2", FaultKind.KEY),
    (403, "", True, True, "v2", FaultKind.KEY),
    (402, "Trial has ended, please add payment method.", True, True, "v2", FaultKind.RUN),
    (404, NO_NUMBER, False, False, "v2", FaultKind.RUN),
    (404, NO_NUMBER, True, False, "v2", FaultKind.RUN),
    (404, NO_NUMBER, False, True, "v2", FaultKind.ROW),
    (404, NO_AGENT_ITEM, False, True, "v2", FaultKind.RUN),
    (404, NO_AGENT_ITEM, True, False, "v2", FaultKind.ROW),
    (404, "Cannot POST /create-phone-call", True, True, "v1", FaultKind.RUN),
    (404, "Cannot POST /v2/create-phone-call", True, True, "v2", FaultKind.RUN),
    (404, "<html>not here</html>", False, False, "v2", FaultKind.ROW),
    (405, "", False, False, "v2", FaultKind.ROW),
    (408, "", False, False, "v2", FaultKind.UNKNOWN),
    (409, "", False, False, "v2", FaultKind.UNKNOWN),
    (410, "", False, False, "v2", FaultKind.ROW),
    (413, "", False, False, "v2", FaultKind.ROW),
    (418, "", False, False, "v2", FaultKind.ROW),
    (422, NO_ASSET, False, False, "v2", FaultKind.RUN),
    (422, NO_ASSET, False, True, "v2", FaultKind.RUN),
    (422, NO_ASSET, True, False, "v2", FaultKind.ROW),
    (422, "something else", False, False, "v2", FaultKind.ROW),
    (429, "Too many API requests", True, True, "v2", FaultKind.THROTTLED),
    (451, "", False, False, "v2", FaultKind.ROW),
    (499, "", False, False, "v2", FaultKind.UNKNOWN),
    (500, "", False, False, "v2", FaultKind.UNKNOWN),
    (502, "<html>Bad Gateway</html>", False, False, "v2", FaultKind.UNKNOWN),
    (503, "", False, False, "v2", FaultKind.UNKNOWN),
    (504, "", False, False, "v2", FaultKind.UNKNOWN),
    (529, "", False, False, "v2", FaultKind.UNKNOWN),
    (599, "", False, False, "v2", FaultKind.UNKNOWN),
    (600, "", False, False, "v2", FaultKind.UNKNOWN),
    (101, "", False, False, "v2", FaultKind.UNKNOWN),
    (200, "", False, False, "v2", FaultKind.UNKNOWN),
    (300, "", False, False, "v2", FaultKind.RUN),
    (301, "", False, False, "v2", FaultKind.RUN),
    (302, "", False, False, "v2", FaultKind.RUN),
    (307, "", True, True, "v2", FaultKind.RUN),
    (308, "", False, False, "v1", FaultKind.RUN),
]


@pytest.mark.parametrize(("status", "text", "own_agent", "own_caller", "api", "kind"), TABLE)
@pytest.mark.parametrize("key", ["message", "error_message", None])
def test_a_status_and_its_text_have_one_meaning(
    *,
    status: int,
    text: str,
    own_agent: bool,
    own_caller: bool,
    api: Api,
    kind: FaultKind,
    key: str | None,
) -> None:
    """The table holds for both keys of an error body, and for a body that is no JSON."""
    body = text if key is None else json.dumps({"status": "error", key: text})
    fault = faults.of_status(status, {}, body, own_agent=own_agent, own_caller=own_caller, api=api)
    assert (fault.kind, fault.status) == (kind, status)


@pytest.mark.parametrize(
    ("status", "text", "api", "message"),
    [
        (400, "bad row", "v2", "bad row (HTTP 400)"),
        (500, "", "v2", "HTTP 500"),
        (
            404,
            "Cannot POST /create-phone-call",
            "v1",
            f"Cannot POST /create-phone-call (HTTP 404); {faults.V1_HINT}",
        ),
        (
            404,
            "Cannot POST /v2/create-phone-call",
            "v2",
            f"Cannot POST /v2/create-phone-call (HTTP 404); {faults.BASE_HINT}",
        ),
        (401, "no", "v2", "no (HTTP 401); check RETELL_API_KEY"),
        (400, "dnc", "v2", "dnc (HTTP 400); the number is on the provider's do-not-call list"),
    ],
)
def test_a_message_has_the_provider_s_words_and_what_to_do(
    status: int, text: str, api: Api, message: str
) -> None:
    """The provider's text comes first, then the status, then the hint."""
    assert faults.of_status(status, {}, text, api=api).message == message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"message": "a"}', "a"),
        ('{"error_message": "b"}', "b"),
        ('{"message": "a", "error_message": "b"}', "b; a"),
        ('{"message": "a", "error_message": "a"}', "a"),
        ('{"message": ["a", 1]}', "['a', 1]"),
        ('{"message": ""}', '{"message": ""}'),
        ('{"detail": "x"}', '{"detail": "x"}'),
        ("[1]", "[1]"),
        ("plain\n\ttext\x00 here ", "plain text here"),
        ("", ""),
    ],
)
def test_words_are_found_wherever_they_are(body: str, words: str) -> None:
    """Both keys are read, anything else is taken as text on one line."""
    assert faults.said(body) == words


def test_the_hints_name_what_to_change() -> None:
    """v1's end names the other API, a wrong address the flag that gives it."""
    assert "--api v2" in faults.V1_HINT
    assert "--base-url" in faults.BASE_HINT


def test_long_words_are_cut() -> None:
    """A page of HTML does not fill a cell."""
    message = faults.of_status(400, {}, "x" * 5000).message
    assert message == "x" * 299 + "… (HTTP 400)"


def every(kind: type[Exception]) -> set[type[Exception]]:
    """Return the kind and all its subclasses within httpx."""
    return {kind}.union(*(every(sub) for sub in kind.__subclasses__()))


EXCEPTIONS: dict[type[Exception], FaultKind] = {
    httpx.ConnectError: FaultKind.NOT_SENT,
    httpx.ConnectTimeout: FaultKind.NOT_SENT,
    httpx.PoolTimeout: FaultKind.NOT_SENT,
    httpx.UnsupportedProtocol: FaultKind.NOT_SENT,
    httpx.LocalProtocolError: FaultKind.NOT_SENT,
    httpx.TransportError: FaultKind.UNKNOWN,
    httpx.TimeoutException: FaultKind.UNKNOWN,
    httpx.ReadTimeout: FaultKind.UNKNOWN,
    httpx.WriteTimeout: FaultKind.UNKNOWN,
    httpx.NetworkError: FaultKind.UNKNOWN,
    httpx.ReadError: FaultKind.UNKNOWN,
    httpx.WriteError: FaultKind.UNKNOWN,
    httpx.CloseError: FaultKind.UNKNOWN,
    httpx.ProxyError: FaultKind.UNKNOWN,
    httpx.ProtocolError: FaultKind.UNKNOWN,
    httpx.RemoteProtocolError: FaultKind.UNKNOWN,
}


def test_every_exception_of_the_transport_is_in_the_table() -> None:
    """A class that httpx adds must be judged before it is relied on."""
    assert every(httpx.TransportError) == set(EXCEPTIONS)


@pytest.mark.parametrize(("exc", "kind"), EXCEPTIONS.items())
def test_only_what_certainly_did_not_leave_is_not_sent(
    exc: type[Exception], kind: FaultKind
) -> None:
    """Everything else may have created a call."""
    assert faults.of_exception(exc("x")).kind == kind


@pytest.mark.parametrize(
    ("exc", "message"),
    [
        (httpx.ReadTimeout(""), "no answer came (ReadTimeout)"),
        (httpx.ReadError("peer\nreset"), "no answer came (ReadError: peer reset)"),
        (httpx.ConnectError("refused"), "nothing was sent (ConnectError: refused)"),
        (
            httpx.LocalProtocolError("Illegal header value b'Bearer key'"),
            "nothing was sent (LocalProtocolError)",
        ),
        (TimeoutError(), "no answer came (TimeoutError)"),
        (OSError("broken"), "no answer came (OSError: broken)"),
    ],
)
def test_an_exception_is_told_in_one_line(exc: Exception, message: str) -> None:
    """The class says what happened; a header that was stumbled over is not quoted."""
    assert faults.of_exception(exc).message == message


@pytest.mark.parametrize(
    ("status", "text", "no_route", "no_item"),
    [
        (404, "Cannot GET /v2/get-call/x", True, False),
        (404, NO_NUMBER, False, True),
        (400, f"Cannot GET /x {NO_NUMBER}", False, False),
        (404, "", False, False),
    ],
)
def test_a_missing_path_is_not_a_missing_thing(
    status: int, text: str, no_route: bool, no_item: bool
) -> None:
    """Both are a 404, and mean different things."""
    found = (faults.has_no_route(status, text), faults.has_no_item(status, text))
    assert found == (no_route, no_item)


@settings(max_examples=150)
@given(
    status=st.integers(100, 999),
    text=st.text(max_size=60),
    header=st.text(st.characters(codec="latin-1"), max_size=40),
)
def test_nothing_a_server_writes_raises(status: int, text: str, header: str) -> None:
    """Whatever comes is classified, and a wait lies within bounds."""
    headers = {"retry-after": header, "ratelimit-reset": header, "date": header}
    fault = faults.of_status(status, headers, text, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert fault.retry_after_s is None or 0 <= fault.retry_after_s <= faults.MAX_WAIT_S


@settings(max_examples=100)
@given(
    status=st.sampled_from([408, 409, 499, *range(500, 600)]),
    text=st.text(max_size=60) | st.sampled_from([UNBOUND, NO_NUMBER, NO_ASSET, "Cannot POST /x"]),
    own=st.booleans(),
)
def test_what_may_have_been_done_is_never_called_refused(status: int, text: str, own: bool) -> None:
    """No text turns a 5xx into a refusal."""
    fault = faults.of_status(status, {}, text, own_agent=own, own_caller=own)
    assert fault.kind == FaultKind.UNKNOWN
