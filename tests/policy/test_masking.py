"""What logs and screens may show."""

from __future__ import annotations

import pytest

from campaign.policy.masking import mask, mask_address, mask_url, redact


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+14155550123", "+1********23"), ("+1234", "+1*34"), ("1234", "****"), ("", "")],
)
def test_numbers(number: str, shown: str) -> None:
    """Both ends of a number are shown, if there is a middle to hide."""
    assert shown == mask(number)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hc-ping.com/4a1b-9c", "https://hc-ping.com/..."),
        ("http://127.0.0.1:8000?token=secret", "http://127.0.0.1:8000/..."),
        ("https://me:secret@host", "https://host/..."),
        ("https://host#secret", "https://host/..."),
        ("https://host\\secret", "https://host/..."),
        ("secret", "********"),
    ],
)
def test_addresses_with_a_secret_path(url: str, shown: str) -> None:
    """Of such an address only the host is shown."""
    assert shown == mask_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/path", "https://host/path"),
        ("https://me:secret@host/a@b", "https://********@host/a@b"),
        ("https://host/?a=secret&b=secret", "https://host/?a=********&b=********"),
        ("https://host/a=b", "https://host/a=b"),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    """Who asks, and what signs a query, is hidden."""
    assert shown == mask_address(url)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to +14155550123: no", "to +1********23: no"),
        ("+1 (415) 555-0123, +44 20 7946 0123.", "+1*************23, +4************23."),
        ("call (415) 555-0123 or 4155550123", "call (4**********23 or 41******23"),
        ("415.555.0123", "41********23"),
        ("key_1234567890abcdef and Bearer abc.def", "******** and Bearer ********"),
        # What is no number stays as it is.
        (
            "at 2026-03-02 15:00:01.123456, 10000000 rows",
            "at 2026-03-02 15:00:01.123456, 10000000 rows",
        ),
        ("http://192.168.100.100:8080", "http://192.168.100.100:8080"),
        (
            "att_3ae579a0d08ca6bba1575208 call_01234567890",
            "att_3ae579a0d08ca6bba1575208 call_01234567890",
        ),
        ("12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-123456789012"),
        (
            "list_20260302150001.csv, 1,234,567 of 3.14159",
            "list_20260302150001.csv, 1,234,567 of 3.14159",
        ),
        ("100 % of 24h", "100 % of 24h"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    """Numbers as people write them and keys are masked; dates, addresses and ids are not."""
    assert shown == redact(text)
