"""What lies ahead of a campaign: who of the list is called next, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from campaign.model import Outcome
from campaign.outcomes.chunks import frame_of
from campaign.outcomes.columns import TEXT, TIME
from campaign.policy.redial import Due

_DUE = {"key": TEXT, "at": TIME}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """`due` contacts are called by the moment asked for; the next after it falls due then."""

    due: int = 0
    next_due: datetime | None = None


def look_ahead(
    screened: pl.DataFrame,
    calls: pl.DataFrame,
    dues: Iterable[tuple[str, Due]],
    *,
    until: datetime,
) -> Ahead:
    """Return what is due by `until`: contacts without a call, and those dialled again.

    `calls` are the `call_…` columns of the rows of `screened`. `dues` has the keys of contacts
    that were attempted and are dialled again; those that are not on the list are left out.
    """
    rows = pl.concat(
        [screened.select("key", "outcome"), calls.select("call_outcome")], how="horizontal"
    )
    pending = pl.col("call_outcome") == Outcome.PENDING.value
    again = (
        rows.lazy()
        .filter(pl.col("outcome").is_null() & ~pending)
        .join(frame_of(((key, due.at) for key, due in dues), _DUE).lazy(), on="key")
        .select("at")
        .collect()
        .get_column("at")
    )
    later = again.filter(again > until)
    first = later.min()
    return Ahead(
        due=rows.select(pending.sum()).item() + again.len() - later.len(),
        next_due=first if isinstance(first, datetime) else None,
    )
