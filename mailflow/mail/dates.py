"""Reading Date: (RFC 5322 3.3, the obsolete forms, and ISO 8601 as some programs write it)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_LONGEST = 120
_COMMENT = re.compile(r"\([^()]*\)")
_DIGITS = re.compile(r"\d{5}")
_ZONELESS_SECONDS = 24 * 3600


def parse_date(raw: str) -> datetime | None:
    """The moment as an aware datetime, or None when it cannot be read or does not exist.

    An unknown zone (``-0000``, a missing or impossible one) is taken as UTC.
    """
    text = _COMMENT.sub(" ", raw.strip()[:_LONGEST]).strip()
    if not text:
        return None
    if text[:4].isdigit() and text[4:5] == "-":
        return _iso(text)
    if _DIGITS.search(text):
        return None
    try:
        read = parsedate_tz(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if read is None:
        return None
    year, month, day, hour, minute, second, *_, offset = read
    if year < 1900 or abs(offset or 0) >= _ZONELESS_SECONDS:
        offset = 0
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(offset or 0))
    except (ValueError, OverflowError):
        return None


def _zone(offset: int) -> timezone:
    return timezone(timedelta(seconds=offset)) if offset else UTC


def _iso(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
