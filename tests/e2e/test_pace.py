"""The pace of a run: as it is sent, and as it arrives in another process."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import campaign
from campaign.model import Call, CallRequest, Fault
from campaign.retell.client import RetellProvider

pytestmark = pytest.mark.no_cover

LOOPBACK = Path(__file__).parents[1] / "benchmarks" / "loopback.py"

TRIES = 4

Most = Callable[[Sequence[float]], int]
Rate = Callable[[Sequence[float]], float]


@pytest.fixture
def sent_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note the moment of every create, as the run hands it to the wire."""
    moments: list[float] = []
    create = RetellProvider.create

    async def noting(self: RetellProvider, request: CallRequest) -> Call | Fault:
        moments.append(time.monotonic())
        return await create(self, request)

    monkeypatch.setattr(RetellProvider, "create", noting)
    return moments


@contextmanager
def recording() -> Iterator[str]:
    """Serve a provider that does little more than to note when creates come; give its URL.

    The sandbox takes tens of milliseconds to list a thousand calls, and would be late itself.
    """
    with subprocess.Popen(
        [sys.executable, str(LOOPBACK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


def arrived_s(url: str) -> list[float]:
    """Return when the creates reached the server, by its own clock."""
    with urllib.request.urlopen(f"{url}/arrivals") as answer:
        return list(json.load(answer)["at_s"])


def run_at(cps: int, url: str, desk: Any) -> None:
    """Place calls to the whole list at a pace, in this process; nobody waits for their end."""
    result = campaign.run(
        desk.contacts,
        from_number="+14157774444",
        hours="any",
        base_url=url,
        ledger=str(Path(desk.folder, "campaign.db")),
        out=str(desk.results),
        cps=cps,
        max_live=5000,
        in_flight=min(100, 4 * cps),
        follow=False,
    )
    assert result.summary.calls_created == result.summary.rows


@pytest.mark.parametrize(
    ("cps", "for_s"),
    [
        (16, 3),
        (100, 3),
        *(
            pytest.param(cps, 32, marks=[pytest.mark.slow, pytest.mark.timeout(300)])
            for cps in (1, 5, 16, 100)
        ),
    ],
)
def test_the_pace_is_kept(
    *,
    cps: int,
    for_s: int,
    sent_s: list[float],
    tmp_path: Path,
    desk_in: Callable[..., Any],
    most_in_a_second: Most,
    per_second: Rate,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No second ever has more starts than allowed; a long run uses at least 99 % of them."""
    monkeypatch.setenv("RETELL_API_KEY", "try")
    # On its way a start may fall behind and bunch with the next one: one more, never two, where
    # nothing else goes on. A machine that is busy with other tests may hold one up for 25 ms, and
    # for longer now and then, but not again and again.
    held_up_s = 0.0 if for_s >= 30 else 0.025
    most = math.ceil(cps * (1 + held_up_s)) + 1
    for _ in range(1 if for_s >= 30 else TRIES):
        sent_s.clear()
        with recording() as url:
            run_at(cps, url, desk_in(tmp_path / url.rpartition(":")[2], cps * for_s + 1, url))
            arrived = arrived_s(url)
        share = per_second(sent_s) / cps
        with capsys.disabled():
            print(  # noqa: T201
                f"\ncps {cps}, {len(sent_s)} starts: {share:.4f} of the rate, most in a second "
                f"{most_in_a_second(sent_s)} sent, {most_in_a_second(arrived)} arrived"
            )
        assert len(sent_s) == len(arrived) == cps * for_s + 1
        assert most_in_a_second(sent_s) <= math.ceil(cps)
        if most_in_a_second(arrived) <= most:
            break
    assert most_in_a_second(arrived) <= most
    if for_s >= 30:
        assert share >= 0.99
