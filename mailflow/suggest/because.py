"""Why an article was ranked first, in short phrases for agents: its words and the nearest past tickets.

A batch at once, because what a sparse matrix costs to be asked is then shared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mailflow.suggest.ranking import Ranking
from mailflow.suggest.space import Floats, Integers, Rows, leading, met_in
from mailflow.suggest.telling import Spelling, loudest

NAMED_WORDS = 4
NAMED_TICKETS = 2
ROWS_READ = 6  # of the article's own, nearest first
ALIKE_FROM = 0.25  # cosine from which a past ticket is worth naming


def because_of(
    ranking: Ranking,
    rows: Rows,
    spellings: Sequence[Spelling],
    cosines: Floats,
    articles: Integers,
) -> list[tuple[str, ...]]:
    """``rows`` are the messages, ``cosines`` those to every row, ``articles`` each one's first-ranked."""
    near = _nearest(ranking, cosines, articles)
    named = _telling_words(ranking, rows, spellings, near, articles)
    alike = [_alike_tickets(ranking, *pair) for pair in zip(cosines, near, strict=True)]
    return [
        _phrases(ranking.articles[article].id, words, notes)
        for article, words, notes in zip(articles.tolist(), named, alike, strict=True)
    ]


def _phrases(article: str, words: Sequence[str], notes: Sequence[str]) -> tuple[str, ...]:
    phrases = []
    if words:
        phrases.append(f"article {article}: {', '.join(words)}")
    if notes:
        which = "a past ticket" if len(notes) == 1 else "past tickets"
        phrases.append(f"like {which}: {', '.join(f'“{note}”' for note in notes)}")
    return tuple(phrases)


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
) -> list[list[str]]:
    """The words of each message that its article's tickets and text share, weightiest first."""
    owners, columns, values = leading(rows.matrix, len(ranking.space.stems))
    shared = met_in(ranking.rows, [members[:ROWS_READ] for members in near], owners, columns)
    if ranking.far is not None:
        shared += met_in(ranking.far_rows, _far_rows(ranking, articles), owners, columns)
    stems = ranking.space.stems[columns]
    return loudest(stems, owners, shared * values, spellings, count=NAMED_WORDS, shortest=3)


def _far_rows(ranking: Ranking, articles: Integers) -> list[Integers]:
    """The row of each text's article where it stands far, else none."""
    places = np.searchsorted(ranking.far_class, articles)
    there = np.append(ranking.far_class, -1)[places] == articles
    return [places[k : k + is_there] for k, is_there in enumerate(there.astype(int).tolist())]
