"""When a ticket that waits for its requester closes by itself, and the letter that says so first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflow.desk.calendar import add_days
from mailflow.desk.clocks import Turn
from mailflow.desk.letters import Letter, customer_facts
from mailflow.desk.notices import Closing, NoticeKind
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.desk.policy import Policy
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.mail.message import Address

_LOOK_AGAIN = timedelta(hours=1)  # at an announcement that has not left yet
_ON_ITS_WAY = frozenset({OutboxState.PENDING, OutboxState.IN_FLIGHT, OutboxState.HELD})


@dataclass(frozen=True, slots=True)
class Announced:
    """What became of the mail that says when the ticket closes."""

    state: OutboxState
    reason: str
    left_at: datetime | None
    came_back: bool  # a bounce was filed in the ticket since


@dataclass(frozen=True, slots=True)
class PlannedClosing:
    """``due_at`` is when the closing is announced, or the closing itself; None: the ticket stays as it is."""

    since: datetime
    due_at: datetime | None
    announced: Announced | None


@dataclass(frozen=True, slots=True)
class Close:
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    reason: str


def period_of(ticket: Ticket, policy: Policy) -> timedelta | None:
    """How long the ticket, as it is, waits before it closes; None: for ever."""
    if ticket.is_gone:
        return None
    rules = policy.auto_close
    periods = {TicketStatus.PENDING: rules.pending, TicketStatus.SOLVED: rules.solved}
    return periods.get(ticket.status)


def waits_since(ticket: Ticket, turns: Sequence[Turn]) -> datetime:
    """Since when nothing was said and the status is what it is."""
    return max((turn.at for turn in turns), default=ticket.created_at)


def announce_at(ticket: Ticket, since: datetime, policy: Policy) -> datetime | None:
    """When the requester is to be told, in the working days of the ticket's queue; None: never."""
    period = period_of(ticket, policy)
    if period is None:
        return None
    calendar = policy.calendar(ticket.queue)
    due = add_days(calendar, since, period - policy.auto_close.announce_before)
    return max(due, ticket.snoozed_until) if ticket.snoozed_until else due


def closes_after(ticket: Ticket, told_at: datetime, policy: Policy) -> datetime:
    return add_days(policy.calendar(ticket.queue), told_at, policy.auto_close.announce_before)


def decide_closing(
    ticket: Ticket, announced: Announced, policy: Policy, now: datetime
) -> Close | Wait | Stay:
    """Whether the ticket closes at ``now``: only long enough after an announcement that surely left."""
    if announced.state in _ON_ITS_WAY:
        return Wait(now + _LOOK_AGAIN)
    if announced.state is not OutboxState.SENT or announced.left_at is None:
        return Stay(
            f"the announcement did not surely leave ({announced.state}: {announced.reason})"
        )
    if announced.came_back:
        return Stay("the announcement came back")
    closes = closes_after(ticket, announced.left_at, policy)
    if closes > now:
        return Wait(closes)
    told = announced.left_at.isoformat(timespec="minutes")
    return Close(f"closed by itself: nobody wrote since this was announced at {told}")


def closing_letter(
    ticket: Ticket, since: datetime, closes_at: datetime, language: str, policy: Policy
) -> Letter:
    """Told once in each time of waiting."""
    facts = Closing(
        **customer_facts(ticket, policy),
        closes_at=closes_at.astimezone(policy.calendar(ticket.queue).zone),
        solved=ticket.status is TicketStatus.SOLVED,
    )
    return Letter(
        key=f"closing:{ticket.id}:{since.isoformat()}",
        mail_class=MailClass.AUTOMATIC,
        kind=NoticeKind.CLOSING,
        to=Address(ticket.requester.address, facts.requester_name or ""),
        facts=facts,
        language=language,
    )
