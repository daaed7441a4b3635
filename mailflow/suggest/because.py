"""Why an article was ranked first, in short phrases for agents: its words and the nearest past tickets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from mailflow.suggest.features import STEMS, stem_hash
from mailflow.suggest.ranking import Ranking
from mailflow.suggest.space import Floats, Integers

Row = tuple[Integers, Floats]  # columns and values of the message

NAMED_WORDS = 4
NAMED_TICKETS = 2
ROWS_READ = 6  # of the article's own, nearest first
ALIKE_FROM = 0.25  # cosine from which a past ticket is worth naming


def because_of(
    ranking: Ranking, row: Row, words: Sequence[str], cosines: Floats, article: int
) -> tuple[str, ...]:
    """``cosines`` to every row; ``article`` the index of the first-ranked."""
    phrases = []
    named = telling_words(ranking, row, words, cosines, article)
    if named:
        phrases.append(f"article {ranking.articles[article].id}: {', '.join(named)}")
    alike = alike_tickets(ranking, cosines, article)
    if alike:
        which = "a past ticket" if len(alike) == 1 else "past tickets"
        phrases.append(f"like {which}: {', '.join(f'“{note}”' for note in alike)}")
    return tuple(phrases)


def alike_tickets(ranking: Ranking, cosines: Floats, article: int) -> list[str]:
    """The notes of this article's past tickets that are most like the message, nearest first."""
    own = np.flatnonzero(ranking.row_class[: ranking.tickets] == article)
    nearest = own[np.argsort(-cosines[own], kind="stable")]
    notes = dict.fromkeys(
        ranking.row_notes[n] for n in nearest[:ROWS_READ] if cosines[n] >= ALIKE_FROM
    )
    return list(notes)[:NAMED_TICKETS]


def telling_words(
    ranking: Ranking, row: Row, words: Sequence[str], cosines: Floats, article: int
) -> list[str]:
    """The words of the message that this article's tickets and text share, weightiest first."""
    members = np.flatnonzero(ranking.row_class == article)
    if not len(members):
        return _far_words(ranking, row, words, article)
    nearest = members[np.argsort(-cosines[members], kind="stable")[:ROWS_READ]]
    return _shared(ranking, row, words, ranking.rows, nearest)


def _far_words(ranking: Ranking, row: Row, words: Sequence[str], article: int) -> list[str]:
    place = int(np.searchsorted(ranking.far_class, article))
    if place >= len(ranking.far_class):
        return []
    return _shared(ranking, row, words, ranking.far_rows, np.array([place]))


def _shared(
    ranking: Ranking, row: Row, words: Sequence[str], rows: sparse.csr_matrix, members: Integers
) -> list[str]:
    hashes = ranking.space.blocks[STEMS].hashes
    stems = row[0] < len(hashes)
    columns = row[0][stems]
    weight = row[1][stems] * _profile(rows, members, columns)
    best = [i for i in np.argsort(-weight, kind="stable")[: 2 * NAMED_WORDS] if weight[i] > 0]
    return words_for([int(hashes[columns[i]]) for i in best], words, 3)[:NAMED_WORDS]


def words_for(hashes: Sequence[int], words: Sequence[str], shortest: int) -> list[str]:
    """The first word of the message for each stem, of at least so many letters: "the" explains nothing."""
    wanted = set(hashes)
    named: dict[int, str] = {}
    for word in words:
        if len(word) >= shortest and (hashed := stem_hash(word)) in wanted:
            named.setdefault(hashed, word)
    return [named[one] for one in hashes if one in named]


def _profile(rows: sparse.csr_matrix, members: Integers, columns: Integers) -> Floats:
    """How much the rows weigh each of these columns, summed. ``columns`` ascend."""
    weights = np.zeros(len(columns), dtype=np.float32)
    for member in members if len(columns) else ():
        part = slice(rows.indptr[member], rows.indptr[member + 1])
        upto = np.searchsorted(rows.indices[part], columns[-1], "right")  # stems come first
        found, values = rows.indices[part][:upto], rows.data[part][:upto]
        places = np.minimum(np.searchsorted(columns, found), len(columns) - 1)
        hit = columns[places] == found
        weights[places[hit]] += values[hit]
    return weights
