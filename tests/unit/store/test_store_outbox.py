"""The outbox: a key lets a mail exist once, and every step begins from the state it must."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from builders import NOW
from desk_samples import MIA, decided, lookup, new_mail, record, ticket_of

from mailflow.desk.decision import Storing
from mailflow.desk.outbox import (
    MailClass,
    NewMail,
    OutboxMail,
    OutboxRecipient,
    OutboxState,
    RecipientState,
    Settlement,
    Usage,
)
from mailflow.store import reading
from mailflow.store.database import SqlStore
from mailflow.store.faults import StaleMail, StoreRefused

ZOE = "Zoe@Other.example"


def add(store: SqlStore, mail: NewMail) -> int:
    with store.begin() as work:
        mail_id = work.outbox.add(mail)
    assert mail_id is not None
    return mail_id


def shown(store: SqlStore, mail_id: int) -> OutboxMail:
    mail = reading.show_mail(store, mail_id)
    assert mail is not None
    return mail


def settle(
    store: SqlStore,
    mail_id: int,
    state: OutboxState,
    *recipients: OutboxRecipient,
    not_before: datetime | None = None,
    now: datetime = NOW,
) -> None:
    with store.begin() as work:
        work.outbox.settle(mail_id, Settlement(state, "why", recipients, not_before), now)


def sent(address: str = MIA) -> OutboxRecipient:
    return OutboxRecipient(address, RecipientState.SENT, 250, "2.0.0 queued as 1")


def send(store: SqlStore, mail_id: int, now: datetime = NOW) -> None:
    with store.begin() as work:
        work.outbox.mark_in_flight(mail_id, now)
    addresses = [r.address for r in shown(store, mail_id).recipients]
    settle(store, mail_id, OutboxState.SENT, *map(sent, addresses), now=now)


def usage(store: SqlStore, mail_id: int, now: datetime = NOW) -> Usage:
    with store.begin() as work:
        return work.outbox.usage(shown(store, mail_id), now)


def test_a_mail_comes_back_as_it_was_frozen(store: SqlStore) -> None:
    new = new_mail(ticket_of(store), recipients=(MIA, ZOE, MIA), faults=("a leftover {{",))
    mail = shown(store, add(store, new))
    for name in ("key", "ticket_id", "mail_class", "kind", "message_id", "octets", "faults"):
        assert getattr(mail, name) == getattr(new, name)
    assert (mail.created_at, mail.not_before, mail.expires_at) == (
        NOW,
        NOW,
        NOW + timedelta(hours=4),
    )
    assert mail.recipients == (OutboxRecipient(MIA), OutboxRecipient(ZOE))
    assert (mail.state, mail.attempts, mail.released) == (OutboxState.PENDING, 0, False)


def test_a_key_exists_once(store: SqlStore) -> None:
    number = ticket_of(store)
    add(store, new_mail(number))
    with store.begin() as work:
        assert work.outbox.add(new_mail(number, message_id="else@desk", octets=b"else")) is None
    assert len(reading.list_outbox(store)) == 1
    detail = reading.show_ticket(store, number)
    assert detail is not None and len(detail.messages) == 2


def test_concurrent_adders_add_once(store: SqlStore) -> None:
    number = ticket_of(store)
    results: list[int | None] = []
    together = threading.Barrier(8)

    def adder() -> None:
        together.wait()
        with store.begin() as work:
            results.append(work.outbox.add(new_mail(number)))

    run_together(adder, 8)
    assert len(results) == 8
    assert len([r for r in results if r is not None]) == 1


def test_one_of_many_takes_a_mail_in_flight(store: SqlStore) -> None:
    mail_id = add(store, new_mail(ticket_of(store)))
    outcomes: list[str] = []
    together = threading.Barrier(6)

    def sender() -> None:
        together.wait()
        try:
            with store.begin() as work:
                work.outbox.mark_in_flight(mail_id, NOW)
            outcomes.append("mine")
        except StaleMail:
            outcomes.append("theirs")

    run_together(sender, 6)
    assert sorted(outcomes) == ["mine"] + ["theirs"] * 5
    assert shown(store, mail_id).attempts == 1


def run_together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)


def test_what_is_due_leaves_people_first_then_the_oldest(store: SqlStore) -> None:
    number = ticket_of(store)
    moments = [("late", 9), ("b", 2), ("a", 1)]
    for key, minute in moments:
        add(store, new_mail(number, key, not_before=NOW + timedelta(minutes=minute)))
    add(
        store,
        new_mail(number, "p", mail_class=MailClass.PERSON, not_before=NOW + timedelta(minutes=3)),
    )
    order = []
    for _ in range(4):
        with store.begin() as work:
            due = work.outbox.next_due(NOW + timedelta(minutes=5))
            if due is None:
                break
            order.append(due.key)
            work.outbox.mark_in_flight(due.id, NOW)
    assert order == ["p", "a", "b"]


def test_in_flight_is_found_again_after_a_crash(store: SqlStore) -> None:
    mail_id = add(store, new_mail(ticket_of(store)))
    with store.begin() as work:
        work.outbox.mark_in_flight(mail_id, NOW + timedelta(minutes=1))
    with store.begin() as work:
        (mail,) = work.outbox.in_flight()
        assert (mail.id, mail.attempts, mail.in_flight_at) == (
            mail_id,
            1,
            NOW + timedelta(minutes=1),
        )
        assert work.outbox.next_due(NOW + timedelta(days=1)) is None


def test_each_recipient_has_its_own_state(store: SqlStore) -> None:
    mail_id = add(store, new_mail(ticket_of(store), recipients=(MIA, ZOE, "no@x.example")))
    with store.begin() as work:
        work.outbox.mark_in_flight(mail_id, NOW)
    again = NOW + timedelta(minutes=5)
    settle(
        store,
        mail_id,
        OutboxState.PENDING,
        sent(),
        OutboxRecipient(ZOE, RecipientState.DEFERRED, 450, "later"),
        OutboxRecipient("no@x.example", RecipientState.REJECTED, 550, "no such user"),
        not_before=again,
    )
    mail = shown(store, mail_id)
    assert mail.open_recipients == (ZOE,)
    assert (mail.state, mail.not_before, mail.settled_at) == (OutboxState.PENDING, again, None)
    assert [r.code for r in mail.recipients] == [250, 450, 550]
    # Only what may have arrived uses up a budget.
    other = add(store, new_mail(mail.ticket_id, "2", recipients=(ZOE, "no@x.example")))
    assert usage(store, other).to_address_last_hour == 0
    third = add(store, new_mail(mail.ticket_id, "3"))
    assert usage(store, third).to_address_last_hour == 1


def test_a_dialogue_refused_before_data_is_an_attempt(store: SqlStore) -> None:
    mail_id = add(store, new_mail(ticket_of(store)))
    deferred = OutboxRecipient(MIA, RecipientState.DEFERRED, 450, "greylisted")
    settle(store, mail_id, OutboxState.PENDING, deferred, not_before=NOW + timedelta(minutes=1))
    assert shown(store, mail_id).attempts == 1
    with store.begin() as work:
        work.outbox.postpone(mail_id, NOW + timedelta(minutes=9), "the server is away")
    mail = shown(store, mail_id)
    assert (mail.attempts, mail.not_before) == (1, NOW + timedelta(minutes=9))
    assert (mail.reason, mail.state) == ("the server is away", OutboxState.PENDING)


@pytest.mark.parametrize("state", [OutboxState.SENT, OutboxState.FAILED, OutboxState.DROPPED])
def test_what_is_settled_stays_settled(store: SqlStore, state: OutboxState) -> None:
    mail_id = add(store, new_mail(ticket_of(store)))
    settle(store, mail_id, state, sent())
    with pytest.raises(StaleMail):
        settle(store, mail_id, OutboxState.PENDING)
    with pytest.raises(StaleMail), store.begin() as work:
        work.outbox.mark_in_flight(mail_id, NOW)
    assert shown(store, mail_id).state is state
    assert not reading.release_held(store, mail_id, NOW)


def test_a_held_mail_is_released_with_its_full_lifetime(store: SqlStore) -> None:
    mail_id = add(store, new_mail(ticket_of(store)))
    settle(store, mail_id, OutboxState.HELD)
    later = NOW + timedelta(days=3)
    with store.begin() as work:
        assert work.outbox.next_due(later) is None
    assert reading.release_held(store, mail_id, later)
    mail = shown(store, mail_id)
    assert (mail.state, mail.released, mail.settled_at) == (OutboxState.PENDING, True, None)
    assert (mail.not_before, mail.expires_at) == (later, later + timedelta(hours=4))


def test_budgets_count_what_left_in_sliding_windows(store: SqlStore) -> None:
    number, other = ticket_of(store), ticket_of(store, b"2")
    plan: list[tuple[int, str, MailClass, str, timedelta]] = [
        (number, "a", MailClass.AUTOMATIC, MIA, timedelta(minutes=10)),
        (other, "b", MailClass.AUTOMATIC, MIA.upper(), timedelta(minutes=50)),
        (other, "c", MailClass.AUTOMATIC, MIA, timedelta(hours=5)),
        (number, "d", MailClass.AUTOMATIC, "zed@customer.example", timedelta(minutes=1)),
        (number, "e", MailClass.AUTOMATIC, MIA, timedelta(hours=25)),
        (number, "f", MailClass.PERSON, MIA, timedelta(minutes=5)),
        (number, "g", MailClass.INTERNAL, MIA, timedelta(minutes=5)),
        (other, "h", MailClass.INTERNAL, MIA, timedelta(minutes=5)),
        (number, "i", MailClass.AUTOMATIC, "x@y.example", timedelta(minutes=2)),
    ]
    for ticket, key, mail_class, address, age in plan:
        mail_id = add(store, new_mail(ticket, key, mail_class=mail_class, recipients=(address,)))
        send(store, mail_id, NOW - age)
    never = add(store, new_mail(number, "never"))
    settle(store, never, OutboxState.SHADOW)
    assert usage(store, add(store, new_mail(number, "next"))) == Usage(
        to_address_last_hour=2,
        to_address_last_day=3,
        to_domain_last_hour=3,
        on_ticket_last_day=3,
        in_all_last_hour=4,
        internal_on_ticket_last_hour=1,
        person_on_ticket_last_hour=1,
    )


def test_in_flight_and_uncertain_count_and_the_mail_itself_does_not(store: SqlStore) -> None:
    number = ticket_of(store)
    doubtful = add(store, new_mail(number, "a"))
    with store.begin() as work:
        work.outbox.mark_in_flight(doubtful, NOW)
    assert usage(store, doubtful).to_address_last_hour == 0
    following = add(store, new_mail(number, "b"))
    assert usage(store, following).to_address_last_hour == 1
    unsure = OutboxRecipient(MIA, RecipientState.UNCERTAIN, None, "cut off")
    settle(store, doubtful, OutboxState.UNCERTAIN, unsure)
    assert usage(store, following).to_address_last_hour == 1


def test_blocked_recipients_are_named(store: SqlStore) -> None:
    number = ticket_of(store)
    record(store, b"2", decided(Storing.ADD_TO_TICKET, number, blocked_address=MIA))
    mail_id = add(store, new_mail(number, recipients=("MIA@customer.example",)))
    assert usage(store, mail_id).blocked_recipients == ((MIA, "why stored"),)


def test_an_answer_to_our_mail_finds_the_ticket(store: SqlStore) -> None:
    number = ticket_of(store)
    add(store, new_mail(number, message_id="ours@desk", mail_class=MailClass.INTERNAL))
    with store.begin() as work:
        context = work.tickets.context_for(lookup("ours@desk"), NOW)
    assert [k.ticket_id for k in context.referenced] == [number]


def test_a_mail_for_no_ticket_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreRefused):
        add(store, new_mail(99))
    assert reading.list_outbox(store) == []


def test_every_step_leaves_a_reason(store: SqlStore) -> None:
    number = ticket_of(store)
    send(store, add(store, new_mail(number)))
    detail = reading.show_ticket(store, number)
    assert detail is not None
    kinds = [(e.kind, e.reason) for e in detail.events if e.kind.startswith("mail")]
    assert kinds == [("mail recorded", "acknowledgement"), ("mail sent", "why")]
    (line,) = detail.outbox
    assert (line.state, line.recipients[0].text) == ("sent", "2.0.0 queued as 1")


def test_an_outbox_list_by_state(store: SqlStore) -> None:
    number = ticket_of(store)
    ids = [add(store, new_mail(number, key)) for key in "abc"]
    send(store, ids[1])
    assert [m.id for m in reading.list_outbox(store)] == ids[::-1]
    assert [m.id for m in reading.list_outbox(store, state=OutboxState.SENT)] == [ids[1]]
    assert reading.count_outcomes(store).outbox == {"pending": 2, "sent": 1}
