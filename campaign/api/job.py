"""What a run is about: settings and targets checked, the list read, nothing opened."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.api.hooks import Hooks
from campaign.api.hours import CallingHours, calling_hours
from campaign.api.outputs import Outputs, inputs_of
from campaign.api.reading import open_list, refuse_rejects, tell_notices
from campaign.api.redials import in_vain
from campaign.api.refusals import check_run
from campaign.api.sources import campaign_name, ledger_path
from campaign.api.variables import heed_variables
from campaign.config import Settings
from campaign.contacts.screen import Listing
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a run is about: worked out from the settings before anything is opened.

    `whole` asks for the results as a frame, all rows in memory. `read_s` is how long reading and
    screening the list took.
    """

    settings: Settings
    name: str
    source: str | None
    ledger: Path
    outputs: Outputs
    hours: CallingHours
    listing: Listing
    hooks: Hooks
    whole: bool
    started_s: float
    read_s: float = 0.0


async def prepare(
    settings: Settings,
    source: Any,
    *,
    config: str | os.PathLike[str] | None,
    hooks: Hooks,
    whole: bool = False,
    keep: Path | None = None,
) -> Job:
    """Check settings and targets and read the list: nothing is opened, nobody is called.

    The list is read from a copy in the folder `keep`, where one is given.
    """
    check_run(settings)
    started_s = time.monotonic()
    path = str(source) if isinstance(source, str | Path) else None
    ledger = ledger_path(settings, config)
    outputs = Outputs.of(settings, path)
    outputs.check(inputs_of(path, ledger))
    if (notice := in_vain(settings)) is not None:
        hooks.notify(notice)
    hours = await in_thread(lambda: calling_hours(settings, SystemClock().now()))
    began_s = time.monotonic()
    listing = await open_list(settings, source, keep=keep)
    read_s = time.monotonic() - began_s
    await _heed(listing, settings, outputs, hooks)
    return Job(
        settings=settings,
        name=campaign_name(settings, path),
        source=path,
        ledger=ledger,
        outputs=outputs,
        hours=hours,
        listing=listing,
        hooks=hooks,
        whole=whole,
        started_s=started_s,
        read_s=read_s,
    )


async def _heed(listing: Listing, settings: Settings, outputs: Outputs, hooks: Hooks) -> None:
    """Tell what is odd about a list; raise where it cannot be worked from, or written from."""
    outputs.check_renewed(listing)
    outputs.check_size(listing)
    tell_notices(listing, hooks.notify, hooks.warn)
    heed_variables(settings, listing, hooks.notify)
    if settings.strict:
        await refuse_rejects(listing, outputs)
