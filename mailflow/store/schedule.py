"""The schedule's rows: measured replies, what happened, what agents were shown, what is known of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from mailflow.desk.clocks import Clock, ClockKind, DueClock, Turn
from mailflow.desk.decision import Voice
from mailflow.desk.expectation import ReplyTime
from mailflow.desk.happenings import TOLD, Happening
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.desk.person import Person
from mailflow.desk.policy import ascii_lower
from mailflow.desk.ticket import TicketStatus
from mailflow.store import tables as t
from mailflow.store.columns import key_text

_MOST_HAPPENINGS = 200
_LEFT = (OutboxState.SENT.value, OutboxState.UNCERTAIN.value)


class SqlSchedule:
    """See :class:`mailflow.flow.ports.Schedule`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reply_times(self, since: datetime, limit: int) -> Sequence[ReplyTime]:
        column = t.ticket.c
        rows = self._connection.execute(
            select(column.created_at, column.first_response_at)
            .where(column.first_response_at > since)
            .order_by(column.first_response_at.desc())
            .limit(limit)
        )
        return [ReplyTime(row.created_at, row.first_response_at) for row in rows]

    def happenings(self, ticket_id: int, since: datetime) -> Sequence[Happening]:
        column = t.event.c
        rows = self._connection.execute(
            select(column.kind, column.detail, column.at)
            .where(column.ticket_id == ticket_id, column.kind.in_(TOLD), column.at > since)
            .order_by(column.id)
            .limit(_MOST_HAPPENINGS)
        )
        return [
            Happening(row.kind, _text(row.detail.get("from")), _text(row.detail.get("to")), row.at)
            for row in rows
        ]

    def last_contact_at(self, ticket_id: int) -> datetime | None:
        column = t.outbox.c
        return self._connection.execute(
            select(func.max(column.created_at)).where(
                column.ticket_id == ticket_id,
                column.mail_class != MailClass.INTERNAL.value,
                column.state.in_(_LEFT),
            )
        ).scalar()

    def updates_after(self, ticket_id: int, moment: datetime) -> int:
        column = t.outbox.c
        return self._connection.execute(
            select(func.count()).where(
                column.ticket_id == ticket_id,
                column.kind == NoticeKind.PROGRESS_UPDATE.value,
                column.created_at > moment,
            )
        ).scalar_one()

    def updates_to_warn_of(self, until: datetime, limit: int) -> Sequence[int]:
        ticket, warning = t.ticket.c, t.update_warning.c
        same = and_(warning.ticket_id == ticket.id, warning.due_at == ticket.next_update_at)
        rows = self._connection.execute(
            select(ticket.id)
            .select_from(t.ticket.outerjoin(t.update_warning, same))
            .where(ticket.next_update_at <= until, warning.ticket_id.is_(None))
            .order_by(ticket.next_update_at, ticket.id)
            .limit(limit)
        ).scalars()
        return list(rows)

    def warned_of_update_at(self, ticket_id: int, due_at: datetime) -> datetime | None:
        column = t.update_warning.c
        return self._connection.execute(
            select(column.warned_at).where(column.ticket_id == ticket_id, column.due_at == due_at)
        ).scalar()

    def note_warning(self, ticket_id: int, due_at: datetime, now: datetime) -> None:
        values = {"due_at": due_at, "warned_at": now}
        where = t.update_warning.c.ticket_id == ticket_id
        if not self._connection.execute(
            update(t.update_warning).where(where).values(values)
        ).rowcount:
            self._connection.execute(insert(t.update_warning).values(ticket_id=ticket_id, **values))

    def turns(self, ticket_id: int) -> Sequence[Turn]:
        event, message = t.event.c, t.message.c
        statuses = self._connection.execute(
            select(event.at, event.detail).where(
                event.ticket_id == ticket_id, event.kind == "status"
            )
        )
        turns = [Turn(row.at, status=TicketStatus(row.detail["to"])) for row in statuses]
        written = self._connection.execute(
            select(message.created_at, message.voice).where(
                message.ticket_id == ticket_id, message.direction == "in", message.public
            )
        )
        turns += [_spoken(row.created_at, row.voice) for row in written]
        relayed = self._connection.execute(
            select(t.outbox.c.created_at).where(
                t.outbox.c.ticket_id == ticket_id,
                t.outbox.c.mail_class == MailClass.PERSON.value,
            )
        ).scalars()
        turns += [Turn(at, by_agent=True) for at in relayed]
        return sorted(turns, key=lambda turn: (turn.at, turn.status is not None))

    def clocks(self, ticket_id: int) -> Sequence[DueClock]:
        rows = self._connection.execute(
            select(t.ticket_clock).where(t.ticket_clock.c.ticket_id == ticket_id)
        )
        return [
            DueClock(ClockKind(row.kind), row.due_at, row.warned_at, row.breached_at)
            for row in rows
        ]

    def set_clocks(self, ticket_id: int, clocks: Sequence[Clock]) -> None:
        before = {clock.kind: clock for clock in self.clocks(ticket_id)}
        column = t.ticket_clock.c
        self._connection.execute(delete(t.ticket_clock).where(column.ticket_id == ticket_id))
        for clock in clocks:
            told = before.get(clock.kind)
            # One that runs on from where it stood still, or is due as before, is told of once.
            same = told is not None and told.due_at == clock.due_at
            self._connection.execute(
                insert(t.ticket_clock).values(
                    ticket_id=ticket_id,
                    kind=clock.kind.value,
                    due_at=clock.due_at,
                    paused=clock.due_at is None,
                    warned_at=told.warned_at if told and same else None,
                    breached_at=told.breached_at if told and same else None,
                )
            )

    def tickets_with_alarms(
        self, now: datetime, ahead: timedelta, above: int, limit: int
    ) -> Sequence[int]:
        column = t.ticket_clock.c
        soon = (column.due_at <= now + ahead) & column.warned_at.is_(None)
        late = (column.due_at <= now) & column.breached_at.is_(None)
        return list(
            self._connection.execute(
                select(column.ticket_id)
                .where(column.ticket_id > above, soon | late)
                .distinct()
                .order_by(column.ticket_id)
                .limit(limit)
            ).scalars()
        )

    def note_alarm(self, ticket_id: int, kind: ClockKind, now: datetime, *, breached: bool) -> None:
        column = t.ticket_clock.c
        values = {"warned_at": func.coalesce(column.warned_at, now)}
        self._connection.execute(
            update(t.ticket_clock)
            .where(column.ticket_id == ticket_id, column.kind == kind.value)
            .values(**values, **({"breached_at": now} if breached else {}))
        )

    def person(self, address: str) -> Person:
        key = key_text(ascii_lower(address))
        row = self._connection.execute(select(t.person).where(t.person.c.address == key)).first()
        return Person(key) if row is None else read_person(row)

    def set_language(self, address: str, language: str | None, *, corrected: bool) -> None:
        self._put(address, {"language": language, "corrected": corrected})

    def set_offset(self, address: str, minutes: int | None, *, corrected: bool) -> None:
        self._put(address, {"utc_offset": minutes, "offset_corrected": corrected})

    def mute(self, address: str, reason: str, now: datetime | None) -> None:
        self._put(address, {"muted_at": now, "muted_because": reason})

    def _put(self, address: str, values: dict[str, Any]) -> None:  # Any: column values
        key = key_text(ascii_lower(address))
        where = t.person.c.address == key
        if not self._connection.execute(update(t.person).where(where).values(values)).rowcount:
            row = {"muted_because": "", **values}
            self._connection.execute(insert(t.person).values(address=key, **row))


def read_person(row: Row[Any]) -> Person:  # Any: a row of its table
    return Person(
        row.address,
        row.language,
        row.corrected,
        row.muted_at,
        row.muted_because,
        row.utc_offset,
        row.offset_corrected,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _spoken(at: datetime, voice: str) -> Turn:
    return Turn(at, by_customer=voice == Voice.CUSTOMER, by_agent=voice == Voice.AGENT)
