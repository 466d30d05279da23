"""What a run returns in Python: a frame, a summary, and a drawing of both for a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import polars as pl

from campaign.errors import ConfigError
from campaign.model import Summary
from campaign.outcomes.columns import RESULT_COLUMNS
from campaign.policy.masking import mask

if TYPE_CHECKING:
    import altair as alt

SHOWN_ROWS = 10
SHOWN_CHARACTERS = 80

BAR_WIDTH, BAR_HEIGHT = 160, 10
"""Of the longest bar, in pixels."""

_PHONE = re.compile(r"\+?[0-9(][0-9 ().\-/]{5,}[0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """The results of a run: `frame` has one row per row of the list, `summary` the counts."""

    frame: pl.DataFrame
    summary: Summary

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {outcome}" for outcome, n in self.summary.outcomes.items())
        return f"<Result of {self.summary.campaign!r}: {self.summary.rows} rows; {counts or '-'}>"

    def _repr_html_(self) -> str:
        # No colours: the notebook's own, light or dark, are inherited.
        summary = self.summary
        head = _interesting(self.frame.head(SHOWN_ROWS))
        return (
            f"<div><p><strong>{escape(summary.campaign)}</strong>: {escape(_facts(summary))}</p>"
            + _counts(summary)
            + _table(head.columns, head.iter_rows())
            + f"<p>The first {head.height} of {summary.rows:,} rows; phone numbers are masked here,"
            " <code>.frame</code> has everything.</p></div>"
        )

    def plot(self) -> alt.LayerChart | alt.FacetChart:
        """Return rows by outcome as an Altair chart; it holds counts, and nothing from the list.

        Needs the extra `report`: without it, a `campaign.CampaignError` says so.
        """
        try:
            from campaign.outcomes.chart import chart
        except ImportError as error:
            raise ConfigError(
                f"a plot needs a library that is not installed: {error.name!r}",
                hint="pip install 'campaign[report]'",
            ) from error
        return chart(self.frame, self.summary.campaign)


def _facts(summary: Summary) -> str:
    told = [
        f"{summary.rows:,} rows",
        f"{summary.calls_created:,} calls created in this run",
        f"${summary.cost_usd:,.2f} in all",
    ]
    if summary.stopped_by is not None:
        told.append(f"stopped by {summary.stopped_by}")
    if summary.next_due is not None:
        told.append(f"the next call is due at {summary.next_due.astimezone():%Y-%m-%d %H:%M}")
    if summary.unknown:
        told.append(f"{summary.unknown:,} may or may not have been called")
    return ", ".join(told)


def _counts(summary: Summary) -> str:
    most = max(summary.outcomes.values(), default=0)
    body = "".join(
        f"<tr><td>{escape(outcome)}</td><td>{n:,}</td><td>{100 * n / summary.rows:.1f} %</td>"
        f"<td>{_bar(n, most)}</td></tr>"
        for outcome, n in summary.outcomes.items()
    )
    head = "<tr><th>outcome</th><th>rows</th><th>share</th><th></th></tr>"
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _bar(n: int, most: int) -> str:
    """Return a bar in the colour of the text around it; the number beside it says it all."""
    width = max(round(BAR_WIDTH * n / most), 1)
    return (
        f'<svg width="{BAR_WIDTH}" height="{BAR_HEIGHT}" aria-hidden="true"><rect'
        f' width="{width}" height="{BAR_HEIGHT}" fill="currentColor" opacity="0.6"></rect></svg>'
    )


def masked(text: str) -> str:
    """Return a text that is a phone number as screens may show it, any other as it is."""
    digits = sum(character.isdigit() for character in text)
    if not 7 <= digits <= 15 or _DATE.fullmatch(text) or not _PHONE.fullmatch(text):
        return text
    return mask(text)


def _interesting(head: pl.DataFrame) -> pl.DataFrame:
    empty = [name for name in RESULT_COLUMNS if name in head and head[name].is_null().all()]
    return head.drop(empty)


def _table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    titles = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[: SHOWN_CHARACTERS - 1] + "…"
    return f"<td>{escape(masked(text))}</td>"
