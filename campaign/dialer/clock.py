"""The time of day, and waiting for a moment of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import anyio

from campaign.ports import Clock


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return datetime.fromtimestamp(time.time(), UTC)


async def sleep_until(moment: datetime, clock: Clock) -> None:
    """Wait until `clock` shows `moment`, also when the clock is set meanwhile."""
    longest_s = 60.0
    while (left_s := (moment - clock.now()).total_seconds()) > 0:
        await anyio.sleep(min(left_s, longest_s))
