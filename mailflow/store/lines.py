"""What the commands show of tickets, mail and people: frozen values, read by :mod:`mailflow.store.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailflow.desk.ticket import (
    Participant,
    Ticket,
    TicketKind,
    TicketLink,
    TicketStatus,
)


@dataclass(frozen=True, slots=True)
class TicketLine:
    id: int
    subject: str
    status: str
    priority: str
    requester: str  # address
    assignee: str | None
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    next_update_at: datetime | None
    messages: int  # those that came in


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message of a ticket. ``reasons`` holds the four answers; it is empty for mail of ours."""

    id: int
    direction: str  # in | out
    voice: str  # customer | agent | machine | notice
    author: str
    author_name: str
    subject: str
    message_id: str | None
    received_at: datetime | None
    created_at: datetime
    origin: str
    origin_rule: str
    verified: bool
    new_text: str
    reasons: dict[str, dict[str, str]]
    warnings: tuple[str, ...]
    defects: tuple[str, ...]
    attachments: tuple[dict[str, Any], ...]  # filename, content_type, size
    suggestion: dict[str, Any] | None
    outbox_id: int | None
    raw_id: int | None


@dataclass(frozen=True, slots=True)
class RecipientLine:
    address: str
    state: str
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class OutboxLine:
    id: int
    key: str
    ticket_id: int | None
    mail_class: str
    kind: str | None
    subject: str
    state: str
    reason: str
    attempts: int
    message_id: str
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    in_flight_at: datetime | None
    settled_at: datetime | None
    faults: tuple[str, ...]
    released: bool
    recipients: tuple[RecipientLine, ...]


@dataclass(frozen=True, slots=True)
class EventLine:
    id: int
    at: datetime
    ticket_id: int | None
    kind: str
    reason: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TicketDetail:
    ticket: Ticket
    participants: tuple[Participant, ...]
    messages: tuple[MessageLine, ...]
    outbox: tuple[OutboxLine, ...]
    events: tuple[EventLine, ...]
    links: tuple[TicketLink, ...] = ()


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    id: int
    size: int
    source: str
    content_hash: str
    received_at: datetime | None
    first_seen_at: datetime
    quarantined_at: datetime | None
    attempts: int
    fault: str
    places: tuple[str, ...]  # folder/uidvalidity/uid


@dataclass(frozen=True, slots=True)
class Counts:
    """Every message kept is one of: opened a ticket, reply, set aside, quarantined, waiting, history."""

    messages: int
    opened: int
    replies: int
    set_aside: int
    quarantined: int
    waiting: int
    history: int
    tickets: int
    by_status: dict[str, int]
    outbox: dict[str, int]  # by state


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets to list; empty: whatever. Snoozed, merged and deleted ones only where they are asked for."""

    status: TicketStatus | None = None
    assignee: str = ""  # an agent's address, or nobody
    tag: str = ""
    queue: str = ""
    kind: TicketKind | None = None
    overdue: bool = False
    snoozed: bool = False
    everything: bool = False
