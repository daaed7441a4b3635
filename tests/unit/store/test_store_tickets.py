"""A decision becomes rows; the next decision reads what it needs from them."""

from __future__ import annotations

import dataclasses
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from builders import ANN, NOW, message
from desk_samples import MIA, decided, lookup, new_mail, record, ticket_of, waiting_for
from sqlalchemy import event as sqlalchemy_event

from mailflow.desk.context import Source, new_text_hash
from mailflow.desk.decision import Answer, Joining, Storing, Voice
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass, OutboxState, Settlement
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.desk.ticket import ParticipantRole, Priority, TicketStatus
from mailflow.mail.message import Address, Attachment
from mailflow.store import reading
from mailflow.store.database import SqlStore

LATER = NOW + timedelta(hours=1)
HOSTILE = "\0\ud800 🦆 '; DROP TABLE ticket;-- \x1b[31m \u202e \ufdfa" + "é\u0301" * 500


def test_a_ticket_opens(store: SqlStore) -> None:
    ticket = record(store, b"1", decided(priority=Priority.HIGH, verified=True)).ticket
    assert ticket is not None
    assert (ticket.id, ticket.subject, ticket.status) == (1, "It is broken", TicketStatus.NEW)
    assert (ticket.priority, ticket.language, ticket.requester_verified) == (
        Priority.HIGH,
        "en",
        True,
    )
    assert (ticket.requester.address, ticket.requester.role) == (MIA, ParticipantRole.REQUESTER)
    assert ticket.created_at == ticket.updated_at == NOW
    assert (ticket.first_response_at, ticket.assignee, ticket.next_update_at) == (None, None, None)


def test_recorded_twice_is_recorded_once(store: SqlStore) -> None:
    with store.begin() as work:
        waiting = waiting_for(work, b"1")
        first = work.tickets.record(waiting, message(), decided(), NO_SUGGESTION, NOW)
    with store.begin() as work:
        again = work.tickets.record(waiting, message(), decided(), NO_SUGGESTION, LATER)
    assert again == first
    assert reading.count_outcomes(store).tickets == 1


def test_a_reply_reopens(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        work.tickets.set_status(number, TicketStatus.SOLVED, "by hand", NOW)
    ticket = record(
        store, b"2", decided(Storing.ADD_TO_TICKET, number, status=TicketStatus.OPEN), now=LATER
    ).ticket
    assert ticket is not None
    assert (ticket.id, ticket.status, ticket.updated_at) == (number, TicketStatus.OPEN, LATER)
    detail = reading.show_ticket(store, number)
    assert detail is not None
    changes = [e.detail for e in detail.events if e.kind == "status"]
    assert changes == [
        {"from": "new", "to": "solved", "by": "admin"},
        {"from": "solved", "to": "open", "by": MIA},
    ]


@pytest.mark.parametrize(
    ("source", "answer", "voice", "counts"),
    [
        (Source.INBOX, Answer.RELAY, Voice.AGENT, True),
        (Source.SENT, Answer.NOTHING, Voice.AGENT, True),
        (Source.INBOX, Answer.TELL_AGENT, Voice.AGENT, False),
        (Source.INBOX, Answer.NOTHING, Voice.CUSTOMER, False),
    ],
)
def test_first_response_is_a_persons_public_reply(
    store: SqlStore, source: Source, answer: Answer, voice: Voice, counts: bool
) -> None:
    number = ticket_of(store)
    decision = decided(
        Storing.ADD_TO_TICKET, number, voice=voice, answer=answer, agent_address=ANN.address
    )
    ticket = record(store, b"2", decision, source=source, now=LATER).ticket
    assert ticket is not None
    assert ticket.first_response_at == (LATER if counts else None)
    assert ticket.assignee == (ANN.address if counts else None)  # what never left claims nothing
    after = record(store, b"3", decision, source=source, now=LATER + timedelta(days=1)).ticket
    assert after is not None
    assert after.first_response_at == ticket.first_response_at


def test_set_aside_touches_no_ticket(store: SqlStore) -> None:
    number = ticket_of(store)
    aside = record(store, b"2", decided(Storing.SET_ASIDE, linked_to=number), now=LATER)
    assert aside.ticket is None
    with store.begin() as work:
        ticket = work.tickets.ticket(number)
        assert ticket is not None and ticket.updated_at == NOW


@pytest.mark.parametrize("ticket_id", [None, 99])
def test_a_broken_decision_writes_nothing(store: SqlStore, ticket_id: int | None) -> None:
    with pytest.raises(ValueError, match="decision"):
        record(store, b"1", decided(Storing.ADD_TO_TICKET, ticket_id))
    assert reading.count_outcomes(store).messages == 0


def test_participants_join_once_and_as_decided(store: SqlStore) -> None:
    number = ticket_of(store)
    joins = (
        Joining("Zoe@Customer.example", "Zoe", ParticipantRole.CC),
        Joining("zoe@customer.example", "Zoe again", ParticipantRole.CC),
        Joining(MIA, "Mia", ParticipantRole.CC),
    )
    ticket = record(store, b"2", decided(Storing.ADD_TO_TICKET, number, joins=joins)).ticket
    assert ticket is not None
    assert [(p.address, p.role.value) for p in ticket.participants] == [
        (MIA, "requester"),
        ("zoe@customer.example", "cc"),
    ]
    with store.begin() as work:
        ann = work.tickets.participant(number, ANN.address, ANN.name, ParticipantRole.AGENT)
        again = work.tickets.participant(
            number, ANN.address.upper(), "other", ParticipantRole.REQUESTER
        )
    assert ann == again
    assert ann.role is ParticipantRole.AGENT


def test_a_ticket_without_a_named_requester_still_has_one(store: SqlStore) -> None:
    ticket = record(store, b"1", decided(joins=())).ticket
    nobody = record(
        store, b"2", decided(joins=()), dataclasses.replace(message(), author=None)
    ).ticket
    assert ticket is not None and ticket.requester.address == MIA
    assert nobody is not None and nobody.requester.address == ""


def test_every_message_has_its_four_reasons(store: SqlStore) -> None:
    record(store, b"1")
    record(store, b"2", decided(Storing.SET_ASIDE))
    detail = reading.show_ticket(store, 1)
    assert detail is not None
    for line in (*detail.messages, *reading.list_set_aside(store)):
        assert line.reasons.keys() == {"store", "thread", "wake", "answer"}
        assert all(r["reason"] for r in line.reasons.values())


def test_hostile_text_is_kept_as_near_as_can_be(store: SqlStore) -> None:
    odd = message(
        "mia@customer.example",
        subject=HOSTILE,
        base_subject=HOSTILE + random.Random(2).randbytes(9000).hex(),
        new_text=HOSTILE.replace("\ud800", ""),
        message_id=random.Random(1).randbytes(9000).hex() + "\0@x",
        in_reply_to=(HOSTILE * 9,),
        references=tuple(f"{HOSTILE}{n}" for n in range(50)),
        thread_index=HOSTILE,
        defects=(HOSTILE,),
        attachments=(Attachment(HOSTILE, HOSTILE, 3, False),),
    )
    # The hash is the desk's; it needs text that encodes, which parsing promises.
    odd = dataclasses.replace(odd, author=Address("mia@" + "é" * 4000, HOSTILE))
    joins = (Joining("mia@" + "é" * 4000, HOSTILE, ParticipantRole.REQUESTER),)
    ticket = record(store, b"1", decided(joins=joins, warnings=(HOSTILE,)), odd).ticket
    assert ticket is not None
    assert ticket.subject == HOSTILE.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    with store.begin() as work:
        context = work.tickets.context_for(
            lookup(
                odd.message_id or "",
                odd.references[7],
                author_address="mia@" + "é" * 4000,
                thread_index=HOSTILE,
                base_subject=odd.base_subject,
            ),
            LATER,
        )
    assert [k.ticket_id for k in context.referenced] == [1, 1]
    assert (context.by_thread_index, context.by_subject) == (1, 1)
    json.dumps(dataclasses.asdict(reading.list_tickets(store)[0]), default=str).encode()


def test_the_past_is_found_by_what_a_message_names(store: SqlStore) -> None:
    number = ticket_of(store, message_id="m1@c", references=("unseen@c",), thread_index="ab" * 22)
    other = ticket_of(store, b"2", message_id="m2@c", author="eve@c")
    with store.begin() as work:
        work.outbox.add(new_mail(number, message_id="ours@desk"))
        context = work.tickets.context_for(
            lookup(
                "ours@desk",
                "never@heard",
                "unseen@c",
                ticket_ids=(other, 77),
                message_id="m1@c",
                author_address="MIA@customer.example",
                thread_index="ab" * 22,
                base_subject="It is broken",
            ),
            LATER,
        )
    assert [(k.message_id, k.ticket_id) for k in context.referenced] == [
        ("ours@desk", number),
        ("unseen@c", number),
    ]
    (same,) = context.same_message_id
    assert (same.author_address, same.ticket_id) == (MIA, number)
    assert same.new_text_hash == new_text_hash(message())
    assert (context.by_thread_index, context.by_subject) == (number, number)
    assert [t.id for t in context.tickets] == [number, other]
    assert context.ticket(number) is not None


def test_a_flood_of_one_id_hides_no_other(store: SqlStore) -> None:
    number = ticket_of(store, message_id="true@c")
    with store.begin() as work:
        work.outbox.add(new_mail(number, message_id="seen@desk"))
    for n in range(30):
        record(store, b"f%d" % n, decided(Storing.SET_ASIDE), message(message_id="seen@desk"))
    with store.begin() as work:
        context = work.tickets.context_for(lookup("seen@desk", "true@c"), LATER)
    assert (context.referenced[0].message_id, context.referenced[0].ticket_id) == (
        "seen@desk",
        number,
    )
    assert (context.referenced[-1].message_id, context.referenced[-1].ticket_id) == (
        "true@c",
        number,
    )
    assert len(context.referenced) == 6


def test_a_claimed_reference_cannot_be_claimed_again(store: SqlStore) -> None:
    number = ticket_of(store, message_id="mine@c", references=("unseen@c",))
    ticket_of(store, b"2", message_id="eve@c", references=("mine@c", "unseen@c"))
    with store.begin() as work:
        context = work.tickets.context_for(lookup("mine@c", "unseen@c"), LATER)
    assert [k.ticket_id for k in context.referenced] == [number, number]


def test_the_context_costs_a_constant_number_of_queries(sqlite_store: SqlStore) -> None:
    store = sqlite_store
    for n in range(40):
        ticket_of(store, b"%d" % n, message_id=f"m{n}@c", references=(f"r{n}@c",))
    statements: list[str] = []
    with store.begin() as work:
        sqlalchemy_event.listen(
            work.connection, "before_cursor_execute", lambda *a: statements.append(a[2])
        )
        ids = [f"{kind}{n}@c" for n in range(40) for kind in "mr"]
        context = work.tickets.context_for(
            lookup(*ids, author_address=MIA, thread_index="x", base_subject="It is broken"), LATER
        )
    assert len(context.tickets) == 40
    assert len(statements) <= 9


def test_a_blocked_address_is_told_for_sixty_days(store: SqlStore) -> None:
    number = ticket_of(store)
    record(
        store, b"2", decided(Storing.ADD_TO_TICKET, number, blocked_address="MIA@customer.example")
    )
    record(store, b"3", decided(Storing.ADD_TO_TICKET, number, blocked_address=MIA))
    for days, blocked in ((59, "why stored"), (61, None)):
        with store.begin() as work:
            moment = NOW + timedelta(days=days)
            context = work.tickets.context_for(
                lookup(author_address="Mia@customer.example"), moment
            )
            assert context.author_blocked == blocked


def test_automatic_mails_to_an_author_are_counted(store: SqlStore) -> None:
    number = ticket_of(store)
    ages: list[dict[str, Any]] = [
        {"created_at": NOW - timedelta(minutes=5)},
        {"created_at": NOW - timedelta(hours=2)},
        {"created_at": NOW - timedelta(days=2)},
        {"created_at": NOW, "mail_class": MailClass.PERSON},
        {"created_at": NOW, "recipients": ("else@customer.example",)},
    ]
    with store.begin() as work:
        for n, changes in enumerate(ages):
            assert work.outbox.add(new_mail(number, f"k{n}", **changes))
        context = work.tickets.context_for(lookup(author_address=MIA), NOW)
    assert (context.automatic_to_author_last_hour, context.automatic_to_author_last_day) == (1, 2)


def test_due_updates_come_oldest_first_and_count_since_the_last_word(store: SqlStore) -> None:
    numbers = [ticket_of(store, b"%d" % n) for n in range(3)]
    with store.begin() as work:
        for number, minutes in zip(numbers, (30, 10, 90), strict=True):
            work.tickets.schedule_update(number, NOW + timedelta(minutes=minutes))
        assert [t.id for t in work.tickets.updates_due(LATER, 9)] == [numbers[1], numbers[0]]
        assert [t.id for t in work.tickets.updates_due(LATER, 1)] == [numbers[1]]
        work.tickets.schedule_update(numbers[1], None)
        assert [t.id for t in work.tickets.updates_due(LATER, 9)] == [numbers[0]]
        for n in range(2):
            work.outbox.add(
                new_mail(
                    numbers[0],
                    f"u{n}",
                    kind=NoticeKind.PROGRESS_UPDATE,
                    created_at=NOW + timedelta(1),
                )
            )
        assert work.tickets.updates_sent(numbers[0]) == 2
        assert work.tickets.updates_sent(numbers[1]) == 0
    auto = decided(Storing.ADD_TO_TICKET, numbers[0], voice=Voice.MACHINE)
    word = decided(Storing.ADD_TO_TICKET, numbers[0])
    record(store, b"machine", auto, now=NOW + timedelta(2))
    with store.begin() as work:
        assert work.tickets.updates_sent(numbers[0]) == 2
    record(store, b"word", word, now=NOW + timedelta(2))
    with store.begin() as work:
        assert work.tickets.updates_sent(numbers[0]) == 0


def test_references_hold_public_mail_alone(store: SqlStore) -> None:
    number = ticket_of(store, message_id="m1@c")
    with store.begin() as work:
        work.outbox.add(new_mail(number, "a", message_id="ack@desk"))
        work.outbox.add(
            new_mail(number, "i", message_id="note@desk", mail_class=MailClass.INTERNAL)
        )
        shadow = work.outbox.add(new_mail(number, "s", message_id="shadow@desk"))
        assert shadow is not None
        work.outbox.settle(shadow, Settlement(OutboxState.SHADOW, "off", ()), NOW)
    agent = decided(Storing.ADD_TO_TICKET, number, voice=Voice.AGENT, answer=Answer.RELAY)
    record(store, b"2", agent, message(message_id="agent@private"))
    record(store, b"3", agent, message(message_id="sent@desk"), source=Source.SENT)
    record(
        store,
        b"4",
        decided(Storing.ADD_TO_TICKET, number),
        message(message_id="m2@c", new_text="2"),
    )
    with store.begin() as work:
        assert work.tickets.thread_ids(number) == ["m1@c", "ack@desk", "sent@desk", "m2@c"]
        assert work.tickets.last_customer_message_id(number) == "m2@c"
        assert work.tickets.customer_text(number) == "2\nIt is broken."
        assert work.tickets.last_customer_message_id(99) is None


def test_moments_come_back_aware(store: SqlStore) -> None:
    moment = NOW.replace(microsecond=123456)
    number = ticket_of(store)
    with store.begin() as work:
        work.tickets.schedule_update(number, moment)
        ticket = work.tickets.ticket(number)
    assert ticket is not None and ticket.next_update_at == moment
    assert ticket.next_update_at.utcoffset() == timedelta(0)


def test_what_commands_show_is_plain(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        work.outbox.add(new_mail(number))
        work.tickets.note_event(None, "first contact", "why", NOW, folder="INBOX", uid=3)
    detail = reading.show_ticket(store, number)
    assert detail is not None
    text = json.dumps(dataclasses.asdict(detail), default=str)
    assert '"key": "acknowledgement:1"' in text
    assert reading.show_ticket(store, 99) is None
    (line,) = reading.list_tickets(store, status=TicketStatus.NEW)
    assert (line.id, line.requester, line.messages) == (number, MIA, 1)
    assert reading.list_tickets(store, status=TicketStatus.SOLVED) == []
