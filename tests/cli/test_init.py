"""`campaign init`, and a run from the file that it writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.config.template import template
from campaign.sandbox.serve import Served


def test_a_configuration_to_start_from(cli: Any) -> None:
    """The file is written where the others look for it, and the next step is told."""
    ran = cli("init")
    assert (0, "", template()) == (ran.code, ran.out, Path("campaign.toml").read_text("utf-8"))
    assert ran.said == [
        (
            "campaign: written: campaign.toml; set contacts and from_number in it, then"
            " `campaign check` and `campaign run`"
        )
    ]


def test_a_named_file(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file is named as an argument, or as the others are told of it."""
    assert "`campaign run -c spring.toml`" in cli("init", "spring.toml").err
    monkeypatch.setenv("CAMPAIGN_CONFIG", "summer.toml")
    assert "`campaign run -c summer.toml`" in cli("init").err
    assert ["spring.toml", "summer.toml"] == sorted(path.name for path in Path().iterdir())


def test_a_file_that_is_there(cli: Any) -> None:
    """A file is written over only when that is asked for."""
    path = Path("campaign.toml")
    path.write_text("limit = 1\n")
    ran = cli("init")
    assert (73, "limit = 1\n", 1) == (ran.code, path.read_text(), len(ran.said))
    assert "'campaign.toml' is there already" in ran.err
    assert "--force" in ran.err
    assert (0, template()) == (cli("init", "--force").code, path.read_text("utf-8"))


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_folder_that_is_not_there(cli: Any, force: tuple[str, ...]) -> None:
    """What cannot be written is one line that names it."""
    ran = cli("init", "nowhere/campaign.toml", *force)
    assert (73, 1) == (ran.code, len(ran.said))
    assert "'nowhere/campaign.toml' cannot be written: No such file or directory" in ran.err


@pytest.mark.no_cover
def test_a_run_from_one_file(
    cli: Any, contacts: Path, serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the whole command line; a second run does nothing and says so."""
    cli("init", "spring.toml")
    path = Path("spring.toml")
    text = path.read_text("utf-8")
    url = serve().url
    for name, value in {
        "contacts": '"contacts.csv"',
        "from_number": '["+14157774444"]',
        "hours": '"any"',
        "cps": '"any"',
        "base_url": f'"{url}"',
    }.items():
        before = next(line for line in text.splitlines() if line.startswith(f"#{name} = "))
        text = text.replace(before, f"{name} = {value}")
    path.write_text(text, "utf-8")
    ran = cli("run", "-c", "spring.toml")
    assert (0, True) == (ran.code, "'contacts': 3 rows: " in ran.err)
    again = cli("run", "-c", "spring.toml")
    assert (0, True) == (again.code, "has nobody left to call" in again.err)
    quiet = cli("run", "-c", "spring.toml", "-q")
    assert (0, "", "") == (quiet.code, quiet.out, quiet.err)
