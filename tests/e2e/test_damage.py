"""A ledger that is damaged between two runs of one list: who was called is not called again.

The sandbox's own calls are the oracle. The second run goes on with what the provider's list
knows, or stops with 74; the damaged files are then moved away, as its hint says, and the run
after that goes on.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from campaign.policy import evidence, following
from campaign.sandbox import SandboxPlan
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

COUNT = 18
ADDED = 4
PACE = ("--cps", "15", "--max-live", "100")
LAGS_S = (0.0, 0.0, 0.3, 1.0)
MARGIN_S = 1.2
"""How much longer than the list's lag a loss is waited out: a sign of life comes once a second."""

FILES = ("campaign.db", "campaign.db-wal", "campaign.db-shm")
DB, WAL, SHM = FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One damaged ledger: `older` is the folder with a copy from the middle of the first run."""

    desk: Any
    dice: random.Random
    older: Path

    def path(self, name: str) -> Path:
        """Return the path of one of the desk's files."""
        return Path(self.desk.folder, name)

    def remove(self, *names: str) -> None:
        """Remove files, as far as they are there."""
        for name in names:
            self.path(name).unlink(missing_ok=True)


def without_wal(trial: Trial) -> None:
    """Lose the log."""
    trial.remove(WAL)


def without_wal_and_shm(trial: Trial) -> None:
    """Lose the log and its index."""
    trial.remove(WAL, SHM)


def older_file(trial: Trial) -> None:
    """Restore the file alone."""
    trial.remove(*FILES)
    shutil.copyfile(trial.older / DB, trial.path(DB))


def older_file_and_wal(trial: Trial) -> None:
    """Restore the file with the log that it had."""
    trial.remove(*FILES)
    for name in (DB, WAL):
        shutil.copyfile(trial.older / name, trial.path(name))


def older_file_under_newer_wal(trial: Trial) -> None:
    """Restore the file alone and leave the log of today beside it."""
    shutil.copyfile(trial.older / DB, trial.path(DB))


def cut_off(trial: Trial) -> None:
    """Lose the end of the file."""
    path = trial.path(DB)
    os.truncate(path, trial.dice.randrange(1, path.stat().st_size))


def cut_off_wal(trial: Trial) -> None:
    """Lose the end of the log, or of the file where there is no log."""
    path = trial.path(WAL) if trial.path(WAL).exists() else trial.path(DB)
    os.truncate(path, trial.dice.randrange(1, path.stat().st_size))


def bend(path: Path, dice: random.Random) -> None:
    """Change 1 to 20 bytes of a file."""
    found = bytearray(path.read_bytes())
    for _ in range(dice.randint(1, 20)):
        found[dice.randrange(len(found))] ^= dice.randint(1, 255)
    path.write_bytes(found)


def bent(trial: Trial) -> None:
    """Change bytes of the file."""
    bend(trial.path(DB), trial.dice)


def bent_wal(trial: Trial) -> None:
    """Change bytes of the log, or of the file where there is no log."""
    bend(trial.path(WAL) if trial.path(WAL).exists() else trial.path(DB), trial.dice)


def deleted(trial: Trial) -> None:
    """Lose the file and nothing else."""
    trial.remove(DB)


def everything_deleted(trial: Trial) -> None:
    """Lose every file beside the list."""
    for path in Path(trial.desk.folder).glob("campaign.db*"):
        if path.is_dir():
            shutil.rmtree(path)  # the copy of the list that a killed run works from
        else:
            path.unlink()


def emptied(trial: Trial) -> None:
    """Replace the file by an empty one."""
    trial.remove(DB)
    trial.path(DB).touch()


Damage = Callable[[Trial], None]
DAMAGES: tuple[Damage, ...] = (
    without_wal,
    without_wal_and_shm,
    older_file,
    older_file_and_wal,
    older_file_under_newer_wal,
    cut_off,
    cut_off_wal,
    bent,
    bent_wal,
    deleted,
    everything_deleted,
    emptied,
)


def made(served: Served) -> Counter[str]:
    """Return how often the sandbox called each number."""
    return Counter(call.to_number for call in list(served.sandbox.calls.values()))


def until_listed(served: Served, lag_s: float) -> None:
    """Wait until the provider's list shows the oldest call; the newest may still be missing."""
    oldest_s = min(call.created_s for call in served.sandbox.calls.values())
    while time.time() < oldest_s + lag_s + 0.05:
        time.sleep(0.01)


def copy_files(desk: Any, to: Path) -> None:
    """Copy the ledger and its log while a run writes them."""
    to.mkdir()
    for name in (DB, WAL):
        shutil.copyfile(desk.folder / name, to / name)


def copy_in_the_middle(trial: Trial, served: Served) -> None:
    """Copy the ledger once so many calls have been made."""
    copy_at = trial.dice.randrange(2, COUNT // 2)
    while len(served.sandbox.calls) < copy_at:
        time.sleep(0.002)
    copy_files(trial.desk, trial.older)


def has_signed(desk: Any) -> bool:
    """Tell whether a run has left a sign of how much its ledger holds."""
    return any(json.loads(note.read_text())["intents"] for note in desk.folder.glob("*.holder"))


def killed_run(trial: Trial, served: Served, *, young: bool) -> None:
    """Run the list, copy its ledger in the middle, and kill the run later on.

    A `young` one is killed before its first sign of how much the ledger holds.
    """
    kill_at = COUNT // 2 if young else trial.dice.randrange(COUNT // 2, COUNT)
    with trial.desk.start(*PACE) as process:
        copy_in_the_middle(trial, served)
        while len(served.sandbox.calls) < kill_at or not (young or has_signed(trial.desk)):
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -signal.SIGKILL


def whole_run(trial: Trial, served: Served, run_here: Callable[..., Any]) -> None:
    """Run the list to its end, and copy its ledger in the middle."""
    with ThreadPoolExecutor(1) as pool:
        copied = pool.submit(copy_in_the_middle, trial, served)
        assert run_here(trial.desk, *PACE).code == 0
        copied.result()


def extend(desk: Any) -> None:
    """Add a few contacts to the list."""
    rows = desk.rows()
    added = [{**rows[0], "phone_number": f"+1628555{140 + at:04d}"} for at in range(ADDED)]
    desk.write([*rows, *added])


def go_on(trial: Trial, run_here: Callable[..., Any], lag_s: float) -> tuple[str, Any]:
    """Run the list again, by moving the ledger away where it is refused; tell which it was."""
    options = ("--cps", "any", "--max-live", "100", "--lookup-for", f"{lag_s + 0.5}s")
    ran = run_here(trial.desk, *options)
    if ran.code == 0:
        return "went on", ran
    assert ran.code == 74, ran.err
    away = trial.path("away")
    away.mkdir()
    for name in FILES:
        if trial.path(name).exists():
            trial.path(name).rename(away / name)
    again = run_here(trial.desk, *options)
    assert again.code == 0, again.err
    return "stopped with 74", again


def check(trial: Trial, served: Served, ran: Any) -> None:
    """Compare what the sandbox did with the list and with what the results say."""
    calls = made(served)
    rows = trial.desk.rows(trial.desk.results)
    outcomes = {row["phone_number"]: row["call_outcome"] for row in rows}
    assert [row["phone_number"] for row in trial.desk.rows()] == list(outcomes)
    assert {number: n for number, n in calls.items() if n > 1} == {}
    assert Counter(outcomes.values()) == Counter(ran.summary["outcomes"])
    # Whoever was not called is one whose request may have been on its way at the kill.
    uncalled = {number for number in outcomes if number not in calls}
    assert uncalled <= {number for number, outcome in outcomes.items() if outcome == "unknown"}
    assert "pending" not in outcomes.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is damaged, how the run before ended, and what the provider is like.

    A loss shows best where the run was killed, the list lags and keys are ignored: then nothing
    but the wait for the list keeps the next run from calling somebody again.
    """

    damage: Damage
    kill: bool
    lag_s: float
    honors_keys: bool
    young: bool = False


def a_case(seed: int) -> Case:
    """Return the case of a seed."""
    dice = random.Random(seed)
    return Case(
        damage=DAMAGES[seed % len(DAMAGES)],
        kill=dice.random() < 0.6,
        lag_s=dice.choice(LAGS_S),
        honors_keys=dice.random() < 0.5,
    )


CASES = (
    Case(damage=without_wal, kill=True, lag_s=1.0, honors_keys=False),
    Case(damage=without_wal_and_shm, kill=True, lag_s=0.0, honors_keys=False),
    Case(damage=older_file, kill=True, lag_s=1.0, honors_keys=False),
    Case(damage=older_file_and_wal, kill=False, lag_s=0.0, honors_keys=False),
    Case(damage=older_file_under_newer_wal, kill=True, lag_s=0.3, honors_keys=False),
    Case(damage=cut_off, kill=False, lag_s=0.0, honors_keys=True),
    Case(damage=cut_off_wal, kill=True, lag_s=0.0, honors_keys=False),
    Case(damage=bent, kill=False, lag_s=0.3, honors_keys=False),
    Case(damage=bent_wal, kill=True, lag_s=0.0, honors_keys=False),
    Case(damage=deleted, kill=True, lag_s=1.0, honors_keys=False),
    Case(damage=everything_deleted, kill=True, lag_s=1.0, honors_keys=False),
    Case(damage=emptied, kill=False, lag_s=0.3, honors_keys=False),
)


class Trials:
    """Trials of damaged ledgers, each in a folder of its own."""

    def __init__(
        self,
        desk_in: Callable[..., Any],
        run_here: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self._desk_in = desk_in
        self._run_here = run_here
        self._monkeypatch = monkeypatch

    def run(self, folder: Path, case: Case, *, seed: int) -> str:
        """Run a list, damage its ledger, run the longer list, compare; tell how it went on."""
        plan = SandboxPlan(
            seed=seed,
            speed=600.0,
            concurrency_limit=None,
            listing_lag_s=case.lag_s,
            honors_keys=case.honors_keys,
        )
        self._hasten(case.lag_s)
        with serving(plan) as served:
            trial = Trial(
                desk=self._desk_in(folder, COUNT, served.url),
                dice=random.Random(f"dice of {seed}"),
                older=folder / "older",
            )
            if case.kill:
                killed_run(trial, served, young=case.young)
            else:
                whole_run(trial, served, self._run_here)
            case.damage(trial)
            if case.damage is everything_deleted:
                # Nothing but the list can tell then that there was a run: it must show a call.
                until_listed(served, case.lag_s)
            extend(trial.desk)
            how, ran = go_on(trial, self._run_here, case.lag_s)
            check(trial, served, ran)
        return how

    def _hasten(self, lag_s: float) -> None:
        patch = self._monkeypatch.setattr
        patch(evidence, "LOSS_GRACE_S", lag_s + MARGIN_S)
        patch(following, "SHORTEST_GAP_S", 0.1)
        patch(following, "READS_PER_S", 100.0)


@pytest.fixture
def trials(
    desk_in: Callable[..., Any],
    run_here: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Trials:
    """Return the maker of trials."""
    return Trials(desk_in, run_here, monkeypatch)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.slow] if number % 2 else [], id=case.damage.__name__)
        for number, case in enumerate(CASES)
    ],
)
def test_a_damaged_ledger_redials_nobody(case: Case, tmp_path: Path, trials: Trials) -> None:
    """Each kind of damage, after a run that ended or one that was killed: one call at most."""
    how = trials.run(tmp_path / "desk", case, seed=CASES.index(case))
    assert how in {"went on", "stopped with 74"}


@pytest.mark.slow
@pytest.mark.parametrize("damage", [without_wal, without_wal_and_shm, emptied])
def test_a_run_killed_in_its_first_second_redials_nobody(
    damage: Damage, tmp_path: Path, trials: Trials
) -> None:
    """A loss is seen even where the killed run had not yet told how much its ledger held."""
    case = Case(damage=damage, kill=True, lag_s=1.0, honors_keys=False, young=True)
    assert trials.run(tmp_path / "desk", case, seed=1) in {"went on", "stopped with 74"}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_damaged_ledgers(
    tmp_path: Path, trials: Trials, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two hundred ledgers, every kind of damage with its own dice: nobody is called twice."""
    ways: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in range(100, 300):
        case = a_case(seed)
        try:
            ways[trials.run(tmp_path / str(seed), case, seed=seed)] += 1
        except Exception as error:  # the figure counts every trial
            wrong.append(f"{seed} {case}: {error!r}"[:600])
    with capsys.disabled():
        print(json.dumps({**ways, "wrong": len(wrong)}))  # noqa: T201 - the figure of the proof
    assert wrong == []
