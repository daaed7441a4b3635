"""What shadow mode recorded, and what people did meanwhile: read in a few queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from mailflow.desk.decision import Voice
from mailflow.desk.outbox import OutboxState
from mailflow.desk.shadow import Answer, ShadowMail, ShadowTicket
from mailflow.desk.ticket import Article
from mailflow.store import tables as t
from mailflow.store.database import SqlStore

_AT_ONCE = 400


def mails_by_kind(store: SqlStore, since: datetime) -> dict[str, Counter[str]]:
    """How many mails of each kind came to which state."""
    column = t.outbox.c
    counts: dict[str, Counter[str]] = {}
    with store.read() as connection:
        for kind, state, number in connection.execute(
            select(column.kind, column.state, func.count())
            .where(column.created_at >= since, column.kind.is_not(None))
            .group_by(column.kind, column.state)
        ):
            counts.setdefault(kind, Counter())[state] = number
    return counts


def shadowed(
    store: SqlStore, since: datetime, until: datetime, articles: Mapping[str, Article]
) -> Sequence[ShadowMail]:
    """Mail recorded in shadow mode from ``since`` to before ``until``, oldest first."""
    column, to = t.outbox.c, t.outbox_recipient.c
    with store.read() as connection:
        rows = connection.execute(
            select(
                column.id,
                column.kind,
                column.subject,
                column.created_at,
                column.ticket_id,
                to.address,
            )
            .join(t.outbox_recipient, to.outbox_id == column.id)
            .where(
                column.state == OutboxState.SHADOW.value,
                column.created_at >= since,
                column.created_at < until,
            )
            .order_by(column.created_at, column.id)
        ).all()
        ids = sorted({row.ticket_id for row in rows if row.ticket_id is not None})
        tickets: dict[int, ShadowTicket] = {}
        for start in range(0, len(ids), _AT_ONCE):
            tickets |= _tickets(connection, ids[start : start + _AT_ONCE], articles)
    return [
        ShadowMail(
            row.id,
            row.kind or "answer",
            row.address,
            row.subject,
            row.created_at,
            tickets.get(row.ticket_id),
        )
        for row in rows
    ]


def _tickets(
    connection: Connection, ids: Sequence[int], articles: Mapping[str, Article]
) -> dict[int, ShadowTicket]:
    row = t.message.c
    people: dict[int, list[Answer]] = {}
    arrived: dict[int, datetime] = {}
    suggested: dict[int, str] = {}
    for message in connection.execute(
        select(row.ticket_id, row.voice, row.created_at, row.new_text, row.suggestion)
        .where(row.ticket_id.in_(ids), row.direction == "in")
        .order_by(row.id)
    ):
        if message.voice == Voice.AGENT.value:
            people.setdefault(message.ticket_id, []).append(
                Answer(message.created_at, message.new_text)
            )
            continue
        arrived.setdefault(message.ticket_id, message.created_at)
        said = (message.suggestion or {}).get("articles") or []
        if said:
            suggested.setdefault(message.ticket_id, said[0]["article_id"])
    found = {}
    for ticket in connection.execute(
        select(t.ticket.c.id, t.ticket.c.subject, t.ticket.c.created_at).where(
            t.ticket.c.id.in_(ids)
        )
    ):
        name = suggested.get(ticket.id)
        article = articles.get(name) if name else None
        found[ticket.id] = ShadowTicket(
            ticket.id,
            ticket.subject,
            arrived.get(ticket.id, ticket.created_at),
            tuple(people.get(ticket.id, ())),
            name,
            f"{article.title} {article.body}" if article else "",
        )
    return found
