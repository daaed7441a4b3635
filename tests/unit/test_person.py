"""What is remembered of people: where their nights are, learnt from the mail they write. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.desk.calendar import ALWAYS, Quiet
from mailflow.desk.person import Person, offset_learnt, offset_text, read_offset
from mailflow.desk.progress import next_update_at, polite_moment
from mailflow.desk.ticket import Priority
from mailflow.mail.dates import parse_date
from tests.builders import NOW, policy, ticket
from tests.unit.test_calendar import calendars, moments, times

MIA = Person("mia@home.example")


@pytest.mark.parametrize(
    ("person", "date", "minutes"),
    [
        (MIA, "Mon, 2 Mar 2026 10:00:00 +0100", 60),
        (MIA, "Mon, 2 Mar 2026 10:00:00 -0330", -210),
        (MIA, "Mon, 2 Mar 2026 10:00:00 EST", -300),
        (MIA, "2026-03-02T10:00:00+05:45", 345),
        (MIA, "Mon, 2 Mar 2026 10:00:00 +1400", 840),
        # written by a server, or by nobody who says where: as before
        (MIA, "Mon, 2 Mar 2026 10:00:00 +0000", None),
        (MIA, "Mon, 2 Mar 2026 10:00:00 -0000", None),
        (MIA, "Mon, 2 Mar 2026 10:00:00", None),
        (replace(MIA, utc_offset=60), "Mon, 2 Mar 2026 10:00:00 GMT", None),
        # nobody lives there
        (MIA, "Mon, 2 Mar 2026 10:00:00 +1500", None),
        (MIA, "Mon, 2 Mar 2026 10:00:00 -1230", None),
        (MIA, "Mon, 2 Mar 2026 10:00:00 +0107", None),
        (MIA, "Mon, 2 Mar 2026 10:00:00 +9999", None),
        (MIA, "yesterday", None),
        (replace(MIA, utc_offset=60), "Mon, 6 Apr 2026 10:00:00 +0200", 120),
        (replace(MIA, utc_offset=60), "Mon, 2 Mar 2026 10:00:00 +0100", None),  # known
        (replace(MIA, utc_offset=60, offset_corrected=True), "Mon, 2 Mar 2026 10:00 -0500", None),
        (replace(MIA, offset_corrected=True), "Mon, 2 Mar 2026 10:00 -0500", None),
    ],
)
def test_an_offset_is_learnt_from_a_date(person, date, minutes):
    assert offset_learnt(person, parse_date(date)) == minutes


def test_no_date_teaches_nothing():
    assert offset_learnt(MIA, None) is None
    assert offset_learnt(MIA, NOW.replace(tzinfo=None)) is None


@given(st.integers(-48, 56).map(lambda quarters: 15 * quarters))
def test_what_is_written_is_read_back(minutes):
    assert read_offset(offset_text(minutes)) == minutes


@pytest.mark.parametrize(
    "text", ["", "1", "+1", "05:30", "+05:07", "+15:00", "-12:15", "+05:60", "CET", "+٠١:٠٠"]
)
def test_what_is_no_offset_is_refused(text):
    with pytest.raises(ValueError, match="no offset"):
        read_offset(text)


@pytest.mark.parametrize(
    ("minutes", "calendar_known", "hour"),
    [
        (None, False, 16),  # nobody's night is known
        (9 * 60, False, 23),  # one in the morning in Tokyo: eight there
        (9 * 60, True, 23),
        (None, True, 16),
        (-5 * 60, True, 16),  # eleven in New York
        (5 * 60 + 30, True, 26),  # half past nine in the evening in Delhi: half past two here
    ],
)
def test_an_update_waits_for_the_morning_where_the_reader_lives(minutes, calendar_known, hour):
    rules = policy(calendars=(ALWAYS,) if calendar_known else ())
    zone = replace(MIA, utc_offset=minutes).zone
    due = next_update_at(
        ticket(priority=Priority.URGENT), 0, rules, NOW.replace(hour=14), zone=zone
    )
    wanted = NOW.replace(hour=0) + timedelta(hours=hour, minutes=30 if hour == 26 else 0)
    assert due == wanted


@settings(max_examples=100, deadline=None)
@given(calendars(), moments, st.integers(-48, 56), times, times)
def test_no_polite_moment_lies_in_the_readers_night(calendar, moment, quarters, begins, ends):
    rules = policy(calendars=(calendar,))
    rules = replace(rules, progress=replace(rules.progress, quiet=Quiet(begins, ends)))
    zone = timezone(timedelta(minutes=15 * quarters))
    leaves = polite_moment(rules, None, moment, zone)
    assert leaves >= moment
    local = leaves.astimezone(zone).time()
    night = begins <= local < ends if begins <= ends else local >= begins or local < ends
    assert not night
    assert polite_moment(rules, None, leaves, zone) == leaves


def test_without_quiet_hours_nobody_waits():
    rules = policy()
    rules = replace(rules, progress=replace(rules.progress, quiet=Quiet(time(0), time(0))))
    night = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    assert polite_moment(rules, None, night, timezone(timedelta(hours=1))) == night
