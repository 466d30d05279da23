"""Whose ledger it is, and whose campaign: checks made before anything is done with them."""

from __future__ import annotations

from dataclasses import replace

from campaign.errors import ConfigError
from campaign.model import Campaign

ANOTHER = "name another file with --ledger"


def normal_url(base_url: str) -> str:
    """Return a base URL in the spelling that is compared."""
    return base_url.rstrip("/")


def same_url(known: str | None, base_url: str) -> None:
    """Raise `ConfigError` where the ledger belongs to another base URL."""
    if known is not None and known != base_url:
        raise ConfigError(
            f"this ledger belongs to the base URL {known!r}, not {base_url!r}", hint=ANOTHER
        )


def same_account(known: str | None, account: str | None) -> str | None:
    """Return the ledger's account; raise `ConfigError` where it belongs to another one."""
    if known is not None and account is not None and known != account:
        raise ConfigError(
            f"this ledger belongs to the account {known!r}, and the API key to {account!r}",
            hint=f"use a key of that account, or {ANOTHER}",
        )
    return account if known is None else known


def reopened(known: Campaign, campaign: Campaign) -> Campaign:
    """Return the recorded campaign with the list of `campaign`; `ConfigError` if it is another."""
    if known.key_column != campaign.key_column:
        raise ConfigError(
            f"campaign {known.name!r} knows its contacts by {_key(known)}, not {_key(campaign)}",
            hint="use the same --key, or start a new campaign with --name",
        )
    if known.campaign_id != campaign.campaign_id:
        raise ConfigError(
            f"campaign {known.name!r} is {known.campaign_id!r} in this ledger,"
            f" not {campaign.campaign_id!r}",
            hint=f"start a new campaign with --name, or {ANOTHER}",
        )
    return replace(
        known,
        list_path=campaign.list_path,
        list_hash=campaign.list_hash,
        options=campaign.options,
    )


def unknown_campaign(name: str) -> ConfigError:
    """Return the error for a campaign that the ledger has never seen."""
    return ConfigError(
        f"the ledger knows no campaign {name!r}", hint="`campaign status` lists those it knows"
    )


def _key(campaign: Campaign) -> str:
    return f"the column {campaign.key_column!r}" if campaign.key_column else "the phone number"
