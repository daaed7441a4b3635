"""Working time: hours per weekday in a time zone, holidays, and closures that end by themselves. Pure.

A calendar is plain values: the wiring looks up the zone and the region's holidays once. Moments are aware; spans
of working time are real elapsed time, so that a night in which the clocks change counts what it lasted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType

_DAY = timedelta(days=1)
_FAR = 4000  # days: further ahead nobody plans, and a calendar that is never open ends the search


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from ``begins`` to ``ends`` of the same local day; ``ends`` 00:00 is midnight at its end."""

    begins: time
    ends: time


_ALL_DAY: tuple[Hours, ...] = (Hours(time(0), time(0)),)


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed on these local days, the last included. ``text`` is what a customer may be told, or empty."""

    first: date
    last: date
    text: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people work. ``hours`` maps Monday = 0 … Sunday = 6; a day that is missing is closed."""

    name: str = ""
    zone: tzinfo = UTC
    hours: Mapping[int, tuple[Hours, ...]] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(range(7), _ALL_DAY))
    )
    holidays: Mapping[date, str] = field(default_factory=lambda: MappingProxyType({}))
    closures: tuple[Closure, ...] = ()
    queues: tuple[str, ...] = ()  # the queues that keep these hours; none: all that no other names


ALWAYS = Calendar()


def closing_reason(calendar: Calendar, day: date) -> str | None:
    """The holiday's name or the closure's text when ``day`` is one, else None. '' is a closure without text."""
    for closure in calendar.closures:
        if closure.first <= day <= closure.last:
            return closure.text
    return calendar.holidays.get(day)


def open_spans(calendar: Calendar, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """The working spans of one local day as UTC moments, in order, empty ones left out.

    An hour that exists twice counts twice; one that the clocks skip does not count.
    """
    if closing_reason(calendar, day) is not None:
        return ()
    spans = ((_begin(calendar, day, h), _end(calendar, day, h)) for h in _hours(calendar, day))
    return tuple((begins, ends) for begins, ends in spans if begins < ends)


def _hours(calendar: Calendar, day: date) -> tuple[Hours, ...]:
    return calendar.hours.get(day.weekday(), ())


def _begin(calendar: Calendar, day: date, hours: Hours) -> datetime:
    return _utc(datetime.combine(day, hours.begins, calendar.zone))


def _end(calendar: Calendar, day: date, hours: Hours) -> datetime:
    last = day + _DAY if hours.ends == time(0) else day
    # The second of two equal times of day ends the span; midnight starts a day, so its first one does.
    return _utc(
        datetime.combine(last, hours.ends, calendar.zone).replace(fold=0 if last != day else 1)
    )


def _utc(local: datetime) -> datetime:
    """A local time the clocks skip is the moment they skip it: spans neither overlap nor run backwards."""
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before, after = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    gap = (after or timedelta(0)) - (before or timedelta(0))
    # Both readings lie one gap apart, around the moment of change.
    low = local.replace(fold=1).astimezone(UTC)
    return _change_between(low, low + gap, local.tzinfo)


def _change_between(low: datetime, high: datetime, zone: tzinfo | None) -> datetime:
    """The first whole second after ``low`` at which the zone's offset differs from the one at ``low``."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _spans_from(calendar: Calendar, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working spans that end after ``moment``, cut to begin no earlier. Ends after some ten years."""
    today = moment.astimezone(calendar.zone).date()
    for days in range(_FAR):
        for begins, ends in open_spans(calendar, today + days * _DAY):
            if ends > moment:
                yield max(begins, moment.astimezone(UTC)), ends


def is_open(calendar: Calendar, moment: datetime) -> bool:
    day = moment.astimezone(calendar.zone).date()
    return any(begins <= moment < ends for begins, ends in open_spans(calendar, day))


def next_open(calendar: Calendar, moment: datetime) -> datetime:
    """``moment`` itself in working time, else when work begins again; ``moment`` where it never does."""
    first = next(_spans_from(calendar, moment), None)
    return first[0] if first else moment


def add_working(calendar: Calendar, moment: datetime, span: timedelta) -> datetime:
    """The UTC moment at which ``span`` of working time has passed since ``moment``; a span of 0 or less: ``moment``.

    What would fall on a closing time falls on it, not on the next morning.
    """
    if span <= timedelta(0):
        return moment.astimezone(UTC)
    last = moment.astimezone(UTC)
    for begins, ends in _spans_from(calendar, moment):
        if span <= ends - begins:
            return begins + span
        span -= ends - begins
        last = ends
    return last + span


def add_days(calendar: Calendar, moment: datetime, span: timedelta) -> datetime:
    """``span`` later as a UTC moment: whole days count working days, at the same time of day; the rest is working time."""
    local = moment.astimezone(calendar.zone)
    day, left = local.date(), span.days
    for _ in range(_FAR):
        if left <= 0:
            break
        day += _DAY
        left -= bool(open_spans(calendar, day))
    if left > 0:  # this desk never opens again
        return moment.astimezone(UTC) + span
    there = _utc(datetime.combine(day, local.time(), calendar.zone))
    return add_working(calendar, there, span - span.days * _DAY)


def working_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two moments; nothing when ``end`` is not after ``start``."""
    total = timedelta(0)
    if end <= start:
        return total
    for begins, ends in _spans_from(calendar, start):
        if begins >= end:
            break
        total += min(ends, end) - begins
    return total


def calendar_for(calendars: tuple[Calendar, ...], queue: str | None) -> Calendar:
    """The calendar of a queue, else the first that names no queue, else always open."""
    named = (c for c in calendars if queue and queue in c.queues)
    general = (c for c in calendars if not c.queues)
    return next(named, None) or next(general, ALWAYS)


# ── at night nobody wants mail ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Quiet:
    """No mail that can wait leaves in these local hours. Equal times: there are none."""

    begins: time = time(20)
    ends: time = time(8)


def _is_quiet(quiet: Quiet, local: time) -> bool:
    if quiet.begins <= quiet.ends:
        return quiet.begins <= local < quiet.ends
    return local >= quiet.begins or local < quiet.ends


def after_quiet(calendar: Calendar, quiet: Quiet, zone: tzinfo, moment: datetime) -> datetime:
    """``moment``, or the next morning of a working day where it falls into the night of ``zone`` or a day off.

    ``zone`` is where the reader lives; working days are the desk's.
    """
    candidate = moment
    for _ in range(_FAR):
        local = candidate.astimezone(zone)
        day = candidate.astimezone(calendar.zone).date()
        quiet_now = _is_quiet(quiet, local.time())
        if not quiet_now and open_spans(calendar, day):
            return candidate
        candidate = _morning_after(quiet, zone, candidate)
    return moment


def _morning_after(quiet: Quiet, zone: tzinfo, moment: datetime) -> datetime:
    """The next end of the quiet hours after ``moment``, as UTC."""
    local = moment.astimezone(zone)
    day = local.date() if local.time() < quiet.ends else local.date() + _DAY
    morning = _utc(datetime.combine(day, quiet.ends, zone))
    return morning if morning > moment else _utc(datetime.combine(day + _DAY, quiet.ends, zone))
