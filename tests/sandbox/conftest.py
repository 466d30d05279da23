"""Helpers for talking to a sandbox without any door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import Sandbox

T0 = 1_763_800_000.0


@pytest.fixture
def ask() -> Callable[..., tuple[int, Any]]:
    """Return a function that sends one request and gives back the status and the parsed body."""

    def send(
        sandbox: Sandbox, line: str, body: object = None, *, at_s: float = 0.0, key: str = "k"
    ) -> tuple[int, Any]:
        method, target = line.split(" ", 1)
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"Authorization": f"Bearer {key}"}
        answer = sandbox.answer(method, target, headers, raw, T0 + at_s)
        if not answer.headers.get("content-type", "").startswith("application/json"):
            return answer.status, answer.body.decode()
        return answer.status, json.loads(answer.body)

    return send


@pytest.fixture
def create(ask: Callable[..., tuple[int, Any]]) -> Callable[..., tuple[int, Any]]:
    """Return a function that creates a call by v2, fields of the request as keywords."""

    def send(sandbox: Sandbox, *, at_s: float = 0.0, **fields: object) -> tuple[int, Any]:
        body = {"from_number": "+14157774444", "to_number": "+14155550100", **fields}
        return ask(sandbox, "POST /v2/create-phone-call", body, at_s=at_s)

    return send


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio."""
    return "asyncio"
