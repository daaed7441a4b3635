"""Articles in the database, and announcements of their news that wait for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from mailflow.desk.articles import NEVER_LEFT, announcement_key, waits
from mailflow.desk.ticket import Article, ArticleStatus, Ticket, Wording
from mailflow.flow.ports import Announcement, KeptArticle
from mailflow.store import tables as t
from mailflow.store.columns import key_text
from mailflow.store.rows import add_event, read_tickets

if TYPE_CHECKING:
    from mailflow.store.database import SqlStore

WAITING, ANNOUNCED, DISMISSED = "waiting", "announced", "dismissed"
_AT_ONCE = 500  # tickets read together


class SqlArticles:
    """See :class:`mailflow.flow.ports.Articles`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, article_id: str) -> KeptArticle | None:
        column = t.article.c
        row = self._connection.execute(
            select(t.article).where(column.id == key_text(article_id))
        ).first()
        return _kept(row) if row else None

    def all(self) -> Sequence[KeptArticle]:
        rows = self._connection.execute(select(t.article).order_by(t.article.c.id))
        return [_kept(row) for row in rows]

    def save(self, article: Article, source: str, fingerprint: str, now: datetime) -> None:
        column = t.article.c
        values = {
            "title": article.title,
            "body": article.body,
            "status": article.status.value,
            "tags": list(article.tags),
            "symptoms": article.symptoms,
            "language": article.language,
            "wordings": [[w.language, w.title, w.body] for w in article.wordings],
            "source": source,
            "fingerprint": fingerprint,
            "withdrawn": False,
            "changed_at": now,
        }
        before = self.get(article.id)
        if before is None:
            self._connection.execute(
                insert(t.article).values(id=article.id, created_at=now, **values)
            )
        else:
            self._connection.execute(
                update(t.article).where(column.id == article.id).values(values)
            )
        add_event(
            self._connection,
            "article changed" if before else "article added",
            f"{article.id}: {article.title}",
            now,
            detail={
                "article": article.id,
                "from": before.article.status.value if before else "",
                "to": article.status.value,
                "source": source or "database",
            },
        )

    def withdraw(self, article_id: str, reason: str, now: datetime) -> None:
        column = t.article.c
        self._connection.execute(
            update(t.article)
            .where(column.id == article_id)
            .values(withdrawn=True, fingerprint="", changed_at=now)
        )
        self._end(article_id, DISMISSED, reason, now)
        detail: dict[str, object] = {"article": article_id}
        add_event(self._connection, "article withdrawn", reason, now, detail=detail)

    def waiting_on(self, article: Article) -> Sequence[Ticket]:
        column = t.ticket.c
        ids = list(
            self._connection.execute(
                select(column.id).where(column.article_id == article.id).order_by(column.id)
            ).scalars()
        )
        told = self._told(article)
        waiting: list[Ticket] = []
        for start in range(0, len(ids), _AT_ONCE):
            tickets = read_tickets(self._connection, ids[start : start + _AT_ONCE])
            waiting += [x for x in tickets if waits(x) and x.id not in told]
        return waiting

    def not_sent(self, ticket_id: int, article: Article) -> int:
        column = t.outbox.c
        return self._connection.execute(
            select(func.count()).where(
                column.ticket_id == ticket_id,
                _about(announcement_key(ticket_id, article)),
                column.state.in_(NEVER_LEFT),
            )
        ).scalar_one()

    def _told(self, article: Article) -> set[int]:
        """Tickets a letter with this news left for, or may still leave for."""
        column = t.outbox.c
        rows = self._connection.execute(
            select(column.ticket_id, column.key)
            .join(t.ticket, t.ticket.c.id == column.ticket_id)
            .where(
                t.ticket.c.article_id == article.id,
                column.key.startswith("article:"),
                column.state.not_in(NEVER_LEFT),
            )
        )
        firsts = (
            (row.ticket_id, row.key, announcement_key(row.ticket_id, article)) for row in rows
        )
        return {ticket for ticket, key, first in firsts if f"{key}:".startswith(f"{first}:")}

    def announce_later(self, article: Article, reason: str, now: datetime) -> None:
        self._end(article.id, DISMISSED, "the article changed again", now)
        self._connection.execute(
            insert(t.announcement).values(
                article_id=article.id,
                status=article.status.value,
                state=WAITING,
                reason=reason,
                created_at=now,
            )
        )
        detail: dict[str, object] = {"article": article.id, "to": article.status.value}
        add_event(self._connection, "announcement waiting", reason, now, detail=detail)

    def announcements(self) -> Sequence[Announcement]:
        column = t.announcement.c
        rows = self._connection.execute(
            select(t.announcement).where(column.state == WAITING).order_by(column.id)
        )
        return [
            Announcement(row.article_id, ArticleStatus(row.status), row.reason, row.created_at)
            for row in rows
        ]

    def announced(self, article_id: str, reason: str, now: datetime) -> None:
        self._end(article_id, ANNOUNCED, reason, now)
        detail: dict[str, object] = {"article": article_id}
        add_event(self._connection, "article announced", reason, now, detail=detail)

    def dismiss(self, article_id: str, reason: str, now: datetime) -> bool:
        if not self._end(article_id, DISMISSED, reason, now):
            return False
        detail: dict[str, object] = {"article": article_id}
        add_event(self._connection, "announcement dismissed", reason, now, detail=detail)
        return True

    def _end(self, article_id: str, state: str, reason: str, now: datetime) -> bool:
        column = t.announcement.c
        ended = self._connection.execute(
            update(t.announcement)
            .where(column.article_id == article_id, column.state == WAITING)
            .values(state=state, reason=reason, settled_at=now)
        )
        return bool(ended.rowcount)


class StoredArticles(Mapping[str, Article]):
    """The desk's articles, read from the database each time, before those a model was trained with.

    Drafts are not in it: nothing here may be kept from a customer. An article of the database hides the
    model's of the same id, also when it is a draft or withdrawn.
    """

    def __init__(self, store: SqlStore, seed: Mapping[str, Article]) -> None:
        self._store = store
        self._seed = seed

    def __getitem__(self, article_id: str) -> Article:
        with self._store.read() as connection:
            kept = SqlArticles(connection).get(article_id)
        if kept is None:
            return self._seed[article_id]
        if kept.article.status is ArticleStatus.DRAFT or kept.withdrawn:
            raise KeyError(article_id)
        return kept.article

    def __iter__(self) -> Iterator[str]:
        with self._store.read() as connection:
            kept = SqlArticles(connection).all()
        hidden = {k.article.id for k in kept}
        shown = {
            k.article.id
            for k in kept
            if k.article.status is not ArticleStatus.DRAFT and not k.withdrawn
        }
        return iter(sorted(shown | (set(self._seed) - hidden)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _about(first: str) -> ColumnElement[bool]:
    key = t.outbox.c.key
    return or_(key == first, key.startswith(f"{first}:", autoescape=True))


def _kept(row: Row[tuple[object, ...]]) -> KeptArticle:
    article = Article(
        id=row.id,
        title=row.title,
        body=row.body,
        status=ArticleStatus(row.status),
        tags=tuple(row.tags),
        symptoms=row.symptoms,
        language=row.language,
        wordings=tuple(Wording(*words) for words in row.wordings),
    )
    return KeptArticle(
        article, row.source, row.fingerprint, row.withdrawn, row.created_at, row.changed_at
    )
