"""Keeping articles, keeping a folder of them in step, and telling everybody who waits for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mailflow.desk.articles import (
    NEWS,
    Departure,
    article_fault,
    departures,
    is_news,
    slug,
)
from mailflow.desk.progress import article_letter
from mailflow.desk.ticket import Article, ArticleStatus
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.nights import out_of_the_night, planned_update
from mailflow.flow.ports import Store, Work


class ReadArticle(Protocol):
    """One file of a folder of articles: see :class:`mailflow.edges.article_files.ArticleFile`."""

    @property
    def path(self) -> object: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def article(self) -> Article | None: ...
    @property
    def fault(self) -> Exception | None: ...


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at the folder changed. ``waiting`` are articles whose news a person must let go."""

    changed: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    queued: int = 0  # letters, where announcements need nobody


def keep_article(
    work: Work, article: Article, now: datetime, *, source: str = "", fingerprint: str = ""
) -> bool:
    """Save it. True when its new status is news to somebody. Raises ValueError for one that cannot be kept."""
    fault = article_fault(article)
    if fault:
        raise ValueError(fault)
    kept = work.articles.get(article.id)
    before = kept.article.status if kept and not kept.withdrawn else None
    work.articles.save(article, source, fingerprint, now)
    if article.status not in NEWS:
        work.articles.dismiss(article.id, f"the article is {article.status} again", now)
        return False
    return is_news(before, article.status) and bool(work.articles.waiting_on(article))


def hold_announcement(work: Work, article: Article, now: datetime) -> None:
    people = len(work.articles.waiting_on(article))
    reason = f"{article.id} is {article.status}; {people} wait for it"
    work.articles.announce_later(article, reason, now)


def planned_announcement(work: Work, desk: Desk, article: Article) -> Sequence[Departure]:
    """Who would be told, and when: the preview of :func:`announce`. Nobody's night is disturbed."""
    plan = departures(work.articles.waiting_on(article), desk.policy.budgets, desk.clock())
    return [replace(d, at=out_of_the_night(work, desk.policy, d.ticket, d.at)) for d in plan]


def announce(work: Work, desk: Desk, article: Article, *, by: str) -> int:
    """Tell everybody who waits for this article, once. Returns how many letters were queued."""
    if article.status not in NEWS:
        raise ValueError(f"{article.id} is {article.status}: there is nothing to announce")
    now, queued = desk.clock(), 0
    for departure in planned_announcement(work, desk, article):
        ticket = departure.ticket
        not_sent = work.articles.not_sent(ticket.id, article)
        letter = article_letter(ticket, article, desk.policy, not_sent)
        if queue_letter(work, desk, letter, ticket, not_before=departure.at) is None:
            continue
        queued += 1
        due = planned_update(work, desk.policy, ticket, departure.at)
        work.tickets.schedule_update(ticket.id, due)
    work.articles.announced(article.id, f"{queued} told by {by}", now)
    return queued


def sync_folder(
    store: Store, desk: Desk, files: Iterable[ReadArticle], *, at_once: bool = False
) -> Synced:
    """Bring the database in step with a folder. A broken file changes nothing: its last good version stays.

    News waits for a person (`mailflow article announce ID`) unless ``at_once``.
    """
    changed, waiting, queued = [], [], 0
    seen: set[str] = set()
    for file in files:
        seen.add(str(file.path))
        article = file.article
        if article is None:
            continue
        with store.begin() as work:
            kept = work.articles.get(article.id)
            was = (kept.source, kept.fingerprint) if kept and not kept.withdrawn else None
            if was == (str(file.path), file.fingerprint):
                continue
            now = desk.clock()
            news = keep_article(
                work, article, now, source=str(file.path), fingerprint=file.fingerprint
            )
            changed.append(article.id)
            if news and at_once:
                queued += announce(work, desk, article, by="mailflow")
            elif news:
                hold_announcement(work, article, now)
                waiting.append(article.id)
    withdrawn = _withdraw_missing(store, desk, seen)
    return Synced(tuple(changed), withdrawn, tuple(waiting), queued)


def _withdraw_missing(store: Store, desk: Desk, seen: set[str]) -> tuple[str, ...]:
    with store.begin() as work:
        gone = [
            kept.article.id
            for kept in work.articles.all()
            if kept.source and kept.source not in seen and not kept.withdrawn
        ]
        for article_id in gone:
            work.articles.withdraw(article_id, "its file is gone", desk.clock())
    return tuple(gone)


def draft_article_from_message(
    work: Work, ticket_id: int, message_row: int | None, now: datetime, *, by: str, title: str = ""
) -> Article:
    """A draft made of an agent's answer, to be finished by hand; no customer sees it. Linked to nothing.

    ``message_row`` names the message; None takes the agent's latest answer in the ticket. Raises
    LookupError when there is no such ticket or answer.
    """
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None:
        raise LookupError(f"there is no ticket {ticket_id}")
    text = work.tickets.agent_text(ticket_id, message_row)
    if not text.strip():
        raise LookupError(f"ticket {ticket_id} holds no answer of an agent to make an article of")
    taken = {kept.article.id for kept in work.articles.all()}
    name = " ".join((title or ticket.subject or f"Ticket {ticket_id}").split())[:200]
    article = Article(
        id=slug(name, taken),
        title=name,
        body=text.strip("\n"),
        status=ArticleStatus.DRAFT,
        language=ticket.language or "",
    )
    work.articles.save(article, "", "", now)
    reason = f"article {article.id} was drafted from this ticket"
    work.tickets.note_event(ticket_id, "article drafted", reason, now, article=article.id, by=by)
    return article
