"""What a recorded mail asks of mailflow itself is done here, in the transaction that records it."""

from __future__ import annotations

from datetime import datetime

from mailflow.desk.changes import Mute
from mailflow.desk.decision import Decision, Voice
from mailflow.desk.person import learnt, offset_learnt
from mailflow.desk.policy import ascii_lower
from mailflow.desk.ticket import Ticket
from mailflow.desk.update_orders import UpdateOrder, Veto
from mailflow.desk.wishes import Wish
from mailflow.flow.answer import Desk
from mailflow.flow.changes import change_ticket
from mailflow.flow.nights import out_of_the_night
from mailflow.flow.ports import Work
from mailflow.mail.message import IncomingMessage, Origin


def do_what_was_asked(
    work: Work, desk: Desk, ticket: Ticket, message: IncomingMessage, decision: Decision
) -> None:
    """An agent's order about an update, and a customer's wish."""
    author = ascii_lower(message.author.address) if message.author else ""
    if decision.order is not None:
        obey(work, desk, ticket, decision.order, decision.agent_address or "an agent")
    if decision.wish is not None:
        grant(work, desk, ticket, decision.wish, author)


def learn_about_author(work: Work, message: IncomingMessage, decision: Decision) -> None:
    """The language a customer writes in, and the offset from UTC they write at: before anything is planned for them."""
    author = ascii_lower(message.author.address) if message.author else ""
    if decision.voice is not Voice.CUSTOMER or not author:
        return
    person = work.schedule.person(author)
    language = learnt(person, message.language)
    if language is not None:
        work.schedule.set_language(author, language, corrected=False)
    by_person = message.origin.kind is Origin.PERSON and decision.agent_address is None
    offset = offset_learnt(person, message.date) if by_person else None
    if offset is not None:
        work.schedule.set_offset(author, offset, corrected=False)


def obey(work: Work, desk: Desk, ticket: Ticket, order: UpdateOrder, by: str) -> datetime | None:
    """Carry out an agent's order about the planned update; when it leaves now, or None."""
    now = desk.clock()
    if isinstance(order, Veto):
        work.tickets.schedule_update(ticket.id, None)
        work.tickets.note_event(ticket.id, "update vetoed", f"{by} wants no update sent", now)
        return None
    if ticket.next_update_at is None:
        work.tickets.note_event(ticket.id, "update order", f"{by}: no update is planned", now)
        return None
    later = max(ticket.next_update_at, now) + order.wait
    due = out_of_the_night(work, desk.policy, ticket, later)
    work.tickets.schedule_update(ticket.id, due)
    reason = f"{by} postponed the update"
    work.tickets.note_event(ticket.id, "update postponed", reason, now, until=due.isoformat())
    return due


def grant(work: Work, desk: Desk, ticket: Ticket, wish: Wish, author: str) -> None:
    """Do what a customer wishes of mailflow itself."""
    now = desk.clock()
    if wish in (Wish.CONTENT, Wish.NOT_CONTENT):
        answer = "yes" if wish is Wish.CONTENT else "no"
        detail: dict[str, str | int] = {"answer": answer, "by": author}
        work.tickets.note_event(ticket.id, "satisfaction", str(wish), now, **detail)
        return
    # Asked again, or for everything: the person as a whole is left in peace.
    if wish is Wish.STOP_ALL or ticket.muted:
        work.schedule.mute(ticket.requester.address, f"asked on ticket {ticket.id}", now)
        reason = f"{ticket.requester.address} wants no updates at all"
        work.tickets.note_event(ticket.id, "person muted", reason, now, by=author)
    change_ticket(work, desk, ticket.id, Mute(True), by=author, reason=str(wish))
    work.tickets.schedule_update(ticket.id, None)
