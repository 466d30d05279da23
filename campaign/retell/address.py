"""Where the provider is, and with which key: both checked before anything is sent."""

from __future__ import annotations

import json
import re
from typing import Protocol

import httpx

from campaign.errors import ConfigError
from campaign.policy import loopback

HIDDEN = "**********"


class SecretText(Protocol):
    """A text that does not show itself, as pydantic's `SecretStr`."""

    def get_secret_value(self) -> str:
        """Return the text."""
        ...


class Credentials:
    """The API key; shows itself to the wire only."""

    __slots__ = ("_secret",)

    def __init__(self, api_key: SecretText) -> None:
        key = api_key.get_secret_value()
        if not key:
            raise ConfigError("the API key is empty", hint="set RETELL_API_KEY")
        if re.fullmatch(r"[\x21-\x7e]+", key) is None:
            raise ConfigError(
                "the API key has a character that no key has (a space, a line break, an accent)",
                hint="copy it again from the provider's dashboard",
            )
        self._secret = api_key

    def __repr__(self) -> str:
        return f"Credentials({HIDDEN!r})"

    def headers(self, **others: str) -> httpx.Headers:
        """Return request headers with the key, and with `others` (`_` for `-`)."""
        named = {name.replace("_", "-"): value for name, value in others.items()}
        return httpx.Headers(
            {**named, "authorization": f"Bearer {self._secret.get_secret_value()}"}
        )

    def redact(self, text: str) -> str:
        """Return the text without the key, should a server have sent it back."""
        key = self._secret.get_secret_value()
        escaped = json.dumps(key)[1:-1]
        for spelling in (key, escaped, escaped.replace("/", "\\/")):
            text = text.replace(spelling, HIDDEN)
        return text


def base_address(base_url: str) -> str:
    """Return the base URL without a trailing slash; `ConfigError` where it cannot be used.

    Plain `http` is for loopback only: anywhere else it would show the key to the network.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as exc:
        raise _refused(base_url, str(exc)) from None
    if url.userinfo:
        # Not shown: it may hold a password.
        raise _refused(f"{url.scheme}://…@{url.host}", "it has a user name in it")
    if url.scheme not in ("http", "https") or not url.host:
        raise _refused(base_url, "it must begin with https:// and a host")
    if "?" in base_url or "#" in base_url:
        raise _refused(base_url, "it must have no query and no fragment")
    if url.scheme == "http" and not is_loopback(base_url):
        raise _refused(base_url, "plain http is for loopback only")
    return str(url).rstrip("/")


def is_loopback(base_url: str) -> bool:
    """Tell whether a URL leads to this machine; one that cannot be used leads nowhere."""
    try:
        return loopback.is_loopback(httpx.URL(base_url).host)
    except httpx.InvalidURL:
        return False


def _refused(shown: str, why: str) -> ConfigError:
    return ConfigError(
        f"the base URL {shown!r} cannot be used: {why}",
        hint="the provider's own is 'https://api.retellai.com'",
    )
