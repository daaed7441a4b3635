"""Tickets that close by themselves: one row each, with the mail that announces it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from mailflow.desk.closing import Announced, PlannedClosing
from mailflow.desk.decision import Voice
from mailflow.desk.outbox import OutboxState
from mailflow.mail.message import Origin
from mailflow.store import tables as t


class SqlClosings:
    """See :class:`mailflow.flow.ports.Closings`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def closing(self, ticket_id: int) -> PlannedClosing | None:
        column = t.auto_close.c
        row = self._connection.execute(
            select(column.since, column.due_at, column.announcement).where(
                column.ticket_id == ticket_id
            )
        ).first()
        if row is None:
            return None
        announced = self._announced(ticket_id, row.announcement) if row.announcement else None
        return PlannedClosing(row.since, row.due_at, announced)

    def plan(
        self, ticket_id: int, since: datetime, due_at: datetime | None, announcement: int | None
    ) -> None:
        self.forget(ticket_id)
        self._connection.execute(
            insert(t.auto_close).values(
                ticket_id=ticket_id, since=since, due_at=due_at, announcement=announcement
            )
        )

    def put_off(self, ticket_id: int, due_at: datetime | None) -> None:
        where = t.auto_close.c.ticket_id == ticket_id
        self._connection.execute(update(t.auto_close).where(where).values(due_at=due_at))

    def forget(self, ticket_id: int) -> None:
        self._connection.execute(delete(t.auto_close).where(t.auto_close.c.ticket_id == ticket_id))

    def due(self, now: datetime, above: int, limit: int) -> Sequence[int]:
        column = t.auto_close.c
        return list(
            self._connection.execute(
                select(column.ticket_id)
                .where(column.due_at <= now, column.ticket_id > above)
                .order_by(column.ticket_id)
                .limit(limit)
            ).scalars()
        )

    def written_by_a_machine(self, ticket_id: int) -> bool:
        column = t.message.c
        origin = self._connection.execute(
            select(column.origin)
            .where(
                column.ticket_id == ticket_id,
                column.direction == "in",
                column.voice == Voice.CUSTOMER.value,
            )
            .order_by(column.id.desc())
            .limit(1)
        ).scalar()
        return origin != Origin.PERSON.value

    def _announced(self, ticket_id: int, mail_id: int) -> Announced:
        column, message = t.outbox.c, t.message.c
        mail = self._connection.execute(
            select(column.state, column.reason, column.settled_at, column.created_at).where(
                column.id == mail_id
            )
        ).one()
        bounce = self._connection.execute(
            select(message.id)
            .where(
                message.ticket_id == ticket_id,
                message.origin == Origin.BOUNCE.value,
                message.created_at >= mail.created_at,
            )
            .limit(1)
        ).first()
        return Announced(OutboxState(mail.state), mail.reason, mail.settled_at, bounce is not None)
