"""What v1 and v2 spell differently."""

from __future__ import annotations

from typing import Protocol

from campaign.errors import ConfigError
from campaign.model import Call, CallPage, CallQuery, CallRequest
from campaign.retell import v1, v2
from campaign.retell.seen import Seen
from campaign.retell.wire_list import Ask


class Dialect(Protocol):
    """One version of the API; the modules `v1` and `v2` fulfil it."""

    CREATE_PATH: str

    def call_path(self, call_id: str, /) -> str:
        """Return the path that tells how a call stands."""
        ...

    def encode_create(self, request: CallRequest, /) -> bytes:
        """Return the body of a create; `UnwritableError` where the request has none."""
        ...

    def parse_call(self, body: bytes, /, *, status: str = "") -> Call | None:
        """Read a call; `None` without a readable id. `status` stands in for a missing one."""
        ...

    def ask_page(self, query: CallQuery, /) -> Ask:
        """Return the request for one page of a listing."""
        ...

    def parse_page(self, body: bytes, query: CallQuery, seen: Seen | None = None, /) -> CallPage:
        """Read one page; `ListingError` where the listing cannot be walked."""
        ...


_DIALECTS: dict[str, Dialect] = {"v2": v2, "v1": v1}


def dialect_of(api: str) -> Dialect:
    """Return the dialect of `"v2"` or `"v1"`."""
    try:
        return _DIALECTS[api]
    except KeyError:
        raise ConfigError(f"there is no API {api!r}", hint="use 'v2' or 'v1'") from None
