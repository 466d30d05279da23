"""The provider's request limits, kept on our side, and the pauses it asks for all the same."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio

from campaign.dialer.clock import current_s
from campaign.log import Action, Log
from campaign.model import (
    Account,
    Call,
    CallerNumber,
    CallPage,
    CallQuery,
    CallRequest,
    Concurrency,
    Fault,
    FaultKind,
    Missing,
)
from campaign.policy.placing import pause_s
from campaign.policy.requests import (
    CREATES,
    LEAST_PAUSE_S,
    Budget,
    Limiter,
    fits_s,
    limiter_of,
)
from campaign.ports import Provider

log = Log(__name__)

T = TypeVar("T")

CAUTIOUS_FROM = 10
"""From so many errors within their window on, a create under way counts as one."""

LOOK_S = 0.1
"""How often somebody who waits for creates under way looks whether they are answered."""


class UnderWay:
    """How many are inside a block of it."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1


class Throttle:
    """One for a run: every request goes through it, each limiter for itself.

    `budgets` are the local ones; a limiter without one only pauses when the provider asks.
    """

    def __init__(self, budgets: Mapping[Limiter, Budget] | None) -> None:
        self._budgets = budgets or {}
        self._stamps: dict[Limiter, deque[float]] = defaultdict(deque)
        self._opens_s: dict[Limiter, float] = defaultdict(lambda: -math.inf)
        self._pauses: Counter[Limiter] = Counter()
        self._turns: dict[Limiter, anyio.Lock] = defaultdict(anyio.Lock)
        self._creating = UnderWay()

    async def admit(self, limiter: Limiter) -> None:
        """Wait until a request may be sent, first come, first served, and count it."""
        await self._admit(limiter, (limiter,))

    async def admit_create(self) -> None:
        """Wait until a create may be sent, as far as all limiters of creates go; count it."""
        await self._admit(Limiter.CALL, CREATES)

    async def room_to_create(self) -> None:
        """Wait until a create may be sent, without counting one: several may be let through."""
        while (wait_s := self._wait_s(CREATES)) > 0:
            await anyio.sleep(wait_s)

    @property
    def may_create(self) -> bool:
        """Tell whether a create may be sent now, as far as all limiters of creates go."""
        return self._wait_s(CREATES) <= 0

    def creating(self) -> UnderWay:
        """Keep in mind, for a block, that a create is under way: it may be one more error."""
        return self._creating

    def create(self) -> None:
        """Count a create that is about to be sent."""
        self._count(Limiter.CALL)

    def error(self) -> None:
        """Count an answer of 4xx to a create."""
        self._count(Limiter.CALL_ERROR)

    def closed(self, limiter: Limiter) -> bool:
        """Tell whether a pause of this limiter is under way."""
        return current_s() < self._opens_s[limiter]

    def pauses(self, limiter: Limiter) -> int:
        """Return how many pauses this limiter has taken in a row, without a success between."""
        return self._pauses[limiter]

    def pause(self, limiter: Limiter, fault: Fault) -> None:
        """Pause this limiter as long as the provider asks; answers in a bunch count as one."""
        first = not self.closed(limiter)
        if first:
            self._pauses[limiter] += 1
        asked_s = max(pause_s(fault, self._pauses[limiter] - 1), LEAST_PAUSE_S)
        opens_s = current_s() + asked_s
        self._opens_s[limiter] = max(self._opens_s[limiter], opens_s)
        if first:
            told = {"limiter": limiter.value, "pause_s": round(asked_s, 3)}
            log.info(Action.THROTTLED, "fewer requests are asked for: %.1f s", asked_s, **told)

    def throttled(self, kind: Limiter, fault: Fault) -> Limiter:
        """Pause the limiter that refused a request of this kind, and return it.

        A limiter that no request of this kind waits for would hold none of them back: `kind`
        is then paused as well.
        """
        limiter = limiter_of(fault.limiter, kind)
        self.pause(limiter, fault)
        if limiter is not kind and not {limiter, kind} <= set(CREATES):
            self.pause(kind, fault)
        return limiter

    def passed(self, limiter: Limiter) -> None:
        """Take note of a request that went through: the pauses in a row end.

        A create that did has passed all limiters of creates.
        """
        for one in CREATES if limiter in CREATES else (limiter,):
            self._pauses[one] = 0

    async def _admit(self, counted: Limiter, heeded: tuple[Limiter, ...]) -> None:
        async with self._turns[counted]:
            while (wait_s := self._wait_s(heeded)) > 0:
                await anyio.sleep(wait_s)
            self._count(counted)

    def _wait_s(self, limiters: tuple[Limiter, ...]) -> float:
        now_s = current_s()
        return max([self._one_free_s(limiter, now_s) for limiter in limiters]) - now_s

    def _one_free_s(self, limiter: Limiter, now_s: float) -> float:
        budget = self._budgets.get(limiter)
        if budget is None:
            return self._opens_s[limiter]
        fits = fits_s(self._stamps[limiter], budget, now_s=now_s)
        if limiter is Limiter.CALL_ERROR and self._may_pass(budget):
            fits = max(fits, now_s + LOOK_S)
        return max(self._opens_s[limiter], fits)

    def _may_pass(self, errors: Budget) -> bool:
        """Tell whether the answers that are still to come may be too many errors.

        Not asked of a run with few of them: it would hold up the many creates that succeed.
        """
        seen = len(self._stamps[Limiter.CALL_ERROR])
        return seen >= CAUTIOUS_FROM and seen + self._creating.count >= errors.most

    def _count(self, limiter: Limiter) -> None:
        if limiter in self._budgets:
            self._stamps[limiter].append(current_s())


class Patient:
    """A provider whose reads wait their turn; creates are the placer's affair.

    Nothing is asked twice and no answer is withheld.
    """

    def __init__(self, provider: Provider, throttle: Throttle) -> None:
        self._provider = provider
        self._throttle = throttle

    @property
    def skew_s(self) -> float | None:
        """Return by how many seconds the provider's clock is ahead of ours."""
        return self._provider.skew_s

    async def create(self, request: CallRequest) -> Call | Fault:
        """Send one create, once, at once."""
        return await self._provider.create(request)

    async def get(self, call_id: str) -> Call | Missing | Fault:
        """Ask how one call stands."""
        return await self._read(Limiter.GENERAL, lambda: self._provider.get(call_id))

    async def list_calls(self, query: CallQuery) -> CallPage | Missing | Fault:
        """List calls of a campaign, one page."""
        return await self._read(Limiter.LIST, lambda: self._provider.list_calls(query))

    async def stop_call(self, call_id: str) -> Fault | Missing | None:
        """End a live call."""
        return await self._read(Limiter.GENERAL, lambda: self._provider.stop_call(call_id))

    async def account(self) -> Account | Missing | Fault:
        """Tell whose key it is."""
        return await self._read(Limiter.GENERAL, self._provider.account)

    async def concurrency(self) -> Concurrency | Missing | Fault:
        """Tell how many calls of the account are live."""
        return await self._read(Limiter.GENERAL, self._provider.concurrency)

    async def document(self, call_id: str) -> Mapping[str, Any] | Missing | Fault:
        """Ask for everything the provider holds of one call."""
        return await self._read(Limiter.GENERAL, lambda: self._provider.document(call_id))

    async def caller_number(self, number: str) -> CallerNumber | Missing | Fault:
        """Tell what a caller number is."""
        return await self._read(Limiter.GENERAL, lambda: self._provider.caller_number(number))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._provider.aclose()

    async def _read(self, kind: Limiter, ask: Callable[[], Awaitable[T]]) -> T:
        await self._throttle.admit(kind)
        answer = await ask()
        if not isinstance(answer, Fault):
            self._throttle.passed(kind)
        elif answer.kind is FaultKind.THROTTLED:
            self._throttle.throttled(kind, answer)
        return answer
