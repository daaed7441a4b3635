"""Everything a decision needs to know beyond the message itself, read once by the store."""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from mailflow.desk.policy import ascii_lower
from mailflow.desk.reply_token import TokenClaims
from mailflow.desk.ticket import Participant, Ticket
from mailflow.mail.message import IncomingMessage

_TICKET_TAG = re.compile(r"\[#(\d{1,9})\]")


class Source(enum.StrEnum):
    """Which folder a message came from. Writing to Sent needs the mailbox's password: it proves an agent."""

    INBOX = "inbox"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the store must look up for one message."""

    ticket_ids: tuple[int, ...]  # named by tokens or a subject tag
    thread_ids: tuple[str, ...]  # Message-IDs, most telling first
    message_id: str | None
    author_address: str  # '' when there is none
    thread_index: str | None
    base_subject: str
    subject_window: timedelta = timedelta(0)  # how far back an equal subject counts; 0: not at all


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """An earlier message of ours or of a customer, found by its Message-ID."""

    message_id: str
    ticket_id: int | None
    author_address: str
    new_text_hash: str


@dataclass(frozen=True, slots=True)
class ThreadContext:
    tickets: tuple[Ticket, ...] = ()  # every ticket named below and those they were merged into
    referenced: tuple[KnownMessage, ...] = ()  # in the order of Lookup.thread_ids
    same_message_id: tuple[KnownMessage, ...] = ()
    by_thread_index: int | None = None  # ticket id
    by_subject: int | None = None  # newest ticket of the same author and base subject in the window
    automatic_to_author_last_hour: int = 0  # mails in the outbox, whatever became of them
    automatic_to_author_last_day: int = 0
    author_blocked: str | None = None  # why no automatic mail may go there

    def ticket(self, ticket_id: int | None) -> Ticket | None:
        return next((t for t in self.tickets if t.id == ticket_id), None)

    def current(self, ticket_id: int | None) -> Ticket | None:
        """The ticket with this number, or the one it was merged into."""
        ticket = self.ticket(ticket_id)
        if ticket is None or ticket.merged_into is None:
            return ticket
        return self.ticket(ticket.merged_into)


def lookup_for(
    message: IncomingMessage, claims: TokenClaims, subject_window: timedelta = timedelta(0)
) -> Lookup:
    """What to read for this message. Nearest evidence first: In-Reply-To, then References from newest to oldest."""
    bounced = message.bounce.original_message_id if message.bounce else None
    chain = (*message.in_reply_to, *reversed(message.references), *((bounced,) if bounced else ()))
    token_tickets = [t.ticket_id for t in (claims.addressed, claims.referenced) if t]
    tag = subject_tag(message.subject)
    return Lookup(
        ticket_ids=tuple(dict.fromkeys([*token_tickets, *([tag] if tag else [])])),
        thread_ids=tuple(dict.fromkeys(chain)),
        message_id=message.message_id,
        author_address=message.author.address if message.author else "",
        thread_index=message.thread_index,
        base_subject=message.base_subject,
        subject_window=subject_window,
    )


def subject_tag(subject: str) -> int | None:
    """The ticket number in ``[#12]``, the last one when there are several."""
    numbers = _TICKET_TAG.findall(subject)
    return int(numbers[-1]) if numbers and 0 < int(numbers[-1]) < 2**31 else None


def participant(ticket: Ticket, address: str) -> Participant | None:
    return next((p for p in ticket.participants if p.address == address), None)


def new_text_hash(message: IncomingMessage) -> str:
    """Tells copies of one mail, which differ in their trace fields, from two mails with one Message-ID."""
    author = ascii_lower(message.author.address) if message.author else ""
    folded = " ".join(message.new_text.split())
    date = message.date.isoformat() if message.date else ""  # scanners repeat one id for ever
    return hashlib.sha256(f"{author}\n{date}\n{folded}".encode()).hexdigest()
