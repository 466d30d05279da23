"""`--show-config`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from campaign.config import Settings, load

CHECK = ("check", "--show-config")
SAID = """
contacts = "contacts.csv"
from_number = ["+14157774444"]
cps = "any"
redial_after = ["90s", "2h"]
budget = 12.5
agent_override = { agent = { voice_speed = 1.1 } }
meta = { "a b" = "ü" }
http = { read_timeout = "2m" }
"""


@pytest.mark.parametrize("command", ["check", "run"])
def test_what_holds_and_why(cli: Any, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting is one line with where it was said; nothing is read, made or called."""
    Path("campaign.toml").write_text("limit = 2\n")
    monkeypatch.setenv("CAMPAIGN_MAX_LIVE", "7")
    ran = cli(command, "nowhere.csv", "--show-config", "--from", "+14157774444", "--cps", "2")
    assert (0, "", 0) == (ran.code, ran.err, ran.out.count("\t"))
    lines = ran.out.splitlines()
    assert "# with campaign.toml" == lines[0]
    for line in (
        'contacts = "nowhere.csv"                # flag CONTACTS',
        'from_number = ["+14157774444"]          # flag --from',
        'out = "nowhere.results.csv"             # default',
        'name = "nowhere"                        # default',
        'ledger = "campaign.db"                  # default',
        "cps = 2                                 # flag --cps",
        "max_live = 7                            # environment CAMPAIGN_MAX_LIVE",
        "limit = 2                               # file campaign.toml",
        "#budget                                 # not set",
        "#api_key                                # ********: environment RETELL_API_KEY",
    ):
        assert line in lines
    assert ["campaign.toml"] == [path.name for path in Path().iterdir()]


def test_it_is_a_configuration(cli: Any) -> None:
    """What is shown can be used as a file, and says the same."""
    path = Path("campaign.toml")
    path.write_text(SAID)
    before = load({}, find_config=True, environ={})
    path.write_text(cli(*CHECK).out)
    after = load({}, find_config=True, environ={})
    expected = {
        "out": "contacts.results.csv",
        "name": "contacts",
        "ledger": "campaign.db",
        "show_config": True,
    }
    assert before.model_copy(update=expected) == after


def test_as_a_document(cli: Any, api_key: str) -> None:
    """The document has value, source and place of each setting, and no key."""
    ran = cli(*CHECK, "--json", "--cps", "3")
    found = ran.document
    assert {"value": 3.0, "source": "flag", "where": "--cps"} == found["cps"]
    assert {"value": None, "source": "default", "where": None} == found["name"]
    assert "********" == found["api_key"]["value"]
    assert api_key not in ran.out + ran.err
    assert set(Settings.model_fields) == {name.partition(".")[0] for name in found} - {"api_key"}


def test_without_a_file_or_a_key(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is no file, and no key, is told."""
    monkeypatch.delenv("RETELL_API_KEY")
    ran = cli(*CHECK)
    assert "# no configuration file" == ran.out.splitlines()[0]
    assert ran.out.endswith("#api_key                                # none\n")
    assert tomllib.loads(ran.out)["show_config"]


def test_what_cannot_be_used(cli: Any) -> None:
    """A bad value, or an unknown name, is refused as in a run."""
    Path("campaign.toml").write_text("max_life = 2\n")
    ran = cli(*CHECK)
    assert (78, "", True) == (ran.code, ran.out, "did you mean 'max_live'?" in ran.err)
