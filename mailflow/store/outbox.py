"""The outbox: a mail exists when its transaction committed, and its key lets it exist once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    case,
    delete,
    distinct,
    func,
    insert,
    select,
    update,
)

from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import (
    MailClass,
    NewMail,
    OutboxMail,
    OutboxState,
    RecipientState,
    Settlement,
    Usage,
)
from mailflow.desk.policy import ascii_lower
from mailflow.store import tables as t
from mailflow.store.columns import key_text
from mailflow.store.context import blocked_reasons
from mailflow.store.faults import StaleMail
from mailflow.store.rows import add_event, new_id, read_mails

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# What a late answer of the server may still change.
_UNSETTLED = (OutboxState.PENDING, OutboxState.IN_FLIGHT, OutboxState.HELD, OutboxState.UNCERTAIN)
_ARRIVED = (RecipientState.SENT, RecipientState.UNCERTAIN)


class SqlOutbox:
    """See :class:`mailflow.flow.ports.Outbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, mail: NewMail) -> int | None:
        known = select(t.outbox.c.id).where(t.outbox.c.key == mail.key)
        if self._connection.execute(known).first() is not None:
            return None
        result = self._connection.execute(
            insert(t.outbox).values(
                key=mail.key,
                ticket_id=mail.ticket_id,
                mail_class=mail.mail_class.value,
                kind=mail.kind.value if mail.kind else None,
                message_id=mail.message_id,
                envelope_sender=mail.envelope_sender,
                subject=mail.subject,
                state=OutboxState.PENDING.value,
                reason="",
                created_at=mail.created_at,
                not_before=mail.not_before,
                expires_at=mail.expires_at,
                template_version=mail.template_version,
                faults=list(mail.faults),
                octets=mail.octets,
            )
        )
        mail_id = new_id(result)
        self._add_recipients(mail_id, mail)
        self._add_message(mail_id, mail)
        add_event(
            self._connection,
            "mail recorded",
            mail.kind.value if mail.kind else mail.mail_class.value,
            mail.created_at,
            ticket_id=mail.ticket_id,
            outbox_id=mail_id,
            detail={"key": mail.key, "message_id": mail.message_id},
        )
        return mail_id

    def take_back(
        self, ticket_id: int, kinds: Sequence[NoticeKind], reason: str, now: datetime
    ) -> int:
        column = t.outbox.c
        ids = self._connection.execute(
            select(column.id).where(
                column.ticket_id == ticket_id,
                column.kind.in_([kind.value for kind in kinds]),
                column.state.in_([OutboxState.PENDING.value, OutboxState.HELD.value]),
            )
        ).scalars()
        dropped = ids.all()
        for mail_id in dropped:
            self._drop(mail_id, ticket_id, reason, now)
        return len(dropped)

    def _drop(self, mail_id: int, ticket_id: int, reason: str, now: datetime) -> None:
        self._connection.execute(
            update(t.outbox)
            .where(t.outbox.c.id == mail_id)
            .values(state=OutboxState.DROPPED.value, reason=reason, settled_at=now)
        )
        add_event(
            self._connection, "mail dropped", reason, now, ticket_id=ticket_id, outbox_id=mail_id
        )

    def next_due(self, now: datetime) -> OutboxMail | None:
        """The due mail waiting longest; people's words and notifications before automatic mail."""
        column = t.outbox.c
        automatic_last = case((column.mail_class == MailClass.AUTOMATIC.value, 1), else_=0)
        rows = self._connection.execute(
            select(t.outbox)
            .where(column.state == OutboxState.PENDING.value, column.not_before <= now)
            .order_by(automatic_last, column.not_before, column.id)
            .limit(1)
        ).all()
        return next(iter(read_mails(self._connection, rows)), None)

    def usage(self, mail: OutboxMail, now: datetime) -> Usage:
        """How much of each budget is used, this mail itself not counted. Five queries."""
        addresses = sorted({key_text(ascii_lower(a)) for a in mail.open_recipients})
        domains = sorted({_domain(a) for a in mail.open_recipients})
        to, row = t.outbox_recipient.c, t.outbox.c
        on_ticket = row.ticket_id == mail.ticket_id
        automatic = row.mail_class == MailClass.AUTOMATIC.value
        internal = row.mail_class == MailClass.INTERNAL.value
        person = row.mail_class == MailClass.PERSON.value
        hour = to.left_at > now - _HOUR
        counts = self._connection.execute(
            select(
                _mails(automatic & on_ticket),
                _mails(automatic & hour),
                _mails(person & on_ticket & hour),
            )
            .select_from(t.outbox_recipient.join(t.outbox, row.id == to.outbox_id))
            .where(to.left_at > now - _DAY, row.id != mail.id)
        ).one()
        per_address = self._connection.execute(
            select(
                to.address_key,
                _mails(automatic & hour),
                _mails(automatic),
                _mails(internal & on_ticket & hour),
            )
            .select_from(t.outbox_recipient.join(t.outbox, row.id == to.outbox_id))
            .where(to.address_key.in_(addresses), to.left_at > now - _DAY, row.id != mail.id)
            .group_by(to.address_key)
        ).all()
        per_domain = self._connection.execute(
            select(to.domain, _mails(automatic))
            .select_from(t.outbox_recipient.join(t.outbox, row.id == to.outbox_id))
            .where(to.domain.in_(domains), hour, row.id != mail.id)
            .group_by(to.domain)
        ).all()
        return Usage(
            to_address_last_hour=max((r[1] for r in per_address), default=0),
            to_address_last_day=max((r[2] for r in per_address), default=0),
            to_domain_last_hour=max((r[1] for r in per_domain), default=0),
            on_ticket_last_day=counts[0],
            in_all_last_hour=counts[1],
            internal_on_ticket_last_hour=max((r[3] for r in per_address), default=0),
            person_on_ticket_last_hour=counts[2],
            switched=self._switched(mail),
            blocked_recipients=tuple(
                sorted(blocked_reasons(self._connection, addresses, now).items())
            ),
            silenced=self._silenced(mail.ticket_id),
        )

    def _silenced(self, ticket_id: int | None) -> str | None:
        if ticket_id is None:
            return None
        column = t.ticket.c
        row = self._connection.execute(
            select(column.muted, column.merged_into, column.deleted_at).where(
                column.id == ticket_id
            )
        ).one()
        if row.deleted_at is not None:
            return "its ticket was deleted"
        if row.merged_into is not None:
            return f"its ticket was merged into ticket {row.merged_into}"
        return "automatic mail of its ticket is muted" if row.muted else None

    def _switched(self, mail: OutboxMail) -> bool | None:
        column = t.sending_choice.c
        return self._connection.execute(
            select(column.switched_on).where(column.kind == (mail.kind.value if mail.kind else ""))
        ).scalar()

    def mark_in_flight(self, mail_id: int, now: datetime) -> None:
        """DATA is about to begin. Raises StaleMail when the mail is not pending: somebody else has it."""
        column = t.outbox.c
        changed = self._connection.execute(
            update(t.outbox)
            .where(column.id == mail_id, column.state == OutboxState.PENDING.value)
            .values(
                state=OutboxState.IN_FLIGHT.value,
                attempts=column.attempts + 1,
                in_flight_at=now,
            )
        ).rowcount
        if not changed:
            raise StaleMail(f"mail {mail_id} is not pending any more")
        to = t.outbox_recipient.c
        still_open = (RecipientState.PENDING.value, RecipientState.DEFERRED.value)
        self._connection.execute(
            update(t.outbox_recipient)
            .where(to.outbox_id == mail_id, to.state.in_(still_open))
            .values(left_at=now)
        )

    def settle(self, mail_id: int, settlement: Settlement, now: datetime) -> None:
        """Write the result of an attempt, or the gate's refusal. Raises StaleMail when it was settled before."""
        column = t.outbox.c
        row = self._connection.execute(
            select(column.state, column.ticket_id).where(column.id == mail_id)
        ).first()
        if row is None or OutboxState(row.state) not in _UNSETTLED:
            raise StaleMail(f"mail {mail_id} was settled before")
        again = settlement.state is OutboxState.PENDING
        answered = any(r.code is not None for r in settlement.recipients)
        # A dialogue refused before DATA was never marked in flight: it counts here.
        refused_early = (
            row.state == OutboxState.PENDING.value
            and settlement.state in (OutboxState.PENDING, OutboxState.FAILED)
            and answered
        )
        values: dict[str, object] = {
            "state": settlement.state.value,
            "reason": settlement.reason,
            "settled_at": None if again else now,
        }
        if refused_early:
            values["attempts"] = column.attempts + 1
        if settlement.not_before is not None:
            values["not_before"] = settlement.not_before
        self._connection.execute(update(t.outbox).where(column.id == mail_id).values(values))
        self._settle_recipients(mail_id, settlement)
        add_event(
            self._connection,
            f"mail {settlement.state.value}",
            settlement.reason,
            now,
            ticket_id=row.ticket_id,
            outbox_id=mail_id,
            detail={
                "recipients": [
                    {"address": r.address, "state": r.state.value, "code": r.code, "text": r.text}
                    for r in settlement.recipients
                ]
            },
        )

    def postpone(self, mail_id: int, not_before: datetime, reason: str) -> None:
        column = t.outbox.c
        self._connection.execute(
            update(t.outbox)
            .where(column.id == mail_id, column.state == OutboxState.PENDING.value)
            .values(not_before=not_before, reason=reason)
        )

    def in_flight(self) -> Sequence[OutboxMail]:
        column = t.outbox.c
        rows = self._connection.execute(
            select(t.outbox)
            .where(column.state == OutboxState.IN_FLIGHT.value)
            .order_by(column.in_flight_at, column.id)
        ).all()
        return read_mails(self._connection, rows)

    def drop_automatic(self, ticket_id: int, reason: str, now: datetime) -> int:
        column = t.outbox.c
        ids = list(
            self._connection.execute(
                select(column.id).where(
                    column.ticket_id == ticket_id,
                    column.mail_class == MailClass.AUTOMATIC.value,
                    column.state.in_((OutboxState.PENDING.value, OutboxState.HELD.value)),
                )
            ).scalars()
        )
        for mail_id in ids:
            self.settle(mail_id, Settlement(OutboxState.DROPPED, reason, ()), now)
        return len(ids)

    def release(self, mail_id: int, now: datetime) -> bool:
        """Let a held mail go, with its full lifetime from now on. False when it is not held."""
        column = t.outbox.c
        row = self._connection.execute(
            select(column.ticket_id, column.created_at, column.expires_at).where(
                column.id == mail_id, column.state == OutboxState.HELD.value
            )
        ).first()
        if row is None:
            return False
        self._connection.execute(
            update(t.outbox)
            .where(column.id == mail_id)
            .values(
                state=OutboxState.PENDING.value,
                reason="released by hand",
                released=True,
                not_before=now,
                expires_at=max(row.expires_at, now + (row.expires_at - row.created_at)),
                settled_at=None,
            )
        )
        add_event(
            self._connection,
            "mail released",
            "by hand",
            now,
            ticket_id=row.ticket_id,
            outbox_id=mail_id,
        )
        return True

    def held(self) -> Sequence[OutboxMail]:
        """Oldest first."""
        column = t.outbox.c
        rows = self._connection.execute(
            select(t.outbox)
            .where(column.state == OutboxState.HELD.value)
            .order_by(column.created_at, column.id)
        ).all()
        return read_mails(self._connection, rows)

    def choices(self) -> Mapping[str, bool]:
        """Kinds of mail an admin switched on or off, whatever the configured mode."""
        column = t.sending_choice.c
        rows = self._connection.execute(select(column.kind, column.switched_on))
        return {row.kind: row.switched_on for row in rows}

    def choose(self, kind: NoticeKind, on: bool | None, now: datetime) -> None:
        """Switch a kind on or off; None leaves it to the configured mode again. Obeyed from the next mail on."""
        column = t.sending_choice.c
        self._connection.execute(delete(t.sending_choice).where(column.kind == kind.value))
        if on is not None:
            self._connection.execute(
                insert(t.sending_choice).values(kind=kind.value, switched_on=on, changed_at=now)
            )
        word = {True: "on", False: "off", None: "as configured"}[on]
        detail: dict[str, object] = {"kind": kind.value, "to": word, "by": "admin"}
        reason = f"sending of {kind.value} is {word}"
        add_event(self._connection, "sending", reason, now, detail=detail)

    def _add_recipients(self, mail_id: int, mail: NewMail) -> None:
        by_key: dict[str, str] = {}
        for address in mail.recipients:
            by_key.setdefault(key_text(ascii_lower(address)), address)
        rows = [
            {
                "outbox_id": mail_id,
                "address": address,
                "address_key": key,
                "domain": _domain(address),
                "state": RecipientState.PENDING.value,
                "text": "",
                "created_at": mail.created_at,
            }
            for key, address in by_key.items()
        ]
        if rows:
            self._connection.execute(insert(t.outbox_recipient), rows)

    def _add_message(self, mail_id: int, mail: NewMail) -> None:
        """Our own words in the ticket's history. The id threads the answer to them."""
        by_person = mail.mail_class is MailClass.PERSON
        self._connection.execute(
            insert(t.message).values(
                outbox_id=mail_id,
                ticket_id=mail.ticket_id,
                direction="out",
                voice="agent" if by_person else "notice",
                public=mail.mail_class is not MailClass.INTERNAL,
                message_id=mail.message_id,
                author="",
                author_name="",
                subject=mail.subject,
                base_subject="",
                new_text="",
                new_text_hash="",
                origin="own",
                origin_rule=mail.kind.value if mail.kind else "an agent's answer",
                verified=True,
                created_at=mail.created_at,
                reasons={},
                warnings=[],
                defects=[],
                attachments=[],
            )
        )

    def _settle_recipients(self, mail_id: int, settlement: Settlement) -> None:
        to = t.outbox_recipient.c
        for recipient in settlement.recipients:
            values: dict[str, object] = {
                "state": recipient.state.value,
                "code": recipient.code,
                "text": recipient.text,
            }
            if recipient.state not in _ARRIVED:
                values["left_at"] = None  # it did not leave: no budget is used up
            self._connection.execute(
                update(t.outbox_recipient)
                .where(
                    to.outbox_id == mail_id,
                    to.address_key == key_text(ascii_lower(recipient.address)),
                )
                .values(values)
            )


def _mails(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many different mails fulfil the condition."""
    return func.count(distinct(case((condition, t.outbox.c.id))))


def _domain(address: str) -> str:
    return key_text(ascii_lower(address.rpartition("@")[2]))
