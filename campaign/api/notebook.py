"""`campaign.run` and its kin: keyword arguments are the flags, with `_` for `-`.

The synchronous ones also work where an event loop is running already, as in a notebook: they then
run in a thread of their own. `KeyboardInterrupt` drains a run: no new call, live ones are
followed, and the results so far are returned; a second one leaves at once.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import Any

from campaign import config as configuration
from campaign.api.again import frame_again
from campaign.api.checking import CheckResult, check_rows
from campaign.api.execute import run_campaign
from campaign.api.finish import Execution
from campaign.api.hooks import Hooks, Preview
from campaign.api.loop import Aside
from campaign.api.sources import ledger_path
from campaign.config import Settings
from campaign.dialer.stop import Stop
from campaign.errors import UsageError
from campaign.log import notice
from campaign.outcomes.build import Frame
from campaign.outcomes.result import Result
from campaign.policy.identity import campaign_name
from campaign.ports import Progress
from campaign.progress import (
    BarProgress,
    Board,
    JsonProgress,
    LineProgress,
    NoProgress,
    NotebookProgress,
    bar_progress,
    board_here,
)

Config = str | os.PathLike[str] | None
Shown = BarProgress | JsonProgress | LineProgress | NoProgress | NotebookProgress


async def arun(contacts: Any = None, *, config: Config = None, **options: Any) -> Result:
    """Run a campaign; see `run`. Cancelling drains nothing: it leaves as if killed."""
    return await _arun(contacts, config, options, None, board_here())


def run(contacts: Any = None, *, config: Config = None, **options: Any) -> Result:
    """Run a campaign to its end and return its results.

    `contacts` is a path, a polars frame or the TOML's own list; `config` a TOML file, read only
    where it is named. Options are the flags of `campaign run` (`from_number`, `hours`, `cps`, ...).
    A frame writes no file unless `out` is given. A notebook shows how far the run is, a script
    does with `progress="bar"`. Raises `campaign.CampaignError`: calls that were placed by then are
    in the ledger, the same run again goes on from there, and the error's `result` has what this
    one came to.
    """
    board = board_here()
    return Aside(lambda stop: _arun(contacts, config, options, stop, board), drains=True).run()


def check(contacts: Any = None, *, config: Config = None, **options: Any) -> CheckResult:
    """Tell what a run would do with a list: no call, no network.

    Returns counts by outcome and reason in `.summary`, the bad rows in `.rejected`.
    """
    settings, source = _settings(contacts, config, options)
    notify = (lambda _: None) if settings.quiet else notice
    return Aside(
        lambda _: check_rows(settings, source, config=config, notify=notify), drains=False
    ).run()


def results(name: str, contacts: Any = None, *, config: Config = None, **options: Any) -> Frame:
    """Return the results of a campaign as a frame: its list, and what the ledger knows.

    `contacts` says which list is meant where the recorded one has changed or was a frame.
    Writes a file only with `out`.
    """
    settings, _ = _settings(None, config, options)
    path, source = ledger_path(settings, config), _plain(contacts)
    write = settings.out is not None
    return Aside(
        lambda _: frame_again(settings, campaign_name(name), path, source=source, write=write),
        drains=False,
    ).run()


async def _arun(
    contacts: Any,
    config: Config,
    options: dict[str, Any],
    stop: Stop | None,
    board: Board | None,
) -> Result:
    settings, source = _settings(contacts, config, options)
    with ExitStack() as stack:
        hooks = Hooks(
            notify=(lambda _: None) if settings.quiet else notice,
            progress=lambda preview: _drawn(settings, preview, stack, board),
        )
        execution = await run_campaign(
            settings, source, config=config, hooks=hooks, whole=True, stop=stop
        )
    result = _result(execution)
    if result is None or execution.errors:
        error = execution.errors[0]
        error.result = result
        raise error
    return result


def _drawn(settings: Settings, preview: Preview, stack: ExitStack, board: Board | None) -> Progress:
    """Draw below the cell of a notebook; elsewhere only what was asked for."""
    wanted, scene = settings.progress, preview.scene
    shown: Shown
    if wanted == "json":
        shown = JsonProgress(scene, _print)
    elif board and (wanted == "bar" or (wanted == "auto" and not settings.quiet)):
        shown = NotebookProgress(scene, board)
    elif wanted == "bar":
        shown = bar_progress(scene, write=_told, environ=os.environ)
    else:
        shown = NoProgress()
    stack.callback(shown.close)
    return shown


def _told(text: str) -> None:
    _print(f"campaign: {text}")


def _print(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _result(execution: Execution) -> Result | None:
    if execution.frame is None:
        return None
    return Result(frame=execution.frame, summary=execution.summary)


def _settings(contacts: Any, config: Config, options: dict[str, Any]) -> tuple[Settings, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    source = _plain(contacts)
    if isinstance(source, str):
        given["contacts"] = source
    settings = configuration.load(given, config=config)
    if settings.show_config:
        raise UsageError(
            "show_config is for the command line", hint="campaign check --show-config prints it"
        )
    return settings, settings.contacts if source is None or isinstance(source, str) else source


def _plain(contacts: Any) -> Any:
    """Return a path as text, frames and lists of dicts as they are; anything else is no list."""
    if isinstance(contacts, os.PathLike):
        return str(os.fspath(contacts))
    if contacts is None or isinstance(contacts, str):
        return contacts
    known = type(contacts).__module__.partition(".")[0] in {"polars", "pandas"}
    if not (known or isinstance(contacts, list | tuple)):
        raise UsageError(
            f"a list of contacts cannot be a {type(contacts).__name__!r}",
            hint="give a path, a polars or pandas frame, or a list of dicts",
        )
    return contacts
