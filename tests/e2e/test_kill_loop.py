"""Runs that are killed with -9 again and again while everything else goes wrong too.

The sandbox's own log is the oracle: no number may have more calls than attempts.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import FaultName, FaultPlan, SandboxPlan
from campaign.sandbox.faults import CREATES
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

OPTIONS = ("--cps", "any", "--max-live", "40", "--in-flight", "8", "--lookup-for", "4s")
READS = (FaultName.LIST_ERROR, FaultName.LIST_RESET, FaultName.LIST_GARBAGE, FaultName.GET_ERROR)
MOST_RUNS = 40
BREAKER_OFF = """[breaker]
failed_in_a_row = 0
failed_share = 0
unknown_in_a_row = 0

[http]
read_timeout = "1s"
"""


def plan(dice: random.Random) -> SandboxPlan:
    """Return a sandbox with every fault on; a second of its listing lag is a minute of its calls.

    Those that make a run wait for minutes, or end it, are rarer than the others.
    """
    rates = dict.fromkeys(sorted(CREATES), 0.03) | dict.fromkeys(READS, 0.08)
    rates |= {FaultName.REDIRECT: 0.005, FaultName.REDIRECT_KEEPING: 0.005}
    rates |= {FaultName.THROTTLE_ABSURD: 0.001}
    return SandboxPlan(
        seed=dice.randrange(10**6),
        speed=60.0 * 20,
        concurrency_limit=None,
        honors_keys=dice.random() < 0.5,
        listing_lag_s=dice.choice([0.0, 0.3, 1.0]),
        faults=FaultPlan(rates=rates, seed=dice.randrange(10**6), retry_after_s=1, slow_s=0.3),
    )


def killed_at_random(desk: Any, dice: random.Random) -> bool:
    """Start a run, kill it at some moment, and tell whether it was still alive."""
    with desk.start(*OPTIONS, "--config", str(desk.folder / "quiet.toml")) as process:
        time.sleep(0.6 + dice.expovariate(1 / 0.5))
        alive = process.poll() is None
        process.kill()
    return alive


def through(desk: Any) -> dict[str, Any]:
    """Run until nothing is left to do; return the last summary."""
    for _ in range(MOST_RUNS):
        ran = desk.run(*OPTIONS, "--config", str(desk.folder / "quiet.toml"))
        assert "Traceback" not in ran.err
        if ran.code == 0:
            return dict(ran.summary)
        assert ran.code == 69, ran.err
    raise AssertionError("the campaign never came to its end")


def check(served: Served, desk: Any, summary: dict[str, Any]) -> None:
    """Compare what the sandbox did with what the results say."""
    made = Counter(call.to_number for call in served.sandbox.calls.values())
    assert {number: n for number, n in made.items() if n > 1} == {}
    rows = desk.rows(desk.results)
    assert [row["phone_number"] for row in rows] == [row["phone_number"] for row in desk.rows()]
    assert sum(summary["outcomes"].values()) == len(rows) == summary["rows"]
    assert Counter(row["call_outcome"] for row in rows) == Counter(summary["outcomes"])
    ids = {call.to_number: call_id for call_id, call in served.sandbox.calls.items()}
    for row in rows:
        assert row["call_outcome"] != "pending"
        if row["phone_number"] not in made:  # never called, and never said to have been
            assert row["call_outcome"] in {"unknown", "failed"}
        elif row["call_outcome"] != "unknown":
            assert row["call_id"] == ids[row["phone_number"]]


def kill_again_and_again(make_desk: Callable[[int, str], Any], kills: int, seed: int) -> int:
    """Kill runs of one list until it is through or killed often enough; return the kills."""
    dice = random.Random(seed)
    count = 0
    with serving(plan(dice)) as served:
        desk = make_desk(30 * kills, served.url)
        quiet = desk.folder / "quiet.toml"
        quiet.write_text(BREAKER_OFF, encoding="utf-8")
        for _ in range(kills):
            count += killed_at_random(desk, dice)
        check(served, desk, through(desk))
    return count


@pytest.mark.timeout(300)
def test_kills_at_random_moments_redial_nobody(make_desk: Callable[[int, str], Any]) -> None:
    """Seeded, a few kills with every fault on."""
    assert kill_again_and_again(make_desk, kills=4, seed=11) >= 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills(
    make_desk: Callable[[int, str], Any], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hundred kills over ten lists, each with its own faults."""
    started_s = time.monotonic()
    killed = kill_again_and_again(make_desk, kills=28, seed=seed)
    with capsys.disabled():
        took_s = time.monotonic() - started_s
        print(f"\nseed {seed}: {killed} kills in {took_s:.0f} s")  # noqa: T201
    assert killed >= 20
