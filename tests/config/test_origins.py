"""What holds, and which source says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from campaign.config import Settings, load
from campaign.config.origins import in_force
from campaign.errors import ConfigError, UsageError

KEY = "key_that_must_not_be_seen_1234567890"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder, without a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETELL_API_KEY", raising=False)
    return tmp_path


def held(
    given: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: str | None = None,
) -> dict[str, tuple[Any, str, str | None]]:
    """Return what holds by the settings' names: value, source, where."""
    found = in_force(
        given or {}, config=config, environ=environ or {}, spelled=lambda name: f"--{name}"
    )
    return {one.name: (one.value, one.source, one.where) for one in [*found.origins, found.key]}


def test_without_any_source() -> None:
    """All settings are there, each a default."""
    found = held()
    assert {("default", None)} == {(source, where) for _, source, where in found.values()}
    names = [name for name in Settings.model_fields if name not in {"breaker", "http"}]
    assert names == [name for name in found if "." not in name][:-1]
    assert (20, "default", None) == found["max_live"]
    assert (None, "default", None) == found["api_key"]


def test_the_last_word(folder: Path) -> None:
    """A flag goes before the environment, that before the file, that before the default."""
    (folder / "campaign.toml").write_text("max_live = 2\nin_flight = 2\nlimit = 2\n")
    found = held(
        {"limit": 4},
        environ={"CAMPAIGN_IN_FLIGHT": "3", "CAMPAIGN_LIMIT": "3", "RETELL_BASE_URL": "http://::1"},
    )
    assert (2, "file", "campaign.toml") == found["max_live"]
    assert (3, "environment", "CAMPAIGN_IN_FLIGHT") == found["in_flight"]
    assert (4, "flag", "--limit") == found["limit"]
    assert (1.0, "default", None) == found["cps"]
    assert ("http://::1", "environment", "RETELL_BASE_URL") == found["base_url"]


def test_a_value_that_is_the_default_was_said(folder: Path) -> None:
    """What is said is told as said, also where it changes nothing."""
    (folder / "spring.toml").write_text('drain_for = "20s"\n')
    assert ("20s", "file", "spring.toml") == held(config="spring.toml")["drain_for"]


def test_entries_have_origins_of_their_own(folder: Path) -> None:
    """Merged entries are told one by one, each with the source that it is from."""
    (folder / "campaign.toml").write_text('var = {company = "Acme", "the name" = "you"}\n')
    found = held({"var": ["the name=Ada"]}, environ={"CAMPAIGN_VAR": "b=2"})
    told = {name: value for name, value in found.items() if name.startswith("var")}
    assert told == {
        "var.company": ("Acme", "file", "campaign.toml"),
        'var."the name"': ("Ada", "flag", "--var"),
        "var.b": ("2", "environment", "CAMPAIGN_VAR"),
    }


def test_tables_are_taken_apart(folder: Path) -> None:
    """What a table leaves out is a default, also where another source said it: none is merged."""
    (folder / "campaign.toml").write_text("[breaker]\nfailed_in_a_row = 7\nfailed_share = 0.5\n")
    found = held(environ={"CAMPAIGN_BREAKER": '{"failed_in_a_row": 9}'})
    assert (9, "environment", "CAMPAIGN_BREAKER") == found["breaker.failed_in_a_row"]
    assert (0.25, "default", None) == found["breaker.failed_share"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("environment", ("********", "environment", "RETELL_API_KEY")),
        (".env", ("********", "file", ".env")),
        ("api_key_file", ("********", "file", "api_key_file")),
    ],
)
def test_where_the_key_is(
    place: str, expected: tuple[str, str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the key comes from is told, and nothing of it."""
    (folder / "key").write_text(KEY)
    if place == "environment":
        monkeypatch.setenv("RETELL_API_KEY", KEY)
    elif place == ".env":
        (folder / ".env").write_text(f"RETELL_API_KEY={KEY}\n")
    found = held({"api_key_file": "key"})
    assert expected == found["api_key"]
    assert KEY not in str(found)


def test_a_key_that_cannot_be_read() -> None:
    """Why there is no key is told; the rest is shown all the same."""
    value, source, where = held({"api_key_file": "nowhere"})["api_key"]
    assert (None, "file") == (value, source)
    assert "cannot be read: FileNotFoundError" in (where or "")


def test_what_is_masked() -> None:
    """Keys in the wrong place, numbers of people and secrets in addresses are not shown."""
    found = held(
        {
            "api_key_file": KEY,
            "only": "+14155550123",
            "to": "+14155550199",
            "contacts": "https://me:secret@host/list.csv?sig=secret&v=secret#secret",
            "ping": "https://hc.example/secret",
            "agent_override": {"agent": {"urls": ["https://me@host/?secret"], "n": 1}},
        }
    )
    assert "********" == found["api_key_file"][0]
    assert "https://hc.example/..." == found["ping"][0]
    assert ("+1********23", "+1********99") == (found["only"][0], found["to"][0])
    assert "https://********@host/list.csv?sig=********&v=********#secret" == found["contacts"][0]
    override = {"agent": {"urls": ["https://********@host/?secret"], "n": 1}}
    assert override == found["agent_override"][0]
    assert "+14155550123" == held({"only": "+14155550123", "full_numbers": True})["only"][0]


def test_it_is_what_a_run_would_go_by(folder: Path) -> None:
    """The settings are those that are loaded, and what is unusable is refused as it is there."""
    (folder / "campaign.toml").write_text('limit = 2\nvar = {a = "1"}\n')
    environ = {"CAMPAIGN_LIMIT": "3"}
    found = in_force({"wait": "5m"}, config=None, environ=environ, spelled=str)
    assert load({"wait": "5m"}, find_config=True, environ=environ) == found.settings
    assert Path("campaign.toml") == found.file
    with pytest.raises(UsageError, match="--limit"):
        held({"limit": -1})
    with pytest.raises(ConfigError, match="CAMPAIGN_LIMIT"):
        held(environ={"CAMPAIGN_LIMIT": "x"})
