"""Who is told what while a run goes on: the command line, a notebook, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from campaign.api.outlook import Outlook
from campaign.api.provider import bound_url
from campaign.config import Settings
from campaign.log import notice
from campaign.model import Outcome, empty
from campaign.ports import Progress
from campaign.progress import NoProgress, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a run is about to do, for whoever is asked whether it should, and whoever watches.

    `outcomes` sums to `rows`: what the list comes to before this run. `to_call` contacts are due,
    whatever the hour. `outlook` is `None` where nobody is asked, or the list is too long for it.
    """

    campaign: str
    contacts: str | None
    to_call: int
    rows: int
    from_numbers: tuple[str, ...]
    base_url: str
    cps: float | None
    max_live: int
    simulated: bool
    scene: Scene
    outcomes: Mapping[str, int] = field(default_factory=empty)
    outlook: Outlook | None = None


def preview_of(
    settings: Settings,
    campaign: str,
    contacts: str | None,
    *,
    to_call: int,
    rows: int,
    outcomes: Mapping[str, int] | None = None,
    outlook: Outlook | None = None,
) -> Preview:
    """Return what a run of so many calls is about to do."""
    known = outcomes or {}
    callers = max(len(settings.from_number), 1)
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
        scene=Scene(
            campaign=campaign,
            to_call=to_call,
            again=max(to_call - known.get(Outcome.PENDING, 0), 0) if known else 0,
            per_minute=None if settings.cps is None else settings.cps * callers * 60,
            lines=settings.max_live,
            wait_s=settings.wait,
            budget_usd=settings.budget,
        ),
        outcomes=known,
        outlook=outlook,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Callbacks of a run.

    `notify` takes a line for a person, `warn` one that must be seen even by those who want quiet
    (by default it goes where the others do). `confirm` answers whether calls may be placed;
    without it nobody is asked. `on_signal` makes signals drain the run and is told (number,
    second or not).
    """

    notify: Callable[[str], None] = notice
    warn: Callable[[str], None] | None = None
    confirm: Callable[[Preview], bool] | None = None
    progress: Callable[[Preview], Progress] = lambda _: NoProgress()
    on_signal: Callable[[int, bool], None] | None = None
