"""The one way a ticket is changed outside of a mail's decision: rule, row and event in the caller's transaction."""

from __future__ import annotations

from mailflow.desk.changes import (
    Change,
    Changed,
    ChangeKind,
    LinkTo,
    MergeInto,
    Refused,
    Verdict,
    decide_change,
    gone_reason,
)
from mailflow.desk.letters import reminder_letter
from mailflow.desk.ticket import LinkKind, Ticket
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.clocks import set_clocks
from mailflow.flow.nights import planned_update
from mailflow.flow.ports import Work

_OUR_TURN_MAY_DIFFER = frozenset({ChangeKind.STATUS, ChangeKind.PRIORITY, ChangeKind.MUTE})


def change_ticket(
    work: Work, desk: Desk, ticket_id: int, change: Change, *, by: str, reason: str = ""
) -> Verdict:
    """Make ``change`` to a ticket and write its event; refusals and non-changes write nothing.

    ``by`` is an agent's or customer's address, ``admin`` or ``mailflow``. ``reason`` tells why; without
    one the change's own words stand in the event. LookupError when there is no such ticket.
    """
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None:
        raise LookupError(f"there is no ticket {ticket_id}")
    now = desk.clock()
    other = None
    if isinstance(change, MergeInto | LinkTo):
        other = work.tickets.ticket(change.ticket_id)
    verdict = decide_change(ticket, change, desk.policy, now, other)
    if not isinstance(verdict, Changed):
        return verdict
    work.tickets.save(ticket, verdict.ticket, now)
    write_event(work, desk, verdict, by, reason)
    if verdict.kind is ChangeKind.MERGE and other is not None:
        _merge(work, desk, ticket, other, by)
    if isinstance(change, LinkTo):
        work.tickets.link(ticket.id, change.ticket_id, change.kind)
    if verdict.kind in _OUR_TURN_MAY_DIFFER:
        _plan_update(work, desk, ticket, verdict)
    set_clocks(work, desk, ticket_id)
    return verdict


def write_event(work: Work, desk: Desk, changed: Changed, by: str, reason: str = "") -> None:
    detail = {"from": changed.before, "to": changed.after, "by": by}
    work.tickets.note_event(
        changed.ticket.id, changed.kind.value, reason or changed.reason, desk.clock(), **detail
    )


def _merge(work: Work, desk: Desk, ticket: Ticket, into: Ticket, by: str) -> None:
    now = desk.clock()
    work.tickets.merge(ticket.id, into.id, now)
    work.tickets.link(ticket.id, into.id, LinkKind.MERGED_INTO)
    detail = {"from": f"#{ticket.id}", "to": f"#{into.id}", "by": by}
    reason = f"ticket {ticket.id} was merged into this one"
    work.tickets.note_event(into.id, ChangeKind.MERGE.value, reason, now, **detail)


def _plan_update(work: Work, desk: Desk, before: Ticket, changed: Changed) -> None:
    """A ticket whose turn, priority or queue changed gets its next word planned anew."""
    after = changed.ticket
    due = None if after.muted else planned_update(work, desk.policy, after, desk.clock())
    anew = changed.kind in (ChangeKind.PRIORITY, ChangeKind.QUEUE)
    if due is None or before.next_update_at is None or anew:
        work.tickets.schedule_update(after.id, due)


def add_note(work: Work, desk: Desk, ticket_id: int, text: str, *, by: str) -> Refused | int:
    """An internal note: part of the ticket's history, never of any mail to a customer. The message's row."""
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None:
        raise LookupError(f"there is no ticket {ticket_id}")
    gone = gone_reason(ticket)
    if gone or not text.strip():
        return Refused(gone or "the note is empty")
    agent = desk.policy.agent(by)
    now = desk.clock()
    row = work.tickets.add_note(ticket_id, by, agent.name if agent else "", text, now)
    detail: dict[str, str | int] = {"from": "", "to": f"message {row}", "by": by}
    work.tickets.note_event(ticket_id, ChangeKind.NOTE.value, "an internal note", now, **detail)
    return row


def split_ticket(
    work: Work, desk: Desk, ticket_id: int, message_row: int, *, by: str
) -> Ticket | Refused:
    """A customer's message and what came after it become a ticket of their own. Its sender is told nothing.

    ``message_row`` is not the first message of the ticket. LookupError when there is no such ticket.
    """
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None:
        raise LookupError(f"there is no ticket {ticket_id}")
    gone = gone_reason(ticket)
    if gone:
        return Refused(gone)
    now = desk.clock()
    new = work.tickets.split(ticket_id, message_row, now)
    if new is None:
        return Refused("only a later message of a customer can be split off")
    work.tickets.link(new.id, ticket_id, LinkKind.SPLIT_FROM)
    detail = {"from": f"#{ticket_id}", "to": f"#{new.id}", "by": by}
    for number, reason in (
        (ticket_id, f"split off as ticket {new.id}"),
        (new.id, f"split off from ticket {ticket_id}"),
    ):
        work.tickets.note_event(number, ChangeKind.SPLIT.value, reason, now, **detail)
    due = planned_update(work, desk.policy, new, now)
    work.tickets.schedule_update(new.id, due)
    for agent in desk.policy.agents_of(new.queue):
        key = f"split:{new.id}:{agent.address}"
        text = work.tickets.last_customer_text(new.id)
        letter = reminder_letter(new, agent, "split", text, desk.policy, key, by)
        queue_letter(work, desk, letter, new)
    return new
