"""Known issues, and the wording notices were written with, as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.ticket import Article, ArticleStatus, Ticket


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
