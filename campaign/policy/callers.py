"""Which caller number of a pool calls a contact."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import takewhile

from campaign.policy import identity


def choose(
    pool: Sequence[str],
    *,
    key: str,
    to_number: str,
    before: str | None = None,
    retired: Collection[str] = (),
    near: bool = False,
) -> str | None:
    """Return the caller number of a contact, `None` where all of the pool are retired.

    The number that called `before` calls again, as long as it is one of the pool and not retired.
    Else it is one that the contact's `key` always gets; with `near`, among those that share most
    of their first digits with `to_number`. A number that is retired changes nothing for those
    whom it does not call.
    """
    left = [number for number in pool if number not in retired]
    if not left or before in left:
        return before if left else None
    chosen = _of_key(pool, key=key, to_number=to_number, near=near)
    if chosen not in retired:
        return chosen
    return _of_key(left, key=key, to_number=to_number, near=near)


def _of_key(pool: Sequence[str], *, key: str, to_number: str, near: bool) -> str:
    if near:
        most = max(_shared(number, to_number) for number in pool)
        pool = [number for number in pool if _shared(number, to_number) == most]
    return pool[identity.share(key, len(pool))] if len(pool) > 1 else pool[0]


def _shared(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
