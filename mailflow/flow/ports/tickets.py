"""Tickets as the jobs read and write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from mailflow.desk.context import Lookup, ThreadContext
from mailflow.desk.decision import Decision, Joining
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import LinkKind, Participant, ParticipantRole, Ticket, TicketStatus
from mailflow.flow.ports.intake import Recorded, WaitingMessage
from mailflow.mail.message import IncomingMessage


class Tickets(Protocol):
    def context_for(self, lookup: Lookup, now: datetime) -> ThreadContext: ...
    def record(
        self,
        waiting: WaitingMessage,
        message: IncomingMessage,
        decision: Decision,
        suggestion: Suggestion,
        now: datetime,
    ) -> Recorded: ...
    def ticket(self, ticket_id: int) -> Ticket | None: ...
    def participant(
        self, ticket_id: int, address: str, name: str, role: ParticipantRole
    ) -> Participant:
        """The participant with this address, added when missing."""
        ...

    def updates_due(self, now: datetime, limit: int) -> Sequence[Ticket]: ...
    def updates_sent(self, ticket_id: int) -> int:
        """Progress updates queued since anybody last wrote in the ticket."""
        ...

    def last_customer_message_id(self, ticket_id: int) -> str | None: ...
    def customer_text(self, ticket_id: int) -> str:
        """The new text of the customers' latest messages, one after the other: what may be quoted to them."""
        ...

    def agent_text(self, ticket_id: int, message_row: int | None) -> str:
        """An agent's words to the customer: the named message's, or the latest's. '' when there are none."""
        ...

    def thread_ids(self, ticket_id: int) -> Sequence[str]:
        """Message-IDs of the ticket's public mails, oldest first: our References."""
        ...

    def set_status(
        self, ticket_id: int, status: TicketStatus, reason: str, now: datetime
    ) -> None: ...
    def save(self, before: Ticket, after: Ticket, now: datetime) -> None:
        """Write what differs between two states of one ticket; participants are not among it."""
        ...

    def merge(self, ticket_id: int, into_id: int, now: datetime) -> None:
        """Everybody of a merged ticket joins the other; what was merged into it points there too."""
        ...

    def link(self, ticket_id: int, other_id: int, kind: LinkKind) -> None: ...
    def open(
        self,
        requester: Joining,
        subject: str,
        queue: str | None,
        language: str | None,
        now: datetime,
        *,
        verified: bool = False,
    ) -> Ticket:
        """A new ticket that no mail of its own opened."""
        ...

    def split(self, ticket_id: int, message_row: int, now: datetime) -> Ticket | None:
        """A customer's message and the later public ones move to a new ticket of its author.

        None when it is no customer's message of this ticket, or the first.
        """
        ...

    def answered_message(self, ticket_id: int, message_ids: Sequence[str]) -> int | None:
        """The customer's message that one of these mails of ours told of, else the last; never the first."""
        ...

    def told_articles(self, message_ids: Sequence[str]) -> Sequence[tuple[str, float]]:
        """The (id, confidence) of the articles suggested for the message the first of these mails of ours told of."""
        ...

    def answered_since(
        self, ticket_id: int, message_ids: Sequence[str], by: str, name: str
    ) -> tuple[str, str] | None:
        """Who else answered after we wrote the mail with one of these ids: address and name.

        ``by`` and ``name`` are the agent who asks.
        """
        ...

    def answered_beside(
        self, ticket_id: int, message_ids: Sequence[str], message_row: int
    ) -> tuple[str, str] | None:
        """Who else answered after the message with one of these ids, before ``message_row``: address and name."""
        ...

    def reminder_due(self, now: datetime) -> Ticket | None:
        """A ticket whose snooze has ended, or whose due moment passed untold while it is unsolved."""
        ...

    def due_told(self, ticket_id: int, now: datetime) -> None: ...
    def last_customer_text(self, ticket_id: int) -> str: ...
    def renew_participant(self, ticket_id: int, address: str) -> None:
        """The same participant under a new id: reply tokens made for the old one prove nothing any more."""
        ...

    def add_note(self, ticket_id: int, author: str, name: str, text: str, now: datetime) -> int:
        """An internal message that came by no mail and leaves by none. Its row."""
        ...

    def schedule_update(self, ticket_id: int, next_update_at: datetime | None) -> None: ...
    def note_event(
        self, ticket_id: int | None, kind: str, reason: str, now: datetime, **detail: str | int
    ) -> None:
        """Append to the audit trail: every automatic act or non-act leaves a reason."""
        ...

    def last_reason(self, ticket_id: int, kind: str) -> str | None:
        """The reason of the latest such event."""
        ...
