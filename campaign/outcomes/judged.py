"""What each row of the list came to.

A row is one of four things, and the order decides:

* `rejected`: says so, whatever happened to the contact before;
* `suppressed`: says so, unless it is the contact's own row (no duplicate of another) and a call
  to the contact was, or may have been, created before its number was suppressed;
* attempted: says what the last attempt came to, unless that attempt created nothing and is to be
  sent again (it is withheld, and a hold names the contact), which is `pending`;
* never attempted: `pending`, with the contact's own hold or the run's reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from campaign.model import Outcome
from campaign.outcomes.chunks import side_by_side, slices
from campaign.outcomes.columns import OUTCOMES, TEXT
from campaign.outcomes.contacts import COUNT, SLICE, places

DUPLICATE = "duplicate"
"""How the reason of a row begins that repeats the key of an earlier one."""

_KNOWN = ("id", "withheld", "call_attempts", "call_outcome", "call_error")
_ATTEMPTED = pl.col("at").is_not_null()
_AGAIN = pl.col("withheld") & pl.col("hold").is_not_null()
_CREATED = (pl.col("call_attempts") > 0) | (pl.col("call_outcome") != Outcome.FAILED.value)
_NAMED = ~pl.col("reason").fill_null("").str.starts_with(DUPLICATE)
_REJECTED = pl.col("outcome").eq_missing(Outcome.REJECTED.value)
_CALLABLE = pl.col("outcome").is_null()
_CLAIMS: Mapping[str, pl.Expr] = {
    "at": pl.col("at"),
    "called": (_CALLABLE & _ATTEMPTED & ~_AGAIN).fill_null(value=False),
    "own": (~_CALLABLE & _ATTEMPTED & ~_REJECTED & _CREATED & _NAMED).fill_null(value=False),
    "rejected": _REJECTED,
}
"""Whether a row shows its contact's call, and whether it does if it is the contact's `own` row."""


def judged(
    screened: pl.DataFrame,
    contacts: pl.DataFrame,
    *,
    pending: str,
    holds: Mapping[str, str],
    at: pl.Series | None = None,
    meant: pl.Series | None = None,
) -> pl.DataFrame:
    """Return `call_outcome`, `call_error`, `call_attempts` and `id` of every row, in order.

    `id` is that of the attempt which the row shows, null where it shows none. `screened` has
    `key`, `outcome` (`rejected`, `suppressed` or null) and `reason`. `pending` is why contacts
    were not called, `holds` the reason of single keys. `contacts` are those that were attempted;
    those whose keys are not on the list are left out. `at` is where in `contacts` each row's is,
    if that is known (`places`); `meant` tells of each row whether it is wanted (Boolean).
    """
    rows = screened.select("key", "outcome", "reason").with_columns(
        at=places(screened["key"], contacts["key"]) if at is None else at,
        meant=pl.lit(value=True) if meant is None else meant,
    )

    # The whole list at once would take twice the room.
    def known(some: pl.DataFrame) -> pl.DataFrame:
        return _known(some, contacts, holds)

    def claims(some: pl.DataFrame) -> pl.DataFrame:
        return known(some).select(**_CLAIMS)

    def wanted(some: pl.DataFrame) -> pl.DataFrame:
        return known(some.filter("meant")).select(_row(pending))

    rows = rows.with_columns(_called(pl.concat(side_by_side(claims, slices(rows, SLICE)))))
    return pl.concat(side_by_side(wanted, slices(rows, SLICE)))


def _known(rows: pl.DataFrame, contacts: pl.DataFrame, holds: Mapping[str, str]) -> pl.DataFrame:
    """Return rows with what is known of their contacts, and why they are held."""
    hold = pl.Series("hold", [None], dtype=TEXT).new_from_index(0, rows.height)
    if holds:
        held = pl.Series(list(holds), dtype=TEXT)
        reasons = pl.Series("hold", list(holds.values()), dtype=TEXT)
        hold = reasons.gather(places(rows["key"], held))
    return rows.with_columns(hold, *(contacts[name].gather(rows["at"]) for name in _KNOWN))


def _called(claims: pl.DataFrame) -> pl.Series:
    """Return which rows show their contacts' calls (`called`, Boolean)."""
    if not claims["own"].any():
        return claims["called"]
    rows = claims.with_row_index("row")
    owned = rows.filter("own")["at"].unique()
    firsts = rows.filter(~pl.col("rejected") & pl.col("at").is_in(owned.implode())).filter(
        pl.col("at").is_first_distinct() & pl.col("own")
    )
    return rows["called"].scatter(firsts["row"], values=True)


def _row(pending: str) -> list[pl.Expr]:
    verdict, called = pl.col("outcome"), pl.col("called")
    outcome = verdict.cast(pl.Enum(OUTCOMES)).fill_null(Outcome.PENDING.value)
    why = pl.when(verdict.is_null()).then(pl.coalesce("hold", pl.lit(pending, TEXT)))
    calls = pl.col("call_attempts")
    return [
        pl.when(called)
        .then(pl.col("call_outcome").cast(pl.Enum(OUTCOMES)))
        .otherwise(outcome)
        .alias("call_outcome"),
        pl.when(called)
        .then(pl.col("call_error").cast(TEXT))
        .otherwise(why.otherwise("reason"))
        .alias("call_error"),
        pl.when(called)
        .then(calls)
        .otherwise(pl.when(verdict.is_null()).then(calls).fill_null(0))
        .cast(COUNT)
        .alias("call_attempts"),
        pl.when(called).then("id").alias("id"),
    ]
