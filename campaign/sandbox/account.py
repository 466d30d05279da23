"""What can be asked about the account: its key, lines, caller numbers, agents and prompts."""

from __future__ import annotations

from campaign.sandbox.answer import Answer, Ask, in_json, refused
from campaign.sandbox.limits import UNLIMITED_LINES, burst_limit, others_at
from campaign.sandbox.plan import AGENT, Number, SandboxPlan
from campaign.sandbox.validate import E164

LLM = "llm_sandbox"
NO_ASSET = "Cannot find requested asset under given api key."


def has_key(ask: Ask, plan: SandboxPlan, elapsed_s: float) -> bool:
    """Tell whether a request carries a key of the account that is still valid."""
    key = key_of(ask)
    if not key or not (plan.keys is None or key in plan.keys):
        return False
    return plan.keys_valid is None or plan.keys_valid(elapsed_s)


def key_of(ask: Ask) -> str:
    """Return the key that a request carries, `""` without one."""
    scheme, _, key = ask.headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" else ""


def is_paid(plan: SandboxPlan, elapsed_s: float) -> bool:
    """Tell whether the account is in good standing."""
    return plan.paid(elapsed_s) if callable(plan.paid) else plan.paid


def number_of(plan: SandboxPlan, number: str) -> Number | None:
    """Return a caller number of the account; without a list of them, any E.164 number is one."""
    if plan.numbers is not None:
        return plan.numbers.get(number)
    return Number() if E164.fullmatch(number) else None


def key_info(plan: SandboxPlan) -> Answer:
    """Answer whose key it is."""
    return in_json(
        200, {"org_id": plan.org_id, "org_name": "Sandbox", "api_key_name": "sandbox key"}
    )


def concurrency(plan: SandboxPlan, live: int, elapsed_s: float) -> Answer:
    """Answer how many calls are live, the sandbox's own `live` ones and others', and the limits."""
    limit = UNLIMITED_LINES if plan.concurrency_limit is None else plan.concurrency_limit
    return in_json(
        200,
        {
            "current_concurrency": live + others_at(plan, elapsed_s),
            "concurrency_limit": limit,
            "base_concurrency": limit,
            "purchased_concurrency": 0,
            "reserved_inbound_concurrency": plan.reserved_inbound,
            "concurrency_burst_enabled": plan.burst,
            "concurrency_burst_limit": burst_limit(limit),
        },
    )


def caller_number(plan: SandboxPlan, number: str) -> Answer:
    """Answer what a caller number is."""
    own = number_of(plan, number)
    if own is None:
        return no_number(number)
    weight = 1 / max(1, len(own.agents))
    body = {
        "phone_number": number,
        "phone_number_type": own.kind,
        "phone_number_pretty": number,
        "outbound_agents": [
            {"agent_id": agent, "agent_version": 0, "weight": weight} for agent in own.agents
        ],
    }
    if own.countries is not None:
        body["allowed_outbound_country_list"] = list(own.countries)
    return in_json(200, body)


def no_number(number: str, *, v1: bool = False) -> Answer:
    """Refuse a caller number that the account does not have."""
    return refused(404, f"Item {number} not found from phone-number", v1=v1)


def has_agent(plan: SandboxPlan, agent_id: str) -> bool:
    """Tell whether the account has an agent."""
    return plan.agents is None or agent_id in plan.agents or agent_id == AGENT


def agent(plan: SandboxPlan, agent_id: str) -> Answer:
    """Answer what an agent is, and where its prompt is."""
    if not has_agent(plan, agent_id):
        return refused(422, NO_ASSET)
    return in_json(
        200,
        {
            "agent_id": agent_id,
            "agent_name": "Sandbox",
            "version": 0,
            "is_published": True,
            "language": "en-US",
            "voice_id": "sandbox-voice",
            "response_engine": {"type": "retell-llm", "llm_id": LLM, "version": 0},
        },
    )


def prompt(plan: SandboxPlan, llm_id: str) -> Answer:
    """Answer the prompt of the account's one language model."""
    if llm_id != LLM:
        return refused(422, NO_ASSET)
    return in_json(
        200,
        {
            "llm_id": llm_id,
            "version": 0,
            "is_published": True,
            "general_prompt": plan.prompt,
            "begin_message": None,
            "general_tools": [],
        },
    )
