"""What is not kept in rows: servers, archives, the suggester, the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event
from typing import Protocol

from mailflow.desk.context import Source
from mailflow.desk.delivery import DataResult, RecipientResult
from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.notices import NoticeKind
from mailflow.desk.suggestion import Suggestion
from mailflow.mail.message import RawMessage


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
