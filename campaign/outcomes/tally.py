"""A list in numbers, without a frame of all its rows: most of them were never attempted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from campaign.model import Outcome
from campaign.outcomes.columns import OUTCOMES
from campaign.outcomes.contacts import columns_of, places, used_of
from campaign.outcomes.judged import judged
from campaign.outcomes.samples import not_callable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """What the rows of a list came to; `outcomes` sums to its rows.

    `attempted` are the rows whose contacts were attempted: `row`, the `call_outcome` and
    `call_error` of that row, whether it is `callable`, where its contact is in `contacts` (`at`),
    and how many calls that has `used` up, null where none may follow. `refused` are the verdicts
    on other rows that are not called; `untried` rows have a contact that can be called and was
    never attempted.
    """

    outcomes: dict[str, int]
    screened: pl.DataFrame = field(repr=False)
    contacts: pl.DataFrame = field(repr=False)
    attempted: pl.DataFrame = field(repr=False)
    refused: pl.DataFrame = field(repr=False)
    untried: int = 0

    def again(self, calls: int) -> pl.DataFrame:
        """Return the contacts that may get another of so many `calls`, one for each row of them.

        Rows that wait for their first call are not among them.
        """
        pending = pl.col("call_outcome") == Outcome.PENDING.value
        rows = self.attempted.filter(
            pl.col("callable") & ~pending & (pl.col("used") < calls).fill_null(value=False)
        )
        return pl.DataFrame([column.gather(rows["at"]) for column in self.contacts])

    def waiting(self) -> int:
        """Return how many rows wait for their first call."""
        attempted = self.attempted["call_outcome"] == Outcome.PENDING.value
        return self.untried + int(attempted.sum())

    def open_rows(self, calls: int) -> pl.Series:
        """Return which rows of the list may be called now or later (Boolean)."""
        done = self.attempted.filter((pl.col("used") < calls).fill_null(value=False).not_())["row"]
        open_now = pl.repeat(value=True, n=self.screened.height, dtype=pl.Boolean, eager=True)
        return open_now.scatter(done, values=False) if len(done) else open_now

    def not_callable(
        self, *, besides: str, most: int
    ) -> Iterator[tuple[int, str | None, str, int]]:
        """Yield (row, number, reason, rows) as `samples.not_callable` does of all rows."""
        told = pl.concat(
            [
                self.attempted.select("row", "call_error"),
                self.refused.select("row", call_error="reason"),
            ]
        ).filter(pl.col("call_error").is_not_null())
        told = told.sort("row")
        numbers = told.select("row", to_number=self.screened["to_number"].gather(told["row"]))
        return not_callable(numbers, told.select("call_error"), besides=besides, most=most)


def tally(screened: pl.DataFrame, contacts: pl.DataFrame, *, pending: str) -> Tally:
    """Return what the rows of `screened` came to; `pending` is as in `judged`.

    `contacts` are made of `STANDING`.
    """
    at = places(screened["key"], contacts["key"])
    found, can_be = at.is_not_null(), screened["outcome"].is_null()
    rows = screened.select("row", "outcome", "reason").filter(~found & ~can_be)
    untried = int((~found & can_be).sum())
    meant = slice(None if found.any() else 0)  # where nobody was attempted, nothing is judged
    told = judged(
        screened[meant], contacts, pending=pending, holds={}, at=at[meant], meant=found[meant]
    )
    used = used_of(contacts)
    attempted = pl.DataFrame(
        [
            screened["row"].filter(found),
            *told.select("call_outcome", "call_error"),
            can_be.filter(found).alias("callable"),
            at.filter(found).alias("at"),
            used.gather(at.filter(found)).alias("used"),
        ]
    )
    counted = Counter(dict(attempted["call_outcome"].value_counts().iter_rows()))
    counted[Outcome.PENDING.value] += untried
    counted.update(dict(rows["outcome"].value_counts().iter_rows()))
    return Tally(
        outcomes={outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]},
        screened=screened,
        contacts=columns_of(contacts, (name for name in contacts.columns if name != "key")),
        attempted=attempted,
        refused=rows,
        untried=untried,
    )
