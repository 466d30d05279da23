"""The API key."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.config import Settings, api_key
from campaign.errors import ConfigError

KEY = "key_that_must_not_be_seen_1234567890"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder, without a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETELL_API_KEY", raising=False)
    return tmp_path


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is read from the environment, before any file, and does not show itself."""
    monkeypatch.setenv("RETELL_API_KEY", f" {KEY}\n")
    Path(".env").write_text("RETELL_API_KEY=another", encoding="utf-8")
    found = api_key(Settings())
    assert found.get_secret_value() == KEY
    assert KEY not in repr(found) + str(found)


def test_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` is read where the environment has no key, or an empty one."""
    monkeypatch.setenv("RETELL_API_KEY", "")
    Path(".env").write_text(f"OTHER=1\nRETELL_API_KEY='{KEY}'\n", encoding="utf-8")
    assert api_key(Settings()).get_secret_value() == KEY


def test_a_key_file(folder: Path) -> None:
    """`api_key_file` is read where neither has one."""
    (folder / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert api_key(Settings(api_key_file=str(folder / "key"))).get_secret_value() == KEY


def test_no_key(folder: Path) -> None:
    """Without a key, or with an empty file, the error says where it is looked for."""
    (folder / "key").write_text(" \n", encoding="utf-8")
    for settings in (Settings(), Settings(api_key_file=str(folder / "key"))):
        with pytest.raises(ConfigError, match="there is no API key; set RETELL_API_KEY"):
            api_key(settings)


def test_a_key_in_the_wrong_place() -> None:
    """A key written as the name of its file is not shown."""
    with pytest.raises(ConfigError, match="the file that api_key_file names") as caught:
        api_key(Settings(api_key_file=KEY))
    assert KEY not in str(caught.value)


def test_an_unreadable_env_file() -> None:
    """A `.env` that is no text is named, and its content is not shown."""
    Path(".env").write_bytes(b"RETELL_API_KEY=\xff")
    with pytest.raises(ConfigError, match=r"'\.env' cannot be read: UnicodeDecodeError"):
        api_key(Settings())
