"""`campaign.run` and its kin: keyword arguments are the flags, with `_` for `-`.

The synchronous ones also work where an event loop is running already, as in a notebook: they then
run in a thread of their own. `KeyboardInterrupt` drains: no new call, live ones are followed; a
second one leaves at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from signal import SIGINT
from typing import Any, TypeVar

from campaign import config as configuration
from campaign.api.again import results_again
from campaign.api.checking import CheckResult, check_list
from campaign.api.execute import execute, prepare
from campaign.api.hooks import Hooks
from campaign.api.sources import ledger_path
from campaign.config import Settings
from campaign.dialer.stop import Stop
from campaign.outcomes.build import Frame
from campaign.outcomes.result import Result

T = TypeVar("T")


async def arun(contacts: Any = None, *, config: str | Path | None = None, **options: Any) -> Result:
    """Run a campaign; see `run`. Cancelling drains nothing: it leaves as if killed."""
    return await _arun(contacts, config, options, None)


async def _arun(
    contacts: Any, config: str | Path | None, options: dict[str, Any], stop: Stop | None
) -> Result:
    settings, source = _settings(contacts, config, options)
    job = await prepare(settings, source, config=config, hooks=Hooks())
    execution = await execute(job, stop=stop)
    if execution.error is not None:
        execution.error.add_note(f"so far: {execution.result.summary.outcomes}")
        raise execution.error
    return execution.result


def run(contacts: Any = None, *, config: str | Path | None = None, **options: Any) -> Result:
    """Run a campaign to its end and return its results.

    `contacts` is a path, a polars frame or the TOML's own list; `config` a TOML file, read only
    where it is named. Options are the flags of `campaign run` (`from_number`, `hours`, `cps`, ...).
    A frame writes no file unless `out` is given. Raises `campaign.errors.CampaignError`; calls
    that were placed by then are in the ledger, and the same run again goes on from there.
    """
    return _in_loop(lambda stop: _arun(contacts, config, options, stop), drains=True)


def check(contacts: Any = None, *, config: str | Path | None = None, **options: Any) -> CheckResult:
    """Tell what a run would do with a list: no call, no network.

    Returns counts by outcome and reason in `.summary`, the bad rows in `.rejected`.
    """
    settings, source = _settings(contacts, config, options)
    return _in_loop(lambda _: check_list(settings, source, config=config))


def results(
    name: str,
    contacts: Any = None,
    *,
    config: str | Path | None = None,
    **options: Any,
) -> Frame:
    """Return the results of a campaign as a frame: its list, and what the ledger knows.

    `contacts` says which list is meant where the recorded one has changed or was a frame.
    Writes a file only with `out`.
    """
    settings, _ = _settings(None, config, options)
    path = ledger_path(settings, config)
    write = settings.out is not None
    return _in_loop(
        lambda _: results_again(settings, name, path, source=contacts, write=write)
    ).frame


def _settings(
    contacts: Any, config: str | Path | None, options: dict[str, Any]
) -> tuple[Settings, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(contacts, str | Path):
        given["contacts"] = str(contacts)
    settings = configuration.load(given, config=config)
    return settings, settings.contacts if contacts is None else _plain(contacts)


def _plain(contacts: Any) -> Any:
    return str(contacts) if isinstance(contacts, Path) else contacts


def _in_loop(work: Callable[[Stop], Coroutine[Any, Any, T]], *, drains: bool = False) -> T:
    """Run a coroutine in a loop of its own, in a thread, so that the caller's may be running."""
    ended: list[T | BaseException] = []
    begun = threading.Event()
    holder: list[tuple[asyncio.AbstractEventLoop, Stop]] = []

    async def main() -> T:
        stop = Stop(drain_for_s=0.0)
        holder.append((asyncio.get_running_loop(), stop))
        begun.set()
        return await work(stop)

    def body() -> None:
        try:
            ended.append(asyncio.run(main()))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            ended.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=body, name="campaign")
    thread.start()
    interrupts = 0
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt:
            interrupts += 1
            begun.wait()
            _interrupt(holder, interrupts, drains=drains)
    outcome = ended[0]
    if isinstance(outcome, BaseException):
        raise outcome
    if interrupts > 1:
        raise KeyboardInterrupt
    return outcome


def _interrupt(
    holder: list[tuple[asyncio.AbstractEventLoop, Stop]], interrupts: int, *, drains: bool
) -> None:
    loop, stop = holder[0]
    if drains and interrupts == 1:
        loop.call_soon_threadsafe(stop.signal, int(SIGINT))
    else:
        loop.call_soon_threadsafe(stop.abort)
