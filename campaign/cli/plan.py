"""What a person is shown before the first real call: a short plan, a line or two for each part."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from campaign.api.hooks import Preview
from campaign.api.outlook import Outlook
from campaign.cli.say import counts
from campaign.config import ANY, Settings
from campaign.model import Outcome
from campaign.progress.phrases import clock

LABEL_WIDTH = 10
WIDEST = 100

MOST_CALLERS = 4
MOST_REASONS = 3

NOT_CALLED = (Outcome.PENDING, Outcome.REJECTED, Outcome.SUPPRESSED)

Part = tuple[str, str]


def plan_lines(settings: Settings, preview: Preview, *, now: datetime, width: int) -> list[str]:
    """Return the plan of a run, wrapped to a terminal's width."""
    lines = []
    for label, text in _parts(settings, preview, now):
        lines += textwrap.wrap(
            text,
            max(min(width, WIDEST) - 1, 2 * LABEL_WIDTH),
            initial_indent=f"  {label:<{LABEL_WIDTH}}",
            subsequent_indent=" " * (LABEL_WIDTH + 2),
            break_on_hyphens=False,
        )
    return lines


def _parts(settings: Settings, preview: Preview, now: datetime) -> Iterator[Part]:
    if settings.only is not None:
        yield "test call", f"of the row of {settings.only}, placed to {settings.to}"
        yield from _means(settings, preview)
        return
    yield "list", _list(preview)
    if preview.outlook is not None:
        yield from (("", text) for text in _later(preview.outlook, now))
    before = {o: n for o, n in preview.outcomes.items() if o not in NOT_CALLED}
    if before:
        yield "", f"{sum(before.values()):,} called before: {counts(before)}"
    yield from _means(settings, preview)
    yield "pace", _pace(settings, preview)
    yield "hours", _hours(settings)
    if settings.attempts > 1:
        yield "attempts", _attempts(settings)
    yield from _bounds(settings, now)
    yield "expected", _expected(preview.outlook, now)


def _means(settings: Settings, preview: Preview) -> Iterator[Part]:
    yield "through", f"{preview.base_url} ({settings.api})"
    yield "from", _callers(preview.from_numbers)
    yield "agent", _agent(settings)


def _list(preview: Preview) -> str:
    name = "a frame" if preview.contacts is None else preview.contacts
    outlook = preview.outlook
    told = [f"{preview.to_call:,} to call" if outlook is None else f"{_now(outlook):,} to call now"]
    told += [
        f"{n:,} {outcome}"
        for outcome in (Outcome.SUPPRESSED, Outcome.REJECTED)
        if (n := preview.outcomes.get(outcome, 0))
    ]
    return f"{name}, {preview.rows:,} rows: {', '.join(told)}"


def _now(outlook: Outlook) -> int:
    return sum(n for (_, at, _), n in outlook.decided.waiting.items() if at is None)


def _later(outlook: Outlook, now: datetime) -> Iterator[str]:
    """Tell who is not called now and why, and when the first of them falls due."""
    decided = outlook.decided
    for reason, n in decided.reasons.most_common(MOST_REASONS):
        yield f"{n:,} not now: {reason}"
    if decided.next_due is not None:
        yield f"the next of those who wait falls due at {clock(decided.next_due, now, due=True)}"


def _callers(numbers: tuple[str, ...]) -> str:
    shown = ", ".join(numbers[:MOST_CALLERS])
    rest = len(numbers) - MOST_CALLERS
    return shown if rest <= 0 else f"{shown} and {rest:,} more"


def _agent(settings: Settings) -> str:
    version = settings.agent_version
    shown = settings.agent or "the number's own"
    return shown if version is None else f"{shown}, version {version}"


def _pace(settings: Settings, preview: Preview) -> str:
    lines = f"at most {settings.max_live:,} live at once"
    if preview.cps is None:
        return f"as fast as it goes, {lines}"
    callers = len(preview.from_numbers)
    each = f"{preview.cps:g} a second"
    pool = f" and caller number, {preview.cps * callers:g} in all" if callers > 1 else ""
    return f"{each}{pool}, {lines}"


def _hours(settings: Settings) -> str:
    if settings.hours == ANY:
        return "ANY: at whatever hour it is where they are"
    return f"{settings.hours} {settings.days}, where they are; rules by place tighten it"


def _attempts(settings: Settings) -> str:
    waits = ", ".join(_duration(wait_s) for wait_s in settings.redial_after)
    after = ", ".join(settings.redial_on) or "nothing"
    return f"up to {settings.attempts} for each, after {after}; {waits} apart"


def _bounds(settings: Settings, now: datetime) -> Iterator[Part]:
    if settings.limit is not None:
        yield "limit", f"{settings.limit:,} calls in this run"
    if settings.budget is not None:
        yield "budget", f"{settings.budget:,.2f} USD for the campaign"
    if settings.wait:
        yield "stays", f"{_duration(settings.wait)} for those who fall due"


def _expected(outlook: Outlook | None, now: datetime) -> str:
    if outlook is None:
        return "not worked out for a list this long; `campaign check` does"
    ahead = outlook.forecast
    calls = f"{ahead.calls:,} calls"
    if ahead.most_calls > ahead.calls:
        calls += f", up to {ahead.most_calls:,} with redials"
    end = "" if ahead.finish is None else f"; through about {clock(ahead.finish, now)}"
    if ahead.cost_usd is None:
        return f"{calls}{end}; the cost is not known (no history, no --cost-per-call)"
    most = ahead.most_cost_usd or 0.0
    upto = f" to {most:,.2f}" if most > ahead.cost_usd else ""
    return f"{calls}{end}; {ahead.cost_usd:,.2f}{upto} USD"


def _duration(seconds: float) -> str:
    """Return a duration as it is written in the settings: `30m`, `2h`."""
    for unit_s, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit_s and seconds % unit_s == 0:
            return f"{seconds / unit_s:g}{unit}"
    return f"{seconds:g}s"
