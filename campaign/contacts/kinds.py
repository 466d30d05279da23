"""Which numbers may be in the same places: those of a whole list are told apart by expressions.

Where a number may be depends on its region, on whether its kind belongs to a place, and on what
its first digits say of time zone and state. Patterns and tables are libphonenumber's own, and they
only group numbers: where the numbers of a group are is asked of one of them. A number that cannot
be grouped stands for itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import phonenumbers
import polars as pl
from phonenumbers.phonenumberutil import PhoneNumberType, is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA

from campaign.contacts.areas import LONGEST, states_of
from campaign.contacts.numbering import FEW, NUMBER, code_of, metadata_of, of_types, plan_of

NANP = "1"
WITH_STATES = frozenset({"US", "CA"})
PLACELESS = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number"),
    *("pager", "uan", "voicemail"),
)
KIND = ("area", "in_place")


def alike(numbers: pl.Series) -> pl.DataFrame:
    """Return `number`, `sample` and `whole` for each of some distinct valid numbers, in any order.

    Numbers are E.164. Both may be in the same places; `whole` tells of a number of North America
    that all others of its block of 10,000 are where it is.
    """
    rows = numbers.alias("number").to_frame()
    heads = rows["number"].str.slice(1, 3)
    codes = {head: code_of(head) for head in heads.unique()}
    coded = rows.with_columns(code=heads.replace_strict(codes, return_dtype=pl.String))
    groups = coded.partition_by("code", as_dict=True, maintain_order=False)
    none = pl.DataFrame(schema={"number": pl.String, "sample": pl.String, "whole": pl.Boolean})
    return pl.concat([none, *(_sampled(str(code), some) for (code,), some in groups.items())])


def _sampled(code: str, rows: pl.DataFrame) -> pl.DataFrame:
    itself = rows.select("number", sample="number", whole=pl.lit(value=False))
    if rows.height < FEW:
        return itself
    try:
        kinds = _kinds(code, rows)
    except pl.exceptions.ComputeError:
        return itself
    # What `phonenumbers` would read in another way stands for itself.
    sure = kinds.filter("sure").with_columns(_said(code, kinds.filter("sure")["number"]))
    samples = sure.group_by(*KIND, "said").agg(sample=pl.col("number").first())
    found = sure.join(samples, on=[*KIND, "said"], nulls_equal=True).select(
        "number", "sample", whole=pl.col("in_place") & _has_states(code)
    )
    unsure = kinds.filter(~pl.col("sure")).select(
        "number", sample="number", whole=pl.lit(value=False)
    )
    return pl.concat([found, unsure])


def _kinds(code: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return `number`, the region of each by its position, and whether it belongs to a place."""
    plan, known = plan_of(int(code)), metadata_of(int(code))
    left = rows.with_columns(pl.col("number").alias(NUMBER)).with_columns(sure=~plan.prefixed)
    found = []
    for at, (area, metadata) in enumerate(zip(plan.areas, known, strict=True)):
        leads = area.valid if area.leading is None else area.leading
        told = left.with_columns(own=pl.lit(value=True) if len(known) == 1 else leads)
        found.append(
            told.filter("own").select(
                "number",
                sure=pl.col("sure"),
                area=pl.lit(at, pl.UInt8),
                in_place=_in_place(int(code), metadata),
            )
        )
        left = told.filter(~pl.col("own")).drop("own")
    lost = left.select(
        "number",
        sure=pl.lit(value=False),
        area=pl.lit(None, pl.UInt8),
        in_place=pl.lit(value=False),
    )
    return pl.concat([*found, lost])


def _in_place(code: int, metadata: Any) -> pl.Expr:
    """Return whether a valid number of a region is of a kind that belongs to a place."""
    names = ["fixed_line"]
    if is_number_type_geographical(PhoneNumberType.MOBILE, code):
        names.append("mobile")
    return ~of_types(code, metadata, PLACELESS) & of_types(code, metadata, names)


def _has_states(code: str) -> pl.Expr:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    return pl.col("area").is_in([at for at, one in enumerate(regions) if one in WITH_STATES])


def _said(code: str, numbers: pl.Series) -> pl.Series:
    """Return what the first digits of numbers say: their zones and their state, as one text."""
    heads = numbers.str.slice(1, _longest(code))
    told = {head: _told(head, states=code == NANP) for head in heads.unique()}
    return heads.replace_strict(told, return_dtype=pl.String).alias("said")


def _told(head: str, *, states: bool) -> str:
    prefixes = (head[:n] for n in range(len(head), 0, -1))
    zones = next((TIMEZONE_DATA[prefix] for prefix in prefixes if prefix in TIMEZONE_DATA), ())
    # An area code that is not in the table may be divided: each beginning stands for itself.
    return f"{zones}{states_of(head) or head}" if states else f"{zones}"


@lru_cache(maxsize=512)
def _longest(code: str) -> int:
    """Return how many digits of a country's numbers say something of where they are."""
    of_zones = max((len(prefix) for prefix in TIMEZONE_DATA if prefix.startswith(code)), default=1)
    return max(of_zones, LONGEST) if code == NANP else of_zones
