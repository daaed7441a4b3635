"""What the jobs need from the outside, as small Protocols. The store and the edges fit them; nobody inherits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event
from typing import Protocol

from mailflow.desk.bursts import Opened
from mailflow.desk.clocks import Clock as RunningClock
from mailflow.desk.clocks import ClockKind, DueClock, Turn
from mailflow.desk.closing import PlannedClosing
from mailflow.desk.context import Lookup, Source, ThreadContext
from mailflow.desk.decision import Decision, Joining
from mailflow.desk.delivery import DataResult, RecipientResult
from mailflow.desk.digest import Week
from mailflow.desk.expectation import ReplyTime
from mailflow.desk.happenings import Happening
from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import NewMail, OutboxMail, Settlement, Usage
from mailflow.desk.person import Person
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import (
    Article,
    ArticleStatus,
    LinkKind,
    Participant,
    ParticipantRole,
    Ticket,
    TicketStatus,
)
from mailflow.flow.mirror_ports import MirrorRows, OwnMailRows
from mailflow.mail.message import IncomingMessage, RawMessage

Clock = Callable[[], datetime]  # aware UTC


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder has been read. The cursor never passes an unrecorded UID."""

    uidvalidity: int
    last_uid: int
    first_contact_at: datetime
    #: After UIDVALIDITY changed: up to here the folder is read again, and what lay in it before the first
    #: contact is met anew. 0 when nothing is read again. Mail that comes in later is never history.
    reread_to: int = 0


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A raw message committed but not yet decided. ``attempts`` counts earlier tries that left no result."""

    id: int
    raw: RawMessage
    source: Source
    attempts: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What `record` wrote. ``ticket`` is as it stands after the decision; None when set aside."""

    message_row: int
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of bytes known before. ``ticket_id`` is None where they wait or were set aside."""

    message_id: str | None
    ticket_id: int | None
    proof: str
    origin: str | None  # None while nothing is decided
    base_subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArchivedHead:
    """The head of one message of an archive. ``position`` is an octet, a UID or 0: the archive's own."""

    file: str
    position: int
    size: int
    octets: bytes
    received_at: datetime | None = None


class Archive(Protocol):
    """Old mail in a file, a folder or on a server. Heads come first, whole messages in any order."""

    @property
    def source(self) -> Source: ...
    def heads(self) -> Iterator[ArchivedHead]:
        """In the archive's own order. What cannot be read is left out and stands in ``unreadable``."""
        ...

    def read(self, file: str, position: int, size: int) -> RawMessage | None:
        """The message, None when it is gone or cannot be read (any more)."""
        ...

    @property
    def unreadable(self) -> Mapping[str, str]: ...


class Intake(Protocol):
    def cursor(self, folder: str) -> Cursor | None: ...
    def set_cursor(self, folder: str, cursor: Cursor) -> None: ...
    def keep(
        self, raw: RawMessage, source: Source, now: datetime, *, history: bool = False
    ) -> bool:
        """Store the bytes and where they lay, once. True when these bytes were not known before.

        Known bytes only gain a location. ``history`` keeps the location and hash but queues nothing.
        """
        ...

    def keep_history(self, raw: RawMessage, source: Source, now: datetime) -> WaitingMessage | None:
        """Store the bytes, to be recorded in this same transaction. None when they were known before."""
        ...

    def known_uids(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        """Those of ``uids`` whose message is known to lie there."""
        ...

    def filed(self, content_hash: str) -> Filed | None:
        """What became of these bytes; None when they are not known, or only as old mail never read."""
        ...

    def waiting(self, limit: int) -> Sequence[WaitingMessage]: ...
    def count_attempt(self, ids: Sequence[int], now: datetime) -> None: ...
    def quarantine(self, waiting_id: int, reason: str, now: datetime) -> None: ...


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

    def answered_since(self, ticket_id: int, message_ids: Sequence[str], by: str) -> str | None:
        """Another agent whose answer was recorded after the mail of ours with one of these ids. Their address."""
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


class Outbox(Protocol):
    def add(self, mail: NewMail) -> int | None:
        """The row's id; None when `mail.key` was recorded before (then nothing is written)."""
        ...

    def next_due(self, now: datetime) -> OutboxMail | None: ...
    def usage(self, mail: OutboxMail, now: datetime) -> Usage: ...
    def mark_in_flight(self, mail_id: int, now: datetime) -> None:
        """Only a pending mail; LookupError when it is not (any more)."""
        ...

    def settle(self, mail_id: int, settlement: Settlement, now: datetime) -> None:
        """Write the result, and its event in the audit trail."""
        ...

    def postpone(self, mail_id: int, not_before: datetime, reason: str) -> None:
        """Nothing was begun (the server could not be reached): not an attempt at the recipient."""
        ...

    def in_flight(self) -> Sequence[OutboxMail]: ...
    def drop_automatic(self, ticket_id: int, reason: str, now: datetime) -> int:
        """Automatic mail of this ticket that has not left never leaves. Returns how many."""

    def take_back(
        self, ticket_id: int, kinds: Sequence[NoticeKind], reason: str, now: datetime
    ) -> int:
        """Drop what is still pending of these kinds: it would say what is no longer true. Returns how many."""
        ...


class Schedule(Protocol):
    """What falls due by time, and what is known about the people it would be told to."""

    def reply_times(self, since: datetime, limit: int) -> Sequence[ReplyTime]:
        """The newest first responses of people after ``since``."""
        ...

    def happenings(self, ticket_id: int, since: datetime) -> Sequence[Happening]:
        """What customers may be told of, oldest first."""
        ...

    def last_contact_at(self, ticket_id: int) -> datetime | None:
        """When the customer's side was last written to, as far as we know it left or may have."""
        ...

    def updates_after(self, ticket_id: int, moment: datetime) -> int: ...
    def updates_to_warn_of(self, until: datetime, limit: int) -> Sequence[int]:
        """Tickets whose update leaves before ``until`` and whose agents do not know yet."""
        ...

    def warned_of_update_at(self, ticket_id: int, due_at: datetime) -> datetime | None:
        """When agents were shown the update due then."""
        ...

    def note_warning(self, ticket_id: int, due_at: datetime, now: datetime) -> None: ...
    def turns(self, ticket_id: int) -> Sequence[Turn]:
        """The ticket's history of status and people's words, oldest first."""
        ...

    def clocks(self, ticket_id: int) -> Sequence[DueClock]: ...
    def set_clocks(self, ticket_id: int, clocks: Sequence[RunningClock]) -> None:
        """Replace them. What was told of a clock that is due as before stays told."""
        ...

    def tickets_with_alarms(
        self, now: datetime, ahead: timedelta, above: int, limit: int
    ) -> Sequence[int]:
        """Tickets numbered above ``above`` with a clock due by now + ahead of which nobody was told."""
        ...

    def note_alarm(
        self, ticket_id: int, kind: ClockKind, now: datetime, *, breached: bool
    ) -> None: ...
    def person(self, address: str) -> Person: ...
    def set_language(self, address: str, language: str | None, *, corrected: bool) -> None: ...
    def set_offset(self, address: str, minutes: int | None, *, corrected: bool) -> None: ...
    def mute(self, address: str, reason: str, now: datetime | None) -> None:
        """No more progress updates to this person; ``now`` None lifts it."""
        ...


class Closings(Protocol):
    """Tickets that close by themselves, and when that is announced or done."""

    def closing(self, ticket_id: int) -> PlannedClosing | None: ...
    def plan(
        self, ticket_id: int, since: datetime, due_at: datetime | None, announcement: int | None
    ) -> None:
        """Replace what was planned. ``announcement`` is the mail that tells of it."""
        ...

    def put_off(self, ticket_id: int, due_at: datetime | None) -> None:
        """None: it stays as it is until something happens to it."""
        ...

    def forget(self, ticket_id: int) -> None: ...
    def due(self, now: datetime, above: int, limit: int) -> Sequence[int]:
        """Tickets numbered above ``above`` whose moment has come."""
        ...

    def written_by_a_machine(self, ticket_id: int) -> bool:
        """Whether the newest message of the customer's side is no person's."""
        ...


@dataclass(frozen=True, slots=True)
class KeptArticle:
    """An article as it is kept. ``source`` is the file it comes from, '' when it lives in the database."""

    article: Article
    source: str
    fingerprint: str  # of the file
    withdrawn: bool  # its file is gone: tickets may name it, nobody is shown it
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Announcement:
    """News of an article that nobody was told yet: a person decides."""

    article_id: str
    status: ArticleStatus
    reason: str
    created_at: datetime


class Articles(Protocol):
    def get(self, article_id: str) -> KeptArticle | None: ...
    def all(self) -> Sequence[KeptArticle]: ...
    def save(self, article: Article, source: str, fingerprint: str, now: datetime) -> None:
        """Add or replace it, with its event. Announces nothing."""
        ...

    def withdraw(self, article_id: str, reason: str, now: datetime) -> None: ...
    def waiting_on(self, article: Article) -> Sequence[Ticket]:
        """Tickets linked to it whose requester waits and was not told of this status yet, oldest first.

        A letter that never left (shadow mode, a budget) told nobody.
        """
        ...

    def not_sent(self, ticket_id: int, article: Article) -> int:
        """How many letters to this ticket with this news never left."""
        ...

    def announce_later(self, article: Article, reason: str, now: datetime) -> None:
        """An announcement waits for a person; an earlier one about the same article does no longer."""
        ...

    def announcements(self) -> Sequence[Announcement]:
        """Those that wait, oldest first."""
        ...

    def announced(self, article_id: str, reason: str, now: datetime) -> None: ...
    def dismiss(self, article_id: str, reason: str, now: datetime) -> bool:
        """Tell nobody. False when nothing waited."""
        ...


class KeepsTemplates(Protocol):
    def keep(self, version: KeptVersion, now: datetime) -> None:
        """Keep a wording for good; nothing happens when it is kept already."""
        ...

    def serve(self, versions: Collection[KeptVersion], reason: str, now: datetime) -> list[str]:
        """Note which versions serve from now on. The names of those that did not before."""
        ...

    def served(self, notice: str, language: str, limit: int) -> Sequence[KeptVersion]:
        """What served a notice in a language, each version once, the last one first."""
        ...

    def note_faults(self, faults: Collection[str], now: datetime) -> list[str]:
        """Note what is wrong now, and that whatever is not among it is mended. Those not noted before."""
        ...


class Reports(Protocol):
    def next_at(self, name: str) -> datetime | None:
        """When this report falls due; None when it was never planned."""
        ...

    def plan(self, name: str, moment: datetime) -> None: ...
    def open_tickets(self) -> Sequence[Ticket]:
        """Tickets in which it is our turn, the longest silent first."""
        ...

    def week(self, since: datetime, until: datetime) -> Week: ...


class Bursts(Protocol):
    def newest_ticket(self) -> int:
        """The highest number given; 0 when there is none."""
        ...

    def opened(self, since: datetime, limit: int) -> Sequence[Opened]:
        """Among the ``limit`` newest tickets those opened since then, with their opening words, oldest first."""
        ...

    def told_since(self, moment: datetime) -> int:
        """How many bursts agents were told of."""
        ...


class Work(Protocol):
    """One transaction: everything done through it is committed together or not at all."""

    @property
    def intake(self) -> Intake: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def articles(self) -> Articles: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def bursts(self) -> Bursts: ...
    @property
    def templates(self) -> KeepsTemplates: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def mirror(self) -> MirrorRows: ...
    @property
    def own_mail(self) -> OwnMailRows: ...
    @property
    def closings(self) -> Closings: ...


class Store(Protocol):
    def begin(self) -> AbstractContextManager[Work]: ...


class Suggests(Protocol):
    def suggest_many(self, texts: Sequence[tuple[str, str]]) -> Sequence[Suggestion]:
        """One suggestion per (subject, text). Never raises: without a usable model it abstains."""
        ...


class Rendered(Protocol):
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str | None: ...
    @property
    def version(self) -> str: ...
    @property
    def wording(self) -> KeptVersion:
        """The files it was written with."""
        ...


class Renders(Protocol):
    def render(
        self, notice: NoticeKind, language: str, facts: Mapping[str, object]
    ) -> Rendered: ...


class Trial(Protocol):
    def __call__(self, octets: bytes) -> str | None:
        """Read the message in a limited child process: None when it survives, else what happened."""
        ...


class Submission(Protocol):
    """One SMTP dialogue, its phases apart (RFC 5321 3.3)."""

    def begin(
        self, envelope_sender: str, recipients: Sequence[str], size: int, needs_utf8: bool
    ) -> Sequence[RecipientResult]: ...
    def finish(self, octets: bytes) -> DataResult: ...
    def abandon(self) -> None: ...


class FolderState(Protocol):
    @property
    def uidvalidity(self) -> int: ...
    @property
    def uidnext(self) -> int: ...


class Mailbox(Protocol):
    """A connected IMAP session with one open folder at a time."""

    def open_folder(self, folder: str) -> FolderState: ...
    def uids_after(self, uid: int, *, limit: int = 500) -> list[int]: ...
    def uids_since(self, day: date) -> list[int]: ...
    def fetch_many(
        self, uids: Sequence[int], *, max_octets: int | None = None
    ) -> Iterator[RawMessage]:
        """Ascending by UID; what was expunged is missing, what the server garbles stands in `unreadable`."""
        ...

    @property
    def unreadable(self) -> Mapping[int, str]: ...
    def wait(self, seconds: float, stop: Event) -> bool: ...
