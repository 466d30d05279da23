"""A health check service on loopback that writes down what it hears."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from campaign import health

SECRET = "4a1b9c-not-for-logs"


@dataclass
class Service:
    """A service: what it answers, for how long it says nothing, and what it has heard."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    silent: threading.Event = field(default_factory=threading.Event)
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def signals(self) -> list[str]:
        """What is behind the address in each request, in order."""
        return [path.removeprefix(f"/{SECRET}") for path in self.heard]

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request, after a silence that is over where `silent` is set."""
        self.heard.append(request.path)
        self.said.append(f"{request.command} {request.headers}")
        self.silent.wait(10)
        request.send_response(self.status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Return a starter of services; one that is to be silent is told so by `silent=True`."""
    with ExitStack() as stack:

        def start(*, silent: bool = False, **given: Any) -> Service:
            service = Service(**given)
            if not silent:
                service.silent.set()

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    service.handle(self)

                def log_message(self, *_: Any) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.block_on_close = False
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(service.silent.set)
            service.url = f"http://127.0.0.1:{server.server_port}/{SECRET}"
            return service

        yield start


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for hardly a moment."""
    monkeypatch.setattr(health, "LIMIT_S", 0.2)


@pytest.fixture
def secret() -> str:
    """Return the part of the address that nobody may see."""
    return SECRET
