"""The bodies that say something of the account: its key, its lines, its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from campaign.model import Account, CallerNumber, Concurrency
from campaign.retell.wire import Answer, Array, Count, Flag, Text, load_object


class ApiKeyInfo(Answer):
    """`GET /get-api-key-info`."""

    org_id: Text = None
    org_name: Text = None
    api_key_name: Text = None


class ConcurrencyInfo(Answer):
    """`GET /get-concurrency`."""

    current_concurrency: Count = None
    concurrency_limit: Count = None
    reserved_inbound_concurrency: Count = None
    concurrency_burst_enabled: Flag = None
    concurrency_burst_limit: Count = None
    base_concurrency: Count = None
    purchased_concurrency: Count = None
    concurrency_purchase_limit: Count = None
    remaining_purchase_limit: Count = None


class PhoneNumber(Answer):
    """`GET /get-phone-number/{number}`; older answers have one `outbound_agent_id`."""

    phone_number: Text = None
    phone_number_type: Text = None
    nickname: Text = None
    outbound_agents: Array = None
    outbound_agent_id: Text = None
    allowed_outbound_country_list: Array = None


def account(body: bytes) -> Account | None:
    """Read whose key it is; `None` without an org id."""
    info = ApiKeyInfo.model_validate(load_object(body) or {})
    if not info.org_id:
        return None
    return Account(org_id=info.org_id, org_name=info.org_name, api_key_name=info.api_key_name)


def concurrency(body: bytes) -> Concurrency | None:
    """Read how many calls are live; `None` without both the number and its limit.

    The burst limit is 0 while bursts are off.
    """
    info = ConcurrencyInfo.model_validate(load_object(body) or {})
    if info.current_concurrency is None or info.concurrency_limit is None:
        return None
    bursts = info.concurrency_burst_enabled is not False
    return Concurrency(
        current=info.current_concurrency,
        limit=info.concurrency_limit,
        reserved_inbound=info.reserved_inbound_concurrency or 0,
        burst_limit=(info.concurrency_burst_limit or None) if bursts else None,
    )


def caller_number(body: bytes, number: str) -> CallerNumber | None:
    """Read what the caller number `number` is; `None` where the body is no object.

    An empty list of countries means that all are allowed.
    """
    fields = load_object(body)
    if fields is None:
        return None
    info = PhoneNumber.model_validate(fields)
    return CallerNumber(
        number=number,
        kind=info.phone_number_type,
        outbound_agents=_agents(info),
        allowed_countries=tuple(_texts(info.allowed_outbound_country_list or ())) or None,
    )


def _agents(info: PhoneNumber) -> tuple[str, ...] | None:
    if info.outbound_agents is None and info.outbound_agent_id is None:
        return None
    ids = (
        one.get("agent_id") if isinstance(one, dict) else one for one in info.outbound_agents or ()
    )
    return tuple(_texts(ids)) or tuple(_texts([info.outbound_agent_id]))


def _texts(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str) and value]
