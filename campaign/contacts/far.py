"""Lists that are far away: how long they are waited for, and what is told where they do not come.

Retries are few: a person waits, or a timer that will start the command again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Thread
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from campaign.errors import ListError

PATIENCE_S = 45.0
"""How long the first bytes of a list are waited for, all retries together."""

OPTIONS: Mapping[str, Any] = MappingProxyType(
    {"max_retries": 2, "retry_timeout_ms": 10_000, "connect_timeout": "5s", "timeout": "300s"}
)
"""How object stores are asked; a request may last as long as a big piece takes on a slow line."""

NOT_THERE = re.compile(r"status code: 404|not found", re.IGNORECASE)
NOT_ALLOWED = re.compile(
    r"status code: 40[13]|privileges|credential|unauthenticated"
    r"|169\.254\.169\.254|metadata\.google",  # where a machine in a cloud asks who it is
    re.IGNORECASE,
)
NO_ANSWER = re.compile(r"error sending request|after \d+ retries|status code: 5|no answer")
QUERY = re.compile(r"\?[^\s)]*")

SIGN_IN = {
    "s3": "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and AWS_ENDPOINT_URL for"
    " a store that is not Amazon's",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}


@contextmanager
def reading_far(name: str, source: str) -> Iterator[None]:
    """Turn what goes wrong with an address into a `ListError` that says what a person can do."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        said = str(error)
        if "://" not in said and not isinstance(error, TimeoutError):
            raise  # it came, and is no list, or there is no room for it here
        raise _explained(name, source, said) from error


def await_answer(frame: pl.LazyFrame) -> None:
    """Wait until the beginning of a far file is there; `TimeoutError` where it does not come."""
    answer: Queue[Exception | None] = Queue(1)

    def ask() -> None:
        try:
            frame.head(1).collect()
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            answer.put(error)
        else:
            answer.put(None)

    # Nobody waits for this thread at the end: the address may be silent for minutes.
    Thread(target=ask, daemon=True).start()
    try:
        error = answer.get(timeout=PATIENCE_S)
    except Empty:
        raise TimeoutError(f"no answer within {PATIENCE_S:g} s") from None
    if error is not None:
        raise error


def _explained(name: str, source: str, said: str) -> ListError:
    if NOT_ALLOWED.search(said):
        return ListError(
            f"the list {name} cannot be read: it may not be read with the credentials there are",
            hint=SIGN_IN.get(urlsplit(source).scheme, "give an address that needs no signing in"),
        )
    if NOT_THERE.search(said):
        return ListError(
            f"the list {name} cannot be read: there is nothing at that address",
            hint="check how it is spelled: the bucket or host, and the path",
        )
    if NO_ANSWER.search(said):
        return ListError(
            f"the list {name} cannot be read: the address does not answer",
            hint="check the network and the address, then run again",
        )
    # An address may end with a signature, which is a key.
    told = QUERY.sub("", said.strip().partition("\n")[0])
    return ListError(f"the list {name} cannot be read: {told}", hint="check the address")
