"""What every call overrides of its agent: what the user wrote, and where webhooks are to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaign.config import Settings
from campaign.errors import ConfigError


def override_of(settings: Settings) -> Mapping[str, Any]:
    """Return the agent override of every call, the address of our webhooks in it."""
    if settings.webhook_url is None:
        return settings.agent_override
    agent = settings.agent_override.get("agent", {})
    return {**settings.agent_override, "agent": {**agent, "webhook_url": settings.webhook_url}}


def check_override(settings: Settings) -> None:
    """Raise `ConfigError` where webhooks are asked for and could not come."""
    if settings.webhook_url is None:
        return
    if settings.webhook_port is None:
        raise ConfigError(
            f"webhook_url is {settings.webhook_url!r} and nobody listens for webhooks",
            hint="give --webhook-port N, or leave webhook_url out",
        )
    agent = settings.agent_override.get("agent", {})
    if not isinstance(agent, Mapping):
        raise ConfigError(
            "agent in [agent_override] is no table, and webhook_url is to be set in it",
            hint="write it as agent = { ... }",
        )
    own = agent.get("webhook_url", settings.webhook_url)
    if own != settings.webhook_url:
        raise ConfigError(
            f"webhook_url is {settings.webhook_url!r} and that in [agent_override] is {own!r}",
            hint="keep one of them",
        )
