"""What all plots share: palette, type, axes.

Colours are names of the page's palette, which it defines for light, dark and print; a chart that is
shown elsewhere is given others. Nothing is told by colour alone: values stand beside what they
belong to, in the type of the page. Texts are data, never expressions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import altair as alt

WIDTH = 400
"""Of every plot, its labels included: one column on a desk, all of it on a telephone."""

FONT = "Helvetica, Arial, sans-serif"
SIZE = 13
SMALL = 12

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Chart: TypeAlias = "alt.LayerChart | alt.FacetChart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by what they mean: text, quiet text, lines; reached, everything else, trouble."""

    ink: str
    soft: str
    faint: str
    reached: str
    waiting: str
    trouble: str


PAGE = Palette(
    ink="var(--ink)",
    soft="var(--soft)",
    faint="var(--faint)",
    reached="var(--reached)",
    waiting="var(--waiting)",
    trouble="var(--trouble)",
)

ANYWHERE = Palette(
    ink="#7a828a",
    soft="#7a828a",
    faint="#d0d5da",
    reached="#3a86b4",
    waiting="#9aa5b0",
    trouble="#c9702f",
)
"""For a notebook, which may be light or dark."""


def data(rows: Rows) -> alt.InlineData:
    """Return rows as data that are part of the chart."""
    return alt.InlineData(values=[dict(row) for row in rows])


def literal(field: str) -> alt.Color:
    """Return a colour that the data name."""
    return alt.Color(f"{field}:N", scale=None, legend=None)


def unlabelled(field: str, domain: Sequence[float]) -> alt.X:
    """Return a horizontal length whose value is written beside it."""
    return alt.X(field, title=None, axis=None, scale=alt.Scale(domain=list(domain), nice=False))


def counted(field: str, top: float) -> alt.Y:
    """Return a height from 0, with a few lines to compare it by."""
    return alt.Y(
        field,
        title=None,
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(tickCount=3, grid=True, labelPadding=8, minExtent=38),
    )


def finished(chart: Chart, *, height: float, palette: Palette = PAGE) -> Chart:
    """Return a chart with the size and type of a page's plots."""
    sized: Chart = chart.properties(
        width=WIDTH,
        height=height,
        padding=2,
        background="transparent",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    configured: Chart = (
        sized.configure(font=FONT, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            domain=False,
            ticks=False,
            grid=False,
            gridColor=palette.faint,
            labelColor=palette.soft,
            labelFontSize=SIZE,
            titleColor=palette.soft,
            titleFontSize=SMALL,
            titleFontWeight="normal",
            titleAnchor="end",
        )
    )
    return configured
