"""What people would use instead: the same creates, sent by other means, without a ledger.

    python peers.py KIND URL CALLS IN_FLIGHT

Prints the seconds and the CPU seconds that the creates took, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import httpx

PATH = "/v2/create-phone-call"
HEADERS = {"authorization": "Bearer try"}
TIMEOUT_S = 90.0

Create = Callable[[int], Awaitable[str]]
Run = Callable[[Create, int, int], Awaitable[None]]
Opened = Callable[[str, int], Any]


def body(n: int) -> dict[str, Any]:
    """Return a create as the runner's, for the contact `n`."""
    number = f"+1415{n:07d}"
    return {
        "from_number": "+14157774444",
        "to_number": number,
        "idempotency_key": f"att_{n:024d}",
        "metadata": {
            "attempt": "1",
            "attempt_id": f"att_{n:024d}",
            "campaign_id": "cmp_0123456789abcdef01234567",
            "contact_key": number,
        },
        "retell_llm_dynamic_variables": {
            "name": f"Ada Abbott {n}",
            "company": "Blue Door Dental",
            "appointment_date": "2026-01-05",
            "account": f"{n:07d}",
        },
    }


async def gathered(create: Create, calls: int, in_flight: int) -> None:
    """Start a task for every call at once, and let a semaphore hold them back: a script's way."""
    free = asyncio.Semaphore(in_flight)

    async def one(n: int) -> None:
        async with free:
            await create(n)

    await asyncio.gather(*(one(n) for n in range(calls)))


async def by_workers(create: Create, calls: int, in_flight: int) -> None:
    """Let `in_flight` workers take one call after the other."""
    numbers = iter(range(calls))

    async def work() -> None:
        for n in numbers:
            await create(n)

    await asyncio.gather(*(work() for _ in range(in_flight)))


async def by_aiometer(create: Create, calls: int, in_flight: int) -> None:
    """Let aiometer run them."""
    import aiometer

    await aiometer.run_on_each(create, range(calls), max_at_once=in_flight)


async def _by_client(client: httpx.AsyncClient, url: str, n: int) -> str:
    answer = await client.post(f"{url}{PATH}", headers=HEADERS, json=body(n))
    answer.raise_for_status()
    return str(answer.json()["call_id"])


@asynccontextmanager
async def one_client(url: str, _in_flight: int) -> AsyncIterator[Create]:
    """Share one httpx client."""
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        yield partial(_by_client, client, url)


@asynccontextmanager
async def transports(url: str, in_flight: int) -> AsyncIterator[Create]:
    """Lend each create an httpx client of its own, with one connection, last in first out."""
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    context = httpx.create_ssl_context()
    async with AsyncExitStack() as stack:
        idle = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.AsyncHTTPTransport(verify=context, limits=limits),
                    timeout=TIMEOUT_S,
                )
            )
            for _ in range(in_flight)
        ]

        async def create(n: int) -> str:
            client = idle.pop()
            try:
                return await _by_client(client, url, n)
            finally:
                idle.append(client)

        yield create


@asynccontextmanager
async def own_transports(url: str, in_flight: int) -> AsyncIterator[Create]:
    """Lend each create one of the runner's transports: its wire, and nothing else of it."""
    from campaign.retell.lines import opener

    open_one = opener()
    extensions = {"timeout": httpx.Timeout(TIMEOUT_S).as_dict()}
    async with AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(open_one()) for _ in range(in_flight)]

        async def create(n: int) -> str:
            request = httpx.Request(
                "POST", f"{url}{PATH}", headers=HEADERS, json=body(n), extensions=extensions
            )
            transport = idle.pop()
            try:
                answer = await transport.handle_async_request(request)
                content = await answer.aread()
                await answer.aclose()
                return str(json.loads(content)["call_id"])
            finally:
                idle.append(transport)

        yield create


@asynccontextmanager
async def httpx_aiohttp(url: str, in_flight: int) -> AsyncIterator[Create]:
    """Let httpx send by aiohttp."""
    from httpx_aiohttp import AiohttpTransport

    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx.AsyncClient(
        transport=AiohttpTransport(limits=limits), timeout=TIMEOUT_S
    ) as client:
        yield partial(_by_client, client, url)


@asynccontextmanager
async def aiohttp(url: str, in_flight: int) -> AsyncIterator[Create]:
    """Use aiohttp alone."""
    from aiohttp import ClientSession, ClientTimeout, TCPConnector

    async with ClientSession(
        connector=TCPConnector(limit=in_flight), timeout=ClientTimeout(total=TIMEOUT_S)
    ) as session:

        async def create(n: int) -> str:
            async with session.post(f"{url}{PATH}", headers=HEADERS, json=body(n)) as answer:
                answer.raise_for_status()
                return str((await answer.json())["call_id"])

        yield create


@asynccontextmanager
async def retell(url: str, _in_flight: int) -> AsyncIterator[Create]:
    """Use the provider's own SDK, told to send once."""
    from retell import AsyncRetell

    async with AsyncRetell(api_key="try", base_url=url, max_retries=0, timeout=TIMEOUT_S) as client:

        async def create(n: int) -> str:
            call = await client.call.create_phone_call(**body(n))
            return str(call.call_id)

        yield create


PEERS: dict[str, tuple[Opened, Run]] = {
    "httpx": (one_client, gathered),
    "AsyncRetell": (retell, gathered),
    "aiometer + httpx": (one_client, by_aiometer),
    "httpx, transport each": (transports, by_workers),
    "own transport": (own_transports, by_workers),
    "httpx-aiohttp": (httpx_aiohttp, by_workers),
    "aiohttp": (aiohttp, by_workers),
}


async def main(kind: str, url: str, calls: int, in_flight: int) -> None:
    """Send the creates and tell what they took."""
    opened, run = PEERS[kind]
    async with opened(url, in_flight) as create:
        before_s, cpu_s = time.perf_counter(), time.process_time()
        await run(create, calls, in_flight)
        took = {"wall_s": time.perf_counter() - before_s, "cpu_s": time.process_time() - cpu_s}
    print(json.dumps(took))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
