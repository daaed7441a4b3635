"""Tickets nobody writes in any more: the requester is told when theirs closes, and then it does."""

from __future__ import annotations

import logging
from datetime import datetime

from mailflow.desk.changes import BY_MAILFLOW, SetStatus
from mailflow.desk.closing import (
    Close,
    PlannedClosing,
    Wait,
    announce_at,
    closes_after,
    closing_letter,
    decide_closing,
)
from mailflow.desk.person import language_for
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.changes import change_ticket
from mailflow.flow.nights import out_of_the_night
from mailflow.flow.ports import Store, Work

log = logging.getLogger(__name__)

_AT_ONCE = 50


def close_quiet_tickets(store: Store, desk: Desk) -> int:
    """Announce and close what is due, one transaction a ticket. Returns how many mails were queued.

    To be called once the mailbox was read: a reply that lies there must not come too late. While a
    message waits to be decided nothing closes.
    """
    rules = desk.policy.auto_close
    if rules.pending is None and rules.solved is None:
        return 0
    with store.begin() as work:
        if work.intake.waiting(1):
            return 0
    queued, last = 0, 0
    while True:
        with store.begin() as work:
            ids = work.closings.due(desk.clock(), last, _AT_ONCE)
        if not ids:
            return queued
        for ticket_id in ids:
            queued += _one(store, desk, ticket_id)
        last = ids[-1]


def _one(store: Store, desk: Desk, ticket_id: int) -> bool:
    """A ticket that cannot be told of or closed stays as it is, and is in nobody's way."""
    try:
        with store.begin() as work:
            return _act(work, desk, ticket_id)
    except desk.temporary:
        raise
    except Exception as error:
        log.exception("ticket %d could not be closed", ticket_id)
        with store.begin() as work:
            _stay(work, desk, ticket_id, f"{type(error).__name__}: {error}")
        return False


def _act(work: Work, desk: Desk, ticket_id: int) -> bool:
    """Read again what was due: a reply may have been recorded since we asked."""
    ticket, planned = work.tickets.ticket(ticket_id), work.closings.closing(ticket_id)
    now = desk.clock()
    if ticket is None or planned is None or planned.due_at is None or planned.due_at > now:
        return False
    if planned.announced is None:
        return _announce(work, desk, ticket, planned, now)
    verdict = decide_closing(ticket, planned.announced, desk.policy, now)
    if isinstance(verdict, Close):
        change = SetStatus(TicketStatus.CLOSED)
        change_ticket(work, desk, ticket_id, change, by=BY_MAILFLOW, reason=verdict.reason)
    elif isinstance(verdict, Wait):
        work.closings.put_off(ticket_id, verdict.until)
    else:
        _stay(work, desk, ticket_id, verdict.reason)
    return False


def _announce(
    work: Work, desk: Desk, ticket: Ticket, planned: PlannedClosing, now: datetime
) -> bool:
    due = announce_at(ticket, planned.since, desk.policy)  # the rules may have changed
    if due is None:
        work.closings.forget(ticket.id)
        return False
    person = work.schedule.person(ticket.requester.address)
    leaves = out_of_the_night(work, desk.policy, ticket, max(due, now))
    if leaves > now:
        work.closings.put_off(ticket.id, leaves)
        return False
    if ticket.muted or work.closings.written_by_a_machine(ticket.id):
        _stay(work, desk, ticket.id, "it is muted" if ticket.muted else "no person wrote it")
        return False
    language = language_for(person, None, ticket.language, desk.policy.language)
    closes = closes_after(ticket, now, desk.policy)
    letter = closing_letter(ticket, planned.since, closes, language, desk.policy)
    mail = queue_letter(work, desk, letter, ticket)
    if mail is None:
        _stay(work, desk, ticket.id, "the announcement could not be written")
        return False
    work.closings.plan(ticket.id, planned.since, closes, mail)
    return True


def _stay(work: Work, desk: Desk, ticket_id: int, reason: str) -> None:
    work.closings.put_off(ticket_id, None)
    work.tickets.note_event(
        ticket_id, "not closed", f"not closed by itself: {reason}", desk.clock()
    )
