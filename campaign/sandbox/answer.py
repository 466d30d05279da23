"""What goes into the sandbox and what comes out: requests, answers, the log's entries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from campaign.model import EMPTY

if TYPE_CHECKING:
    from campaign.sandbox.calls import CallRecord

Cut = Literal["before", "after", "truncate", "stall"]
"""How a connection breaks: reset before or after the call was made, in the body, or never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request as it came in; header names are lower case, `tail` is the id in the path."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    now_s: float
    tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the door has to do: answer after `delay_s`, or break the connection as `cut` says."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    cut: Cut | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An answer, and what was done to give it."""

    answer: Answer
    record: CallRecord | None = None
    created: bool = False
    replayed: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the sandbox's own log, the truth that a test compares a run with.

    `status` is what was meant to be answered, even if the connection was cut before it could
    arrive (`fault` says so). `live` counts the sandbox's own live calls after a request that was
    about a call, 0 elsewhere.
    """

    at_s: float
    method: str
    path: str
    status: int
    call_id: str | None = None
    to_number: str | None = None
    from_number: str | None = None
    attempt_id: str | None = None
    created: bool = False
    idempotent_replay: bool = False
    fault: str | None = None
    live: int = 0


def in_json(status: int, value: object, headers: Mapping[str, str] = EMPTY) -> Answer:
    """Answer with a JSON document."""
    return Answer(
        status=status,
        headers={"content-type": "application/json; charset=utf-8", **headers},
        body=json.dumps(value, separators=(",", ":")).encode(),
    )


def in_text(status: int, text: str, headers: Mapping[str, str] = EMPTY) -> Answer:
    """Answer with plain text, as the real server does for paths it does not know."""
    return Answer(
        status=status,
        headers={"content-type": "text/plain; charset=utf-8", **headers},
        body=text.encode(),
    )


def refused(
    status: int,
    message: str,
    *,
    v1: bool = False,
    headers: Mapping[str, str] = EMPTY,
) -> Answer:
    """Refuse in the words of the application: v1 and v2 name the text differently."""
    body = {"error_message": message} if v1 else {"status": "error", "message": message}
    return in_json(status, body, headers)


def invalid(message: str) -> Answer:
    """Refuse as the gateway does, before the application has seen the request."""
    return in_json(400, {"error_message": message})


def parsed(body: bytes) -> Any:
    """Return the JSON value of a body; `ValueError` where there is none."""
    # UnicodeDecodeError and JSONDecodeError are both ValueErrors, RecursionError is not.
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
