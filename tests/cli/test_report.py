"""`campaign report`: from a list full of attacks to a page in which they are texts."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from campaign.cli.report import flags_of_ledger
from campaign.config import Settings
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

UNKNOWN = FaultPlan(script={1: FaultName.ERROR_BEFORE})
ATTACK = "<script src=//x.test></script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """The names of a page's elements and of their attributes, and what it says."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""
        self.feed(page.read_text(encoding="utf-8"))
        self.said = " ".join(self.said.replace("\u00a0", " ").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the names."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.said += data


@pytest.fixture
def hostile(folder: Path) -> Path:
    """Write a list whose keys and variables are attacks."""
    rows = [f"+1415555{100 + n:04d},{n}{ATTACK},{ATTACK}" for n in range(3)]
    path = folder / "contacts.csv"
    path.write_text(
        "\n".join(["phone_number,crm,name", *rows, f"12,x,{ATTACK}", ""]), encoding="utf-8"
    )
    return path


def test_a_page_of_a_campaign(cli: Any, on: Any, serve: Serve, hostile: Path) -> None:
    """The page is a file of its own beside the results; who needs a person is on it, masked."""
    on(serve(faults=UNKNOWN), "--key", "crm", "--lookup-for", "0s")
    ran = cli("report", "contacts")
    assert (0, "", ["campaign: report: contacts.report.html"]) == (ran.code, ran.out, ran.said)
    page = Path("contacts.report.html")
    found = Elements(page)
    assert set() == found.tags & {"script", "img", "iframe", "object", "embed", "base", "form"}
    assert set() == {name for name in found.attributes if name.startswith("on")}
    assert ATTACK in found.said
    assert "needs a person1" in found.said
    assert "+1********0" in found.said
    assert "+14155550" not in page.read_text(encoding="utf-8")
    assert stat.S_IMODE(hostile.stat().st_mode) == stat.S_IMODE(page.stat().st_mode)


def test_whole_numbers_somewhere_else(cli: Any, on: Any, serve: Serve, hostile: Path) -> None:
    """Whole numbers are shown when they are asked for, in a file that is asked for, in silence."""
    on(serve(faults=UNKNOWN), "--lookup-for", "0s", "--ledger", "my.db")
    ran = cli("report", "contacts", "--ledger", "my.db", "--full-numbers", "-o", "page.htm", "-q")
    assert (0, "", "") == (ran.code, ran.out, ran.err)
    said = Elements(Path("page.htm")).said
    assert "+1415555010" in said
    assert "campaign results contacts --ledger my.db" in said
    assert not Path("contacts.report.html").exists()


@pytest.mark.parametrize(
    ("fields", "config", "flags"),
    [
        ({}, None, ""),
        ({"ledger": "my ledger.db", "sandbox": True}, "x.toml", " --ledger 'my ledger.db'"),
        ({"sandbox": True}, None, " --sandbox"),
        ({}, "conf/campaign.toml", " --config conf/campaign.toml"),
    ],
)
def test_how_the_ledger_is_named_next(
    fields: dict[str, Any], config: str | None, flags: str
) -> None:
    """Commands on the page name the ledger as it was named for the page."""
    assert flags == flags_of_ledger(Settings.model_validate(fields), config)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["winter"], 78, "there is no ledger 'campaign.db'; name it with --ledger PATH"),
        (["winter", "-o", "a.pdf"], 2, "a report is a page: 'a.pdf' is none; end --out with .html"),
        ([], 2, "Missing argument 'NAME'"),
    ],
)
def test_what_cannot_be_done(cli: Any, args: list[str], code: int, said: str) -> None:
    """One line, and the exit code of its kind."""
    ran = cli("report", *args)
    assert (code, 1, True) == (ran.code, len(ran.said), said in ran.err)


@pytest.mark.no_cover
def test_a_campaign_that_is_not_there(cli: Any, on: Any, serve: Serve, hostile: Path) -> None:
    """The error says which ones there are, and writes nothing."""
    on(serve(), "--dry-run", "--name", "spring")
    on(serve(), "--no-follow", "--limit", "1", "--name", "summer")
    ran = cli("report", "sumer")
    assert (78, True) == (ran.code, "there is no campaign 'sumer' in the ledger" in ran.err)
    assert "it has 'summer'" in ran.err
    assert [] == list(Path().glob("*.html"))


def test_without_the_extra(
    cli: Any, on: Any, serve: Serve, hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one line names the extra and the command that installs it."""
    on(serve(), "--no-follow", "--limit", "1")
    monkeypatch.delitem(sys.modules, "campaign.outcomes.report.page", raising=False)
    monkeypatch.delattr("campaign.outcomes.report.page", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    ran = cli("report", "contacts")
    assert (78, 1) == (ran.code, len(ran.said))
    assert "the extra 'report'; pip install 'campaign[report]'" in ran.err
