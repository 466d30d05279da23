"""A phone cell becomes an E.164 number, or a reason that a person can act on.

Separators, brackets, `tel:` and a spreadsheet's wraps (`="..."`, `'...`) are taken off; everything
else that is no digit makes the cell unusable, rather than being guessed at. Whether a number is
valid is `phonenumbers`' knowledge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from campaign.errors import UsageError

NO_NUMBER = "no phone number"
NO_COUNTRY = "no country code: write it with + or give --region"
RUINED = "ruined by a spreadsheet: format the column as text and export again"
EXTENSION = "has an extension: only a direct number can be called"
SEVERAL = "more than one number: keep one"
LETTERS = "letters in the number: write it in digits"
NOT_WHOLE = "not a whole number: format the column as text and export again"
SHORT = "a short or emergency number: only a full number can be called"
NO_PHONE = "not a phone number"
REASONS: Mapping[int, str] = MappingProxyType(
    {
        ValidationResult.TOO_SHORT: "too short for {}",
        ValidationResult.TOO_LONG: "too long for {}",
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: (
            "no area code: it cannot be called from outside its place in {}"
        ),
        ValidationResult.IS_POSSIBLE: "not a valid number in {}",
    }
)
"""Why a number that can be parsed is not valid, by its length; the gap is for its place."""

SIMPLE = re.compile(r"\+?[(]?[0-9][0-9 ().\-]*")
NOTATION = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
FLOAT = re.compile(r"(\+?[0-9]{7,})\.0+")
FRACTION = re.compile(r"\+?[0-9]{7,}\.[0-9]{1,2}")
WRAPPED = re.compile(r"""=\s*"([^"]*)"|'(.*)""")
PREFIX = re.compile(r"tel:\s*", re.IGNORECASE)
TAIL = re.compile(r"[0-9)]\s*[,;]?\s*(?:ext(?:ension|n)?|x|#)[.:=\s]*[0-9]+", re.IGNORECASE)
PARTS = re.compile(r"[,;|&/\n\r\t]|\b(?:or|and)\b", re.IGNORECASE)
NO_DIGIT = re.compile(r"[^0-9]")
WRITTEN = re.compile(r"[(\[]*\+?[(\[]*[0-9][0-9\s()\[\]./\-\u2010-\u2015\u2212]*")
AN_INTERNATIONAL = "an international number"
NUMBER_DIGITS = 7
"""Fewer digits than this between separators are part of one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A number in E.164, or the reason why there is none: exactly one of the two."""

    number: str | None = None
    reason: str | None = None


def judge_distinct(texts: pl.Series, region: str | None) -> pl.DataFrame:
    """Judge distinct cells: columns `text`, `to_number` and `reason`, one row for each text."""
    verdicts = [judge(text or "", region) for text in texts.to_list()]
    return pl.DataFrame(
        {
            "text": texts,
            "to_number": [verdict.number for verdict in verdicts],
            "reason": [verdict.reason for verdict in verdicts],
        },
        schema={"text": pl.String, "to_number": pl.String, "reason": pl.String},
    )


def judge(text: str, region: str | None) -> Verdict:
    """Return the verdict on one cell; a number without `+` is read as one of `region`."""
    written = _tidied(text)
    if reason := _unusable(written):
        return Verdict(reason=reason)
    if whole := FLOAT.fullmatch(written):
        written = whole[1]
    elif FRACTION.fullmatch(written):
        return Verdict(reason=NOT_WHOLE)
    international = "+" in written
    if not international and region is None:
        return Verdict(reason=NO_COUNTRY)
    digits = NO_DIGIT.sub("", written)
    try:
        number = phonenumbers.parse(f"+{digits}" if international else digits, region)
    except NumberParseException as error:
        return Verdict(
            reason=_parse_reason(error, AN_INTERNATIONAL if international else str(region))
        )
    if phonenumbers.is_valid_number(number):
        return Verdict(
            number=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        )
    if not international and phonenumbers.is_valid_short_number_for_region(number, str(region)):
        return Verdict(reason=SHORT)
    place = f"+{number.country_code}" if international else str(region)
    return Verdict(reason=_invalid_reason(number, place))


def check_region(region: str | None) -> str | None:
    """Return the region in capitals; raise `UsageError` where no country has that code."""
    if region is None:
        return None
    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(
            f"there is no region {region!r}", hint="give two letters, like US, GB or DE"
        )
    return region.upper()


def _tidied(text: str) -> str:
    """Return the cell in plain digits, without `tel:` and without what cannot be seen."""
    written = text.strip()
    if SIMPLE.fullmatch(written):
        return written
    seen = unicodedata.normalize(
        "NFKC", "".join(sign for sign in written if unicodedata.category(sign) != "Cf")
    )
    digits = (str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in seen)
    plain = "".join(digits).strip()
    if wrapped := WRAPPED.fullmatch(plain):
        plain = (wrapped[1] or wrapped[2] or "").strip()
    return PREFIX.sub("", plain, count=1)


def _unusable(written: str) -> str | None:
    """Return why these characters are no single phone number; the order is from sure to vague."""
    if not written:
        return NO_NUMBER
    if SIMPLE.fullmatch(written):
        return None
    if NOTATION.fullmatch(written):
        return RUINED
    if TAIL.search(written):
        return EXTENSION
    parts = [part for part in PARTS.split(written) if _counts(part)]
    if len(parts) > 1 or written.count("+") > 1:
        return SEVERAL
    if any(sign.isalpha() for sign in written):
        return LETTERS
    return None if WRITTEN.fullmatch(written) else NO_PHONE


def _counts(part: str) -> bool:
    return len(NO_DIGIT.sub("", part)) >= NUMBER_DIGITS


def _parse_reason(error: NumberParseException, place: str) -> str:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return "unknown country code: check the digits after the +"
    too_long = error.error_type == NumberParseException.TOO_LONG
    found = ValidationResult.TOO_LONG if too_long else ValidationResult.TOO_SHORT
    return REASONS[found].format(place)


def _invalid_reason(number: PhoneNumber, place: str) -> str:
    found = phonenumbers.is_possible_number_with_reason(number)
    return REASONS.get(found, REASONS[ValidationResult.IS_POSSIBLE]).format(place)
