"""Mail of ours in the mailbox: copies of what was sent, and proposals in Drafts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from mailflow.desk.decision import Voice
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.desk.ticket import TicketStatus
from mailflow.flow.ports.mirror import Proposable, Proposal, UnfiledMail
from mailflow.store import tables as t
from mailflow.store.rows import add_event

_TO_CUSTOMERS = (MailClass.PERSON.value, MailClass.AUTOMATIC.value)
_OUR_TURN = (TicketStatus.NEW.value, TicketStatus.OPEN.value)
_LIVE = ("planned", "waiting", "missing")


class SqlOwnMail:
    """See :class:`mailflow.flow.ports.mirror.OwnMailRows`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ── copies in Sent ──────────────────────────────────────────────────────────────────────────

    def begin_filing(self, now: datetime) -> None:
        """At the first call: what was sent before is left out, or years of mail would be copied."""
        column = t.mirror_progress.c
        begun = select(column.value).where(column.name == "filing")
        if self._connection.execute(begun).first() is not None:
            return
        self._connection.execute(insert(t.mirror_progress).values(name="filing", value=1))
        mail = t.outbox.c
        for mail_id in self._connection.execute(
            select(mail.id).where(mail.state == OutboxState.SENT.value)
        ).scalars():
            self.settle_copy(mail_id, "left out", "sent before the mailbox showed it", now)

    def unfiled(self, now: datetime, limit: int) -> Sequence[UnfiledMail]:
        """Mail to customers that left and has no copy in Sent yet, oldest first."""
        mail, copy = t.outbox.c, t.sent_copy.c
        rows = self._connection.execute(
            select(mail.id, mail.ticket_id, mail.message_id, mail.octets, copy.attempts)
            .select_from(t.outbox.outerjoin(t.sent_copy, copy.outbox_id == mail.id))
            .where(
                mail.state == OutboxState.SENT.value,
                mail.mail_class.in_(_TO_CUSTOMERS),
                copy.state.is_(None) | ((copy.state == "waiting") & (copy.not_before <= now)),
            )
            .order_by(mail.id)
            .limit(limit)
        )
        return [
            UnfiledMail(r.id, r.ticket_id, r.message_id, r.octets, r.attempts or 0) for r in rows
        ]

    def settle_copy(
        self,
        outbox_id: int,
        state: str,
        reason: str,
        now: datetime,
        not_before: datetime | None = None,
    ) -> None:
        column = t.sent_copy.c
        values = {
            "state": state,
            "reason": reason,
            "not_before": not_before or now,
            "settled_at": None if state == "waiting" else now,
        }
        if self._connection.execute(
            update(t.sent_copy)
            .where(column.outbox_id == outbox_id)
            .values(attempts=column.attempts + 1, **values)
        ).rowcount:
            return
        self._connection.execute(
            insert(t.sent_copy).values(outbox_id=outbox_id, attempts=1, **values)
        )

    def note_place(self, folder: str, uidvalidity: int, uid: int, now: datetime) -> None:
        """Mail of ours lies there: it need not be fetched to be known."""
        column = t.sighting.c
        here = (column.folder == folder) & (column.uidvalidity == uidvalidity) & (column.uid == uid)
        if self._connection.execute(select(column.id).where(here)).first() is None:
            self._connection.execute(
                insert(t.sighting).values(
                    folder=folder, uidvalidity=uidvalidity, uid=uid, seen_at=now
                )
            )

    # ── proposals in Drafts ─────────────────────────────────────────────────────────────────────

    def proposable(self, limit: int) -> Sequence[Proposable]:
        """Tickets whose turn is ours, with an article chosen or suggested and never proposed, oldest first."""
        last = (
            select(func.max(t.message.c.id))
            .where(
                t.message.c.ticket_id == t.ticket.c.id,
                t.message.c.direction == "in",
                t.message.c.voice == Voice.CUSTOMER.value,
            )
            .correlate(t.ticket)
            .scalar_subquery()
        )
        rows = self._connection.execute(
            select(t.ticket.c.id, t.ticket.c.article_id, t.message.c.suggestion)
            .select_from(t.ticket.join(t.message, t.message.c.id == last))
            .where(
                t.ticket.c.status.in_(_OUR_TURN),
                t.ticket.c.merged_into.is_(None),
                t.ticket.c.deleted_at.is_(None),
            )
            .order_by(t.ticket.c.id)
        ).all()
        made = {
            (r.ticket_id, r.article_id)
            for r in self._connection.execute(
                select(t.proposal.c.ticket_id, t.proposal.c.article_id)
            )
        }
        found = []
        for r in rows:
            article = r.article_id or (r.suggestion or {}).get("suggested_article")
            if article and (r.id, article) not in made:
                found.append(Proposable(r.id, article))
        return found[:limit]

    def proposals(self) -> Sequence[Proposal]:
        """Those that were not settled, with their ticket as it is now."""
        column, ticket = t.proposal.c, t.ticket.c
        answered = (
            select(t.message.c.id)
            .where(
                t.message.c.ticket_id == column.ticket_id,
                t.message.c.voice == Voice.AGENT.value,
                t.message.c.public,
                t.message.c.created_at >= column.created_at,
            )
            .exists()
        )
        rows = self._connection.execute(
            select(
                t.proposal,
                ticket.status,
                ticket.article_id.label("chosen"),
                (ticket.merged_into.is_not(None) | ticket.deleted_at.is_not(None)).label("gone"),
                answered.label("answered"),
            )
            .select_from(t.proposal.join(t.ticket, ticket.id == column.ticket_id))
            .where(column.state.in_(_LIVE))
            .order_by(column.id)
        )
        return [
            Proposal(
                id=r.id,
                ticket_id=r.ticket_id,
                article_id=r.article_id,
                token=r.token,
                in_reply_to=r.in_reply_to,
                content_hash=r.content_hash,
                state=r.state,
                folder=r.folder,
                uidvalidity=r.uidvalidity,
                uid=r.uid,
                changed_at=r.changed_at,
                status=TicketStatus(r._mapping[ticket.status]),
                chosen=r.chosen,
                answered=bool(r.answered),
                gone=bool(r.gone),
            )
            for r in rows
        ]

    def plan_proposal(self, proposal: Proposal, now: datetime) -> int:
        result = self._connection.execute(
            insert(t.proposal).values(
                ticket_id=proposal.ticket_id,
                article_id=proposal.article_id,
                token=proposal.token,
                in_reply_to=proposal.in_reply_to,
                content_hash=proposal.content_hash,
                state="planned",
                reason="",
                folder=proposal.folder,
                created_at=now,
                changed_at=now,
            )
        )
        key = result.inserted_primary_key
        return int(key[0]) if key else 0

    def set_proposal(
        self,
        proposal: Proposal,
        state: str,
        reason: str,
        now: datetime,
        place: tuple[int, int] | None = None,
    ) -> None:
        """A new state, and an event that says why."""
        values: dict[str, object] = {"state": state, "reason": reason, "changed_at": now}
        if place is not None:
            values |= {"uidvalidity": place[0], "uid": place[1]}
        self._connection.execute(
            update(t.proposal).where(t.proposal.c.id == proposal.id).values(**values)
        )
        if state != "missing":
            add_event(
                self._connection,
                "proposal",
                reason,
                now,
                ticket_id=proposal.ticket_id,
                detail={"article": proposal.article_id, "state": state, "by": "mailflow"},
            )
