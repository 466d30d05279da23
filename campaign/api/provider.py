"""The provider that a run calls with, whose account it is, and the campaign bound to it."""

from __future__ import annotations

import time
from collections.abc import Callable

from pydantic import SecretStr

from campaign.api.asking import asked
from campaign.api.sources import list_path, recorded_options
from campaign.config import Settings, api_key
from campaign.contacts.screen import Listing
from campaign.dialer.clock import SystemClock
from campaign.errors import HaltError, KeyRefusedError
from campaign.model import Account, Campaign, Fault, FaultKind
from campaign.policy import identity
from campaign.ports import Ledger, Provider
from campaign.retell.address import base_address, is_loopback
from campaign.retell.client import RetellProvider
from campaign.sandbox.machine import Sandbox
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.transport import SandboxTransport

SANDBOX_URL = "http://localhost"
SANDBOX_KEY = SecretStr("sandbox")
SANDBOX_LIMIT = 20


def open_provider(settings: Settings) -> RetellProvider:
    """Return the provider's client: over the network, or into the sandbox in this process."""
    if not settings.sandbox:
        return RetellProvider(
            base_url=settings.base_url,
            api_key=api_key(settings),
            api=settings.api,
            in_flight=min(settings.in_flight, settings.max_live),
            connect_timeout_s=settings.http.connect_timeout,
            read_timeout_s=settings.http.read_timeout,
        )
    plan = SandboxPlan(concurrency_limit=max(SANDBOX_LIMIT, settings.max_live))
    return RetellProvider(
        base_url=SANDBOX_URL,
        api_key=SANDBOX_KEY,
        api=settings.api,
        in_flight=min(settings.in_flight, settings.max_live),
        transport=SandboxTransport(Sandbox(plan), now_s=time.time),
    )


def bound_url(settings: Settings) -> str:
    """Return what a ledger is bound to: the base URL, or the sandbox."""
    return "sandbox" if settings.sandbox else base_address(settings.base_url)


async def account_of(provider: Provider, notify: Callable[[str], None]) -> str | None:
    """Ask whose key it is; `None` where a compatible server cannot tell."""
    answer = await asked(provider.account)
    if isinstance(answer, Account):
        return answer.org_id
    if isinstance(answer, Fault):
        if answer.kind is FaultKind.KEY:
            raise KeyRefusedError(answer.message, hint="check RETELL_API_KEY")
        raise HaltError(
            f"the provider cannot be asked whose key this is: {answer.message}",
            hint="nobody was called; check --base-url and the network, then run again",
        )
    notify("the server does not tell whose key it is (no get-api-key-info): going on without")
    return None


async def open_campaign(
    settings: Settings, ledger: Ledger, *, name: str, listing: Listing, account: str | None
) -> Campaign:
    """Bind the ledger to base URL and account, and record the campaign in it."""
    url = bound_url(settings)
    known = await ledger.bind(base_url=url, account=account)
    if known is None and not (settings.sandbox or is_loopback(settings.base_url)):
        raise HaltError(
            f"{settings.base_url!r} does not tell whose key this is, and the ledger is new",
            hint="calls could not be recognised if the ledger were lost; nobody was called",
        )
    return await ledger.open_campaign(
        Campaign(
            name=name,
            campaign_id=identity.campaign_id(known or url, name),
            key_column=settings.key or "",
            list_path=list_path(listing.source),
            list_hash=listing.content_hash,
            created_at=SystemClock().now(),
            options=recorded_options(settings),
        )
    )
