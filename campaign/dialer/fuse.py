"""The breaker of one run: creates wait at it, and their answers move it."""

from __future__ import annotations

import math

import anyio

from campaign.dialer.bell import Bell
from campaign.dialer.clock import current_s
from campaign.dialer.stop import Stop
from campaign.errors import HaltError
from campaign.log import Action, Log
from campaign.model import Call, Fault
from campaign.policy import breaker

log = Log(__name__)


class Fuse:
    """Lets creates through, one as a probe after a pause, or none."""

    def __init__(self, limits: breaker.Limits, stop: Stop) -> None:
        self.state = breaker.State()
        self._limits = limits
        self._stop = stop
        self._moved = Bell()

    @property
    def open(self) -> bool:
        """Tell whether only a probe may go out, if anything."""
        return self.state.phase is not breaker.Phase.CLOSED

    async def admit(self) -> bool:
        """Wait until a create may go out; return whether it is the probe."""
        while (wait_s := breaker.admits_s(self.state, now_s=current_s())) > 0:
            with anyio.move_on_after(None if math.isinf(wait_s) else wait_s):
                await self._moved.heard()
        probing = self.state.phase is breaker.Phase.OPEN
        self.state = breaker.probe(self.state)
        return probing

    def unused(self) -> None:
        """Take note that the probe has not been answered, or was never sent."""
        self._move(breaker.unused(self.state))

    def note(self, reply: Call | Fault) -> None:
        """Take note of an answer; the last opening halts the run."""
        result = breaker.result_of(reply)
        if result is None:
            return
        before = self.state.phase
        self._move(breaker.note(self.state, result, self._limits, now_s=current_s()))
        if isinstance(reply, Fault) and self.state.phase is not before:
            self._opened(reply)

    def _opened(self, fault: Fault) -> None:
        log.warning(Action.BREAKER, "too many creates come to nothing: %s", fault.message)
        if self.state.phase is breaker.Phase.HALTED:
            self._stop.halt(
                HaltError(
                    f"creates fail again and again, the last one: {fault.message}",
                    hint="run again when the provider can be reached and takes these rows",
                )
            )

    def _move(self, state: breaker.State) -> None:
        self.state = state
        self._moved.ring()
