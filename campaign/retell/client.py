"""The provider's client: `ports.Provider` over httpx transports, without any retry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from campaign.model import (
    Account,
    Call,
    CallerNumber,
    CallPage,
    CallQuery,
    CallRequest,
    Concurrency,
    Fault,
    FaultKind,
    Missing,
)
from campaign.retell import faults, wire_account, wire_prompt
from campaign.retell.address import Credentials, SecretText, base_address
from campaign.retell.dialect import dialect_of
from campaign.retell.exchange import WIRE_ERRORS, Answer, exchange
from campaign.retell.faults import Api
from campaign.retell.lines import Lines, opener
from campaign.retell.seen import Seen
from campaign.retell.sending import Form, Sending
from campaign.retell.skew import Skew
from campaign.retell.wire import UnwritableError, load_object
from campaign.retell.wire_list import Ask, ListingError

READERS = 4
NO_ENDPOINT = frozenset({404, 405, 501})
"""What a server without a listing answers, in whatever words: there is nothing else to be found."""

CREATED = "registered"
"""What a call is right after its creation."""

GET = {"accept": "application/json", "user_agent": "campaign"}
POST = {**GET, "content_type": "application/json"}
T = TypeVar("T")


class RetellProvider:
    """Retell, or a server that speaks like it.

    `in_flight` creates are on the wire at once, each on a connection of its own, and beside them a
    few reads, so that following never waits for dialling. `transport` stands in for the
    network, and is closed with the provider. `now` is the wall clock that `skew_s` compares with.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: SecretText,
        api: Api = "v2",
        in_flight: int = 20,
        transport: httpx.AsyncBaseTransport | None = None,
        read_timeout_s: float = 90.0,
        connect_timeout_s: float = 10.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_address(base_url)
        self.api = api
        self._dialect = dialect_of(api)
        self._credentials = Credentials(api_key)
        self._transport = transport
        self._creates = Lines(in_flight, opener(), shared=transport)
        # What the reads before the first create have opened, creates go on with.
        self._reads = self._creates.beside(READERS)
        self._now = now
        self._skew = Skew()
        self._seen = Seen()
        # No single wait of a healthy request comes near it; a server that drips meets it.
        total_s = connect_timeout_s + 2 * read_timeout_s
        self._timeouts = {
            "connect": connect_timeout_s,
            "read": read_timeout_s,
            "write": read_timeout_s,
            "pool": connect_timeout_s,
            "total": total_s,
        }
        # A create's answer is short: unpacking it would cost more than it saves.
        self._create_form = Form(
            "POST",
            f"{self.base_url}{self._dialect.CREATE_PATH}",
            self._credentials.headers(**POST, accept_encoding="identity"),
            self._timeouts,
        )
        self._post_headers = self._credentials.headers(**POST, accept_encoding="gzip")
        self._get_headers = self._credentials.headers(**GET, accept_encoding="gzip")

    def __repr__(self) -> str:
        return f"RetellProvider(base_url={self.base_url!r}, api={self.api!r})"

    @property
    def skew_s(self) -> float | None:
        """Seconds by which the provider's clock was ahead of ours at its newest answer."""
        return self._skew.skew_s

    async def create(self, request: CallRequest) -> Call | Fault:
        """Send one create, once; a 2xx with a readable call id is a call, whatever else it has."""
        try:
            body = self._dialect.encode_create(request)
        except UnwritableError as exc:
            return self._safe(Fault(kind=FaultKind.ROW, message=str(exc)))
        answer = await self._send(self._creates, self._create_form.filled(body))
        if isinstance(answer, Fault):
            return answer
        call = self._dialect.parse_call(answer.body, status=CREATED) if answer.ok else None
        return call or self._refusal(answer, "call_id", request=request)

    async def get(self, call_id: str) -> Call | Missing | Fault:
        """Ask how one call stands."""
        return await self._look(call_id, self._dialect.parse_call, lambda call: call.call_id)

    async def document(self, call_id: str) -> Mapping[str, Any] | Missing | Fault:
        """Ask for everything the provider holds of one call, as the JSON object that it sent."""
        return await self._look(call_id, _named, lambda fields: fields["call_id"])

    async def list_calls(self, query: CallQuery) -> CallPage | Missing | Fault:
        """List calls of a campaign, newest first, one page.

        A listing that cannot be walked to its end is a RUN fault, never a short list. `Missing`
        where a compatible server has no such endpoint.
        """
        answer = await self._ask(self._dialect.ask_page(query))
        if isinstance(answer, Fault):
            return answer
        if answer.status in NO_ENDPOINT:
            return Missing(message=f"the server has no listing of calls (HTTP {answer.status})")
        if not answer.ok:
            return self._refusal(answer, "list")
        try:
            return self._dialect.parse_page(answer.body, query, self._seen)
        except ListingError as exc:
            kind = FaultKind.RUN if exc.final else FaultKind.UNKNOWN
            return Fault(kind=kind, message=str(exc), status=answer.status)

    async def stop_call(self, call_id: str) -> Fault | Missing | None:
        """End a live call; `None` when it was accepted. v1 has no path of its own for it."""
        target = f"/v2/stop-call/{quote(call_id, safe='')}"
        answer = await self._ask(Ask(method="POST", target=target))
        if isinstance(answer, Fault):
            return answer
        return None if answer.ok else self._missing(answer) or self._refusal(answer, "answer")

    async def account(self) -> Account | Missing | Fault:
        """Tell whose key it is; `Missing` where a compatible server cannot say."""
        answer = await self._ask(Ask(method="GET", target="/get-api-key-info"))
        return self._found(answer, wire_account.account, "org_id")

    async def concurrency(self) -> Concurrency | Missing | Fault:
        """Tell how many calls are live; `Missing` where a compatible server cannot say."""
        answer = await self._ask(Ask(method="GET", target="/get-concurrency"))
        return self._found(answer, wire_account.concurrency, "concurrency")

    async def caller_number(self, number: str) -> CallerNumber | Missing | Fault:
        """Tell what a caller number is.

        A number that is not the account's is a RUN fault, as in a create; `Missing` is a server
        that cannot say.
        """
        answer = await self._ask(
            Ask(method="GET", target=f"/get-phone-number/{quote(number, safe='+')}")
        )
        if isinstance(answer, Answer) and faults.has_no_item(answer.status, answer.text):
            return self._refusal(answer, "number")
        return self._found(
            answer, lambda body: wire_account.caller_number(body, number), "phone number"
        )

    async def prompt_names(self, agent_id: str) -> frozenset[str] | Missing | Fault:
        """Tell which variables an agent's prompt uses; `Missing` where it cannot be looked at."""
        answer = await self._ask(Ask(method="GET", target=f"/get-agent/{quote(agent_id, safe='')}"))
        agent = self._found(answer, lambda body: body, "agent")
        if isinstance(agent, Missing | Fault):
            return agent
        llm = wire_prompt.llm_of(agent)
        if llm is None:
            return Missing(message="its prompt is not the provider's")
        answer = await self._ask(Ask(method="GET", target=f"/get-retell-llm/{quote(llm, safe='')}"))
        return self._found(answer, wire_prompt.names_in, "prompt")

    async def aclose(self) -> None:
        """Close what is open, the given transport included."""
        await self._creates.aclose()
        await self._reads.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    async def _ask(self, ask: Ask) -> Answer | Fault:
        headers = self._get_headers if ask.body is None else self._post_headers
        form = Form(ask.method, f"{self.base_url}{ask.target}", headers, self._timeouts)
        return await self._send(self._reads, form.filled(ask.body or b""))

    async def _look(
        self, call_id: str, parse: Callable[[bytes], T | None], id_of: Callable[[T], Any]
    ) -> T | Missing | Fault:
        answer = await self._ask(Ask(method="GET", target=self._dialect.call_path(call_id)))
        if isinstance(answer, Fault):
            return answer
        if faults.has_no_route(answer.status, answer.text):
            # The server lacks the path: that says nothing of the call.
            return self._refusal(answer, "call")
        found = self._found(answer, parse, "call")
        if not isinstance(found, Missing | Fault) and id_of(found) != call_id:
            return self._safe(faults.unreadable(answer.status, f"call {call_id!r}"))
        return found

    async def _send(self, lines: Lines, sending: Sending) -> Answer | Fault:
        try:
            async with lines.borrow() as line:
                sent_at = self._now()
                answer = await exchange(line, sending)
        except WIRE_ERRORS as exc:
            return self._safe(faults.of_exception(exc))
        self._skew.note(answer.date, sent_at=sent_at, ended_at=self._now())
        return answer

    def _found(
        self, answer: Answer | Fault, parse: Callable[[bytes], T | None], what: str
    ) -> T | Missing | Fault:
        if isinstance(answer, Fault):
            return answer
        found = parse(answer.body) if answer.ok else self._missing(answer)
        return self._refusal(answer, what) if found is None else found

    def _missing(self, answer: Answer) -> Missing | None:
        if answer.status not in (404, 422):
            return None
        words = faults.said(self._credentials.redact(answer.text))
        return Missing(message=faults.worded(words, answer.status))

    def _refusal(self, answer: Answer, what: str, *, request: CallRequest | None = None) -> Fault:
        if answer.ok:
            return self._safe(faults.unreadable(answer.status, what))
        fault = faults.of_status(
            answer.status,
            answer.headers,
            self._credentials.redact(answer.text),
            own_agent=request is not None and request.own_agent,
            own_caller=request is not None and request.own_caller,
            api=self.api,
            now=self._now(),
        )
        return self._safe(fault)

    def _safe(self, fault: Fault) -> Fault:
        return replace(fault, message=self._credentials.redact(fault.message))


def _named(body: bytes) -> dict[str, Any] | None:
    fields = load_object(body)
    return fields if fields and fields.get("call_id") else None
