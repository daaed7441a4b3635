"""Reading Date: (RFC 5322 3.3, the obsolete forms, and ISO 8601 as some programs write it)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

_LONGEST = 120
_COMMENT = re.compile(r"\([^()]*\)")
_DIGITS = re.compile(r"\d{5}")
_ZONELESS_SECONDS = 24 * 3600
_COLON_ZONE = re.compile(r"(?:\b(?:GMT|UTC?)\s?)?([+-]\d\d):?(\d\d)$")
_TWELVE_HOURS = re.compile(r"\b(0?\d|1[0-2])(:\d\d(?::\d\d)?)\s?([ap])\.?m\b\.?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,12}\.?")

#: Months as programs write them that ask the system's language for the name, against RFC 5322 3.3.
_MONTHS = {
    "Jan": "janv janvier januar januari ene enero gen gennaio jänner янв января",
    "Feb": "févr février fév februar febr februari febrero febbraio fev fevereiro фев февраля",
    "Mar": "mrz märz mär mars mrt maart marzo março мар марта",
    "Apr": "avr avril abr abril aprile апр апреля",
    "May": "mai mei mag maggio mayo maio maj мая май",
    "Jun": "juin juni giu giugno junio junho июн июня",
    "Jul": "juil juillet juli lug luglio julio julho июл июля",
    "Aug": "août ago agosto augustus augusti aout авг августа",
    "Sep": "sept set settembre septiembre setembro сен сентября",
    "Oct": "okt octobre oktober ott ottobre octubre out outubro окт октября",
    "Nov": "novembre novembro noviembre ноя ноября",
    "Dec": "déc décembre dez dezember dic dicembre diciembre dezembro декабря дек",
}
_ENGLISH = {word: month for month, words in _MONTHS.items() for word in words.split()}


def parse_date(raw: str) -> datetime | None:
    """The moment as an aware datetime, or None when it cannot be read or does not exist.

    An unknown zone (``-0000``, a missing or impossible one, a name beyond those of RFC 5322 4.3) is
    taken as UTC, as the RFC asks.
    """
    text = _COMMENT.sub(" ", raw.strip()[:_LONGEST]).strip()
    if not text:
        return None
    if text[:4].isdigit() and text[4:5] == "-":
        return _iso(text)
    if _DIGITS.search(text):
        return None
    try:
        read = parsedate_tz(_usual(text))
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


def _usual(text: str) -> str:
    """The spellings of zones, hours and months that Python does not know, as RFC 5322 has them."""
    text = _COLON_ZONE.sub(r"\1\2", text)
    text = _TWELVE_HOURS.sub(_on_the_clock, text)
    return _WORD.sub(lambda word: _ENGLISH.get(word[0].rstrip(".").lower(), word[0]), text)


def _on_the_clock(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[3] in "pP" else 0)
    return f"{hour:02d}{found[2]}"


def _zone(offset: int) -> timezone:
    return timezone(timedelta(seconds=offset)) if offset else UTC


def _iso(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
