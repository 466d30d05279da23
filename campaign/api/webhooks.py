"""The provider's own reports of calls, where a run takes them: a port, a key and an address."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from campaign.api.hooks import Hooks
from campaign.api.provider import SANDBOX_KEY
from campaign.config import Settings, api_key
from campaign.dialer.clock import SystemClock
from campaign.errors import ConfigError
from campaign.ports import News


@asynccontextmanager
async def taking_news(settings: Settings, hooks: Hooks) -> AsyncIterator[News | None]:
    """Open the port of the webhooks where one is asked for, and announce it; closed at the end."""
    if settings.webhook_port is None:
        yield None
        return
    from campaign.retell.receiver import Receiver

    receiver = Receiver(
        key=signing_key(settings),
        host=settings.webhook_host,
        port=settings.webhook_port,
        now=SystemClock().now,
    )
    try:
        await receiver.open()
        hooks.notify(_announced(settings, receiver.port))
        yield receiver.run
    finally:
        await receiver.aclose()


def _announced(settings: Settings, port: int) -> str:
    host = settings.webhook_host
    where = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    taken = f"webhooks are taken at {where}"
    if settings.webhook_url is None:
        return f"{taken}; the agent must send them there"
    if settings.api == "v1":
        return f"{taken}; v1 takes no address with a call: set webhook_url on the agent"
    return f"{taken}, and each call asks for them at {settings.webhook_url}"


def signing_key(settings: Settings) -> SecretStr:
    """Return the key that webhooks are signed with: the API key, unless a variable holds it."""
    if settings.webhook_key_env is None:
        return SANDBOX_KEY if settings.sandbox else api_key(settings)
    key = os.environ.get(settings.webhook_key_env, "").strip()
    if not key:
        # The name is not shown: some write the key itself there.
        raise ConfigError(
            "the environment variable that webhook_key_env names is not set",
            hint="set it to the signing key, or leave webhook_key_env out for the API key",
        )
    return SecretStr(key)
