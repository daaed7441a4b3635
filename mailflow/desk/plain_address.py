"""Which addresses mailflow writes to."""

from __future__ import annotations

from mailflow.desk.delivery import address_fault


def is_plain_address(address: str) -> bool:
    """True for ``name@domain`` without source routes, percent or bang paths, quoting or address literals.

    The exotic forms are legal, and each of them has been used to make a server relay.
    """
    return address_fault(address) is None and not set(address) & set('%!"[]')
