"""What the mirror needs from the store and the mailbox, as values and Protocols."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event
from typing import Protocol

from mailflow.desk.ticket import Priority, TicketStatus
from mailflow.mail.message import RawMessage


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """A folder as STATUS told it. Equal snapshots with a ``modseq`` mean that nothing happened between them."""

    uidvalidity: int
    uidnext: int
    messages: int
    modseq: int | None


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A message of a ticket found where it was not known to lie."""

    folder: str
    uidvalidity: int
    uid: int
    raw_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """A row of mirror_place. ``folder`` is where it lies, ``base_*`` what was last shown."""

    id: int
    folder: str
    uidvalidity: int
    uid: int
    raw_id: int
    content_hash: str
    size: int
    message_row: int
    ticket_id: int | None
    base_folder: str | None
    base_marks: frozenset[str]
    aimed_folder: str | None
    aimed_marks: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class PlaceResult:
    """What a round reached at one place: the marks there now, and folder, UIDVALIDITY and UID after a move."""

    place: int
    marks: frozenset[str] | None = None
    moved_to: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class MirroredTicket:
    """The parts of a ticket the mailbox shows. ``waiting_since``: when the customer last wrote."""

    id: int
    status: TicketStatus
    priority: Priority
    assignee: str | None
    article_id: str | None
    queue: str | None
    waiting_since: datetime | None
    due_at: datetime | None
    wrote_since: int | None


@dataclass(frozen=True, slots=True)
class Unshown:
    places: tuple[NewPlace, ...]
    up_to: tuple[int, int]  # how far messages and sightings have been looked through


class MirrorRows(Protocol):
    """The store's side of the mirror, in one transaction."""

    def snapshots(self) -> Mapping[str, FolderSnapshot]: ...
    def set_snapshot(self, folder: str, seen: FolderSnapshot, now: datetime) -> None: ...
    def folders_with_places(self) -> Sequence[str]: ...
    def places_in(self, folder: str, uidvalidity: int) -> Mapping[int, int]: ...
    def unshown(self, folders: Mapping[str, int], inbox: str) -> Unshown:
        """Messages of tickets in these folders (name to UIDVALIDITY) that were not taken in yet."""
        ...

    def take_in(
        self,
        places: Iterable[NewPlace],
        left: Collection[int],
        up_to: tuple[int, int],
        now: datetime,
    ) -> None:
        """Show these from now on. Each inherits what was shown of the same message where it lay before.

        ``left`` are ids of places found empty: they are the likeliest to have become these.
        """
        ...

    def take_in_spam(
        self, places: Iterable[NewPlace], left: Collection[int], now: datetime
    ) -> None:
        """The same, for messages found in Junk."""
        ...

    def drop(self, ids: Collection[int], why: str, now: datetime) -> None:
        """These left the folders we watch. What comes back later was put there by a person."""
        ...

    def replaced(self, ids: Collection[int], besides: str | None) -> set[int]:
        """Those of ``ids`` whose message lies in another place, the folder ``besides`` left out."""
        ...

    def close_empty(self, ids: Collection[int]) -> None: ...
    def places(self, also: Collection[int]) -> Sequence[Place]:
        """Places of every ticket that may differ from what is shown, and of those with the ids in ``also``."""
        ...

    def with_ids(self, ids: Collection[int]) -> Sequence[Place]: ...
    def tickets(self, ids: Collection[int], since: datetime | None) -> Sequence[MirroredTicket]:
        """What is shown of each ticket. ``since``: the last round, to know who wrote after it."""
        ...

    def last_round(self) -> datetime | None: ...
    def set_base(
        self, place_id: int, folder: str, marks: Collection[str], now: datetime
    ) -> None: ...
    def aim(self, place_id: int, folder: str | None, marks: Collection[str] | None) -> None: ...
    def settle(self, result: PlaceResult, now: datetime) -> None: ...


class MovedTo(Protocol):
    @property
    def uidvalidity(self) -> int: ...
    @property
    def uids(self) -> Mapping[int, int]: ...


class Status(Protocol):
    @property
    def uidvalidity(self) -> int: ...
    @property
    def uidnext(self) -> int: ...
    @property
    def messages(self) -> int: ...
    @property
    def modseq(self) -> int | None: ...


class Opened(Protocol):
    @property
    def uidvalidity(self) -> int: ...
    @property
    def uidnext(self) -> int: ...


class ShowingMailbox(Protocol):
    """A connected IMAP session that may change folders and flags."""

    def open_folder(self, folder: str) -> Opened: ...
    def wait(self, seconds: float, stop: Event) -> bool: ...
    def uids_after(self, uid: int, *, limit: int = 500) -> list[int]: ...
    def uids_since(self, day: date) -> list[int]: ...
    def fetch_many(
        self, uids: Sequence[int], *, max_octets: int | None = None
    ) -> Iterator[RawMessage]: ...
    @property
    def unreadable(self) -> Mapping[int, str]: ...
    def sizes(self, uids: Iterable[int]) -> dict[int, int]: ...
    def spelling(self) -> Callable[[str], str]:
        """Writes a folder path of ours as this server does."""
        ...

    def find_special(self, use: str) -> str | None: ...
    def find_sent_folder(self) -> str | None: ...
    def create_folder(self, folder: str) -> None: ...
    def has_folder(self, folder: str) -> bool: ...
    def status(self, folder: str) -> Status: ...
    def keeps_keywords(self, folder: str) -> bool: ...
    def flags_of(
        self, uids: Iterable[int], *, changed_since: int | None = None
    ) -> dict[int, frozenset[str]]: ...
    def which_of(self, uids: Iterable[int]) -> set[int]: ...
    def find_field(self, folder: str, field: str, value: str) -> list[int]: ...
    def put(self, folder: str, octets: bytes, flags: Sequence[str]) -> tuple[int, int] | None: ...
    def mark_many(
        self,
        folder: str,
        uidvalidity: int,
        uids: Collection[int],
        *,
        add: Collection[str],
        remove: Collection[str],
    ) -> dict[int, frozenset[str]]: ...
    def move_many(
        self, folder: str, uidvalidity: int, uids: Collection[int], to_folder: str
    ) -> MovedTo: ...
    def remove(self, folder: str, uidvalidity: int, uid: int) -> bool: ...
    def files_sent_itself(self) -> bool: ...


# ── mail of ours in the mailbox ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class UnfiledMail:
    """A mail that left and has no copy in Sent yet."""

    outbox_id: int
    ticket_id: int
    message_id: str
    octets: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Proposable:
    ticket_id: int
    article_id: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed answer in Drafts, beside its ticket as it is now. ``uid`` is None until it lies there."""

    id: int
    ticket_id: int
    article_id: str
    token: str
    in_reply_to: str | None
    content_hash: str
    state: str  # planned | waiting | missing
    folder: str
    uidvalidity: int | None
    uid: int | None
    changed_at: datetime
    status: TicketStatus
    chosen: str | None  # the ticket's article
    answered: bool
    gone: bool


class OwnMailRows(Protocol):
    def begin_filing(self, now: datetime) -> None: ...
    def unfiled(self, now: datetime, limit: int) -> Sequence[UnfiledMail]: ...
    def settle_copy(
        self,
        outbox_id: int,
        state: str,
        reason: str,
        now: datetime,
        not_before: datetime | None = None,
    ) -> None: ...
    def note_place(self, folder: str, uidvalidity: int, uid: int, now: datetime) -> None: ...
    def proposable(self, limit: int) -> Sequence[Proposable]: ...
    def proposals(self) -> Sequence[Proposal]: ...
    def plan_proposal(self, proposal: Proposal, now: datetime) -> int: ...
    def set_proposal(
        self,
        proposal: Proposal,
        state: str,
        reason: str,
        now: datetime,
        place: tuple[int, int] | None = None,
    ) -> None: ...
