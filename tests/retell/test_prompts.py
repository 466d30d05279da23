"""Which variables an agent's prompt uses, as the provider tells it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from campaign.model import Fault, FaultKind, Missing
from campaign.retell.client import RetellProvider
from campaign.retell.wire_prompt import llm_of, names_in

AGENT = {"agent_id": "agent_1", "response_engine": {"type": "retell-llm", "llm_id": "llm_1"}}
PROMPT = {
    "general_prompt": "Call {{first_name}} {{ balance }} at {{current_time_America/New_York}}.",
    "begin_message": "Hi {{first_name}}, {{user_number}}",
    "states": [{"state_prompt": "Ask for {{date}}"}, {"state_prompt": None}, "odd"],
}


def asked(answers: dict[str, tuple[int, Any]]) -> Any:
    """Return what is known of the prompt of agent 1 where the server answers like this."""

    def answer(request: httpx.Request) -> httpx.Response:
        status, body = answers[request.url.path]
        return httpx.Response(status, json=body)

    async def work() -> Any:
        provider = RetellProvider(
            base_url="http://localhost",
            api_key=SecretStr("key"),
            api="v2",
            in_flight=1,
            transport=httpx.MockTransport(answer),
        )
        try:
            return await provider.prompt_names("agent_1")
        finally:
            await provider.aclose()

    return asyncio.run(work())


def test_names() -> None:
    """Prompt, first words and states tell; names that the provider fills are left out."""
    found = asked({"/get-agent/agent_1": (200, AGENT), "/get-retell-llm/llm_1": (200, PROMPT)})
    assert frozenset({"first_name", "balance", "date"}) == found


@pytest.mark.parametrize(
    ("agent", "prompt", "kind"),
    [
        ((404, {"message": "no"}), (200, {}), Missing),
        ((401, {"message": "no"}), (200, {}), FaultKind.KEY),
        ((200, {"response_engine": {"type": "custom-llm"}}), (200, {}), Missing),
        ((200, AGENT), (422, {"message": "no"}), Missing),
        ((200, AGENT), (200, ["odd"]), FaultKind.UNKNOWN),
    ],
)
def test_no_names(agent: Any, prompt: Any, kind: Any) -> None:
    """What cannot be looked at says so, and why."""
    found = asked({"/get-agent/agent_1": agent, "/get-retell-llm/llm_1": prompt})
    if kind is Missing:
        assert isinstance(found, Missing)
    else:
        assert isinstance(found, Fault)
        assert kind is found.kind


@pytest.mark.parametrize(
    ("read", "body", "expected"),
    [
        (llm_of, [], None),
        (llm_of, {"response_engine": "x"}, None),
        (llm_of, {"response_engine": {"llm_id": ""}}, None),
        (llm_of, {"response_engine": {"llm_id": 5}}, None),
        (names_in, {}, frozenset()),
        (names_in, {"general_prompt": "{{}} {a} {{ b c }} {{d}}", "states": "x"}, {"d"}),
    ],
)
def test_bodies(read: Callable[[bytes], Any], body: Any, expected: Any) -> None:
    """Odd bodies are read as far as they go."""
    assert expected == read(json.dumps(body).encode())
