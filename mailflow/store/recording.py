"""Writing a decision down: message, ticket, participants, thread ids and reasons, in one transaction."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from mailflow.desk.changes import BY_ADMIN, BY_MAILFLOW, ChangeKind, stamp
from mailflow.desk.context import Source, new_text_hash
from mailflow.desk.decision import Answer, Decision, Joining, Storing, Voice
from mailflow.desk.policy import ascii_lower
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import LinkKind, ParticipantRole, Priority, Ticket, TicketStatus
from mailflow.flow.ports import Recorded, WaitingMessage
from mailflow.mail.message import IncomingMessage
from mailflow.store import tables as t
from mailflow.store.columns import key_text
from mailflow.store.intake import RECORDED
from mailflow.store.rows import add_event, new_id, read_ticket

_BLOCKED_FOR = timedelta(days=60)
_MAX_MENTIONS = 50


def record_decision(
    connection: Connection,
    waiting: WaitingMessage,
    message: IncomingMessage,
    decision: Decision,
    suggestion: Suggestion,
    now: datetime,
) -> Recorded:
    """Write what was decided about one waiting message. Recorded before: the first result, nothing written."""
    before = connection.execute(
        select(t.message.c.id, t.message.c.ticket_id).where(
            t.message.c.raw_message_id == waiting.id
        )
    ).first()
    if before is not None:
        ticket = read_ticket(connection, before.ticket_id) if before.ticket_id else None
        return Recorded(before.id, ticket)
    ticket_id = _ticket_for(connection, message, decision, now)
    row = _add_message(connection, waiting, message, decision, suggestion, ticket_id, now)
    add_event(
        connection,
        "decision",
        decision.store.reason,
        now,
        ticket_id=ticket_id,
        message_row=row,
        detail=dict(decision.reasons()),
    )
    if ticket_id is not None:
        join(connection, ticket_id, decision.joins, now)
        _change_ticket(connection, ticket_id, waiting, message, decision, row, now)
        _mention(connection, ticket_id, message)
    if ticket_id is not None and decision.kind is not None:
        detail: dict[str, object] = {"from": "", "to": decision.kind.value, "by": "mailflow"}
        reason = "its words ask for something new"
        add_event(connection, "kind", reason, now, ticket_id=ticket_id, detail=detail)
    if ticket_id is not None and suggestion.content_free and not decision.wake.value:
        author = ascii_lower(message.author.address) if message.author else ""
        detail = {"by": author}
        add_event(
            connection,
            "thanks",
            decision.wake.reason,
            now,
            ticket_id=ticket_id,
            message_row=row,
            detail=detail,
        )
    if decision.blocked_address:
        _block(connection, decision, ticket_id, row, now)
    connection.execute(
        update(t.raw_message)
        .where(t.raw_message.c.id == waiting.id)
        .values(state=RECORDED, decided_at=now, fault=None)
    )
    return Recorded(row, read_ticket(connection, ticket_id) if ticket_id is not None else None)


def _ticket_for(
    connection: Connection, message: IncomingMessage, decision: Decision, now: datetime
) -> int | None:
    """The ticket the message goes to, opened when decided so. Raises ValueError for a broken decision."""
    if decision.store.value is Storing.SET_ASIDE:
        return None
    if decision.store.value is Storing.ADD_TO_TICKET:
        if decision.thread.ticket_id is None:
            raise ValueError("a decision to add to a ticket names none")
        if read_ticket(connection, decision.thread.ticket_id) is None:
            raise ValueError(f"a decision names no ticket there is: {decision.thread.ticket_id}")
        return decision.thread.ticket_id
    result = connection.execute(
        insert(t.ticket).values(
            subject=message.subject,
            status=(decision.wake.status or TicketStatus.NEW).value,
            priority=(decision.priority or Priority.NORMAL).value,
            language=message.language,
            linked_to=decision.thread.linked_to,
            requester_verified=decision.verified,
            queue=decision.queue,
            kind=decision.kind.value if decision.kind else None,
            created_at=now,
            updated_at=now,
        )
    )
    ticket_id = new_id(result)
    if decision.thread.linked_to is not None:
        add_link(connection, ticket_id, decision.thread.linked_to, LinkKind.FOLLOWS)
    if not any(j.role is ParticipantRole.REQUESTER for j in decision.joins):
        author = message.author
        address = ascii_lower(author.address) if author else ""
        requester = Joining(address, author.name if author else "", ParticipantRole.REQUESTER)
        join(connection, ticket_id, (requester,), now)
    return ticket_id


def _add_message(
    connection: Connection,
    waiting: WaitingMessage,
    message: IncomingMessage,
    decision: Decision,
    suggestion: Suggestion,
    ticket_id: int | None,
    now: datetime,
) -> int:
    author = message.author
    sent = waiting.source is Source.SENT
    result = connection.execute(
        insert(t.message).values(
            raw_message_id=waiting.id,
            ticket_id=ticket_id,
            linked_to=decision.thread.linked_to,
            direction="in",
            voice=decision.voice.value,
            public=ticket_id is not None and (sent or decision.voice is Voice.CUSTOMER),
            message_id=message.message_id,
            in_reply_to=next(iter(message.in_reply_to), None),
            thread_index=message.thread_index,
            author=ascii_lower(author.address) if author else "",
            author_name=author.name if author else "",
            subject=message.subject,
            base_subject=message.base_subject,
            new_text=message.new_text,
            new_text_hash=new_text_hash(message),
            language=message.language,
            origin=message.origin.kind.value,
            origin_rule=message.origin.rule,
            verified=decision.verified,
            received_at=waiting.raw.received_at,
            created_at=now,
            reasons=decision.reasons(),
            warnings=list(decision.warnings),
            defects=list(message.defects),
            attachments=[
                {"filename": a.filename, "content_type": a.content_type, "size": a.size}
                for a in message.attachments
            ],
            suggestion=dataclasses.asdict(suggestion),
        )
    )
    return new_id(result)


def join(connection: Connection, ticket_id: int, joins: tuple[Joining, ...], now: datetime) -> None:
    column = t.participant.c
    present = set(
        connection.execute(select(column.address).where(column.ticket_id == ticket_id)).scalars()
    )
    for joining in joins:
        address = key_text(ascii_lower(joining.address))
        if address in present:
            continue
        present.add(address)
        connection.execute(
            insert(t.participant).values(
                ticket_id=ticket_id, address=address, name=joining.name, role=joining.role.value
            )
        )
        add_event(
            connection,
            "participant joined",
            joining.role.value,
            now,
            ticket_id=ticket_id,
            detail={"address": address},
        )


def _change_ticket(
    connection: Connection,
    ticket_id: int,
    waiting: WaitingMessage,
    message: IncomingMessage,
    decision: Decision,
    row: int,
    now: datetime,
) -> None:
    ticket = read_ticket(connection, ticket_id)
    if ticket is None:
        raise ValueError(f"ticket {ticket_id} is gone")
    values: dict[str, object] = {"updated_at": now}
    if ticket.language is None and message.language:
        values["language"] = message.language
    if decision.wake.status and decision.wake.status is not ticket.status:
        values["status"] = decision.wake.status.value
        by = _by(message, decision)
        _note_status(connection, ticket, decision.wake.status, decision.wake.reason, row, now, by)
    if ticket.snoozed_until is not None and decision.voice is Voice.CUSTOMER:
        values["snoozed_until"] = None
        _note_change(
            connection,
            ticket,
            ChangeKind.SNOOZE,
            stamp(ticket.snoozed_until),
            "",
            "the customer wrote",
            row,
            now,
            _by(message, decision),
        )
    if decision.voice is Voice.AGENT:
        answered = waiting.source is Source.SENT or decision.answer.value is Answer.RELAY
        if answered and ticket.first_response_at is None:
            values["first_response_at"] = now
        if answered and decision.agent_address and ticket.assignee is None:
            values["assignee"] = decision.agent_address
            _note_change(
                connection,
                ticket,
                ChangeKind.ASSIGNEE,
                "",
                decision.agent_address,
                "who wrote first has it",
                row,
                now,
                decision.agent_address,
            )
    connection.execute(update(t.ticket).where(t.ticket.c.id == ticket_id).values(values))


def _by(message: IncomingMessage, decision: Decision) -> str:
    """Whose act it was: the proven agent, else the author as far as From tells."""
    author = ascii_lower(message.author.address) if message.author else ""
    return decision.agent_address or author or BY_MAILFLOW


def _note_status(
    connection: Connection,
    ticket: Ticket,
    status: TicketStatus,
    reason: str,
    row: int | None,
    now: datetime,
    by: str,
) -> None:
    before, after = ticket.status.value, status.value
    _note_change(connection, ticket, ChangeKind.STATUS, before, after, reason, row, now, by)


def _note_change(
    connection: Connection,
    ticket: Ticket,
    kind: ChangeKind,
    before: str,
    after: str,
    reason: str,
    row: int | None,
    now: datetime,
    by: str,
) -> None:
    add_event(
        connection,
        kind.value,
        reason,
        now,
        ticket_id=ticket.id,
        message_row=row,
        detail={"from": before, "to": after, "by": by},
    )


def set_status(
    connection: Connection, ticket_id: int, status: TicketStatus, reason: str, now: datetime
) -> None:
    """Change a ticket's status and say why; the status it has already changes nothing."""
    ticket = read_ticket(connection, ticket_id)
    if ticket is None:
        raise ValueError(f"there is no ticket {ticket_id}")
    if ticket.status is status:
        return
    _note_status(connection, ticket, status, reason, None, now, BY_ADMIN)
    connection.execute(
        update(t.ticket)
        .where(t.ticket.c.id == ticket_id)
        .values(status=status.value, updated_at=now)
    )


def add_link(connection: Connection, ticket_id: int, other_id: int, kind: LinkKind) -> None:
    """Tie two tickets, once; the first kind stays."""
    row = t.ticket_link.c
    known = select(row.kind).where(row.ticket_id == ticket_id, row.other_id == other_id)
    if connection.execute(known).first() is None:
        values = {"ticket_id": ticket_id, "other_id": other_id, "kind": kind.value}
        connection.execute(insert(t.ticket_link).values(values))


def _mention(connection: Connection, ticket_id: int, message: IncomingMessage) -> None:
    """Remember the ids this message refers to and nobody else claims, so that mails we never saw thread."""
    referred = [*message.in_reply_to, *reversed(message.references)][:_MAX_MENTIONS]
    own = {key_text(message.message_id)} if message.message_id else set()
    wanted = [i for i in dict.fromkeys(map(key_text, referred)) if i not in own]
    if not wanted:
        return
    claimed: set[str] = set()
    for column in (t.message.c.message_id, t.thread_id.c.message_id):
        claimed.update(connection.execute(select(column).where(column.in_(wanted))).scalars())
    fresh = [{"message_id": i, "ticket_id": ticket_id} for i in wanted if i not in claimed]
    if fresh:
        connection.execute(insert(t.thread_id), fresh)


def _block(
    connection: Connection, decision: Decision, ticket_id: int | None, row: int, now: datetime
) -> None:
    address = key_text(ascii_lower(decision.blocked_address or ""))
    reason = decision.store.reason
    values = {"reason": reason, "blocked_at": now, "until": now + _BLOCKED_FOR}
    where = t.blocked_address.c.address == address
    if not connection.execute(update(t.blocked_address).where(where).values(values)).rowcount:
        connection.execute(insert(t.blocked_address).values(address=address, **values))
    add_event(
        connection,
        "address blocked",
        reason,
        now,
        ticket_id=ticket_id,
        message_row=row,
        detail={"address": address},
    )
