"""What a decision must know about the past, read with a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, and_, case, func, select

from mailflow.desk.context import KnownMessage, Lookup, ThreadContext
from mailflow.desk.outbox import MailClass
from mailflow.desk.policy import ascii_lower
from mailflow.store import tables as t
from mailflow.store.columns import key_text
from mailflow.store.rows import read_tickets

_MAX_IDS = 100  # Message-IDs looked up for one message
_MAX_PER_ID = 5  # of the messages that claim one id: ours first, then the oldest


def context_for(connection: Connection, lookup: Lookup, now: datetime) -> ThreadContext:
    """Everything :func:`decide_intake` asks of the store. At most nine queries, whatever arrives."""
    author = ascii_lower(lookup.author_address)
    ids = [key_text(i) for i in lookup.thread_ids[:_MAX_IDS]]
    own_id = key_text(lookup.message_id) if lookup.message_id else None
    known = _known_messages(connection, [*ids, *([own_id] if own_id else [])])
    by_index = _ticket_of_index(connection, lookup.thread_index)
    by_subject = _ticket_of_subject(connection, author, lookup, now)
    referenced = tuple(m for i in ids for m in known.get(i, ()))
    same = tuple(known.get(own_id, ())) if own_id else ()
    named = {*lookup.ticket_ids, by_index, by_subject, *(m.ticket_id for m in (*referenced, *same))}
    last_hour, last_day = _automatic_to(connection, author, now)
    return ThreadContext(
        tickets=read_tickets(
            connection, sorted(i for i in named if i is not None), follow_merges=True
        ),
        referenced=referenced,
        same_message_id=same,
        by_thread_index=by_index,
        by_subject=by_subject,
        automatic_to_author_last_hour=last_hour,
        automatic_to_author_last_day=last_day,
        author_blocked=blocked_reasons(connection, [author], now).get(author),
    )


def blocked_reasons(
    connection: Connection, addresses: Iterable[str], now: datetime
) -> dict[str, str]:
    """Why no automatic mail may go to these lower-case addresses; those it may go to are left out."""
    column = t.blocked_address.c
    rows = connection.execute(
        select(column.address, column.reason).where(
            column.address.in_(list(addresses)), column.until > now
        )
    )
    return {row.address: row.reason for row in rows}


def _known_messages(connection: Connection, ids: Sequence[str]) -> dict[str, list[KnownMessage]]:
    """By Message-ID. A flood of messages with one id cannot crowd out the messages of another."""
    found: dict[str, list[KnownMessage]] = {}
    if not ids:
        return found
    message = t.message.c
    place = func.row_number().over(
        partition_by=message.message_id,
        order_by=(case((message.direction == "out", 0), else_=1), message.id),
    )
    ranked = (
        select(
            message.message_id,
            message.ticket_id,
            message.author,
            message.new_text_hash,
            place.label("place"),
        )
        .where(message.message_id.in_(ids))
        .subquery()
    )
    rows = connection.execute(
        select(ranked).where(ranked.c.place <= _MAX_PER_ID).order_by(ranked.c.place)
    )
    for row in rows:
        found.setdefault(row.message_id, []).append(_known(row))
    for row in connection.execute(_mentions_of(ids)):
        if row.message_id not in found or all(
            k.ticket_id != row.ticket_id for k in found[row.message_id]
        ):
            found.setdefault(row.message_id, []).append(
                KnownMessage(row.message_id, row.ticket_id, "", "")
            )
    return found


def _mentions_of(ids: Sequence[str]) -> Select[tuple[str, int]]:
    column = t.thread_id.c
    place = func.row_number().over(partition_by=column.message_id, order_by=column.id)
    ranked = (
        select(column.message_id, column.ticket_id, place.label("place"))
        .where(column.message_id.in_(ids))
        .subquery()
    )
    return (
        select(ranked.c.message_id, ranked.c.ticket_id)
        .where(ranked.c.place <= _MAX_PER_ID)
        .order_by(ranked.c.place)
    )


def _known(row: Row[tuple[object, ...]]) -> KnownMessage:
    return KnownMessage(row.message_id, row.ticket_id, row.author, row.new_text_hash)


def _ticket_of_index(connection: Connection, thread_index: str | None) -> int | None:
    if not thread_index:
        return None
    column = t.message.c
    return connection.execute(
        select(func.max(column.ticket_id)).where(column.thread_index == thread_index)
    ).scalar()


def _ticket_of_subject(
    connection: Connection, author: str, lookup: Lookup, now: datetime
) -> int | None:
    if not author or not lookup.base_subject or not lookup.subject_window:
        return None
    column = t.message.c
    return connection.execute(
        select(func.max(column.ticket_id)).where(
            column.author == author,
            column.base_subject == lookup.base_subject,
            column.direction == "in",
            column.created_at > now - lookup.subject_window,
        )
    ).scalar()


def _automatic_to(connection: Connection, author: str, now: datetime) -> tuple[int, int]:
    """Automatic mails recorded for this address in the last hour and day, whatever became of them."""
    if not author:
        return 0, 0
    mail, to = t.outbox.c, t.outbox_recipient.c
    row = connection.execute(
        select(
            func.coalesce(
                func.sum(case((to.created_at > now - timedelta(hours=1), 1), else_=0)), 0
            ).label("hour"),
            func.count().label("day"),
        )
        .select_from(t.outbox_recipient.join(t.outbox, mail.id == to.outbox_id))
        .where(
            and_(
                to.address_key == author,
                to.created_at > now - timedelta(days=1),
                mail.mail_class == MailClass.AUTOMATIC.value,
            )
        )
    ).one()
    return int(row.hour), int(row.day)
