"""What a run reads of its list, the first time and after that."""

from __future__ import annotations

import asyncio

import polars as pl
import pytest

from campaign.api.feeding import Feed
from campaign.contacts import read_list

NUMBERS = [f"+1415555{n:04d}" for n in range(100, 106)]


@pytest.mark.parametrize(
    ("open_rows", "first"),
    [
        ([True] * 6, [0, 1, 2, 3, 5]),
        ([False, False, True, False, True, True], [2, 5]),
        ([False] * 6, []),
    ],
)
def test_who_is_read(open_rows: list[bool], first: list[int]) -> None:
    """Those who are through with their calls are passed over, once; the list keeps its order."""
    phones = [*NUMBERS[:4], "12", NUMBERS[5]]
    listing = read_list(pl.DataFrame({"phone": phones}))
    feed = Feed(listing=listing, open_rows=pl.Series(open_rows))

    async def rows() -> list[int]:
        return [contact.row async for batch in feed() for contact in batch]

    assert first == asyncio.run(rows())
    assert [0, 1, 2, 3, 5] == asyncio.run(rows())
