"""What is known of a customer beyond a single ticket: language, whose night it is, whether they want updates. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

_WEST, _EAST, _QUARTER = -12 * 60, 14 * 60, 15  # the offsets there are on Earth, in minutes
_OFFSET = re.compile(r"([+-])(\d{2}):?([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Person:
    address: str  # ASCII-lower-cased
    language: str | None = None  # ISO 639-1
    corrected: bool = False  # somebody said so; what they write changes it no more
    muted_at: datetime | None = None  # they want no progress updates
    muted_because: str = ""
    utc_offset: int | None = None  # minutes east of UTC
    offset_corrected: bool = False

    @property
    def zone(self) -> timezone | None:
        """Where their nights are counted, as far as known."""
        return None if self.utc_offset is None else timezone(timedelta(minutes=self.utc_offset))


def language_for(person: Person, written: str | None, ticket: str | None, fallback: str) -> str:
    """The language to write in: said, then written now, then the ticket's, then learnt, then the desk's."""
    said = person.language if person.corrected else None
    return said or written or ticket or person.language or fallback


def learnt(person: Person, written: str | None) -> str | None:
    """The language to remember after a message; None when nothing changes. Short text teaches nothing."""
    if person.corrected or written is None or written == person.language:
        return None
    return written


def offset_learnt(person: Person, written: datetime | None) -> int | None:
    """The offset to remember after a message with this Date; None when nothing changes.

    Many servers write every Date in UTC, so that it teaches nothing; nor does an offset nobody lives at.
    """
    offset = written.utcoffset() if written is not None else None
    minutes = offset // timedelta(minutes=1) if offset is not None else 0
    if person.offset_corrected or not minutes or not _is_lived_at(minutes):
        return None
    return minutes if minutes != person.utc_offset else None


def read_offset(text: str) -> int:
    """``+05:30`` in minutes. Raises ValueError for what is none."""
    match = _OFFSET.fullmatch(text)
    sign = -1 if match and match[1] == "-" else 1
    minutes = sign * (60 * int(match[2]) + int(match[3])) if match else _EAST + 1
    if not _is_lived_at(minutes):
        raise ValueError(f"{text} is no offset such as +05:30 or -03:00")
    return minutes


def offset_text(minutes: int) -> str:
    """``+05:30``"""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _is_lived_at(minutes: int) -> bool:
    return _WEST <= minutes <= _EAST and minutes % _QUARTER == 0
