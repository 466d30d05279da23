"""Two campaigns of one ledger, run at once, on an account that has half the lines they ask for."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest

from campaign.sandbox import CallScript, SandboxPlan
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

LINES = 10
OWN = 20
NO_LINE = "concurrency_limit_reached"
TALK = CallScript(
    status="ended",
    disconnection_reason="user_hangup",
    ring_s=10.0,
    talk_s=50.0,
    analysis_delay_s=0.0,
)
OPTIONS = ("--cps", "any", "--max-live", str(LINES))


def plan(rows: list[dict[str, str]], over_limit: Literal["429", "accept"]) -> SandboxPlan:
    """Return an account of a few lines; every call on them lasts a second."""
    return SandboxPlan(
        concurrency_limit=LINES,
        over_limit=over_limit,
        speed=60.0,
        scripts={row["phone_number"]: [TALK] for row in rows},
    )


def lists(folder: Path, rows: list[dict[str, str]]) -> tuple[Path, Path]:
    """Write each campaign's own half of the contacts."""
    paths = folder / "first.csv", folder / "second.csv"
    for path, own in zip(paths, (rows[:OWN], rows[OWN:]), strict=True):
        texts = [f"{row['phone_number']},{row['name']}" for row in own]
        path.write_text("\n".join(["phone_number,name", *texts, ""]), encoding="utf-8")
    return paths


def at_once(commands: Sequence[Sequence[str]], environment: dict[str, str]) -> list[int]:
    """Run commands together; return how each ended."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            for command in commands
        ]
    return [process.returncode for process in processes]


def most_at_once(calls: Sequence[CallRecord]) -> int:
    """Return the most calls that existed at one moment, those without a line included."""
    changes = [(c.created_s, 1) for c in calls] + [(c.ends_s, -1) for c in calls]
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def check_calls(served: Served, rows: list[dict[str, str]]) -> int:
    """Compare the sandbox's calls with the lists; return how often there was no line for one."""
    calls = list(served.sandbox.calls.values())
    reached = Counter(call.to_number for call in calls if call.life.reason != NO_LINE)
    assert dict.fromkeys((row["phone_number"] for row in rows), 1) == reached
    attempts = Counter(call.request["metadata"]["attempt_id"] for call in calls)
    assert {1} == set(attempts.values())
    failed = sum(call.life.reason == NO_LINE for call in calls)
    assert max(entry.live for entry in served.sandbox.log) <= LINES
    assert most_at_once(calls) <= LINES + failed
    return failed + sum(
        entry.status == 429 and "create" in entry.path for entry in served.sandbox.log
    )


@pytest.mark.parametrize("over_limit", ["429", pytest.param("accept", marks=pytest.mark.slow)])
def test_two_campaigns_share_an_account_s_lines(
    over_limit: Literal["429", "accept"],
    tmp_path: Path,
    desk_in: Callable[..., Any],
    clean_env: dict[str, str],
) -> None:
    """Everybody is reached once, and few calls are tried for which there is no line."""
    with serving(SandboxPlan()) as idle:
        rows = desk_in(tmp_path / "idle", 2 * OWN, idle.url).rows()
    with serving(plan(rows, over_limit)) as served:
        desk = desk_in(tmp_path / "desk", 2 * OWN, served.url)
        paths = lists(desk.folder, rows)
        commands = [
            [
                *desk.command(*OPTIONS, contacts=path),
                *("--ledger", str(desk.folder / "campaign.db"), "--out", f"{path}.results.csv"),
            ]
            for path in paths
        ]
        codes = at_once(commands, clean_env)
    assert [0, 0] == codes
    for path in paths:
        outcomes = Counter(row["call_outcome"] for row in desk.rows(Path(f"{path}.results.csv")))
        assert {"answered": OWN} == outcomes
    refused = check_calls(served, rows)
    assert refused <= 2 * OWN
