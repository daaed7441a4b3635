"""Tickets: what the jobs read and change between decisions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from mailflow.desk.context import Lookup, ThreadContext
from mailflow.desk.decision import Decision, Joining, Voice
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import OutboxState
from mailflow.desk.policy import ascii_lower
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import (
    LinkKind,
    Participant,
    ParticipantRole,
    Priority,
    Ticket,
    TicketStatus,
)
from mailflow.flow.ports import Recorded, WaitingMessage
from mailflow.mail.message import IncomingMessage
from mailflow.store import tables as t
from mailflow.store.columns import key_text
from mailflow.store.context import context_for
from mailflow.store.recording import add_link, join, record_decision, set_status
from mailflow.store.rows import add_event, new_id, participant_from, read_ticket, read_tickets

_MAX_THREAD_IDS = 50
_MAX_QUOTED = 10  # messages
_PEOPLE = (Voice.CUSTOMER.value, Voice.AGENT.value)
_NEVER_LEFT = (OutboxState.SHADOW.value, OutboxState.DROPPED.value)


NOTE = "note"  # the direction of a message that is neither in nor out
_SAVED = (
    "status",
    "priority",
    "assignee",
    "article_id",
    "kind",
    "queue",
    "snoozed_until",
    "due_at",
    "merged_into",
    "muted",
    "deleted_at",
    "next_update_at",
)


def family(ticket_id: int) -> Select[tuple[int]]:
    """The ticket and those merged into it."""
    row = t.ticket.c
    return select(row.id).where((row.id == ticket_id) | (row.merged_into == ticket_id))


def _answers(ticket_id: int) -> ColumnElement[bool]:
    """What agents wrote to the customer: relayed by us, or sent from the mailbox. Not our own copies of it."""
    column = t.message.c
    relayed = exists().where(t.outbox.c.key == "relay:" + cast(column.raw_message_id, Text))
    return and_(
        column.ticket_id.in_(family(ticket_id)),
        column.direction == "in",
        column.voice == Voice.AGENT.value,
        column.public | relayed,
    )


class SqlTickets:
    """See :class:`mailflow.flow.ports.Tickets`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def context_for(self, lookup: Lookup, now: datetime) -> ThreadContext:
        return context_for(self._connection, lookup, now)

    def record(
        self,
        waiting: WaitingMessage,
        message: IncomingMessage,
        decision: Decision,
        suggestion: Suggestion,
        now: datetime,
    ) -> Recorded:
        return record_decision(self._connection, waiting, message, decision, suggestion, now)

    def ticket(self, ticket_id: int) -> Ticket | None:
        return read_ticket(self._connection, ticket_id)

    def participant(
        self, ticket_id: int, address: str, name: str, role: ParticipantRole
    ) -> Participant:
        column = t.participant.c
        query = select(t.participant).where(
            column.ticket_id == ticket_id, column.address == ascii_lower(address)
        )
        found = self._connection.execute(query).first()
        if found is None:
            self._connection.execute(
                insert(t.participant).values(
                    ticket_id=ticket_id, address=ascii_lower(address), name=name, role=role.value
                )
            )
            found = self._connection.execute(query).one()
        return participant_from(found)

    def updates_due(self, now: datetime, limit: int) -> Sequence[Ticket]:
        column = t.ticket.c
        ids = self._connection.execute(
            select(column.id)
            .where(column.next_update_at <= now)
            .order_by(column.next_update_at, column.id)
            .limit(limit)
        ).scalars()
        order = {ticket_id: place for place, ticket_id in enumerate(ids)}
        return sorted(read_tickets(self._connection, order), key=lambda k: order[k.id])

    def updates_sent(self, ticket_id: int) -> int:
        mail, message = t.outbox.c, t.message.c
        last_words = (
            select(func.max(message.created_at))
            .where(
                message.ticket_id == ticket_id,
                message.direction == "in",
                message.voice.in_(_PEOPLE),
            )
            .scalar_subquery()
        )
        return self._connection.execute(
            select(func.count()).where(
                mail.ticket_id == ticket_id,
                mail.kind == NoticeKind.PROGRESS_UPDATE.value,
                last_words.is_(None) | (mail.created_at > last_words),
            )
        ).scalar_one()

    def last_customer_message_id(self, ticket_id: int) -> str | None:
        column = t.message.c
        return self._connection.execute(
            select(column.message_id)
            .where(
                column.ticket_id.in_(family(ticket_id)),
                column.direction == "in",
                column.voice == Voice.CUSTOMER.value,
                column.message_id.is_not(None),
            )
            .order_by(column.id.desc())
            .limit(1)
        ).scalar()

    def customer_text(self, ticket_id: int) -> str:
        """The newest first, at most ten messages."""
        column = t.message.c
        texts = self._connection.execute(
            select(column.new_text)
            .where(
                column.ticket_id.in_(family(ticket_id)),
                column.direction == "in",
                column.voice == Voice.CUSTOMER.value,
            )
            .order_by(column.id.desc())
            .limit(_MAX_QUOTED)
        ).scalars()
        return "\n".join(texts)

    def agent_text(self, ticket_id: int, message_row: int | None) -> str:
        column = t.message.c
        query = select(column.new_text).where(
            column.ticket_id == ticket_id,
            column.direction == "in",
            column.voice == Voice.AGENT.value,
        )
        if message_row is not None:
            query = query.where(column.id == message_row)
        return self._connection.execute(query.order_by(column.id.desc()).limit(1)).scalar() or ""

    def thread_ids(self, ticket_id: int) -> Sequence[str]:
        """The newest fifty at most, oldest first."""
        column = t.message.c
        rows = self._connection.execute(
            select(column.message_id)
            .outerjoin(t.outbox, t.outbox.c.id == column.outbox_id)
            .where(
                column.ticket_id.in_(family(ticket_id)),
                column.public,
                column.message_id.is_not(None),
                t.outbox.c.state.is_(None) | t.outbox.c.state.not_in(_NEVER_LEFT),
            )
            .order_by(column.id.desc())
            .limit(_MAX_THREAD_IDS)
        ).scalars()
        return list(dict.fromkeys(str(i) for i in reversed(rows.all())))

    def set_status(self, ticket_id: int, status: TicketStatus, reason: str, now: datetime) -> None:
        set_status(self._connection, ticket_id, status, reason, now)

    def schedule_update(self, ticket_id: int, next_update_at: datetime | None) -> None:
        self._connection.execute(
            update(t.ticket).where(t.ticket.c.id == ticket_id).values(next_update_at=next_update_at)
        )

    def save(self, before: Ticket, after: Ticket, now: datetime) -> None:
        """Write what differs between two states of one ticket; participants are not among it."""
        values: dict[str, object] = {
            name: getattr(after, name)
            for name in _SAVED
            if getattr(after, name) != getattr(before, name)
        }
        if after.due_at != before.due_at:
            values["due_told_at"] = None
        self._connection.execute(
            update(t.ticket).where(t.ticket.c.id == before.id).values(updated_at=now, **values)
        )
        row = t.ticket_tag.c
        gone = set(before.tags) - set(after.tags)
        if gone:
            self._connection.execute(
                delete(t.ticket_tag).where(row.ticket_id == before.id, row.tag.in_(gone))
            )
        fresh = [{"ticket_id": before.id, "tag": g} for g in after.tags if g not in before.tags]
        if fresh:
            self._connection.execute(insert(t.ticket_tag), fresh)

    def merge(self, ticket_id: int, into_id: int, now: datetime) -> None:
        """Everybody of a merged ticket joins the other; what was merged into it points there too."""
        merged = read_ticket(self._connection, ticket_id)
        people = merged.participants if merged else ()
        roles = {ParticipantRole.REQUESTER: ParticipantRole.CC}
        joins = tuple(Joining(p.address, p.name, roles.get(p.role, p.role)) for p in people)
        join(self._connection, into_id, joins, now)
        self._connection.execute(
            update(t.ticket).where(t.ticket.c.merged_into == ticket_id).values(merged_into=into_id)
        )

    def link(self, ticket_id: int, other_id: int, kind: LinkKind) -> None:
        add_link(self._connection, ticket_id, other_id, kind)

    def open(
        self,
        requester: Joining,
        subject: str,
        queue: str | None,
        language: str | None,
        now: datetime,
        *,
        verified: bool = False,
    ) -> Ticket:
        result = self._connection.execute(
            insert(t.ticket).values(
                subject=subject,
                status=TicketStatus.NEW.value,
                priority=Priority.NORMAL.value,
                language=language,
                queue=queue,
                requester_verified=verified,
                created_at=now,
                updated_at=now,
            )
        )
        ticket_id = new_id(result)
        join(self._connection, ticket_id, (requester,), now)
        return read_tickets(self._connection, [ticket_id])[0]

    def split(self, ticket_id: int, message_row: int, now: datetime) -> Ticket | None:
        column = t.message.c
        row = self._connection.execute(
            select(t.message).where(column.id == message_row, *self._later_words(ticket_id))
        ).first()
        old = read_ticket(self._connection, ticket_id)
        if row is None or old is None:
            return None
        who = Joining(row.author, row.author_name, ParticipantRole.REQUESTER)
        new = self.open(who, row.subject, old.queue, row.language, now, verified=row.verified)
        self._connection.execute(
            update(t.message)
            .where(
                column.ticket_id == row.ticket_id,
                column.id >= message_row,
                column.public | (column.voice == Voice.MACHINE.value),
            )
            .values(ticket_id=new.id)
        )
        return new

    def _later_words(self, ticket_id: int) -> tuple[ColumnElement[bool], ...]:
        """Customers' messages of a ticket, all but the one that opened it."""
        column = t.message.c
        theirs = (
            column.ticket_id.in_(family(ticket_id)),
            column.direction == "in",
            column.voice == Voice.CUSTOMER.value,
        )
        first = select(func.min(column.id)).where(*theirs).scalar_subquery()
        return (*theirs, column.id > first)

    def answered_message(self, ticket_id: int, message_ids: Sequence[str]) -> int | None:
        column, mail = t.message.c, t.outbox.c
        ids = [key_text(i) for i in message_ids]
        keys = self._connection.execute(
            select(mail.key).where(mail.message_id.in_(ids), mail.ticket_id == ticket_id)
        ).scalars()
        told = [int(k.split(":")[1]) for k in keys if re.match(r"notification:\d+:", k)]
        theirs = self._later_words(ticket_id)
        newest = select(column.id).where(*theirs).order_by(column.id.desc()).limit(1)
        if told:
            newest = newest.where(column.raw_message_id.in_(told))
        return self._connection.execute(newest).scalar()

    def told_articles(self, message_ids: Sequence[str]) -> Sequence[tuple[str, float]]:
        ids = [key_text(i) for i in message_ids[:50]]
        mail = t.outbox.c
        found = self._connection.execute(
            select(mail.message_id, mail.key).where(mail.message_id.in_(ids))
        ).all()
        keys = sorted(found, key=lambda row: ids.index(row.message_id))
        told = next((r.key for r in keys if re.match(r"notification:\d+:", r.key)), None)
        if told is None:
            return ()
        row = int(told.split(":")[1])
        said = self._connection.execute(
            select(t.message.c.suggestion).where(t.message.c.raw_message_id == row)
        ).scalar()
        return [(a["article_id"], a["confidence"]) for a in (said or {}).get("articles") or ()]

    def answered_since(
        self, ticket_id: int, message_ids: Sequence[str], by: str, name: str
    ) -> tuple[str, str] | None:
        mail = t.outbox.c
        ids = [key_text(i) for i in message_ids]
        seen_at = self._connection.execute(
            select(func.max(mail.created_at)).where(mail.message_id.in_(ids))
        ).scalar()
        if seen_at is None:
            return None
        answer = t.message.c
        # From the mailbox they all write under the support address: there the name tells them apart.
        theirs = (answer.author == by) | (answer.public & (answer.author_name == name))
        row = self._connection.execute(
            select(answer.author, answer.author_name)
            .where(_answers(ticket_id), ~theirs, answer.created_at >= seen_at)
            .order_by(answer.id.desc())
            .limit(1)
        ).first()
        return (row.author, row.author_name) if row else None

    def answered_beside(
        self, ticket_id: int, message_ids: Sequence[str], message_row: int
    ) -> tuple[str, str] | None:
        column = t.message.c
        inside = column.ticket_id.in_(family(ticket_id))
        ids = [key_text(i) for i in message_ids]
        asked = self._connection.execute(
            select(func.max(column.id)).where(inside, column.message_id.in_(ids))
        ).scalar()
        mine = self._connection.execute(
            select(column.author, column.author_name).where(column.id == message_row)
        ).first()
        if asked is None or mine is None:
            return None
        row = self._connection.execute(
            select(column.author, column.author_name)
            .where(
                _answers(ticket_id),
                column.id > asked,
                column.id < message_row,
                (column.author != mine.author) | (column.author_name != mine.author_name),
            )
            .order_by(column.id.desc())
            .limit(1)
        ).first()
        return (row.author, row.author_name) if row else None

    def reminder_due(self, now: datetime) -> Ticket | None:
        row = t.ticket.c
        final = (TicketStatus.SOLVED.value, TicketStatus.CLOSED.value)
        untold = row.due_told_at.is_(None) & row.status.not_in(final)
        found = self._connection.execute(
            select(row.id)
            .where((row.snoozed_until <= now) | ((row.due_at <= now) & untold))
            .order_by(row.id)
            .limit(1)
        ).scalar()
        return None if found is None else read_ticket(self._connection, found)

    def due_told(self, ticket_id: int, now: datetime) -> None:
        self._connection.execute(
            update(t.ticket).where(t.ticket.c.id == ticket_id).values(due_told_at=now)
        )

    def last_customer_text(self, ticket_id: int) -> str:
        column = t.message.c
        return (
            self._connection.execute(
                select(column.new_text)
                .where(
                    column.ticket_id.in_(family(ticket_id)),
                    column.direction == "in",
                    column.voice == Voice.CUSTOMER.value,
                )
                .order_by(column.id.desc())
                .limit(1)
            ).scalar()
            or ""
        )

    def renew_participant(self, ticket_id: int, address: str) -> None:
        column = t.participant.c
        where = (column.ticket_id == ticket_id, column.address == ascii_lower(address))
        row = self._connection.execute(select(t.participant).where(*where)).first()
        if row is None:
            return
        self._connection.execute(delete(t.participant).where(*where))
        self._connection.execute(
            insert(t.participant).values(
                ticket_id=ticket_id, address=row.address, name=row.name, role=row.role
            )
        )

    def add_note(self, ticket_id: int, author: str, name: str, text: str, now: datetime) -> int:
        """A message that came by no mail and leaves by none."""
        ticket = read_ticket(self._connection, ticket_id)
        return new_id(
            self._connection.execute(
                insert(t.message).values(
                    ticket_id=ticket_id,
                    direction=NOTE,
                    voice=Voice.AGENT.value,
                    public=False,
                    author=author,
                    author_name=name,
                    subject=ticket.subject if ticket else "",
                    base_subject="",
                    new_text=text,
                    new_text_hash="",
                    origin="",
                    origin_rule="",
                    verified=True,
                    created_at=now,
                    reasons={},
                    warnings=[],
                    defects=[],
                    attachments=[],
                )
            )
        )

    def note_event(
        self, ticket_id: int | None, kind: str, reason: str, now: datetime, **detail: str | int
    ) -> None:
        add_event(self._connection, kind, reason, now, ticket_id=ticket_id, detail=dict(detail))

    def last_reason(self, ticket_id: int, kind: str) -> str | None:
        event = t.event.c
        return self._connection.execute(
            select(event.reason)
            .where(event.ticket_id == ticket_id, event.kind == kind)
            .order_by(event.id.desc())
            .limit(1)
        ).scalar()
