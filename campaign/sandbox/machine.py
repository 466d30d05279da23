"""The simulated provider as one state machine: a request and a time in, an answer out.

It is mutable like a server, but knows nothing but what it was told: no clock, no I/O, and no
randomness that does not come from the plan's seeds. Times must not go back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from campaign.sandbox import account, faults
from campaign.sandbox.answer import Answer, Ask, Done, Entry, in_json, in_text, refused
from campaign.sandbox.calls import CallRecord, Calls
from campaign.sandbox.creates import Creates
from campaign.sandbox.limits import Limiter, Rates
from campaign.sandbox.listing import list_v1, list_v3
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.shapes import as_v1, as_v2
from campaign.sandbox.webhooks import Announcer, Notice

Handler = Callable[[Ask], Done]


class Sandbox:
    """A simulated provider. `log` and `calls` are the truth that tests compare with.

    With `announces`, a create may name a webhook on this machine, and `due` tells its events.
    Without, as inside the process, nobody would post them, and webhooks are taken and forgotten.
    """

    def __init__(self, plan: SandboxPlan | None = None, *, announces: bool = False) -> None:
        self.plan = plan or SandboxPlan()
        self.log: list[Entry] = []
        self._calls = Calls(seed=self.plan.seed, speed=self.plan.speed)
        self._announcer = Announcer() if announces else None
        self._creates = Creates(self.plan, self._calls, announces=announces)
        self._rates = Rates(self.plan.limits)
        self._first_s: float | None = None
        self._lists = 0
        self._gets = 0
        self._routes = self._without_gaps(self._all_routes())

    @property
    def calls(self) -> Mapping[str, CallRecord]:
        """Every call that was made, by id, oldest first, with the request as it was received."""
        return self._calls.by_id

    def live(self, now_s: float) -> int:
        """Return how many of its calls hold a line."""
        return self._calls.live(now_s)

    @property
    def next_event_s(self) -> float | None:
        """The moment of the next event for a webhook, `None` when none is to come."""
        return self._announcer.next_s if self._announcer else None

    def due(self, now_s: float) -> list[Notice]:
        """Return the events for webhooks that came due since the last question, oldest first."""
        return self._announcer.due(now_s, self._calls.by_id) if self._announcer else []

    def news(self, notice: Notice) -> bytes:
        """Return the body of an event: the call as it stood at that moment."""
        call = as_v2(self._calls.by_id[notice.call_id], notice.at_s, self.plan)
        return json.dumps({"event": notice.event, "call": call}, separators=(",", ":")).encode()

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, now_s: float
    ) -> Answer:
        """Answer one request: `target` is path and query, `now_s` seconds since the epoch."""
        if self._first_s is None:
            self._first_s = now_s
        path, _, query = target.partition("?")
        key, tail = self._key(method, path)
        ask = Ask(
            method=method,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            now_s=now_s,
            tail=tail,
        )
        done = self._done(ask, key)
        self.log.append(self._entry(ask, done))
        return done.answer

    def _done(self, ask: Ask, key: str) -> Done:
        if key not in self._routes:
            return Done(answer=in_text(404, f"Cannot {ask.method} {ask.path}"))
        limiter, handler = self._routes[key]
        if answer := self._rates.refusal(limiter, ask.now_s):
            return Done(answer=answer)
        if account.has_key(ask, self.plan, self._elapsed_s(ask)):
            done = handler(ask)
        else:
            done = Done(answer=refused(401, "API key is missing or invalid."))
        if limiter == "call" and 400 <= done.answer.status < 500 and done.answer.status != 429:
            self._rates.count_error(ask.now_s)
        return done

    def _key(self, method: str, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        # Keys that end in "/" want an id.
        if f"{method} {head}/" in self._routes and tail:
            return f"{method} {head}/", unquote(tail)
        return (f"{method} {path}", "") if tail else ("", "")

    def _entry(self, ask: Ask, done: Done) -> Entry:
        record = done.record
        metadata = record.request.get("metadata", {}) if record else {}
        return Entry(
            at_s=ask.now_s,
            method=ask.method,
            path=ask.path,
            status=done.answer.status,
            call_id=record.call_id if record else None,
            to_number=record.to_number if record else None,
            from_number=record.from_number if record else None,
            attempt_id=metadata.get("attempt_id"),
            created=done.created,
            idempotent_replay=done.replayed,
            fault=done.fault,
            live=self._calls.live(ask.now_s) if record else 0,
        )

    def _all_routes(self) -> dict[str, tuple[Limiter, Handler]]:
        plan = self.plan
        return {
            "POST /v2/create-phone-call": ("call", lambda ask: self._create(ask, v1=False)),
            "GET /v2/get-call/": ("general", lambda ask: self._get(ask, v1=False)),
            "POST /v2/stop-call/": ("general", self._stop),
            "POST /v3/list-calls": ("list", lambda ask: self._list(ask, v1=False)),
            "POST /create-phone-call": ("call", lambda ask: self._create(ask, v1=True)),
            "GET /get-call/": ("general", lambda ask: self._get(ask, v1=True)),
            "GET /list-calls": ("list", lambda ask: self._list(ask, v1=True)),
            "GET /get-concurrency": ("general", self._concurrency),
            "GET /get-api-key-info": ("general", lambda _: Done(answer=account.key_info(plan))),
            "GET /get-phone-number/": (
                "general",
                lambda ask: Done(answer=account.caller_number(plan, ask.tail)),
            ),
            "GET /get-agent/": ("general", lambda ask: Done(answer=account.agent(plan, ask.tail))),
            "GET /get-retell-llm/": (
                "general",
                lambda ask: Done(answer=account.prompt(plan, ask.tail)),
            ),
        }

    def _without_gaps(
        self, routes: dict[str, tuple[Limiter, Handler]]
    ) -> dict[str, tuple[Limiter, Handler]]:
        gone = {"POST /create-phone-call", "GET /get-call/", "GET /list-calls"}
        lacks = self.plan.lacks | (gone if self.plan.v1_gone else set())
        return {key: route for key, route in routes.items() if key not in lacks}

    def _create(self, ask: Ask, *, v1: bool) -> Done:
        done = self._creates.answer(ask, self._elapsed_s(ask), v1=v1)
        if self._announcer and done.record and done.created:
            self._announcer.follow(done.record, account.key_of(ask))
        return done

    def _list(self, ask: Ask, *, v1: bool) -> Done:
        self._lists += 1
        if fault := self.plan.faults.of_list(self._lists):
            answer = faults.instead(fault, self.plan.faults, ask.path, ask.now_s)
            return Done(answer=answer, fault=fault)
        lister = list_v1 if v1 else list_v3
        return Done(answer=lister(ask, self._calls, self.plan))

    def _get(self, ask: Ask, *, v1: bool) -> Done:
        self._gets += 1
        if fault := self.plan.faults.of_get(self._gets):
            answer = faults.instead(fault, self.plan.faults, ask.path, ask.now_s)
            return Done(answer=answer, fault=fault)
        record = self._calls.by_id.get(ask.tail)
        if record is None:
            return Done(answer=self._no_call(ask, v1=v1))
        shown = as_v1(record, ask.now_s) if v1 else as_v2(record, ask.now_s, self.plan)
        return Done(answer=in_json(200, shown), record=record)

    def _stop(self, ask: Ask) -> Done:
        before = self._calls.by_id.get(ask.tail)
        record = self._calls.stop(ask.tail, ask.now_s)
        if record is None:
            return Done(answer=self._no_call(ask, v1=False))
        if self._announcer and record is not before:
            self._announcer.stopped(record)
        return Done(answer=Answer(status=204), record=record)

    def _no_call(self, ask: Ask, *, v1: bool) -> Answer:
        text = f"Item {ask.tail} not found from call"
        return refused(self.plan.unknown_call_status, text, v1=v1)

    def _concurrency(self, ask: Ask) -> Done:
        live = self._calls.live(ask.now_s)
        return Done(answer=account.concurrency(self.plan, live, self._elapsed_s(ask)))

    def _elapsed_s(self, ask: Ask) -> float:
        return ask.now_s - (self._first_s or ask.now_s)
