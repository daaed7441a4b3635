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
from functools import cached_property

import numpy as np
from scipy import sparse

from mailflow.desk.ticket import Article
from mailflow.suggest.embeddings import Meaning
from mailflow.suggest.features import PAIRS
from mailflow.suggest.index import Index
from mailflow.suggest.learn_margins import Margins
from mailflow.suggest.likeness import Groups, groups_of, nearest, votes
from mailflow.suggest.regression import Regression, kernel
from mailflow.suggest.space import Doubles, Floats, Integers, Space, leading, met_in

DEFAULT_WEIGHTS = (15.0, 0.1, 4.0, 20.0, 6.0)  # in the order of `Evidence`
MEANING_WEIGHTS = (2.0, 8.0, 16.0)  # further ones, of a model with embeddings


@dataclass(frozen=True)
class Ranking:
    """The rows and what was learned from them.

    ``rows`` is a CSR matrix (tickets first, then articles; each part ordered by class).
    ``row_class`` is the index into ``articles``, -1 for a ticket no article fits.
    ``columns`` are the articles the regression speaks for, a line of it each; all others stand in
    ``far_rows``, in the order of ``far_class``.
    """

    space: Space
    articles: tuple[Article, ...]
    rows: sparse.csr_matrix
    row_class: Integers
    tickets: int  # the first so many rows are tickets
    row_notes: tuple[str, ...]  # a few words of each past ticket, to show to agents
    regression: Regression
    columns: Integers
    weights: tuple[float, ...]
    index: Index
    far_rows: sparse.csr_matrix
    far_class: Integers
    far: Index | None = None
    margins: Margins | None = None
    meaning: Meaning | None = None
    vocabulary: sparse.csr_matrix | None = None  # rows of each article in which each stem stands

    @cached_property
    def line_of(self) -> Integers:
        """Of each row, -1 for a ticket no article fits."""
        return lines_of(self.row_class, self.columns)

    @cached_property
    def ticket_groups(self) -> Groups:
        return groups_of(self.line_of[: self.tickets])

    @cached_property
    def rows_of_articles(self) -> Integers:
        """How many rows each article has, its own text counted in."""
        near = self.row_class[self.row_class >= 0]
        return np.bincount(np.concatenate([near, self.far_class]), minlength=len(self.articles))

    @cached_property
    def standing(self) -> Floats:
        """In how many rows of any article each stem stands."""
        assert self.vocabulary is not None  # noqa: S101 - made with the ranking
        found: Floats = np.asarray(self.vocabulary.sum(axis=0)).ravel()
        return found

    @cached_property
    def article_groups(self) -> Groups:
        return groups_of(self.line_of[self.tickets :])


def lines_of(row_class: Integers, columns: Integers) -> Integers:
    return np.where(row_class < 0, -1, np.searchsorted(columns, row_class))


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
    articles, stems = len(ranking.articles), len(ranking.space.stems)
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


def default_weights(meaning: Meaning | None) -> tuple[float, ...]:
    return DEFAULT_WEIGHTS + (MEANING_WEIGHTS if meaning else ())


def evidence_for(
    ranking: Ranking, cosines: Floats, texts: sparse.csr_matrix, vectors: Floats | None = None
) -> Evidence:
    """All evidence from the cosines to every row, shape (texts, rows), over all articles.

    ``vectors``: the texts' embeddings, which a ranking with ``meaning`` needs.
    """
    grown = kernel(cosines)
    regression = ranking.regression.answers(grown)
    margins = ranking.margins.answers(texts) if ranking.margins else np.zeros_like(regression)
    meaning: tuple[Floats, ...] = ()
    if ranking.meaning is not None and vectors is not None:
        meaning = likeness_for(ranking, vectors @ ranking.meaning.rows.T)
    near = Evidence(regression, *likeness_for(ranking, cosines), margins, meaning)
    ranking.regression.sharpen(regression, grown, near.pooled(ranking.weights))
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
    return (
        votes(cosines[:, :n], ranking.ticket_groups, count),
        nearest(cosines[:, :n], ranking.ticket_groups, count),
        nearest(cosines[:, n:], ranking.article_groups, count),
    )


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
    owners, columns, values = leading(rows, len(ranking.space.stems))
    there = met_in(ranking.vocabulary, list(first[:, None]), owners, columns)
    if own is not None:
        there -= (first == own)[owners]
    squares = np.where(there > 0, values.astype(np.float64) ** 2, 0)
    sums = np.bincount(owners, squares, minlength=len(first))
    found: Doubles = sums / ranking.space.shares[0]
    return found


def first_two(chances: Floats) -> tuple[Integers, Integers]:
    """The places of the best and the second best of each row; the same one when there is but one."""
    first = chances.argmax(axis=1)
    if chances.shape[1] < 2:
        return first, first
    rest = chances.copy()
    rest[np.arange(len(rest)), first] = -np.inf
    return first, rest.argmax(axis=1)
