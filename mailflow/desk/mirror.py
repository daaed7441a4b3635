"""What the mailbox shows of a ticket, and what people say by changing it there. Pure.

Every message of a ticket has a *base*: the folder and the marks we last showed. What is seen now and what
the ticket wants are both compared with it (a three-way merge):

* seen differs from the base: a person did it, and the ticket follows;
* the ticket differs from the base: the desk did it, and the mailbox follows;
* both differ: the person's act wins, for it was done knowingly in the mailbox. Two exceptions: a move that puts
  a ticket aside loses against a customer who wrote meanwhile, because whoever moved it cannot have read that;
  and taking a mark away loses against a new value for it.

A folder or mark we had set out to show when a round was cut off counts as ours, not as a person's.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mailflow.desk.mirror_scheme import Marks, Scheme
from mailflow.desk.ticket import Priority, TicketStatus

_ASIDE = frozenset({TicketStatus.PENDING, TicketStatus.ON_HOLD, TicketStatus.SOLVED})
_OUR_TURN = frozenset({TicketStatus.NEW, TicketStatus.OPEN})


class Field(enum.StrEnum):
    """What a person can change from their mail client."""

    STATUS = "status"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"
    ARTICLE = "article"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class MailboxChange:
    """A wish read from the mailbox. ``value`` is the status' or priority's word, an address, an article, or None."""

    field: Field
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The parts of a ticket that the mailbox shows."""

    id: int
    status: TicketStatus
    priority: Priority
    assignee: str | None
    article_id: str | None
    answer_due: bool
    wrote_since: int | None = None  # the customer's message that came since we last looked


@dataclass(frozen=True, slots=True)
class Placement:
    """One message of a ticket where it lies now, beside what we last showed of it.

    ``base_folder`` is None for a message that was never shown; ``folder`` is None for one that left the
    folders we watch. ``aimed_*`` is what a round that was cut off was about to do.
    """

    id: int
    message_row: int  # newer messages have higher ones
    folder: str | None
    marks: Marks
    base_folder: str | None
    base_marks: Marks
    aimed_folder: str | None = None
    aimed_marks: Marks | None = None
    keeps_keywords: bool = True

    @property
    def moved_by_a_person(self) -> bool:
        return self.folder is not None and self.folder not in (self.base_folder, self.aimed_folder)

    @property
    def marked_by_a_person(self) -> bool:
        return self.folder is not None and self.marks not in (self.base_marks, self.aimed_marks)

    @property
    def is_settled(self) -> bool:
        """Whether it stands as it was last shown, and nothing was left half done."""
        as_shown = (self.folder, self.marks) == (self.base_folder, self.base_marks)
        return as_shown and self.aimed_folder is None and self.aimed_marks is None


@dataclass(frozen=True, slots=True)
class Move:
    placement: int
    folder: str


@dataclass(frozen=True, slots=True)
class Marking:
    """``marks`` is the whole set to stand there; ``add`` and ``remove`` lead to it from what was seen."""

    placement: int
    add: Marks
    remove: Marks
    marks: Marks


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    changes: tuple[MailboxChange, ...]  # to the ticket, in this order
    refused: tuple[str, ...]  # what people did that is undone, with the reason
    moves: tuple[Move, ...]
    markings: tuple[Marking, ...]


def plan_mirror(ticket: Shown, placements: Sequence[Placement], scheme: Scheme) -> MirrorPlan:
    """What follows for one ticket: first what people changed, then what the mailbox must show.

    Planning again from the result plans nothing: the plan leads to a fixed point.
    """
    refused: list[str] = []
    changes = tuple(_changes(ticket, placements, scheme, refused))
    wanted = _changed(ticket, changes)
    here = [p for p in placements if p.folder is not None]
    return MirrorPlan(
        changes=changes,
        refused=tuple(refused),
        moves=tuple(_moves(wanted, here, scheme)),
        markings=tuple(_markings(wanted, here, scheme)),
    )


# ── what people did ─────────────────────────────────────────────────────────────────────────────


def _changes(
    ticket: Shown, placements: Sequence[Placement], scheme: Scheme, refused: list[str]
) -> Iterator[MailboxChange]:
    newest_first = sorted(placements, key=lambda p: (p.message_row, p.id), reverse=True)
    moved = [p for p in newest_first if p.moved_by_a_person and not _arrived(p, scheme)]
    if moved:
        handled = {p.message_row for p in moved}
        yield from _moved(ticket, moved[0], handled, scheme, refused)
    for read in (_priority_said, _assignee_said, _article_said):
        said = (read(ticket, p, scheme) for p in newest_first if p.marked_by_a_person)
        change = next((c for c in said if c is not None), None)
        if change is not None:
            yield change


def _arrived(place: Placement, scheme: Scheme) -> bool:
    """This is how mail comes in: nobody moved it."""
    return place.folder == scheme.inbox and place.base_folder is None


def _moved(
    ticket: Shown, place: Placement, handled: set[int], scheme: Scheme, refused: list[str]
) -> Iterator[MailboxChange]:
    folder = place.folder or ""
    if folder == scheme.junk:
        yield MailboxChange(Field.SPAM, None, f"moved to {folder}")
        return
    status = scheme.status_of(folder)
    if status is None:
        if folder != scheme.inbox:
            return
        status = TicketStatus.OPEN  # back to where the work begins
    if _same_status(ticket.status, status):
        return
    unread = ticket.wrote_since is not None and ticket.wrote_since not in handled
    if unread and status in _ASIDE and ticket.status in _OUR_TURN:
        refused.append(f"moved to {folder}, but the customer wrote meanwhile: it stays with us")
        return
    yield MailboxChange(Field.STATUS, status.value, f"moved to {folder}")


def _same_status(now: TicketStatus, folder: TicketStatus) -> bool:
    """A closed ticket lies among the solved ones."""
    return now is folder or (now is TicketStatus.CLOSED and folder is TicketStatus.SOLVED)


def _priority_said(ticket: Shown, place: Placement, scheme: Scheme) -> MailboxChange | None:
    added, removed = place.marks - place.base_marks, place.base_marks - place.marks
    named = [scheme.priority_of(m) for m in added]
    wanted: Priority
    urgencies = [p for p in (Priority.URGENT, Priority.HIGH, Priority.LOW) if p in named]
    if urgencies:
        wanted, by = urgencies[0], scheme.priority_mark(urgencies[0])
    elif scheme.flag in added:
        wanted, by = Priority.HIGH, "the flag"
        if ticket.priority in scheme.flagged:
            return None
    else:
        gone = [m for m in removed if m == scheme.flag or scheme.priority_of(m) is not None]
        stands_for_it = scheme.priority_marks(ticket.priority)
        if not place.keeps_keywords:
            stands_for_it &= {scheme.flag}
        desk_changed = stands_for_it != scheme.only_priority(place.base_marks)
        if not gone or desk_changed:
            return None
        wanted, by = Priority.NORMAL, f"without {'the flag' if gone == [scheme.flag] else gone[0]}"
    if wanted is ticket.priority:
        return None
    return MailboxChange(Field.PRIORITY, wanted.value, f"marked {by} in the mailbox")


def _assignee_said(ticket: Shown, place: Placement, scheme: Scheme) -> MailboxChange | None:
    named = sorted(a for m in place.marks - place.base_marks if (a := scheme.agent_of(m)))
    named = [a for a in named if a != ticket.assignee]
    if named:
        return MailboxChange(Field.ASSIGNEE, named[0], "marked with their name in the mailbox")
    gone = [scheme.agent_of(m) for m in place.base_marks - place.marks]
    if ticket.assignee and ticket.assignee in gone:
        return MailboxChange(Field.ASSIGNEE, None, "the name was taken off in the mailbox")
    return None


def _article_said(ticket: Shown, place: Placement, scheme: Scheme) -> MailboxChange | None:
    named = sorted(a for m in place.marks - place.base_marks if (a := scheme.article_of(m)))
    named = [a for a in named if a != ticket.article_id]
    if named:
        return MailboxChange(Field.ARTICLE, named[0], "marked with the article in the mailbox")
    gone = [scheme.article_of(m) for m in place.base_marks - place.marks]
    if ticket.article_id and ticket.article_id in gone:
        return MailboxChange(Field.ARTICLE, None, "the article was taken off in the mailbox")
    return None


def _changed(ticket: Shown, changes: Sequence[MailboxChange]) -> Shown:
    for change in changes:
        if change.field is Field.STATUS and change.value:
            ticket = replace(ticket, status=TicketStatus(change.value))
        elif change.field is Field.PRIORITY and change.value:
            ticket = replace(ticket, priority=Priority(change.value))
        elif change.field is Field.ASSIGNEE:
            ticket = replace(ticket, assignee=change.value)
        elif change.field is Field.ARTICLE:
            ticket = replace(ticket, article_id=change.value)
        elif change.field is Field.SPAM:
            ticket = replace(ticket, status=TicketStatus.CLOSED)
    if ticket.status not in _OUR_TURN:
        ticket = replace(ticket, answer_due=False)
    return ticket


# ── what the mailbox must show ──────────────────────────────────────────────────────────────────


def _moves(ticket: Shown, here: Sequence[Placement], scheme: Scheme) -> Iterator[Move]:
    newest = {place.message_row: place.id for place in sorted(here, key=lambda p: p.id)}
    for place in here:
        if newest[place.message_row] != place.id:
            # A client that saves copies first and deletes the original later: moved now, it would lie
            # there twice. Whoever copied it knows of both.
            continue
        wanted = wanted_folder(ticket.status, place.folder or "", scheme)
        if wanted != place.folder:
            yield Move(place.id, wanted)


def wanted_folder(status: TicketStatus, folder: str, scheme: Scheme) -> str:
    """Where a message now in ``folder`` is to lie. What was called spam stays where the person put it."""
    if folder == scheme.junk:
        return folder
    if status is TicketStatus.CLOSED:
        # A closed ticket is nobody's work: it is put with the solved ones, but never taken out of the inbox.
        if scheme.status_of(folder) is None:
            return folder
        status = TicketStatus.SOLVED
    return scheme.folders[status]


def _markings(ticket: Shown, here: Sequence[Placement], scheme: Scheme) -> Iterator[Marking]:
    for place in here:
        if place.folder == scheme.junk:
            continue
        wanted = scheme.marks_for(ticket, keywords=place.keeps_keywords)
        add = wanted - place.marks
        remove = place.marks - wanted
        if not place.keeps_keywords:
            remove &= {scheme.flag}
        if add or remove:
            yield Marking(place.id, add, remove, wanted)
