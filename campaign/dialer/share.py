"""The lines of one run: how many calls may be live, felt for and asked after."""

from __future__ import annotations

import anyio

from campaign.dialer.bell import Bell
from campaign.dialer.clock import current_s
from campaign.log import Action, Log
from campaign.model import Concurrency, Fault, Missing
from campaign.policy import share
from campaign.policy.share import Share
from campaign.ports import Provider

log = Log(__name__)


class Allotment:
    """At most `most` lines, and never more than the account seems to have left for this run."""

    def __init__(self, most: int, provider: Provider) -> None:
        self.used = 0
        self.waiting = 0
        self._share = share.whole(most)
        self._provider = provider
        self._told_s = 0.0
        self._moved = Bell()

    @property
    def lines(self) -> int:
        """Return how many calls may be live now."""
        return self._share.lines

    @property
    def has_room(self) -> bool:
        """Tell whether one more call may be placed."""
        return self.used < self.lines

    async def room(self) -> None:
        """Wait until one more call may be placed; a line is only taken by `use`."""
        self.waiting += 1
        try:
            while not self.has_room:
                await self._moved.heard()
        finally:
            self.waiting -= 1

    def use(self) -> None:
        """Take a line, be it one too many: a call is live, or about to be created."""
        self.used += 1

    def free(self) -> None:
        """Give a line back: its call has ended, or was not created."""
        self.used -= 1
        self._wake()

    def refused(self) -> None:
        """Take note of a call that found no line at the provider."""
        self._take(share.refused(self._share, used=self.used, now_s=current_s()))

    def placed(self) -> None:
        """Take note of a call that found one."""
        self._take(share.placed(self._share))

    async def ask_on(self) -> None:
        """Ask now and again how the account's lines are used; ends where nobody can tell."""
        self._told_s = current_s()
        while True:
            used = self.used
            said = await self._provider.concurrency()
            self._heed(said, used)
            if isinstance(said, Missing):
                return
            await anyio.sleep(share.ASK_EVERY_S)

    def _heed(self, said: Concurrency | Missing | Fault, used: int) -> None:
        now_s = current_s()
        if isinstance(said, Concurrency):
            self._told_s = now_s
            # Our calls that came or went meanwhile may be in the figure or not: the smaller
            # number takes them for others', which costs a line for a moment and no refusal.
            ours = min(used, self.used)
            self._take(share.told(self._share, said, used=ours, now_s=now_s))
        elif isinstance(said, Missing) or now_s - self._told_s >= share.STALE_S:
            self._take(share.untold(self._share))

    def _take(self, after: Share) -> None:
        before, self._share = self.lines, after
        if self.lines == before:
            return
        log.info(
            Action.LINES,
            "%d lines instead of %d, %d in use",
            self.lines,
            before,
            self.used,
            lines=self.lines,
            used=self.used,
        )
        self._wake()

    def _wake(self) -> None:
        self._moved.ring()
