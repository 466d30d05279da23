"""A `campaign.toml` to start from, made from the settings themselves: it cannot fall behind them.

Everything in it is commented out, so that a default that becomes better later becomes better for
those who never touched it. Text is commented with `# `, settings with `#` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from campaign.config.settings import Settings
from campaign.config.toml import value_text, written

HEAD = """\
# What `campaign run -c FILE` goes by, so that it need not be typed.
#
# Each line that begins with `#` and a name is a setting with its default, or, where there is
# none, with an example. Take its `#` away to change it. A flag wins over an environment variable
# (CAMPAIGN_MAX_LIVE=40), that over this file, this file over the defaults;
# `campaign check -c FILE --show-config` tells what holds and why. Relative paths begin where this
# file is. Durations: 90s, 30m, 2h, 1d. The API key does not belong in here: RETELL_API_KEY.
"""

HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "contacts": "The campaign",
        "agent": "Who speaks, and what about",
        "phone_column": "How the list is read",
        "cps": "How fast, how many, how often",
        "hours": "Who may be called, and when",
        "clean_variables": "Checks before it counts",
        "budget": "Money and time",
        "webhook_port": "The provider",
        "rejects": "Files and screen",
    }
)
"""The setting before which each part begins."""

EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "contacts": "contacts.csv",
        "from_number": ["+14157774444"],
        "out": "results.csv",
        "name": "spring",
        "ledger": "campaign.db",
        "agent": "agent_0123456789abcdef",
        "agent_version": 3,
        "agent_override": {"agent": {"voice_speed": 1.1}},
        "var": {"product": "Gold"},
        "meta": {"team": "sales"},
        "phone_column": "phone",
        "key": "customer_id",
        "region": "US",
        "encoding": "cp1252",
        "sheet": "Sheet1",
        "limit": 100,
        "timezone_column": "timezone",
        "region_column": "state",
        "hours_rules": "hours.toml",
        "skip_holidays": ["US"],
        "suppress": ["do-not-call.csv"],
        "consent_column": "consent",
        "consent_date_column": "consent_date",
        "consent_max_age": "365d",
        "opt_out_field": "do_not_call",
        "expects": ["first_name"],
        "only": "+14155550123",
        "to": "+14155550199",
        "budget": 50,
        "cost_per_call": 0.25,
        "until": "18:00",
        "webhook_port": 8080,
        "webhook_url": "https://calls.example.com/",
        "webhook_key_env": "RETELL_WEBHOOK_KEY",
        "ping": "https://hc-ping.com/your-own-check",
        "rejects": "rejected.csv",
        "attempts_out": "attempts.csv",
        "transcripts": "transcripts",
        "api_key_file": "retell.key",
    }
)
"""What is shown where there is no default to show."""


def template() -> str:
    """Return the text of a `campaign.toml` in which every setting is explained."""
    return "\n".join([HEAD, *_lines()]).rstrip("\n") + "\n"


def _lines() -> Iterator[str]:
    model = Settings()
    defaults = written(model)
    for name, field in Settings.model_fields.items():
        if name in HEADINGS:
            yield f"# ---- {HEADINGS[name]} ----\n"
        table = getattr(model, name)
        if isinstance(table, BaseModel):
            yield f"# ---- [{name}] {field.description} ----\n"
            # Dotted, so that what follows a table does not become a part of it.
            for inner, inner_field in type(table).model_fields.items():
                yield from _setting(f"{name}.{inner}", inner_field, defaults[name][inner])
        else:
            yield from _setting(name, field, defaults[name])


def _setting(name: str, field: FieldInfo, default: Any) -> Iterator[str]:
    shown = EXAMPLES.get(name, "") if default in (None, [], {}) else default
    yield f"# {field.description}"
    yield f"#{name} = {value_text(shown)}\n"
