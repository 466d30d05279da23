"""A request as it leaves: what ten thousand creates have in common is worked out once.

A `httpx.Request` of each would cost as much as its answer; whoever needs one gets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

LENGTH = b"Content-Length"


@dataclass(frozen=True, slots=True)
class Sending:
    """One request: all of its headers, in order, and how long its waits may take, in seconds.

    `timeouts` has `connect`, `read` and `write`, and may have a `total` of it all.
    """

    method: str
    url: httpx.URL
    target: bytes
    headers: Headers = field(repr=False)  # with the key
    body: bytes = field(repr=False)
    timeouts: Mapping[str, float]

    @classmethod
    def of(cls, request: httpx.Request) -> Sending:
        """Return a request whose content has been read."""
        return cls(
            request.method,
            request.url,
            request.url.raw_path,
            tuple(request.headers.raw),
            request.content,
            request.extensions["timeout"],
        )

    def request(self) -> httpx.Request:
        """Return the same for any transport of httpx."""
        return httpx.Request(
            self.method,
            self.url,
            headers=list(self.headers),
            content=self.body,
            extensions={"timeout": self.timeouts},
        )


class Form:
    """What requests to one address have in common; `headers` are those of ours."""

    def __init__(
        self, method: str, url: str, headers: httpx.Headers, timeouts: Mapping[str, float]
    ) -> None:
        blank = httpx.Request(method, url, headers=headers)
        # A POST of nothing has a length too; it belongs to the body.
        self._sized = blank.headers.pop(LENGTH.decode(), None) is not None
        self._method = method
        self._url = blank.url
        self._target = blank.url.raw_path
        self._headers = tuple(blank.headers.raw)
        self._timeouts = timeouts

    def filled(self, body: bytes = b"") -> Sending:
        """Return the request with this body."""
        headers = self._headers
        if self._sized or body:
            headers = (*headers, (LENGTH, b"%d" % len(body)))
        return Sending(self._method, self._url, self._target, headers, body, self._timeouts)
