"""A column of phone cells at once: the usual spellings as expressions, the rest one by one.

Cells of digits and plain separators, with `+` or as national numbers of the North American plan,
are judged by `numbering`. Everything else goes to `phone.judge`, each distinct text once. Both
come to the same verdict on any cell.
"""

from __future__ import annotations

from collections.abc import Callable

import phonenumbers
import polars as pl

from campaign.contacts.numbering import PLAIN, VALID, decide, valid_as_written
from campaign.contacts.phone import REASONS, judge_distinct

JudgeRest = Callable[[pl.Series, str | None], pl.DataFrame]
"""Takes distinct texts and the region; returns `text`, `to_number` and `reason`."""

SPACED = r"^ *\+[0-9][0-9 ().\-]*$"
FRACTION = r"[0-9]{7,}\.[0-9]+ *$"
"""A number with a fraction is no number with separators."""

NANP = r"^ *(?:1[ .\-]?)?(?:\([2-9][0-9]{2}\)|[2-9][0-9]{2})[ .\-]?[0-9]{3}[ .\-]?[0-9]{4} *$"
NANP_CODE = 1
SIGNS = "[^0-9]"


def judge_cells(
    cells: pl.Series, region: str | None, *, rest: JudgeRest = judge_distinct
) -> pl.DataFrame:
    """Judge the cells of a column, in order: `to_number` and `reason`, exactly one of the two."""
    valid = valid_as_written(cells)
    reason = pl.lit(None, pl.String)
    if valid.all():
        return cells.alias("to_number").to_frame().with_columns(reason=reason)
    rows = cells.alias("text").to_frame().with_row_index("at")
    good = rows.filter(valid).select("at", to_number="text", reason=reason)
    others = _judged(rows.filter(~valid), region, rest)
    return pl.concat([good, others]).sort("at").select("to_number", "reason")


def _judged(rows: pl.DataFrame, region: str | None, rest: JudgeRest) -> pl.DataFrame:
    """Judge rows of `at` and `text`, in any order: `at`, `to_number` and `reason`."""
    plain = _plain(rows, region)
    decided = _told(decide(plain), plain, region)
    left = rows.join(decided, on="at", how="anti") if decided.height < rows.height else rows.clear()
    if left.height:
        verdicts = rest(left["text"].unique(), region)
        told = left.join(verdicts, on="text", how="left", nulls_equal=True)
        decided = pl.concat([decided, told.select("at", "to_number", "reason")])
    return decided


def _plain(rows: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """Return `at` and `plain`, the E.164 look, of the cells that can be brought to it safely."""
    text = pl.col("text")
    as_it_is = rows.filter(text.str.contains(PLAIN)).rename({"text": "plain"})
    if as_it_is.height == rows.height:
        return as_it_is.with_columns(national=pl.lit(value=False))
    others = rows.join(as_it_is, on="at", how="anti")
    digits = text.str.replace_all(SIGNS, "")
    spaced = others.filter(text.str.contains(SPACED) & ~text.str.contains(FRACTION))
    found = [as_it_is, spaced.select("at", plain="+" + digits)]
    national = others.clear()
    if region is not None and phonenumbers.country_code_for_region(region) == NANP_CODE:
        national = others.filter(text.str.contains(NANP))
    found.append(national.select("at", plain="+1" + digits.str.tail(10)))
    flagged = [
        frame.with_columns(national=pl.lit(at == len(found) - 1)) for at, frame in enumerate(found)
    ]
    return pl.concat(flagged).filter(pl.col("plain").str.contains(PLAIN))


def _told(decided: pl.DataFrame, plain: pl.DataFrame, region: str | None) -> pl.DataFrame:
    """Return `at`, `to_number` and `reason` of what was decided."""
    valid = decided["finding"] == VALID
    good = decided.filter(valid).select("at", to_number="number", reason=pl.lit(None, pl.String))
    if good.height == decided.height:
        return good
    bad = decided.filter(~valid).join(plain, on="at", how="left")
    place = pl.when("national").then(pl.lit(region)).otherwise("+" + pl.col("code"))
    reason = pl.coalesce(
        pl.when(pl.col("finding") == found).then(pl.format(text, place))
        for found, text in REASONS.items()
    )
    return pl.concat([good, bad.select("at", to_number="number", reason=reason)])
