"""The door inside the process: answers, broken wires and waiting, on a virtual clock."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest
import trio
from trio.testing import MockClock

from campaign.sandbox import FaultName, FaultPlan, Sandbox, SandboxPlan
from campaign.sandbox.transport import SandboxTransport

pytestmark = pytest.mark.anyio
F = FaultName
BODY = {"from_number": "+14157774444", "to_number": "+14155550100"}


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on trio, whose clock jumps ahead whenever everybody waits."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


def client_of(sandbox: Sandbox, timeout_s: float | None = 60.0) -> httpx.AsyncClient:
    """Return an httpx client that talks to a sandbox by virtual time."""
    return httpx.AsyncClient(
        transport=SandboxTransport(sandbox, trio.current_time),
        base_url="http://sandbox.invalid",
        headers={"Authorization": "Bearer k"},
        timeout=timeout_s,
    )


def scripted(name: FaultName, **fields: Any) -> Sandbox:
    """Return a sandbox whose first create meets a fault."""
    return Sandbox(SandboxPlan(faults=FaultPlan(script={1: name}, **fields)))


async def test_a_call_through_the_transport() -> None:
    """Creating, asking and listing work as with a server, by the clock that was given."""
    sandbox = Sandbox(SandboxPlan(speed=1))
    async with client_of(sandbox) as client:
        created = await client.post("/v2/create-phone-call", json=BODY)
        call_id = created.json()["call_id"]
        await anyio.sleep(5000)
        got = await client.get(f"/v2/get-call/{call_id}")
        v1 = await client.get(
            "/list-calls", params={"filter_criteria[agent_id][]": "agent_sandbox"}
        )
    assert (created.status_code, created.headers["content-length"]) == (
        201,
        str(len(created.content)),
    )
    assert got.json()["call_status"] in {"ended", "not_connected", "error"}
    assert [call["call_id"] for call in v1.json()] == [call_id]
    assert sandbox.log[1].at_s - sandbox.log[0].at_s == pytest.approx(5000)


@pytest.mark.parametrize(
    ("name", "error", "after_s", "calls"),
    [
        (F.RESET_BEFORE, httpx.ReadError, 0, 0),
        (F.RESET_AFTER, httpx.ReadError, 0, 1),
        (F.CUT_BODY, httpx.RemoteProtocolError, 0, 1),
        (F.STALL_AFTER, httpx.ReadTimeout, 60, 1),
        (F.STALL_BEFORE, httpx.ReadTimeout, 60, 0),
    ],
)
async def test_broken_wires(
    name: FaultName, error: type[Exception], after_s: float, calls: int
) -> None:
    """A cut raises what a real wire would, when it would, and leaves the call or none."""
    sandbox = scripted(name)
    begun_s = trio.current_time()
    async with client_of(sandbox) as client:
        with pytest.raises(error):
            await client.post("/v2/create-phone-call", json=BODY)
    assert trio.current_time() - begun_s == pytest.approx(after_s)
    assert len(sandbox.calls) == calls


@pytest.mark.parametrize("timeout_s", [60.0, None])
async def test_a_slow_answer_comes_in_the_end(timeout_s: float | None) -> None:
    """Within the read time-out, or without one, a slow answer is waited for."""
    begun_s = trio.current_time()
    async with client_of(scripted(F.SLOW, slow_s=7), timeout_s) as client:
        answer = await client.post("/v2/create-phone-call", json=BODY)
    assert answer.status_code == 201
    assert trio.current_time() - begun_s == pytest.approx(7)


async def test_a_slow_answer_can_be_too_late() -> None:
    """Beyond the read time-out a slow answer is a time-out, and the call exists."""
    sandbox = scripted(F.SLOW, slow_s=90)
    async with client_of(sandbox) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v2/create-phone-call", json=BODY)
    assert len(sandbox.calls) == 1


async def test_without_a_time_out_a_stall_lasts() -> None:
    """A client that sets no time-out waits for good."""
    async with client_of(scripted(F.STALL_AFTER), None) as client:
        with anyio.move_on_after(100_000) as scope:
            await client.post("/v2/create-phone-call", json=BODY)
    assert scope.cancelled_caught is True


async def test_nothing_to_answer() -> None:
    """An answer without a body arrives as one."""
    sandbox = Sandbox()
    async with client_of(sandbox) as client:
        call = (await client.post("/v2/create-phone-call", json=BODY)).json()
        stopped = await client.post(f"/v2/stop-call/{call['call_id']}")
    assert (stopped.status_code, stopped.content) == (204, b"")
