"""FETCH: what is asked for, in which portions, and what an answer is worth. Pure.

Only UID, RFC822.SIZE, INTERNALDATE and BODY.PEEK[] are ever asked for: servers make ENVELOPE and
BODYSTRUCTURE wrong in too many ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from mailflow.mail.message import Location, RawMessage

UID_CHUNK = 500  # UIDs named in one command
PAGE_OCTETS = 8 * 1024 * 1024
PAGE_MESSAGES = 50


def items(section: str) -> list[str]:
    return ["UID", "RFC822.SIZE", "INTERNALDATE", section]


def raw_message(parts: dict[bytes, Any] | None, location: Location) -> RawMessage | None:
    if not parts:
        return None
    body = parts.get(b"BODY[]", parts.get(b"BODY[]<0>"))
    if not isinstance(body, bytes):
        return None
    return RawMessage(body, _utc(parts.get(b"INTERNALDATE")), location)


def _utc(moment: object) -> datetime | None:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return None
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):  # year 1 or 9999
        return None


def chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def pages(uids: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """Cut ``uids`` into pages of at most PAGE_MESSAGES messages and PAGE_OCTETS octets (or one message).

    One without a known size stands alone: expunged, or the server could not tell.
    """
    page: list[int] = []
    octets = 0
    for uid in uids:
        size = sizes.get(uid, PAGE_OCTETS + 1)
        if page and (octets + size > PAGE_OCTETS or len(page) >= PAGE_MESSAGES):
            yield page
            page, octets = [], 0
        page.append(uid)
        octets += size
    if page:
        yield page
