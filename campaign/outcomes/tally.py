"""A list in numbers, without a frame of all its rows: most of them were never attempted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from campaign.model import Outcome
from campaign.outcomes.build import compose_outcomes
from campaign.outcomes.columns import OUTCOMES
from campaign.outcomes.contacts import known_in_numbers
from campaign.outcomes.samples import not_callable
from campaign.ports import Columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """What the rows of a list came to; `outcomes` sums to its rows.

    `attempted` are the verdicts on the rows whose contacts were attempted, `calls` has the
    `call_outcome` and `call_error` of those rows, `refused` the verdicts on other rows that are
    not called. `used` has how many calls each attempted contact has used up, null where none may
    follow; `untried` rows have a contact that can be called and was never attempted.
    """

    outcomes: dict[str, int]
    attempted: pl.DataFrame = field(repr=False)
    used: pl.Series = field(repr=False)
    calls: pl.DataFrame = field(repr=False)
    refused: pl.DataFrame = field(repr=False)
    rows: int = 0
    untried: int = 0

    def again(self, calls: int) -> pl.DataFrame:
        """Return the attempted rows whose contacts may get another of so many `calls`."""
        return self.attempted.filter(self.used < calls)

    def open_rows(self, calls: int) -> pl.Series:
        """Return which rows of the list may be called now or later (Boolean)."""
        done = self.attempted.filter((self.used < calls).fill_null(value=False).not_())["row"]
        open_now = pl.repeat(value=True, n=self.rows, dtype=pl.Boolean, eager=True)
        return open_now.scatter(done, values=False) if len(done) else open_now

    def not_callable(
        self, *, besides: str, most: int
    ) -> Iterator[tuple[int, str | None, str, int]]:
        """Yield (row, number, reason, rows) as `samples.not_callable` does of all rows."""
        told = pl.concat(
            [
                self.attempted.select("row", "to_number").hstack(self.calls.select("call_error")),
                self.refused.select("row", "to_number", call_error="reason"),
            ]
        ).sort("row")
        return not_callable(
            told.select("row", "to_number"), told.select("call_error"), besides=besides, most=most
        )


def tally(screened: pl.DataFrame, tries: Iterable[Columns], *, pending: str) -> Tally:
    """Return what the rows of `screened` came to; `tries` and `pending` are as in `compose`.

    Of the attempts, `STANDING` is enough.
    """
    known = known_in_numbers(tries)
    own = screened.select("row", "key", "to_number", "outcome", "reason")
    found = own["key"].is_in(known["key"].implode()).fill_null(value=False)
    attempted, can_be = own.filter(found), own["outcome"].is_null()
    refused, untried = own.filter(~found & ~can_be), int((~found & can_be).sum())
    calls = compose_outcomes(attempted, known.drop("used"), pending=pending, holds={})
    counted = Counter(dict(calls["call_outcome"].value_counts().iter_rows()))
    counted[Outcome.PENDING.value] += untried
    counted.update(dict(refused["outcome"].value_counts().iter_rows()))
    used = attempted.select("key").join(
        known.select("key", "used"), on="key", how="left", maintain_order="left"
    )["used"]
    return Tally(
        rows=screened.height,
        outcomes={outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]},
        attempted=attempted.drop("reason"),
        used=used,
        calls=calls,
        refused=refused,
        untried=untried,
    )
