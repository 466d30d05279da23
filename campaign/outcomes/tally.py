"""A list in numbers, without a frame of all its rows: most of them were never attempted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from campaign.model import AttemptState, History, Outcome
from campaign.outcomes.build import KNOWN_OUTCOMES, compose_outcomes
from campaign.outcomes.chunks import frame_of
from campaign.outcomes.columns import COLUMNS, OUTCOMES
from campaign.outcomes.samples import not_callable

_CELLS = {column.name: column.cell for column in COLUMNS if column.cell is not None}
_OUTCOME, _ERROR = _CELLS["call_outcome"], _CELLS["call_error"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """What the rows of a list came to; `outcomes` sums to its rows.

    `attempted` are the verdicts on the rows whose contacts were attempted, `calls` has the
    `call_outcome` and `call_error` of those rows, `others` the verdicts on all other rows.
    """

    outcomes: dict[str, int]
    attempted: pl.DataFrame = field(repr=False)
    calls: pl.DataFrame = field(repr=False)
    others: pl.DataFrame = field(repr=False)

    @property
    def untried(self) -> int:
        """How many rows have a contact that can be called and was never attempted."""
        return self.others["outcome"].null_count()

    def not_callable(
        self, *, besides: str, most: int
    ) -> Iterator[tuple[int, str | None, str, int]]:
        """Yield (row, number, reason, rows) as `samples.not_callable` does of all rows."""
        refused = self.others.filter(pl.col("outcome").is_not_null())
        told = pl.concat(
            [
                self.attempted.select("row", "to_number").hstack(self.calls.select("call_error")),
                refused.select("row", "to_number", call_error=pl.col("reason").cast(pl.String)),
            ]
        ).sort("row")
        return not_callable(
            told.select("row", "to_number"), told.select("call_error"), besides=besides, most=most
        )


def tally(screened: pl.DataFrame, latest: Iterable[tuple[str, History]], *, pending: str) -> Tally:
    """Return what the rows of `screened` came to; the arguments are those of `compose`."""
    known = frame_of(_known(latest), KNOWN_OUTCOMES)
    attempted, others = screened.clear(), screened
    if known.height:
        found = screened["key"].is_in(known["key"].implode()).fill_null(value=False)
        attempted, others = screened.filter(found), screened.filter(~found)
    calls = compose_outcomes(attempted, known, pending=pending, holds={})
    counted = Counter(dict(calls["call_outcome"].value_counts().iter_rows()))
    counted[Outcome.PENDING.value] += others["outcome"].null_count()
    counted.update(dict(others["outcome"].drop_nulls().value_counts().iter_rows()))
    return Tally(
        outcomes={outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]},
        attempted=attempted,
        calls=calls,
        others=others,
    )


def _known(latest: Iterable[tuple[str, History]]) -> Iterator[tuple[object, ...]]:
    for key, history in latest:
        last = history.last
        withheld = last.state is AttemptState.WITHHELD
        yield key, history.created, withheld, _OUTCOME(last), _ERROR(last)
