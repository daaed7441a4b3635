"""From rows to frozen values, in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import CompoundSelect, Connection, CursorResult, Row, insert, select

from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import (
    MailClass,
    OutboxMail,
    OutboxRecipient,
    OutboxState,
    RecipientState,
)
from mailflow.desk.ticket import (
    Participant,
    ParticipantRole,
    Priority,
    Ticket,
    TicketKind,
    TicketStatus,
)
from mailflow.store import tables as t

_NOBODY = Participant(id=0, address="", name="", role=ParticipantRole.REQUESTER)


def read_tickets(
    connection: Connection, ids: Collection[int], *, follow_merges: bool = False
) -> tuple[Ticket, ...]:
    """The tickets with these ids that exist, with their participants, in order of id. Three queries.

    ``follow_merges`` adds the tickets they were merged into.
    """
    if not ids:
        return ()
    wanted = _with_merge_targets(ids) if follow_merges else ids
    people: dict[int, list[Participant]] = {}
    person = t.participant.c
    for row in connection.execute(
        select(t.participant).where(person.ticket_id.in_(wanted)).order_by(person.id)
    ):
        people.setdefault(row.ticket_id, []).append(participant_from(row))
    tags: dict[int, list[str]] = {}
    tag = t.ticket_tag.c
    for row in connection.execute(
        select(t.ticket_tag).where(tag.ticket_id.in_(wanted)).order_by(tag.tag)
    ):
        tags.setdefault(row.ticket_id, []).append(row.tag)
    rows = connection.execute(
        select(t.ticket).where(t.ticket.c.id.in_(wanted)).order_by(t.ticket.c.id)
    )
    return tuple(ticket_from(row, people.get(row.id, ()), tags.get(row.id, ())) for row in rows)


def _with_merge_targets(ids: Collection[int]) -> CompoundSelect[int]:
    row = t.ticket.c
    targets = select(row.merged_into).where(row.id.in_(ids), row.merged_into.is_not(None))
    return select(row.id).where(row.id.in_(ids)).union(targets)


def read_ticket(connection: Connection, ticket_id: int) -> Ticket | None:
    return next(iter(read_tickets(connection, [ticket_id])), None)


def ticket_from(
    row: Row[tuple[object, ...]], people: Iterable[Participant], tags: Iterable[str]
) -> Ticket:
    participants = tuple(people)
    requesters = (p for p in participants if p.role is ParticipantRole.REQUESTER)
    return Ticket(
        id=row.id,
        subject=row.subject,
        status=TicketStatus(row.status),
        priority=Priority(row.priority),
        requester=next(requesters, _NOBODY),
        created_at=row.created_at,
        updated_at=row.updated_at,
        assignee=row.assignee,
        article_id=row.article_id,
        language=row.language,
        first_response_at=row.first_response_at,
        next_update_at=row.next_update_at,
        requester_verified=row.requester_verified,
        participants=participants,
        kind=TicketKind(row.kind) if row.kind else None,
        tags=tuple(tags),
        queue=row.queue,
        snoozed_until=row.snoozed_until,
        due_at=row.due_at,
        merged_into=row.merged_into,
        muted=row.muted,
        deleted_at=row.deleted_at,
    )


def participant_from(row: Row[tuple[object, ...]]) -> Participant:
    return Participant(row.id, row.address, row.name, ParticipantRole(row.role))


def read_mails(
    connection: Connection, rows: Iterable[Row[tuple[object, ...]]]
) -> tuple[OutboxMail, ...]:
    """Outbox rows as values, their recipients read with one query for all."""
    kept = list(rows)
    recipients: dict[int, list[OutboxRecipient]] = {}
    column = t.outbox_recipient.c
    if kept:
        for row in connection.execute(
            select(t.outbox_recipient)
            .where(column.outbox_id.in_([r.id for r in kept]))
            .order_by(column.id)
        ):
            recipients.setdefault(row.outbox_id, []).append(recipient_from(row))
    return tuple(mail_from(row, recipients.get(row.id, ())) for row in kept)


def recipient_from(row: Row[tuple[object, ...]]) -> OutboxRecipient:
    return OutboxRecipient(row.address, RecipientState(row.state), row.code, row.text)


def mail_from(row: Row[tuple[object, ...]], recipients: Iterable[OutboxRecipient]) -> OutboxMail:
    return OutboxMail(
        id=row.id,
        key=row.key,
        ticket_id=row.ticket_id,
        mail_class=MailClass(row.mail_class),
        kind=NoticeKind(row.kind) if row.kind else None,
        message_id=row.message_id,
        envelope_sender=row.envelope_sender,
        recipients=tuple(recipients),
        octets=row.octets,
        subject=row.subject,
        state=OutboxState(row.state),
        reason=row.reason,
        attempts=row.attempts,
        created_at=row.created_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        settled_at=row.settled_at,
        in_flight_at=row.in_flight_at,
        faults=tuple(row.faults),
        released=row.released,
    )


def add_event(
    connection: Connection,
    kind: str,
    reason: str,
    now: datetime,
    *,
    ticket_id: int | None = None,
    message_row: int | None = None,
    outbox_id: int | None = None,
    detail: dict[str, object] | None = None,
) -> None:
    """Append to the audit trail."""
    connection.execute(
        insert(t.event).values(
            at=now,
            ticket_id=ticket_id,
            message_row=message_row,
            outbox_id=outbox_id,
            kind=kind,
            reason=reason,
            detail=detail or {},
        )
    )


def new_id(result: CursorResult[tuple[()]]) -> int:
    """The id an INSERT of one row was given."""
    key = result.inserted_primary_key
    if key is None:
        raise TypeError("not the result of an INSERT of one row")
    return int(key[0])
