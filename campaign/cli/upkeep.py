"""`campaign sync`, `campaign stop` and `campaign resolve`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from campaign.api.hooks import Hooks
from campaign.api.upkeep import Verdict, ask_to_stop, resolve, sync_all
from campaign.cli.say import line, say
from campaign.config import Settings
from campaign.dialer.sync import Synced
from campaign.errors import UsageError


def sync_command(settings: Settings, ledger: Path, name: str | None) -> None:
    """Look after open calls and print what came of it."""
    _tell(asyncio.run(sync_all(settings, ledger, name, hooks=Hooks(notify=say))))


def _tell(found: Sequence[tuple[str, Synced]]) -> None:
    for campaign, synced in found:
        line(
            f"{campaign}: {synced.adopted} found, {synced.ended} ended, "
            f"{synced.live} still live, {synced.unknown} unknown"
        )
        if synced.unanswered:
            say(f"{campaign}: {synced.unanswered} reads failed; sync again later")


def stop_command(ledger: Path, name: str, *, hang_up: bool) -> None:
    """Ask a run to stop and say whom was asked."""
    running = asyncio.run(ask_to_stop(ledger, name, hang_up=hang_up))
    if running is None:
        say(f"no run of {name!r} is under way: there is nothing to stop")
    else:
        say(f"the run of {name!r} (pid {running.pid}) places no new call from now on")


def verdict_of(
    numbers: Sequence[str],
    *,
    called: bool,
    not_called: bool,
    everybody: bool,
    region: str | None,
) -> Verdict:
    """Return the verdict that flags give; `UsageError` unless they give exactly one."""
    if called and not_called:
        # The last one must not win: a slip would call people a second time.
        raise UsageError("--called and --not-called contradict each other", hint="give one of them")
    if not (called or not_called):
        raise UsageError("say what is known", hint="give --called or --not-called")
    return Verdict(called=called, numbers=numbers, everybody=everybody, region=region)


def resolve_command(ledger: Path, name: str, verdict: Verdict) -> None:
    """Record a verdict and say how many contacts it concerned."""
    settled = asyncio.run(resolve(ledger, name, verdict))
    words = "count as called" if verdict.called else "are due again as a new attempt"
    say(f"{len(settled)} contacts of {name!r} {words}")
