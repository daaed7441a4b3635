"""What people did with tickets, read as labels to learn from. Pure.

The audit trail is the record: a priority an agent set, an article an agent linked or took away, a
customer's thanks to an answer with an article, a customer who wrote on after it. Only what an agent
confirmed becomes a label, and no address may fill the lesson: see :func:`lessons_from`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailflow.desk.ticket import Priority

MOST_SHARE = 0.02  # of all lessons, from one address
MOST_AT_LEAST = 3  # from one address however few there are
_OURSELVES = ("", "mailflow")


@dataclass(frozen=True, slots=True)
class Act:
    """An event of a ticket: ``kind`` and detail as the audit trail has them."""

    kind: str  # priority | article | thanks | status
    before: str
    after: str
    by: str


@dataclass(frozen=True, slots=True)
class PastTicket:
    """``acts`` in order of time; ``agents`` and the admin are whose acts count as confirmation."""

    id: int
    requester: str  # canonical address
    subject: str
    text: str
    at: datetime
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """``article_id`` '' says that no article fits, None that nobody said; likewise ``priority`` None."""

    ticket_id: int
    requester: str
    subject: str
    text: str
    article_id: str | None
    priority: str | None
    because: str


def lessons_from(past: Sequence[PastTicket], agents: frozenset[str]) -> list[Lesson]:
    """Oldest first. The same text of one address counts once; beyond its share an address's oldest go."""
    confirmed = [lesson for ticket in past if (lesson := _lesson(ticket, agents)) is not None]
    cap = max(MOST_AT_LEAST, int(MOST_SHARE * len(confirmed)))
    taken: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    kept = []
    for lesson in reversed(confirmed):
        words = (lesson.requester, f"{lesson.subject}\n{lesson.text}")
        if words in seen or taken[lesson.requester] >= cap:
            continue
        seen.add(words)
        taken[lesson.requester] += 1
        kept.append(lesson)
    return kept[::-1]


def _lesson(ticket: PastTicket, agents: frozenset[str]) -> Lesson | None:
    article: str | None = None
    priority: str | None = None
    because: list[str] = []
    for act in ticket.acts:
        by_person = act.by == "admin" or act.by in agents
        if act.kind == "priority" and by_person and act.after in list(Priority):
            priority = act.after
            because.append(f"{act.by} set the priority to {act.after}")
        elif act.kind == "article" and by_person:
            article = act.after
            because.append(f"{act.by} chose {act.after or 'no article'}")
        elif act.kind == "thanks" and article and act.by not in _OURSELVES:
            because.append(f"the customer confirmed {article}")
        elif act.kind == "status" and article and _reopened_by_customer(act, agents):
            because.append(f"the customer wrote on after {article}")
            article = None  # it did not settle it, but nobody said that another fits
    if article is None and priority is None:
        return None
    return Lesson(
        ticket.id,
        ticket.requester,
        ticket.subject,
        ticket.text,
        article,
        priority,
        "; ".join(because),
    )


def _reopened_by_customer(act: Act, agents: frozenset[str]) -> bool:
    return (
        act.before == "solved"
        and act.after == "open"
        and act.by not in ("admin", "mailflow")
        and act.by not in agents
    )
