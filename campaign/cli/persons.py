"""`campaign explain` and `campaign forget`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from campaign.api.explaining import Story, explain, told
from campaign.api.forgetting import forget
from campaign.cli.agreeing import agreed
from campaign.cli.say import document, is_terminal, line, say
from campaign.model import Episode
from campaign.policy.masking import mask


def explain_command(ledger: Path, number: str, *, region: str | None, json: bool) -> None:
    """Print what is known of a number."""
    story = asyncio.run(explain(ledger, number, region=region))
    if not story.episodes:
        say(f"nothing is known of {mask(story.number)} in the ledger {str(ledger)!r}")
    if json:
        document(told(story))
        return
    for episode in story.episodes:
        line(_line(story, episode))


def _line(story: Story, episode: Episode) -> str:
    local = story.local(episode.at)
    there = "" if local is None else f" ({local:%a %H:%M} there)"
    said = (episode.campaign, episode.kind, episode.outcome, episode.reason)
    return f"{episode.at.astimezone():%Y-%m-%d %H:%M:%S}{there}: {', '.join(filter(None, said))}"


def forget_command(ledger: Path, number: str, *, region: str | None, yes: bool) -> None:
    """Ask, erase, and say what was erased."""
    if not yes and is_terminal(sys.stdin, sys.stderr):
        say(f"the number {mask(number)} and what its calls said will be erased from {ledger}")
        if not agreed("Erase them for good? [y/N] "):
            say("nothing was erased")
            return
    attempts = asyncio.run(forget(ledger, number, region=region))
    say(
        f"erased: the number {mask(number)} and the texts of {attempts} attempts; a keyed hash"
        " stays, so that its contacts are not called again, and so does a suppression"
    )
