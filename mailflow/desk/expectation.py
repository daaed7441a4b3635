"""When a customer may expect an answer: what this desk really took, or what it aims at, laid on its calendar. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailflow.desk.calendar import (
    Calendar,
    Closure,
    add_working,
    is_open,
    next_open,
    working_between,
)

MEASURED_OVER = timedelta(days=60)
MOST_MEASURED = 300  # the newest first responses looked at
LEAST_MEASURED = 20  # fewer say nothing
SHARE = 0.8  # so many of the answers came within the time that is told
_GRID = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ReplyTime:
    """One request and a person's first answer to it."""

    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an acknowledgement may tell about time. Moments stand in the desk's own zone."""

    answer_by: datetime | None = None
    measured: bool = False  # from real answers, not from an aim
    at_work: bool = True
    opens_at: datetime | None = None  # when nobody is at work
    closed_because: str = ""  # what the admin wrote about the closure


NOTHING_KNOWN = Expectation()


def measured_reply(times: Sequence[ReplyTime], calendar: Calendar) -> timedelta | None:
    """The working time within which four of five answers came; None where too few are known."""
    if len(times) < LEAST_MEASURED:
        return None
    took = sorted(working_between(calendar, t.asked_at, t.answered_at) for t in times)
    return took[min(int(len(took) * SHARE), len(took) - 1)]


def expectation_for(
    times: Sequence[ReplyTime], aim: timedelta | None, calendar: Calendar, now: datetime
) -> Expectation:
    """What may be told at ``now``. Without measured times and without an aim no moment is named."""
    measured = measured_reply(times, calendar)
    wait = measured if measured is not None else aim
    at_work = is_open(calendar, now)
    opens_at = None if at_work else next_open(calendar, now).astimezone(calendar.zone)
    by = None if wait is None else _rounded_up(add_working(calendar, now, wait), calendar)
    return Expectation(
        answer_by=by,
        measured=measured is not None,
        at_work=at_work,
        opens_at=opens_at,
        closed_because=_closure_text(calendar, now),
    )


def _rounded_up(moment: datetime, calendar: Calendar) -> datetime:
    """To the next half hour of the clock on the wall: nobody promises 10:07."""
    local = moment.astimezone(calendar.zone)
    into = timedelta(
        minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond
    )
    return (moment.astimezone(UTC) + (_GRID - into if into else timedelta(0))).astimezone(
        calendar.zone
    )


def _closure_text(calendar: Calendar, now: datetime) -> str:
    day = now.astimezone(calendar.zone).date()
    closures: tuple[Closure, ...] = calendar.closures
    return next((c.text for c in closures if c.first <= day <= c.last), "")
