"""What logs and screens may show."""

from __future__ import annotations

import pytest

from campaign.policy.masking import mask, mask_address, mask_url


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
