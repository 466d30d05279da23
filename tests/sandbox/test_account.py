"""What can be asked about the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import Number, Sandbox, SandboxPlan

Send = Callable[..., tuple[int, Any]]
FROM = "+14157774444"


def test_the_key_tells_its_organisation(ask: Send) -> None:
    """`get-api-key-info` names the organisation of the plan."""
    expected = {"org_id": "org_9", "org_name": "Sandbox", "api_key_name": "sandbox key"}
    assert ask(Sandbox(SandboxPlan(org_id="org_9")), "GET /get-api-key-info") == (200, expected)


@pytest.mark.parametrize(
    ("number", "agents", "extra"),
    [
        (Number(), [{"agent_id": "agent_sandbox", "agent_version": 0, "weight": 1}], {}),
        (
            Number(agents=("a", "b"), kind="custom", countries=("US",)),
            [{"agent_id": agent, "agent_version": 0, "weight": 0.5} for agent in "ab"],
            {"allowed_outbound_country_list": ["US"]},
        ),
        (Number(agents=()), [], {}),
    ],
)
def test_a_caller_number_is_described(
    ask: Send, number: Number, agents: list[object], extra: dict[str, object]
) -> None:
    """`get-phone-number` tells a number's kind, agents and countries; the path is decoded."""
    sandbox = Sandbox(SandboxPlan(numbers={FROM: number}))
    expected = {
        "phone_number": FROM,
        "phone_number_type": number.kind,
        "phone_number_pretty": FROM,
        "outbound_agents": agents,
        **extra,
    }
    assert ask(sandbox, "GET /get-phone-number/%2B14157774444") == (200, expected)


@pytest.mark.parametrize("plan", [SandboxPlan(numbers={}), SandboxPlan()])
def test_a_number_that_is_not_ours(ask: Send, plan: SandboxPlan) -> None:
    """A number of somebody else, or none at all, is a 404 in the provider's words."""
    number = FROM if plan.numbers is not None else "abc"
    expected = {"status": "error", "message": f"Item {number} not found from phone-number"}
    assert ask(Sandbox(plan), f"GET /get-phone-number/{number}") == (404, expected)


def test_an_agent_leads_to_its_prompt(ask: Send) -> None:
    """`get-agent` names the language model whose prompt `get-retell-llm` shows."""
    sandbox = Sandbox(SandboxPlan(prompt="Hello {{name}}"))
    _, agent = ask(sandbox, "GET /get-agent/agent_any?version=3")
    _, llm = ask(sandbox, f"GET /get-retell-llm/{agent['response_engine']['llm_id']}")
    assert (agent["agent_id"], llm["general_prompt"]) == ("agent_any", "Hello {{name}}")


@pytest.mark.parametrize("line", ["GET /get-agent/agent_b", "GET /get-retell-llm/llm_b"])
def test_unknown_assets_are_refused(ask: Send, line: str) -> None:
    """An agent or model that the account does not have is a 422."""
    expected = {"status": "error", "message": "Cannot find requested asset under given api key."}
    assert ask(Sandbox(SandboxPlan(agents=frozenset({"agent_a"}))), line) == (422, expected)
