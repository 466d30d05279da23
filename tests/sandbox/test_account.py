"""What can be asked about the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import Number, Sandbox, SandboxPlan

Send = Callable[..., tuple[int, Any]]
FROM = "+14157774444"
CREATE = "POST /v2/create-phone-call"
BODY = {"from_number": FROM, "to_number": "+14155550100"}


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


def test_any_caller_number_may_go_fast(ask: Send) -> None:
    """Without a plan a number is of custom telephony, whose ceiling is the highest."""
    assert ask(Sandbox(), f"GET /get-phone-number/{FROM}")[1]["phone_number_type"] == "custom"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (SandboxPlan(paid=False), [402, 402, 402]),
        (SandboxPlan(paid=lambda elapsed_s: elapsed_s < 10), [201, 201, 402]),
        (SandboxPlan(paid=lambda elapsed_s: elapsed_s >= 5), [402, 201, 201]),
        (SandboxPlan(keys_valid=lambda elapsed_s: elapsed_s < 5), [201, 401, 401]),
        (SandboxPlan(keys=frozenset({"k"}), keys_valid=lambda _: True), [201, 201, 201]),
        (SandboxPlan(keys=frozenset({"x"}), keys_valid=lambda _: True), [401, 401, 401]),
        (SandboxPlan(outage=lambda elapsed_s: float(elapsed_s == 5)), [201, 500, 201]),
        (SandboxPlan(outage=lambda _: 0.0), [201, 201, 201]),
    ],
)
def test_an_account_can_turn_bad(ask: Send, plan: SandboxPlan, expected: list[int]) -> None:
    """Money, keys and the server itself can fail from a moment on, and come back."""
    sandbox = Sandbox(plan)
    statuses = [ask(sandbox, CREATE, BODY, at_s=at_s)[0] for at_s in (0, 5, 10)]
    assert (statuses, len(sandbox.calls)) == (expected, expected.count(201))


def test_a_key_that_is_no_longer_valid_opens_nothing(ask: Send) -> None:
    """Reads are refused with it too."""
    sandbox = Sandbox(SandboxPlan(keys_valid=lambda _: False))
    lines = ("GET /get-api-key-info", "POST /v3/list-calls", "GET /v2/get-call/c")
    assert [ask(sandbox, line)[0] for line in lines] == [401, 401, 401]


def out(ask: Send, numbers: list[str], seed: int = 0) -> frozenset[str]:
    """Return the numbers whose create meets an outage of three in ten."""
    plan = SandboxPlan(outage=lambda _: 0.3, seed=seed, concurrency_limit=None)
    sandbox = Sandbox(plan)
    for number in numbers:
        ask(sandbox, CREATE, BODY | {"to_number": number})
    met = [entry.fault for entry in sandbox.log]
    assert [entry.status == 500 for entry in sandbox.log] == [fault == "outage" for fault in met]
    return frozenset(number for number, fault in zip(numbers, met, strict=True) if fault)


@pytest.mark.no_cover
def test_an_outage_has_its_share(ask: Send) -> None:
    """As many creates fail as planned, the same ones in any order; another seed draws others."""
    numbers = [f"+1415555{n:04}" for n in range(600)]
    once = out(ask, numbers)
    assert abs(len(once) / 600 - 0.3) < 0.06
    assert (once == out(ask, numbers[::-1]), once == out(ask, numbers, seed=1)) == (True, False)


def test_an_outage_spares_reads(ask: Send) -> None:
    """Only creates meet it, a create that is no JSON included."""
    sandbox = Sandbox(SandboxPlan(outage=lambda _: 1.0))
    lines = ("GET /get-api-key-info", "POST /v3/list-calls", "GET /get-concurrency")
    found = [ask(sandbox, line, {})[0] for line in lines]
    assert (ask(sandbox, CREATE, b"nonsense")[0], found) == (500, [200, 200, 200])
