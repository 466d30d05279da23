"""A health check is told, and can do a run no harm."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from campaign import health
from campaign.health import HealthCheck, Signal, address

Serve = Callable[..., Any]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for less than for a real service."""
    monkeypatch.setattr(health, "PAUSE_S", 0.0)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[tuple[str, str, str]]]]:
    """Return what was logged: action, signal, text; whoever logs it, in all detail."""
    with caplog.at_level(logging.DEBUG):
        yield lambda: [
            (one.__dict__["action"], one.__dict__["signal"], one.getMessage())
            for one in caplog.records
            if one.name == "campaign.health"
        ]


@pytest.mark.parametrize(
    ("url", "signal", "expected"),
    [
        ("https://hc.example/ab-c", Signal.START, "https://hc.example/ab-c/start"),
        ("https://hc.example/ab-c/", Signal.FAIL, "https://hc.example/ab-c/fail"),
        ("https://hc.example/ab-c", Signal.SUCCESS, "https://hc.example/ab-c"),
        (
            "https://hc.example:8/a/b?create=1",
            Signal.FAIL,
            "https://hc.example:8/a/b/fail?create=1",
        ),
        ("http://localhost", Signal.START, "http://localhost/start"),
    ],
)
def test_addresses(url: str, signal: Signal, expected: str) -> None:
    """Start and fail are at the end of the path, before a query."""
    assert expected == str(address(url, signal))


def test_what_is_sent(serve: Serve, told: Any, secret: str) -> None:
    """A GET without a body or anything of the campaign's; the log has the host and no more."""
    service = serve()
    check = HealthCheck(service.url)
    assert [True] * 3 == [check.tell(signal) for signal in Signal]
    assert [f"/{secret}/start", f"/{secret}", f"/{secret}/fail"] == service.heard
    headers = f"Host: {httpx.URL(service.url).netloc.decode()}\nuser-agent: campaign"
    assert {f"GET {headers}\n\n"} == set(service.said)
    where = service.url.replace(secret, "...")
    assert told() == [
        ("pinged", signal, f"{signal} to {where}") for signal in ("start", "success", "fail")
    ]


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (302, 1), (429, 1), (503, 3)])
def test_answers(serve: Serve, told: Any, status: int, tries: int) -> None:
    """What is no success is told; trouble of the server is tried again, redirects go nowhere."""
    other = serve()
    service = serve(status=status, headers={"location": other.url})
    assert not HealthCheck(service.url).tell(Signal.SUCCESS)
    assert ([], tries) == (other.heard, len(service.heard))
    ((action, signal, text),) = told()
    assert ("ping_failed", "success") == (action, signal)
    assert text.endswith(f": answered {status}")


def test_a_second_try() -> None:
    """A service that was away for a moment is told all the same."""
    answers: Iterator[Exception | httpx.Response] = iter(
        [httpx.ConnectError("secret"), httpx.Response(500), httpx.Response(204)]
    )

    def handle(_: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert HealthCheck("https://hc.example/x", transport=httpx.MockTransport(handle)).tell(
        Signal.FAIL
    )


@pytest.mark.usefixtures("_impatient")
def test_a_service_that_says_nothing(serve: Serve, told: Any, secret: str, caplog: Any) -> None:
    """Nobody waits longer than the limit, and the log does not tell where it is."""
    service = serve(silent=True)
    since_s = time.monotonic()
    assert not HealthCheck(service.url).tell(Signal.START)
    assert time.monotonic() - since_s < 2.0
    assert "no answer within 0.2 s" in told()[0][2]
    assert secret not in caplog.text


@pytest.mark.usefixtures("_impatient")
def test_a_service_that_never_ends(told: Any, secret: str) -> None:
    """Headers that come one byte at a time, for ever, are given up in time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
                while not over.wait(0.01):
                    peer.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/{secret}"
        assert not HealthCheck(url).tell(Signal.SUCCESS)
        over.set()
        thread.join()
    assert "no answer within 0.2 s" in told()[0][2]


def test_a_body_without_an_end(told: Any) -> None:
    """What follows the headers is not read."""

    def endless() -> Iterator[bytes]:
        yield b"x"
        raise AssertionError

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
    assert HealthCheck("https://hc.example/x", transport=transport).tell(Signal.SUCCESS)
    assert "pinged" == told()[0][0]


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("http://127.0.0.1:1/{}", "ConnectError"),
        ("https://127.0.0.1:1/{}", "ConnectError"),
        ("http://[::1/{}", "InvalidURL"),
    ],
)
def test_a_service_that_is_not_there(
    url: str, trouble: str, told: Any, secret: str, caplog: Any
) -> None:
    """Whatever it is: the kind of trouble is told, and never the address."""
    check = HealthCheck(url.format(secret))
    assert not check.tell(Signal.START)
    assert told()[0][2].endswith(f": {trouble}")
    assert secret not in caplog.text + repr(check)
