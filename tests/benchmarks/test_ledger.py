"""How many intents a second the ledger makes durable, and what a page of known calls costs."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from campaign.ledger.sqlite import SqliteLedger
from campaign.model import Call, Campaign, Found, Intent

T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TOTAL = 20_000


def _intent(n: int) -> Intent:
    number = f"+1415{n:07d}"
    starts_at = T0 + timedelta(milliseconds=n)
    return Intent(
        campaign="spring",
        contact_key=number,
        attempt=1,
        attempt_id=f"att_{n:024d}",
        to_number=number,
        from_number="+14155550199",
        agent_id=None,
        at=starts_at,
        starts_at=starts_at,
        interval_s=0.001,
        window=1000,
    )


async def _begin_all(path: Path, waiting: int) -> tuple[float, list[float]]:
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(Campaign(name="spring", campaign_id="cmp", created_at=T0))
    intents = iter([_intent(n) for n in range(TOTAL)])
    took_s: list[float] = []

    async def caller() -> None:
        for intent in intents:
            before_s = time.perf_counter()
            await ledger.begin(intent)
            took_s.append(time.perf_counter() - before_s)

    began_s = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(waiting)))
    elapsed_s = time.perf_counter() - began_s
    await ledger.aclose()
    return elapsed_s, took_s


@pytest.mark.slow
@pytest.mark.parametrize(("waiting", "per_second", "p50_ms"), [(20, 13_000, 2.0), (100, 15_000, 5)])
def test_intents_a_second(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    waiting: int,
    per_second: float,
    p50_ms: float,
) -> None:
    """With `synchronous=FULL` the ledger is not what limits a campaign."""
    elapsed_s, took_s = asyncio.run(_begin_all(tmp_path / "campaign.db", waiting))
    found_per_second, found_ms = TOTAL / elapsed_s, median(took_s) * 1000
    with capsys.disabled():
        print(  # noqa: T201
            f"\nledger: {waiting} waiting: {found_per_second:,.0f}/s, p50 {found_ms:.2f} ms"
        )
    assert len(took_s) == TOTAL
    assert found_per_second >= per_second
    assert found_ms <= p50_ms


def _found(n: int) -> Found:
    intent = _intent(n)
    call = Call(call_id=f"call_{n}", status="ended", to_number=intent.to_number, started_at=T0)
    return Found(
        campaign="spring",
        contact_key=intent.contact_key,
        attempt=1,
        attempt_id=intent.attempt_id,
        call=call,
        at=T0,
    )


async def _adopt_pages(path: Path) -> tuple[float, float]:
    """Return how long the first page of 1000 took that was new, and the median known one."""
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(Campaign(name="spring", campaign_id="cmp", created_at=T0))
    pages = [[_found(n) for n in range(start, start + 1000)] for start in range(0, TOTAL, 1000)]
    took_s: list[float] = []
    for again in (False, True):
        for page in pages:
            before_s = time.perf_counter()
            adopted = await ledger.adopt(page)
            took_s.append(time.perf_counter() - before_s)
            assert len(adopted) == (0 if again else 1000)
    assert await ledger.calls_created("spring") == TOTAL
    await ledger.aclose()
    return median(took_s[: len(pages)]), median(took_s[len(pages) :])


@pytest.mark.slow
def test_a_page_of_known_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of 1000 calls that are all known holds up the writer for less than 10 ms."""
    new_s, known_s = asyncio.run(_adopt_pages(tmp_path / "campaign.db"))
    with capsys.disabled():
        print(  # noqa: T201
            f"\nledger: a page of 1000 calls: new {new_s * 1000:.1f} ms,"
            f" known {known_s * 1000:.1f} ms"
        )
    assert known_s < 0.010
