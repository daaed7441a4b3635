"""What a recorded mail asks of mailflow itself is done here, in the transaction that records it."""

from __future__ import annotations

from mailflow.desk.changes import Mute
from mailflow.desk.decision import Decision, Storing, Voice
from mailflow.desk.person import learnt
from mailflow.desk.policy import ascii_lower
from mailflow.desk.progress import polite_moment
from mailflow.desk.ticket import Ticket
from mailflow.desk.update_orders import UpdateOrder, Veto
from mailflow.desk.wishes import Wish
from mailflow.flow.answer import Desk
from mailflow.flow.changes import change_ticket
from mailflow.flow.ports import Work
from mailflow.mail.message import IncomingMessage


def do_what_was_asked(
    work: Work, desk: Desk, ticket: Ticket, message: IncomingMessage, decision: Decision
) -> None:
    """An agent's order about an update, a customer's wish, and the language a customer writes in."""
    author = ascii_lower(message.author.address) if message.author else ""
    if decision.order is not None:
        obey(work, desk, ticket, decision.order, decision.agent_address or "an agent")
    if decision.wish is not None:
        _grant(work, desk, ticket, decision.wish, author)
    if decision.voice is Voice.CUSTOMER and decision.store.value is not Storing.SET_ASIDE:
        _learn_language(work, author, message.language)


def obey(work: Work, desk: Desk, ticket: Ticket, order: UpdateOrder, by: str) -> str:
    """Carry out an agent's order about the planned update; when it leaves now, or ''."""
    now = desk.clock()
    if isinstance(order, Veto):
        work.tickets.schedule_update(ticket.id, None)
        work.tickets.note_event(ticket.id, "update vetoed", f"{by} wants no update sent", now)
        return ""
    if ticket.next_update_at is None:
        work.tickets.note_event(ticket.id, "update order", f"{by}: no update is planned", now)
        return ""
    later = max(ticket.next_update_at, now) + order.wait
    due = polite_moment(desk.policy, desk.policy.calendar(ticket.queue), later)
    work.tickets.schedule_update(ticket.id, due)
    reason = f"{by} postponed the update"
    work.tickets.note_event(ticket.id, "update postponed", reason, now, until=due.isoformat())
    return due.isoformat(" ", "minutes")


def _grant(work: Work, desk: Desk, ticket: Ticket, wish: Wish, author: str) -> None:
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


def _learn_language(work: Work, author: str, written: str | None) -> None:
    language = learnt(work.schedule.person(author), written)
    if author and language is not None:
        work.schedule.set_language(author, language, corrected=False)
