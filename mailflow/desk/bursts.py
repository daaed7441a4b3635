"""A burst of similar new tickets: many people who report the same at once, perhaps an outage. Pure.

A ticket belongs to at most one burst. What resembles a burst that was told already joins it and is not
told again; after a pause as long as the window, the same matter is a new burst.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailflow.desk.alike import Group, neighbours, rarity, stars, terms_of, vector
from mailflow.desk.notices import Burst as BurstFacts
from mailflow.desk.notices import BurstLine
from mailflow.desk.policy import Agent, Policy
from mailflow.desk.ticket import Article, ArticleStatus

LOOK_BACK = timedelta(days=28)  # what is usual here
MOST_A_DAY = 6  # told; beyond, somebody is playing with us
_LEAST_HISTORY = timedelta(days=7)  # a young desk knows little of what is usual
_BUSY = 4  # mail comes in a quarter of the hours
_SIGMAS = 3.0  # above what is usual
_LISTED = 12
_SUBJECTS = 5


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket and the words that opened it. ``requester`` is canonical: one person, one text."""

    ticket_id: int
    requester: str
    address: str
    subject: str
    text: str
    opened_at: datetime
    queue: str | None = None
    language: str | None = None
    known: bool = False  # an article explains it
    burst: str = ""  # the burst it was counted to


@dataclass(frozen=True, slots=True)
class BurstRules:
    people: int = 5  # at least, distinct
    window: timedelta = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Burst:
    """``tickets``: the most typical first. ``usual`` is how many people write of it in such a time."""

    key: str  # names it for ever
    tickets: tuple[Opened, ...]
    people: int
    usual: float

    @property
    def reason(self) -> str:
        return (
            f"{self.people} people wrote of the same within a short time, "
            f"{self.usual:.1f} are usual, and no known issue explains it"
        )


@dataclass(frozen=True, slots=True)
class Found:
    """``joined``: tickets that belong to a burst told before, by its key."""

    new: tuple[Burst, ...] = ()
    joined: tuple[tuple[str, Opened], ...] = ()


def find_bursts(window: Sequence[Opened], past: Sequence[Opened], rules: BurstRules) -> Found:
    """Bursts among the tickets of the window; ``past`` are those before it, for what is usual here."""
    if len({x.requester for x in window if not x.burst and not x.known}) == 0:
        return Found()
    terms = [terms_of(f"{x.subject}\n{x.text}") for x in past]
    weights = rarity(terms)

    def vectors(tickets: Sequence[Opened]) -> list[dict[str, float]]:
        return [vector(terms_of(f"{x.subject}\n{x.text}"), weights, len(past)) for x in tickets]

    told = [x for x in window if x.burst]
    fresh = [x for x in window if not x.burst and not x.known]
    fresh_vectors = vectors(fresh)
    to_told = neighbours(fresh_vectors, vectors(told))
    joined = tuple(
        (Counter(told[p].burst for p in near).most_common(1)[0][0], x)
        for x, near in zip(fresh, to_told, strict=True)
        if near
    )
    left = [p for p, near in enumerate(to_told) if not near]
    fresh, fresh_vectors = [fresh[p] for p in left], [fresh_vectors[p] for p in left]
    people = [x.requester for x in fresh]
    groups = stars(neighbours(fresh_vectors, fresh_vectors), people, rules.people)
    if not groups:
        return Found(joined=joined)
    centres = [fresh_vectors[group.members[0]] for group in groups]
    before = neighbours(centres, [vector(t, weights, len(past)) for t in terms])
    new = [
        _burst(group, fresh, len({past[p].requester for p in near}), past, rules)
        for group, near in zip(groups, before, strict=True)
    ]
    return Found(tuple(b for b in new if b.people >= _threshold(b.usual, rules)), joined)


def _burst(
    group: Group, fresh: Sequence[Opened], similar: int, past: Sequence[Opened], rules: BurstRules
) -> Burst:
    tickets = tuple(fresh[p] for p in group.members)
    first = min(x.ticket_id for x in tickets)
    moments = [x.opened_at for x in past]
    span = max(_LEAST_HISTORY, max(moments) - min(moments)) if moments else _LEAST_HISTORY
    return Burst(str(first), tickets, group.people, _BUSY * similar * (rules.window / span))


def _threshold(usual: float, rules: BurstRules) -> float:
    return max(float(rules.people), usual + _SIGMAS * math.sqrt(usual))


# ── what agents are told ────────────────────────────────────────────────────────────────────────


def draft_of(burst: Burst, article_id: str) -> Article:
    """A draft to be finished by hand: what people notice, without a solution. No customer sees it."""
    subjects = [" ".join(x.subject.split())[:200] for x in burst.tickets]
    told = list(dict.fromkeys(filter(None, subjects)))[:_SUBJECTS]
    language = burst.tickets[0].language or ""
    return Article(
        id=article_id,
        title=title_of(burst),
        body="",
        status=ArticleStatus.DRAFT,
        language=language if len(language) == 2 else "",
        symptoms="\n".join(told),
    )


def title_of(burst: Burst) -> str:
    named = (" ".join(x.subject.split()) for x in burst.tickets)
    return next(filter(None, named), f"Ticket {burst.key}")[:200]


def burst_facts(burst: Burst, article: Article, agent: Agent, policy: Policy) -> BurstFacts:
    lines = sorted(burst.tickets, key=lambda x: x.ticket_id)
    return BurstFacts(
        support_name=policy.support_name,
        support_address=policy.support_address,
        organisation=policy.organisation,
        agent_name=agent.name or None,
        title=article.title,
        people=burst.people,
        since=min(x.opened_at for x in burst.tickets),
        tickets=tuple(
            BurstLine(number=x.ticket_id, subject=x.subject, requester_address=x.address)
            for x in lines[:_LISTED]
        ),
        hidden=max(0, len(lines) - _LISTED),
        article_id=article.id,
    )


# ── feature requests ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing people ask for. ``title`` is the most typical ticket's subject."""

    title: str
    tickets: tuple[int, ...]
    requesters: int  # distinct


def group_requests(requests: Sequence[Opened]) -> list[Wanted]:
    """What is asked for, by how many people, the most wanted first. Every request stands in one group."""
    terms = [terms_of(f"{x.subject}\n{x.text}") for x in requests]
    weights = rarity(terms)
    vectors = [vector(t, weights, len(terms)) for t in terms]
    near = [
        sorted({p, *found}) for p, found in enumerate(neighbours(vectors, vectors))
    ]  # itself too, where it has no words
    groups = stars(near, [x.requester for x in requests])
    return [
        Wanted(
            " ".join(requests[g.members[0]].subject.split()),
            tuple(sorted(requests[p].ticket_id for p in g.members)),
            g.people,
        )
        for g in groups
    ]
