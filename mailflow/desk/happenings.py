"""What happened to a ticket since its requester last heard from us, and what of it is worth telling. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailflow.desk.ticket import Ticket, TicketStatus

#: The kinds of event row that customers may be told about. How urgent we find a ticket is not among them.
TOLD = ("assignee", "status", "article")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event row: ``before`` and ``after`` are its from and to."""

    kind: str
    before: str
    after: str
    at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """What is new; all False when there is nothing to tell."""

    taken: bool = False
    waiting: bool = False  # we wait for somebody outside since then
    working_again: bool = False  # that wait is over
    article: bool = False

    def __bool__(self) -> bool:
        return self.taken or self.waiting or self.working_again or self.article


NO_NEWS = News()


def news_from(happenings: Sequence[Happening], ticket: Ticket) -> News:
    """What changed between the first of these and now: what was done and undone is no news."""
    first: dict[str, str] = {}
    for happening in happenings:
        first.setdefault(happening.kind, happening.before)
    status = first.get("status")
    on_hold = ticket.status is TicketStatus.ON_HOLD
    return News(
        taken="assignee" in first
        and bool(ticket.assignee)
        and first["assignee"] != ticket.assignee,
        waiting=status is not None and on_hold and status != TicketStatus.ON_HOLD.value,
        working_again=status == TicketStatus.ON_HOLD.value and not on_hold,
        article="article" in first
        and bool(ticket.article_id)
        and first["article"] != ticket.article_id,
    )
