"""Redials of runs that are killed with -9: attempts go on where they were, and are never one more.

The sandbox's own calls are the oracle: how often a number is to be called, and what for, follows
from how its calls end there.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from campaign.sandbox import SandboxPlan
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

ATTEMPTS = 3
AFTER_S = 1.0
OPTIONS = (
    *("--cps", "any", "--max-live", "40", "--in-flight", "8", "--lookup-for", "4s"),
    *("--attempts", str(ATTEMPTS), "--redial-after", f"{AFTER_S:g}s", "--wait", "30s"),
)
MISSED = frozenset({"dial_no_answer", "dial_busy"})
OUTCOMES = {
    "user_hangup": "answered",
    "voicemail_reached": "voicemail",
    "dial_no_answer": "no_answer",
    "dial_busy": "busy",
    "user_declined": "declined",
}
SHARES = dict(zip(OUTCOMES, (0.25, 0.1, 0.4, 0.2, 0.05), strict=True))
MOST_RUNS = 20


def killed_at_random(desk: Any, dice: random.Random) -> bool:
    """Start a run, kill it at some moment, and tell whether it was still alive."""
    with desk.start(*OPTIONS) as process:
        time.sleep(0.8 + dice.expovariate(1 / 0.6))
        alive = process.poll() is None
        process.kill()
    return alive


def through(desk: Any) -> dict[str, Any]:
    """Run until nobody is left to call and nobody waits; return the last summary."""
    for _ in range(MOST_RUNS):
        ran = desk.run(*OPTIONS)
        assert (0, False) == (ran.code, "Traceback" in ran.err), ran.err
        summary: dict[str, Any] = ran.summary
        if summary["next_due"] is None and "pending" not in summary["outcomes"]:
            return summary
    raise AssertionError("the campaign never came to its end")


def check_calls(calls: list[CallRecord], *, unknown: bool) -> None:
    """Compare the calls to one number, oldest first, with what its attempts may be."""
    reasons = [call.life.reason for call in calls]
    assert len(calls) <= ATTEMPTS
    assert MISSED >= set(reasons[:-1])
    if not unknown:
        assert reasons[-1] not in MISSED or len(calls) == ATTEMPTS
    for before, call in pairwise(calls):
        # Both clocks are this machine's, and a moment is told in whole milliseconds.
        assert call.created_s - before.ends_s >= AFTER_S - 0.01


def check(served: Served, desk: Any, summary: dict[str, Any]) -> None:
    """Compare the sandbox's calls with what may be called, and the results with its calls."""
    by_number: dict[str, list[CallRecord]] = defaultdict(list)
    for call in served.sandbox.calls.values():
        by_number[call.to_number].append(call)
    ids = Counter(c.request["metadata"]["attempt_id"] for c in served.sandbox.calls.values())
    assert {1} == set(ids.values())
    rows = desk.rows(desk.results)
    assert [row["phone_number"] for row in desk.rows()] == [row["phone_number"] for row in rows]
    assert Counter(row["call_outcome"] for row in rows) == Counter(summary["outcomes"])
    for row in rows:
        calls = by_number[row["phone_number"]]
        unknown = row["call_outcome"] == "unknown"
        if not unknown:
            last = calls[-1]
            assert (last.call_id, OUTCOMES[str(last.life.reason)], str(len(calls))) == (
                row["call_id"],
                row["call_outcome"],
                row["call_attempts"],
            )
        if calls:
            check_calls(calls, unknown=unknown)


def kill_again_and_again(
    make_desk: Callable[[int, str], Any], *, kills: int, contacts: int, seed: int
) -> int:
    """Kill runs of one list, let it come to its end, and compare; return the kills that hit."""
    dice = random.Random(seed)
    plan = SandboxPlan(seed=seed, speed=60.0, concurrency_limit=None, shares=SHARES)
    with serving(plan) as served:
        desk = make_desk(contacts, served.url)
        count = sum(killed_at_random(desk, dice) for _ in range(kills))
        summary = through(desk)
        check(served, desk, summary)
    # A kill leaves at most as many attempts in doubt as were on the wire.
    assert summary["unknown"] <= 8 * count
    assert len(served.sandbox.calls) > contacts
    return count


@pytest.mark.timeout(240)
def test_kills_lose_and_add_no_redial(make_desk: Callable[[int, str], Any]) -> None:
    """Seeded, four kills while some wait for their second or third call."""
    assert kill_again_and_again(make_desk, kills=4, contacts=80, seed=4) >= 3


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 106))
def test_sixty_kills(make_desk: Callable[[int, str], Any], seed: int) -> None:
    """Ten kills for each of six lists."""
    assert kill_again_and_again(make_desk, kills=10, contacts=250, seed=seed) >= 7
