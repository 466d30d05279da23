"""Who is told what while a run goes on: the command line, a notebook, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from campaign.api.opening import bound_url
from campaign.config import Settings
from campaign.log import Action, Log
from campaign.ports import Progress
from campaign.progress import NoProgress

_log = Log("campaign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a run is about to do, for whoever is asked whether it should."""

    campaign: str
    contacts: str | None
    to_call: int
    rows: int
    from_numbers: tuple[str, ...]
    base_url: str
    cps: float | None
    max_live: int
    simulated: bool


def preview_of(
    settings: Settings, campaign: str, contacts: str | None, *, to_call: int, rows: int
) -> Preview:
    """Return what a run of so many calls is about to do."""
    return Preview(
        campaign=campaign,
        contacts=contacts,
        to_call=to_call,
        rows=rows,
        from_numbers=settings.from_number,
        base_url=bound_url(settings),
        cps=settings.cps,
        max_live=settings.max_live,
        simulated=settings.sandbox,
    )


def log(text: str) -> None:
    """Take a notice as a line of the log: a warning, which is shown unless somebody decided."""
    _log.warning(Action.NOTICE, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Callbacks of a run.

    `notify` takes a line for a person. `confirm` answers whether calls may be placed; without it
    nobody is asked. `on_signal` makes signals drain the run and is told (number, second or not).
    """

    notify: Callable[[str], None] = log
    confirm: Callable[[Preview], bool] | None = None
    progress: Callable[[Preview], Progress] = lambda _: NoProgress()
    on_signal: Callable[[int, bool], None] | None = None
