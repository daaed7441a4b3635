"""Moments as agents write them in a command: ``3d``, ``friday``, ``tomorrow 14:00``, ``2026-12-01``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_MORNING = time(8, 0)
_SPAN = re.compile(r"(\d{1,4})\s?(h|d|w|hours?|days?|weeks?)")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class When:
    """A moment before it is known what time it is: a span from now, or a day with a time of that day."""

    span: timedelta | None = None
    day: date | None = None
    weekday: int | None = None  # Monday = 0; the next one
    in_days: int | None = None
    at: time | None = None  # in the desk's time zone; without one 8:00


def parse_when(text: str) -> When | None:
    """What ``text`` names; None when it cannot be read."""
    words = " ".join(text.casefold().removeprefix("until ").removeprefix("till ").split())
    words = words.removeprefix("in ").removeprefix("on ").removeprefix("by ")
    span = _SPAN.fullmatch(words)
    if span:
        return When(span=int(span[1]) * _UNITS[span[2][0]])
    head, _, tail = words.rpartition(" ")
    at = _time_of(tail)
    if at is not None:
        words = head.removesuffix(" at") if head else "today"
    elif _TIME.fullmatch(tail):
        return None
    return _day_of(words, at)


def _day_of(words: str, at: time | None) -> When | None:
    if words in ("today", "tomorrow"):
        return When(in_days=int(words == "tomorrow"), at=at)
    if words == "next week":
        return When(weekday=0, at=at)
    near = [n for n, name in enumerate(_DAYS) if len(words) >= 3 and name.startswith(words)]
    if len(near) == 1:
        return When(weekday=near[0], at=at)
    written = _DATE.fullmatch(words)
    try:
        return When(day=date(*map(int, written.groups())), at=at) if written else None
    except ValueError:
        return None


def _time_of(text: str) -> time | None:
    match = _TIME.fullmatch(text)
    try:
        return time(int(match[1]), int(match[2])) if match else None
    except ValueError:
        return None


def moment_of(when: When, now: datetime, zone: tzinfo) -> datetime:
    """The moment, aware and in UTC like ``now``. A day without a time begins at 8:00 in ``zone``."""
    if when.span is not None:
        return (now + when.span).replace(second=0, microsecond=0)
    today = now.astimezone(zone).date()
    if when.day is not None:
        day = when.day
    elif when.weekday is not None:
        day = today + timedelta(days=(when.weekday - today.weekday() - 1) % 7 + 1)
    else:
        day = today + timedelta(days=when.in_days or 0)
    local = datetime.combine(day, when.at or _MORNING, tzinfo=zone)
    return local.astimezone(now.tzinfo)
