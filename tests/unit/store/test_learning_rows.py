"""What training reads back from both databases: who changed what, and the words that opened the ticket."""

from __future__ import annotations

from dataclasses import replace

from builders import NOW
from desk_samples import decided, record, ticket_of

from mailflow.desk.decision import Storing, WakeDecision
from mailflow.desk.feedback import Act, lessons_from
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.desk.ticket import TicketKind
from mailflow.store import reading
from mailflow.store.database import SqlStore
from mailflow.store.learning import past_tickets

ANN = "ann@desk.example"


def test_an_agents_choice_is_a_lesson(store: SqlStore) -> None:
    number = ticket_of(store)
    with store.begin() as work:
        detail = {"from": "", "to": "login-loop", "by": ANN}
        work.tickets.note_event(number, "article", "linked", NOW, **detail)
    with store.read() as connection:
        past = past_tickets(connection)
    assert [ticket.acts[-1] for ticket in past] == [Act("article", "", "login-loop", ANN)]
    (lesson,) = lessons_from(past, frozenset({ANN}))
    assert lesson.article_id == "login-loop"
    assert lesson.text


def test_a_kind_leaves_its_reason(store: SqlStore) -> None:
    ticket = record(store, b"wish", decided(kind=TicketKind.FEATURE_REQUEST)).ticket
    assert ticket is not None
    assert ticket.kind is TicketKind.FEATURE_REQUEST
    detail = reading.show_ticket(store, ticket.id)
    assert detail is not None
    assert "kind" in {event.kind for event in detail.events}


def test_thanks_leave_an_event(store: SqlStore) -> None:
    number = ticket_of(store)
    decision = replace(
        decided(Storing.ADD_TO_TICKET, number), wake=WakeDecision(False, "thanks: nothing asked")
    )
    record(store, b"thanks", decision, suggestion=replace(NO_SUGGESTION, content_free=True))
    detail = reading.show_ticket(store, number)
    assert detail is not None
    assert ("thanks", "thanks: nothing asked") in {(e.kind, e.reason) for e in detail.events}
