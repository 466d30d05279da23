"""Where settings come from: flags or keywords > environment > `campaign.toml` > defaults.

Each source is validated on its own, so a bad value is an error also where another source
overrides it. The entries of `var` and `meta` are merged one by one; anything else is replaced.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from campaign.config.settings import Settings
from campaign.errors import CampaignError, ConfigError, UsageError
from campaign.log import Action, Log

log = Log(__name__)

PREFIX = "CAMPAIGN_"
DEFAULT_FILE = "campaign.toml"
BASE_URL = "RETELL_BASE_URL"
MERGED = frozenset({"var", "meta"})
PATHS = frozenset(
    {
        "contacts",
        "out",
        "ledger",
        "rejects",
        "attempts_out",
        "transcripts",
        "api_key_file",
        "hours_rules",
        "suppress",
    }
)
SECRET = frozenset({"ping"})
"""Whose values are never shown."""

CONFIG = "config"
"""No setting: where the file is cannot be written in the file. The command line reads it."""


def warn(text: str) -> None:
    """Log something odd about the settings that stops nothing."""
    log.warning(Action.SETTINGS, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that settings come from; `spelled` tells how it writes a setting's name."""

    values: Mapping[str, Any]
    error: type[CampaignError]
    where: str = ""
    spelled: Callable[[str], str] = str

    def checked(self) -> Settings:
        """Return what this source says alone; raise its error where it says something unusable."""
        for name in self.values:
            if name not in Settings.model_fields:
                raise self.error(
                    f"unknown setting {name!r}{self.where}",
                    hint=_nearest(name.replace("-", "_"), _names()),
                )
        try:
            return Settings.model_validate(dict(self.values))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            raise self.error(self._told(first)) from None

    def _told(self, error: ErrorDetails) -> str:
        setting, *rest = (str(part) for part in error["loc"])
        name = ".".join([self.spelled(setting), *rest]) + self.where
        if error["type"] == "extra_forbidden":
            return f"unknown setting {name}; {_nearest('.'.join([setting, *rest]), _names())}"
        message = error["msg"].removeprefix("Value error, ")
        given = error["input"]
        # Only what is short and plain: a table may hold what is nobody's business.
        plain = isinstance(given, str | int | float) and setting not in SECRET
        shown = plain and not message.startswith(repr(given))
        return f"{name}: {message}" + (f" (given: {given!r})" if shown else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one source says: its `kind`, and `where` it says a setting."""

    kind: Literal["file", "environment", "flag"]
    settings: Settings
    where: Callable[[str], str]


def load(
    given: Mapping[str, Any],
    *,
    config: str | os.PathLike[str] | None = None,
    find_config: bool = False,
    environ: Mapping[str, str] | None = None,
    spelled: Callable[[str], str] = str,
    notify: Callable[[str], None] = warn,
) -> Settings:
    """Merge all sources into settings.

    `given` are the flags or keywords that were given, which `spelled` names in messages. `config`
    names a TOML file; with `find_config` a `campaign.toml` in the current folder is used where
    none is named. A bad value in `given` raises `UsageError`, one in a file or the environment
    `ConfigError`. `notify` is told of variables that look like settings and are none.
    """
    environ = os.environ if environ is None else environ
    file = config_file(config, find=find_config)
    sources = hear(given, file=file, environ=environ, spelled=spelled)
    _warn_of_unknown(environ, notify)
    return merged(source.settings for source in sources)


def hear(
    given: Mapping[str, Any],
    *,
    file: Path | None,
    environ: Mapping[str, str],
    spelled: Callable[[str], str],
) -> list[Heard]:
    """Return what each source says, the one that wins last; each is checked for itself."""
    heard = []
    if file is not None:
        heard.append(Heard(kind="file", settings=_from_file(file), where=lambda _: str(file)))
    heard.append(
        Heard(
            kind="environment",
            settings=_from_environment(environ),
            where=lambda name: _variable(name, environ),
        )
    )
    flags = Source(values=given, error=UsageError, spelled=spelled).checked()
    return [*heard, Heard(kind="flag", settings=flags, where=spelled)]


def config_file(config: str | os.PathLike[str] | None, *, find: bool) -> Path | None:
    """Return the configuration file that counts: a named one, else one that is found."""
    return _named(config) if config else _found() if find else None


def config_folder(config: str | os.PathLike[str] | None) -> Path | None:
    """Return the folder of a named configuration file."""
    return _named(config).parent if config else None


def _named(config: str | os.PathLike[str]) -> Path:
    return Path(os.path.expanduser(config))


def merged(sources: Iterable[Settings]) -> Settings:
    """Return what holds where several sources speak, the one that wins last."""
    merged: dict[str, Any] = {}
    for source in sources:
        for name in source.model_fields_set:
            value = getattr(source, name)
            merged[name] = {**merged.get(name, {}), **value} if name in MERGED else value
    return Settings().model_copy(update=merged)


def _found() -> Path | None:
    path = Path(DEFAULT_FILE)
    return path if path.is_file() else None


def _from_file(path: Path) -> Settings:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the configuration {str(path)!r} cannot be read: {error.strerror}",
            hint="name an existing file with --config",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {str(path)!r} is no TOML: {error}") from error
    found = Source(values=values, error=ConfigError, where=f" in {str(path)!r}").checked()
    return found.model_copy(update=_beside(found, path.parent))


def _beside(found: Settings, folder: Path) -> dict[str, str | tuple[str, ...]]:
    """Return the paths of a configuration file, relative ones taken from its folder."""
    return {name: _placed(getattr(found, name), folder) for name in PATHS & found.model_fields_set}


def _placed(path: str | tuple[str, ...], folder: Path) -> str | tuple[str, ...]:
    if isinstance(path, tuple):
        return tuple(one if "://" in one else str(folder / one) for one in path)
    return path if path == "-" or "://" in path else str(folder / path)


def _from_environment(environ: Mapping[str, str]) -> Settings:
    """Read the variables that are settings; an empty one counts as not set."""
    variables = {name: _variable(name, environ) for name in Settings.model_fields}
    values = {name: text for name, v in variables.items() if (text := environ.get(v))}
    return Source(values=values, error=ConfigError, spelled=variables.__getitem__).checked()


def _variable(name: str, environ: Mapping[str, str]) -> str:
    own = PREFIX + name.upper()
    return BASE_URL if name == "base_url" and not environ.get(own) else own


def _warn_of_unknown(environ: Mapping[str, str], notify: Callable[[str], None]) -> None:
    """Other programs may have variables of this prefix: a warning, no error."""
    known = {name.upper() for name in (*Settings.model_fields, CONFIG)}
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if name != variable and name not in known:
            hint = _nearest(name, known, PREFIX)
            notify(f"the environment variable {variable} is no setting; {hint}")


def _names() -> list[str]:
    """Return what every setting is called, those of tables with the table's name before them."""
    names = list(Settings.model_fields)
    for name, table in Settings():
        if isinstance(table, BaseModel):
            names += [f"{name}.{inner}" for inner in type(table).model_fields]
    return names


def _nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    if near:
        return f"did you mean {prefix + near[0]!r}?"
    return "see `campaign run --help` for the names"
