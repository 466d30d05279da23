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
PLAIN_BYTES = (8, 16)
"""E.164 by its looks; shorter and longer texts are left to `phonenumbers`."""

FEW = 40
"""Below this many rows a country's patterns cost more to build than `phonenumbers` takes."""

VALID = -1
SHORT, LONG = ValidationResult.TOO_SHORT, ValidationResult.TOO_LONG
LOCAL, INVALID = ValidationResult.IS_POSSIBLE_LOCAL_ONLY, ValidationResult.IS_POSSIBLE
NUMBER = "plain"
"""The column that holds the numbers, as E.164: a plan's expressions are about it."""

TYPES = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number"),
    *("pager", "uan", "voicemail", "fixed_line", "mobile"),
)
DECIDED = pl.Schema({"at": pl.UInt32, "number": pl.String, "finding": pl.Int8, "code": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How many signs a number may have as E.164, at home and at its own place only."""

    possible: tuple[int, ...]
    local: tuple[int, ...]

    def finding(self, signs: pl.Expr) -> pl.Expr:
        """Return what a number that is not valid is, by its length."""
        return (
            pl.when(signs.is_in(self.local))
            .then(LOCAL)
            .when(signs < self.possible[0])
            .then(SHORT)
            .when(signs > self.possible[-1])
            .then(LONG)
            .otherwise(INVALID)
        )

    def can_be_whole(self, signs: pl.Expr) -> pl.Expr:
        """Tell whether a number keeps the form it has once its trunk prefix is off."""
        whole = signs.is_in(self.possible) | (signs > self.possible[-1])
        return whole & ~signs.is_in(self.local)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One region of a country code; `leading` numbers are its own whether they are valid or not."""

    leading: pl.Expr | None
    valid: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How numbers of one country code are judged, as E.164; `head` is the `+` and the code.

    `general` and `prefix` (any number, and one with a trunk prefix) are patterns that begin with
    the head; `prefixed` tells which numbers have a prefix.
    """

    head: str
    general: str
    lengths: Lengths
    prefix: str | None
    prefixed: pl.Expr
    rewrites: bool
    areas: tuple[Area, ...]


def decide(numbers: pl.DataFrame) -> pl.DataFrame:
    """Judge `numbers`: columns `at` (UInt32, a row) and `plain` (text that looks like `PLAIN`).

    Returns the rows that could be decided, in any order: `at`, `number` (E.164 where it is valid),
    `finding` (`VALID`, or what `phonenumbers` calls its length) and `code`, the country code.
    """
    groups = _by_code(numbers)
    decided = [
        _decide_code(code, group)
        for code, group in groups
        if code is not None and group.height >= FEW
    ]
    return pl.concat([DECIDED.to_frame(), *decided])


def _by_code(numbers: pl.DataFrame) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """Yield the numbers of each country code; `None` has those without one."""
    texts = numbers["plain"]
    only = code_of(texts[0][1:4]) if len(texts) else None
    # Most lists are of one country, and to see that is far quicker than to part them.
    if only is not None and texts.str.starts_with(f"+{only}").all():
        yield only, numbers
        return
    heads = texts.str.slice(1, 3)
    codes = {head: code_of(head) for head in heads.unique()}
    coded = numbers.with_columns(code=heads.replace_strict(codes, return_dtype=pl.String))
    for (code,), group in coded.partition_by("code", as_dict=True, maintain_order=False).items():
        yield code, group


def _decide_code(code: str, group: pl.DataFrame) -> pl.DataFrame:
    try:
        return _judged(plan_of(int(code)), code, group)
    except pl.exceptions.ComputeError:
        return DECIDED.to_frame()


def _judged(plan: Plan, code: str, group: pl.DataFrame) -> pl.DataFrame:
    rows = _without_prefix(plan, group.select("at", "plain"))
    valid = valid_of(plan, rows.get_column("plain"))
    good = rows.filter(valid).select("at", number="plain", finding=pl.lit(VALID, pl.Int8))
    bad = rows.filter(~valid).select(
        "at",
        number=pl.lit(None, pl.String),
        finding=plan.lengths.finding(_signs()).cast(pl.Int8),
    )
    return (pl.concat([good, bad]) if bad.height else good).with_columns(code=pl.lit(code))


def _without_prefix(plan: Plan, rows: pl.DataFrame) -> pl.DataFrame:
    """Take trunk prefixes off; leave out the rows where a rule rewrites the number."""
    if plan.prefix is None or not rows.select(plan.prefixed).to_series().any():
        return rows
    number = pl.col("plain")
    rest = number.str.replace(plan.prefix, plan.head)
    if plan.rewrites:
        return rows.filter(rest == number)
    matched = rows.with_columns(rest=rest)
    lost = number.str.contains(plan.general) & ~pl.col("rest").str.contains(plan.general)
    whole = plan.lengths.can_be_whole(pl.col("rest").str.len_bytes())
    return matched.select("at", plain=pl.when(~lost & whole).then("rest").otherwise("plain"))


def valid_of(plan: Plan, numbers: pl.Series) -> pl.Series:
    """Return which numbers are valid: the first region that takes a number decides."""
    left = numbers.alias(NUMBER).to_frame().with_row_index("in_group")
    found = [left["in_group"].clear()]
    for at, area in enumerate(plan.areas):
        own, others = left, None
        if area.leading is not None:
            left = left if str(at) in left.columns else left.with_columns(**_leads(plan))
            led = left[str(at)]
            if not led.any():
                continue  # of two dozen islands, a batch has numbers of a few at most
            own, others = left.filter(led), left.filter(~led)
        valid = own.select(area.valid).to_series()
        if len(valid) == len(numbers) and valid.all():
            return valid
        found.append(own.filter(valid)["in_group"])
        left = own.filter(~valid) if others is None else others
        if not left.height:
            break
    every = pl.repeat(value=False, n=len(numbers), dtype=pl.Boolean, eager=True)
    positions = pl.concat(found)
    return every.scatter(positions, values=True) if len(positions) else every


def _leads(plan: Plan) -> dict[str, pl.Expr]:
    """Return, by a region's place in the plan, which numbers it says are its own."""
    return {str(at): one.leading for at, one in enumerate(plan.areas) if one.leading is not None}


@lru_cache(maxsize=512)
def plan_of(code: int) -> Plan:
    """Return the plan of a country code that exists."""
    plans = metadata_of(code)
    main = plans[0]
    desc, prefix = main.general_desc, main.national_prefix_for_parsing
    return Plan(
        head=f"+{code}",
        general=_whole(code, desc.national_number_pattern),
        lengths=Lengths(
            possible=_lengths(code, desc.possible_length),
            local=_lengths(code, desc.possible_length_local_only),
        ),
        prefix=_beginning(code, prefix) if prefix else None,
        prefixed=_begins(code, prefix) if prefix else pl.lit(value=False),
        rewrites=bool(main.national_prefix_transform_rule),
        areas=tuple(_area(code, plan, alone=len(plans) == 1) for plan in plans),
    )


def metadata_of(code: int) -> list[Any]:
    """Return what libphonenumber knows of the regions of a country code, the main one first."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    return [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]


def _area(code: int, plan: Any, *, alone: bool) -> Area:
    leading = None if alone else plan.leading_digits
    return Area(leading=_begins(code, leading) if leading else None, valid=_valid_in(code, plan))


def _valid_in(code: int, plan: Any) -> pl.Expr:
    """Return whether a number is of any type that the region has."""
    skipped = {"mobile"} if plan.same_mobile_and_fixed_line_pattern else set()
    of_type = of_types(code, plan, [name for name in TYPES if name not in skipped])
    general = plan.general_desc
    in_general = pl.col(NUMBER).str.contains(_whole(code, general.national_number_pattern))
    return _of_lengths(code, tuple(general.possible_length)) & in_general & of_type


def of_types(code: int, plan: Any, names: Iterable[str]) -> pl.Expr:
    """Return whether a number has the form of one of these types of a region."""
    types = [getattr(plan, name) for name in names]
    known = [desc for desc in types if desc is not None and desc.national_number_pattern]
    return pl.any_horizontal(
        pl.lit(value=False),
        *(
            _of_lengths(code, lengths) & pl.col(NUMBER).str.contains(_whole(code, pattern))
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


def _signs() -> pl.Expr:
    return pl.col(NUMBER).str.len_bytes()


def _of_lengths(code: int, digits: tuple[int, ...]) -> pl.Expr:
    return _signs().is_in(_lengths(code, digits))


def _lengths(code: int, digits: Iterable[int]) -> tuple[int, ...]:
    """Return how long numbers are as E.164 that have so many digits after the code."""
    return tuple(n + len(f"+{code}") for n in digits)


def _begins(code: int, pattern: str) -> pl.Expr:
    """Return which numbers begin with a pattern after the code; plain digits take no pattern."""
    number = pl.col(NUMBER)
    if pattern.isdecimal():
        return number.str.starts_with(f"+{code}{pattern}")
    return number.str.contains(_beginning(code, pattern))


def _beginning(code: int, pattern: str) -> str:
    return rf"^\+{code}(?:{_ascii(pattern)})"


def _whole(code: int, pattern: str) -> str:
    return f"{_beginning(code, pattern)}$"


def _ascii(pattern: str) -> str:
    # Rust's \d is every digit of Unicode: a far bigger machine, for texts that are ASCII.
    return pattern.replace(r"\d", "[0-9]")
