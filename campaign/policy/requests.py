"""How many requests of each kind the provider takes in a while, and when the next one fits.

Source: the provider's documented limits. They are kept here too, so that a refusal for their sake
is the exception.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Limiter(StrEnum):
    """What counts requests at the provider; the words of its `X-RateLimit-Limiter`."""

    CALL = "call"
    """Creates."""
    CALL_ERROR = "call-error"
    """Creates that were refused with a 4xx."""
    LIST = "list"
    """Listings of calls."""
    GENERAL = "general"
    """All other requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """At most `most` requests in any `per_s` seconds."""

    most: int
    per_s: float


BUDGETS: Mapping[Limiter, Budget] = MappingProxyType(
    {
        Limiter.CALL: Budget(most=1000, per_s=10.0),
        Limiter.CALL_ERROR: Budget(most=60, per_s=60.0),
        Limiter.LIST: Budget(most=15, per_s=10.0),
        Limiter.GENERAL: Budget(most=100, per_s=10.0),
    }
)

LEAST_PAUSE_S = 0.5
"""A pause is no shorter, so that the refusals of one moment are seen to belong together."""

CREATES = (Limiter.CALL, Limiter.CALL_ERROR)
"""The limiters that bear on creates."""

_BY_NAME: Mapping[str, Limiter] = MappingProxyType({limiter.value: limiter for limiter in Limiter})


def limiter_of(name: str | None, otherwise: Limiter) -> Limiter:
    """Return the limiter a provider names, `otherwise` where it names none that is known."""
    return _BY_NAME.get(name or "", otherwise)


def fits_s(stamps: deque[float], budget: Budget, *, now_s: float) -> float:
    """Return when the next request fits, as a time of the stamps' clock: `now_s` if now.

    `stamps` are the times of those that were sent, oldest first; old ones are dropped.
    """
    while stamps and stamps[0] <= now_s - budget.per_s:
        stamps.popleft()
    if len(stamps) < budget.most:
        return now_s
    return stamps[-budget.most] + budget.per_s
