"""`explain`: everything that is known of one number, on the clock of where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from campaign.api.opening import existing_ledger
from campaign.contacts.phone import check_region, judge
from campaign.contacts.zones import Locator
from campaign.errors import UsageError
from campaign.model import Episode
from campaign.model.moments import whole_second
from campaign.policy.masking import mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is known of a number, oldest first; `zones` are those it may lie in."""

    number: str
    episodes: tuple[Episode, ...]
    zones: tuple[str, ...]

    def local(self, at: datetime) -> datetime | None:
        """Return a moment on the number's clock: the earliest of several, `None` without one."""
        clocks = (at.astimezone(ZoneInfo(zone)) for zone in self.zones)
        return min(clocks, key=lambda clock: clock.replace(tzinfo=None), default=None)


async def explain(ledger: Path, text: str, *, region: str | None) -> Story:
    """Return what a ledger knows of a number, across its campaigns.

    A text that is no phone number is looked for as it is, as a list may have called it; one that
    is not known either is a `UsageError`.
    """
    judged = judge(text, check_region(region))
    number = judged.number or text.strip()
    async with existing_ledger(ledger) as opened:
        episodes = tuple(await opened.story(number))
    if judged.number is None and not episodes:
        raise UsageError(f"{mask(text)!r} cannot be used: {judged.reason}")
    zones = Locator().locate(judged.number).zones
    return Story(number=number, episodes=episodes, zones=zones)


def told(story: Story) -> dict[str, Any]:
    """Return the document of `explain --json`."""
    return {"number": story.number, "events": [_event(story, one) for one in story.episodes]}


def _event(story: Story, episode: Episode) -> dict[str, Any]:
    at = episode.at.replace(microsecond=0)
    local = story.local(at)
    return {
        "at": whole_second(at),
        "campaign": episode.campaign,
        "kind": episode.kind,
        "outcome": episode.outcome,
        "reason": episode.reason,
        "local_time": None if local is None else local.isoformat(),
    }
