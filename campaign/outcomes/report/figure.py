"""One plot of a page: what it says in a sentence, how to read it, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from campaign.outcomes.report.canvas import Chart
from campaign.outcomes.report.drawing import draw

NOT_CALLED_YET = "No call has been created yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A header and rows of texts; the first cell of a row is its name."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One plot: `told` is its message in words, `note` what else one has to know to read it."""

    slug: str
    title: str
    told: str
    note: str = ""
    svg: Markup | None = None
    table: Table | None = None


def figure(
    slug: str,
    title: str,
    told: str,
    chart: Callable[[], Chart],
    *,
    header: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    note: str = "",
) -> Figure:
    """Return a figure with its plot drawn."""
    return Figure(
        slug=slug,
        title=title,
        told=told,
        note=note,
        svg=draw(chart(), slug=slug, title=title, told=told),
        table=Table(header=tuple(header), rows=tuple(rows)),
    )


def word(outcome: str) -> str:
    """Return an outcome as a person reads it."""
    return outcome.replace("_", " ")
