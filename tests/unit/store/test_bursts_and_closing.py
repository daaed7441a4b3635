"""The queries behind bursts and closing, asked of SQLite and of PostgreSQL by the jobs that ask them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mailflow.desk.changes import Delete, MergeInto
from mailflow.desk.outbox import OutboxState
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.desk.ticket import TicketStatus
from mailflow.flow.auto_close import close_quiet_tickets
from mailflow.flow.changes import change_ticket
from mailflow.flow.deliver import deliver_due
from mailflow.flow.follow_up import solve_ticket
from mailflow.store import tables as t
from mailflow.store.bursts import feature_requests, list_bursts
from mailflow.store.reading import show_ticket
from tests.unit.test_bursts import NOW, OUTAGE, QUIET, House, Said
from tests.unit.test_sending_and_shadow import Taker

RULES = '[auto_close]\nsolved = "7d"\nannounce_before = "3d"\n[sending]\nmode = "live"\n'
BOUNCE = """\
From: MAILER-DAEMON@firm1.example\r
To: {to}\r
Subject: Undelivered Mail Returned to Sender\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
It could not be delivered.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; firm1.example\r
\r
Final-Recipient: rfc822; person1@firm1.example\r
Action: failed\r
Status: 5.2.2\r
--b--\r
"""


@pytest.fixture
def house(url: str, tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, f'[database]\nurl = "{url}"\n{RULES}')
    yield made
    made.store.close()


def deliver(house: House) -> None:
    deliver_due(house.store, Taker(), house.desk, unreachable=())


def status(house: House) -> TicketStatus:
    with house.store.begin() as work:
        ticket = work.tickets.ticket(1)
    assert ticket is not None
    return ticket.status


# ── bursts ──────────────────────────────────────────────────────────────────────────────────────


def test_a_burst_is_found_told_once_and_joined(house: House) -> None:
    house.receive(QUIET)
    assert house.look() == 0
    house.receive(OUTAGE)
    assert house.look() == 2
    house.restart()
    house.receive(OUTAGE[:3])
    assert house.look() == 0
    (line,) = list_bursts(house.store, 10)
    assert (line.people, line.tickets) == (9, tuple(range(7, 16)))
    house.now += timedelta(days=1)
    house.receive(OUTAGE)
    assert house.look() == 2
    assert [b.people for b in list_bursts(house.store, 10)] == [6, 9]
    assert [b.people for b in list_bursts(house.store, 1)] == [6]
    with house.store.begin() as work:
        assert work.bursts.told_since(NOW) == 2
        assert work.bursts.told_since(NOW + timedelta(hours=1)) == 1
        opened = work.bursts.opened(NOW, 8)  # of the newest eight tickets
        assert [x.ticket_id for x in opened] == list(range(14, 22))
        assert {x.burst for x in opened[:2]} == {line.burst}
        assert work.bursts.opened(NOW + timedelta(days=2), 8) == []


def test_merged_and_deleted_tickets_are_in_no_burst_and_ask_for_nothing(house: House) -> None:
    wish = Said(replace(NO_SUGGESTION, feature_request=True))
    house.receive([("Dark mode", "Please add a dark mode.")] * 3, said=wish)
    assert [x.ticket_id for x in feature_requests(house.store)] == [1, 2, 3]
    with house.store.begin() as work:
        change_ticket(work, house.desk, 2, MergeInto(1), by="admin")
        change_ticket(work, house.desk, 3, Delete(), by="admin")
        assert [x.ticket_id for x in work.bursts.opened(NOW, 10)] == [1]
    assert [x.ticket_id for x in feature_requests(house.store)] == [1]


# ── closing ─────────────────────────────────────────────────────────────────────────────────────


def solved(house: House) -> None:
    """Ticket 1 is solved, and its closing was announced four days later."""
    house.receive(QUIET[:1])
    solve_ticket(house.store, house.desk, 1, "Mended.")
    deliver(house)
    house.now += timedelta(days=4)
    house.desk = replace(house.desk, clock=lambda: house.now)
    assert close_quiet_tickets(house.store, house.desk) == 1
    assert close_quiet_tickets(house.store, house.desk) == 0


def test_a_ticket_closes_after_an_announcement_that_left(house: House) -> None:
    solved(house)
    deliver(house)
    house.restart()
    house.now += timedelta(days=3) - timedelta(seconds=1)
    close_quiet_tickets(house.store, house.desk)
    assert status(house) is TicketStatus.SOLVED
    house.now += timedelta(seconds=1)
    close_quiet_tickets(house.store, house.desk)
    assert status(house) is TicketStatus.CLOSED
    with house.store.begin() as work:
        assert work.closings.closing(1) is None
        assert list(work.closings.due(house.now + timedelta(days=99), 0, 10)) == []


def test_an_announcement_that_came_back_closes_nothing(house: House) -> None:
    solved(house)
    deliver(house)
    with house.store.begin() as work:
        planned = work.closings.closing(1)
    assert planned is not None and planned.announced is not None
    assert planned.announced.state is OutboxState.SENT and not planned.announced.came_back
    with house.store.begin() as work:
        sender = work.connection.execute(
            select(t.outbox.c.envelope_sender).where(t.outbox.c.kind == "closing")
        ).scalar_one()
    house.receive_raw(BOUNCE.format(to=sender).encode())
    house.now += timedelta(days=30)
    close_quiet_tickets(house.store, house.desk)
    assert status(house) is TicketStatus.SOLVED
    shown = show_ticket(house.store, 1)
    assert shown is not None
    assert any("the announcement came back" in e.reason for e in shown.events)


def test_one_that_has_not_left_is_looked_at_again(house: House) -> None:
    solved(house)
    house.now += timedelta(days=30)
    close_quiet_tickets(house.store, house.desk)
    assert status(house) is TicketStatus.SOLVED
    with house.store.begin() as work:
        assert list(work.closings.due(house.now, 0, 10)) == []
        assert list(work.closings.due(house.now + timedelta(hours=1), 0, 10)) == [1]
        assert list(work.closings.due(house.now + timedelta(hours=1), 1, 10)) == []


def test_what_a_machine_opened_is_told_nothing_and_stays(house: House) -> None:
    house.receive(QUIET[:1], author="noreply@x.example")
    solve_ticket(house.store, house.desk, 1, "Mended.")
    house.now += timedelta(days=30)
    assert close_quiet_tickets(house.store, house.desk) == 0
    with house.store.begin() as work:
        assert work.closings.written_by_a_machine(1)
    assert status(house) is TicketStatus.SOLVED
