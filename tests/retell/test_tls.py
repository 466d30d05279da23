"""TLS on loopback, with an authority made for the test: whom it trusts, and whom it does not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from campaign.errors import ConfigError
from campaign.model import Account, Call, CallRequest, Fault, FaultKind
from campaign.retell import RetellProvider

pytestmark = pytest.mark.anyio

MakeProvider = Callable[..., RetellProvider]
MakeRequest = Callable[..., CallRequest]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make an authority that no machine knows."""
    return trustme.CA()


@pytest.fixture
async def url(server: Any, authority: trustme.CA) -> AsyncIterator[str]:
    """Serve the server of these tests over TLS as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=context)
    yield f"https://localhost:{listener.sockets[0].getsockname()[1]}"
    listener.close()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the authority as a company would."""
    authority.cert_pem.write_to_path(str(tmp_path / "company.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))


@pytest.mark.usefixtures("trusted")
async def test_an_authority_that_is_named_is_trusted(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, give: Any, url: str
) -> None:
    """Creates and reads go through, on one connection and with one handshake."""
    provider = provider_of(url)
    for _ in range(3):
        assert isinstance(await provider.create(request_of()), Call)
    server.handler = give(b'{"org_id": "org_1"}', "200 OK")
    assert await provider.account() == Account(org_id="org_1")
    await provider.aclose()
    assert (server.connections, len(server.requests)) == (1, 4)


async def test_an_unknown_authority_is_sent_nothing(
    provider_of: MakeProvider,
    request_of: MakeRequest,
    server: Any,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither key nor number reaches a server that cannot show who it is."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    fault = await provider_of(url).create(request_of())
    assert isinstance(fault, Fault)
    assert (fault.kind, server.requests) == (FaultKind.NOT_SENT, [])
    assert "certificate" in fault.message.lower()


@pytest.mark.usefixtures("trusted")
async def test_a_name_that_is_not_the_server_s_is_sent_nothing(
    provider_of: MakeProvider, request_of: MakeRequest, server: Any, url: str
) -> None:
    """A certificate for one host does not serve for another."""
    fault = await provider_of(url.replace("localhost", "127.0.0.1")).create(request_of())
    assert isinstance(fault, Fault)
    assert (fault.kind, server.requests) == (FaultKind.NOT_SENT, [])


@pytest.mark.parametrize("made", [False, True])
async def test_certificates_that_cannot_be_read(
    provider_of: MakeProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    """A file that is missing or holds none ends the command before anything is sent."""
    path = tmp_path / "none.pem"
    if made:
        path.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigError, match=r"none\.pem.* cannot be read"):
        await provider_of("https://localhost:9").account()
