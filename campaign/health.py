"""A health check service, told that a run begins, has ended, or has failed.

The signals are those of healthchecks.io and its kin: the address with `/start` or `/fail` behind
its path, or as it is. Nothing is sent but that; whoever knows the address may send it too, so it
is never logged. Whatever goes wrong here goes wrong by itself: the request is made in a thread
that nobody waits for longer than a moment, the answer's body is not read, redirects are not
followed.
"""

from __future__ import annotations

import time
from contextlib import suppress
from enum import StrEnum
from threading import Thread

import httpx

from campaign.log import Action, Log
from campaign.policy.masking import mask_url

log = Log(__name__)

LIMIT_S = 4.0
"""How long a signal is waited for at most, look-up of the name and further tries included."""

TRY_S = 3.0
"""How long each step of one try may take."""

TRIES = 3
PAUSE_S = 0.5
HEADERS = {"user-agent": "campaign"}


class Signal(StrEnum):
    """What a health check is told."""

    START = "start"
    """A run begins."""
    SUCCESS = "success"
    """It has done what was to be done."""
    FAIL = "fail"
    """It has not."""


class HealthCheck:
    """One check, at one address; `transport` is for tests."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport

    def __repr__(self) -> str:
        return f"HealthCheck({mask_url(self._url)!r})"

    def tell(self, signal: Signal) -> bool:
        """Send a signal; return within seconds whether it was taken, and never raise."""
        ends: list[str] = []
        # Not a thread that the process waits for at its end: a name server may take a minute.
        thread = Thread(target=lambda: ends.append(self._tried(signal)), daemon=True)
        thread.start()
        thread.join(LIMIT_S)
        trouble = ends[0] if ends else f"no answer within {LIMIT_S:g} s"
        where = mask_url(self._url)
        if trouble:
            told = (signal.value, where, trouble)
            log.warning(Action.PING_FAILED, "no %s to %s: %s", *told, signal=signal.value)
        else:
            log.info(Action.PINGED, "%s to %s", signal.value, where, signal=signal.value)
        return not trouble

    def _tried(self, signal: Signal) -> str:
        """Return why a signal was not taken, `""` where it was."""
        try:
            # Without a client around it, which would log the address.
            with self._transport or httpx.HTTPTransport(verify=self._is_secure) as transport:
                return self._on(transport, signal)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the run's
            return type(error).__name__  # its words may hold the address

    def _on(self, transport: httpx.BaseTransport, signal: Signal) -> str:
        request = httpx.Request("GET", address(self._url, signal), headers=HEADERS)
        request.extensions["timeout"] = httpx.Timeout(TRY_S).as_dict()
        for _ in range(TRIES - 1):
            with suppress(httpx.TransportError):
                status = _status(transport, request)
                if status < 500:
                    return _trouble(status)
            time.sleep(PAUSE_S)
        return _trouble(_status(transport, request))

    @property
    def _is_secure(self) -> bool:
        return not self._url.startswith("http://")


def _status(transport: httpx.BaseTransport, request: httpx.Request) -> int:
    response = transport.handle_request(request)
    response.close()
    return response.status_code


def _trouble(status: int) -> str:
    return "" if 200 <= status < 300 else f"answered {status}"


def address(url: str, signal: Signal) -> httpx.URL:
    """Return where a signal goes; a query stays at the end."""
    parsed = httpx.URL(url)
    if signal is Signal.SUCCESS:
        return parsed
    return parsed.copy_with(path=f"{parsed.path.rstrip('/')}/{signal.value}")
