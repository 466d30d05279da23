"""What the dialer needs of the provider of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from campaign.model import (
    Account,
    Call,
    CallerNumber,
    CallPage,
    CallQuery,
    CallRequest,
    Concurrency,
    Fault,
    Missing,
)


class Provider(Protocol):
    """A telephone-call API. No method retries, redirects or raises for what the wire does.

    Our own cancellation in the middle of `create` leaves a call that may exist; callers shield it.
    """

    async def create(self, request: CallRequest) -> Call | Fault:
        """Send one create, once."""
        ...

    async def get(self, call_id: str) -> Call | Missing | Fault:
        """Ask how one call stands."""
        ...

    @property
    def skew_s(self) -> float | None:
        """Seconds by which the provider's clock is ahead of ours, `None` before an answer."""
        ...

    async def list_calls(self, query: CallQuery) -> CallPage | Missing | Fault:
        """List calls of a campaign, newest first, one page; `Missing` without such an endpoint."""
        ...

    async def stop_call(self, call_id: str) -> Fault | Missing | None:
        """End a live call; `None` when it was accepted."""
        ...

    async def account(self) -> Account | Missing | Fault:
        """Tell whose key it is."""
        ...

    async def concurrency(self) -> Concurrency | Missing | Fault:
        """Tell how many calls of the account are live."""
        ...

    async def document(self, call_id: str) -> Mapping[str, Any] | Missing | Fault:
        """Ask for everything the provider holds of one call, transcript included, as it says it."""
        ...

    async def caller_number(self, number: str) -> CallerNumber | Missing | Fault:
        """Tell what a caller number is."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...
