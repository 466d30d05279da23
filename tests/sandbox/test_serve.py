"""The door on loopback: real sockets, really broken connections, signals."""

from __future__ import annotations

import builtins
import inspect
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from campaign.cli.commands_upkeep import sandbox as sandbox_options
from campaign.errors import ConfigError
from campaign.policy.loopback import is_loopback
from campaign.sandbox import FaultName, FaultPlan, SandboxPlan
from campaign.sandbox.serve import Served, serve, serving

F = FaultName
BODY = {"from_number": "+14157774444", "to_number": "+14155550100"}
KEY = {"Authorization": "Bearer k"}
CREATE = "/v2/create-phone-call"


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve a sandbox with nothing special about it."""
    with serving() as door:
        yield door


def post(door: Served, timeout_s: float = 5.0) -> httpx.Response:
    """Create one call over the wire."""
    return httpx.post(door.url + CREATE, json=BODY, headers=KEY, timeout=timeout_s, trust_env=False)


def raw(door: Served, *parts: bytes, shut: bool = False) -> bytes:
    """Send bytes as they are and return everything that comes back until the end."""
    port = int(door.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        for part in parts:
            wire.sendall(part)
        if shut:
            wire.shutdown(socket.SHUT_WR)
        got = b""
        while piece := wire.recv(65536):
            got += piece
    return got


def request(
    method: str = "GET", path: str = "/get-api-key-info", body: bytes = b"", **headers: str
) -> bytes:
    """Return a request as it goes over the wire; `_` in a header's name stands for `-`."""
    all_headers: Mapping[str, str] = {
        "host": "127.0.0.1",
        "authorization": "Bearer k",
        "content_length": str(len(body)),
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in all_headers.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


def test_a_call_over_the_wire(served: Served) -> None:
    """One connection serves many requests, and the log is that of the sandbox."""
    with httpx.Client(base_url=served.url, headers=KEY, trust_env=False) as client:
        call = client.post(CREATE, json=BODY).json()
        found = client.get(f"/v2/get-call/{call['call_id']}").json()
        stopped = client.post(f"/v2/stop-call/{call['call_id']}")
    assert (found["call_id"], stopped.status_code, stopped.content) == (call["call_id"], 204, b"")
    assert [entry.status for entry in served.sandbox.log] == [201, 200, 204]


def test_what_happened_can_be_read(served: Served) -> None:
    """The log and the received requests are served beside the calls, and are no part of the log."""
    call_id = post(served).json()["call_id"]
    log = httpx.get(f"{served.url}/sandbox/log", trust_env=False).json()
    (call,) = httpx.get(f"{served.url}/sandbox/calls", trust_env=False).json()
    assert [(entry["call_id"], entry["created"]) for entry in log] == [(call_id, True)]
    assert (call["call_id"], call["v1"], call["request"]) == (call_id, False, BODY)
    assert call["created_s"] == log[0]["at_s"]


@pytest.mark.parametrize(
    ("path", "host", "expected"),
    [
        ("/sandbox/log", "localhost:80", 200),
        ("/sandbox/log", "[::1]:80", 200),
        ("/sandbox/log", "rebound.example", 403),
        ("/sandbox/log", "", 403),
        ("/sandbox/other", "127.0.0.1", 404),
    ],
)
def test_only_local_callers_see_the_log(
    served: Served, path: str, host: str, expected: int
) -> None:
    """A page that gave its own name the address of loopback is refused."""
    got = raw(served, request(path=path, host=host, connection="close"))
    assert int(got.split(b" ")[1]) == expected


@pytest.mark.parametrize(
    ("name", "errors", "calls"),
    [
        (F.RESET_BEFORE, httpx.ReadError, 0),
        (F.RESET_AFTER, httpx.ReadError, 1),
        (F.CUT_BODY, httpx.RemoteProtocolError, 1),
        (F.STALL_AFTER, httpx.ReadTimeout, 1),
    ],
)
def test_connections_really_break(name: FaultName, errors: type[Exception], calls: int) -> None:
    """Each cut reaches a real client as it would from a real server."""
    with serving(SandboxPlan(faults=FaultPlan(script={1: name}))) as door:
        with pytest.raises(errors):
            post(door, timeout_s=0.3)
        assert (len(door.sandbox.calls), post(door).status_code) == (calls, 201)


def test_a_slow_answer_arrives() -> None:
    """A slow answer comes late, and the connection goes on behind it."""
    plan = SandboxPlan(faults=FaultPlan(script={1: F.SLOW}, slow_s=0.05))
    with serving(plan) as door:
        line = request("POST", CREATE, json.dumps(BODY).encode())
        got = raw(door, line + request(connection="close"))
    assert (got.count(b"HTTP/1.1 201"), got.count(b"HTTP/1.1 200")) == (1, 1)


@pytest.mark.no_cover
@pytest.mark.parametrize("slow_s", [0.05, 60.0])
def test_a_client_may_leave_before_a_slow_answer(slow_s: float) -> None:
    """Nobody waits for the answer any more, and the server goes on."""
    plan = SandboxPlan(faults=FaultPlan(script={1: F.SLOW}, slow_s=slow_s))
    with serving(plan) as door:
        with pytest.raises(httpx.ReadTimeout):
            post(door, timeout_s=0.02)
        again = [post(door).status_code for _ in range(20)]
        threading.Event().wait(0.1)
    assert again == [201] * 20


def test_a_slow_last_answer_closes() -> None:
    """A late answer to a client that wanted one only ends the connection."""
    plan = SandboxPlan(faults=FaultPlan(script={1: F.SLOW}, slow_s=0.02))
    with serving(plan) as door:
        body = json.dumps(BODY).encode()
        got = raw(door, request("POST", CREATE, body, connection="close"))
    assert got.startswith(b"HTTP/1.1 201")


def test_requests_may_come_in_one_piece_or_many(served: Served) -> None:
    """Pipelined requests are answered in turn; a request may arrive byte by byte."""
    whole = raw(served, request() + request(path="/x") + request(connection="close"))
    pieces = raw(served, *(bytes([one]) for one in request(connection="close")))
    assert [part[:3] for part in whole.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]
    assert pieces.startswith(b"HTTP/1.1 200")


def test_the_client_ends_the_connection(served: Served) -> None:
    """A client that closes its side gets its answer and the end."""
    assert raw(served, request(), shut=True).startswith(b"HTTP/1.1 200")


def test_a_head_request_gets_no_body(served: Served) -> None:
    """HEAD is answered with headers alone."""
    got = raw(served, request("HEAD", connection="close"))
    assert (got.split(b" ")[1], got.endswith(b"\r\n\r\n")) == (b"404", True)


def test_nonsense_behind_a_head_request_is_answered(served: Served) -> None:
    """What was asked before has no part in how nonsense is refused."""
    got = raw(served, request("HEAD"), b"nonsense\r\n\r\n")
    assert got.endswith(b"\r\n\r\nBad Request")


def test_bodies_are_bounded(served: Served) -> None:
    """More than a megabyte is a 413 and the end."""
    got = raw(served, request("POST", CREATE, content_length="2000000"), b"x" * 1_000_001)
    assert got.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("parts", "shut", "expected"),
    [
        ((b"nonsense\r\n\r\n",), False, b"HTTP/1.1 400"),
        ((b"GET /" + b"x" * 100_000,), False, b"HTTP/1.1 431"),
        ((request("POST", CREATE, content_length="10"), b"half"), True, b"HTTP/1.1 400"),
    ],
)
def test_nonsense_is_answered(
    served: Served, parts: tuple[bytes, ...], shut: bool, expected: bytes
) -> None:
    """What is no HTTP, or breaks off, is refused and the connection closed."""
    assert raw(served, *parts, shut=shut)[:12] == expected


def test_nonsense_behind_a_stall_gets_no_answer() -> None:
    """While an answer is withheld, whatever follows stays unread, and the end ends it."""
    with serving(SandboxPlan(faults=FaultPlan(script={1: F.STALL_AFTER}))) as door:
        line = request("POST", CREATE, json.dumps(BODY).encode())
        assert raw(door, line, b"nonsense\r\n\r\n", shut=True) == b""


def test_open_connections_end_with_the_server() -> None:
    """Leaving the block breaks off who is still connected, and nobody listens any more."""
    with serving() as door:
        port = int(door.url.rsplit(":", 1)[1])
        wire = socket.create_connection(("127.0.0.1", port), timeout=5)
        wire.sendall(request())
        wire.recv(65536)
    with wire:
        assert wire.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.1", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    """Loopback is this machine seen from itself, and nothing else."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com"])
def test_it_is_served_on_loopback_only(host: str) -> None:
    """Anything that others could reach is refused before a port is opened."""
    urls: list[str] = []
    with pytest.raises(ConfigError, match=f"cannot be served on '{host}'"):
        serve(SandboxPlan(), host=host, on_ready=urls.append)
    assert urls == []


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("host", "expected"), [("localhost", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_signals_end_it_quietly(name: signal.Signals, host: str, expected: str) -> None:
    """It serves until a signal, then returns; the handlers from before are back."""
    before = signal.getsignal(name)
    seen: list[tuple[str, int]] = []

    def on_ready(url: str) -> None:
        def visit() -> None:
            key = httpx.get(f"{url}/get-api-key-info", headers=KEY, trust_env=False)
            seen.append((url, key.status_code))
            os.kill(os.getpid(), name)

        threading.Thread(target=visit).start()

    serve(SandboxPlan(), host=host, on_ready=on_ready)
    ((url, status),) = seen
    assert (url.startswith(expected), status) == (True, 200)
    assert signal.getsignal(name) in {before, signal.default_int_handler, signal.SIG_DFL}


@pytest.mark.parametrize("wrong", ["taken", 70_000])
def test_a_port_that_cannot_be_had(served: Served, wrong: str | int) -> None:
    """A port that is taken or impossible is a configuration error."""
    port = int(served.url.rsplit(":", 1)[1]) if isinstance(wrong, str) else wrong
    with pytest.raises(ConfigError, match=f"cannot listen on port {port}"), serving(port=port):
        pytest.fail("it was served")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the message says how to install it."""
    real = builtins.__import__

    def without_h11(name: str, *rest: Any, **more: Any) -> Any:
        if name == "h11":
            raise ImportError("No module named 'h11'", name="h11")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "campaign.sandbox.door", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_h11)
    with pytest.raises(ConfigError, match=r"'h11'; pip install 'campaign\[sandbox\]'"):
        serve(SandboxPlan(), on_ready=lambda _: None)


def test_the_block_can_fail() -> None:
    """An error in the block passes through, and the server ends with it."""
    with pytest.raises(KeyError, match="mine"), serving():
        raise KeyError("mine")


def test_the_served_account_has_room() -> None:
    """The command's account is large, so that tries run at any pace; a plan's is a new one's."""
    lines = inspect.signature(sandbox_options).parameters["lines"].default
    assert (lines, SandboxPlan().concurrency_limit) == (1000, 20)
