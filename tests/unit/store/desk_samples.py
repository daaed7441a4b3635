"""Short ways to put a message, a ticket and a mail into a store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from builders import NOW, message

from mailflow.desk.context import Lookup, Source
from mailflow.desk.decision import (
    Answer,
    AnswerDecision,
    Decision,
    Joining,
    Proof,
    StoreDecision,
    Storing,
    ThreadDecision,
    Voice,
    WakeDecision,
)
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass, NewMail
from mailflow.desk.suggestion import NO_SUGGESTION, Suggestion
from mailflow.desk.ticket import ParticipantRole, TicketStatus
from mailflow.flow.ports import Recorded, WaitingMessage
from mailflow.mail.message import IncomingMessage, Location, RawMessage
from mailflow.store.database import SqlStore, SqlWork

MIA = "mia@customer.example"


def raw(octets: bytes, uid: int = 1, folder: str = "INBOX", uidvalidity: int = 1) -> RawMessage:
    return RawMessage(octets, NOW, Location(folder, uidvalidity, uid))


def decided(
    storing: Storing = Storing.OPEN_TICKET,
    ticket_id: int | None = None,
    *,
    voice: Voice = Voice.CUSTOMER,
    status: TicketStatus | None = None,
    answer: Answer = Answer.NOTHING,
    linked_to: int | None = None,
    **changes: Any,
) -> Decision:
    joins = (Joining(MIA, "Mia", ParticipantRole.REQUESTER),)
    return Decision(
        store=StoreDecision(storing, "why stored"),
        thread=ThreadDecision(ticket_id, Proof.NONE, "why threaded", linked_to),
        wake=WakeDecision(True, "why woken", status),
        answer=AnswerDecision(answer, "why answered"),
        voice=voice,
        verified=changes.pop("verified", False),
        joins=changes.pop("joins", joins if storing is Storing.OPEN_TICKET else ()),
        **changes,
    )


def waiting_for(work: SqlWork, octets: bytes, source: Source = Source.INBOX) -> WaitingMessage:
    """Keep the bytes and take them out of the queue again."""
    work.intake.keep(RawMessage(octets, NOW), source, NOW)
    return next(w for w in work.intake.waiting(1000) if w.raw.octets == octets)


def record(
    store: SqlStore,
    octets: bytes,
    decision: Decision | None = None,
    incoming: IncomingMessage | None = None,
    *,
    source: Source = Source.INBOX,
    now: datetime = NOW,
    suggestion: Suggestion = NO_SUGGESTION,
) -> Recorded:
    with store.begin() as work:
        return work.tickets.record(
            waiting_for(work, octets, source),
            incoming or message(),
            decision or decided(),
            suggestion,
            now,
        )


def ticket_of(store: SqlStore, octets: bytes = b"first", **changes: Any) -> int:
    recorded = record(store, octets, incoming=message(**changes))
    assert recorded.ticket is not None
    return recorded.ticket.id


def new_mail(ticket_id: int, key: str = "acknowledgement:1", **changes: Any) -> NewMail:
    fields: dict[str, Any] = {
        "key": key,
        "ticket_id": ticket_id,
        "mail_class": MailClass.AUTOMATIC,
        "kind": NoticeKind.ACKNOWLEDGEMENT,
        "message_id": f"{key}@mailflow.desk.example",
        "envelope_sender": "support@desk.example",
        "recipients": (MIA,),
        "octets": b"Subject: s\r\n\r\ntext\r\n",
        "subject": "s",
        "created_at": NOW,
        "not_before": NOW,
        "expires_at": NOW + timedelta(hours=4),
    }
    return NewMail(**(fields | changes))


def lookup(*thread_ids: str, **changes: Any) -> Lookup:
    fields: dict[str, Any] = {
        "ticket_ids": (),
        "thread_ids": thread_ids,
        "message_id": None,
        "author_address": "",
        "thread_index": None,
        "base_subject": "",
        "subject_window": timedelta(days=30),
    }
    return Lookup(**(fields | changes))
