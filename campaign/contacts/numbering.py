"""Numbering plans as expressions: numbers of plain digits are judged column by column.

The patterns and lengths are libphonenumber's own, as `phonenumbers` carries them; what is done
with them is what `phonenumbers` does in `parse`, `is_valid_number` and
`is_possible_number_with_reason`, in the same order. Whatever cannot be decided here the same way
(a pattern that Rust's regex does not take, a rule that rewrites numbers, an unknown country code)
stays undecided and is left to `phonenumbers` itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata, ValidationResult

PLAIN = r"^\+[1-9][0-9]{6,14}$"
"""E.164 by its looks; shorter and longer texts are left to `phonenumbers`."""

FEW = 40
"""Below this many rows a country's patterns cost more to build than `phonenumbers` takes."""

VALID = -1
SHORT, LONG = ValidationResult.TOO_SHORT, ValidationResult.TOO_LONG
LOCAL, INVALID = ValidationResult.IS_POSSIBLE_LOCAL_ONLY, ValidationResult.IS_POSSIBLE
NATIONAL = "national"
TYPES = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number"),
    *("pager", "uan", "voicemail", "fixed_line", "mobile"),
)
DECIDED = pl.Schema({"at": pl.UInt32, "number": pl.String, "finding": pl.Int8, "code": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How many digits a national number may have, at home and at its own place only."""

    possible: tuple[int, ...]
    local: tuple[int, ...]

    def finding(self, digits: pl.Expr) -> pl.Expr:
        """Return what a number that is not valid is, by its length."""
        return (
            pl.when(digits.is_in(self.local))
            .then(LOCAL)
            .when(digits < self.possible[0])
            .then(SHORT)
            .when(digits > self.possible[-1])
            .then(LONG)
            .otherwise(INVALID)
        )

    def can_be_whole(self, digits: pl.Expr) -> pl.Expr:
        """Tell whether a number keeps the form it has once its trunk prefix is off."""
        whole = digits.is_in(self.possible) | (digits > self.possible[-1])
        return whole & ~digits.is_in(self.local)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One region of a country code; `leading` numbers are its own whether they are valid or not."""

    leading: str | None
    valid: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How numbers of one country code are judged; `prefix` is what a trunk prefix looks like."""

    general: str
    lengths: Lengths
    prefix: str | None
    rewrites: bool
    areas: tuple[Area, ...]


def decide(numbers: pl.DataFrame) -> pl.DataFrame:
    """Judge `numbers`: columns `at` (UInt32, a row) and `plain` (text that looks like `PLAIN`).

    Returns the rows that could be decided, in any order: `at`, `number` (E.164 where it is valid),
    `finding` (`VALID`, or what `phonenumbers` calls its length) and `code`, the country code.
    """
    heads = numbers["plain"].str.slice(1, 3)
    codes = {head: code_of(head) for head in heads.unique()}
    if len(set(codes.values())) > 1:
        coded = numbers.with_columns(code=heads.replace_strict(codes, return_dtype=pl.String))
        groups = coded.partition_by("code", as_dict=True, maintain_order=False)
    else:
        groups = {(code,): numbers for code in codes.values()}
    decided = [
        _decide_code(code, group)
        for (code,), group in groups.items()
        if code is not None and group.height >= FEW
    ]
    return pl.concat([DECIDED.to_frame(), *decided])


def _decide_code(code: str, group: pl.DataFrame) -> pl.DataFrame:
    try:
        return _judged(plan_of(int(code)), code, group)
    except pl.exceptions.ComputeError:
        return DECIDED.to_frame()


def _judged(plan: Plan, code: str, group: pl.DataFrame) -> pl.DataFrame:
    national = group["plain"].str.slice(len(code) + 1).alias(NATIONAL)
    rows = _without_prefix(plan, code, group.select("at", "plain", national))
    valid = _valid(plan, rows.get_column(NATIONAL))
    found = (
        rows.filter(valid).select("at", number="plain", finding=pl.lit(VALID, pl.Int8)),
        rows.filter(~valid).select(
            "at",
            number=pl.lit(None, pl.String),
            finding=plan.lengths.finding(_digits()).cast(pl.Int8),
        ),
    )
    return pl.concat(found).with_columns(code=pl.lit(code))


def _without_prefix(plan: Plan, code: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Take trunk prefixes off; leave out the rows where a rule rewrites the number."""
    national = pl.col(NATIONAL)
    if plan.prefix is None or not rows.get_column(NATIONAL).str.contains(plan.prefix).any():
        return rows
    rest = national.str.replace(plan.prefix, "")
    if plan.rewrites:
        return rows.filter(rest == national)
    matched = rows.with_columns(rest=rest)
    lost = national.str.contains(plan.general) & ~pl.col("rest").str.contains(plan.general)
    whole = plan.lengths.can_be_whole(pl.col("rest").str.len_bytes())
    stripped = pl.when(~lost & whole).then("rest").otherwise(NATIONAL)
    return matched.select("at", plain=f"+{code}" + stripped, national=stripped)


def _valid(plan: Plan, national: pl.Series) -> pl.Series:
    """Return which numbers are valid: the first region that takes a number decides."""
    left = national.to_frame().with_row_index("in_group")
    found = []
    for area in plan.areas:
        own, others = left, None
        if area.leading is not None:
            led = left[NATIONAL].str.contains(area.leading)
            own, others = left.filter(led), left.filter(~led)
        valid = own.select(area.valid).to_series()
        found.append(own.filter(valid)["in_group"])
        left = own.filter(~valid) if others is None else others
        if not left.height:
            break
    every = pl.repeat(value=False, n=len(national), dtype=pl.Boolean, eager=True)
    positions = pl.concat(found)
    return every.scatter(positions, values=True) if len(positions) else every


@lru_cache(maxsize=512)
def plan_of(code: int) -> Plan:
    """Return the plan of a country code that exists."""
    plans = metadata_of(code)
    main = plans[0]
    desc, prefix = main.general_desc, main.national_prefix_for_parsing
    return Plan(
        general=_whole(desc.national_number_pattern),
        lengths=Lengths(
            possible=tuple(desc.possible_length), local=tuple(desc.possible_length_local_only)
        ),
        prefix=f"^(?:{_ascii(prefix)})" if prefix else None,
        rewrites=bool(main.national_prefix_transform_rule),
        areas=tuple(_area(plan, alone=len(plans) == 1) for plan in plans),
    )


def metadata_of(code: int) -> list[Any]:
    """Return what libphonenumber knows of the regions of a country code, the main one first."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    return [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]


def _area(plan: Any, *, alone: bool) -> Area:
    leading = None if alone else plan.leading_digits
    return Area(leading=f"^(?:{_ascii(leading)})" if leading else None, valid=_valid_in(plan))


def _valid_in(plan: Any) -> pl.Expr:
    """Return whether a national number is of any type that the region has."""
    skipped = {"mobile"} if plan.same_mobile_and_fixed_line_pattern else set()
    of_type = of_types(plan, [name for name in TYPES if name not in skipped])
    general = plan.general_desc
    in_general = pl.col(NATIONAL).str.contains(_whole(general.national_number_pattern))
    return _of_lengths(tuple(general.possible_length)) & in_general & of_type


def of_types(plan: Any, names: Iterable[str]) -> pl.Expr:
    """Return whether a national number has the form of one of these types of a region."""
    types = [getattr(plan, name) for name in names]
    known = [desc for desc in types if desc is not None and desc.national_number_pattern]
    return pl.any_horizontal(
        pl.lit(value=False),
        *(
            _of_lengths(lengths) & pl.col(NATIONAL).str.contains(_whole(pattern))
            for lengths, pattern in _by_lengths(known)
        ),
    )


def _by_lengths(types: list[Any]) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield one pattern for all types that have the same lengths: it is matched once."""

    def lengths(desc: Any) -> tuple[int, ...]:
        return tuple(desc.possible_length)

    for own, group in groupby(sorted(types, key=lengths), key=lengths):
        yield own, "|".join(dict.fromkeys(desc.national_number_pattern for desc in group))


def code_of(head: str) -> str | None:
    """Return the country code that a number begins with, `None` where there is none."""
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((head[:n] for n in (1, 2, 3) if int(head[:n]) in codes), None)


def _digits() -> pl.Expr:
    return pl.col(NATIONAL).str.len_bytes()


def _of_lengths(lengths: tuple[int, ...]) -> pl.Expr:
    return _digits().is_in(lengths)


def _whole(pattern: str) -> str:
    return f"^(?:{_ascii(pattern)})$"


def _ascii(pattern: str) -> str:
    # Rust's \d is every digit of Unicode: a far bigger machine, for texts that are ASCII.
    return pattern.replace(r"\d", "[0-9]")
