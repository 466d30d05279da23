"""Why `httpx-aiohttp` is not offered as a transport: what it says of a connection that is cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

import httpx
import pytest

from campaign.model import FaultKind
from campaign.retell.faults import of_exception
from campaign.retell.lines import opener

CUTS = ("hang up", "reset", "half an answer")


async def _cut(transport: httpx.AsyncBaseTransport, how: str) -> tuple[int, FaultKind]:
    """Send a create to a server that hears it and hangs up; return how many were heard."""
    heard = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif how == "half an answer":
            writer.write(b"HTTP/1.1 201 Cre")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2/create-phone-call"
    timeout = {"timeout": httpx.Timeout(5.0).as_dict()}
    with pytest.raises(httpx.TransportError) as raised:
        await transport.handle_async_request(
            httpx.Request("POST", url, content=b"{}", extensions=timeout)
        )
    await transport.aclose()
    server.close()
    await server.wait_closed()
    return len(heard), of_exception(raised.value).kind


@pytest.mark.slow
@pytest.mark.parametrize("how", CUTS)
def test_a_cut_after_sending(tell: Callable[[str], None], *, how: str) -> None:
    """The server has heard the create: ours says "unknown", httpx-aiohttp "not connected"."""
    from httpx_aiohttp import AiohttpTransport

    ours = asyncio.run(_cut(opener()(), how))
    theirs = asyncio.run(_cut(AiohttpTransport(), how))
    tell(f"\n{how}: heard, and told as {ours[1]} by ours, as {theirs[1]} by httpx-aiohttp")
    assert ours == (1, FaultKind.UNKNOWN)
    # The day this fails, it may be offered.
    assert theirs == (1, FaultKind.NOT_SENT)
