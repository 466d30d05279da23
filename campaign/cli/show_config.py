"""`--show-config`: what holds, and where it was said."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from campaign.api.sources import campaign_name, ledger_path, results_path
from campaign.cli.flags import flag_of, typed
from campaign.cli.say import document, line
from campaign.config.origins import InForce, Origin, in_force
from campaign.config.toml import value_text

COLUMN = 40
"""Where the second column begins, if the first one leaves room."""


def show_config(given: Mapping[str, Any], *, config: str | None, json: bool) -> None:
    """Print every setting of a command, as a TOML file that says where each comes from."""
    held = in_force(typed(given), config=config, environ=os.environ, spelled=flag_of)
    held = replace(held, origins=[_derived(origin, held, config) for origin in held.origins])
    if json:
        document({origin.name: _told(origin) for origin in [*held.origins, held.key]})
        return
    line(f"# {'no configuration file' if held.file is None else f'with {held.file}'}")
    for text in _lines(held):
        line(text)


def _derived(origin: Origin, held: InForce, config: str | None) -> Origin:
    """Fill in what follows from the list's name where nothing was said."""
    settings = held.settings
    if origin.value is not None or settings.contacts is None:
        return origin
    ways = {
        "name": lambda: campaign_name(settings, settings.contacts),
        "out": lambda: str(results_path(settings, settings.contacts)),
        "ledger": lambda: str(ledger_path(settings, config)),
    }
    return replace(origin, value=ways[origin.name]()) if origin.name in ways else origin


def _told(origin: Origin) -> dict[str, Any]:
    return {"value": origin.value, "source": origin.source, "where": origin.where}


def _lines(held: InForce) -> Iterator[str]:
    for origin in held.origins:
        unset = origin.value is None
        left = f"#{origin.name}" if unset else f"{origin.name} = {value_text(origin.value)}"
        yield _beside(left, "not set" if unset else _source(origin))
    key = held.key
    shown = "none" if key.value is None else key.value
    yield _beside("#api_key", shown if key.where is None else f"{shown}: {_source(key)}")


def _source(origin: Origin) -> str:
    return origin.source if origin.where is None else f"{origin.source} {origin.where}"


def _beside(left: str, right: str) -> str:
    return f"{left:<{COLUMN - 2}}  # {right}"
