"""The bodies of `POST /v3/list-calls`, and what a listing needs whatever its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from campaign.model import Call, CallQuery
from campaign.retell.wire import Answer, Array, Count, Flag, Request, Text

MAX_LIMIT = 1000


class ListingError(ValueError):
    """A listing that cannot be walked to its end; half of one would be taken for all of it.

    `final`: asking again would not help.
    """

    def __init__(self, message: str, *, final: bool = True) -> None:
        super().__init__(message)
        self.final = final


def page_size(query: CallQuery) -> int:
    """Return how many items to ask for, within what the provider accepts."""
    return max(1, min(query.limit, MAX_LIMIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of a read."""

    method: Literal["GET", "POST"]
    target: str
    body: bytes | None = None


class StringFilter(Request):
    """Compares a text."""

    type: Literal["string"] = "string"
    op: Literal["eq", "ne", "sw", "ew", "co"] = "eq"
    value: str


class EnumFilter(Request):
    """One of several words."""

    type: Literal["enum"] = "enum"
    op: Literal["in"] = "in"
    value: list[str]


class NumberFilter(Request):
    """Compares a number."""

    type: Literal["number"] = "number"
    op: Literal["eq", "ne", "gt", "ge", "lt", "le"]
    value: float


class RangeFilter(Request):
    """Between two numbers, low first."""

    type: Literal["range"] = "range"
    op: Literal["bt"] = "bt"
    value: tuple[float, float]


class MetadataFilter(StringFilter):
    """Compares a top-level entry of the metadata."""

    key: str


TextFilter: TypeAlias = StringFilter | EnumFilter
TimeFilter: TypeAlias = NumberFilter | RangeFilter


class Criteria(Request):
    """All filters must hold."""

    call_id: TextFilter | None = None
    call_status: EnumFilter | None = None
    metadata: list[MetadataFilter] | None = None
    to_number: StringFilter | None = None
    from_number: StringFilter | None = None
    start_timestamp: TimeFilter | None = None
    end_timestamp: TimeFilter | None = None
    disconnection_reason: EnumFilter | None = None
    batch_call_id: StringFilter | None = None


class ListV3(Request):
    """Body of `POST /v3/list-calls`."""

    filter_criteria: Criteria | None = None
    sort_order: Literal["ascending", "descending"] | None = None
    limit: int | None = None
    pagination_key: str | None = None
    skip: int | None = None
    include_total: bool | None = None


class PageV3(Answer):
    """Answer of `POST /v3/list-calls`."""

    items: Array = None
    pagination_key: Text = None
    has_more: Flag = None
    total: Count = None


def campaign_of(call: Call) -> Any:
    """Return the campaign id that a call carries, `None` without one."""
    return call.metadata.get("campaign_id")


def claims(item: dict[str, Any], query: CallQuery) -> bool:
    """Tell whether an item, readable or not, says that it belongs to the campaign of a query."""
    metadata = item.get("metadata")
    return isinstance(metadata, dict) and metadata.get("campaign_id") == query.campaign_id
