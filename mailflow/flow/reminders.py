"""Snoozes that end and due moments that pass: by rows, told once to whom it concerns."""

from __future__ import annotations

from mailflow.desk.changes import BY_MAILFLOW, SetStatus, Snooze, stamp
from mailflow.desk.letters import reminder_letter
from mailflow.desk.policy import Agent
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.changes import change_ticket
from mailflow.flow.ports import Store, Work

_WAITING = frozenset({TicketStatus.PENDING, TicketStatus.ON_HOLD})


def queue_reminders(store: Store, desk: Desk) -> int:
    """End every snooze and tell of every due moment that has come, each in its own transaction. How many."""
    done = 0
    while True:
        with store.begin() as work:
            ticket = work.tickets.reminder_due(desk.clock())
            if ticket is None:
                return done
            _remind(work, desk, ticket)
        done += 1


def _remind(work: Work, desk: Desk, ticket: Ticket) -> None:
    now = desk.clock()
    if ticket.snoozed_until is not None and ticket.snoozed_until <= now:
        cause, moment = "snooze", ticket.snoozed_until
        change_ticket(
            work, desk, ticket.id, Snooze(None), by=BY_MAILFLOW, reason="its time has come"
        )
        if ticket.status in _WAITING:
            reason = "back from its snooze: it is our turn"
            change_ticket(
                work, desk, ticket.id, SetStatus(TicketStatus.OPEN), by=BY_MAILFLOW, reason=reason
            )
    else:
        cause, moment = "due", ticket.due_at or now
        work.tickets.due_told(ticket.id, now)
        work.tickets.note_event(ticket.id, "reminder", "its due moment has come", now)
    current = work.tickets.ticket(ticket.id) or ticket
    text = work.tickets.last_customer_text(ticket.id)
    for agent in _concerned(desk, current):
        key = f"{cause}:{ticket.id}:{stamp(moment)}:{agent.address}"
        queue_letter(
            work, desk, reminder_letter(current, agent, cause, text, desk.policy, key), current
        )


def _concerned(desk: Desk, ticket: Ticket) -> tuple[Agent, ...]:
    agent = desk.policy.agent(ticket.assignee or "")
    return (agent,) if agent else desk.policy.agents_of(ticket.queue)
