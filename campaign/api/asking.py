"""A question to the provider before a run: asked again where no answer came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from campaign.dialer.clock import SystemClock, sleep_until
from campaign.model import Fault
from campaign.policy import preflight
from campaign.policy.placing import MOST_PAUSE_S

TRIES = 3
BACKOFF_S = 1.0
T = TypeVar("T")


async def asked(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask, and ask again where no answer came, a little later each time."""
    for tried in range(TRIES - 1):
        answer = await ask()
        if not preflight.may_ask_again(answer):
            return answer
        clock = SystemClock()
        await sleep_until(clock.now() + timedelta(seconds=_wait_s(answer, tried)), clock)
    return await ask()


def _wait_s(answer: object, tried: int) -> float:
    """Return how long to wait: as the provider asks, or twice as long each time."""
    asked_s = answer.retry_after_s if isinstance(answer, Fault) else None
    return BACKOFF_S * 2.0**tried if asked_s is None else min(max(asked_s, 0.0), MOST_PAUSE_S)
