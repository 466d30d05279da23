"""How long a throttle asks to wait, as far as it can be believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest

from campaign.retell import faults


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7.5 "}, 7.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "1000000000"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "soon", "ratelimit-reset": "4"}, 4.0),
        ({"retry-after": "1000000000", "ratelimit-reset": "4"}, 4.0),
        ({"retry-after": "2", "ratelimit-reset": "4"}, 2.0),
        ({"ratelimit-reset": "9"}, 9.0),
        ({"ratelimit-reset": "1790000000"}, None),
        ({"ratelimit-reset": ""}, None),
        ({"ratelimit-reset": "-1"}, None),
        ({"ratelimit-reset": "0"}, 0.0),
        ({"retry-after": "", "ratelimit-reset": "9"}, 9.0),
        ({"retry-after": "-3", "ratelimit-reset": "9"}, 9.0),
        ({"retry-after": "Mon, 23 Nov 2036 13:00:00 GMT", "ratelimit-reset": "9"}, 9.0),
        ({"retry-after": "Mon, 23 Nov 2026 14:00:30 GMT", "ratelimit-reset": "9"}, 30.0),
        (httpx.Headers({"RateLimit-Reset": "9", "RateLimit-Limit": "1000"}), 9.0),
        (httpx.Headers({"Retry-After": "2", "RateLimit-Reset": "9"}), 2.0),
        ({"retry-after": "Mon, 23 Nov 2026 14:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 13:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2036 13:00:00 GMT"}, None),
        (
            {
                "retry-after": "Mon, 23 Nov 2026 14:00:30 GMT",
                "date": "Mon, 23 Nov 2026 14:00:10 GMT",
            },
            20.0,
        ),
    ],
)
def test_a_wait_is_taken_where_it_is_credible(
    headers: Mapping[str, str], wait_s: float | None
) -> None:
    """Seconds, a date or the reset header; what is negative, absurd or garbage is passed over."""
    now = datetime(2026, 11, 23, 14, tzinfo=UTC)
    fault = faults.of_status(429, headers, "", now=now)
    assert fault.retry_after_s == wait_s


def test_a_date_without_a_clock_says_nothing() -> None:
    """A date to wait for needs a date to count from."""
    headers = {"retry-after": "Mon, 23 Nov 2026 14:00:30 GMT"}
    assert faults.retry_after_s(headers) is None


@pytest.mark.parametrize(
    ("status", "headers", "limiter"),
    [
        (429, httpx.Headers({"X-RateLimit-Limiter": "call-error"}), "call-error"),
        (429, httpx.Headers({"X-RateLimit-Limiter": "x" * 99}), "x" * 40),
        (429, httpx.Headers({}), None),
        (400, httpx.Headers({"X-RateLimit-Limiter": "call", "retry-after": "3"}), None),
    ],
)
def test_a_limiter_is_named_on_throttles_only(
    status: int, headers: httpx.Headers, limiter: str | None
) -> None:
    """The limiter is the provider's word, and absent where it gave none."""
    fault = faults.of_status(status, headers, "")
    assert (fault.limiter, fault.retry_after_s) == (limiter, None)


@pytest.mark.parametrize(
    ("text", "headers", "limiter"),
    [
        ("Account rate limited: concurrency limit reached.", {}, "concurrency"),
        ("CONCURRENCY LIMIT", {}, "concurrency"),
        ("too many concurrent calls", {}, "concurrency"),
        ("You have 20 concurrent phone calls already", {}, "concurrency"),
        ("concurrent outbound and inbound calls exceeded", {}, "concurrency"),
        ("Max concurrent call limit", {}, "concurrency"),
        ("20 calls are running concurrently", {}, "concurrency"),
        ("calls concurrent: 20", {}, "concurrency"),
        ("too many concurrent requests", {}, None),
        ("Too many API requests. Please slow down.", {}, None),
        ("Account rate limited: more than 1 calls per second.", {}, None),
        ("", {}, None),
        ("concurrency limit reached", {"x-ratelimit-limiter": "call"}, "call"),
        ("concurrency limit reached", {"x-ratelimit-limiter": ""}, "concurrency"),
    ],
)
@pytest.mark.parametrize("key", ["message", "error_message", None])
def test_a_want_of_lines_is_told_from_its_words(
    text: str, headers: dict[str, str], limiter: str | None, key: str | None
) -> None:
    """A 429 that speaks of concurrency names it as its limiter; a header wins."""
    body = text if key is None else json.dumps({key: text})
    assert faults.of_status(429, headers, body).limiter == limiter


def test_only_a_throttle_has_a_limiter() -> None:
    """Other refusals may speak of concurrency as they like."""
    assert faults.of_status(400, {}, "concurrency limit reached").limiter is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 23 Nov 2026 14:00:00 GMT", datetime(2026, 11, 23, 14, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 14:00:00 -0000", datetime(2026, 11, 23, 14, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 15:00:00 +0100", datetime(2026, 11, 23, 14, tzinfo=UTC)),
        ("Mon, 99 Nov 2026 15:00:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_an_http_date_is_a_moment(text: str, moment: datetime | None) -> None:
    """Dates are aware UTC; what is no date is none."""
    assert faults.moment(text) == moment
