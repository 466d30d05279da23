"""The time of day, and waiting for a moment of it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import anyio

from campaign.ports import Clock


def current_s() -> float:
    """Return the time of the loop in seconds: `anyio.current_time`, asked for often.

    That finds out anew each time which kind of loop runs, and mostly it is the same.
    """
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return anyio.current_time()


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
