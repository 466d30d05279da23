"""Settings from flags, environment and `campaign.toml`; the one place that has defaults.

`load` merges the sources into `Settings`; `api_key` reads the key, which is no setting and never
travels with the rest.
"""

from __future__ import annotations

from campaign.config.secret import api_key
from campaign.config.settings import Breaker, Settings
from campaign.config.sources import DEFAULT_FILE, config_folder, load
from campaign.config.values import is_time_of_day, seconds
from campaign.config.values_of_calling import ANY

__all__ = [
    "ANY",
    "DEFAULT_FILE",
    "Breaker",
    "Settings",
    "api_key",
    "config_folder",
    "is_time_of_day",
    "load",
    "seconds",
]
