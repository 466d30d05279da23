"""Stopping: no new call, then an end of following, then at once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

import anyio

from campaign.dialer.clock import current_s, sleep_until
from campaign.errors import CampaignError
from campaign.log import Action, Log
from campaign.ports import Clock

log = Log(__name__)


class Stop:
    """Why and how far a run is being stopped; the first reason is the one that is told.

    `placing` is cancelled by any request, `following` when its time is up, `everything` by
    `abort`. A section under `shield` is left alone by the first two.
    """

    def __init__(self, *, drain_for_s: float) -> None:
        self.reason: str | None = None
        self.error: CampaignError | None = None
        self.signal_number: int | None = None
        self.placing = anyio.CancelScope()
        self.following = anyio.CancelScope()
        self.everything = anyio.CancelScope()
        self._drain_for_s = drain_for_s
        self._shields: set[anyio.CancelScope] = set()

    @property
    def requested(self) -> bool:
        """Tell whether no new call may be placed."""
        return self.reason is not None

    def request(self, reason: str) -> None:
        """Place no new call from now on."""
        if self.reason is None:
            self.reason = reason
            log.info(Action.DRAINING, "no new call is placed: %s", reason, reason=reason)
        self.placing.cancel()

    def halt(self, error: CampaignError) -> None:
        """Place no new call because of `error`."""
        if self.error is None:
            self.error = error
            log.info(Action.HALTED, str(error), exit_code=error.exit_code)
        self.request("halt")

    def signal(self, number: int) -> None:
        """Drain as the signal asks: SIGINT follows to the end, the others for a while."""
        if self.signal_number is None:
            self.signal_number = number
        self.request("signal")
        if number != signal.SIGINT:
            self.following.deadline = current_s() + self._drain_for_s

    def abort(self) -> None:
        """Leave at once, as safely as being killed: what is on the wire becomes unknown."""
        self.request("signal")
        for shield in self._shields:
            shield.shield = False
        self.everything.cancel()

    def shield(self) -> Shield:
        """Keep a section from being interrupted by anything but `abort`."""
        return Shield(self._shields)


class Shield:
    """One section that goes on to its end; `up` has those that are under way."""

    __slots__ = ("_scope", "_up")

    def __init__(self, up: set[anyio.CancelScope]) -> None:
        self._up = up

    def __enter__(self) -> None:
        self._scope = anyio.CancelScope(shield=True)
        self._scope.__enter__()
        self._up.add(self._scope)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._up.discard(self._scope)
        self._scope.__exit__(kind, error, trace)


async def watch_signals(stop: Stop, told: Callable[[int, bool], None]) -> None:
    """Turn signals into stops: the first drains, the second leaves at once.

    `told` hears each of them as (signal number, second or not); for the command line it does not
    come back from the second.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    with anyio.open_signal_receiver(*numbers) as received:
        async for number in received:
            second = stop.signal_number is not None
            told(number, second)
            if second:
                stop.abort()
            else:
                stop.signal(number)


async def watch_deadline(stop: Stop, until: datetime, clock: Clock) -> None:
    """Stop placing calls at `until`."""
    await sleep_until(until, clock)
    stop.request("until")
