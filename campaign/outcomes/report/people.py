"""Figures of people: what became of them, at which attempt, at what hour, and why not at all."""

from __future__ import annotations

from campaign.model import Outcome
from campaign.outcomes.report import bars
from campaign.outcomes.report.facts import Clocks, Facts
from campaign.outcomes.report.figure import NOT_CALLED_YET, Figure, figure, word
from campaign.outcomes.report.wording import count, plain, share

DRAWN_STEPS = 8
DRAWN_REASONS = 8


def outcomes(facts: Facts) -> Figure:
    """Return the rows of the list by outcome."""
    told = f"{count(facts.rows, 'row')} by outcome."
    if (answered := facts.outcomes.get(Outcome.ANSWERED, 0)) and facts.rows:
        told = (
            f"A person answered for {answered:,} of {count(facts.rows, 'row')}"
            f" ({share(answered, facts.rows)})."
        )
    if not facts.rows:
        return Figure(slug="outcomes", title="Outcomes", told="No run has read a list yet.")
    return figure(
        "outcomes",
        "Outcomes",
        told,
        lambda: bars.outcomes(facts.outcomes),
        header=("Outcome", "Rows", "Share"),
        rows=[
            *((word(o), f"{n:,}", share(n, facts.rows)) for o, n in facts.outcomes.items()),
            ("all", f"{facts.rows:,}", share(facts.rows, facts.rows)),
        ],
    )


def steps(facts: Facts) -> Figure:
    """Return how many calls it took to reach somebody."""
    found = facts.steps
    title = "Attempts needed to reach"
    if not found:
        return Figure(slug="attempts", title=title, told=NOT_CALLED_YET)
    answered = sum(step.answered for step in found)
    told = f"{count(answered, 'contact')} answered, {found[0].answered:,} of them the first call."
    note = ""
    if len(found) > DRAWN_STEPS:
        note = f"The plot shows the first {DRAWN_STEPS} of {len(found)} attempts, the table all."
    return figure(
        "attempts",
        title,
        told,
        lambda: bars.steps(found[:DRAWN_STEPS]),
        note=note,
        header=("Attempt", "Calls", "Answered", "Share"),
        rows=[
            (f"{s.number}", f"{s.calls:,}", f"{s.answered:,}", share(s.answered, s.calls))
            for s in found
        ],
    )


def hours(found: Clocks) -> Figure:
    """Return when people answered, on their own clocks."""
    title = "Answered, by local hour and weekday"
    left = ""
    if found.left_out:
        left = (
            f" Left out: {count(found.left_out, 'call')} to numbers whose place does not tell"
            " one hour."
        )
    if not found.hours:
        return Figure(slug="hours", title=title, told=left.strip() or NOT_CALLED_YET)
    best = max(
        (h for h in found.hours if h.calls >= bars.FEW),
        key=lambda h: (h.answered / h.calls, h.calls),
        default=None,
    )
    told = "Share of calls that a person answered, by when they were placed."
    if best is not None and best.answered:
        told = (
            f"Answered most often: {bars.WEEKDAYS[best.weekday]} from {best.hour:02d}:00,"
            f" {share(best.answered, best.calls)} of {count(best.calls, 'call')}."
        )
    return figure(
        "hours",
        title,
        told,
        lambda: bars.hours(found.hours),
        note="The clock is the contact's own, as the list tells, or else the number."
        f" Fewer than {bars.FEW} calls are shown as answered/calls.{left}",
        header=("Hour", *bars.WEEKDAYS),
        rows=_timetable(found),
    )


def _timetable(found: Clocks) -> list[tuple[str, ...]]:
    cells = {(h.hour, h.weekday): f"{h.answered:,}/{h.calls:,}" for h in found.hours}
    used = range(min(h.hour for h in found.hours), max(h.hour for h in found.hours) + 1)
    return [(f"{hour:02d}", *(cells.get((hour, day), "") for day in range(7))) for hour in used]


def not_called(facts: Facts) -> Figure:
    """Return why rows were not called."""
    title = "Not called, and why"
    found = facts.reasons
    if not found:
        return Figure(slug="reasons", title=title, told="Every row was called.")
    texts = [
        plain(one.text, full_numbers=facts.full_numbers) or "no reason was recorded"
        for one in found
    ]
    rows = sum(one.rows for one in found)
    note = ""
    if facts.reasons_count > DRAWN_REASONS:
        shown = min(DRAWN_REASONS, len(found))
        note = f"The plot shows the {shown} most frequent of {facts.reasons_count:,} reasons"
        listed = len(found)
        note += ", the table all." if listed == facts.reasons_count else f", the table {listed}."
    return figure(
        "reasons",
        title,
        f"{count(rows, 'row')} not called; most often: {texts[0]}.",
        lambda: bars.reasons(found[:DRAWN_REASONS], texts[:DRAWN_REASONS]),
        note=note,
        header=("Reason", "Outcome", "Rows"),
        rows=[
            (text, word(one.outcome), f"{one.rows:,}")
            for one, text in zip(found, texts, strict=True)
        ],
    )
