"""Phone numbers as logs and screens may show them."""

from __future__ import annotations


def mask(number: str) -> str:
    """Keep the first two and the last two characters: `+14155550123` becomes `+1*******23`."""
    if len(number) <= 4:
        return "*" * len(number)
    return f"{number[:2]}{'*' * (len(number) - 4)}{number[-2:]}"
