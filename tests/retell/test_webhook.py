"""Signatures of webhooks, and what their bodies say."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from campaign.model import Call
from campaign.retell.webhook import EVENTS, Told, believed, is_other_news, is_timely, told

BODY = b'{"event":"call_ended"}'
KEY = SecretStr("test-api-key")
MS = "1700000000000"
DIGEST = "07024cabe7dd8f6d1c6e4a8324ca92c812e6ad4a7ee506c04f7e462e3321823e"
SIGNATURE = f"v={MS},d={DIGEST}"
THEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def signed(body: bytes, key: str, ms: str = MS) -> str:
    """Return the header that the provider would send with a body."""
    digest = hmac.new(key.encode(), body + ms.encode(), "sha256").hexdigest()
    return f"v={ms},d={digest}"


def test_the_known_signature_is_believed() -> None:
    """The recorded vector: HMAC-SHA256 of the body and the digits of the moment."""
    assert believed(BODY, SIGNATURE, KEY, THEN) is True
    assert signed(BODY, "test-api-key") == SIGNATURE


@pytest.mark.parametrize(
    ("late_ms", "expected"),
    [
        (0, True),
        (300_000, True),
        (300_001, False),
        (-300_000, True),
        (-300_001, False),
        (86_400_000, False),
    ],
)
def test_a_signature_holds_five_minutes(late_ms: int, expected: bool) -> None:
    """An old post cannot be sent again; the provider's clock may be ahead by as much."""
    now = THEN + timedelta(milliseconds=late_ms)
    assert believed(BODY, SIGNATURE, KEY, now) is expected
    assert is_timely(SIGNATURE, now) is expected


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        DIGEST,
        f"d={DIGEST},v={MS}",
        f"v={MS}, d={DIGEST}",
        f" {SIGNATURE}",
        f"{SIGNATURE}\n",
        f"{SIGNATURE},x=1",
        f"v={MS},d={DIGEST.upper()}",
        f"v={MS},d={DIGEST[:-1]}",
        f"v=,d={DIGEST}",
        f"v=-{MS},d={DIGEST}",
        f"v={MS}.0,d={DIGEST}",
        f"v={'9' * 5000},d={DIGEST}",
        f"v=١٧٠٠٠٠٠٠٠٠٠٠٠,d={DIGEST}",  # noqa: RUF001 (digits, but not the provider's)
    ],
)
def test_another_spelling_is_refused(signature: str | None) -> None:
    """There is one way to write a signature, and nothing else is looked at."""
    assert (believed(BODY, signature, KEY, THEN), is_timely(signature, THEN)) == (False, False)


@pytest.mark.parametrize("key", ["test-api-kez", "test-api-key ", ""])
def test_another_key_is_refused(key: str) -> None:
    """Who does not hold the key cannot sign; an empty key is no key, even where it was used."""
    wrong = (SIGNATURE, SecretStr(key)) if key else (signed(BODY, ""), SecretStr(""))
    assert believed(BODY, *wrong, THEN) is False


@settings(max_examples=60)
@given(
    body=st.binary(min_size=1, max_size=60),
    key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
    part=st.sampled_from(["body", "signature", "moment"]),
    data=st.data(),
)
def test_no_changed_byte_is_believed(body: bytes, key: str, part: str, data: Any) -> None:
    """What was signed is believed; with any one byte changed, anywhere, it is not."""
    header = signed(body, key)
    assert believed(body, header, SecretStr(key), THEN) is True
    text = body if part == "body" else header.encode()
    span = {"body": (0, len(body)), "signature": (0, len(text)), "moment": (2, 15)}[part]
    at = data.draw(st.integers(span[0], span[1] - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != text[at]))
    changed = text[:at] + bytes([other]) + text[at + 1 :]
    if part == "body":
        assert believed(changed, header, SecretStr(key), THEN) is False
    else:
        assert believed(body, changed.decode("latin-1"), SecretStr(key), THEN) is False


def post(event: Any = "call_ended", **call: Any) -> bytes:
    """Return the body of a post."""
    return json.dumps({"event": event, "call": call}).encode()


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_an_event_tells_how_a_call_stands(event: str) -> None:
    """The call is read as the one of get-call, money and metadata included."""
    body = post(
        event,
        call_id="call_1",
        call_status="ended",
        metadata={"attempt_id": "att_1"},
        duration_ms=1500,
        call_cost={"combined_cost": 7},
        news="ignored",
    )
    call = Call(
        call_id="call_1",
        status="ended",
        metadata={"attempt_id": "att_1"},
        duration_s=1.5,
        cost_usd=0.07,
    )
    assert told(body) == Told(event=event, call=call)
    assert is_other_news(body) is False


@pytest.mark.parametrize(
    ("body", "other"),
    [
        (b"", False),
        (b"[]", False),
        (b"\xff", False),
        (b"[" * 100_000, False),
        (b"{}", False),
        (post(event=3, call_id="call_1"), False),
        (post(event=["call_ended"], call_id="call_1"), False),
        (post(), False),
        (post(call_id=""), False),
        (post(call_id=7), False),
        (b'{"event":"call_ended","call":"call_1"}', False),
        (b'{"event":"call_ended"}', False),
        (post("transcript_updated", call_id="call_1"), True),
        (b'{"event":"chat_started","chat":{}}', True),
    ],
)
def test_anything_else_tells_nothing(body: bytes, other: bool) -> None:
    """A body without a known event and a call is none; one about something else is other news."""
    assert (told(body), is_other_news(body)) == (None, other)


@settings(max_examples=50)
@given(
    body=st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["event", "call", "call_id"]), inner, max_size=3)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
@pytest.mark.parametrize("read", [told, is_other_news])
def test_no_body_raises(read: Callable[[bytes], Any], body: bytes) -> None:
    """Whatever comes is news or it is not."""
    assert not read(body) or b"event" in body
