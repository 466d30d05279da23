"""How long the page of a large campaign takes, and how large it is."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaign.api.reporting import report
from campaign.config import Settings
from campaign.contacts.screen import read_list
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import Call, Campaign, Found

T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TOTAL = 100_000
ENDS = ("user_hangup", "dial_no_answer", "voicemail_reached", "dial_busy", "agent_hangup")


def _number(n: int) -> str:
    return f"+1{('212', '415', '312', '206')[n % 4]}{2_000_000 + n}"


def _found(n: int) -> Found:
    at = T0 + timedelta(seconds=n / 10)
    call = Call(
        call_id=f"call_{n}",
        status="ended",
        to_number=_number(n),
        disconnection_reason=ENDS[n % 5],
        started_at=at,
        ended_at=at + timedelta(seconds=n % 90),
        duration_s=float(n % 90),
        cost_usd=0.01 * (n % 7),
    )
    return Found(
        campaign="spring",
        contact_key=_number(n),
        attempt=1,
        attempt_id=f"att_{n}",
        call=call,
        at=at,
    )


async def _called(folder: Path) -> Path:
    """Call everybody on a list."""
    people = folder / "spring.csv"
    lines = ["phone_number", *map(_number, range(TOTAL)), ""]
    people.write_text("\n".join(lines), encoding="utf-8")
    path = folder / "campaign.db"
    ledger = SqliteLedger.open(path)
    await ledger.open_campaign(
        Campaign(
            name="spring",
            campaign_id="cmp",
            created_at=T0,
            list_path=str(people),
            list_hash=read_list(people).content_hash,
        )
    )
    for start in range(0, TOTAL, 1000):
        await ledger.adopt([_found(n) for n in range(start, start + 1000)])
    await ledger.aclose()
    return path


@pytest.mark.slow
def test_a_large_campaign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred thousand contacts take seconds, and the page is as small as any."""
    ledger, out = asyncio.run(_called(tmp_path)), tmp_path / "page.html"
    before_s = time.perf_counter()
    asyncio.run(report(Settings(), "spring", ledger, out=out, now=T0 + timedelta(hours=4)))
    took_s = time.perf_counter() - before_s
    size_kb = out.stat().st_size / 1000
    with capsys.disabled():
        print(f"\nreport: {TOTAL:,} contacts: {took_s:.1f} s, {size_kb:.0f} kB")  # noqa: T201
    page = out.read_text(encoding="utf-8")
    assert "A person answered for 40,000 of 100,000 rows" in page
    assert took_s < 30
    assert size_kb < 200
