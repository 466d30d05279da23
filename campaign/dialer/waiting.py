"""Contacts that are due later, kept in memory up to a bound."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from campaign.dialer.plan import Dial

MOST_WAITING = 10_000
"""Contacts kept in memory until they fall due."""


@dataclass(frozen=True, slots=True, order=True)
class _Wait:
    at: datetime
    order: int
    dial: Dial = field(compare=False)
    unreached: bool = field(compare=False)


class Waiting:
    """Dials in the order in which they fall due; `unreached` ones were due, and reached nobody."""

    def __init__(self) -> None:
        self._waits: list[_Wait] = []
        self._keys: set[str] = set()
        self._order = itertools.count()
        self._unreached: Counter[bool] = Counter()

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    @property
    def next_at(self) -> datetime | None:
        """Return when the next one falls due."""
        return self._waits[0].at if self._waits else None

    @property
    def any_unreached(self) -> bool:
        """Tell whether somebody waits who was due and was not reached."""
        return self._unreached[True] > 0

    def push(self, at: datetime, dial: Dial, *, unreached: bool = False) -> bool:
        """Keep a dial until it falls due; `False` where there is no room for it."""
        if len(self._waits) >= MOST_WAITING:
            return False
        heapq.heappush(self._waits, _Wait(at, next(self._order), dial, unreached))
        self._keys.add(dial.contact.key)
        self._unreached[unreached] += 1
        return True

    def pop(self, now: datetime) -> Dial | None:
        """Return a dial that has fallen due, `None` without one."""
        if not self._waits or self._waits[0].at > now:
            return None
        wait = heapq.heappop(self._waits)
        self._keys.discard(wait.dial.contact.key)
        self._unreached[wait.unreached] -= 1
        return wait.dial
