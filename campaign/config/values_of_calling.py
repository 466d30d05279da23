"""How settings are written that say whom nobody calls, and when: hours, days, caps, countries.

As in `values`, each function takes text, TOML or a Python object, and returns the plain value.
What the texts mean is known to the policies, which read them once more where they are used.
"""

from __future__ import annotations

import json
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from campaign.config.values import PathText, Text, several
from campaign.policy.caps import parse_caps
from campaign.policy.hours import parse_days, parse_hours

ANY = "any"


def hours(value: str) -> str:
    """Take `HH:MM-HH:MM`, or `any` in any case."""
    return ANY if parse_hours(value) is None else value.strip()


def days(value: object) -> object:
    """Take days of the week, one text or several, as one text."""
    if isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    if isinstance(value, str):
        parse_days(value)
        return value.strip().lower()
    return value


def caps(value: tuple[str, ...]) -> tuple[str, ...]:
    """Take caps on the calls to one number, or `any` alone."""
    if not value:
        raise ValueError("there is no cap; write it as 3/24h, or any for none")
    parse_caps(value)
    return tuple(text.strip().lower() for text in value)


def countries(value: tuple[str, ...]) -> tuple[str, ...]:
    """Take countries, two letters each, in capitals."""
    for text in value:
        if not re.fullmatch(r"[A-Za-z]{2}", text):
            raise ValueError(f"{text!r} is no country; write it with two letters, like US")
    return tuple(text.upper() for text in value)


def paths(value: object) -> object:
    """Take one path or several; as one text, with commas between them or as a JSON array."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError(f"{value!r} is no list of paths") from None
    return several(value if isinstance(value, str | list | tuple) else [value])


Hours = Annotated[Text, AfterValidator(hours)]
Days = Annotated[Text, BeforeValidator(days)]
CapTexts = Annotated[tuple[Text, ...], AfterValidator(caps), BeforeValidator(several)]
Countries = Annotated[tuple[Text, ...], AfterValidator(countries), BeforeValidator(several)]
Paths = Annotated[tuple[PathText, ...], BeforeValidator(paths)]
