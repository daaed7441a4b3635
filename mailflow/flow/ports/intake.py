"""Messages on their way in: where they lay, which wait, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailflow.desk.context import Source
from mailflow.desk.ticket import Ticket
from mailflow.mail.message import RawMessage


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
