"""`campaign run`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from shutil import get_terminal_size
from typing import TypeAlias

from campaign.api.execute import run_campaign
from campaign.api.finish import Execution
from campaign.api.hooks import Hooks, Preview
from campaign.cli.agreeing import agreed
from campaign.cli.plan import plan_lines
from campaign.cli.say import counts, is_terminal, line, say, show
from campaign.config import ANY, Settings
from campaign.model import Tally
from campaign.outcomes.summary import to_json
from campaign.progress import (
    BarProgress,
    JsonProgress,
    LineProgress,
    NoProgress,
    bar_progress,
    phrases,
)

NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}

Shown: TypeAlias = BarProgress | JsonProgress | LineProgress | NoProgress


class Screen:
    """What a person sees of one run."""

    def __init__(self, settings: Settings, *, json: bool) -> None:
        self._settings = settings
        self._quiet = settings.quiet
        self._as_text = settings.log_format == "text"
        self._json = json
        self._shown: Shown = NoProgress()

    def hooks(self) -> Hooks:
        """Return the callbacks of a run on this screen."""
        return Hooks(
            notify=self.notify,
            warn=say,
            confirm=self.confirm if self._asks() else None,
            progress=self.progress,
            on_signal=self.signal,
        )

    def _asks(self) -> bool:
        """Ask only for real calls, and only where somebody can answer."""
        settings = self._settings
        real = not (settings.sandbox or settings.dry_run or settings.yes)
        return real and settings.contacts != "-" and is_terminal(sys.stdin, sys.stderr)

    def notify(self, text: str) -> None:
        """Tell something that is good to know."""
        if not self._quiet:
            say(text)

    def confirm(self, preview: Preview) -> bool:
        """Show what is about to happen and ask."""
        say(f"people will be called for the campaign {preview.campaign!r}:")
        width = get_terminal_size().columns
        for text in plan_lines(self._settings, preview, now=datetime.now(UTC), width=width):
            show(text, sys.stderr)
        return agreed("Call them? [y/N] ")

    def progress(self, preview: Preview) -> Shown:
        """Return what is drawn where somebody watches; the lines at its foot, or single ones."""
        wanted = self._settings.progress
        watched = is_terminal(sys.stderr) and not self._quiet
        if wanted == "json":
            self._shown = JsonProgress(preview.scene, lambda text: show(text, sys.stderr))
        elif wanted == "bar" or (wanted == "auto" and watched and self._as_text):
            self._shown = bar_progress(preview.scene, write=say, environ=os.environ)
        return self._shown

    def signal(self, number: int, second: bool) -> None:  # noqa: FBT001 - a callback
        """Say what a signal does; the second one ends the process as if by kill."""
        name = NAMES[signal.Signals(number)]
        tally = self._shown.tally
        if second:
            self.close()
            say(f"{name} again: leaving at once; {left_behind(tally)}")
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        drain_s = self._settings.drain_for
        end = "to their end" if number == signal.SIGINT else f"for at most {drain_s:g} s"
        waits = f" ({phrases.waited_for(tally, datetime.now(UTC))})" if tally.live else ""
        say(
            f"{name}: no new call is placed, live ones are followed {end}{waits};"
            " once more leaves at once"
        )

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._shown.close()

    def ended(self, execution: Execution) -> None:
        """Print the summary, and what a person must know."""
        summary = execution.summary
        if self._json:
            line(to_json(summary))
        if not self._quiet:
            lifted = "; hours: any" if self._settings.hours == ANY else ""
            told = counts(summary.outcomes)
            say(f"{summary.campaign!r}: {summary.rows:,} rows: {told}{lifted}")
            if summary.out is not None and execution.written:
                say(f"results: {summary.out}")
        if summary.unknown:
            say(
                f"{summary.unknown} contacts are `unknown`: a call may or may not have been placed;"
                " they are not called again"
            )
        for error in execution.errors:
            say(str(error), fatal=True)
        if execution.errors:
            return
        if summary.stopped_by == "budget":
            say(spent(summary.cost_usd, self._settings.budget or 0.0))
        elif summary.stopped_by is not None:
            say(f"stopped by {summary.stopped_by} before everything was done: run again to go on")
        elif summary.next_due is not None and not self._quiet:
            say(f"the next call is due at {phrases.due_at(summary.next_due)}")


def left_behind(tally: Tally) -> str:
    """Return what a run that leaves at once leaves behind."""
    again = "`campaign results` writes the results file again"
    if not tally.live:
        return again
    calls = "a live call goes" if tally.live == 1 else f"{tally.live:,} live calls go"
    return f"{calls} on: the next run follows them, or `campaign sync` asks once; {again}"


def spent(cost_usd: float, budget_usd: float) -> str:
    """Return what a run says that its budget has stopped."""
    left_usd = max(budget_usd - cost_usd, 0.0)
    return (
        f"stopped by budget before everything was done: {cost_usd:,.2f} of {budget_usd:,.2f} USD"
        f" are spent, and the {left_usd:,.2f} left do not pay for another call; raise --budget to"
        " go on"
    )


def run_command(settings: Settings, *, config: str | None, json: bool) -> int:
    """Run a campaign; return the exit code."""
    screen = Screen(settings, json=json)
    hooks = screen.hooks()

    try:
        execution = asyncio.run(
            run_campaign(settings, settings.contacts, config=config, hooks=hooks)
        )
    finally:
        screen.close()
    screen.ended(execution)
    return execution.exit_code
