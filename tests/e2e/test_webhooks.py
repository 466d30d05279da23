"""A thousand webhooks in one run: forged, stale, of others, doubled and in the wrong order.

The sandbox posts to a post office of the test, which hands its letters on as it likes, and whoever
knows the port posts lies about live calls. The same campaign without webhooks says what is true.
"""

from __future__ import annotations

import json
import queue
import random
import socket
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from campaign.sandbox import SandboxPlan
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.serve import Served, serving
from campaign.sandbox.webhooks import signature

CONTACTS = 60
KEY = "try"
PLAN = SandboxPlan(seed=5, speed=30.0, concurrency_limit=None)
PACE = ("--cps", "any", "--max-live", "100")
ROUNDS = 2
STALE_S = 301.0
LIE = "forged"
MOMENTS = ("call_placed_at", "call_started_at", "call_ended_at")
"""When a call was made: all else is the same for every campaign with one sandbox's seed."""

ORDERS = (
    None,
    ("call_analyzed", "call_ended", "call_started"),
    ("call_ended", "call_started", "call_analyzed"),
)
"""How the news of a call are handed on: as they come, or in a wrong order once all are there."""

Letter = tuple[bytes, str]


@contextmanager
def post_office() -> Iterator[tuple[str, queue.SimpleQueue[Letter]]]:
    """Take what the sandbox posts; give the address and the letters as they come."""
    letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()

    class Office(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            letters.put((body, self.headers["x-retell-signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Office) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", letters
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Postman:
    """Posts to the run and counts the answers by kind; `None` where the run is not there."""

    port: int
    answers: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    _wire: HTTPConnection | None = None

    def post(self, kind: str, body: bytes, signed: str | None) -> None:
        """Post once, on a new connection where the old one was closed."""
        status = None
        for _ in range(2):
            if status is None:
                status = self._status(body, signed)
        self.answers[kind, status] += 1

    def close(self) -> None:
        """Close the connection."""
        if self._wire is not None:
            self._wire.close()
        self._wire = None

    def _status(self, body: bytes, signed: str | None) -> int | None:
        headers = {} if signed is None else {"x-retell-signature": signed}
        self._wire = self._wire or HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            self._wire.request("POST", "/hook", body, headers)
            answer = self._wire.getresponse()
            answer.read()
        except (ConnectionError, HTTPException):
            self.close()
            return None
        return answer.status

    @property
    def total(self) -> int:
        """How many posts were answered."""
        return sum(n for (_, status), n in self.answers.items() if status is not None)

    def of(self, status: int | None) -> dict[str, int]:
        """Return how many posts of each kind had this answer."""
        return {kind: n for (kind, got), n in self.answers.items() if got == status}


def lie(record: CallRecord, event: str) -> bytes:
    """Return a body that is false in everything but whose call it is about."""
    call = {
        "call_id": record.call_id,
        "call_status": "ended",
        "to_number": record.to_number,
        "metadata": record.request["metadata"],
        "disconnection_reason": f"{LIE}_reason",
        "call_cost": {"combined_cost": 987654},
        "call_analysis": {"call_summary": f"{LIE} words", "call_successful": True},
        "recording_url": f"https://{LIE}.invalid/",
    }
    return json.dumps({"event": event, "call": call}).encode()


def forgeries(record: CallRecord, event: str) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield lies about a call, each of them signed in another wrong way."""
    body, now_s = lie(record, event), time.time()
    other = lie(record, "call_started")
    yield "unsigned", body, None
    yield "no signature", body, f"{signature(body, KEY, now_s)}0"
    yield "another key", body, signature(body, "key_of_somebody", now_s)
    yield "stale", body, signature(body, KEY, now_s - STALE_S)
    yield "too early", body, signature(body, KEY, now_s + STALE_S)
    yield "another body", body, signature(other, KEY, now_s)


def about_others(record: CallRecord, at: int) -> tuple[bytes, str]:
    """Return a post of the account about a call that is not ours, and how it is signed."""
    metadata = [
        {},
        {"campaign_id": "cmp_other", "contact_key": record.to_number, "attempt_id": "att_other"},
        {**record.request["metadata"], "attempt_id": f"att_{LIE}"},
    ][at % 3]
    body = json.loads(lie(record, "call_ended"))
    body["call"] |= {"call_id": f"call_other_{at}", "metadata": metadata}
    text = json.dumps(body).encode()
    return text, signature(text, KEY, time.time())


@dataclass
class Trouble:
    """Everything that is posted to one run while its process lives."""

    served: Served
    postman: Postman
    letters: queue.SimpleQueue[Letter]
    dice: random.Random
    at_live: int = 0
    lied: Counter[str] = field(default_factory=Counter)
    held: dict[str, dict[str, Letter]] = field(default_factory=lambda: defaultdict(dict))
    told: Counter[str] = field(default_factory=Counter)

    def make(self, process: subprocess.Popen[str]) -> None:
        """Post until the run has ended."""
        while process.poll() is None:
            busy = self._hand_on()
            for record in list(self.served.sandbox.calls.values()):
                if self.lied[record.call_id] < ROUNDS and self.dice.random() < 0.5:
                    self._lie_about(record)
                    busy |= self._hand_on()
            if not busy:
                time.sleep(0.005)
        self.postman.close()

    def _lie_about(self, record: CallRecord) -> None:
        self.lied[record.call_id] += 1
        event = self.dice.choice(["call_ended", "call_analyzed"])
        for kind, body, signed in forgeries(record, event):
            self.at_live += not record.has_ended(time.time())
            self.postman.post(kind, body, signed)
        self.postman.post("others", *about_others(record, sum(self.lied.values())))

    def _hand_on(self) -> bool:
        """Hand on what has come; tell whether there was anything."""
        busy = False
        with suppress(queue.Empty):
            while True:
                body, signed = self.letters.get_nowait()
                busy = True
                self._sort(json.loads(body), (body, signed))
        return busy

    def _sort(self, content: dict[str, Any], letter: Letter) -> None:
        event, call_id = content["event"], content["call"]["call_id"]
        record = self.served.sandbox.calls[call_id]
        order = ORDERS[record.ordinal % len(ORDERS)]
        if order is None:
            self._twice(event, letter)
            return
        held = self.held[call_id]
        held[event] = letter
        if len(held) == 1 + 2 * (record.connects_s is not None):
            for name in (name for name in order if name in held):
                self._twice(name, held[name])

    def _twice(self, event: str, letter: Letter) -> None:
        self.told[event] += 1
        for _ in range(2):
            self.postman.post(event, *letter)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def written(folder: Path) -> bytes:
    """Return everything that a run has written into its folder, its list left out."""
    return b"".join(
        path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.name not in {"contacts.csv", "hooks.toml"}
    )


def timeless(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return rows of results without the moments of their calls."""
    return [{k: v for k, v in row.items() if k not in MOMENTS} for row in rows]


def listings(served: Served) -> int:
    """Return how often the sandbox was asked for its list."""
    return sum("list-calls" in entry.path for entry in served.sandbox.log)


def test_only_what_the_provider_says_is_believed(
    tmp_path: Path, desk_in: Callable[[Path, int, str], Any]
) -> None:
    """No lie changes a cell, and no order of the truth: all is as without webhooks."""
    port = free_port()
    with serving(PLAN) as quiet, serving(PLAN) as served, post_office() as (url, letters):
        plain = desk_in(tmp_path / "plain", CONTACTS, quiet.url)
        desk = desk_in(tmp_path / "hooks", CONTACTS, served.url)
        hooks = desk.folder / "hooks.toml"
        hooks.write_text(f'webhook_port = {port}\nwebhook_url = "{url}"\n', encoding="utf-8")
        config = ("--config", str(hooks))
        trouble = Trouble(served, Postman(port), letters, random.Random(3))
        with plain.start(*PACE) as beside, desk.start(*PACE, *config) as process:
            trouble.make(process)
        assert (0, 0) == (beside.returncode, process.returncode)
    check_posts(trouble)
    assert timeless(desk.rows(desk.results)) == timeless(plain.rows(plain.results))
    # Both the words of the truth and those of the lies would be found.
    found = written(desk.folder)
    assert b"user_hangup" in found
    assert LIE.encode() not in found
    assert b"call_other" not in found
    assert {1} == set(Counter(c.to_number for c in served.sandbox.calls.values()).values())
    # News were heard: the list was asked for less often than without.
    assert listings(served) < listings(quiet)


def check_posts(trouble: Trouble) -> None:
    """Compare the answers with what each kind of post deserves."""
    postman, rounds = trouble.postman, ROUNDS * CONTACTS
    forged = ("unsigned", "no signature", "another key", "stale", "too early", "another body")
    assert dict.fromkeys(forged, rounds) == postman.of(401)
    believed, missed = postman.of(204), postman.of(None)
    assert rounds == believed.pop("others")
    assert postman.total == sum(believed.values()) + len(forged) * rounds + rounds
    assert postman.total >= 1000
    assert trouble.at_live > 200
    for event in ("call_started", "call_ended", "call_analyzed"):
        # What is late may find that the run has heard all and ended.
        assert 2 * trouble.told[event] == believed[event] + missed.get(event, 0)
        assert missed.get(event, 0) <= 4
    assert set(missed) <= {"call_started", "call_ended", "call_analyzed"}
