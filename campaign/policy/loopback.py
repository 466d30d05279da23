"""Where this machine is, seen from itself."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: `localhost`, 127.0.0.0/8 or `::1`."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
