"""Settings from flags, environment and `campaign.toml`; the one place that has defaults.

Flag > environment > file > default. Each source is validated on its own, so a bad value is an
error also where another source overrides it. The API key is no setting: it is read apart, kept as
a secret, and never travels with the rest.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from campaign.errors import CampaignError, ConfigError, UsageError

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: object) -> float:
    """Turn `90s`, `30m`, `2h`, `1d` or a bare `0` into seconds."""
    if isinstance(text, timedelta):
        return text.total_seconds()
    written = str(text).strip()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", written)
    if found:
        return float(found[1]) * UNITS[found[2]]
    if written in {"0", "0.0"}:
        return 0.0
    raise ValueError(f"{written!r} is no duration; write it as 90s, 30m, 2h or 1d")


def _several(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _entries(value: object) -> object:
    """Take `K=V` texts, one or a list, or a JSON object, as a mapping."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return json.loads(value)
    if isinstance(value, str):
        value = [part for part in value.split(",") if part]
    if not isinstance(value, list | tuple):
        return value
    entries: dict[str, str] = {}
    for text in value:
        name, equals, rest = str(text).partition("=")
        if not equals or not name:
            raise ValueError(f"{text!r} is no K=V entry; write it as name=value")
        entries[name] = rest
    return entries


def _table(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


def _pace(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "any" else value


def _texts(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        str(name): entry if isinstance(entry, str) else json.dumps(entry)
        for name, entry in value.items()
    }


Duration = Annotated[float, BeforeValidator(seconds)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]
Entries = Annotated[dict[str, str], BeforeValidator(_texts), BeforeValidator(_entries)]
Table = Annotated[dict[str, Any], BeforeValidator(_table)]
Count = Annotated[int, Field(ge=1)]


class Breaker(BaseModel):
    """When failures stop the run: creates in a row that came to nothing certain. 0 is off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    failed_in_a_row: int = Field(default=5, ge=0)


class Settings(BaseModel):
    """Everything a run can be told; names are the flags' with `_` for `-`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contacts: str | None = None
    from_number: Texts = ()
    out: str | None = None
    name: str | None = None
    ledger: str | None = None
    agent: str | None = None
    agent_version: int | str | None = None
    agent_override: Table = Field(default_factory=dict)
    var: Entries = Field(default_factory=dict)
    meta: Entries = Field(default_factory=dict)
    phone_column: str | None = None
    key: str | None = None
    region: str | None = None
    cps: Annotated[float | None, BeforeValidator(_pace)] = Field(default=1.0, gt=0, le=1000)
    """Starts per second and caller number; `None` for `any`."""
    max_live: Count = 20
    in_flight: Count = 20
    limit: int | None = Field(default=None, ge=0)
    hours: str | None = None
    until: str | None = None
    drain_for: Duration = 20.0
    follow: bool = True
    drop_machine: bool = False
    api: Literal["v1", "v2"] = "v2"
    base_url: str = "https://api.retellai.com"
    sandbox: bool = False
    dry_run: bool = False
    strict: bool = False
    rejects: str | None = None
    attempts_out: str | None = None
    excel_safe: bool = False
    yes: bool = False
    progress: Literal["auto", "bar", "none"] = "auto"
    api_key_file: str | None = None
    breaker: Annotated[Breaker, BeforeValidator(_table)] = Breaker()

    @field_validator("from_number")
    @classmethod
    def _e164(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number in value:
            if not E164.fullmatch(number):
                raise ValueError(f"{number!r} is not E.164; write it like +14155550123")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z]{2}", value):
            raise ValueError(f"{value!r} is no region; write two letters like US")
        return value.upper() if value else None

    @field_validator("name")
    @classmethod
    def _named(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("a campaign's name cannot be empty")
        return value

    @field_validator("until")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        if value is not None and not is_time_of_day(value):
            seconds(value)
        return value


def is_time_of_day(text: str) -> bool:
    """Tell whether a text is a time of day, `HH:MM`."""
    return re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text.strip()) is not None


def load(
    flags: Mapping[str, Any],
    *,
    config: str | Path | None = None,
    find_config: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Merge all sources into settings.

    `flags` are the given ones alone. `config` names a TOML file; with `find_config` a
    `campaign.toml` in the current folder is used where none is named. A bad flag raises
    `UsageError`, a bad file or environment variable `ConfigError`.
    """
    path = Path(config) if config else _found_config() if find_config else None
    merged = {
        **(_from_file(path) if path else {}),
        **_from_environment(os.environ if environ is None else environ),
        **_checked(flags, "", UsageError),
    }
    return Settings.model_validate(merged)


def config_folder(config: str | Path | None) -> Path | None:
    """Return the folder of a named configuration file."""
    return Path(config).expanduser().resolve().parent if config else None


def _found_config() -> Path | None:
    path = Path("campaign.toml")
    return path if path.is_file() else None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the configuration {str(path)!r} cannot be read: {error.strerror}",
            hint="name an existing file with --config",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {str(path)!r} is no TOML: {error}") from error
    return _beside(_checked(values, f" in {str(path)!r}", ConfigError), path.resolve().parent)


def _beside(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Take relative paths in a configuration file as relative to that file."""
    paths = {"contacts", "out", "ledger", "rejects", "attempts_out", "api_key_file"}
    return {
        name: str(folder / Path(value).expanduser())
        if name in paths and isinstance(value, str) and value != "-"
        else value
        for name, value in values.items()
    }


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    prefix = "CAMPAIGN_"
    values = {
        name: environ[variable]
        for name in Settings.model_fields
        if (variable := prefix + name.upper()) in environ
    }
    if "base_url" not in values and environ.get("RETELL_BASE_URL"):
        values["base_url"] = environ["RETELL_BASE_URL"]
    return _checked(values, " in the environment", ConfigError)


def _checked(
    values: Mapping[str, Any], where: str, error_type: type[CampaignError]
) -> dict[str, Any]:
    """Validate one source on its own; return it unchanged, for merging."""
    for name in values:
        if name not in Settings.model_fields:
            raise error_type(f"unknown setting {name!r}{where}", hint=_nearest(name))
    try:
        Settings.model_validate(dict(values))
    except ValidationError as error:
        raise error_type(_told(error, where)) from error
    return dict(values)


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name.replace("-", "_"), Settings.model_fields, n=1)
    return f"did you mean {near[0]!r}?" if near else "see `campaign run --help` for the names"


def _told(error: ValidationError, where: str) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = [str(part) for part in first["loc"]]
    name = ".".join(place) or "the settings"
    message = first["msg"].removeprefix("Value error, ")
    given = "" if repr(first["input"]) in message else f" (given: {first['input']!r})"
    return f"{name}{where}: {message}{given}"


class _Secrets(BaseSettings):
    """The API key as users already have it, from the environment before `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True
    )

    retell_api_key: SecretStr | None = None


def api_key(settings: Settings) -> SecretStr:
    """Read the API key: `RETELL_API_KEY`, then `.env`, then `api_key_file`.

    Raises `ConfigError` where there is none. The key is never part of a message.
    """
    found = _Secrets().retell_api_key
    if found is None and settings.api_key_file:
        found = _file_key(Path(settings.api_key_file))
    if found is None or not found.get_secret_value().strip():
        raise ConfigError(
            "there is no API key",
            hint="set RETELL_API_KEY (or put it into .env), or try it all with --sandbox",
        )
    return SecretStr(found.get_secret_value().strip())


def _file_key(path: Path) -> SecretStr:
    try:
        return SecretStr(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"api_key_file {str(path)!r} cannot be read: {type(error).__name__}",
            hint="name a text file that holds nothing but the key",
        ) from None
