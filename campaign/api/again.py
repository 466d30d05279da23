"""`results`: the results written again, from the ledger and the list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.api.named import campaign_named
from campaign.api.opening import existing_ledger, require_ledger
from campaign.api.outputs import Outputs, composed_calls, inputs_of, whole, write_all
from campaign.api.reading import open_list
from campaign.api.suppressing import screened_now
from campaign.config import Settings
from campaign.contacts.places import is_there
from campaign.contacts.screen import Listing
from campaign.dialer.feed import in_thread
from campaign.errors import ListError
from campaign.log import notice
from campaign.model import Campaign
from campaign.outcomes.build import Calls, Frame
from campaign.ports import Ledger

PENDING = "not called yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """A campaign's list, what the ledger knows of its rows, and where that is to be written."""

    outputs: Outputs
    listing: Listing
    calls: Calls
    ledger: Ledger

    async def write(self, name: str) -> None:
        await write_all(self.outputs, self.listing, self.calls, self.ledger, name)


async def write_again(
    settings: Settings, name: str, ledger: Path, *, source: Any = None
) -> Path | None:
    """Join the campaign's list with what the ledger knows, and return where that was written.

    `source` says which list is meant; without it the list is the recorded one, and one that has
    changed since is a `ListError`. The rows are never held together as one frame.
    """
    async with _again(settings, name, ledger, source=source, write=True) as again:
        await again.write(name)
        return again.outputs.out


async def frame_again(
    settings: Settings, name: str, ledger: Path, *, source: Any = None, write: bool
) -> Frame:
    """Do the same and return all of it; `write` tells whether it is written too."""
    async with _again(settings, name, ledger, source=source, write=write) as again:
        # Before it is written: the file may be the list itself.
        frame = await in_thread(lambda: whole(again.listing, again.calls))
        await again.write(name)
        return frame


@asynccontextmanager
async def _again(
    settings: Settings, name: str, ledger: Path, *, source: Any, write: bool
) -> AsyncIterator[_Again]:
    require_ledger(ledger)
    async with existing_ledger(ledger) as opened:
        known = await campaign_named(opened, ledger, name)
        settings = _as_it_was(settings, known, write=write)
        path = str(source) if isinstance(source, str | Path) else known.list_path or None
        outputs = Outputs.of(settings, path if write else None)
        outputs.check(inputs_of(path, ledger))
        listing = await _listing(settings, known, source)
        outputs.check_renewed(listing)
        outputs.check_size(listing)
        screened = await screened_now(listing, opened)
        async with composed_calls(screened, opened, name, pending=PENDING, holds={}) as calls:
            yield _Again(outputs=outputs, listing=listing, calls=calls, ledger=opened)


def _as_it_was(settings: Settings, known: Campaign, *, write: bool) -> Settings:
    """Add how the campaign last read its list and wrote its file, where nothing else is given."""
    recorded = Settings.model_validate(known.options)
    recorded = recorded.model_copy(update={"suppress": _still_there(recorded.suppress)})
    names = recorded.model_fields_set - settings.model_fields_set
    if not write:
        names -= {"out"}
    return settings.model_copy(update={name: getattr(recorded, name) for name in names})


def _still_there(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suppression files that there are; results can be written without the others."""
    there = tuple(path for path in paths if is_there(path))
    for path in paths:
        if path not in there:
            notice(
                f"the suppression file {path!r} is gone: whom it named is not told by it any more"
            )
    return there


async def recorded_listing(settings: Settings, known: Campaign) -> Listing:
    """Read a campaign's own list as it was read last; one that has changed is a `ListError`."""
    return await _listing(_as_it_was(settings, known, write=False), known, None)


async def _listing(settings: Settings, known: Campaign, source: Any) -> Listing:
    """Read the list that is meant, the way the campaign read it."""
    if source is None and not known.list_path:
        raise ListError(
            f"the list of campaign {known.name!r} was no file",
            hint=f"name one: campaign results {known.name} CONTACTS",
        )
    if source is None and not is_there(known.list_path):
        raise ListError(
            f"the list {known.list_path!r} of campaign {known.name!r} is gone",
            hint="put it back, or name another of the same people, such as results written before:"
            f" campaign results {known.name} CONTACTS",
        )
    listing = await open_list(settings, known.list_path if source is None else source)
    if source is None and listing.content_hash != known.list_hash:
        raise ListError(
            f"the list {known.list_path!r} has changed since campaign {known.name!r} ran",
            hint=f"say which list is meant: campaign results {known.name} CONTACTS",
        )
    return listing
