"""A campaign over v1, which knows no idempotency key and tells no cost: redials and news."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest

from campaign.sandbox import CallScript, SandboxPlan
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.serve import Served, serving
from campaign.sandbox.shapes import as_v1
from campaign.sandbox.webhooks import signature

pytestmark = pytest.mark.no_cover

KEY = "try"
SPEED = 60.0
HEARD_S = 0.5
"""News come a little after what they tell of: the run has heard by then that there is a call."""


def missed(reason: str) -> CallScript:
    """Return a call that nobody takes."""
    return CallScript(status="not_connected", disconnection_reason=reason, ring_s=10.0)


def talked(reason: str) -> CallScript:
    """Return a call that somebody or something takes."""
    return CallScript(status="ended", disconnection_reason=reason, ring_s=10.0, talk_s=20.0)


ENDS = (
    # scripts of a number's calls, then outcome, v1's word for the reason, and how many calls
    ([talked("user_hangup")], ("answered", "user_hangup", "1")),
    ([missed("dial_no_answer"), talked("agent_hangup")], ("answered", "agent_hangup", "2")),
    ([missed("dial_busy"), talked("voicemail_reached")], ("voicemail", "voicemail_reached", "2")),
    ([missed("dial_no_answer")], ("no_answer", "dial_no_answer", "2")),
    # v1 has no word for who declines.
    ([missed("user_declined"), talked("user_hangup")], ("answered", "user_hangup", "2")),
    ([missed("invalid_destination")], ("undeliverable", "dial_failed", "1")),
    ([talked("ivr_reached")], ("voicemail", "voicemail_reached", "1")),
    ([missed("sip_routing_error")], ("error", "error_twilio", "1")),
)
"""How calls go and what is to come of them with two attempts."""

REDIALS = ("--attempts", "2", "--redial-after", "1s", "--wait", "60s")
OPTIONS = ("--api", "v1", "--cps", "any", "--max-live", "40", *REDIALS)
BREAKER_OFF = "[breaker]\nfailed_in_a_row = 0\nfailed_share = 0\n"


def news(record: CallRecord) -> Iterator[tuple[str, float]]:
    """Yield the events of a call, each with its moment."""
    if record.connects_s is not None:
        yield "call_started", record.connects_s
    yield "call_ended", record.ends_s
    if record.analyzed_s is not None:
        yield "call_analyzed", record.analyzed_s


def tell(served: Served, port: int, process: subprocess.Popen[str], codes: Counter[int]) -> None:
    """Post the news of all calls as v1 has them, each once, until the run has ended."""
    told: set[tuple[str, str]] = set()
    while process.poll() is None:
        for record in list(served.sandbox.calls.values()):
            for event, at_s in news(record):
                name = (event, record.call_id)
                if name not in told and time.time() >= at_s + HEARD_S:
                    told.add(name)
                    post(port, event, as_v1(record, at_s), codes)
        time.sleep(0.02)


def post(port: int, event: str, call: dict[str, Any], codes: Counter[int]) -> None:
    """Post one event; a run that has ended hears nothing."""
    body = json.dumps({"event": event, "call": call}).encode()
    wire = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        wire.request("POST", "/", body, {"x-retell-signature": signature(body, KEY, time.time())})
        codes[wire.getresponse().status] += 1
    except (ConnectionError, HTTPException):
        codes[0] += 1
    finally:
        wire.close()


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def run_and_tell(served: Served, desk: Any, port: int | None) -> tuple[int, Counter[int]]:
    """Run the list, with news where there is a port; return its exit code and the answers."""
    codes: Counter[int] = Counter()
    hooks = () if port is None else ("--webhook-port", str(port))
    quiet = desk.folder / "quiet.toml"
    quiet.write_text(BREAKER_OFF, encoding="utf-8")
    with desk.start(*OPTIONS, *hooks, "--config", str(quiet)) as process:
        if port is not None:
            teller = threading.Thread(target=tell, args=(served, port, process, codes))
            teller.start()
            teller.join()
    return process.returncode, codes


@pytest.mark.parametrize("told", [False, True])
def test_redials_over_v1(told: bool, desk_in: Callable[..., Any], tmp_path: Any) -> None:
    """Calls are followed one by one, or by what is posted; who is missed is dialled once more."""
    with serving(SandboxPlan()) as idle:
        rows = desk_in(tmp_path / "idle", 3 * len(ENDS), idle.url).rows()
    of = {row["phone_number"]: ENDS[at % len(ENDS)] for at, row in enumerate(rows)}
    scripts = {number: scripts for number, (scripts, _) in of.items()}
    plan = SandboxPlan(concurrency_limit=None, speed=SPEED, scripts=scripts)
    with serving(plan) as served:
        desk = desk_in(tmp_path / "desk", len(rows), served.url)
        code, answers = run_and_tell(served, desk, free_port() if told else None)
    assert 0 == code
    got = {
        row["phone_number"]: (
            row["call_outcome"],
            row["call_disconnection_reason"],
            row["call_attempts"],
        )
        for row in desk.rows(desk.results)
    }
    assert {number: expected for number, (_, expected) in of.items()} == got
    check_calls(served, desk)
    # With news hardly anybody is asked after: what the run knows of ends, it was told.
    gets = sum("/get-call/" in entry.path for entry in served.sandbox.log)
    assert told is (gets < len(served.sandbox.calls) / 4)
    assert told is (answers[204] > len(served.sandbox.calls))
    assert {204, 0} >= set(answers)


def check_calls(served: Served, desk: Any) -> None:
    """Compare the sandbox's calls with the results: whose they are, which, and how far apart."""
    calls = list(served.sandbox.calls.values())
    assert all(call.v1 and "idempotency_key" not in call.request for call in calls)
    attempts = Counter(call.request["metadata"]["attempt_id"] for call in calls)
    assert {1} == set(attempts.values())
    by_number: dict[str, list[CallRecord]] = {}
    for call in calls:
        by_number.setdefault(call.to_number, []).append(call)
    for row in desk.rows(desk.results):
        *before, last = by_number[row["phone_number"]]
        assert row["call_id"] == last.call_id
        assert row["call_cost_usd"] == ""
        assert all(last.created_s - call.ends_s >= 0.95 for call in before)
