"""Calls a second and CPU a call, side by side with what people would use instead.

A peer sends the same creates and keeps no record of them; the runner makes each durable first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

CALLS = 1_000
PEERS = (
    "httpx",
    "AsyncRetell",
    "aiometer + httpx",
    "httpx, transport each",
    "httpx-aiohttp",
    "aiohttp",
    "own transport",
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("in_flight", "times"), [(20, 3.0), (100, 4.0)])
def test_speed_beside_others(
    bench: Any,
    serve: Callable[..., Any],
    interleaved: Callable[..., Any],
    tell: Callable[[str], None],
    *,
    in_flight: int,
    times: float,
) -> None:
    """A durable run creates calls at several times the speed of a plain loop or the SDK."""
    with serve() as server:
        things = {"run": partial(bench.ours, server, CALLS, in_flight)}
        for kind in PEERS:
            things[kind] = partial(bench.peer, kind, server, CALLS, in_flight)
        found = interleaved(things)
    ours = found["run"]
    tell(f"\n{in_flight} in flight        calls/s   CPU/call  run is faster by  CPU of run to it")
    for name, cost in found.items():
        speed, cpu = ours.per_second / cost.per_second, ours.cpu_us / cost.cpu_us
        tell(f"{name:22} {cost}            x{speed:4.2f}             x{cpu:4.2f}")
    for name in ("httpx", "AsyncRetell"):
        assert ours.per_second >= times * found[name].per_second
