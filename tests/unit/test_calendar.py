"""Working time: tables of cases, and properties that hold in every zone on every day the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailflow.desk.calendar import (
    ALWAYS,
    Calendar,
    Closure,
    Hours,
    Quiet,
    add_days,
    add_working,
    after_quiet,
    calendar_for,
    closing_reason,
    is_open,
    next_open,
    open_spans,
    working_between,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NINE_TO_FIVE = (Hours(time(9), time(17)),)
OFFICE = Calendar("office", BERLIN, dict.fromkeys(range(5), NINE_TO_FIVE))
XMAS = Calendar(
    "xmas",
    BERLIN,
    OFFICE.hours,
    {date(2026, 12, 25): "Christmas Day"},
    (Closure(date(2026, 12, 28), date(2026, 12, 31), "We are away."),),
)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("calendar", "start", "span", "end"),
    [
        (OFFICE, "2026-11-23 10:00", 2, "2026-11-23 12:00"),
        (OFFICE, "2026-11-23 16:00", 2, "2026-11-24 10:00"),
        (OFFICE, "2026-11-23 16:00", 1, "2026-11-23 17:00"),  # falls on closing time
        (OFFICE, "2026-11-23 03:00", 1, "2026-11-23 10:00"),
        (OFFICE, "2026-11-27 16:30", 1, "2026-11-30 09:30"),  # over a weekend
        (OFFICE, "2026-11-28 12:00", 8, "2026-11-30 17:00"),
        (OFFICE, "2026-03-27 16:00", 2, "2026-03-30 10:00"),  # the clocks change on Sunday
        (OFFICE, "2026-10-23 16:00", 2, "2026-10-26 10:00"),
        (XMAS, "2026-12-24 16:00", 2, "2027-01-01 10:00"),  # holiday, weekend, closure
        (ALWAYS, "2026-03-28 12:00", 24, "2026-03-29 13:00"),  # a night of 23 hours
    ],
)
def test_working_time_is_added(calendar, start, span, end):
    assert add_working(calendar, at(start), hours(span)) == at(end)


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:00", 2),
        ("2026-11-23 03:00", "2026-11-23 23:00", 8),
        ("2026-11-27 16:00", "2026-11-30 10:00", 2),
        ("2026-11-28 00:00", "2026-11-29 23:00", 0),
        ("2026-11-23 12:00", "2026-11-23 10:00", 0),
    ],
)
def test_working_time_between(start, end, wanted):
    assert working_between(OFFICE, at(start), at(end)) == hours(wanted)


@pytest.mark.parametrize(
    ("day", "begins", "ends", "wanted"),
    [
        (date(2026, 3, 29), time(0), time(0), 23),  # the whole day in which an hour is skipped
        (date(2026, 10, 25), time(0), time(0), 25),
        (date(2026, 3, 29), time(2, 15), time(2, 45), 0),  # does not exist
        (date(2026, 3, 29), time(1), time(2, 30), 1),  # half of it does not
        (date(2026, 3, 29), time(2, 30), time(4), 1),
        (date(2026, 10, 25), time(2), time(3), 2),  # exists twice
        (date(2026, 10, 25), time(1, 30), time(2, 30), 2),
    ],
)
def test_spans_on_the_day_the_clocks_change(day, begins, ends, wanted):
    calendar = Calendar("", BERLIN, {6: (Hours(begins, ends),)})
    spans = open_spans(calendar, day)
    assert sum((end - begin for begin, end in spans), timedelta(0)) == hours(wanted)


def test_a_closure_ends_by_itself_and_says_why():
    assert closing_reason(XMAS, date(2026, 12, 25)) == "Christmas Day"
    assert closing_reason(XMAS, date(2026, 12, 31)) == "We are away."
    assert closing_reason(XMAS, date(2027, 1, 1)) is None
    assert not is_open(XMAS, at("2026-12-30 10:00"))
    assert next_open(XMAS, at("2026-12-24 18:00")) == at("2027-01-01 09:00")


def test_a_calendar_that_never_opens_ends_the_search():
    never = Calendar("", UTC, {})
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_open(never, moment) == moment
    assert add_working(never, moment, hours(1)) == moment + hours(1)
    assert after_quiet(never, Quiet(), UTC, moment) == moment


def test_the_calendar_of_a_queue():
    billing = Calendar("billing", UTC, queues=("billing",))
    assert calendar_for((billing, OFFICE), "billing") is billing
    assert calendar_for((billing, OFFICE), "sales") is OFFICE
    assert calendar_for((billing, OFFICE), None) is OFFICE
    assert calendar_for((), "sales") is ALWAYS


@pytest.mark.parametrize(
    ("moment", "zone", "wanted"),
    [
        ("2026-11-23 15:00", BERLIN, "2026-11-23 15:00"),
        ("2026-11-23 23:00", BERLIN, "2026-11-24 08:00"),
        ("2026-11-24 05:00", BERLIN, "2026-11-24 08:00"),
        ("2026-11-27 23:00", BERLIN, "2026-11-30 08:00"),  # the next working morning
        ("2026-11-28 12:00", BERLIN, "2026-11-30 08:00"),
        ("2026-11-23 10:00", NEW_YORK, "2026-11-23 14:00"),  # eight in the reader's morning
        ("2026-12-24 21:00", BERLIN, "2027-01-01 08:00"),
    ],
)
def test_quiet_hours_are_the_readers(moment, zone, wanted):
    calendar = XMAS if "-12-" in moment else OFFICE
    assert after_quiet(calendar, Quiet(), zone, at(moment)) == at(wanted)


def test_equal_quiet_times_are_no_quiet_hours():
    night = at("2026-11-24 03:00")
    assert after_quiet(OFFICE, Quiet(time(0), time(0)), BERLIN, night) == night


_ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
zones = st.sampled_from(_ZONES).map(ZoneInfo)
_START = datetime(2025, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=1095)).map(lambda since: _START + since)
spans = st.timedeltas(timedelta(0), timedelta(hours=200))
times = st.integers(0, 47).map(lambda half: time(half // 2, 30 * (half % 2)))


@st.composite
def calendars(draw):
    week = {}
    for weekday in draw(st.sets(st.integers(0, 6), min_size=1)):
        marks = sorted(draw(st.sets(times, min_size=2, max_size=4)))
        week[weekday] = tuple(Hours(a, b) for a, b in zip(marks[::2], marks[1::2], strict=False))
    first = draw(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
    closure = Closure(first, first + draw(st.timedeltas(timedelta(0), timedelta(days=20))))
    holidays = dict.fromkeys(draw(st.sets(st.dates(date(2025, 1, 1), date(2027, 12, 31)))), "x")
    return Calendar("any", draw(zones), week, holidays, (closure,))


@settings(max_examples=150, deadline=None)
@given(calendars(), moments, spans)
@example(OFFICE, at("2026-03-27 16:59").astimezone(UTC), hours(9))
def test_what_is_added_lies_between(calendar, start, span):
    end = add_working(calendar, start, span)
    assert end >= start
    assert working_between(calendar, start, end) == span


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, spans, spans)
def test_adding_twice_is_adding_the_sum_and_never_earlier_for_more(calendar, start, one, other):
    there = add_working(calendar, start, one)
    assert add_working(calendar, there, other) == add_working(calendar, start, one + other)
    assert there <= add_working(calendar, start, one + other)


@settings(max_examples=100, deadline=None)
@given(calendars(), moments)
def test_work_begins_where_it_is_open(calendar, moment):
    opening = next_open(calendar, moment)
    assert opening >= moment
    assert is_open(calendar, opening)


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, zones, times, times)
def test_nothing_leaves_in_quiet_hours(calendar, moment, zone, begins, ends):
    quiet = Quiet(begins, ends)
    leaves = after_quiet(calendar, quiet, zone, moment)
    assert leaves >= moment
    local = leaves.astimezone(zone).time()
    night = begins <= local < ends if begins <= ends else local >= begins or local < ends
    assert not night


def test_days_count_working_days_at_the_same_time_of_day():
    berlin = BERLIN
    week = Calendar(
        zone=berlin,
        hours={day: (Hours(time(9), time(17)),) for day in range(5)},
        closures=(Closure(date(2027, 3, 29), date(2027, 3, 29)),),
    )
    thursday = datetime(2027, 3, 25, 21, 0, tzinfo=berlin)
    # over a weekend, the change of clocks and a day off
    assert add_days(week, thursday, timedelta(days=2)) == datetime(
        2027, 3, 30, 21, 0, tzinfo=berlin
    )
    assert add_days(week, thursday, timedelta(days=1, hours=2)) == datetime(
        2027, 3, 30, 11, 0, tzinfo=berlin
    )
    assert add_days(ALWAYS, thursday, timedelta(days=2)) == thursday.astimezone(UTC) + timedelta(2)
    assert add_days(Calendar(hours={}), thursday, timedelta(days=2)) == thursday + timedelta(days=2)
