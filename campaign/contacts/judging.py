"""A column of phone cells at once: the usual spellings as expressions, the rest one by one.

Cells of digits and plain separators, with `+` or as national numbers of the North American plan,
are judged by `numbering`. Everything else goes to `phone.judge`, each distinct text once. Both
come to the same verdict on any cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import phonenumbers
import polars as pl

from campaign.contacts.numbering import (
    FEW,
    NUMBER,
    PLAIN,
    PLAIN_BYTES,
    VALID,
    code_of,
    decide,
    plan_of,
    valid_of,
)
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
    valid = _valid_as_written(cells)
    reason = pl.lit(None, pl.String)
    if valid.all():
        return cells.alias("to_number").to_frame().with_columns(reason=reason)
    rows = cells.alias("text").to_frame().with_row_index("at")
    others = _judged(rows.filter(~valid), region, rest)
    if others.height == rows.height:
        return others.sort("at").select("to_number", "reason")
    # To sort all of them takes longer than to put the few others where they belong.
    which = pl.repeat(None, rows.height, dtype=pl.UInt32, eager=True)
    which = which.scatter(others["at"], pl.int_range(others.height, dtype=pl.UInt32, eager=True))
    return pl.DataFrame(
        {
            "to_number": cells.zip_with(valid, others["to_number"].gather(which)),
            "reason": others["reason"].gather(which),
        }
    )


def _valid_as_written(texts: pl.Series) -> pl.Series:
    """Return which texts certainly are valid numbers in E.164, as they stand (Boolean).

    Only numbers of the first one's country are found: most lists are of one country, and what is
    valid there looks like `PLAIN` too, so that it need not be asked.
    """
    none = pl.repeat(value=False, n=len(texts), dtype=pl.Boolean, eager=True)
    first = texts[0] if len(texts) >= FEW else None
    if first is None or not re.fullmatch(PLAIN, first) or not (code := code_of(first[1:4])):
        return none
    plan, numbers = plan_of(int(code)), texts.alias(NUMBER)
    sure = pl.col(NUMBER).str.len_bytes().is_between(*PLAIN_BYTES) & ~plan.prefixed
    try:
        valid = valid_of(plan, numbers) & numbers.to_frame().select(sure).to_series()
    except pl.exceptions.ComputeError:
        return none
    return valid.fill_null(value=False)


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
