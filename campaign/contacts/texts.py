"""Columns of variables: which rows have one that cannot go into a prompt, and how it is cleaned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from campaign.contacts.signs import is_plain
from campaign.contacts.text import as_text
from campaign.errors import ListError
from campaign.policy.variables import (
    BIDIRECTIONAL,
    BRACES,
    CONTROL,
    MOST_CHARACTERS,
    PROBLEMS,
    TOO_LONG,
    is_reserved,
)

MOST_ROW_BYTES = 20_000
"""All values of a row together, in UTF-8."""

UNSEEN = f"{CONTROL}|{BIDIRECTIONAL}"
UNFIT = f"{UNSEEN}|{BRACES}"
TOO_MUCH = f"more than {MOST_ROW_BYTES // 1000} kB of variables"

SAMPLE_ROWS = 1_000
WIDEST = 64
WIDEST_FLOAT = 400
"""Bytes that the text of any number or time takes at most; all of them are plain."""


def check_names(columns: Iterable[str]) -> None:
    """Raise `ListError` for columns that would be variables with a name of the provider's."""
    if found := [name for name in columns if is_reserved(name)]:
        raise ListError(
            f"the provider fills {', '.join(map(repr, found))} itself: no variable can have"
            f" {'this name' if len(found) == 1 else 'these names'}",
            hint="rename or remove the column" if len(found) == 1 else "rename or remove them",
        )


def are_plain(columns: Iterable[pl.Series]) -> bool:
    """Tell whether certainly nothing is wrong with any row of these columns, whatever their types.

    Bytes are gone through far quicker than texts one by one: of most lists nothing else is asked.
    """
    of_row = 0
    for column in columns:
        if (bound := _widest(column.dtype)) is None:
            texts = as_text(_distinct(_nameless(column)))
            bound = _longest(texts)
            if bound > MOST_CHARACTERS or not is_plain(_bytes(texts)):
                return False
        of_row += bound
    return of_row <= MOST_ROW_BYTES


def problems(texts: pl.DataFrame) -> pl.Series:
    """Return what is wrong with each row of variables (String, null for nothing).

    All columns are texts; a reason names the first column that has a problem.
    """
    found = [_told(where, reason) for where, reason in _checks(texts)]
    nothing = pl.repeat(None, texts.height, dtype=pl.String, eager=True)
    return pl.select(pl.coalesce([*found, nothing]).alias("reason")).to_series()


def clean(texts: pl.DataFrame) -> pl.DataFrame:
    """Return the texts without what cannot go into a prompt; what is then empty is null.

    Of braces side by side one stays, of a long value its beginning. A row of more than 20 kB is
    not made shorter by this: which of its values matter is not ours to say.
    """
    return pl.DataFrame({column.name: _cleaned(column) for column in texts})


def _checks(texts: pl.DataFrame) -> Iterator[tuple[pl.Series, str]]:
    """Yield which rows have a problem (Boolean), and what it is called."""
    bytes_of_row = pl.repeat(0, texts.height, dtype=pl.UInt64, eager=True)
    for column in texts:
        within = f"in the column {column.name!r}"
        values = _nameless(column)
        # One pattern and the bytes tell, as a rule, that there is nothing to tell.
        if values.str.contains(UNFIT).any():
            for pattern, what in PROBLEMS:
                yield values.str.contains(pattern), f"{what}: {within}"
        sizes = values.str.len_bytes().fill_null(0)
        if sizes.gt(MOST_CHARACTERS).any():
            yield values.str.len_chars() > MOST_CHARACTERS, f"{TOO_LONG}: {within}"
        bytes_of_row += sizes.cast(pl.UInt64)
    yield bytes_of_row > MOST_ROW_BYTES, TOO_MUCH


def _cleaned(column: pl.Series) -> pl.Series:
    # First what is unseen: it may lie between two braces.
    return (
        _nameless(column)
        .str.replace_all(UNSEEN, "")
        .str.replace_all(r"\{{2,}", "{")
        .str.replace_all(r"\}{2,}", "}")
        .str.head(MOST_CHARACTERS)
        .replace("", None)
    )


def _widest(dtype: pl.DataType) -> int | None:
    """Return how many bytes values of a type take at most as texts, `None` where they are texts."""
    if dtype.is_float():
        return WIDEST_FLOAT
    written = dtype.is_integer() or dtype.is_temporal() or dtype == pl.Boolean
    return WIDEST if written else None


def _distinct(column: pl.Series) -> pl.Series:
    """Return a column, or each of its values once where it looks as if it had few of them."""
    few = column.head(SAMPLE_ROWS).n_unique() < SAMPLE_ROWS / 10
    return column.unique() if few else column


def _longest(texts: pl.Series) -> int:
    """Return the most bytes that a text has, 0 where there is none."""
    return int(texts.to_frame().select(pl.first().str.len_bytes().max()).item() or 0)


def _bytes(texts: pl.Series) -> bytes:
    """Return all texts in UTF-8, one after the other."""
    return bytes(texts.str.join("\n").cast(pl.Binary).item())


def _nameless(column: pl.Series) -> pl.Series:
    """Return the column under a name that polars does not take for a pattern of names."""
    return column.alias("text")


def _told(where: pl.Series, reason: str) -> pl.Series:
    return pl.select(pl.when(where).then(pl.lit(reason))).to_series()
