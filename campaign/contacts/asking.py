"""What is asked of the rows of a list beyond what every list is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from campaign.contacts.marking import marked
from campaign.model import Outcome


class Asking:
    """Asks nothing more: the base of what does.

    Each method is given a batch with all columns of the list, maybe from several threads.
    """

    def of_plain(self) -> Asking:
        """Return what asks of rows of which it is known that every text can go into a prompt."""
        return self

    def cleaned(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch as the further questions, and the call, are to see it."""
        return batch

    def problems(self, batch: pl.DataFrame, to_number: pl.Series) -> Iterator[pl.Series]:
        """Yield a reason for each row of a cleaned batch to be rejected, or null."""
        yield from ()

    def withheld(self, batch: pl.DataFrame) -> pl.Series:
        """Return a reason for each row not to be called although it could be, or null."""
        return no_reasons(batch)

    def kept(self, batch: pl.DataFrame) -> Sequence[pl.Series]:
        """Return what else is kept of each row of a cleaned batch, as columns with names."""
        return ()


NOTHING_MORE = Asking()


def no_reasons(batch: pl.DataFrame) -> pl.Series:
    """Return nulls for all rows of a batch."""
    return pl.repeat(None, batch.height, dtype=pl.String, eager=True)


def withhold(screened: pl.DataFrame, reasons: pl.Series) -> pl.DataFrame:
    """Suppress callable rows that have a reason; the reasons are aligned with the rows.

    A duplicate stays one, a rejected row rejected.
    """
    told = reasons.is_not_null()
    found = pl.DataFrame({"row": told.arg_true(), "reason": reasons.filter(told)})
    return marked(screened, found, Outcome.SUPPRESSED)
