"""What a call costs this side in CPU and connections, with many creates on the wire or few."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

CALLS = 2_000
NARROW, *WIDE = 20, 100, 300, 1000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_many_on_the_wire_cost_no_more_than_few(
    bench: Any,
    serve: Callable[..., Any],
    interleaved: Callable[..., Any],
    tell: Callable[[str], None],
) -> None:
    """A thousand creates at once take at most 1.25 times the CPU of twenty."""
    with serve(delay_ms=100) as server:
        # Held back by the server, so that so many are on the wire in fact.
        things = {n: partial(bench.ours, server, CALLS, n) for n in (NARROW, *WIDE)}
        found = interleaved(things)
    for in_flight, cost in found.items():
        share = cost.cpu_us / found[NARROW].cpu_us
        tell(
            f"\n{in_flight} in flight: {cost} (x{share:.2f}), {cost.connections} connections,"
            f" at most {cost.most_waiting} waiting, {cost.peak_mb:.0f} MB"
        )
    for in_flight in WIDE:
        assert found[in_flight].cpu_us <= 1.25 * found[NARROW].cpu_us
        # One more than creates: what is read has its own.
        assert found[in_flight].connections <= 1.05 * in_flight + 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_wire_is_kept_full(
    bench: Any,
    serve: Callable[..., Any],
    interleaved: Callable[..., Any],
    tell: Callable[[str], None],
) -> None:
    """With a hundred creates of 100 ms each, at least 75 % of the thousand a second are made."""
    with serve(delay_ms=100) as server:
        found = interleaved({"run": partial(bench.ours, server, 5_000, 100)})
    share = found["run"].per_second / 1000
    tell(f"\n100 ms, 100 in flight: {found['run']}: {share:.2f} of the ceiling")
    assert share >= 0.75
