"""What people did in the mailbox, made to the ticket by the verbs that every other door uses too."""

from __future__ import annotations

from mailflow.desk.changes import (
    Assign,
    Change,
    Refused,
    SetArticle,
    SetPriority,
    SetStatus,
)
from mailflow.desk.mirror import Field, MailboxChange
from mailflow.desk.mirror_scheme import article_mark
from mailflow.desk.policy import Policy
from mailflow.desk.ticket import Priority, TicketStatus
from mailflow.flow.answer import Desk
from mailflow.flow.changes import change_ticket
from mailflow.flow.ports import Work


def apply_change(work: Work, desk: Desk, ticket_id: int, change: MailboxChange) -> bool:
    """Make the change. False, with an event that says why, where the desk does not allow it."""
    by = author_of_changes(desk.policy)
    wanted = _change(desk, change)
    if wanted is None:
        note_refusal(work, desk, ticket_id, f"there is no {change.field} {change.value}")
        return False
    verdict = change_ticket(work, desk, ticket_id, wanted, by=by, reason=change.reason)
    if isinstance(verdict, Refused):
        note_refusal(work, desk, ticket_id, f"{change.reason}: {verdict.reason}")
        return False
    if change.field is Field.SPAM:
        now = desk.clock()
        work.tickets.schedule_update(ticket_id, None)
        dropped = work.outbox.drop_automatic(ticket_id, "its ticket was called spam", now)
        reason = f"{change.reason}: closed as spam, never answered"
        work.tickets.note_event(ticket_id, "spam", reason, now, by=by, dropped=dropped)
    return True


def note_refusal(work: Work, desk: Desk, ticket_id: int, reason: str) -> None:
    work.tickets.note_event(ticket_id, "mirror", reason, desk.clock())


def author_of_changes(policy: Policy) -> str:
    """Whoever knows the mailbox's password did it: the one agent there is, else somebody as the desk itself."""
    return policy.agents[0].address if len(policy.agents) == 1 else policy.support_address


def _change(desk: Desk, change: MailboxChange) -> Change | None:
    match change.field:
        case Field.STATUS:
            return SetStatus(TicketStatus(change.value or ""))
        case Field.SPAM:
            return SetStatus(TicketStatus.CLOSED)
        case Field.PRIORITY:
            return SetPriority(Priority(change.value or ""))
        case Field.ASSIGNEE:
            return Assign(change.value)
        case Field.ARTICLE:
            if change.value is None:
                return SetArticle(None)
            mark = article_mark(change.value)
            named = next((a for a in desk.articles if article_mark(a) == mark), None)
            return SetArticle(named) if named else None
