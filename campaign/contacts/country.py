"""Which country a phone number belongs to."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException

NOWHERE = "001"
"""What `phonenumbers` calls the region of numbers that belong to no country."""


def country_of(number: str) -> str | None:
    """Return the country of an E.164 number as two letters, `None` where it has none."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except NumberParseException:
        return None
    return None if region == NOWHERE else region
