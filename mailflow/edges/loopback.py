"""Whether a host is this machine: the only one a password may reach without TLS."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """By name or by address (127.0.0.0/8, ::1); no name is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
