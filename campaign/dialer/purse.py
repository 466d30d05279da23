"""The budget of one run: what one more call is expected to cost is set aside before it."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from campaign.dialer.bell import Bell
from campaign.dialer.clock import current_s
from campaign.model import Call
from campaign.policy import purse as policy
from campaign.policy.purse import Purse

LOOK_S = 1.0
"""How often somebody who waits for money looks whether any can still come."""


class Wallet:
    """Sets the expected cost of calls aside; without a purse nothing is ever waited for.

    `on_spent` is called when somebody waits for money that cannot come. `busy` tells whether a
    call may still end in this run; those that are being created are known here.
    """

    def __init__(
        self,
        purse: Purse | None,
        on_spent: Callable[[], None],
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._purse = purse
        self._on_spent = on_spent
        self._busy = busy
        self._spent_usd = 0.0
        self._placing = 0
        self._counted: dict[str, float | None] = {}
        self._given_up: set[str] = set()
        self._late_until_s = 0.0
        self._moved = Bell()

    @property
    def spent_usd(self) -> float:
        """Return what the calls cost so far; without a purse, those that ended in this run."""
        return self._spent_usd if self._purse is None else self._purse.spending.spent_usd

    async def reserve(self) -> None:
        """Set the cost of one more call aside, waiting for calls that may turn out cheaper.

        Waits for ever, and says so through `on_spent`, when there is none to wait for. Followed
        by `spend` or `give_back`.
        """
        while self._purse is not None and not self._purse.fits:
            await self._wait()
        self._placing += 1
        self._take(policy.reserved)

    def spend(self) -> None:
        """Take note that a call was created, or may have been: the money stays set aside."""
        self._placing -= 1

    def give_back(self) -> None:
        """Take back what was set aside for a call that was certainly not created."""
        self._placing -= 1
        self._take(policy.returned)

    def not_found(self, key: str) -> None:
        """Take note of a call that is given up: it may be found yet, and stays set aside."""
        self._given_up.add(key)

    def adopted(self, key: str) -> None:
        """Set the cost of a call aside, be it too much, that was found and not known of."""
        if key not in self._given_up:
            self._take(policy.reserved)

    def ended(self, key: str, call: Call | None) -> None:
        """Take note of the end of a call, `None` where nothing is known of it any more."""
        self._take(lambda purse: policy.ended(purse, call))
        if call is None:
            return
        self._spent_usd += call.cost_usd or 0.0
        self._counted[key] = None if policy.may_cost(call) else call.cost_usd or 0.0
        if policy.may_cost(call):
            self._late_until_s = current_s() + policy.LATE_S

    def late(self, key: str, call: Call | None) -> None:
        """Take note of the last word on a call that has ended: its cost may be new."""
        if key not in self._counted:
            return
        before_usd = self._counted.pop(key)
        cost_usd = None if call is None else call.cost_usd
        if cost_usd is None:
            self._wake()  # whoever waited for it has nothing to wait for
            return
        self._spent_usd += cost_usd - (before_usd or 0.0)
        self._take(lambda purse: policy.corrected(purse, before_usd, cost_usd))

    async def _wait(self) -> None:
        """Wait until the purse has moved, or for ever where it cannot."""
        if not self._may_move:
            self._on_spent()
            await anyio.sleep_forever()
        with anyio.move_on_after(LOOK_S):
            await self._moved.heard()

    @property
    def _may_move(self) -> bool:
        late = None in self._counted.values() and current_s() < self._late_until_s
        return self._placing > 0 or late or self._busy()

    def _take(self, change: Callable[[Purse], Purse]) -> None:
        if self._purse is not None:
            self._purse = change(self._purse)
            self._wake()

    def _wake(self) -> None:
        self._moved.ring()
