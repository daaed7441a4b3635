"""Articles: known issues with their solutions, and telling those who wait for one. Pure.

An article that gets a workaround or a solution is news for everybody whose ticket is linked to it. They
are told once: the key of each letter names ticket, article and status.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailflow.desk.outbox import OutboxState
from mailflow.desk.policy import Budgets, ascii_lower
from mailflow.desk.ticket import Article, ArticleStatus, Ticket, TicketStatus, Wording

#: Reaching one of these is news to those who wait.
NEWS = frozenset({ArticleStatus.WORKAROUND, ArticleStatus.FIXED})
#: In these the requester still waits for something.
_WAITING = frozenset(
    {TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.ON_HOLD}
)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?")
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_LANGUAGE = re.compile(r"[a-z]{2}")
MAX_TITLE = 200
MAX_BODY = 100_000
_MAX_SLUG = 60


def in_language(article: Article, language: str) -> Article:
    """The article in the words of ``language`` where it has them, else as it is."""
    wording = next((w for w in article.wordings if w.language == language), None)
    return replace(article, title=wording.title, body=wording.body) if wording else article


def article_fault(article: Article) -> str | None:
    """Why this cannot be kept as an article, or None."""
    if not _ID.fullmatch(article.id):
        return f"the id {article.id[:80]!r} must be 1 to 80 of a-z, 0-9, '.', '_' and '-'"
    if not article.title.strip() or "\n" in article.title:
        return "the title must be one line"
    wordings = [(article.title, article.body), *((w.title, w.body) for w in article.wordings)]
    if any(len(title) > MAX_TITLE for title, _ in wordings):
        return f"a title is longer than {MAX_TITLE} characters"
    if any(len(body) > MAX_BODY for _, body in wordings):
        return f"a solution is longer than {MAX_BODY} characters"
    languages = [
        *([article.language] if article.language else []),
        *(w.language for w in article.wordings),
    ]
    wrong = next((tag for tag in languages if not _LANGUAGE.fullmatch(tag)), None)
    if wrong is not None:
        return f"{wrong!r} is no language: two small letters such as 'de'"
    if article.status in NEWS and not article.body.strip():
        return f"an article with the status {article.status} needs a solution"
    return None


def slug(title: str, taken: Collection[str] = ()) -> str:
    """An id made from a title that none of ``taken`` has: ``Cannot log in`` becomes ``cannot-log-in``."""
    base = _NOT_IN_ID.sub("-", title.lower().encode("ascii", "ignore").decode())
    base = base[:_MAX_SLUG].strip("-") or "article"
    if base not in taken:
        return base
    return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)


def is_news(before: ArticleStatus | None, after: ArticleStatus) -> bool:
    return after in NEWS and before is not after


# ── telling those who wait ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Departure:
    """When a ticket's requester is written to."""

    ticket: Ticket
    at: datetime


def announcement_key(ticket_id: int, article: Article, not_sent: int = 0) -> str:
    """Names the cause: a ticket hears once that an article reached a status.

    ``not_sent`` is how many such letters never left: they told nobody, and the next is another letter.
    """
    cause = f"article:{ticket_id}:{article.id}:{article.status}"
    return f"{cause}:{not_sent + 1}" if not_sent else cause


#: A letter in one of these never leaves: whoever it was for has not been told.
NEVER_LEFT = frozenset({OutboxState.SHADOW, OutboxState.DROPPED})


def waits(ticket: Ticket) -> bool:
    """Whether its requester waits for news of the linked article."""
    return ticket.status in _WAITING and bool(ticket.requester.address)


def departures(tickets: Iterable[Ticket], budgets: Budgets, now: datetime) -> Sequence[Departure]:
    """Spread over hours so that half of each budget stays free: no letter is dropped for being one of many.

    One address gets at most one of these letters an hour, a domain and everybody together half of what
    the budgets allow.
    """
    limits = {
        "address": 1,
        "domain": max(1, budgets.per_domain_per_hour // 2),
        "all": max(1, budgets.per_hour // 2),
    }
    leaving: Counter[tuple[int, str, str]] = Counter()
    found = []
    for ticket in tickets:
        address = ascii_lower(ticket.requester.address)
        names = {"address": address, "domain": address.rpartition("@")[2], "all": ""}
        hour = 0
        while any(leaving[hour, what, name] >= limits[what] for what, name in names.items()):
            hour += 1
        leaving.update((hour, what, name) for what, name in names.items())
        found.append(Departure(ticket, now + timedelta(hours=hour)))
    return found


def edited(
    article: Article,
    *,
    title: str | None,
    status: ArticleStatus | None,
    tags: Sequence[str] | None,
    symptoms: str | None,
    body: str | None,
    language: str | None,
) -> Article:
    """The article with what was given, the rest as it was. Words in another language than its own become,
    or change, its wording in that language."""
    changed = replace(
        article,
        status=status or article.status,
        tags=tuple(tags) if tags is not None else article.tags,
        symptoms=article.symptoms if symptoms is None else symptoms,
    )
    if language and article.language and language != article.language:
        old = next((w for w in article.wordings if w.language == language), None)
        wording = Wording(
            language,
            title or (old.title if old else article.title),
            body if body is not None else (old.body if old else article.body),
        )
        others = tuple(w for w in article.wordings if w.language != language)
        return replace(changed, wordings=(*others, wording))
    return replace(
        changed,
        title=title or article.title,
        body=article.body if body is None else body,
        language=language or article.language,
    )
