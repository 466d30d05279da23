"""Chance that repeats itself: everything random comes from names, so that order changes nothing."""

from __future__ import annotations

from hashlib import sha256
from random import Random


def rng(*names: object) -> Random:
    """Return a source of randomness that depends on nothing but `names`."""
    return Random(_bytes(names))


def digest(*names: object) -> str:
    """Return 64 hexadecimal digits that depend on nothing but `names`."""
    return sha256(_bytes(names)).hexdigest()


def _bytes(names: tuple[object, ...]) -> bytes:
    # JSON can carry half a surrogate pair, and a server must live with it.
    return "|".join(map(str, names)).encode("utf-8", "surrogatepass")
