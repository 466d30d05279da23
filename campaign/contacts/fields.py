"""The provider's own fields, as cells of a list: what each text means, or why it cannot be used.

A parser takes the trimmed text of a cell and returns the value; `ValueError` says what is wrong,
in words that follow the name of the column. Limits are those the provider documents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NoReturn
from zoneinfo import available_timezones

from campaign.contacts.phone import judge
from campaign.policy.identity import OWN_METADATA

METADATA_BYTES = 50_000
TIMEZONE = "timezone"
IGNORE_E164 = "ignore_e164_validation"
BOOLEANS = MappingProxyType(
    {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
)
VERSION = re.compile(r"[0-9]+(?=(?:\.0+)?$)")
TAG = re.compile(r"(?!-[0-9]+$)[a-z0-9_-]{1,20}")
NO_PLACES = frozenset({"localtime", "posixrules", "Factory", "Etc/Unknown"})
"""Zones that a machine may have and that say nothing of where somebody is."""

SIP_NAME = re.compile(r"X-[!-9;-~]+")
SIP_TEXT = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where a field goes in a `Contact`, and how its text is read."""

    attribute: str
    parse: Callable[[str], Any]


def parse_boolean(text: str) -> bool:
    """Read true/false, yes/no or 1/0, in any case."""
    try:
        return BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("is neither true nor false") from None


def parse_metadata(text: str) -> dict[str, Any]:
    """Read a JSON object that leaves our own names alone and fits the provider's limit."""
    found = _parse_object(text)
    if own := [name for name in OWN_METADATA if name in found]:
        raise ValueError(f"has the entry {own[0]!r}, which campaign writes itself")
    size_bytes = len(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())
    if size_bytes > METADATA_BYTES:
        raise ValueError(f"is over {METADATA_BYTES // 1000} kB")
    return found


def parse_sip_headers(text: str) -> dict[str, str]:
    """Read a JSON object of text, its names beginning with `X-`."""
    found = _parse_object(text)
    for name, value in found.items():
        if not SIP_NAME.fullmatch(name):
            raise ValueError("has a name that is not of the form X-Name")
        if not isinstance(value, str) or not SIP_TEXT.fullmatch(value):
            raise ValueError("has a value that is not a line of text")
    return found


def parse_agent_version(text: str) -> int | str:
    """Read a whole number (3, also written 3.0) or a tag."""
    if version := VERSION.match(text):
        return int(version[0])
    if TAG.fullmatch(text):
        return text
    raise ValueError("is neither a whole number nor a tag of up to 20 of a-z, 0-9, _ and -")


@lru_cache(maxsize=1024)
def parse_caller(text: str) -> str:
    """Read a caller number, E.164."""
    verdict = judge(text, None)
    if verdict.number is None:
        raise ValueError("is not a valid number in E.164, like +14155550100")
    return verdict.number


def parse_timezone(text: str) -> str:
    """Read the name of an IANA time zone."""
    if text not in _zones():
        raise ValueError("is not an IANA time zone, like America/New_York")
    return text


FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "override_agent_id": Field(attribute="agent_id", parse=str),
        "override_agent_version": Field(attribute="agent_version", parse=parse_agent_version),
        "metadata": Field(attribute="metadata", parse=parse_metadata),
        "custom_sip_headers": Field(attribute="sip_headers", parse=parse_sip_headers),
        IGNORE_E164: Field(attribute="ignore_e164", parse=parse_boolean),
        "from_number": Field(attribute="from_number", parse=parse_caller),
        TIMEZONE: Field(attribute="timezone", parse=parse_timezone),
        "drop_call_if_machine_detected": Field(attribute="drop_machine", parse=parse_boolean),
    }
)
"""By the provider's name of the field."""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - NO_PLACES


def _parse_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
        # An escaped lone surrogate is JSON and cannot be sent.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("is not a JSON object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
