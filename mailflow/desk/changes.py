"""What people and mailflow may change of a ticket, and what follows from each change. Pure.

A change is a frozen value. :func:`decide_change` says what the ticket looks like afterwards and what the
audit trail tells, that nothing would be different, or why it may not be. Whoever makes the change (a
command, a mail, a moved message, a clock) makes it no other way.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailflow.desk.policy import Policy
from mailflow.desk.ticket import LinkKind, Priority, Ticket, TicketKind, TicketStatus

BY_ADMIN = "admin"
BY_MAILFLOW = "mailflow"

_TAG = re.compile(r"[^\W_][\w.:-]{0,39}")
_MAX_TAGS = 30
_MAX_AHEAD = timedelta(days=3 * 366)
_FINAL = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})


class ChangeKind(enum.StrEnum):
    """The ``kind`` of the event a change leaves."""

    STATUS = "status"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"
    ARTICLE = "article"
    TAGS = "tags"
    SNOOZE = "snooze"
    DUE = "due"
    MERGE = "merge"
    SPLIT = "split"
    NOTE = "note"
    LINK = "link"
    KIND = "kind"
    MUTE = "mute"
    QUEUE = "queue"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class SetStatus:
    status: TicketStatus


@dataclass(frozen=True, slots=True)
class SetPriority:
    priority: Priority


@dataclass(frozen=True, slots=True)
class Assign:
    agent: str | None  # an agent's address; None: nobody


@dataclass(frozen=True, slots=True)
class SetArticle:
    article_id: str | None


@dataclass(frozen=True, slots=True)
class SetTags:
    """Tags to add and to take away; how they are written does not matter."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snooze:
    until: datetime | None  # None: end it


@dataclass(frozen=True, slots=True)
class SetDue:
    at: datetime | None


@dataclass(frozen=True, slots=True)
class SetKind:
    kind: TicketKind | None


@dataclass(frozen=True, slots=True)
class SetQueue:
    queue: str | None


@dataclass(frozen=True, slots=True)
class Mute:
    muted: bool


@dataclass(frozen=True, slots=True)
class MergeInto:
    ticket_id: int


@dataclass(frozen=True, slots=True)
class LinkTo:
    ticket_id: int
    kind: LinkKind = LinkKind.RELATED


@dataclass(frozen=True, slots=True)
class Delete:
    pass


Change = (
    SetStatus
    | SetPriority
    | Assign
    | SetArticle
    | SetTags
    | Snooze
    | SetDue
    | SetKind
    | SetQueue
    | Mute
    | MergeInto
    | LinkTo
    | Delete
)


@dataclass(frozen=True, slots=True)
class Changed:
    """``ticket`` as it is afterwards; ``before`` and ``after`` are the words of the event."""

    kind: ChangeKind
    ticket: Ticket
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """It is so already: no event, and only who asked for it is told. ``value`` is what stands there."""

    reason: str
    kind: ChangeKind
    value: str


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str
    code: str = (
        "gone"  # of commands.FAULT_WORDS, with what it is about, for words in other languages
    )
    about: str = ""


Verdict = Changed | Unchanged | Refused


def decide_change(
    ticket: Ticket, change: Change, policy: Policy, now: datetime, other: Ticket | None = None
) -> Verdict:
    """What ``change`` makes of ``ticket``. ``other`` is the ticket that merging and linking name.

    Setting an article is not checked against the articles there are: the caller has them.
    """
    gone = gone_reason(ticket)
    if gone:
        return Refused(gone, "gone", str(ticket.id))
    match change:
        case SetStatus():
            return _status(ticket, change)
        case SetPriority():
            return _priority(ticket, change)
        case Assign():
            return _assignee(ticket, change, policy)
        case SetArticle():
            return _article(ticket, change)
        case SetTags():
            return _tags(ticket, change)
        case Snooze():
            return _snooze(ticket, change, now)
        case SetDue():
            return _due(ticket, change, now)
        case SetKind():
            return _kind(ticket, change)
        case SetQueue():
            return _queue(ticket, change, policy)
        case Mute():
            return _mute(ticket, change)
        case MergeInto():
            return _merge(ticket, change, other)
        case LinkTo():
            return _link(ticket, change, other)
        case Delete():
            return _delete(ticket, now)


def gone_reason(ticket: Ticket) -> str | None:
    """Why nothing of this ticket can change any more; None when it can."""
    if ticket.deleted_at is not None:
        return f"ticket {ticket.id} was deleted"
    if ticket.merged_into is not None:
        return f"ticket {ticket.id} is merged into ticket {ticket.merged_into}: change that one"
    return None


def tag_from(text: str) -> str | None:
    """The tag as it is kept, lower-case; None when it cannot be one."""
    tag = text.strip().removeprefix("#").casefold()
    return tag if _TAG.fullmatch(tag) else None


def stamp(moment: datetime | None) -> str:
    """A moment as events tell it; empty for none."""
    return "" if moment is None else moment.isoformat(timespec="minutes")


# ── the rules, one a kind ───────────────────────────────────────────────────────────────────────


def _status(ticket: Ticket, change: SetStatus) -> Verdict:
    if change.status is ticket.status:
        return Unchanged(f"it is {ticket.status} already", ChangeKind.STATUS, ticket.status.value)
    if change.status is TicketStatus.NEW and ticket.first_response_at is not None:
        return Refused(
            "it was answered, so it cannot be new again: open is what you want",
            "answered",
            str(ticket.id),
        )
    changed = replace(ticket, status=change.status)
    if change.status in _FINAL:
        changed = replace(changed, snoozed_until=None)
    reopened = ticket.status in _FINAL and change.status not in _FINAL
    return Changed(
        ChangeKind.STATUS,
        changed,
        ticket.status.value,
        change.status.value,
        "reopened" if reopened else f"set to {change.status}",
    )


def _priority(ticket: Ticket, change: SetPriority) -> Verdict:
    if change.priority is ticket.priority:
        return Unchanged(
            f"its priority is {ticket.priority} already",
            ChangeKind.PRIORITY,
            ticket.priority.value,
        )
    return Changed(
        ChangeKind.PRIORITY,
        replace(ticket, priority=change.priority),
        ticket.priority.value,
        change.priority.value,
        f"priority set to {change.priority}",
    )


def _assignee(ticket: Ticket, change: Assign, policy: Policy) -> Verdict:
    if change.agent is not None and policy.agent(change.agent) is None:
        return Refused(f"{change.agent} is no agent of this desk", "agent", change.agent)
    if change.agent == ticket.assignee:
        return Unchanged(
            f"{change.agent or 'nobody'} has it already", ChangeKind.ASSIGNEE, change.agent or ""
        )
    reason = f"assigned to {change.agent}" if change.agent else "given back to everybody"
    return Changed(
        ChangeKind.ASSIGNEE,
        replace(ticket, assignee=change.agent),
        ticket.assignee or "",
        change.agent or "",
        reason,
    )


def _article(ticket: Ticket, change: SetArticle) -> Verdict:
    if change.article_id == ticket.article_id:
        return Unchanged(
            "it is linked to this article already", ChangeKind.ARTICLE, ticket.article_id or ""
        )
    return Changed(
        ChangeKind.ARTICLE,
        replace(ticket, article_id=change.article_id),
        ticket.article_id or "",
        change.article_id or "",
        f"linked to article {change.article_id}" if change.article_id else "no longer linked",
    )


def _tags(ticket: Ticket, change: SetTags) -> Verdict:
    read = {text: tag_from(text) for text in (*change.add, *change.remove)}
    bad = next((text for text, tag in read.items() if tag is None), None)
    if bad is not None:
        return Refused(f"{bad!r} cannot be a tag: letters, digits and . : - up to 40", "tag", bad)
    added = {str(read[text]) for text in change.add}
    removed = {str(read[text]) for text in change.remove}
    tags = tuple(sorted((set(ticket.tags) | added) - removed))
    if tags == ticket.tags:
        return Unchanged("its tags are so already", ChangeKind.TAGS, " ".join(tags))
    if len(tags) > _MAX_TAGS:
        return Refused(f"a ticket has at most {_MAX_TAGS} tags", "tags", str(_MAX_TAGS))
    told = [f"+{t}" for t in tags if t not in ticket.tags]
    told += [f"-{t}" for t in ticket.tags if t not in tags]
    return Changed(
        ChangeKind.TAGS,
        replace(ticket, tags=tags),
        " ".join(ticket.tags),
        " ".join(tags),
        f"tags {' '.join(told)}",
    )


def _snooze(ticket: Ticket, change: Snooze, now: datetime) -> Verdict:
    if change.until == ticket.snoozed_until:
        return Unchanged("its snooze is so already", ChangeKind.SNOOZE, stamp(ticket.snoozed_until))
    fault = _future_fault(change.until, now)
    if fault:
        return fault
    if change.until is not None and ticket.status in _FINAL:
        return Refused(f"it is {ticket.status}; reopen it first", "reopen", str(ticket.id))
    until = stamp(change.until)
    return Changed(
        ChangeKind.SNOOZE,
        replace(ticket, snoozed_until=change.until),
        stamp(ticket.snoozed_until),
        until,
        f"out of sight until {until}" if until else "the snooze ended",
    )


def _due(ticket: Ticket, change: SetDue, now: datetime) -> Verdict:
    if change.at == ticket.due_at:
        return Unchanged("it is due then already", ChangeKind.DUE, stamp(ticket.due_at))
    fault = _future_fault(change.at, now)
    if fault:
        return fault
    at = stamp(change.at)
    return Changed(
        ChangeKind.DUE,
        replace(ticket, due_at=change.at),
        stamp(ticket.due_at),
        at,
        f"due by {at}" if at else "no longer due",
    )


def _future_fault(moment: datetime | None, now: datetime) -> Refused | None:
    if moment is None or now < moment <= now + _MAX_AHEAD:
        return None
    when = stamp(moment)
    if moment <= now:
        return Refused(f"{when} is past", "past", when)
    return Refused(f"{when} is too far away", "far", when)


def _kind(ticket: Ticket, change: SetKind) -> Verdict:
    if change.kind is ticket.kind:
        return Unchanged(
            f"its kind is {ticket.kind or 'unknown'} already", ChangeKind.KIND, ticket.kind or ""
        )
    return Changed(
        ChangeKind.KIND,
        replace(ticket, kind=change.kind),
        ticket.kind or "",
        change.kind or "",
        f"marked as {change.kind}" if change.kind else "its kind is unknown again",
    )


def _queue(ticket: Ticket, change: SetQueue, policy: Policy) -> Verdict:
    if change.queue is not None and policy.queue(change.queue) is None:
        known = ", ".join(q.name for q in policy.queues) or "none is configured"
        return Refused(
            f"there is no queue {change.queue} (there are: {known})", "queue", change.queue
        )
    if change.queue == ticket.queue:
        return Unchanged("it is in this queue already", ChangeKind.QUEUE, ticket.queue or "")
    return Changed(
        ChangeKind.QUEUE,
        replace(ticket, queue=change.queue),
        ticket.queue or "",
        change.queue or "",
        f"moved to queue {change.queue}" if change.queue else "taken out of its queue",
    )


def _mute(ticket: Ticket, change: Mute) -> Verdict:
    if change.muted is ticket.muted:
        return Unchanged("it is so already", ChangeKind.MUTE, "muted" if ticket.muted else "")
    return Changed(
        ChangeKind.MUTE,
        replace(ticket, muted=change.muted),
        "muted" if ticket.muted else "",
        "muted" if change.muted else "",
        "no more automatic mail" if change.muted else "automatic mail goes out again",
    )


def _merge(ticket: Ticket, change: MergeInto, other: Ticket | None) -> Verdict:
    target = _other(ticket, change.ticket_id, other)
    if isinstance(target, Refused):
        return target
    gone = gone_reason(target)
    if gone:
        return Refused(gone, "gone", str(target.id))
    merged = replace(
        ticket,
        merged_into=target.id,
        status=TicketStatus.CLOSED,
        snoozed_until=None,
        due_at=None,
        next_update_at=None,
    )
    after = f"#{target.id}"
    return Changed(ChangeKind.MERGE, merged, f"#{ticket.id}", after, f"merged into {after}")


def _link(ticket: Ticket, change: LinkTo, other: Ticket | None) -> Verdict:
    target = _other(ticket, change.ticket_id, other)
    if isinstance(target, Refused):
        return target
    after = f"#{target.id}"
    return Changed(ChangeKind.LINK, ticket, "", after, f"{change.kind} {after}")


def _other(ticket: Ticket, other_id: int, other: Ticket | None) -> Ticket | Refused:
    if other_id == ticket.id:
        return Refused(f"ticket {ticket.id} is this one", "itself", str(other_id))
    return other or Refused(f"there is no ticket {other_id}", "ticket", str(other_id))


def _delete(ticket: Ticket, now: datetime) -> Verdict:
    deleted = replace(
        ticket,
        deleted_at=now,
        status=TicketStatus.CLOSED,
        snoozed_until=None,
        due_at=None,
        next_update_at=None,
    )
    return Changed(ChangeKind.DELETE, deleted, ticket.status.value, "deleted", "deleted")
