"""Why an article was ranked first, in short phrases for agents: its words and the nearest past ticket."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mailflow.suggest.features import STEMS, stem_hash
from mailflow.suggest.ranking import Integers, Ranking
from mailflow.suggest.space import Floats, Row

NAMED_WORDS = 4
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
    own = np.flatnonzero(ranking.row_class[: ranking.tickets] == article)
    if len(own):
        nearest = own[cosines[own].argmax()]
        if cosines[nearest] >= ALIKE_FROM:
            phrases.append(f"like a past ticket: “{ranking.row_notes[nearest]}”")
    return tuple(phrases)


def telling_words(
    ranking: Ranking, row: Row, words: Sequence[str], cosines: Floats, article: int
) -> list[str]:
    """The words of the message that this article's tickets and text share, weightiest first."""
    members = np.flatnonzero(ranking.row_class == article)
    if not len(members):
        return []
    nearest = members[np.argsort(-cosines[members], kind="stable")[:ROWS_READ]]
    block = ranking.space.blocks[STEMS]
    stems = row.columns < len(block.hashes)
    weight = row.values[stems] * _profile(ranking, nearest, row.columns[stems])
    by_hash = {stem_hash(word): word for word in reversed(words) if len(word) > 2}
    best = [i for i in np.argsort(-weight, kind="stable")[: 2 * NAMED_WORDS] if weight[i] > 0]
    found = [by_hash.get(int(block.hashes[row.columns[stems][i]])) for i in best]
    return [word for word in found if word][:NAMED_WORDS]


def _profile(ranking: Ranking, members: Integers, columns: Integers) -> Floats:
    """How much the rows weigh each of these columns, summed. ``columns`` ascend."""
    weights = np.zeros(len(columns), dtype=np.float32)
    for member in members if len(columns) else ():
        part = slice(ranking.rows.indptr[member], ranking.rows.indptr[member + 1])
        found, values = ranking.rows.indices[part], ranking.rows.data[part]
        places = np.minimum(np.searchsorted(columns, found), len(columns) - 1)
        hit = columns[places] == found
        weights[places[hit]] += values[hit]
    return weights
