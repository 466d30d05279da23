"""A run that is killed in the middle, and the run after it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from campaign.sandbox import SandboxPlan
from campaign.sandbox.serve import Served, serving

COUNT = 60
PACE = ("--cps", "20", "--max-live", "100")


def created(served: Served) -> list[str]:
    """Return the numbers that the sandbox called, one entry per call."""
    return [entry.to_number or "" for entry in served.sandbox.log if entry.created]


def test_nobody_is_called_twice_after_kill_9(make_desk: Callable[[int, str], Any]) -> None:
    """The next run calls those who are left, and every row says what became of it."""
    with serving(SandboxPlan(concurrency_limit=None, speed=600.0)) as served:
        desk = make_desk(COUNT, served.url)
        with desk.start(*PACE) as process:
            while len(created(served)) < COUNT // 3:
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
        first = created(served)
        assert not desk.results.exists()

        # A request that was on its way at the kill may never have come.
        ran = desk.run(*PACE, "--lookup-for", "2s")
        assert ran.code == 0
        rows = desk.rows(desk.results)
    assert len(first) < COUNT
    assert max(Counter(created(served)).values()) == 1
    assert Counter(row["call_outcome"] for row in rows) == Counter(ran.summary["outcomes"])
    assert [row["phone_number"] for row in rows] == [row["phone_number"] for row in desk.rows()]
    # Whoever was not called is one whose request may have been on its way at the kill.
    uncalled = {row["phone_number"] for row in rows} - set(created(served))
    unknown = {row["phone_number"] for row in rows if row["call_outcome"] == "unknown"}
    assert uncalled <= unknown
    assert ran.summary["outcomes"].get("pending", 0) == 0
