"""`campaign status`: a table of campaigns, or one of them with its live calls."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shutil import get_terminal_size

from campaign.api.standing import Status, began_at, status, told
from campaign.cli.say import counts, document, is_terminal, line
from campaign.model import Outcome, Run
from campaign.policy.masking import mask
from campaign.progress.choose import spells
from campaign.progress.phrases import clock, lasting

NARROW = 80
"""Below this width a table is not read any more: each campaign is a paragraph."""

PIPED = 1_000
"""Where no terminal limits it, a row is one line."""

MOST_LIVE = 5
BAR_WIDTH = 24
LABEL_WIDTH = 11

NOT_CALLED = (Outcome.PENDING, Outcome.REJECTED, Outcome.SUPPRESSED)
COLUMNS = ("campaign", "state", "rows", "called", "live", "USD", "next due", "outcomes")
NUMBERS = frozenset({"rows", "called", "live", "USD"})


def status_command(ledger: Path, name: str | None, *, json: bool) -> None:
    """Print the campaigns of a ledger, or the one called `name`."""
    found = asyncio.run(status(ledger, name))
    if json:
        document(told(found))
        return
    now = datetime.now(UTC)
    width = get_terminal_size().columns if is_terminal(sys.stdout) else PIPED
    if not found:
        line(f"no campaigns in {ledger}")
    elif name is not None:
        for text in detail_lines(found[0], now=now, width=width, bar=_bar_character()):
            line(text)
    else:
        for text in table_lines(found, now=now, width=width):
            line(text)


def table_lines(found: Sequence[Status], *, now: datetime, width: int) -> list[str]:
    """Return a row for each campaign; on a narrow terminal a paragraph."""
    rows = [_row(one, now) for one in found]
    if width < NARROW:
        return [text for row in rows for text in _paragraph(row, width)]
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in COLUMNS:
        flexible = name in {"campaign", "outcomes"}
        table.add_column(
            name,
            justify="right" if name in NUMBERS else "left",
            overflow="fold",
            no_wrap=not flexible,
        )
    for row in rows:
        table.add_row(*row)
    console = Console(width=width, color_system=None, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return [text.rstrip() for text in captured.get().splitlines()]


def _row(one: Status, now: datetime) -> tuple[str, ...]:
    due = "-" if one.next_due is None else clock(one.next_due, now, due=True)
    return (
        _name(one),
        state(one),
        f"{one.rows:,}",
        f"{called(one):,}",
        f"{one.live:,}",
        f"{one.spending.spent_usd:,.2f}",
        due,
        counts(one.outcomes),
    )


def _paragraph(row: Sequence[str], width: int) -> list[str]:
    name, standing, rows, done, live, usd, due, outcomes = row
    told = [f"{done} of {rows} called", f"{live} live", f"{usd} USD", outcomes]
    told += [] if due == "-" else [f"next due {due}"]
    text = f"{name}: {standing}, {', '.join(told)}"
    return textwrap.wrap(text, max(width, 20), subsequent_indent="  ")


def detail_lines(one: Status, *, now: datetime, width: int, bar: str) -> list[str]:
    """Return what is known of one campaign, a label before each part."""
    lines = [f"{_name(one)}: {_doing(one, now)}"]
    for label, text in _parts(one, now, bar):
        lines += textwrap.wrap(
            text,
            max(min(width, 100) - 1, 2 * LABEL_WIDTH),
            initial_indent=f"  {label:<{LABEL_WIDTH}}",
            subsequent_indent=" " * (LABEL_WIDTH + 2),
            break_on_hyphens=False,
            drop_whitespace=False,
        )
    return [text.rstrip() for text in lines]


def _parts(one: Status, now: datetime, bar: str) -> Iterator[tuple[str, str]]:
    source = one.list_path if one.list_path.isprintable() else repr(one.list_path)
    yield "list", f"{source or 'a frame'}, {one.rows:,} rows, {called(one):,} called"
    yield from _outcomes(one, bar)
    yield from _lives(one, now)
    if one.next_due is not None:
        late = "" if one.next_due > now else ": due now"
        yield "next due", f"{clock(one.next_due, now, due=True)}{late}"
    yield "calls", f"{one.created:,} created in all, {_money(one)}"
    if one.run is not None:
        yield "last run", _last_run(one.run, now, running=one.running)
    yield from (("to do", text) for text in _hints(one))


def _hints(one: Status) -> Iterator[str]:
    name = shlex.quote(one.campaign)
    if one.live and not one.running:
        yield f"live calls are not followed: run again, or `campaign sync {name}`"
    if one.outcomes.get(Outcome.UNKNOWN):
        yield (
            f"unknown calls may or may not have been placed: `campaign sync {name}` asks the"
            f" provider, `campaign resolve {name}` takes a person's word"
        )


def _outcomes(one: Status, bar: str) -> Iterator[tuple[str, str]]:
    most = max(one.outcomes.values(), default=1)
    digits = len(f"{most:,}")
    for number, (outcome, n) in enumerate(one.outcomes.items()):
        share = bar * max(round(BAR_WIDTH * n / most), 1)
        percent = f"{100 * n / one.rows:5.1f} %"
        yield "" if number else "outcomes", f"{outcome:<14}{n:>{digits},} {percent} {share}"


def _lives(one: Status, now: datetime) -> Iterator[tuple[str, str]]:
    for number, attempt in enumerate(one.lives[:MOST_LIVE]):
        call = "being created" if attempt.call is None else attempt.call.call_id
        told = f"{mask(attempt.to_number)} for {lasting(now - began_at(attempt))}, {call}"
        yield "" if number else "live", told
    more = one.live - MOST_LIVE
    if more > 0:
        yield "", f"and {more:,} more"


def _money(one: Status) -> str:
    still = one.spending.open
    told = f"{one.spending.spent_usd:,.2f} USD"
    return f"{told} so far, {still:,} of them have no price yet" if still else told


def _last_run(run: Run, now: datetime, *, running: bool) -> str:
    told = f"began {clock(run.started_at, now)}"
    if run.ended_at is None:
        return told if running else f"{told}, and was cut short"
    why = "" if run.stopped_by is None else f", stopped by {run.stopped_by}"
    return f"{told}, ended {clock(run.ended_at, now)}{why}, {run.calls_created:,} calls created"


def _doing(one: Status, now: datetime) -> str:
    if not one.running or one.run is None or one.run.ended_at is not None:
        return state(one)
    return f"running for {lasting(now - one.run.started_at)} (process {one.pid})"


def state(one: Status) -> str:
    """Return in a word or two what a campaign does, or why it does nothing."""
    if one.running:
        return "running"
    if one.run is None:
        return "not begun"
    if one.run.ended_at is None:
        return "cut short"
    if one.run.stopped_by is not None:
        return f"stopped: {one.run.stopped_by}"
    waits = one.live or one.next_due is not None or one.outcomes.get(Outcome.PENDING)
    return "waiting" if waits else "done"


def called(one: Status) -> int:
    """Return how many rows of the list were called, or tried."""
    return one.rows - sum(one.outcomes.get(outcome, 0) for outcome in NOT_CALLED)


def _name(one: Status) -> str:
    return one.campaign if one.campaign.isprintable() else repr(one.campaign)


def _bar_character() -> str:
    return "━" if spells(sys.stdout, os.environ) else "#"
