"""The pause that a throttled run takes: everybody waits, nobody is lost."""

from __future__ import annotations

import math

import anyio

from campaign.model import Fault
from campaign.policy.placing import pause_s


class Gate:
    """Closed while the provider asked for a pause."""

    def __init__(self) -> None:
        self._opens_s = -math.inf
        self.pauses = 0

    @property
    def closed(self) -> bool:
        """Tell whether a pause is under way."""
        return anyio.current_time() < self._opens_s

    async def wait(self) -> None:
        """Wait until the gate is open."""
        while (left_s := self._opens_s - anyio.current_time()) > 0:
            await anyio.sleep(left_s)

    def pause(self, fault: Fault) -> None:
        """Close the gate for as long as the provider asked; answers in a bunch count as one."""
        opens_s = anyio.current_time() + pause_s(fault, self.pauses)
        if not self.closed:
            self.pauses += 1
        self._opens_s = max(self._opens_s, opens_s)

    def passed(self) -> None:
        """Take note of a create that went through: the pauses in a row end."""
        self.pauses = 0
