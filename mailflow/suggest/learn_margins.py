"""Linear classifiers with a margin, one against the rest, beside the regression of a ranking.

They gain most where articles have many tickets, and cost time with each article: a desk with
hundreds of articles does without. No closed form judges a ticket as new, so tickets are judged in
folds, and hidden articles in groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mailflow.suggest.space import Doubles, Floats, Integers

PENALTY = 2.0
FOLDS = 4
GROUPS = 3
PER_ARTICLE = 8  # tickets of an article, on average, from which margins are learned
WORK = 600_000_000  # articles x weights of all rows: some two minutes in all
MOST_WEIGHTS = 4_000_000  # the largest stay
NEVER = -1.0  # the answer for an article the model does not know


@dataclass(frozen=True, slots=True)
class Margins:
    """``weights`` is CSR, shape (features, articles); the answer is texts @ weights + intercept."""

    weights: sparse.csr_matrix
    intercept: Floats

    def answers(self, texts: sparse.csr_matrix) -> Floats:
        found: Floats = (texts @ self.weights).toarray() + self.intercept
        return found


@dataclass(frozen=True, slots=True)
class JudgedMargins:
    """Answers for each ticket, shape (tickets, articles): as if new; as if its article were unknown."""

    seen: Floats
    hidden: Floats


def worth_learning(rows: sparse.csr_matrix, classes: Integers, tickets: int) -> bool:
    known = classes[:tickets][classes[:tickets] >= 0]
    asked = len(np.unique(known))
    return (
        asked >= GROUPS * 2
        and len(known) >= PER_ARTICLE * asked
        and rows.nnz * len(np.unique(classes)) <= WORK
    )


def learn_margins(rows: sparse.csr_matrix, classes: Integers, articles: int) -> Margins:
    weights, intercept = _fitted(rows, classes, articles)
    dense = np.abs(weights)
    if (extra := np.count_nonzero(dense) - MOST_WEIGHTS) > 0:
        least = np.partition(dense, dense.size - MOST_WEIGHTS, axis=None)
        weights[dense < least[dense.size - MOST_WEIGHTS]] = 0
    del dense, extra
    return Margins(sparse.csr_matrix(weights), intercept)


def judged_margins(
    rows: sparse.csr_matrix, classes: Integers, tickets: int, articles: int
) -> JudgedMargins:
    """Tickets are the first rows; the articles' own texts are learned from in every fold."""
    seen = np.full((tickets, articles), NEVER, dtype=np.float32)
    hidden = seen.copy()
    order = np.random.default_rng(0).permutation(tickets)
    fold = np.full(len(classes), -1)
    fold[order] = np.arange(tickets) % FOLDS
    for k in range(FOLDS):
        out = np.flatnonzero(fold == k)
        seen[out] = _answers(rows, classes, articles, fold != k, out)
    group = np.where(classes >= 0, classes % GROUPS, -1)
    for k in range(GROUPS):
        out = np.flatnonzero(group[:tickets] == k)
        hidden[out] = _answers(rows, classes, articles, (group != k), out)
    return JudgedMargins(seen, hidden)


def _answers(
    rows: sparse.csr_matrix, classes: Integers, articles: int, learned: Doubles, out: Integers
) -> Floats:
    weights, intercept = _fitted(rows[np.flatnonzero(learned)], classes[learned], articles)
    found: Floats = rows[out] @ weights + intercept
    return found


def _fitted(rows: sparse.csr_matrix, classes: Integers, articles: int) -> tuple[Floats, Floats]:
    """Weights, shape (features, articles), and intercepts. Tickets no article fits (-1) are of none."""
    from sklearn.svm import LinearSVC

    weights = np.zeros((rows.shape[1], articles), dtype=np.float32)
    intercept = np.full(articles, NEVER, dtype=np.float32)
    fit = LinearSVC(C=PENALTY, dual=True, random_state=0, max_iter=200).fit(rows, classes)
    for line, c in enumerate(fit.classes_):
        if c >= 0:
            weights[:, c] = fit.coef_[line]
            intercept[c] = fit.intercept_[line]
    return weights, intercept
