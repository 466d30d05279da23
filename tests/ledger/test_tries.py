"""Attempts in bulk: by their place in the file or by the index, and damage that is met there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from campaign.errors import LedgerError
from campaign.ledger import faults, tries
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import AttemptState
from campaign.ports import DATED, SHOWN, Columns

Make = Callable[..., Any]

pytestmark = pytest.mark.anyio


def rows(sqlite: SqliteLedger, name: str) -> list[tuple[Any, ...]]:
    """Return a campaign's attempts in order, with what is shown of them."""
    with sqlite.snapshot(name) as snapshot:
        batches = [values(batch) for batch in snapshot.tries(DATED)]
        own = [row for batch in batches for row in zip(*batch, strict=True)]
        shown = values(snapshot.those([row[0] for row in own], SHOWN))
    return sorted((*row, *cells) for row, cells in zip(own, zip(*shown, strict=True), strict=True))


def values(batch: Columns) -> list[Any]:
    """Return the columns of a batch as values."""
    return [json.loads(column) if isinstance(column, str) else column for column in batch]


@pytest.fixture
def ledger(sqlite: SqliteLedger) -> SqliteLedger:
    """Return the ledger that attempts are put into: the file."""
    return sqlite


async def test_a_small_part_is_found_by_the_index(
    ledger: SqliteLedger,
    put: Make,
    an_intent: Make,
    a_campaign: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Batches and ways to them change nothing of what is told, and no other campaign's is."""
    await ledger.open_campaign(a_campaign("autumn"))
    for n in range(9):
        name = "autumn" if n in {0, 4, 8} else "spring"
        await put(AttemptState.ENDED, an_intent(n, campaign=name), cost_usd=n / 3)
    whole = {name: rows(ledger, name) for name in ("spring", "autumn")}
    assert {name: len(found) for name, found in whole.items()} == {"spring": 6, "autumn": 3}
    monkeypatch.setattr(tries, "BATCH", 1)
    assert whole == {name: rows(ledger, name) for name in whole}
    monkeypatch.setattr(tries, "MANY", 1)
    assert whole == {name: rows(ledger, name) for name in whole}


@pytest.mark.parametrize(
    "bent",
    [
        "state = 'lixe'",
        "outcome = 'lixe'",
        "placed_at = 1 << 62",
        "analysis = '{'",
        "collected = '{},{}'",
    ],
)
async def test_what_cannot_be_is_damage(
    ledger: SqliteLedger,
    put: Make,
    tmp_path: Path,
    bent: str,
) -> None:
    """A cell that was never written so is named as damage."""
    await put(AttemptState.ENDED)
    with closing(sqlite3.connect(tmp_path / "campaign.db")) as connection, connection:
        connection.execute(f"UPDATE attempts SET {bent}")
    with pytest.raises(LedgerError, match="malformed cell") as caught:
        rows(ledger, "spring")
    assert caught.value.hint == faults.DAMAGED
