"""Runs that are started at once: of one campaign, and of two campaigns over one ledger."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from campaign.sandbox import CallScript, SandboxPlan
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

SOON_S = 2.0
"""How soon a run that finds its campaign taken has ended, once Python has started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that has ended, and how long it took from its start."""

    pid: int
    code: int
    err: str
    took_s: float


def at_once(commands: Sequence[Sequence[str]], environment: dict[str, str]) -> list[Ended]:
    """Start commands together; return how each ended, in their order."""
    ended: dict[int, Ended] = {}
    with ExitStack() as stack:
        began_s = time.monotonic()
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for command in commands
        ]
        while len(ended) < len(processes):
            for at, process in enumerate(processes):
                if at not in ended and process.poll() is not None:
                    assert process.stderr is not None
                    ended[at] = Ended(
                        pid=process.pid,
                        code=process.returncode,
                        err=process.stderr.read(),
                        took_s=time.monotonic() - began_s,
                    )
            time.sleep(0.005)
    return [ended[at] for at in range(len(processes))]


def made(served: Served) -> list[CallRecord]:
    """Return the calls of the sandbox, oldest first."""
    return list(served.sandbox.calls.values())


def race(
    folder: Path, runs: int, *, desk_in: Callable[..., Any], environment: dict[str, str]
) -> float:
    """Start so many runs of one campaign at once; return when the last loser had ended."""
    with serving(SandboxPlan(concurrency_limit=None, speed=600.0)) as served:
        desk = desk_in(folder, 20, served.url)
        line = ["--cps", "6", "--ledger", str(desk.folder / "campaign.db")]
        command = desk.command(*line, "--out", str(desk.results))
        # What starting costs on this machine, right now, with as many at once.
        starts = at_once([[*command, "--dry-run"]] * runs, environment)
        assert [one.code for one in starts] == [0] * runs
        start_s = max(one.took_s for one in starts)
        ended = at_once([command] * runs, environment)
        assert sorted(one.code for one in ended) == [0] + [75] * (runs - 1)
        winner = next(one for one in ended if one.code == 0)
        losers = [one for one in ended if one is not winner]
        for loser in losers:
            assert f"another run of campaign 'contacts' is under way (pid {winner.pid}" in loser.err
            assert loser.err.count("\n") == 1
            assert loser.took_s < SOON_S + 2 * start_s
        numbers = {row["phone_number"]: 1 for row in desk.rows()}
        assert Counter(call.to_number for call in made(served)) == Counter(numbers)
    return max(loser.took_s for loser in losers)


def test_one_run_wins(
    tmp_path: Path, desk_in: Callable[..., Any], clean_env: dict[str, str]
) -> None:
    """Exactly one run calls; the others name it and end with 75 at once."""
    assert race(tmp_path / "desk", 3, desk_in=desk_in, environment=clean_env) > 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_one_run_wins_fifty_times(
    tmp_path: Path,
    desk_in: Callable[..., Any],
    clean_env: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Fifty races of two to five runs."""
    dice = random.Random(50)
    slowest_s = [
        race(tmp_path / str(trial), dice.randint(2, 5), desk_in=desk_in, environment=clean_env)
        for trial in range(50)
    ]
    with capsys.disabled():
        print(json.dumps({"races": 50, "slowest loser, s": round(max(slowest_s), 2)}))  # noqa: T201


CPS = 8
SHARED = 6
OWN = 10
LIVE_S = 600.0
"""Longer than both runs: whoever is called by one has a live call when the other comes to them."""


def lists(folder: Path, rows: list[dict[str, str]]) -> tuple[Path, Path]:
    """Write two lists that begin with the same contacts and go on with their own."""
    texts = [f"{row['phone_number']},{row['name']}" for row in rows]
    shared, first, second = texts[:SHARED], texts[SHARED : SHARED + OWN], texts[SHARED + OWN :]
    paths = folder / "first.csv", folder / "second.csv"
    for path, own in zip(paths, (first, second), strict=True):
        path.write_text("\n".join(["phone_number,name", *shared, *own, ""]), encoding="utf-8")
    return paths


def test_two_campaigns_share_the_pace_and_the_people(
    make_desk: Callable[[int, str], Any],
    clean_env: dict[str, str],
    most_in_a_second: Callable[[Sequence[float]], int],
) -> None:
    """Two campaigns keep one caller number's pace together, and nobody has two live calls."""
    script = CallScript(
        status="ended",
        disconnection_reason="user_hangup",
        ring_s=0.0,
        talk_s=LIVE_S,
        analysis_delay_s=0.0,
    )
    with serving(SandboxPlan(concurrency_limit=None)) as idle:
        rows = make_desk(SHARED + 2 * OWN, idle.url).rows()
    plan = SandboxPlan(
        concurrency_limit=None,
        speed=1.0,
        scripts={row["phone_number"]: [script] for row in rows},
    )
    with serving(plan) as served:
        desk = make_desk(SHARED + 2 * OWN, served.url)
        paths = lists(desk.folder, rows)
        commands = [
            [
                *desk.command("--cps", str(CPS), "--max-live", "100", "--no-follow", contacts=path),
                *("--ledger", str(desk.folder / "campaign.db"), "--out", f"{path}.results.csv"),
            ]
            for path in paths
        ]
        ended = at_once(commands, clean_env)
        calls = made(served)
    assert [one.code for one in ended] == [0, 0], [one.err for one in ended]
    # On its way a start may fall behind and bunch with the next one: one more, never two.
    assert most_in_a_second([call.created_s for call in calls]) <= CPS + 1
    gaps_s = [after.created_s - before.created_s for before, after in pairwise(calls)]
    assert len(calls) / sum(gaps_s) < CPS * 1.2
    # One campaign calls them, and the other leaves them be while that call is live.
    assert Counter(call.to_number for call in calls) == {row["phone_number"]: 1 for row in rows}
    held = [
        row
        for path in paths
        for row in desk.rows(Path(f"{path}.results.csv"))
        if row["call_outcome"] == "pending"
    ]
    assert sorted(row["phone_number"] for row in held) == sorted(
        row["phone_number"] for row in rows[:SHARED]
    )
    assert all("call" in row["call_error"] for row in held)
