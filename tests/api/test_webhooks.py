"""Webhooks: who signs them, where they are sent, and that they are heard."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

import campaign
from campaign.api.hooks import Hooks
from campaign.api.override import check_override, override_of
from campaign.api.webhooks import signing_key, taking_news
from campaign.config import Settings
from campaign.errors import ConfigError
from campaign.retell.receiver import Receiver
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

URL = "https://calls.example/hook"


@pytest.mark.parametrize(
    ("override", "url", "expected"),
    [
        ({}, None, {}),
        ({"agent": {"language": "de-DE"}}, None, {"agent": {"language": "de-DE"}}),
        ({}, URL, {"agent": {"webhook_url": URL}}),
        (
            {"agent": {"language": "de-DE"}, "retell_llm": {"model": "x"}},
            URL,
            {"agent": {"language": "de-DE", "webhook_url": URL}, "retell_llm": {"model": "x"}},
        ),
        ({"agent": {"webhook_url": URL}}, URL, {"agent": {"webhook_url": URL}}),
    ],
)
def test_the_address_joins_what_is_overridden(
    override: dict[str, Any], url: str | None, expected: dict[str, Any]
) -> None:
    """The user's own override keeps all it has, and the address is added."""
    settings = Settings(agent_override=override, webhook_url=url, webhook_port=0)
    check_override(settings)
    assert (expected, override) == (override_of(settings), settings.agent_override)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"webhook_port": None}, "nobody listens for webhooks; give --webhook-port"),
        ({"agent_override": {"agent": "x"}}, "is no table"),
        ({"agent_override": {"agent": {"webhook_url": "https://b.example"}}}, "keep one of them"),
    ],
)
def test_contradictions(more: dict[str, Any], told: str) -> None:
    """Two addresses, or one where nobody listens, are a mistake."""
    with pytest.raises(ConfigError, match=told):
        check_override(Settings(**{"webhook_url": URL, "webhook_port": 0, **more}))


def test_the_signing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the API key, or what a variable holds; in the sandbox it is the sandbox's."""
    monkeypatch.setenv("HOOK_KEY", " secret \n")
    found = [
        signing_key(Settings(**given)).get_secret_value()
        for given in ({}, {"sandbox": True}, {"webhook_key_env": "HOOK_KEY"})
    ]
    assert ["try", "sandbox", "secret"] == found


def test_a_signing_key_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set is an error that does not repeat its name, which may be a key."""
    monkeypatch.setenv("key_abc", " ")
    with pytest.raises(ConfigError, match="webhook_key_env names is not set") as caught:
        signing_key(Settings(webhook_key_env="key_abc"))
    assert "key_abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "webhooks are taken at http://127.0.0.1:{}; the agent must send them there"),
        (
            {"webhook_url": URL},
            "webhooks are taken at http://127.0.0.1:{}, and each call asks for them at " + URL,
        ),
        (
            {"webhook_url": URL, "api": "v1"},
            "webhooks are taken at http://127.0.0.1:{}; v1 takes no address with a call: set web",
        ),
        ({"webhook_host": "::1"}, "webhooks are taken at http://[::1]:{}; the agent must"),
    ],
)
def test_the_address_is_announced(
    more: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person is told where webhooks are taken and what has to send them there."""
    opened: list[Receiver] = []
    heard: list[str] = []
    make = Receiver.open

    async def noted(receiver: Receiver) -> int:
        opened.append(receiver)
        return await make(receiver)

    monkeypatch.setattr(Receiver, "open", noted)

    async def work() -> bool:
        settings = Settings(webhook_port=0, **more)
        async with taking_news(settings, Hooks(notify=heard.append)) as news:
            return news is not None

    assert asyncio.run(work())
    assert heard[0].startswith(told.format(opened[0].port))


def test_no_webhooks() -> None:
    """Without a port nobody listens."""

    async def work() -> bool:
        async with taking_news(Settings(), Hooks()) as news:
            return news is None

    assert asyncio.run(work())


def test_a_port_that_is_taken(frame: pl.DataFrame, serve: Serve, options: Any) -> None:
    """A port that cannot be had is found before the first call."""
    server = serve()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="webhooks cannot be taken"):
            campaign.run(frame, **options(server, webhook_port=port))
    assert [] == server.sandbox.log


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def test_calls_are_reported(
    frame: pl.DataFrame, serve: Serve, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider posts what becomes of the calls, and it is believed."""
    answers: list[int] = []
    judge = Receiver.status_of

    def noted(receiver: Receiver, body: bytes, signature: str | None) -> int:
        answers.append(judge(receiver, body, signature))
        return answers[-1]

    monkeypatch.setattr(Receiver, "status_of", noted)
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    server = serve(speed=100.0)
    more = {"follow": True, "analysis_for": "2s", "webhook_port": port, "webhook_url": url}
    result = campaign.run(frame, **options(server, **more))
    assert "placed" not in result.summary.outcomes
    assert {204} == set(answers)
    assert {url} == {
        call.request["agent_override"]["agent"]["webhook_url"]
        for call in server.sandbox.calls.values()
    }


def test_v1_sends_no_address(frame: pl.DataFrame, serve: Serve, options: Any) -> None:
    """v1 has no field for it: the port is open all the same."""
    server = serve()
    url = "http://127.0.0.1:9/hook"
    campaign.run(frame, **options(server, api="v1", webhook_port=0, webhook_url=url))
    assert [False] * 3 == [
        "agent_override" in call.request for call in server.sandbox.calls.values()
    ]
