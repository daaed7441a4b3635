"""What falls due by time alone, and what a person decides outside a mail: progress updates, solving."""

from __future__ import annotations

import logging

from mailflow.desk.progress import next_update_at, progress_letter, resolution_letter
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.ports import Store, Work

log = logging.getLogger(__name__)


def queue_updates(store: Store, desk: Desk) -> int:
    """Queue every progress update that is due, each in its own transaction. Returns how many.

    However much time passed, a ticket gets one update: the next is planned from now, not from when
    this one was due. A ticket whose update cannot be written is passed over until its next one.
    """
    queued = 0
    while True:
        with store.begin() as work:
            ticket = next(iter(work.tickets.updates_due(desk.clock(), 1)), None)
        if ticket is None:
            return queued
        try:
            with store.begin() as work:
                queued += _queue_update(work, desk, ticket.id)
        except desk.temporary:
            raise
        except Exception as error:
            log.exception("the update of ticket %d could not be written", ticket.id)
            with store.begin() as work:
                _plan_next(work, desk, ticket, work.tickets.updates_sent(ticket.id))
                reason = f"{type(error).__name__}: {error}"
                work.tickets.note_event(ticket.id, "update failed", reason, desk.clock())


def _queue_update(work: Work, desk: Desk, ticket_id: int) -> bool:
    """Read again what was due: an answer may have been recorded since we asked."""
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None or ticket.next_update_at is None or ticket.next_update_at > desk.clock():
        return False
    sent = work.tickets.updates_sent(ticket.id)
    letter = progress_letter(ticket, sent, desk.policy, desk.clock())
    queued = letter is not None and queue_letter(work, desk, letter, ticket) is not None
    _plan_next(work, desk, ticket, sent + 1)
    return queued


def _plan_next(work: Work, desk: Desk, ticket: Ticket, sent: int) -> None:
    due = next_update_at(ticket, sent, desk.policy, desk.clock())
    work.tickets.schedule_update(ticket.id, due)


def solve_ticket(
    store: Store,
    desk: Desk,
    ticket_id: int,
    text: str,
    *,
    article_id: str = "",
    tell: bool = True,
) -> Ticket | None:
    """Mark a ticket solved and tell the requester once. None when there is no such ticket.

    ``article_id`` names an article of ``desk.articles`` to send along; KeyError when there is none.
    """
    article = desk.articles[article_id] if article_id else None
    with store.begin() as work:
        ticket = work.tickets.ticket(ticket_id)
        if ticket is None:
            return None
        if ticket.status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
            return ticket
        now = desk.clock()
        work.tickets.set_status(ticket_id, TicketStatus.SOLVED, "solved by hand", now)
        work.tickets.schedule_update(ticket_id, None)
        if tell:
            letter = resolution_letter(ticket, text, article, desk.policy, now)
            queue_letter(work, desk, letter, ticket)
        return work.tickets.ticket(ticket_id)
