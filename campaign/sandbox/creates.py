"""Creating a call: the faults around it, what can refuse it, and making it at most once per key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from campaign.sandbox import faults
from campaign.sandbox.account import NO_ASSET, has_agent, is_paid, no_number, number_of
from campaign.sandbox.answer import Answer, Ask, Done, in_json, invalid, parsed, refused
from campaign.sandbox.calls import CallRecord, Calls
from campaign.sandbox.life import REFUSED_LINE, life_of
from campaign.sandbox.limits import CallPace, has_free_line
from campaign.sandbox.plan import Number, SandboxPlan
from campaign.sandbox.seed import rng
from campaign.sandbox.shapes import FRESH_S, as_v1, as_v2
from campaign.sandbox.validate import create_problem
from campaign.sandbox.webhooks import webhook_refusal

KEY_LASTS_S = 3600.0
OUTAGE = "outage"
"""The log's word for a create that met an outage of the plan."""


class Creates:
    """Handles creates; `elapsed_s` of its methods counts from the sandbox's first request."""

    def __init__(self, plan: SandboxPlan, calls: Calls, *, announces: bool = False) -> None:
        self._plan = plan
        self._announces = announces
        self._calls = calls
        self._pace = CallPace(plan.cps)
        self._sent = 0
        self._sent_to: Counter[str] = Counter()
        self._keys: dict[str, str] = {}

    def answer(self, ask: Ask, elapsed_s: float, *, v1: bool) -> Done:
        """Handle one create, and spoil it where a fault is planned."""
        try:
            body = parsed(ask.body)
        except ValueError:
            body = None
        to_number = str(body.get("to_number", "")) if isinstance(body, dict) else ""
        self._sent += 1
        self._sent_to[to_number] += 1
        if self._is_out(to_number, elapsed_s):
            return Done(answer=faults.broken(), fault=OUTAGE)
        fault = self._plan.faults.of_create(self._sent, to_number, self._sent_to[to_number])
        if fault in faults.BEFORE:
            answer = faults.instead(fault, self._plan.faults, ask.path, ask.now_s)
            return Done(answer=answer, fault=fault)
        done = self._handled(body, ask.now_s, elapsed_s, v1=v1)
        if fault is None or done.record is None:
            return done
        return replace(
            done, answer=faults.spoiled(fault, self._plan.faults, done.answer), fault=fault
        )

    def _is_out(self, to_number: str, elapsed_s: float) -> bool:
        if self._plan.outage is None:
            return False
        drawn = rng(self._plan.seed, OUTAGE, to_number, self._sent_to[to_number]).random()
        return drawn < self._plan.outage(elapsed_s)

    def _handled(self, body: Any, now_s: float, elapsed_s: float, *, v1: bool) -> Done:
        if problem := create_problem(body, v1=v1):
            return Done(answer=invalid(problem))
        if self._announces and not v1 and (answer := webhook_refusal(body)):
            return Done(answer=answer)
        if not is_paid(self._plan, elapsed_s):
            text = "Trial has ended, please add payment method."
            return Done(answer=refused(402, text, v1=v1))
        if not v1 and (record := self._replayed(body, now_s)):
            return Done(answer=self._shown(record), record=record, replayed=True)
        if answer := self._unwanted(body, v1=v1):
            return Done(answer=answer)
        free = has_free_line(self._plan, self._calls.live(now_s), elapsed_s)
        if not free and self._plan.over_limit == "429":
            text = "Account rate limited: concurrency limit reached."
            return Done(answer=refused(429, text, v1=v1))
        if answer := self._pace.refusal(body["from_number"], now_s):
            return Done(answer=answer)
        record = self._made(body, now_s, v1=v1, free=free)
        return Done(answer=self._shown(record), record=record, created=True)

    def _replayed(self, body: Mapping[str, Any], now_s: float) -> CallRecord | None:
        call_id = self._keys.get(body.get("idempotency_key", ""))
        if call_id is None or not self._plan.honors_keys:
            return None
        record = self._calls.by_id[call_id]
        return record if now_s - record.created_s <= KEY_LASTS_S else None

    def _unwanted(self, body: Mapping[str, Any], *, v1: bool) -> Answer | None:
        plan = self._plan
        own = number_of(plan, body["from_number"])
        if own is None:
            return no_number(body["from_number"], v1=v1)
        agent = body.get("override_agent_id")
        if agent is None and not own.agents:
            return refused(400, "No outbound agent id set up for phone number.", v1=v1)
        if agent is not None and not has_agent(plan, agent):
            return refused(422, NO_ASSET, v1=v1)
        to_number = body["to_number"]
        for prefix, country in plan.blocked_countries.items():
            if to_number.startswith(prefix):
                return refused(400, f"Call country not supported: {country}", v1=v1)
        if not v1 and body.get("honor_internal_dnc") is True and to_number in plan.dnc:
            return refused(400, "Contact is marked as do not call.")
        return None

    def _made(self, body: Mapping[str, Any], now_s: float, *, v1: bool, free: bool) -> CallRecord:
        to_number = body["to_number"]
        own = number_of(self._plan, body["from_number"]) or Number()
        life = life_of(self._plan, to_number, self._calls.made_to(to_number) + 1)
        record = self._calls.add(
            body,
            life if free else REFUSED_LINE,
            agent_id=body.get("override_agent_id") or own.agents[0],
            now_s=now_s,
            v1=v1,
            holds_line=free,
        )
        if not v1 and (key := body.get("idempotency_key")):
            self._keys[key] = record.call_id
        return record

    def _shown(self, record: CallRecord) -> Answer:
        body = as_v1(record, FRESH_S) if record.v1 else as_v2(record, FRESH_S, self._plan)
        return in_json(201, body)
