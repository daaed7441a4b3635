"""Ranking articles for a text: how alike it is to past tickets and articles, and what that is worth.

Three kinds of evidence per article, all from one vector of cosines between the text and the rows
(past tickets and the articles themselves):

- *regression*: least squares on an exponential kernel of the cosine, which lets words count together;
- *neighbours*: the share of the nearest past tickets that had this article;
- *likeness*: the cosine of the nearest past ticket, and of the article's own text.

Their weighted sum through a softmax is the ranking. The same functions serve and train; in training
a row's likeness to itself is masked, so that every past ticket is judged as if it were new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mailflow.desk.ticket import Article
from mailflow.suggest.space import Floats, Row, Space

Integers = npt.NDArray[np.int64]

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
    ``alpha`` are the regression's dual coefficients, shape (rows, articles).
    """

    space: Space
    articles: tuple[Article, ...]
    rows: sparse.csr_matrix
    row_class: Integers
    tickets: int  # the first so many rows are tickets
    row_notes: tuple[str, ...]  # a few words of each past ticket, to show to agents
    alpha: Floats
    weights: tuple[float, ...]
    by_feature: sparse.csr_matrix  # ``rows`` transposed: the index serving reads


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
    grown: Floats = np.exp(np.float32(GAMMA) * (cosines - 1)) + np.float32(BIAS)
    return grown


def evidence_for(ranking: Ranking, cosines: Floats) -> Evidence:
    """All evidence from the cosines to every row, shape (texts, rows)."""
    return Evidence(kernel(cosines) @ ranking.alpha, *likeness_for(ranking, cosines))


def likeness_for(ranking: Ranking, cosines: Floats) -> tuple[Floats, Floats, Floats]:
    """Neighbours' votes, nearest ticket, own text of the article; shape (texts, articles) each."""
    n, count = ranking.tickets, len(ranking.articles)
    tickets, articles = cosines[:, :n], cosines[:, n:]
    return (
        _votes(tickets, ranking.row_class[:n], count),
        _best_per_class(tickets, ranking.row_class[:n], count),
        _best_per_class(articles, ranking.row_class[n:], count),
    )


def _votes(cosines: Floats, classes: Integers, count: int) -> Floats:
    texts, rows = cosines.shape
    votes = np.zeros((texts, count + 1), dtype=np.float32)  # the last column: no article fits
    if rows:
        k = min(NEIGHBOURS, rows)
        near = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
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
    chances: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return chances


SIGNS = 9  # what `signs_for` tells about a text


def signs_for(
    chances: Floats,
    evidence: Evidence,
    known: npt.NDArray[np.float64],
    length: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """What tells a right first article from a wrong one, shape (texts, SIGNS).

    ``known`` is the share of the text's stems that were seen before, ``length`` its words.
    """
    texts = np.arange(len(chances))
    order = np.argsort(-chances, axis=1)
    first, second = order[:, 0], order[:, min(1, chances.shape[1] - 1)]
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


def cosines_for(ranking: Ranking, queries: Sequence[Row]) -> Floats:
    """Cosines of each query to every row, dense, shape (queries, rows)."""
    product = ranking.space.matrix(queries) @ ranking.by_feature
    dense: Floats = product.toarray()
    return dense
