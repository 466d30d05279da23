"""A laboratory: copies of the program and its tests, into which bugs are planted."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("campaign", "tests", "sample_data")
FLAGS = ("-x", "-q", "--import-mode=importlib", "--timeout=90", "-m", "not slow")
OWN = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "-o", "addopts=")
PLUGIN_OF = "hypothesis"
"""Its plugin takes as long to load as all else together: only for the tests that use it."""
FOREIGN = ("PYTEST_", "PYTHON", "COV_", "COVERAGE_", "CAMPAIGN_", "RETELL_")

WHERE_ID = "tests/test_where.py"
WHERE = '''
import subprocess, sys
from pathlib import Path

import campaign

HERE = str(Path("campaign/__init__.py").resolve())


def test_where(tmp_path):
    """Neither this process nor those of other folders see the program itself."""
    show = [sys.executable, "-c", "import campaign; print(campaign.__file__)"]
    shown = subprocess.run(show, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [HERE, HERE] == [campaign.__file__, shown.stdout.strip()]
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a test run ended: pytest's exit code (1: tests failed), and what it said."""

    code: int
    out: str


def run_pytest(folder: Path, selection: tuple[str, ...]) -> Ran:
    """Run selected tests in a copy, against the program of that copy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    # Processes that the tests start somewhere else are to run the copy as well.
    kept |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *FLAGS, *OWN, *_without(folder, selection), *selection],
        cwd=folder,
        env=kept,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout)


def _without(folder: Path, selection: tuple[str, ...]) -> tuple[str, ...]:
    """Return what leaves a plugin out that none of the selected tests uses."""
    files = (folder / one.partition("::")[0] for one in selection)
    used = any(PLUGIN_OF in file.read_text(encoding="utf-8") for file in files)
    return () if used else ("-p", "no:hypothesispytest")


def plant(mutant: Any, folder: Path) -> None:
    """Replace each old text, which must be there exactly once, by its new one."""
    path = folder / mutant.file
    text = path.read_text(encoding="utf-8")
    for old, new in mutant.edits:
        assert text.count(old) == 1, f"{mutant.name}: {mutant.file} has not once {old!r}"
        text = text.replace(old, new)
    compile(text, mutant.file, "exec")  # a bug that cannot be imported proves nothing
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1, 1))  # never the time of the bytecode that was copied along


class Laboratory:
    """Runs tests in copies of the program, each copy with one bug or none."""

    def __init__(self, folder: Path, mutants: tuple[Any, ...]) -> None:
        self._folder = folder
        self._whole = folder / "whole"
        self._wanted = tuple(dict.fromkeys(one for mutant in mutants for one in mutant.caught_by))
        for name in COPIED:
            # With its bytecode, so that the copies are quick to start.
            ignored = shutil.ignore_patterns("mutants")
            shutil.copytree(ROOT / name, self._whole / name, ignore=ignored)
        compileall.compile_dir(self._whole / "campaign", quiet=1)  # what has none yet
        shutil.copy2(ROOT / "pyproject.toml", self._whole)
        (self._whole / WHERE_ID).write_text(WHERE, encoding="utf-8")

    def healthy(self) -> Ran:
        """Run all tests that catch one of the bugs where none was planted."""
        return self._run(None, (WHERE_ID, *self._wanted))

    def ill(self, mutant: Any) -> Ran:
        """Run the tests that a mutant must fail."""
        return self._run(mutant, mutant.caught_by)

    def _run(self, mutant: Any, selection: tuple[str, ...]) -> Ran:
        folder = self._folder / "copy"
        shutil.copytree(self._whole, folder)
        try:
            if mutant is not None:
                plant(mutant, folder)
            return run_pytest(folder, selection)
        finally:
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def laboratory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Laboratory:
    """Return a laboratory that knows all mutants of this session."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    found = [call.params["mutant"] for call in calls if call and "mutant" in call.params]
    return Laboratory(tmp_path_factory.mktemp("laboratory"), tuple(found))
