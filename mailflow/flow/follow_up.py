"""What falls due by time alone, and what a person decides outside a mail: progress updates, solving."""

from __future__ import annotations

from mailflow.desk.progress import next_update_at, progress_letter, resolution_letter
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.ports import Store, Work

_PAGE = 100


def queue_updates(store: Store, desk: Desk) -> int:
    """Queue every progress update that is due, each in its own transaction. Returns how many.

    However much time passed, a ticket gets one update: the next is planned from now, not from when
    this one was due.
    """
    queued = 0
    while True:
        with store.begin() as work:
            due = work.tickets.updates_due(desk.clock(), _PAGE)
            if not due:
                return queued
            for ticket in due:
                queued += _queue_update(work, desk, ticket)


def _queue_update(work: Work, desk: Desk, ticket: Ticket) -> bool:
    now = desk.clock()
    sent = work.tickets.updates_sent(ticket.id)
    letter = progress_letter(ticket, sent, desk.policy, now)
    queued = letter is not None and queue_letter(work, desk, letter, ticket) is not None
    work.tickets.schedule_update(ticket.id, next_update_at(ticket, sent + 1, desk.policy, now))
    return queued


def solve_ticket(
    store: Store, desk: Desk, ticket_id: int, text: str, *, tell: bool = True
) -> Ticket | None:
    """Mark a ticket solved and tell the requester once. None when there is no such ticket."""
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
            queue_letter(work, desk, resolution_letter(ticket, text, desk.policy, now), ticket)
        return work.tickets.ticket(ticket_id)
