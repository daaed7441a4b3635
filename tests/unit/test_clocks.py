"""Response clocks: tables of histories, and what is told of a clock when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from mailflow.desk.calendar import Calendar, Hours
from mailflow.desk.clocks import (
    Clock,
    ClockKind,
    ClockPolicy,
    DueClock,
    Turn,
    alarm_for,
    clock_policy_for,
    clocks_for,
)
from mailflow.desk.ticket import Priority, TicketStatus
from tests.builders import ticket

DAY = Calendar("", UTC, dict.fromkeys(range(5), (Hours(time(9), time(17)),)))
H = timedelta(hours=1)
AIMS = ClockPolicy(
    first_response={Priority.NORMAL: 4 * H, Priority.URGENT: H},
    next_response={Priority.NORMAL: 4 * H},
    resolution={Priority.NORMAL: 16 * H},
)
FIRST, NEXT, SOLVE = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION
NEW, OPEN, PENDING = TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING
HOLD, SOLVED = TicketStatus.ON_HOLD, TicketStatus.SOLVED


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


ASKED = Turn(at("02 10:00"), by_customer=True)  # a Monday
ANSWERED = Turn(at("02 12:00"), by_agent=True)
WAITS = Turn(at("02 12:00"), status=PENDING)
AGAIN = Turn(at("03 09:00"), by_customer=True)
OPENED = Turn(at("03 09:00"), status=OPEN)


@pytest.mark.parametrize(
    ("status", "answered", "turns", "due"),
    [
        (NEW, None, (ASKED,), {FIRST: "02 14:00", SOLVE: "04 10:00"}),
        (PENDING, "02 12:00", (ASKED, ANSWERED, WAITS), {SOLVE: None}),
        # 2 hours were used before we waited, 14 are left
        (
            OPEN,
            "02 12:00",
            (ASKED, ANSWERED, WAITS, AGAIN, OPENED),
            {NEXT: "03 13:00", SOLVE: "04 15:00"},
        ),
        (HOLD, None, (ASKED, Turn(at("02 11:00"), status=HOLD)), {FIRST: None, SOLVE: None}),
        (SOLVED, "02 12:00", (ASKED, ANSWERED, Turn(at("02 12:00"), status=SOLVED)), {}),
        # reopened: the time for a solution begins again
        (
            OPEN,
            "02 12:00",
            (ASKED, ANSWERED, Turn(at("02 12:00"), status=SOLVED), AGAIN, OPENED),
            {NEXT: "03 13:00", SOLVE: "04 17:00"},
        ),
        (
            OPEN,
            "02 12:00",
            (ASKED, ANSWERED, AGAIN, Turn(at("03 10:00"), by_agent=True)),
            {SOLVE: "04 10:00"},
        ),
    ],
)
def test_clocks_of_a_history(status, answered, turns, due):
    tick = ticket(
        status=status, created_at=ASKED.at, first_response_at=at(answered) if answered else None
    )
    found = clocks_for(tick, turns, AIMS, DAY)
    assert found == tuple(Clock(k, at(moment) if moment else None) for k, moment in due.items())


def test_a_new_priority_counts_from_the_beginning():
    tick = ticket(status=NEW, created_at=ASKED.at, priority=Priority.URGENT)
    assert clocks_for(tick, (ASKED,), AIMS, DAY) == (Clock(FIRST, at("02 11:00")),)


def test_a_hold_that_does_not_pause():
    aims = ClockPolicy(first_response=AIMS.first_response, pause_on_hold=False)
    tick = ticket(status=HOLD, created_at=ASKED.at)
    turns = (ASKED, Turn(at("02 11:00"), status=HOLD))
    assert clocks_for(tick, turns, aims, DAY) == (Clock(FIRST, at("02 14:00")),)


def test_the_aims_of_a_queue():
    billing = ClockPolicy(queues=("billing",))
    assert clock_policy_for((billing, AIMS), "billing") is billing
    assert clock_policy_for((billing, AIMS), "sales") is AIMS
    assert clock_policy_for((billing,), None) is None


@pytest.mark.parametrize(
    ("now", "warned", "breached", "told"),
    [
        ("02 12:59", None, None, None),
        ("02 13:00", None, None, False),
        ("02 13:30", "02 13:00", None, None),
        ("02 14:00", "02 13:00", None, True),
        ("02 14:00", None, None, True),  # mailflow was away: one mail, not two
        ("09 14:00", "02 13:00", "02 14:00", None),
    ],
)
def test_a_clock_is_told_of_once_before_and_once_after(now, warned, breached, told):
    clock = DueClock(
        FIRST, at("02 14:00"), at(warned) if warned else None, at(breached) if breached else None
    )
    alarm = alarm_for(clock, AIMS, at(now))
    assert (alarm and alarm.breached) is told
    assert alarm_for(DueClock(FIRST, None), AIMS, at(now)) is None
