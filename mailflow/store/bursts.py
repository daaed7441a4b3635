"""Tickets by when they were opened, with their opening words; and the bursts that were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, func, select

from mailflow.desk.bursts import Opened
from mailflow.desk.ticket import TicketKind
from mailflow.mail.addresses import canonical_address
from mailflow.store import tables as t

if TYPE_CHECKING:
    from mailflow.store.database import SqlStore

BURST = "burst"
_CHARACTERS = 1_000  # of an opening text
_AT_ONCE = 400
_MOST_REQUESTS = 5_000


class SqlBursts:
    """See :class:`mailflow.flow.ports.Bursts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest_ticket(self) -> int:
        return self._connection.execute(select(func.max(t.ticket.c.id))).scalar() or 0

    def opened(self, since: datetime, limit: int) -> Sequence[Opened]:
        column = t.ticket.c
        # By number: the newest are the last, and the number has an index.
        last = t.ticket.alias()
        newest = select(last.c.id).order_by(last.c.id.desc()).limit(limit)
        found = opened_where(self._connection, column.id.in_(newest) & (column.created_at >= since))
        counted = self._counted([x.ticket_id for x in found])
        return [replace(x, burst=counted.get(x.ticket_id, "")) for x in found]

    def _counted(self, ids: Sequence[int]) -> dict[int, str]:
        column, counted = t.event.c, {}
        for start in range(0, len(ids), _AT_ONCE):
            rows = self._connection.execute(
                select(column.ticket_id, column.detail).where(
                    column.ticket_id.in_(ids[start : start + _AT_ONCE]), column.kind == BURST
                )
            )
            counted.update({row.ticket_id: str(row.detail.get("burst", "")) for row in rows})
        return counted

    def told_since(self, moment: datetime) -> int:
        column = t.event.c
        return self._connection.execute(
            select(func.count())
            .select_from(t.event)
            .where(column.kind == BURST, column.ticket_id.is_(None), column.at >= moment)
        ).scalar_one()


def opened_where(
    connection: Connection, condition: ColumnElement[bool], limit: int = 100_000
) -> list[Opened]:
    """Tickets that a customer's mail opened, oldest first; neither merged nor deleted ones."""
    message, ticket = t.message.c, t.ticket.c
    opening = t.message.alias()
    first = (
        select(func.min(opening.c.id))
        .where(opening.c.ticket_id == ticket.id, opening.c.voice == "customer")
        .correlate(t.ticket)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            ticket.id,
            ticket.created_at,
            ticket.queue,
            ticket.language,
            ticket.article_id,
            message.author,
            message.subject,
            func.substr(message.new_text, 1, _CHARACTERS).label("text"),
            message.suggestion,
        )
        .select_from(t.ticket)
        .join(t.message, message.id == first)
        .where(condition, ticket.deleted_at.is_(None), ticket.merged_into.is_(None))
        .order_by(ticket.id.desc())
        .limit(limit)
    )
    found = [
        Opened(
            ticket_id=row.id,
            requester=canonical_address(row.author),
            address=row.author,
            subject=row.subject,
            text=row.text,
            opened_at=row.created_at,
            queue=row.queue,
            language=row.language,
            known=bool(row.article_id or (row.suggestion or {}).get("suggested_article")),
        )
        for row in rows
    ]
    return found[::-1]


def feature_requests(store: SqlStore) -> list[Opened]:
    """The newest tickets of that kind, whatever their status."""
    with store.read() as connection:
        kind = t.ticket.c.kind == TicketKind.FEATURE_REQUEST.value
        return opened_where(connection, kind, _MOST_REQUESTS)


@dataclass(frozen=True, slots=True)
class BurstLine:
    """A burst agents were told of, with what joined it since."""

    burst: str
    at: datetime
    article: str
    title: str
    people: int  # distinct, also of those that joined
    tickets: tuple[int, ...]


def list_bursts(store: SqlStore, limit: int) -> list[BurstLine]:
    """Newest first."""
    event, ticket, message = t.event.c, t.ticket.c, t.message.c
    with store.read() as connection:
        told = connection.execute(
            select(event.id, event.at, event.detail)
            .where(event.kind == BURST, event.ticket_id.is_(None))
            .order_by(event.id.desc())
            .limit(limit)
        ).all()
        if not told:
            return []
        # A burst's tickets are written after its own row.
        oldest = min(row.id for row in told)
        members: dict[str, dict[int, str]] = {}
        for row in connection.execute(
            select(event.ticket_id, event.detail, message.author)
            .join(t.ticket, ticket.id == event.ticket_id)
            .join(t.message, message.ticket_id == ticket.id)
            .where(event.kind == BURST, event.id >= oldest, message.voice == "customer")
            .order_by(event.ticket_id, message.id)
        ):
            tickets = members.setdefault(str(row.detail.get("burst", "")), {})
            tickets.setdefault(row.ticket_id, canonical_address(row.author))
    lines = []
    for row in told:
        detail = {key: str(row.detail.get(key, "")) for key in ("burst", "article", "title")}
        tickets = members.get(detail["burst"], {})
        lines.append(
            BurstLine(
                at=row.at, people=len(set(tickets.values())), tickets=tuple(tickets), **detail
            )
        )
    return lines
