"""What the audit trail and the opening mails say, for training: read only, in one moment's state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from mailflow.desk.feedback import Act, PastTicket
from mailflow.mail.addresses import canonical_address
from mailflow.store import tables as t

_KINDS = ("priority", "article", "thanks", "status")
_MOST = 15_000  # newest tickets; training holds a matrix over them


def past_tickets(connection: Connection) -> Sequence[PastTicket]:
    """Tickets a person changed, oldest first, with the words that opened them."""
    event, message, ticket = t.event.c, t.message.c, t.ticket.c
    touched = (
        select(event.ticket_id)
        .where(event.kind.in_(("priority", "article")), event.ticket_id.is_not(None))
        .distinct()
        .order_by(event.ticket_id.desc())
        .limit(_MOST)
    )
    acts: dict[int, list[Act]] = {}
    for row in connection.execute(
        select(event.ticket_id, event.kind, event.detail)
        .where(event.kind.in_(_KINDS), event.ticket_id.in_(touched))
        .order_by(event.id)
    ):
        said = {key: str(row.detail.get(key, "")) for key in ("from", "to", "by")}
        act = Act(row.kind, said["from"], said["to"], said["by"])
        acts.setdefault(row.ticket_id, []).append(act)
    first = (
        select(message.ticket_id, func.min(message.id).label("row"))
        .where(message.ticket_id.in_(touched), message.voice == "customer")
        .group_by(message.ticket_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            message.ticket_id, message.author, message.subject, message.new_text, ticket.created_at
        )
        .join(first, first.c.row == message.id)
        .join(t.ticket, ticket.id == message.ticket_id)
        .where(ticket.deleted_at.is_(None), ticket.merged_into.is_(None))
        .order_by(message.ticket_id)
    )
    return [
        PastTicket(
            row.ticket_id,
            canonical_address(row.author),
            row.subject,
            row.new_text,
            row.created_at,
            tuple(acts.get(row.ticket_id, ())),
        )
        for row in rows
    ]
