"""What commands show: read models, one query or a few each. Frozen, and plain enough for `asdict` and JSON.

Moments are aware datetimes, states their words. Nothing here writes but :func:`retry_quarantined` and
:func:`release_held`, which are a person's acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, Row, func, select

from mailflow.desk.outbox import OutboxMail, OutboxState
from mailflow.desk.person import Person
from mailflow.desk.ticket import (
    LinkKind,
    TicketLink,
    TicketStatus,
)
from mailflow.store import tables as t
from mailflow.store.database import SqlStore
from mailflow.store.intake import HISTORY, QUARANTINED, RECORDED, WAITING
from mailflow.store.lines import (
    Counts,
    EventLine,
    MessageLine,
    OutboxLine,
    QuarantineLine,
    RecipientLine,
    TicketDetail,
    TicketFilter,
    TicketLine,
)
from mailflow.store.rows import read_mails, read_ticket, recipient_from
from mailflow.store.schedule import read_person
from mailflow.store.tickets import family


def list_tickets(
    store: SqlStore, *, status: TicketStatus | None = None, limit: int = 100
) -> list[TicketLine]:
    """The tickets that changed last, newest first."""
    return _listed(store, _conditions(TicketFilter(status=status, everything=True), None), limit)


def find_tickets(
    store: SqlStore, wanted: TicketFilter, now: datetime, *, limit: int = 100
) -> list[TicketLine]:
    """Those of the tickets that changed last, newest first."""
    return _listed(store, _conditions(wanted, now), limit)


def _conditions(wanted: TicketFilter, now: datetime | None) -> list[ColumnElement[bool]]:
    row, tag = t.ticket.c, t.ticket_tag.c
    found: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        found.append(row.status == wanted.status.value)
    if wanted.assignee:
        nobody = wanted.assignee == "nobody"
        found.append(row.assignee.is_(None) if nobody else row.assignee == wanted.assignee)
    if wanted.tag:
        found.append(row.id.in_(select(tag.ticket_id).where(tag.tag == wanted.tag)))
    if wanted.queue:
        found.append(row.queue == wanted.queue)
    if wanted.kind is not None:
        found.append(row.kind == wanted.kind.value)
    if wanted.overdue:
        found += [row.due_at <= now, row.status.not_in(("solved", "closed"))]
    if wanted.snoozed:
        found.append(row.snoozed_until.is_not(None))
    elif not wanted.everything:
        found.append(row.snoozed_until.is_(None))
    if not wanted.everything:
        found += [row.merged_into.is_(None), row.deleted_at.is_(None)]
    return found


def _listed(store: SqlStore, where: Sequence[ColumnElement[bool]], limit: int) -> list[TicketLine]:
    row = t.ticket.c
    came_in = (
        select(func.count())
        .where(t.message.c.ticket_id == row.id, t.message.c.direction == "in")
        .scalar_subquery()
    )
    requester = (
        select(t.participant.c.address)
        .where(t.participant.c.ticket_id == row.id, t.participant.c.role == "requester")
        .order_by(t.participant.c.id)
        .limit(1)
        .scalar_subquery()
    )
    query = select(t.ticket, came_in.label("messages"), requester.label("requester"))
    query = query.where(*where)
    with store.read() as connection:
        rows = connection.execute(query.order_by(row.updated_at.desc(), row.id.desc()).limit(limit))
        return [
            TicketLine(
                id=r.id,
                subject=r.subject,
                status=r.status,
                priority=r.priority,
                requester=r.requester or "",
                assignee=r.assignee,
                created_at=r.created_at,
                updated_at=r.updated_at,
                first_response_at=r.first_response_at,
                next_update_at=r.next_update_at,
                messages=r.messages,
            )
            for r in rows
        ]


def show_ticket(store: SqlStore, ticket_id: int) -> TicketDetail | None:
    """Everything about a ticket, each list oldest first. None when there is no such ticket."""
    with store.read() as connection:
        ticket = read_ticket(connection, ticket_id)
        if ticket is None:
            return None
        messages = connection.execute(
            select(t.message)
            .where(t.message.c.ticket_id.in_(family(ticket_id)))
            .order_by(t.message.c.created_at, t.message.c.id)
        )
        events = connection.execute(
            select(t.event).where(t.event.c.ticket_id == ticket_id).order_by(t.event.c.id)
        )
        return TicketDetail(
            ticket=ticket,
            participants=ticket.participants,
            messages=tuple(_message_line(r) for r in messages),
            outbox=_outbox_lines(connection, t.outbox.c.ticket_id == ticket_id, None),
            events=tuple(
                EventLine(r.id, r.at, r.ticket_id, r.kind, r.reason, r.detail) for r in events
            ),
            links=_links(connection, ticket_id),
        )


def _links(connection: Connection, ticket_id: int) -> tuple[TicketLink, ...]:
    row = t.ticket_link.c
    rows = connection.execute(
        select(t.ticket_link)
        .where((row.ticket_id == ticket_id) | (row.other_id == ticket_id))
        .order_by(row.ticket_id, row.other_id)
    )
    return tuple(
        TicketLink(r.ticket_id, r.other_id, LinkKind(r.kind))
        if r.ticket_id == ticket_id
        else TicketLink(ticket_id, r.ticket_id, LinkKind.RELATED)
        for r in rows
    )


def list_set_aside(store: SqlStore, *, limit: int = 100) -> list[MessageLine]:
    """Messages recorded without a ticket, newest first."""
    row = t.message.c
    with store.read() as connection:
        rows = connection.execute(
            select(t.message).where(row.ticket_id.is_(None)).order_by(row.id.desc()).limit(limit)
        )
        return [_message_line(r) for r in rows]


def list_outbox(
    store: SqlStore, *, state: OutboxState | None = None, limit: int = 100
) -> list[OutboxLine]:
    """The newest mails, newest first."""
    where = t.outbox.c.state == state.value if state is not None else None
    with store.read() as connection:
        return list(_outbox_lines(connection, where, limit))


def show_mail(store: SqlStore, mail_id: int) -> OutboxMail | None:
    """One mail with its octets."""
    with store.read() as connection:
        rows = connection.execute(select(t.outbox).where(t.outbox.c.id == mail_id)).all()
        return next(iter(read_mails(connection, rows)), None)


def release_held(store: SqlStore, mail_id: int, now: datetime) -> bool:
    """Let a held mail go. False when it is not held."""
    with store.begin() as work:
        return work.outbox.release(mail_id, now)


def list_quarantine(store: SqlStore) -> list[QuarantineLine]:
    """Oldest first."""
    with store.read() as connection:
        return list(_quarantined(connection, t.raw_message.c.state == QUARANTINED))


def show_quarantined(store: SqlStore, raw_id: int) -> tuple[QuarantineLine, bytes] | None:
    """A quarantined message with its octets as received."""
    row = t.raw_message.c
    mine = (row.id == raw_id) & (row.state == QUARANTINED)
    with store.read() as connection:
        lines = _quarantined(connection, mine)
        if not lines:
            return None
        octets = connection.execute(select(row.octets).where(row.id == raw_id)).scalar_one()
        return lines[0], octets


def raw_octets(store: SqlStore, raw_id: int) -> bytes | None:
    """A message byte for byte as received; empty when it was history."""
    with store.read() as connection:
        row = t.raw_message.c
        return connection.execute(select(row.octets).where(row.id == raw_id)).scalar()


def retry_quarantined(store: SqlStore, raw_id: int, now: datetime) -> bool:
    """Let a quarantined message be decided again. False when it is not quarantined."""
    with store.begin() as work:
        return work.intake.retry(raw_id, now)


def count_outcomes(store: SqlStore) -> Counts:
    """What became of everything, from one moment's state."""
    message = t.message.c
    came_in = message.direction == "in"
    first = (
        select(func.min(message.id))
        .where(came_in, message.ticket_id.is_not(None))
        .group_by(message.ticket_id)
        .subquery()
    )
    with store.read() as connection:
        raw = _group(connection, t.raw_message, t.raw_message.c.state)
        opened = connection.execute(select(func.count()).select_from(first)).scalar_one()
        in_tickets = connection.execute(
            select(func.count()).where(came_in, message.ticket_id.is_not(None))
        ).scalar_one()
        by_status = _group(connection, t.ticket, t.ticket.c.status)
        outbox = _group(connection, t.outbox, t.outbox.c.state)
    return Counts(
        messages=sum(raw.values()),
        opened=opened,
        replies=in_tickets - opened,
        set_aside=raw.get(RECORDED, 0) - in_tickets,
        quarantined=raw.get(QUARANTINED, 0),
        waiting=raw.get(WAITING, 0),
        history=raw.get(HISTORY, 0),
        tickets=sum(by_status.values()),
        by_status=by_status,
        outbox=outbox,
    )


def _group(connection: Connection, table: FromClause, column: ColumnElement[str]) -> dict[str, int]:
    rows = connection.execute(select(column, func.count()).select_from(table).group_by(column))
    return {str(value): number for value, number in rows}


def _message_line(row: Row[tuple[object, ...]]) -> MessageLine:
    return MessageLine(
        id=row.id,
        direction=row.direction,
        voice=row.voice,
        author=row.author,
        author_name=row.author_name,
        subject=row.subject,
        message_id=row.message_id,
        received_at=row.received_at,
        created_at=row.created_at,
        origin=row.origin,
        origin_rule=row.origin_rule,
        verified=row.verified,
        new_text=row.new_text,
        reasons=row.reasons,
        warnings=tuple(row.warnings),
        defects=tuple(row.defects),
        attachments=tuple(row.attachments),
        suggestion=row.suggestion,
        outbox_id=row.outbox_id,
        raw_id=row.raw_message_id,
    )


def _outbox_lines(
    connection: Connection, where: ColumnElement[bool] | None, newest: int | None
) -> tuple[OutboxLine, ...]:
    """Mails without their octets: all of them oldest first, or the ``newest`` so many, newest first."""
    row = t.outbox.c
    query = select(*(c for c in t.outbox.columns if c.name != "octets"))
    if where is not None:
        query = query.where(where)
    query = (
        query.order_by(row.id) if newest is None else query.order_by(row.id.desc()).limit(newest)
    )
    mails = connection.execute(query).all()
    recipients = _recipients(connection, [m.id for m in mails])
    return tuple(
        OutboxLine(
            id=m.id,
            key=m.key,
            ticket_id=m.ticket_id,
            mail_class=m.mail_class,
            kind=m.kind,
            subject=m.subject,
            state=m.state,
            reason=m.reason,
            attempts=m.attempts,
            message_id=m.message_id,
            created_at=m.created_at,
            not_before=m.not_before,
            expires_at=m.expires_at,
            in_flight_at=m.in_flight_at,
            settled_at=m.settled_at,
            faults=tuple(m.faults),
            released=m.released,
            recipients=tuple(recipients.get(m.id, ())),
        )
        for m in mails
    )


def _recipients(connection: Connection, ids: Sequence[int]) -> dict[int, list[RecipientLine]]:
    found: dict[int, list[RecipientLine]] = {}
    if not ids:
        return found
    column = t.outbox_recipient.c
    for row in connection.execute(
        select(t.outbox_recipient).where(column.outbox_id.in_(ids)).order_by(column.id)
    ):
        to = recipient_from(row)
        line = RecipientLine(to.address, to.state.value, to.code, to.text)
        found.setdefault(row.outbox_id, []).append(line)
    return found


def _quarantined(connection: Connection, where: ColumnElement[bool]) -> tuple[QuarantineLine, ...]:
    row = t.raw_message.c
    rows = connection.execute(
        select(*(c for c in t.raw_message.columns if c.name != "octets"))
        .where(where)
        .order_by(row.id)
    ).all()
    return tuple(
        QuarantineLine(
            id=r.id,
            size=r.size,
            source=r.source,
            content_hash=r.content_hash,
            received_at=r.received_at,
            first_seen_at=r.first_seen_at,
            quarantined_at=r.decided_at,
            attempts=r.attempts,
            fault=r.fault or "",
            places=_places(connection, r.id),
        )
        for r in rows
    )


def _places(connection: Connection, raw_id: int) -> tuple[str, ...]:
    place = t.sighting.c
    rows = connection.execute(
        select(place.folder, place.uidvalidity, place.uid).where(place.raw_message_id == raw_id)
    )
    return tuple(f"{r.folder}/{r.uidvalidity}/{r.uid}" for r in rows)


def list_people(store: SqlStore, *, muted: bool = False) -> list[Person]:
    """Everybody something is known of, in order of their addresses."""
    query = select(t.person).order_by(t.person.c.address)
    if muted:
        query = query.where(t.person.c.muted_at.is_not(None))
    with store.read() as connection:
        return [read_person(row) for row in connection.execute(query)]
