"""Response clocks as rows: set anew with every change of a ticket, warned of before they run out, and told after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mailflow.desk.clocks import Alarm, ClockPolicy, alarm_for, clock_policy_for, clocks_for
from mailflow.desk.closing import announce_at, period_of, waits_since
from mailflow.desk.notices import NoticeKind
from mailflow.desk.policy import Agent
from mailflow.desk.reminders import reminder_letter
from mailflow.desk.ticket import Ticket
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.ports import Store, Work

_TOO_OLD = timedelta(days=7)  # a breach found later than that is noted, and nobody is written to
_AT_ONCE = 50


def set_clocks(work: Work, desk: Desk, ticket_id: int) -> None:
    """In the transaction that changed the ticket: its clocks, and the moment it closes by itself, as they are now."""
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None:
        return
    _plan_closing(work, desk, ticket)
    if not desk.policy.clocks:
        return
    aims = clock_policy_for(desk.policy.clocks, ticket.queue)
    calendar = desk.policy.calendar(ticket.queue)
    turns = work.schedule.turns(ticket_id)
    clocks = clocks_for(ticket, turns, aims, calendar) if aims else ()
    work.schedule.set_clocks(ticket_id, clocks)


def _plan_closing(work: Work, desk: Desk, ticket: Ticket) -> None:
    """A time of waiting begins with the change at hand: what waited before it was watched is not told at once."""
    planned = work.closings.closing(ticket.id)
    waits = period_of(ticket, desk.policy) is not None
    if planned and waits and waits_since(ticket, work.schedule.turns(ticket.id)) <= planned.since:
        if planned.announced is None and planned.due_at is not None:
            due = announce_at(ticket, planned.since, desk.policy)  # a snooze may move it
            work.closings.put_off(ticket.id, due)
        return
    now = desk.clock()
    if planned and planned.announced:
        reason = "the ticket no longer waits as it did"
        work.outbox.take_back(ticket.id, (NoticeKind.CLOSING,), reason, now)
    if waits:
        work.closings.plan(ticket.id, now, announce_at(ticket, now, desk.policy), None)
    elif planned:
        work.closings.forget(ticket.id)


def remind_of_clocks(store: Store, desk: Desk) -> int:
    """Warn of and tell about every clock that needs it, one transaction a ticket. Returns how many letters."""
    policies = desk.policy.clocks
    if not policies:
        return 0
    ahead = max(aims.warn_before for aims in policies)
    queued, last = 0, 0
    while True:
        with store.begin() as work:
            ids = work.schedule.tickets_with_alarms(desk.clock(), ahead, last, _AT_ONCE)
        if not ids:
            return queued
        for ticket_id in ids:
            with store.begin() as work:
                queued += _remind(work, desk, ticket_id)
        last = ids[-1]


def _remind(work: Work, desk: Desk, ticket_id: int) -> int:
    """One mail a ticket and person, however many clocks and however much time passed."""
    ticket, now = work.tickets.ticket(ticket_id), desk.clock()
    if ticket is None:
        return 0
    aims = clock_policy_for(desk.policy.clocks, ticket.queue)
    if aims is None:
        return 0
    alarms = [a for clock in work.schedule.clocks(ticket_id) if (a := alarm_for(clock, aims, now))]
    if not alarms:
        return 0
    for alarm in alarms:
        work.schedule.note_alarm(ticket_id, alarm.kind, now, breached=alarm.breached)
        kind = "clock breached" if alarm.breached else "clock warning"
        work.tickets.note_event(ticket_id, kind, _reason(alarm), now, due=alarm.due_at.isoformat())
    worst = min(alarms, key=lambda alarm: (not alarm.breached, alarm.due_at))
    if worst.breached and now - worst.due_at > _TOO_OLD:
        return 0
    people = _people(desk, ticket, aims, breached=worst.breached)
    letters = [reminder_letter(ticket, person, worst, desk.policy) for person in people]
    return sum(queue_letter(work, desk, letter, ticket) is not None for letter in letters)


def _reason(alarm: Alarm) -> str:
    return f"{alarm.kind} {'was' if alarm.breached else 'is'} due by {alarm.due_at.isoformat()}"


def _people(desk: Desk, ticket: Ticket, aims: ClockPolicy, *, breached: bool) -> Sequence[Agent]:
    """Who has the ticket, else every agent; after a breach those it is escalated to as well."""
    assignee = desk.policy.agent(ticket.assignee or "")
    people = {a.address: a for a in ((assignee,) if assignee else desk.policy.agents)}
    for address in aims.escalate_to if breached else ():
        people.setdefault(address, desk.policy.agent(address) or Agent(address, ""))
    return tuple(people.values())
