"""The nouns of the desk: ticket, participant, article. Frozen values without behaviour."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class TicketStatus(enum.StrEnum):
    NEW = "new"  # nobody has answered yet
    OPEN = "open"  # it is our turn
    PENDING = "pending"  # we wait for the requester
    ON_HOLD = "on hold"  # we wait for somebody else
    SOLVED = "solved"  # answered; a reply reopens it
    CLOSED = "closed"  # final; a reply starts a linked new ticket


class Priority(enum.StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketKind(enum.StrEnum):
    PROBLEM = "problem"
    QUESTION = "question"
    FEATURE_REQUEST = "feature request"


class LinkKind(enum.StrEnum):
    """How ``other_id`` stands to the ticket a :class:`TicketLink` belongs to."""

    RELATED = "related"
    FOLLOWS = "follows"  # opened by a mail that may not enter the other ticket
    SPLIT_FROM = "split from"
    MERGED_INTO = "merged into"


class ParticipantRole(enum.StrEnum):
    REQUESTER = "requester"
    CC = "cc"
    AGENT = "agent"


class ArticleStatus(enum.StrEnum):
    DRAFT = "draft"  # not finished: customers never see it
    KNOWN = "known"
    WORKAROUND = "workaround"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Wording:
    """An article in a further language (ISO 639-1)."""

    language: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Article:
    """A known issue with its solution. ``id`` is a slug such as ``login-loop``, ``body`` the solution."""

    id: str
    title: str
    body: str
    status: ArticleStatus = ArticleStatus.KNOWN
    tags: tuple[str, ...] = ()
    symptoms: str = ""  # what people notice; for agents and the suggester
    language: str = ""  # of title and body; empty: nobody said
    wordings: tuple[Wording, ...] = ()


@dataclass(frozen=True, slots=True)
class Participant:
    id: int
    address: str  # ASCII-lower-cased
    name: str
    role: ParticipantRole


@dataclass(frozen=True, slots=True)
class Ticket:
    id: int
    subject: str
    status: TicketStatus
    priority: Priority
    requester: Participant
    created_at: datetime
    updated_at: datetime
    assignee: str | None = None  # an agent's address
    article_id: str | None = None
    language: str | None = None
    first_response_at: datetime | None = (
        None  # a person's public reply; an acknowledgement does not count
    )
    next_update_at: datetime | None = None  # when a progress update falls due
    requester_verified: bool = False  # a server we named vouched for the opening message's author
    participants: tuple[Participant, ...] = ()
    kind: TicketKind | None = None  # None: nobody said
    tags: tuple[str, ...] = ()  # lower-case, in order of the alphabet
    queue: str | None = None  # name of a queue of the configuration
    snoozed_until: datetime | None = None  # out of sight until then, or until the customer writes
    due_at: datetime | None = None  # set by an agent; passing it reminds, nothing else
    merged_into: int | None = None  # always a ticket that is not merged itself
    muted: bool = False  # no automatic mail to the customer's side
    deleted_at: datetime | None = None  # a tombstone: its mail stays known and enters nowhere

    @property
    def is_gone(self) -> bool:
        """Whether nothing can happen here any more: merged away or deleted."""
        return self.merged_into is not None or self.deleted_at is not None


@dataclass(frozen=True, slots=True)
class TicketLink:
    ticket_id: int
    other_id: int
    kind: LinkKind
