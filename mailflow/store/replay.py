"""What a replay starts from: the raw messages of some days, and the tickets they found when they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select, text

from mailflow.desk.context import Source
from mailflow.desk.ticket import TicketStatus
from mailflow.mail.message import RawMessage
from mailflow.store import tables as t
from mailflow.store.database import SqlStore
from mailflow.store.intake import RECORDED

_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came: ``at`` is when this desk first saw it."""

    at: datetime
    raw: RawMessage
    source: Source


def arrivals(store: SqlStore, since: datetime, until: datetime) -> Iterator[Arrival]:
    """In the order they were seen. Old mail that an import read is left out; so is what has no bytes."""
    column = t.raw_message.c
    with store.read() as connection:
        ids = list(
            connection.execute(
                select(column.id)
                .where(
                    column.state == RECORDED,
                    column.first_seen_at >= since,
                    column.first_seen_at < until,
                )
                .order_by(column.first_seen_at, column.id)
            ).scalars()
        )
    for number in ids:
        with store.read() as connection:
            row = connection.execute(select(t.raw_message).where(column.id == number)).one()
        if row.octets:
            raw = RawMessage(row.octets, row.received_at, truncated=row.truncated)
            yield Arrival(row.first_seen_at, raw, Source(row.source))


def seed(store: SqlStore, target: SqlStore, since: datetime, until: datetime) -> int:
    """Copy the tickets that mail of these days belongs to as they stood at ``since``; how many.

    Numbers go on where they stood, so that reply addresses of the past find the tickets of the replay.
    """
    with store.read() as source, target.begin() as work:
        ids = _older_tickets(source, since, until)
        for start in range(0, len(ids), _AT_ONCE):
            _copy(source, work.connection, ids[start : start + _AT_ONCE], since)
        for table in (t.ticket, t.participant):
            _go_on(source, work.connection, table, since)
    return len(ids)


def _older_tickets(source: Connection, since: datetime, until: datetime) -> Sequence[int]:
    message, ticket = t.message.c, t.ticket.c
    return list(
        source.execute(
            select(ticket.id)
            .distinct()
            .join(t.message, message.ticket_id == ticket.id)
            .where(
                ticket.created_at < since, message.created_at >= since, message.created_at < until
            )
            .order_by(ticket.id)
        ).scalars()
    )


def _copy(source: Connection, target: Connection, ids: Sequence[int], since: datetime) -> None:
    event = t.event.c
    status: dict[int, str] = {}
    for change in source.execute(
        select(event.ticket_id, event.detail)
        .where(event.ticket_id.in_(ids), event.kind == "status", event.at < since)
        .order_by(event.id)
    ):
        status[change.ticket_id] = change.detail.get("to", TicketStatus.NEW.value)
    for ticket in _rows(source, t.ticket, t.ticket.c.id.in_(ids)):
        ticket |= {
            "status": status.get(ticket["id"], TicketStatus.NEW.value),
            "linked_to": None,
            "merged_into": None,
            "next_update_at": None,
            "updated_at": min(ticket["updated_at"], since),
        }
        target.execute(insert(t.ticket).values(ticket))
    for person in _rows(source, t.participant, t.participant.c.ticket_id.in_(ids)):
        target.execute(insert(t.participant).values(person))
    message = t.message.c
    for row in _rows(source, t.message, message.ticket_id.in_(ids) & (message.created_at < since)):
        row |= {"raw_message_id": None, "outbox_id": None, "linked_to": None}
        target.execute(insert(t.message).values(row))


def _rows(source: Connection, table: Table, where: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [dict(row) for row in source.execute(select(table).where(where)).mappings()]


def _go_on(source: Connection, target: Connection, table: Table, since: datetime) -> None:
    """The next id is the one that was given next after ``since``. The replay's store is always SQLite."""
    if table is t.ticket:
        before = select(func.max(t.ticket.c.id)).where(t.ticket.c.created_at < since)
    else:
        opened = select(t.ticket.c.id).where(t.ticket.c.created_at >= since)
        before = select(func.min(table.c.id) - 1).where(table.c.ticket_id.in_(opened))
    last = source.execute(before).scalar()
    if last is None:
        return
    target.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    target.execute(
        text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
        {"name": table.name, "seq": last},
    )
