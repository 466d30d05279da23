"""What is known of each contact that was attempted, put together from its attempts.

A ledger hands attempts on as they lie, in batches; of a contact the calls are counted, and its
last attempt tells the rest: a withheld one only where there is no other. There are millions of
contacts, so that a row of them is a few numbers and its key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import polars as pl

from campaign.model import AttemptState, Outcome
from campaign.outcomes.chunks import frame_of_columns, read_ahead, side_by_side
from campaign.outcomes.columns import FORGOTTEN, TEXT, TIME, WHOLE, WHY
from campaign.policy import lifecycle, redial
from campaign.ports import DATED, Columns

SLICE = 100_000
"""Rows of a list that are looked at together."""

COUNT = pl.Int16()
PLACE = pl.UInt32()
WORD = pl.Categorical()
WORDS = pl.Enum([outcome.value for outcome in Outcome])
STATES = pl.Enum([state.value for state in AttemptState])

_WHOLES = ("id", "attempt", "over_at", "intent_at")
_DTYPES = MappingProxyType({**dict.fromkeys(DATED, TEXT), **dict.fromkeys(_WHOLES, WHOLE)})

_STATE = pl.col("state")
_REASON = pl.col("disconnection_reason").fill_null("")
_CREATED = _STATE.is_in(sorted(lifecycle.CREATED))
_MACHINE = (pl.col("outcome") == Outcome.VOICEMAIL.value) & _REASON.is_in(sorted(redial.MACHINES))
_FINAL = _STATE.is_in(sorted(redial.FINAL)) | (
    _STATE.eq(AttemptState.ENDED.value) & ~_REASON.is_in(sorted(redial.REASONS)) & ~_MACHINE
)
"""`redial.is_final`."""

_DEFAULTS = {state.value: text for state, text in WHY.items()}


def _error() -> pl.Expr:
    default = _STATE.replace_strict(_DEFAULTS, default=None, return_dtype=TEXT)
    own = pl.when(pl.col("error") != "").then("error")
    return pl.when(default.is_not_null()).then(pl.coalesce(own, default))


_CELLS: Mapping[str, Mapping[str, pl.Expr]] = {
    "state": {
        "key": pl.col("contact_key"),
        "id": pl.col("id"),
        "attempt": pl.col("attempt"),
        "withheld": _STATE.eq(AttemptState.WITHHELD.value),
        "call_attempts": _CREATED.cast(COUNT),
        "call_outcome": pl.col("outcome").cast(WORDS),
        "call_error": _error().cast(WORD),
    },
    "disconnection_reason": {
        "unreached": (_CREATED & _REASON.is_in(sorted(redial.UNREACHED))).cast(COUNT),
        "undialable": (_CREATED & (_REASON == redial.UNDIALABLE)).cast(COUNT),
        "final": _FINAL.cast(COUNT),
        "state": _STATE.cast(STATES),
        "reason": pl.col("disconnection_reason").cast(WORD),
    },
    "over_at": {"over_at": pl.col("over_at")},
    "intent_at": {"intent_at": pl.col("intent_at")},
}
"""What is kept of an attempt, by a column that has to be read for it."""

_COUNTS = ("call_attempts", "unreached", "undialable", "final")


def parts_of(tries: Iterable[Columns], names: Sequence[str]) -> list[pl.DataFrame]:
    """Return a row for each attempt, in parts; `tries` are batches of `names`.

    These are `JUDGED`, `STANDING` or `DATED`.
    """
    kept = [_CELLS[name] for name in names if name in _CELLS]
    own = {name: cell for cells in kept for name, cell in cells.items()}
    schema = {name: _DTYPES[name] for name in names}
    parts = [pl.DataFrame(schema=schema).select(**own)]
    parts.extend(frame_of_columns(batch, schema).select(**own) for batch in read_ahead(tries))
    return parts


def has_forgotten(parts: Iterable[pl.DataFrame]) -> bool:
    """Tell whether an attempt is that of a contact which the ledger has forgotten."""
    return any(part["key"].str.starts_with(FORGOTTEN).any() for part in parts)


def by_keys(parts: Iterable[pl.DataFrame], keys: Mapping[str, str]) -> list[pl.DataFrame]:
    """Return the attempts of forgotten contacts once more, by the `keys` of the list."""
    names = pl.Series(list(keys), dtype=TEXT)
    found = (part.filter(part["key"].is_in(names.implode())) for part in parts)
    return [part.with_columns(pl.col("key").replace(keys)) for part in found if part.height]


def contacts_of(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return one row for each key: that of its decisive attempt, with all counts added up.

    `resent` tells that another attempt, withheld, comes after that one. `parts` are emptied on the
    way: there is not room for all attempts twice.
    """
    several = _maybe_several(parts)
    ranked: list[pl.DataFrame] = []
    single: list[pl.DataFrame] = []
    at = 0
    for n, part in enumerate(parts):
        here = several.slice(at, part.height)
        at += part.height
        single.append(part.filter(~here).drop("attempt"))
        ranked.append(part.filter(here))
        parts[n] = part.clear()
    once = pl.concat(single).with_columns(resent=pl.lit(value=False))
    return pl.concat([once, _decisive(pl.concat(ranked)).select(once.columns)])


def columns_of(contacts: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """Return some of the columns, which are not copied.

    Of contacts each column is in pieces of its own, and whatever polars selects from such a frame
    it first puts together whole.
    """
    return pl.DataFrame([contacts[name] for name in names])


def _maybe_several(parts: Sequence[pl.DataFrame]) -> pl.Series:
    """Return at least the rows whose key another row has: sorting hashes finds them quickly."""
    hashes = pl.concat([part["key"].hash() for part in parts])
    in_order = hashes.sort()
    seen_twice = in_order.filter(in_order == in_order.shift()).unique()
    return hashes.is_in(seen_twice.implode())


def _decisive(attempts: pl.DataFrame) -> pl.DataFrame:
    counts = [name for name in _COUNTS if name in attempts.columns]
    rest = [name for name in attempts.columns if name not in {"key", "attempt", *counts}]
    return (
        attempts.sort(["withheld", "attempt"], descending=[True, False])
        .group_by("key")
        .agg(
            pl.col(counts).sum().cast(COUNT),
            pl.col(rest).last(),
            resent=pl.col("attempt").max() != pl.col("attempt").last(),
        )
    )


def used_of(contacts: pl.DataFrame) -> pl.Series:
    """Return how many calls each contact has used up, null where none may follow."""
    used = pl.when(pl.col("final") == 0).then(pl.col("call_attempts") - pl.col("unreached"))
    counts = columns_of(contacts, ("final", "call_attempts", "unreached"))
    return counts.select(used=used)["used"]


def by_outcome(
    contacts: pl.DataFrame, counted_at: datetime | None
) -> tuple[Counter[str], Counter[str]]:
    """Count contacts by outcome: those last attempted before a moment, and those since.

    Without a moment all are from before.
    """
    since = contacts["intent_at"].cast(TIME) >= counted_at if counted_at else _none(contacts)
    before, after = contacts.filter(~since), contacts.filter(since)
    return _counted(before["call_outcome"]), _counted(after["call_outcome"])


def _none(rows: pl.DataFrame) -> pl.Series:
    return pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)


def _counted(words: pl.Series) -> Counter[str]:
    return Counter(dict(words.value_counts().iter_rows()))


def places(
    keys: pl.Series,
    known: pl.Series,
    *,
    hashed: Callable[[pl.Series], pl.Series] = pl.Series.hash,
) -> pl.Series:
    """Return where in `known` each of `keys` is (UInt32), null where it is not.

    `known` has no key twice. Hashes in their order find them, in a quarter of the room that a
    join needs, and every key that is found is compared; where two of `known` have the same hash,
    a join finds them.
    """
    if known.is_empty():
        return pl.Series([None], dtype=PLACE).new_from_index(0, keys.len())
    hashes = hashed(known)
    order = hashes.arg_sort().cast(PLACE)
    in_order = hashes.gather(order)
    if (in_order == in_order.shift()).any():
        return _joined(keys, known)
    parts = [keys.slice(first, SLICE) for first in range(0, max(keys.len(), 1), SLICE)]

    def found(part: pl.Series) -> pl.Series:
        return _found(part, known, hashed(part), order, in_order)

    return pl.concat(side_by_side(found, parts))


def _found(
    keys: pl.Series, known: pl.Series, hashes: pl.Series, order: pl.Series, in_order: pl.Series
) -> pl.Series:
    # What is asked for in order is many times as quick to find.
    asked = hashes.arg_sort()
    found = in_order.search_sorted(hashes.gather(asked)).clip(0, known.len() - 1)
    spread = pl.DataFrame({"asked": asked, "found": found}).sort("asked")["found"]
    at = order.gather(spread)
    return pl.select(at=pl.when(known.gather(at) == keys).then(at)).to_series()


def _joined(keys: pl.Series, known: pl.Series) -> pl.Series:
    places = pl.DataFrame({"key": known}).with_row_index("at")
    asked = pl.DataFrame({"key": keys})
    joined = asked.join(places, on="key", how="left", maintain_order="left")
    return joined["at"].cast(PLACE)
