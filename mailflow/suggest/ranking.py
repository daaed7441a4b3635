"""Ranking articles for a text: how alike it is to past tickets and articles, and what that is worth.

Kinds of evidence per article, all from one vector of cosines between the text and the rows (past
tickets and the articles themselves):

- *regression*: least squares on an exponential kernel of the cosine, which lets words count together;
- *neighbours*: the share of the nearest past tickets that had this article;
- *likeness*: the cosine of the nearest past ticket, and of the article's own text.

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
from mailflow.suggest.features import PAIRS
from mailflow.suggest.index import Index
from mailflow.suggest.space import Doubles, Floats, Integers, Space

NEIGHBOURS = 30
SHARPNESS = 14.0  # a neighbour's vote is exp(SHARPNESS * cosine)
GAMMA = 2.0  # of the kernel exp(GAMMA * (cosine - 1))
BIAS = 0.05  # a constant added to the kernel: the regression's intercept
KINDS_OF_EVIDENCE = 4
DEFAULT_WEIGHTS = (15.0, 0.1, 4.0, 20.0)  # regression, neighbours, nearest ticket, article text


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per text and article, shape (texts, articles) each."""

    regression: Floats
    neighbours: Floats
    nearest: Floats
    article: Floats

    def pooled(self, weights: Sequence[float]) -> Floats:
        kinds = (self.regression, self.neighbours, self.nearest, self.article)
        total = np.zeros_like(self.regression)
        for weight, kind in zip(weights, kinds, strict=True):
            total += np.float32(weight) * kind
        return total


def kernel(cosines: Floats) -> Floats:
    grown = np.exp(np.float32(GAMMA) * (cosines - 1))
    grown += np.float32(BIAS)
    found: Floats = grown
    return found


def evidence_for(ranking: Ranking, cosines: Floats, texts: sparse.csr_matrix) -> Evidence:
    """All evidence from the cosines to every row, shape (texts, rows), over all articles."""
    regression = kernel(cosines) @ ranking.alpha
    return with_far(ranking, Evidence(regression, *likeness_for(ranking, cosines)), texts)


def with_far(ranking: Ranking, near: Evidence, texts: sparse.csr_matrix) -> Evidence:
    """The evidence over ``columns`` spread over all articles, and the likeness of the far ones."""
    if ranking.far is None:
        return near
    size = (texts.shape[0], len(ranking.articles))
    whole = [np.zeros(size, dtype=np.float32) for _ in range(KINDS_OF_EVIDENCE)]
    some = (near.regression, near.neighbours, near.nearest, near.article)
    for kind, found in zip(whole, some, strict=True):
        kind[:, ranking.columns] = found
    full = sum(ranking.space.shares[: PAIRS + 1])  # far rows hold stems and ordered pairs alone
    whole[3][:, ranking.far_class] = ranking.far.cosines(texts) / np.float32(full)
    return Evidence(*whole)


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


SIGNS = 9  # what `signs_for` tells about a text


def signs_for(chances: Floats, evidence: Evidence, known: Doubles, length: Doubles) -> Doubles:
    """What tells a right first article from a wrong one, shape (texts, SIGNS).

    ``known`` is the share of the text's stems that were seen before, ``length`` its words.
    """
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
            np.log1p(length),
        ],
        axis=1,
    )


def first_two(chances: Floats) -> tuple[Integers, Integers]:
    """The places of the best and the second best of each row; the same one when there is but one."""
    first = chances.argmax(axis=1)
    if chances.shape[1] < 2:
        return first, first
    rest = chances.copy()
    rest[np.arange(len(rest)), first] = -np.inf
    return first, rest.argmax(axis=1)
