"""The outbox: mail that is decided, rendered and frozen, waiting to leave or already gone. Values only."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from mailflow.desk.notices import NoticeKind


class MailClass(enum.StrEnum):
    """Who speaks in a mail. It decides budgets, shadow mode and what happens in doubt."""

    AUTOMATIC = "automatic"  # mailflow writes to a customer
    PERSON = "person"  # an agent's words to a customer: never dropped, repeated in doubt
    INTERNAL = "internal"  # mailflow writes to an agent


class OutboxState(enum.StrEnum):
    PENDING = "pending"  # may leave once `not_before` has come
    IN_FLIGHT = "in flight"  # DATA was begun: it may have been accepted
    SENT = "sent"  # every recipient is settled and at least one server said 2xx to the final dot
    FAILED = "failed"  # permanently refused, or expired while deferred
    HELD = "held"  # an admin must look; `mailflow outbox release` lets it go
    SHADOW = "shadow"  # recorded in shadow mode: never leaves
    DROPPED = "dropped"  # the gate refused it for good, see `reason`
    UNCERTAIN = "uncertain"  # cut off after DATA; not repeated, because a second copy is worse


class RecipientState(enum.StrEnum):
    PENDING = "pending"
    SENT = "sent"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class OutboxRecipient:
    address: str
    state: RecipientState = RecipientState.PENDING
    code: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail about to be recorded. ``key`` is unique for ever: it is what makes a mail leave once.

    ``kind`` is None for an agent's own words, ``ticket_id`` for a report about many tickets.
    """

    key: str
    ticket_id: int | None
    mail_class: MailClass
    kind: NoticeKind | None
    message_id: str
    envelope_sender: str
    recipients: tuple[str, ...]
    octets: bytes = field(repr=False)
    subject: str
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    template_version: str = ""
    faults: tuple[str, ...] = ()  # what is wrong with the rendered text: the gate holds it


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """A row of the outbox. ``attempts`` counts dialogues begun."""

    id: int
    key: str
    ticket_id: int | None
    mail_class: MailClass
    kind: NoticeKind | None
    message_id: str
    envelope_sender: str
    recipients: tuple[OutboxRecipient, ...]
    octets: bytes = field(repr=False)
    subject: str
    state: OutboxState
    reason: str
    attempts: int
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    settled_at: datetime | None = None
    in_flight_at: datetime | None = None
    faults: tuple[str, ...] = ()
    released: bool = False  # an admin let it go: budgets and faults no longer hold it

    @property
    def open_recipients(self) -> tuple[str, ...]:
        """Those who have not got it yet and may still get it."""
        waiting = (RecipientState.PENDING, RecipientState.DEFERRED)
        return tuple(r.address for r in self.recipients if r.state in waiting)


@dataclass(frozen=True, slots=True)
class Usage:
    """What has left already, as the budgets count it: mails in flight, sent or uncertain."""

    to_address_last_hour: int = 0
    to_address_last_day: int = 0
    to_domain_last_hour: int = 0
    on_ticket_last_day: int = 0
    in_all_last_hour: int = 0
    internal_on_ticket_last_hour: int = 0  # to this recipient
    person_on_ticket_last_hour: int = 0
    blocked_recipients: tuple[tuple[str, str], ...] = ()  # (address, why): bounced for good
    silenced: str | None = None  # why this ticket sends no automatic mail
    switched: bool | None = (
        None  # whether an admin switched this kind of mail on or off; None: neither
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of one attempt, per recipient and for the whole."""

    state: OutboxState
    reason: str
    recipients: tuple[OutboxRecipient, ...]
    not_before: datetime | None = None  # set when it goes back to PENDING
