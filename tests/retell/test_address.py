"""The base URL and the key, checked before anything is sent."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from campaign.errors import ConfigError
from campaign.retell import base_address, is_loopback
from campaign.retell.address import Credentials


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://api.retellai.com", "https://api.retellai.com"),
        ("https://api.retellai.com/", "https://api.retellai.com"),
        ("HTTPS://Gate.example.test/retell/", "https://gate.example.test/retell"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:1/x", "http://[::1]:1/x"),
    ],
)
def test_a_base_url_is_taken(given: str, address: str) -> None:
    """A path prefix stays, a trailing slash goes; plain http is fine on loopback."""
    assert base_address(given) == address


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "must begin with https://"),
        ("api.retellai.com", "must begin with https://"),
        ("ftp://api.retellai.com", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://host.test?x=1", "no query"),
        ("https://host.test/?", "no query"),
        ("https://host.test/#top", "no fragment"),
        ("http://api.retellai.com", "plain http is for loopback only"),
        ("http://127.0.0.1.example.test", "plain http is for loopback only"),
        ("http://[::2]", "plain http is for loopback only"),
        ("https://host.test:port", "Invalid port"),
        ("https://host.test\n", "non-printable"),
    ],
)
def test_a_base_url_that_leads_astray_is_refused(given: str, why: str) -> None:
    """The error shows the URL and says what is wrong with it."""
    with pytest.raises(ConfigError, match=why) as caught:
        base_address(given)
    assert repr(given) in str(caught.value)


def test_a_password_in_a_url_is_not_shown() -> None:
    """A user name in the URL is refused without showing it."""
    with pytest.raises(ConfigError) as caught:
        base_address("https://me:hush@host.test")
    assert "hush" not in str(caught.value)
    assert "user name" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost", True),
        ("http://127.8.9.1:8", True),
        ("http://[::1]:80", True),
        ("https://x.test", False),
        ("https://10.0.0.1", False),
        ("http://localhost@x.test", False),
        ("http://[", False),
        ("http://local\nhost", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine(url: str, here: bool) -> None:
    """Names other than localhost are somewhere else."""
    assert is_loopback(url) == here


@pytest.mark.parametrize(
    "bad", ["key_s3cret\n", "key s3cret", "s3cret\u00e9", "s3cret\x00", "\u2028s3cret"]
)
def test_a_key_that_cannot_be_a_header_is_refused_unseen(bad: str) -> None:
    """A line break at the end of a pasted key is found before it reaches the wire."""
    with pytest.raises(ConfigError) as caught:
        Credentials(SecretStr(bad))
    assert "s3cret" not in f"{caught.value!r} {caught.value}"


def test_an_empty_key_is_refused() -> None:
    """The error says where a key comes from."""
    with pytest.raises(ConfigError, match="RETELL_API_KEY"):
        Credentials(SecretStr(""))


def test_a_key_shows_itself_to_the_wire_only() -> None:
    """Neither the credentials nor the headers made of them show it."""
    credentials = Credentials(SecretStr('key_"s3cret'))
    headers = credentials.headers(user_agent="campaign")
    assert headers["authorization"] == 'Bearer key_"s3cret'
    assert headers["user-agent"] == "campaign"
    assert "s3cret" not in f"{credentials!r} {headers!r}"
    assert credentials.redact('a key_"s3cret key_\\"s3cret') == "a ********** **********"
