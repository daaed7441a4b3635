"""Why an article was ranked first, in short phrases for agents: its words and the nearest past tickets.

Named are words that stand under this article more often than elsewhere, whatever the language; words of
grammar only where nothing else can be told. A batch at once, because what a sparse matrix costs to be
asked is then shared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mailflow.suggest.features import Hashes
from mailflow.suggest.ranking import Ranking
from mailflow.suggest.space import Floats, Integers, Rows, leading, met_in
from mailflow.suggest.telling import Spelling, loudest

NAMED_WORDS = 4
NAMED_TICKETS = 2
ROWS_READ = 6  # of the article's own, nearest first
ALIKE_FROM = 0.25  # cosine from which a past ticket is worth naming
MORE_THAN_ELSEWHERE = 1.25  # times as often, from which a word sets an article apart
CAUTION = 2.0  # rows as usual, thought beside the article's own: few rows prove little


def because_of(
    ranking: Ranking,
    rows: Rows,
    spellings: Sequence[Spelling],
    cosines: Floats,
    articles: Integers,
    grammar: Hashes,
) -> list[tuple[str, ...]]:
    """``rows`` are the messages, ``cosines`` those to every row, ``articles`` each one's first-ranked.

    ``grammar`` are the stems of words that tell nothing.
    """
    near = _nearest(ranking, cosines, articles)
    alike = [_alike_tickets(ranking, *pair) for pair in zip(cosines, near, strict=True)]
    need = np.array([not notes for notes in alike])
    named = _telling_words(ranking, rows, spellings, near, articles, grammar, need)
    said = []
    for k, article in enumerate(articles.tolist()):
        phrases = _phrases(ranking.articles[article].id, named[k], alike[k])
        said.append(phrases or _vaguely(ranking, cosines[k], near[k], article))
    return said


def _phrases(article: str, words: Sequence[str], notes: Sequence[str]) -> tuple[str, ...]:
    phrases = []
    if words:
        phrases.append(f"article {article}: {', '.join(words)}")
    if notes:
        which = "a past ticket" if len(notes) == 1 else "past tickets"
        phrases.append(f"like {which}: {', '.join(f'“{note}”' for note in notes)}")
    return tuple(phrases)


def _vaguely(ranking: Ranking, cosines: Floats, near: Integers, article: int) -> tuple[str, ...]:
    """What decided where no word did: pieces of words, or meaning."""
    if len(near) and cosines[near[0]] > 0:
        if near[0] < ranking.tickets:
            return (f"a little like a past ticket: “{ranking.row_notes[near[0]]}”",)
        return (f"article {ranking.articles[article].id}: like it in pieces of words",)
    if ranking.meaning is not None:
        return (f"article {ranking.articles[article].id}: like it in meaning",)
    return ()


def _nearest(ranking: Ranking, cosines: Floats, articles: Integers) -> list[Integers]:
    """The rows of each text's article, its tickets and its own text, nearest first."""
    n, found = ranking.tickets, []
    bounds = [
        np.searchsorted(part, articles, side) + start
        for part, start in ((ranking.row_class[:n], 0), (ranking.row_class[n:], n))
        for side in ("left", "right")
    ]
    for text, (start, stop, first, last) in enumerate(np.stack(bounds, axis=1).tolist()):
        members = np.concatenate([np.arange(start, stop), np.arange(first, last)])
        found.append(members[np.argsort(-cosines[text, members], kind="stable")])
    return found


def _alike_tickets(ranking: Ranking, cosines: Floats, near: Integers) -> list[str]:
    """The notes of the past tickets that are most like the message, nearest first."""
    tickets = near[near < ranking.tickets][:ROWS_READ]
    alike = tickets[cosines[tickets] >= ALIKE_FROM].tolist()
    return list(dict.fromkeys(ranking.row_notes[n] for n in alike))[:NAMED_TICKETS]


def _telling_words(
    ranking: Ranking,
    rows: Rows,
    spellings: Sequence[Spelling],
    near: Sequence[Integers],
    articles: Integers,
    grammar: Hashes,
    need: npt.NDArray[np.bool_],
) -> list[list[str]]:
    """The words of each message that its article's tickets and text share, weightiest first.

    Words of grammar only of a message that is in ``need`` of any.
    """
    owners, columns, values = leading(rows.matrix, len(ranking.space.stems))
    shared = met_in(ranking.rows, [members[:ROWS_READ] for members in near], owners, columns)
    if ranking.far is not None:
        shared += met_in(ranking.far_rows, _far_rows(ranking, articles), owners, columns)
    stems = ranking.space.stems[columns]
    content = ~np.isin(stems, grammar)
    apart = content & (_lift(ranking, articles, owners, columns) >= MORE_THAN_ELSEWHERE)
    found: list[list[str]] = [[] for _ in near]
    for those in (apart, content, need[owners]):
        weights = shared * values * those
        told = loudest(stems, owners, weights, spellings, count=NAMED_WORDS, shortest=3)
        found = [words or others for words, others in zip(found, told, strict=True)]
        if all(found):
            break
    return found


def _lift(ranking: Ranking, articles: Integers, owners: Integers, columns: Integers) -> Floats:
    """How many times as often each stem stands under its text's article as it does anywhere."""
    assert ranking.vocabulary is not None  # noqa: S101 - made with the ranking
    under = met_in(ranking.vocabulary, list(articles[:, None]), owners, columns)
    anywhere = ranking.standing[columns] / max(1, ranking.rows_of_articles.sum())
    of_article = ranking.rows_of_articles[articles][owners]
    share = (under + CAUTION * anywhere) / (of_article + CAUTION)
    found: Floats = share / np.maximum(anywhere, 1e-9)
    return found


def _far_rows(ranking: Ranking, articles: Integers) -> list[Integers]:
    """The row of each text's article where it stands far, else none."""
    places = np.searchsorted(ranking.far_class, articles)
    there = np.append(ranking.far_class, -1)[places] == articles
    return [places[k : k + is_there] for k, is_there in enumerate(there.astype(int).tolist())]
