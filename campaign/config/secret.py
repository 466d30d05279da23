"""The API key: no setting, read apart, kept as a secret, and never part of a message."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from campaign.config.settings import Settings
from campaign.errors import ConfigError


class _Secrets(BaseSettings):
    """The key as users already have it, from the environment before `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    retell_api_key: SecretStr | None = None


def api_key(settings: Settings) -> SecretStr:
    """Read the API key: `RETELL_API_KEY`, then `.env`, then `api_key_file`.

    Raises `ConfigError` where there is none.
    """
    found = _named_key()
    if found is None and settings.api_key_file:
        found = _file_key(Path(settings.api_key_file))
    key = found.get_secret_value().strip() if found else ""
    if not key:
        raise ConfigError(
            "there is no API key",
            hint="set RETELL_API_KEY (or put it into .env), or try it all with --sandbox",
        )
    return SecretStr(key)


def _named_key() -> SecretStr | None:
    try:
        return _Secrets().retell_api_key
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the file '.env' cannot be read: {type(error).__name__}",
            hint="correct it or remove it; RETELL_API_KEY alone is enough",
        ) from None


def _file_key(path: Path) -> SecretStr:
    try:
        return SecretStr(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        # The name is not shown: some write the key itself there.
        raise ConfigError(
            f"the file that api_key_file names cannot be read: {type(error).__name__}",
            hint="name a text file that holds nothing but the key",
        ) from None
