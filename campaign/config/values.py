"""How single settings are written: durations, moments, lists, `K=V` entries, tables, paths.

The same value may come as text (a flag, the environment), as TOML or as a Python object. Each
function takes any of these and returns the plain value; `ValueError` says how it is written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from campaign.model import Outcome

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
TAG = re.compile(r"(?!-[0-9]+$)[a-z0-9_-]{1,20}")
ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s]*")
OUTCOMES = tuple(outcome.value for outcome in Outcome)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LONGEST_S = 3660.0 * 86400
"""About ten years: longer is a mistake, and dates would not hold it."""


def seconds(value: object) -> float:
    """Turn `90s`, `30m`, `2h`, `1d`, a bare `0` or a `timedelta` into seconds."""
    found = _seconds(value)
    if not 0 <= found <= LONGEST_S:
        raise ValueError(f"{value!r} is no duration between 0 and 3660d")
    return found


def _seconds(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    written = str(value).strip()
    if found := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd])", written):
        return float(found[1]) * UNITS[found[2]]
    if written in {"0", "0.0"}:
        return 0.0
    raise ValueError(f"{written!r} is no duration; write it as 90s, 30m, 2h or 1d")


def duration_text(value_s: float) -> str:
    """Return a duration as it is written, in the largest unit that it is a whole number of."""
    for unit, unit_s in sorted(UNITS.items(), key=lambda item: -item[1]):
        if value_s >= unit_s and value_s % unit_s == 0:
            return f"{value_s / unit_s:.0f}{unit}"
    return f"{value_s:.6f}".rstrip("0").rstrip(".") + "s"


def durations(value: object) -> object:
    """Take a list of durations, or one text with commas, as seconds; equal ones all count."""
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        value = [value]
    return [seconds(part) for part in value]


def is_time_of_day(text: str) -> bool:
    """Tell whether a text is a time of day, `HH:MM`."""
    return re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", text.strip()) is not None


def moment(value: object) -> str:
    """Return a time of day or a duration as text: `18:00`, `90s`."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return f"{seconds(value):.3f}s"
    written = str(value).strip()
    if not is_time_of_day(written):
        try:
            seconds(written)
        except ValueError:
            raise ValueError(
                f"{written!r} is neither a time of day nor a duration; write it as 18:00 or 90m"
            ) from None
    return written


def several(value: object) -> object:
    """Take texts apart that are written with commas; each text counts once, in order."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        return value
    return list(dict.fromkeys(map(_hashable, value)))


def _hashable(value: object) -> object:
    if isinstance(value, list | dict | set):
        raise ValueError(f"{value!r} is no text")
    return value


def entries(value: object) -> object:
    """Take `K=V` texts, one or several, a JSON object or a mapping as a mapping of texts."""
    if isinstance(value, str):
        value = table(value) if value.lstrip().startswith("{") else several(value)
    if isinstance(value, list | tuple):
        value = dict(_entry(str(text)) for text in value)
    if not isinstance(value, Mapping):
        return value
    return {str(name): _plain(str(name), entry) for name, entry in value.items()}


def _entry(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"{text!r} is no K=V entry; write it as name=value")
    return name, value


def _plain(name: str, value: object) -> str:
    """Return an entry's value as it is sent: text as it is, anything else as JSON writes it."""
    if value is None:
        raise ValueError(f"the entry {name!r} has no value")
    if isinstance(value, bool | int | float | list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def table(value: object) -> object:
    """Take a JSON object written as text as what it says."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("is no table; as text it is written as a JSON object") from None


def outcomes(value: object) -> object:
    """Take outcome words, one text with commas or several, as outcomes."""
    words = several([value] if isinstance(value, Outcome) else value)
    return [_outcome(word) for word in words] if isinstance(words, list) else words


def _outcome(word: object) -> Outcome:
    if word in OUTCOMES:
        return Outcome(str(word))
    raise ValueError(f"{word!r} is no outcome; the words are {', '.join(OUTCOMES)}")


def web_address(value: object) -> object:
    """Take an address that begins with `https://` or `http://` and has a host."""
    if isinstance(value, str) and not ADDRESS.fullmatch(value):
        raise ValueError("is no address; write it like https://example.com/calls")
    return value


def pace(value: object) -> object:
    """Take `any` as no pace at all."""
    return None if isinstance(value, str) and value.strip().lower() == "any" else _number(value)


def pace_text(value: float | None) -> float | str:
    """Return a pace as it is written."""
    return "any" if value is None else value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is no number")
    return value


def version(value: object) -> int | str:
    """Take a whole number, also written as text, or a tag."""
    written = str(value).strip()
    if isinstance(value, int | str) and not isinstance(value, bool):
        if re.fullmatch(r"[0-9]+", written):
            return int(written)
        if TAG.fullmatch(written):
            return written
    raise ValueError(
        f"{value!r} is neither a whole number nor a tag of up to 20 of a-z, 0-9, _ and -"
    )


def path(value: object) -> object:
    """Take a path as text, its `~` replaced."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        return value
    if "\0" in value:
        raise ValueError("a path cannot hold a null character")
    # Unlike Path.expanduser, this leaves the home of an unknown user as it is written.
    return os.path.expanduser(value)


Text = Annotated[str, Field(min_length=1)]
PathText = Annotated[Text, BeforeValidator(path)]
Duration = Annotated[float, BeforeValidator(seconds), PlainSerializer(duration_text)]
Durations = Annotated[
    tuple[Annotated[float, PlainSerializer(duration_text)], ...],
    Field(min_length=1),
    BeforeValidator(durations),
]
Outcomes = Annotated[tuple[Outcome, ...], BeforeValidator(outcomes)]
Moment = Annotated[str, BeforeValidator(moment)]
Texts = Annotated[tuple[str, ...], BeforeValidator(several)]
Entries = Annotated[dict[str, str], BeforeValidator(entries)]
Table = Annotated[dict[str, Any], BeforeValidator(table)]
Whole = Annotated[int, Field(ge=0), BeforeValidator(_number)]
Count = Annotated[int, Field(ge=1), BeforeValidator(_number)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_number)]
SomeDollars = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_number)]
Port = Annotated[int, Field(ge=0, le=65535), BeforeValidator(_number)]
WebAddress = Annotated[str, BeforeValidator(web_address)]
PerSecond = Annotated[float, Field(ge=0.001, le=1000, allow_inf_nan=False)]
Pace = Annotated[PerSecond | None, BeforeValidator(pace), PlainSerializer(pace_text)]
Version = Annotated[int | str, BeforeValidator(version)]
