"""What lies ahead of a campaign: who of the list is called next, and when.

Whoever was attempted alike is dialled again alike: contacts are taken together by all that the
policy looks at, it is asked about one of each kind, and the others differ from that one by the
moment at which their calls were over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from campaign.model import Attempt, AttemptState, History
from campaign.policy import redial
from campaign.policy.redial import Due, Policy

KIND = (
    *("state", "call_outcome", "reason", "call_attempts"),
    *("unreached", "undialable", "final", "resent"),
)
"""What of a contact `redial.due` looks at, besides moments."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Ask = Callable[[Sequence[int]], Sequence[Attempt]]
"""Returns the attempts of these ids, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """`due` contacts are called by the moment asked for; the next after it falls due then."""

    due: int = 0
    next_due: datetime | None = None


def look_ahead(contacts: pl.DataFrame, policy: Policy, ask: Ask, *, until: datetime) -> Ahead:
    """Return who of contacts that were attempted is due by `until`."""
    kinds = _kinds(contacts)
    dues = [redial.due(_newest(*one), policy) for one in _histories(kinds, ask)]
    later = [None if due is None or due.at is None else _micros(due.at) for due in dues]
    told = kinds.with_columns(
        is_due=pl.Series([due is not None for due in dues], dtype=pl.Boolean),
        # How much later than its last call was over.
        wait=pl.Series(later, dtype=pl.Int64) - kinds["over_at"],
    ).filter("is_due")
    at = (
        contacts.lazy()
        .join(told.lazy().select(*KIND, "wait"), on=KIND, nulls_equal=True)
        .select(at=pl.col("over_at") + pl.col("wait"))
        .collect()
        .get_column("at")
    )
    after = at.filter(at > _micros(until))
    first = after.min()
    return Ahead(
        due=at.len() - after.len(),
        next_due=_EPOCH + first * _MICROSECOND if isinstance(first, int) else None,
    )


def first_due(contacts: pl.DataFrame, policy: Policy, ask: Ask) -> datetime | None:
    """Return when the first contact that waits for a redial falls due, `None` if none waits."""
    histories = _histories(_kinds(contacts), ask)
    dues: list[Due | None] = [redial.due(history, policy) for history, _ in histories]
    times = [due.at for due in dues if due is not None and due.at is not None]
    return min(times, default=None)


def _kinds(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each kind of contact, that whose last call was over first."""
    earliest = pl.col("over_at").arg_min()
    return contacts.group_by(KIND).agg(pl.col("id", "over_at").get(earliest))


def _histories(kinds: pl.DataFrame, ask: Ask) -> list[tuple[History, bool]]:
    attempts = ask(kinds["id"].to_list()) if kinds.height else ()
    return [
        (
            History(
                last=attempt,
                created=row["call_attempts"],
                unreached=row["unreached"],
                undialable=row["undialable"],
                final=row["final"],
            ),
            row["resent"],
        )
        for attempt, row in zip(attempts, kinds.iter_rows(named=True), strict=True)
    ]


def _newest(history: History, resent: bool) -> History:  # noqa: FBT001 - one of a pair
    """Return a history whose last attempt is the newest one, withheld or not."""
    if not resent:
        return history
    return replace(history, last=replace(history.last, state=AttemptState.WITHHELD))


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
