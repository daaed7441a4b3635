"""Changes of tickets in both databases: written as decided, merged tickets followed, everything told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from builders import NOW
from desk_samples import MIA, decided, lookup, new_mail, record, ticket_of

from mailflow.desk.decision import Joining, Storing
from mailflow.desk.ticket import LinkKind, ParticipantRole, TicketKind, TicketStatus
from mailflow.store import reading
from mailflow.store.database import SqlStore

LATER = NOW + timedelta(days=1)
BOSS = "boss@customer.example"


def second_ticket(store: SqlStore) -> int:
    joins = (Joining(BOSS, "Boss", ParticipantRole.REQUESTER),)
    ticket = record(store, b"second", decided(joins=joins)).ticket
    assert ticket is not None
    return ticket.id


def test_what_is_saved_is_read_again(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        before = work.tickets.ticket(number)
        assert before is not None
        after = replace(
            before,
            kind=TicketKind.QUESTION,
            tags=("dns", "vpn"),
            queue="billing",
            snoozed_until=LATER,
            due_at=LATER,
            muted=True,
            status=TicketStatus.PENDING,
        )
        work.tickets.save(before, after, NOW)
        assert work.tickets.ticket(number) == replace(after, updated_at=NOW)
        work.tickets.save(after, replace(after, tags=("vpn",), due_at=None), NOW)
        saved = work.tickets.ticket(number)
        assert saved is not None
        assert (saved.tags, saved.due_at) == (("vpn",), None)


def test_a_merged_ticket_is_followed_and_its_people_join(store: SqlStore) -> None:
    first, second = ticket_of(store, message_id="m@c"), second_ticket(store)
    with store.begin() as work:
        before = work.tickets.ticket(first)
        assert before is not None
        work.tickets.save(before, replace(before, merged_into=second), NOW)
        work.tickets.merge(first, second, NOW)
        context = work.tickets.context_for(lookup("m@c"), LATER)
        current = context.current(first)
        assert current is not None
        assert current.id == second
        assert [(p.address, p.role.value) for p in current.participants] == [
            (BOSS, "requester"),
            (MIA, "cc"),
        ]
        assert "m@c" in work.tickets.thread_ids(second)
        mail = work.outbox.add(new_mail(first, "k"))
        due = work.outbox.next_due(NOW)
        assert due is not None
        assert due.id == mail
        assert work.outbox.usage(due, NOW).silenced == f"its ticket was merged into ticket {second}"


def test_the_customers_mail_ends_a_snooze(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        before = work.tickets.ticket(number)
        assert before is not None
        work.tickets.save(before, replace(before, snoozed_until=LATER), NOW)
    ticket = record(store, b"2", decided(Storing.ADD_TO_TICKET, number)).ticket
    assert ticket is not None
    assert ticket.snoozed_until is None
    detail = reading.show_ticket(store, number)
    assert detail is not None
    assert [e.reason for e in detail.events if e.kind == "snooze"] == ["the customer wrote"]


def test_links_are_kept_once(store: SqlStore) -> None:
    first, second = ticket_of(store), second_ticket(store)
    with store.begin() as work:
        work.tickets.link(first, second, LinkKind.RELATED)
        work.tickets.link(first, second, LinkKind.SPLIT_FROM)
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT ticket_id, other_id, kind FROM ticket_link")
        assert [tuple(r) for r in rows] == [(first, second, "related")]
