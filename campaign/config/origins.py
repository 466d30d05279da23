"""Which value of each setting holds, and which source it comes from: what people ask first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from campaign.config.secret import find_key
from campaign.config.settings import Settings
from campaign.config.sources import MERGED, SECRET, Heard, config_file, hear, merged
from campaign.config.toml import key_text, written
from campaign.errors import ConfigError
from campaign.policy.masking import HIDDEN, mask, mask_address, mask_url

DEFAULT = "default"
NUMBERS = frozenset({"only", "to"})
"""Settings that are a contact's number, or a person's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One setting that holds: `value` as it is written, `None` for none.

    `source` is `flag`, `environment`, `file` or `default`; `where` the flag, variable or file.
    """

    name: str
    value: Any
    source: str = DEFAULT
    where: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """All settings that hold, the file that was read, if any, and where the key comes from."""

    settings: Settings
    file: Path | None
    origins: Sequence[Origin]
    key: Origin


def in_force(
    given: Mapping[str, Any],
    *,
    config: str | os.PathLike[str] | None,
    environ: Mapping[str, str],
    spelled: Callable[[str], str],
) -> InForce:
    """Return what holds for a command, fit to be shown: keys and secrets masked.

    Raises as `load` does, which merges the same sources.
    """
    file = config_file(config, find=True)
    heard = hear(given, file=file, environ=environ, spelled=spelled)
    settings = merged(source.settings for source in heard)
    return InForce(
        settings=settings,
        file=file,
        origins=[_shown(origin, settings) for origin in _origins(settings, heard)],
        key=_key(settings),
    )


def _key(settings: Settings) -> Origin:
    """Tell where the key comes from, or, in place of that, why it cannot be had."""
    try:
        found = find_key(settings)
    except ConfigError as error:
        return Origin(name="api_key", value=None, source="file", where=str(error))
    if found is None:
        return Origin(name="api_key", value=None)
    return Origin(name="api_key", value=HIDDEN, source=found.kind, where=found.where)


def _origins(settings: Settings, heard: Sequence[Heard]) -> Iterator[Origin]:
    """Tell each setting; entries and tables are taken apart where their parts differ."""
    for name, value in written(settings).items():
        if name in MERGED and value:
            for entry, text in value.items():
                yield _told(f"{name}.{key_text(entry)}", text, name, _sayer(heard, name, entry))
        elif isinstance(getattr(settings, name), BaseModel):
            sayer = _sayer(heard, name)
            for part, inner in value.items():
                said = sayer is not None and part in getattr(settings, name).model_fields_set
                yield _told(f"{name}.{part}", inner, name, sayer if said else None)
        else:
            yield _told(name, value, name, _sayer(heard, name))


def _sayer(heard: Sequence[Heard], name: str, entry: str | None = None) -> Heard | None:
    """Return the source that has the last word on a setting, or on one entry of it."""
    for source in reversed(heard):
        if name in source.settings.model_fields_set and (
            entry is None or entry in getattr(source.settings, name)
        ):
            return source
    return None


def _told(name: str, value: Any, setting: str, sayer: Heard | None) -> Origin:
    if sayer is None:
        return Origin(name=name, value=value)
    return Origin(name=name, value=value, source=sayer.kind, where=sayer.where(setting))


def _shown(origin: Origin, settings: Settings) -> Origin:
    value = mask_url(origin.value) if origin.name in SECRET and origin.value else origin.value
    value = _plain(value)
    if origin.name in NUMBERS and value is not None and not settings.full_numbers:
        value = mask(value)
    elif origin.name == "api_key_file" and value is not None and not Path(value).is_file():
        value = HIDDEN  # some write the key itself there
    return Origin(name=origin.name, value=value, source=origin.source, where=origin.where)


def _plain(value: Any) -> Any:
    """Take out of addresses, however deep, what is nobody's business."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return mask_address(value) if isinstance(value, str) and "://" in value else value
