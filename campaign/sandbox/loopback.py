"""Where this machine is, seen from itself: the only place a sandbox is served to or posts to."""

from __future__ import annotations

from ipaddress import ip_address

import httpx


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, seen from itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_local_url(url: str) -> bool:
    """Tell whether a URL is plain http to this machine."""
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    has_port = found.port is None or 0 < found.port < 65536
    return found.scheme == "http" and has_port and is_loopback(found.host)
