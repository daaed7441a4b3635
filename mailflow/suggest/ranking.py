"""Ranking articles for a text: how alike it is to past tickets and articles, and what that is worth.

Kinds of evidence per article, most from one vector of cosines between the text and the rows (past
tickets and the articles themselves):

- *regression*: least squares on an exponential kernel of the cosine, which lets words count together;
- *neighbours*: the share of the nearest past tickets that had this article;
- *likeness*: the cosine of the nearest past ticket, and of the article's own text;
- *margins*: linear classifiers, one against the rest, where the tickets are enough to learn them;
- *meaning*: neighbours and likeness by embeddings, where the model was trained with them.

Their weighted sum through a softmax is the ranking. The same functions serve and train; in training
a row's likeness to itself is masked, so that every past ticket is judged as if it were new. Beyond
some thousand articles those without a past ticket stand in an index of their own, ``far``, and have
the likeness of their own text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mailflow.desk.ticket import Article
from mailflow.suggest.embeddings import Meaning
from mailflow.suggest.features import PAIRS
from mailflow.suggest.index import Index
from mailflow.suggest.learn_margins import Margins
from mailflow.suggest.space import Doubles, Floats, Integers, Space

NEIGHBOURS = 30
SHARPNESS = 14.0  # a neighbour's vote is exp(SHARPNESS * cosine)
GAMMA = 2.0  # of the kernel exp(GAMMA * (cosine - 1))
BIAS = 0.05  # a constant added to the kernel: the regression's intercept
DEFAULT_WEIGHTS = (15.0, 0.1, 4.0, 20.0, 6.0)  # in the order of `Evidence`
MEANING_WEIGHTS = (2.0, 8.0, 16.0)  # further ones, of a model with embeddings


@dataclass(frozen=True, slots=True)
class Ranking:
    """The rows and what was learned from them.

    ``rows`` is a CSR matrix (tickets first, then articles; each part ordered by class).
    ``row_class`` is the index into ``articles``, -1 for a ticket no article fits.
    ``alpha`` are the regression's dual coefficients, shape (rows, len(columns)); ``columns`` the
    articles they speak for, all others stand in ``far_rows``, in the order of ``far_class``.
    """

    space: Space
    articles: tuple[Article, ...]
    rows: sparse.csr_matrix
    row_class: Integers
    tickets: int  # the first so many rows are tickets
    row_notes: tuple[str, ...]  # a few words of each past ticket, to show to agents
    alpha: Floats
    columns: Integers
    weights: tuple[float, ...]
    index: Index
    far_rows: sparse.csr_matrix
    far_class: Integers
    far: Index | None = None
    margins: Margins | None = None
    meaning: Meaning | None = None
    vocabulary: sparse.csr_matrix | None = None  # rows of each article in which each stem stands


def vocabulary_of(
    rows: sparse.csr_matrix, row_class: Integers, articles: int, stems: int
) -> sparse.csr_matrix:
    """How many rows of each article hold each stem, shape (articles, stems)."""
    member = np.flatnonzero(row_class >= 0)
    one = np.ones(len(member), dtype=np.float32)
    of_article = sparse.csr_matrix((one, (row_class[member], member)), (articles, rows.shape[0]))
    standing = rows[:, :stems].copy()
    standing.data[:] = 1
    found = (of_article @ standing).tocsr()
    found.sort_indices()
    return found


def whole_vocabulary(ranking: Ranking) -> sparse.csr_matrix:
    articles, stems = len(ranking.articles), len(ranking.space.blocks[0].hashes)
    near = vocabulary_of(ranking.rows, ranking.row_class, articles, stems)
    if ranking.far is None:
        return near
    far = vocabulary_of(ranking.far_rows, ranking.far_class, articles, stems)
    return (near + far).tocsr()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per text and article, shape (texts, articles) each."""

    regression: Floats
    neighbours: Floats
    nearest: Floats
    article: Floats
    margins: Floats
    meaning: tuple[Floats, ...] = ()  # neighbours, nearest, article: by embeddings

    @property
    def kinds(self) -> tuple[Floats, ...]:
        return (
            self.regression,
            self.neighbours,
            self.nearest,
            self.article,
            self.margins,
            *self.meaning,
        )

    def pooled(self, weights: Sequence[float]) -> Floats:
        total = np.zeros_like(self.regression)
        for weight, kind in zip(weights, self.kinds, strict=True):
            total += np.float32(weight) * kind
        return total


def kernel(cosines: Floats) -> Floats:
    grown = np.exp(np.float32(GAMMA) * (cosines - 1))
    grown += np.float32(BIAS)
    found: Floats = grown
    return found


def default_weights(meaning: Meaning | None) -> tuple[float, ...]:
    return DEFAULT_WEIGHTS + (MEANING_WEIGHTS if meaning else ())


def evidence_for(
    ranking: Ranking, cosines: Floats, texts: sparse.csr_matrix, vectors: Floats | None = None
) -> Evidence:
    """All evidence from the cosines to every row, shape (texts, rows), over all articles.

    ``vectors``: the texts' embeddings, which a ranking with ``meaning`` needs.
    """
    regression = kernel(cosines) @ ranking.alpha
    margins = ranking.margins.answers(texts) if ranking.margins else np.zeros_like(regression)
    meaning: tuple[Floats, ...] = ()
    if ranking.meaning is not None and vectors is not None:
        meaning = likeness_for(ranking, vectors @ ranking.meaning.rows.T)
    near = Evidence(regression, *likeness_for(ranking, cosines), margins, meaning)
    return with_far(ranking, near, texts, vectors)


def with_far(
    ranking: Ranking, near: Evidence, texts: sparse.csr_matrix, vectors: Floats | None
) -> Evidence:
    """The evidence over ``columns`` spread over all articles, and the likeness of the far ones."""
    if ranking.far is None:
        return near
    size = (texts.shape[0], len(ranking.articles))
    whole = [np.zeros(size, dtype=np.float32) for _ in near.kinds]
    for kind, found in zip(whole, near.kinds, strict=True):
        kind[:, ranking.columns] = found
    full = sum(ranking.space.shares[: PAIRS + 1])  # far rows hold stems and ordered pairs alone
    whole[3][:, ranking.far_class] = ranking.far.cosines(texts) / np.float32(full)
    if ranking.meaning is not None and vectors is not None:
        whole[-1][:, ranking.far_class] = vectors @ ranking.meaning.far_rows.T
    regression, neighbours, nearest, article, margins, *meaning = whole
    return Evidence(regression, neighbours, nearest, article, margins, tuple(meaning))


def likeness_for(ranking: Ranking, cosines: Floats) -> tuple[Floats, Floats, Floats]:
    """Neighbours' votes, nearest ticket, own text of the article; shape (texts, len(columns)) each."""
    n, count = ranking.tickets, len(ranking.columns)
    classes = ranking.row_class
    if ranking.far is not None:
        classes = np.where(classes < 0, -1, np.searchsorted(ranking.columns, classes))
    return (
        _votes(cosines[:, :n], classes[:n], count),
        _best_per_class(cosines[:, :n], classes[:n], count),
        _best_per_class(cosines[:, n:], classes[n:], count),
    )


def _votes(cosines: Floats, classes: Integers, count: int) -> Floats:
    texts, rows = cosines.shape
    votes = np.zeros((texts, count + 1), dtype=np.float32)  # the last column: no article fits
    if rows:
        k = min(NEIGHBOURS, rows)
        near = np.argpartition(cosines, rows - k, axis=1)[:, rows - k :]
        strength = np.exp(SHARPNESS * (np.take_along_axis(cosines, near, axis=1) - 1))
        strength /= strength.sum(axis=1, keepdims=True) + 1e-4  # all far off: no vote counts much
        np.add.at(votes, (np.arange(texts)[:, None], classes[near]), strength)
    return votes[:, :count]


def _best_per_class(cosines: Floats, classes: Integers, count: int) -> Floats:
    best = np.zeros((cosines.shape[0], count), dtype=np.float32)
    start = int(np.searchsorted(classes, 0))
    if start < len(classes):
        present, first = np.unique(classes[start:], return_index=True)
        best[:, present] = np.maximum.reduceat(cosines[:, start:], first, axis=1)
    return best


def probabilities(scores: Floats) -> Floats:
    """Softmax over the articles."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    shifted /= shifted.sum(axis=1, keepdims=True)
    chances: Floats = shifted
    return chances


SIGNS = 14  # what `signs_for` tells about a text


def signs_for(
    ranking: Ranking,
    rows: sparse.csr_matrix,
    evidence: Evidence,
    known: Doubles,
    own: Integers | None = None,
) -> Doubles:
    """What tells a right first article from a wrong one, shape (texts, SIGNS).

    Each sign grows with the chance of being right. ``known`` is the share of the text's stems that
    were seen before. ``own``: the article in whose vocabulary the text itself was counted, when it is judged as if new.
    """
    pooled = evidence.pooled(ranking.weights)
    chances = probabilities(pooled)
    texts = np.arange(len(chances))
    first, second = first_two(chances)
    p1 = np.clip(chances[texts, first].astype(np.float64), 1e-6, 1 - 1e-6)
    p2 = np.clip(chances[texts, second].astype(np.float64), 1e-6, 1)
    return np.stack(
        [
            np.log(p1 / (1 - p1)),
            np.log(p1) - np.log(p2),
            evidence.regression[texts, first],
            evidence.regression[texts, first] - evidence.regression[texts, second],
            evidence.nearest[texts, first],
            evidence.article[texts, first],
            evidence.neighbours[texts, first],
            known,
            evidence.margins[texts, first],
            evidence.margins[texts, first] - evidence.margins[texts, second],
            (chances * np.log(np.clip(chances, 1e-9, 1))).sum(axis=1),
            (evidence.nearest.argmax(axis=1) == first).astype(np.float64),
            explained(ranking, rows, first, own),
            pooled[texts, first],
        ],
        axis=1,
    )


def explained(
    ranking: Ranking, rows: sparse.csr_matrix, first: Integers, own: Integers | None
) -> Doubles:
    """The share of each text's stems (squared length) that the first article's tickets and text hold."""
    assert ranking.vocabulary is not None  # noqa: S101 - made with the ranking
    stems = rows[:, : ranking.vocabulary.shape[1]]
    there = ranking.vocabulary[first]
    least = np.zeros(len(first)) if own is None else (first == own).astype(np.float64)
    there.data = (there.data > np.repeat(least, np.diff(there.indptr))).astype(np.float32)
    shared = np.asarray(stems.power(2).multiply(there).sum(axis=1)).ravel()
    found: Doubles = shared.astype(np.float64) / ranking.space.shares[0]
    return found


def first_two(chances: Floats) -> tuple[Integers, Integers]:
    """The places of the best and the second best of each row; the same one when there is but one."""
    first = chances.argmax(axis=1)
    if chances.shape[1] < 2:
        return first, first
    rest = chances.copy()
    rest[np.arange(len(rest)), first] = -np.inf
    return first, rest.argmax(axis=1)
