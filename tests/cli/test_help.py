"""`--help` of every command, and what a shell completes."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from campaign import config, errors
from campaign.cli import completing, pages
from campaign.cli.app import app
from campaign.config.toml import written
from campaign.ledger.names import campaign_names
from campaign.sandbox.serve import Served

GROUP: Any = get_command(app)
SPELLED = {"from": "from_number"}


def _pages(group: Any = GROUP, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _pages(command, (*path, name))
        else:
            yield (*path, name)


@pytest.fixture
def page(cli: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that gives a command's help on a terminal of so many columns."""

    def show(path: tuple[str, ...], *, columns: int = 80, option: str = "--help") -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        ran = cli(*path, option)
        assert (0, "") == (ran.code, ran.err)
        text: str = ran.out
        return text

    return show


@pytest.mark.no_cover
@pytest.mark.parametrize("path", list(_pages()), ids=" ".join)
def test_a_page(path: tuple[str, ...], page: Any) -> None:
    """Each page has usage, a summary, options and examples, and fits a terminal."""
    text = page(path)
    assert [] == [line for line in text.splitlines() if len(line) > 80]
    headings = re.findall(r"^(\w[\w ]*):", text, re.MULTILINE)
    assert ("Usage", True, True) == (headings[0], "Options" in headings, "Examples" in headings)
    assert text == page(path, option="-h")
    assert "<str>" not in text
    # Another width moves words to other lines and changes nothing else.
    assert sorted(text.split()) == sorted(page(path, columns=50).split())


@pytest.mark.no_cover
@pytest.mark.parametrize("path", list(_pages()), ids=" ".join)
def test_its_examples(path: tuple[str, ...], page: Any) -> None:
    """Each example is a command that parses."""
    text = page(path).replace("\\\n", " ")
    examples = re.findall(r"^ {2,}(campaign .*?)(?: {3,}.*)?$", text, re.MULTILINE)
    parsed = 0
    for line in examples:
        for part in line.split(" && "):
            words = shlex.split(part.partition(" | ")[0])[1:]
            if "COMMAND" not in words:
                _parse(GROUP, words)
                parsed += 1
    assert parsed >= 1


def _parse(command: Any, words: list[str]) -> None:
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words))


def test_the_list_of_commands(page: Any) -> None:
    """Each command is one line that is not cut short."""
    listed = page(()).partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert list(GROUP.commands) == [line.split()[0] for line in listed]
    assert [] == [line for line in listed if line.endswith("...")]


def test_subjects(page: Any) -> None:
    """Options are under their subjects; a command's own come first, --help alone last."""
    heads = re.findall(r"^([A-Z]\w+):", page(("run",)), re.MULTILINE)
    subjects = ["Arguments", "Calls", "Files", "List", "Provider", "Output", "Options"]
    assert subjects == heads[1:8]
    heads = re.findall(r"^([A-Z]\w+):", page(("resolve",)), re.MULTILINE)
    assert ["Usage", "Arguments", "Options", "List"] == heads[:4]
    assert "Usage: campaign resolve [OPTIONS] NAME [NUMBER...]\n" in page(("resolve",))


def _flags() -> dict[str, Any]:
    return {
        flag.removeprefix("--").replace("-", "_"): option
        for name in ("run", "check")
        for option in GROUP.commands[name].params
        for flag in option.opts
    }


def test_every_setting_of_the_flags_is_one() -> None:
    """What can be typed can be written into the file, but for the file itself."""
    flags = {SPELLED.get(name, name) for name in _flags()}
    short = {flag for flag in flags if len(flag) == 2}
    assert {"config", "json"} == flags - short - set(config.Settings.model_fields)


def test_the_defaults_that_are_told_are_those_that_hold() -> None:
    """A default in a help text is that of the settings."""
    defaults = written(config.Settings())
    wrong = {}
    for flag, option in _flags().items():
        told = re.search(r"\[default: ([\w:./,-]+)\]$", option.help or "")
        name = SPELLED.get(flag, flag)
        if told and name in defaults and defaults[name] is not None:
            value = defaults[name]
            shown = ",".join(value) if isinstance(value, list) else str(value)
            if told[1] not in {shown, shown.removesuffix(".0")} and not _same(told[1], shown):
                wrong[name] = (told[1], shown)
    assert {"follow": ("follow", "True")} == wrong


def _same(one: str, other: str) -> bool:
    """Tell whether two texts are the same duration."""
    try:
        return config.seconds(one) == config.seconds(other)
    except ValueError:
        return False


def test_exit_codes() -> None:
    """Every code that the program ends with is explained."""
    told = {int(code) for code in re.findall(r"(?:^  |, )(\d+)", pages.EXIT_CODES, re.MULTILINE)}
    tree = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    ours = {kind.exit_code for kind in tree if issubclass(kind, errors.CampaignError)}
    assert told == (ours - {1}) | {0, 129, 130, 143}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_for_a_shell(shell: str, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script for the shell that asks can be had, and speaks of this command."""
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    ran = cli("--show-completion")
    assert (0, True) == (ran.code, "_CAMPAIGN_COMPLETE" in ran.out)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("campaign sta", ["status"]),
        ("campaign run --max-l", ["--max-live"]),
        ("campaign status --ledger my.db s", ["summer", "spring"]),
        ("campaign stop --ledger my.db sp", ["spring"]),
        ("campaign results --ledger my.db x", []),
        ("campaign status --ledger no.db s", []),
    ],
)
def test_what_is_completed(
    words: str, expected: list[str], cli: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands, options, and the campaigns of the ledger that is meant."""
    make_ledger(folder / "my.db")
    monkeypatch.setenv("_CAMPAIGN_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert expected == cli().out.split()
    assert ["my.db"] == [path.name for path in folder.iterdir()]


def make_ledger(path: Path) -> None:
    """Make a ledger of two campaigns, as far as completion looks at it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE campaigns (name TEXT)")
        db.executemany("INSERT INTO campaigns VALUES (?)", [("spring",), ("summer",)])
        db.commit()


def test_names_of_a_real_ledger(
    on: Any, cli: Any, serve: Callable[..., Served], contacts: Path
) -> None:
    """The campaigns of a ledger that a run has made are found, however their accents are typed."""
    on(serve(), "--no-follow", "--name", "Ko\u0308ln", "--limit", "1")
    assert ["Köln"] == campaign_names(Path("campaign.db"))
    assert [0, 0] == [cli("status", name).code for name in ("Köln", "Ko\u0308ln")]


@pytest.mark.parametrize("text", ["", "no ledger at all"])
def test_names_of_what_is_no_ledger(text: str, folder: Path) -> None:
    """A file that is no ledger offers nothing and is left as it is."""
    path = folder / "campaign.db"
    path.write_text(text)
    assert ([], text) == (campaign_names(path), path.read_text())
    assert [] == campaign_names(folder)


@pytest.mark.parametrize(
    ("given", "variable", "expected"),
    [
        ({}, None, "campaign.db"),
        ({"sandbox": True}, None, "campaign.sandbox.db"),
        ({"ledger": "my.db"}, "other.db", "my.db"),
        ({"config": "there/spring.toml"}, "other.db", "other.db"),
        ({"config": "there/spring.toml"}, None, "there/campaign.db"),
    ],
)
def test_the_ledger_that_is_meant(
    given: dict[str, Any], variable: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger is found as a command finds it, as far as that can be done without a file."""
    seen: list[Path] = []
    if variable:
        monkeypatch.setenv("CAMPAIGN_LEDGER", variable)

    def names(path: Path) -> list[str]:
        seen.append(path)
        return ["spring"]

    monkeypatch.setattr("campaign.ledger.names.campaign_names", names)
    context: Any = type("Context", (), {"params": given})()
    assert ["spring"] == completing.campaigns(context, "sp")
    assert [Path(expected)] == seen


HEAVY = {
    *("polars", "httpx", "pydantic", "pydantic_settings", "anyio", "tenacity", "phonenumbers"),
    *("rich", "sqlite3", "asyncio", "holidays", "filelock", "h11", "charset_normalizer"),
}
"""What takes long to import, and is not needed to show a page of help."""

PROGRAM = """
import json, sys
import campaign
bare = sorted(sys.modules)
from campaign.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print(json.dumps([bare, sorted(sys.modules)]))
"""


def test_what_is_imported() -> None:
    """`import campaign` loads next to nothing, `campaign --help` nothing heavy."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    bare, shown = (set(names) for names in json.loads(ran.stdout.splitlines()[-1]))
    assert {"campaign", "campaign.errors"} == {n for n in bare if n.split(".")[0] == "campaign"}
    assert (set(), set()) == (bare & {*HEAVY, "typer"}, shown & HEAVY)
