"""The script that checks a clean checkout runs what the README says, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_script(folder: Path, readme: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a checkout that has this README."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return subprocess.run(
        [folder / ".ci" / "run"],
        cwd="/",
        input="not for the block\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_can_be_run() -> None:
    """It is executable."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_it_runs_the_second_block(
    tmp_path: Path, readme: str, blocks: Callable[[str], list[str]]
) -> None:
    """Of the real README it takes the second block, whole, in the checkout's own folder."""
    second = blocks("sh")[1]
    spelled = readme.replace(second, f"cat <<'END'\n{second}END\npwd\n")
    done = run_script(tmp_path, spelled)
    assert (done.stdout, done.returncode) == (f"{second}{tmp_path}\n", 0)


@pytest.mark.parametrize(
    ("block", "out", "code"),
    [
        ("true &&\n  echo '3 failed' &&\n  exit 4\n", "3 failed\n", 4),
        ("cat\n", "", 0),
        ("false\necho after\n", "", 1),
    ],
)
def test_it_ends_as_the_block_ends(tmp_path: Path, block: str, out: str, code: int) -> None:
    """The last line and the exit code are the block's; it reads nothing and stops at a failure."""
    done = run_script(tmp_path, f"```sh\nexit 9\n```\n\n```sh\n{block}```\n\n```sh\nexit 8\n```\n")
    assert (done.stdout, done.returncode) == (out, code)


def test_without_a_second_block_it_fails(tmp_path: Path) -> None:
    """An empty check is no success."""
    done = run_script(tmp_path, "```sh\ntrue\n```\n")
    assert (done.returncode, done.stderr) == (1, "README.md has no second sh block\n")
