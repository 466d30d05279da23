"""How numbers, times and other people's texts are written on a page.

Texts of lists and calls may be anything: what would turn, hide or break a line is spelled out, and
phone numbers in them are masked. Escaping for HTML is the template's and the renderer's.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime, timedelta, tzinfo

from campaign.policy.masking import mask

MOST_CHARACTERS = 160
NO_BREAK = "\u00a0"
LEAST_USD = 0.0001

_JOINERS = "\u200c\u200d"
"""Formatting that letters and emoji are made of."""
_PHONE = re.compile(r"\+?[0-9(][0-9 ().\-/]{5,}[0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{1,2})?")


def plain(text: str, *, full_numbers: bool, most: int = MOST_CHARACTERS) -> str:
    """Return a text of others as one harmless line, cut after `most` characters."""
    line = " ".join("".join(map(_visible, text)).split())
    told = line if full_numbers else _PHONE.sub(_masked, line)
    return told if len(told) <= most else told[: most - 1] + "…"


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    if character.isspace():
        return " "
    # Control, format (which turns the direction), surrogate, private, unassigned.
    if unicodedata.category(character)[0] == "C":
        return f"\\u{ord(character):04x}"
    return character


def _masked(found: re.Match[str]) -> str:
    text = found[0]
    digits = sum(character.isdigit() for character in text)
    return text if not 7 <= digits <= 15 or _DATE.fullmatch(text) else mask(text)


def number(value: float) -> str:
    """Return a count as people read it: `1,002`; what is no whole number with two digits."""
    if math.isinf(value):
        return "any"
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.2g}"


def count(n: int, one: str, many: str | None = None) -> str:
    """Return `1 call` or `1,002 calls`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent; neither nothing nor everything unless it is."""
    percent = 100 * part / whole if whole else 0.0
    told = f"{percent:.0f}"
    if 0 < percent < 1:
        told = "<1"
    if 99 < percent < 100:
        told = ">99"
    return f"{told}{NO_BREAK}%"


def dollars(value: float) -> str:
    """Return an amount: without cents where they tell nothing, with parts of one where they do."""
    if value >= 1000:
        return f"${value:,.0f}"
    if value >= 0.1 or value == 0:
        return f"${value:,.2f}"
    return f"${value:.4f}".rstrip("0") if value >= LEAST_USD else f"<${LEAST_USD}"


def lasting(seconds: float) -> str:
    """Return a duration in the two units that matter: `1 min 42 s`."""
    whole = round(seconds)
    for unit_s, unit, less_s, less in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= unit_s:
            rest = whole % unit_s // less_s
            return f"{whole // unit_s} {unit}" + (f" {rest} {less}" if rest else "")
    if whole >= 60:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole} s"


def moment(at: datetime, zone: tzinfo) -> str:
    """Return a time on the clock of the page: `2026-11-23 14:00`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def clock_of(at: datetime, zone: tzinfo) -> str:
    """Return which clock the page shows: `UTC` or `UTC+01:00`."""
    offset = at.astimezone(zone).utcoffset() or timedelta()
    if not offset:
        return "UTC"
    sign = "+" if offset > timedelta() else "-"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"
