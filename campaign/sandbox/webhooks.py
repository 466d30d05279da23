"""The provider's own news of a call: which events are due when, to whom, and how they are signed.

Pure like the machine: it says what is due at a time. Whoever serves the sandbox posts it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from campaign.sandbox.answer import Answer, invalid
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.loopback import is_local_url

FIELD = "request/body/agent_override/agent/webhook_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event that is due: its place and key are those of the create that made the call."""

    at_s: float
    event: str
    call_id: str
    url: str
    key: str = field(repr=False)


class Announcer:
    """The events to come of the calls whose create named a webhook."""

    def __init__(self) -> None:
        self._to: dict[str, tuple[str, str]] = {}
        self._coming: list[tuple[float, int, str, str]] = []
        self._pushed = 0

    @property
    def next_s(self) -> float | None:
        """The moment of the next event, `None` when none is to come."""
        return self._coming[0][0] if self._coming else None

    def follow(self, record: CallRecord, key: str) -> None:
        """Announce a new call, where its create said where to."""
        url = webhook_of(record.request)
        if url is None or record.v1:
            return
        self._to[record.call_id] = (url, key)
        for event, at_s in _moments(record):
            self._push(event, at_s, record.call_id)

    def stopped(self, record: CallRecord) -> None:
        """Take note that a call ended before its time; later events of it are void."""
        if record.call_id in self._to:
            self._push("call_ended", record.ends_s, record.call_id)

    def due(self, now_s: float, records: Mapping[str, CallRecord]) -> list[Notice]:
        """Return what has come due by `now_s` since the last question, oldest first."""
        found: list[Notice] = []
        while self._coming and self._coming[0][0] <= now_s:
            at_s, _, event, call_id = heappop(self._coming)
            # A call that was stopped has other moments than those it was to have.
            if (event, at_s) in _moments(records[call_id]):
                url, key = self._to[call_id]
                found.append(Notice(at_s=at_s, event=event, call_id=call_id, url=url, key=key))
        return found

    def _push(self, event: str, at_s: float, call_id: str) -> None:
        # Counted, so that events of one moment come in their order.
        self._pushed += 1
        heappush(self._coming, (at_s, self._pushed, event, call_id))


def webhook_of(request: Mapping[str, Any]) -> Any:
    """Return the webhook that a create asks for, whatever it is; `None` without one."""
    agent = request.get("agent_override", {}).get("agent")
    return agent.get("webhook_url") if isinstance(agent, dict) else None


def webhook_refusal(request: Mapping[str, Any]) -> Answer | None:
    """Refuse a webhook that is not on this machine: a simulation posts to nobody else."""
    url = webhook_of(request)
    if url is None or (isinstance(url, str) and is_local_url(url)):
        return None
    return invalid(f"{FIELD} must be plain http to a loopback address, such as 127.0.0.1")


def signature(body: bytes, key: str, now_s: float) -> str:
    """Return the header `x-retell-signature` of a body that is posted now."""
    ms = str(round(now_s * 1000))
    digest = hmac.new(key.encode("latin-1", "replace"), body + ms.encode(), "sha256").hexdigest()
    return f"v={ms},d={digest}"


def _moments(record: CallRecord) -> Iterator[tuple[str, float]]:
    if record.connects_s is not None:
        yield "call_started", record.connects_s
    yield "call_ended", record.ends_s
    if record.analyzed_s is not None:
        yield "call_analyzed", record.analyzed_s
