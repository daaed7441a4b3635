"""What reports are made of, and when they are due next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from mailflow.desk.digest import Week
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.desk.progress import OUR_TURN
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.store import tables as t
from mailflow.store.intake import QUARANTINED
from mailflow.store.rows import read_tickets

_MAX_OPEN = 2000  # tickets a digest looks at; an agent is shown far fewer
_AT_ONCE = 400
_ENDED = (TicketStatus.SOLVED.value, TicketStatus.CLOSED.value)


class SqlReports:
    """See :class:`mailflow.flow.ports.Reports`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_at(self, name: str) -> datetime | None:
        column = t.recurring.c
        return self._connection.execute(select(column.next_at).where(column.name == name)).scalar()

    def plan(self, name: str, moment: datetime) -> None:
        self._connection.execute(delete(t.recurring).where(t.recurring.c.name == name))
        self._connection.execute(insert(t.recurring).values(name=name, next_at=moment))

    def open_tickets(self) -> Sequence[Ticket]:
        column = t.ticket.c
        ids = list(
            self._connection.execute(
                select(column.id)
                .where(column.status.in_([s.value for s in OUR_TURN]))
                .order_by(column.updated_at, column.id)
                .limit(_MAX_OPEN)
            ).scalars()
        )
        found: list[Ticket] = []
        for start in range(0, len(ids), _AT_ONCE):
            found += read_tickets(self._connection, ids[start : start + _AT_ONCE])
        return found

    def week(self, since: datetime, until: datetime) -> Week:
        ticket, event, mail = t.ticket.c, t.event.c, t.outbox.c
        opened = self._connection.execute(
            select(ticket.created_at, ticket.first_response_at).where(
                ticket.created_at >= since, ticket.created_at < until
            )
        ).all()
        ended: dict[int, datetime] = {}
        for row in self._connection.execute(
            select(event.ticket_id, event.at, event.detail)
            .where(event.kind == "status", event.at >= since, event.at < until)
            .order_by(event.id)
        ):
            if row.detail.get("to") in _ENDED:
                ended.setdefault(row.ticket_id, row.at)
        return Week(
            since=since,
            until=until,
            opened=[row.created_at for row in opened],
            solved=list(ended.values()),
            answer_after=[
                row.first_response_at - row.created_at for row in opened if row.first_response_at
            ],
            still_open=self._count(t.ticket, ticket.status.not_in(_ENDED)),
            sent=self._count(
                t.outbox,
                (mail.state == OutboxState.SENT.value)
                & (mail.mail_class != MailClass.PERSON.value)
                & (mail.settled_at >= since)
                & (mail.settled_at < until),
            ),
            held=self._count(t.outbox, mail.state == OutboxState.HELD.value),
            quarantined=self._count(t.raw_message, t.raw_message.c.state == QUARANTINED),
        )

    def _count(self, table: Table, condition: ColumnElement[bool]) -> int:
        return self._connection.execute(
            select(func.count()).select_from(table).where(condition)
        ).scalar_one()
