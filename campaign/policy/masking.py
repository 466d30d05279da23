"""Phone numbers and addresses as logs and screens may show them."""

from __future__ import annotations

import re

HIDDEN = "********"
USER = re.compile(r"(?<=://)[^/?#\s]*@")
KEY = re.compile(r"\bkey_\w{6,}|(?<=Bearer )\S+")
INTERNATIONAL = re.compile(r"\+[1-9](?:[ .()/-]{0,2}[0-9]){6,14}(?![0-9])")
NATIONAL = re.compile(
    # Neither a part of a name, nor a date, nor an address of the Internet.
    r"(?<![\w.+-])(?![0-9]{4}-[0-9]{2}-[0-9]{2})(?!(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]))"
    r"\(?[0-9](?:[ .()/-]{0,2}[0-9]){8,14}(?![\w-])"
)
QUERY = re.compile(r"(?<==)[^&#\s]+")


def mask(number: str) -> str:
    """Keep the first two and the last two characters: `+14155550123` becomes `+1*******23`."""
    if len(number) <= 4:
        return "*" * len(number)
    return f"{number[:2]}{'*' * (len(number) - 4)}{number[-2:]}"


def redact(text: str) -> str:
    """Mask every phone number in a text, written as people write them, and every key."""
    text = INTERNATIONAL.sub(lambda found: mask(found[0]), KEY.sub(HIDDEN, text))
    return NATIONAL.sub(lambda found: mask(found[0]), text)


def mask_url(url: str) -> str:
    """Keep who is asked, not for what: `https://hc.example/ping/4a1b` is `https://hc.example/...`.

    For addresses whose path is a secret.
    """
    scheme, there, rest = url.partition("://")
    if not there:
        return HIDDEN
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    return f"{scheme}://{host}/..."


def mask_address(url: str) -> str:
    """Take out of an address who asks, and the values of its query, which may be signatures."""
    where, mark, query = USER.sub(f"{HIDDEN}@", url).partition("?")
    return where + mark + QUERY.sub(HIDDEN, query)
