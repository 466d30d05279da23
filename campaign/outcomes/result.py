"""What a run returns in Python: a frame, a summary, and a drawing of both for a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import polars as pl

from campaign.model import Summary
from campaign.outcomes.columns import RESULT_COLUMNS
from campaign.policy.masking import mask

SHOWN_ROWS = 10
SHOWN_CHARACTERS = 80

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
        facts = (
            f"{summary.rows} rows, {summary.calls_created} calls created in this run, "
            f"${summary.cost_usd:.2f} in all"
        )
        return (
            f"<div><p><strong>{escape(summary.campaign)}</strong>: {escape(facts)}</p>"
            + _table(("outcome", "rows"), summary.outcomes.items())
            + _table(head.columns, head.iter_rows())
            + f"<p>The first {head.height} of {summary.rows} rows; phone numbers are masked here,"
            " <code>.frame</code> has everything.</p></div>"
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
