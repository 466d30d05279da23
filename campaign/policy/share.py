"""How many live calls are ours: what the account leaves us, found out and then felt for.

Two figures bound it besides `--max-live`. `room` is what the provider said the account has left
for this run: its limit, less what is kept for inbound calls, less what others use. `allowed` feels
for the limit where nobody tells it: every refusal for want of a line takes a part of it away,
every call that comes through adds a little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from campaign.model import Concurrency

SHRINK = 0.7
CALM_S = 2.0
"""Refusals within this time count as one: they come in a bunch."""

BELIEVED_S = 5.0
"""For so long after a refusal, what the provider says of free lines does not raise ours."""

ASK_EVERY_S = 4.0
"""How often the provider is asked how many of the account's lines are in use."""

STALE_S = 60.0
"""After so long without an answer, what the provider said of free lines counts no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Our part of the account's lines; times are seconds of the run's own clock."""

    most: int
    allowed: float
    room: int | None = None
    refused_s: float = float("-inf")

    @property
    def lines(self) -> int:
        """Return how many live calls we may have now; 0 where others use them all."""
        lines = min(self.most, int(self.allowed))
        return lines if self.room is None else min(lines, max(self.room, 0))


def whole(most: int) -> Share:
    """Return the share of a run that knows nothing of its account yet."""
    return Share(most=most, allowed=float(most))


def refused(share: Share, *, used: int, now_s: float) -> Share:
    """Return the share after a call that found no line, `used` others being live."""
    if now_s - share.refused_s < CALM_S:
        return share
    allowed = max(1.0, min(share.allowed, float(max(used, 1))) * SHRINK)
    return replace(share, allowed=allowed, refused_s=now_s)


def placed(share: Share) -> Share:
    """Return the share after a call that found a line: one more for every round of them."""
    if share.allowed >= share.most:
        return share
    return replace(share, allowed=min(float(share.most), share.allowed + 1.0 / share.allowed))


def told(share: Share, said: Concurrency, *, used: int, now_s: float) -> Share:
    """Return the share after the provider said how its lines are used; `used` of them by us."""
    others = max(0, said.current - used)
    room = max(0, said.limit - said.reserved_inbound - others)
    if now_s - share.refused_s < BELIEVED_S:
        return replace(share, room=room)
    return replace(share, room=room, allowed=float(max(1, min(share.most, room))))


def untold(share: Share) -> Share:
    """Return the share where nobody tells any more how the lines are used: they are felt for."""
    return replace(share, room=None)
