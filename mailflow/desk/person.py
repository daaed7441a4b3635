"""What is known of a customer beyond a single ticket: language, and whether they want updates at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    address: str  # ASCII-lower-cased
    language: str | None = None  # ISO 639-1
    corrected: bool = False  # somebody said so; what they write changes it no more
    muted_at: datetime | None = None  # they want no progress updates
    muted_because: str = ""


def language_for(person: Person, written: str | None, ticket: str | None, fallback: str) -> str:
    """The language to write in: said, then written now, then the ticket's, then learnt, then the desk's."""
    said = person.language if person.corrected else None
    return said or written or ticket or person.language or fallback


def learnt(person: Person, written: str | None) -> str | None:
    """The language to remember after a message; None when nothing changes. Short text teaches nothing."""
    if person.corrected or written is None or written == person.language:
        return None
    return written
