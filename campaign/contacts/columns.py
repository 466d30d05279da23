"""What the columns of a list are: the phone, the key, Retell's own fields, variables.

Names are compared without regard to case, with spaces and `_` as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from campaign.contacts.fields import FIELDS, TIMEZONE
from campaign.errors import ListError

PHONE_NAMES = frozenset(
    {"to_number", "phone_number", "phone", "number", "mobile", "contact_number"}
)

RESULT_COLUMNS = (
    "call_outcome",
    "call_id",
    "call_status",
    "call_to_number",
    "call_from_number",
    "call_agent_id",
    "call_attempts",
    "call_disconnection_reason",
    "call_error",
    "call_placed_at",
    "call_started_at",
    "call_ended_at",
    "call_duration_s",
    "call_cost_usd",
    "call_summary",
    "call_sentiment",
    "call_successful",
    "call_analysis_json",
    "call_collected_json",
    "call_recording_url",
)
"""Columns that an earlier results file brought along: never sent, replaced in the output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a list by what they are for.

    `own` are all but those of an earlier results file, in order. `key` is `""` where the number
    is the key. `fields` maps the provider's field to the column that holds it. `region`,
    `consent` and `consent_date` are `""` where no column was named; a region is a variable too.
    """

    own: tuple[str, ...]
    phone: str
    key: str
    fields: Mapping[str, str]
    variables: tuple[str, ...]
    region: str = ""
    consent: str = ""
    consent_date: str = ""


def find_columns(
    names: Sequence[str],
    *,
    phone_column: str | None = None,
    key_column: str | None = None,
    timezone_column: str | None = None,
    region_column: str | None = None,
    consent_column: str | None = None,
    consent_date_column: str | None = None,
) -> Columns:
    """Sort out the columns `names`; what is given by name goes before what is found by name.

    Raises `ListError` for no or two phone columns, two columns of one field, a name not there, and
    one column with two meanings.
    """
    own = tuple(name for name in names if name not in RESULT_COLUMNS)
    phone = _named(own, phone_column, "--phone-column") if phone_column else _find_phone(own)
    key = _named(own, key_column, "--key") if key_column else ""
    told = {
        flag: _named(own, wanted, flag)
        for flag, wanted in (
            ("--timezone-column", timezone_column),
            ("region_column", region_column),
            ("consent_column", consent_column),
            ("consent_date_column", consent_date_column),
        )
        if wanted
    }
    _check_meanings({"the phone column": phone, **told})
    fields = _find_fields(
        [name for name in own if name not in {phone, *told.values()}], bool(timezone_column)
    )
    if timezone_column:
        fields[TIMEZONE] = told["--timezone-column"]
    consent, consent_date = told.get("consent_column", ""), told.get("consent_date_column", "")
    taken = {phone, consent, consent_date, *fields.values()}
    return Columns(
        own=own,
        phone=phone,
        key="" if key == phone else key,
        fields=fields,
        variables=tuple(name for name in own if name not in taken),
        region=told.get("region_column", ""),
        consent=consent,
        consent_date=consent_date,
    )


def plain_name(name: str) -> str:
    """Return a column name as names are compared: `" Phone  Number"` is `phone_number`."""
    return re.sub(r"[\s_]+", "_", name.strip().lower())


def _find_phone(own: Sequence[str]) -> str:
    found = [name for name in own if plain_name(name) in PHONE_NAMES]
    if not found:
        raise ListError(
            f"no phone column among {_quoted(own)}",
            hint="name one phone_number, or say which it is with --phone-column",
        )
    if len(found) > 1:
        raise ListError(
            f"more than one phone column: {_quoted(found)}",
            hint="say which one is meant with --phone-column",
        )
    return found[0]


def _find_fields(names: Sequence[str], zone_given: bool) -> dict[str, str]:  # noqa: FBT001
    fields: dict[str, str] = {}
    for name in names:
        field = plain_name(name)
        if field not in FIELDS or (field == TIMEZONE and zone_given):
            continue
        if field in fields:
            raise ListError(
                f"the columns {_quoted([fields[field], name])} both mean {field}",
                hint="rename or remove one of them",
            )
        fields[field] = name
    return fields


def _check_meanings(told: Mapping[str, str]) -> None:
    """Raise `ListError` where one column was given two meanings."""
    by_column: dict[str, str] = {}
    for meaning, name in told.items():
        if name in by_column:
            raise ListError(
                f"the column {name!r} cannot be both {by_column[name]} and {meaning}",
                hint="name another column for one of them",
            )
        by_column[name] = meaning


def _named(own: Sequence[str], wanted: str, flag: str) -> str:
    """Return the column that `flag` names, as it is written in the list."""
    if wanted in own:
        return wanted
    alike = [name for name in own if plain_name(name) == plain_name(wanted)]
    if len(alike) == 1:
        return alike[0]
    near = get_close_matches(wanted.lower(), [name.lower() for name in own], n=1, cutoff=0.5)
    meant = [name for name in own if name.lower() in near]
    there = f"its columns are {_quoted(own)}"
    raise ListError(
        f"no column {wanted!r} ({flag}) in the list",
        hint=f"did you mean {_quoted(meant)}? {there}" if meant else there,
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
