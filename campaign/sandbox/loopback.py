"""The only place that a sandbox posts to: this machine."""

from __future__ import annotations

import httpx

from campaign.policy.loopback import is_loopback


def is_local_url(url: str) -> bool:
    """Tell whether a URL is plain http to this machine."""
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    has_port = found.port is None or 0 < found.port < 65536
    return found.scheme == "http" and has_port and is_loopback(found.host)
