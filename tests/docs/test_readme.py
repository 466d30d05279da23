"""What the README says is so: its commands, snippets and tables."""

from __future__ import annotations

import ast
import asyncio
import csv
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from campaign import config, errors
from campaign.api.refusals import check_run
from campaign.cli.app import app
from campaign.cli.flags import settings_of
from campaign.contacts.columns import PHONE_NAMES
from campaign.contacts.columns import RESULT_COLUMNS as KNOWN_COLUMNS
from campaign.contacts.fields import FIELDS
from campaign.model import Outcome

ROOT = Path(__file__).parents[2]
LANGUAGES = ("sh", "crontab")
MOST_LINES = 300

Blocks = Callable[[str], list[str]]
Invocations = Callable[[str], list[list[str]]]


@pytest.fixture(scope="module", autouse=True)
def first_run(
    blocks: Blocks, invocations: Invocations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start the first block's `campaign` command: it goes on while the other tests run."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    (arguments,) = invocations(blocks("sh")[0])
    with subprocess.Popen(
        [sys.executable, "-m", "campaign", *arguments],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process, folder
        process.kill()


def _environment() -> dict[str, str]:
    ours = ("CAMPAIGN_", "RETELL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with a short list in it."""
    for name in set(os.environ) - set(_environment()):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contacts.csv").write_text("phone,name\n+14155550123,Ada\n+14155550124,Ben\n")
    return tmp_path


def test_the_readme_is_short(readme: str) -> None:
    """A newcomer can read it in one go."""
    assert len(readme.splitlines()) < MOST_LINES


@pytest.mark.parametrize("at", [0, 1])
def test_the_first_blocks_are_one_chain_each(blocks: Blocks, at: int) -> None:
    """Each of the first two blocks sets everything up by itself, and ends where it fails."""
    block = blocks("sh")[at]
    lines = block.rstrip("\n").split("\n")
    assert lines[0] == "python3 -m venv .venv &&"
    assert [line[-2:] == "&&" for line in lines] == [True] * (len(lines) - 1) + [False]
    assert all(line.startswith("  .venv/bin/") for line in lines[1:])


def test_the_second_block_runs_every_check(blocks: Blocks) -> None:
    """Lint, format, types, import rules and tests with coverage, in this order."""
    tools = re.findall(r"\.venv/bin/([\w-]+(?: format)?)", blocks("sh")[1])
    assert tools == ["pip", "ruff", "ruff format", "mypy", "lint-imports", "pytest"]
    assert "--cov" in blocks("sh")[1]


def _parsed(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the subcommand and its parameters, parsed and not run."""
    command: Any = get_command(app)
    name, *rest = arguments
    context = command.commands[name].make_context(name, rest)
    return name, dict(context.params)


def test_every_command_parses(folder: Path, blocks: Blocks, invocations: Invocations) -> None:
    """Commands and options exist, and a run as it is written would be allowed."""
    (configured,) = blocks("toml")
    (folder / "spring.toml").write_text(configured, encoding="utf-8")
    found = [
        _parsed(arguments)
        for language in LANGUAGES
        for block in blocks(language)
        for arguments in invocations(block)
    ]
    assert {name for name, _ in found} == {"run", "check", "sandbox"}
    for name, given in found:
        if name == "run":
            plain = {k: v for k, v in given.items() if k in config.Settings.model_fields}
            check_run(settings_of(plain, config_file=given["config"]))
    assert sorted(folder.iterdir()) == [folder / "contacts.csv", folder / "spring.toml"]


def test_every_flag_that_is_mentioned_exists(readme: str) -> None:
    """No flag in the text is made up."""
    prose = re.sub(r"```sh\npython3.*?```|`systemctl [^`]*`", "", readme, flags=re.DOTALL)
    commands: Any = get_command(app)
    known = {
        flag
        for command in commands.commands.values()
        for parameter in command.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", prose)) - {"--help"}
    assert mentioned - known == set()


def test_every_subcommand_that_is_mentioned_exists(readme: str) -> None:
    """No command in the text is made up."""
    commands: Any = get_command(app)
    mentioned = set(re.findall(r"`campaign ([a-z]+)", readme))
    assert mentioned
    assert mentioned - set(commands.commands) == set()


def test_the_timer_runs_what_cron_runs(blocks: Blocks) -> None:
    """The unit's command is the crontab's."""
    (unit,), (line,) = blocks("ini"), blocks("crontab")
    (started,) = re.findall(r"^ExecStart=%h/calls/(.*)$", unit, re.MULTILINE)
    assert f"cd $HOME/calls && {started} " in line


def test_the_configuration_is_valid(folder: Path, blocks: Blocks) -> None:
    """The example of a `campaign.toml` can be used as it is, and enough for a run."""
    (text,) = blocks("toml")
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    settings = config.load({}, find_config=True)
    check_run(settings)
    assert set(tomllib.loads(text)) == settings.model_fields_set


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    try:
        yield loop
    finally:
        loop.close()


@pytest.mark.parametrize("at", [0, 1])
def test_the_python_runs(folder: Path, blocks: Blocks, at: int) -> None:
    """The snippets run as in a notebook, against the simulated provider."""
    snippet = blocks("python")[at]
    code = compile(snippet, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}
    ran = eval(code, names)
    if inspect.iscoroutine(ran):
        with _loop() as loop:
            loop.run_until_complete(ran)
    assert names["result"].summary.calls_created == names["result"].frame.height == 2
    assert (folder / "campaign.sandbox.db").exists()
    assert len(blocks("python")) == 2


def _table(readme: str, title: str) -> list[str]:
    """Return the first cells of the tables of a section."""
    section = readme.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return [row.split("|")[1].strip() for row in re.findall(r"^\|.*\|$", section, re.MULTILINE)]


def test_the_results_are_described(readme: str) -> None:
    """Every column and every outcome is in the tables, and nothing else."""
    words = re.findall(r"`(\w+)`", " ".join(_table(readme, "The results")))
    expected = [*KNOWN_COLUMNS, *(outcome.value for outcome in Outcome), "call_outcome"]
    assert sorted(words) == sorted(expected)


def test_the_exit_codes_are_described(readme: str) -> None:
    """Every error of the program has its code in the table."""
    codes = {
        int(code)
        for cell in _table(readme, "Exit codes")
        for code in cell.split(", ")
        if code.isdigit()
    }
    tree = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
    ours = {kind.exit_code for kind in tree if issubclass(kind, errors.CampaignError)}
    assert codes == ours | {0, 129, 130, 143}


def test_the_columns_of_a_list_are_described(readme: str) -> None:
    """Every field that a list can have is named, and the phone columns named are known."""
    named = set(re.findall(r"`(\w+)`", readme))
    assert set(FIELDS) - named == set()
    mentioned = re.search(r"phone column is found by name \(([^)]*)\)", readme)
    assert mentioned is not None
    assert set(re.findall(r"`(\w+)`", mentioned[1])) <= PHONE_NAMES


def test_its_links_lead_somewhere(readme: str) -> None:
    """Every file that is linked is there."""
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_first_command_does_the_job(first_run: tuple[subprocess.Popen[str], Path]) -> None:
    """It ends well, and leaves the list with an outcome in every row."""
    process, place = first_run
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    with (place / "contacts.results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    outcomes = Counter(row["call_outcome"] for row in rows)
    assert len(rows) == 25
    assert (outcomes["rejected"], outcomes["suppressed"], outcomes["pending"]) == (3, 1, 0)
    assert sum(row["call_id"] != "" for row in rows) == 21
