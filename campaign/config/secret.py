"""The API key: no setting, read apart, kept as a secret, and never part of a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from campaign.config.settings import Settings
from campaign.errors import ConfigError

VARIABLE = "RETELL_API_KEY"
DOTENV = ".env"
Kind: TypeAlias = Literal["environment", "file"]


class _Variables(BaseSettings):
    """The key as users already have it, in the environment."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    retell_api_key: SecretStr | None = None


class _Secrets(_Variables):
    """The same, from the environment before `.env`."""

    model_config = SettingsConfigDict(env_file=DOTENV, env_file_encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A key, and the kind of source it comes from; where it was written is no secret."""

    key: SecretStr
    kind: Kind
    where: str


def api_key(settings: Settings) -> SecretStr:
    """Read the API key: `RETELL_API_KEY`, then `.env`, then `api_key_file`.

    Raises `ConfigError` where there is none.
    """
    found = find_key(settings)
    if found is None:
        raise ConfigError(
            "there is no API key",
            hint="set RETELL_API_KEY (or put it into .env), or try it all with --sandbox",
        )
    return found.key


def find_key(settings: Settings) -> Found | None:
    """Look for the API key where `api_key` does; blanks alone are none."""
    for kind, where, read in _places(settings):
        if read is not None:
            key = read.get_secret_value().strip()
            return Found(key=SecretStr(key), kind=kind, where=where) if key else None
    return None


def _places(settings: Settings) -> Iterator[tuple[Kind, str, SecretStr | None]]:
    """Look into one place after the other, as far as somebody asks."""
    yield "environment", VARIABLE, _Variables().retell_api_key
    yield "file", DOTENV, _named_key()
    yield "file", "api_key_file", _file_key(settings.api_key_file)


def _named_key() -> SecretStr | None:
    try:
        return _Secrets().retell_api_key
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the file '.env' cannot be read: {type(error).__name__}",
            hint="correct it or remove it; RETELL_API_KEY alone is enough",
        ) from None


def _file_key(path: str | None) -> SecretStr | None:
    if not path:
        return None
    try:
        return SecretStr(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        # The name is not shown: some write the key itself there.
        raise ConfigError(
            f"the file that api_key_file names cannot be read: {type(error).__name__}",
            hint="name a text file that holds nothing but the key",
        ) from None
