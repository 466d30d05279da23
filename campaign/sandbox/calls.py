"""The calls of the sandbox: what was asked for, how each stands at a moment, which hold a line."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from campaign.sandbox.life import Life
from campaign.sandbox.seed import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call and the moments of its life, in seconds since the epoch.

    `request` is the whole body of the create. `connects_s` is `None` for a call nobody takes,
    `analyzed_s` for one that is not analysed.
    """

    call_id: str
    ordinal: int
    created_s: float
    v1: bool
    request: Mapping[str, Any]
    agent_id: str
    life: Life
    connects_s: float | None
    ends_s: float
    analyzed_s: float | None

    @property
    def to_number(self) -> str:
        """The number that was called."""
        return str(self.request["to_number"])

    @property
    def from_number(self) -> str:
        """The number that called."""
        return str(self.request["from_number"])

    def has_ended(self, now_s: float) -> bool:
        """Tell whether the call is over."""
        return now_s >= self.ends_s

    def status(self, now_s: float) -> str:
        """Return the call status in v2's words."""
        if self.has_ended(now_s):
            return self.life.status
        return "registered" if self.start_ms(now_s) is None else "ongoing"

    def start_ms(self, now_s: float) -> int | None:
        """Return when it connected, in ms, once it has."""
        if self.connects_s is None or now_s < self.connects_s:
            return None
        return round(self.connects_s * 1000)

    def end_ms(self, now_s: float) -> int | None:
        """Return when it ended, in ms, once it has."""
        return round(self.ends_s * 1000) if self.has_ended(now_s) else None

    def reason(self, now_s: float) -> str | None:
        """Return the disconnection reason in v2's words, once there is one."""
        return self.life.reason if self.has_ended(now_s) else None

    def duration_ms(self, now_s: float) -> int | None:
        """Return how long was talked, in ms of the simulated world, once it is over."""
        if self.connects_s is None or not self.has_ended(now_s):
            return None
        return round(self.life.talk_s * 1000)

    def analysis(self, now_s: float) -> Mapping[str, Any] | None:
        """Return the analysis, once it is there."""
        if self.analyzed_s is None or now_s < self.analyzed_s:
            return None
        return self.life.analysis


class Calls:
    """All calls by id, oldest first. Times must not go back from one question to the next."""

    def __init__(self, *, seed: int, speed: float) -> None:
        self.by_id: dict[str, CallRecord] = {}
        self._seed = seed
        self._speed = speed
        self._to: Counter[str] = Counter()
        self._ends: list[tuple[float, str]] = []
        self._live: set[str] = set()

    def made_to(self, to_number: str) -> int:
        """Return how many calls to a number there have been."""
        return self._to[to_number]

    def add(
        self,
        request: Mapping[str, Any],
        life: Life,
        *,
        agent_id: str,
        now_s: float,
        v1: bool,
        holds_line: bool,
    ) -> CallRecord:
        """Make a call; it holds a line until it ends, unless it never gets one."""
        to_number = str(request["to_number"])
        self._to[to_number] += 1
        answered_s = now_s + life.ring_s / self._speed
        ends_s = answered_s + life.talk_s / self._speed
        record = CallRecord(
            call_id=self._id(to_number),
            ordinal=len(self.by_id) + 1,
            created_s=now_s,
            v1=v1,
            request=request,
            agent_id=agent_id,
            life=life,
            connects_s=answered_s if life.talk_s > 0 else None,
            ends_s=ends_s,
            analyzed_s=ends_s + life.analysis_delay_s / self._speed if life.analysis else None,
        )
        self.by_id[record.call_id] = record
        if holds_line:
            self._live.add(record.call_id)
            heapq.heappush(self._ends, (ends_s, record.call_id))
        return record

    def live(self, now_s: float) -> int:
        """Return how many calls hold a line."""
        while self._ends and self._ends[0][0] <= now_s:
            self._live.discard(heapq.heappop(self._ends)[1])
        return len(self._live)

    def stop(self, call_id: str, now_s: float) -> CallRecord | None:
        """End a live call at once; one that is over stays as it is. `None`: no such call."""
        record = self.by_id.get(call_id)
        if record is None or record.has_ended(now_s):
            return record
        stopped = self._cut_short(record, now_s)
        self.by_id[call_id] = stopped
        self._live.discard(call_id)
        return stopped

    def listed(self, *, oldest_first: bool) -> Iterator[CallRecord]:
        """Iterate over the calls in the order in which they were made, or against it."""
        return iter(self.by_id.values()) if oldest_first else reversed(self.by_id.values())

    def _cut_short(self, record: CallRecord, now_s: float) -> CallRecord:
        since_s = record.connects_s
        if since_s is None or now_s < since_s:
            connects_s, share = None, 0.0
        else:
            connects_s, share = since_s, (now_s - since_s) / (record.ends_s - since_s)
        life = replace(
            record.life,
            status="ended",
            reason="manual_stopped",
            talk_s=round(record.life.talk_s * share, 3),
            cost_cents=round(record.life.cost_cents * share, 4),
        )
        return replace(record, life=life, connects_s=connects_s, ends_s=now_s, analyzed_s=None)

    def _id(self, to_number: str) -> str:
        return f"call_{digest(self._seed, to_number, self._to[to_number])[:27]}"
