"""Least squares on a kernel of the cosine: exact for all articles, or, where they are many, for the likely ones.

The product of the kernel with all coefficients is most of the cost with a thousand articles. There the
rows of an article count by their mean first, which tells the likely articles, and these are then
computed exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mailflow.suggest.space import Floats, Integers

GAMMA = 2.0  # of the kernel exp(GAMMA * (cosine - 1))
BIAS = 0.05  # a constant added to the kernel: the regression's intercept
EXACT = 4_000_000  # coefficients up to which all articles are computed exactly
LIKELY = 12  # articles computed exactly beyond; more than are shown


def kernel(cosines: Floats) -> Floats:
    grown = np.exp(np.float32(GAMMA) * (cosines - 1))
    grown += np.float32(BIAS)
    found: Floats = grown
    return found


@dataclass(frozen=True, slots=True)
class Rough:
    """``means`` (rows, groups) takes the mean over the rows of one article, ``sums`` (groups, lines)
    are their coefficients together."""

    means: sparse.csr_matrix
    sums: Floats


@dataclass(frozen=True, slots=True)
class Regression:
    """``alpha`` are the dual coefficients, shape (rows, lines). No ``rough``: all answers are exact."""

    alpha: Floats
    rough: Rough | None = None

    def answers(self, grown: Floats) -> Floats:
        """For every article, shape (texts, lines)."""
        if self.rough is None:
            exact: Floats = grown @ self.alpha
            return exact
        found: Floats = (grown @ self.rough.means) @ self.rough.sums
        return found

    def sharpen(self, answers: Floats, grown: Floats, pooled: Floats) -> None:
        """Make the answers for the likely articles of each text exact, in place."""
        if self.rough is None:
            return
        likely = np.argpartition(pooled, -LIKELY, axis=1)[:, -LIKELY:]
        for text, lines in enumerate(likely.tolist()):
            answers[text, lines] = [self.alpha[:, line] @ grown[text] for line in lines]


def regression_of(alpha: Floats, line_of: Integers) -> Regression:
    """Rows of no line (-1) are one group."""
    if alpha.size <= EXACT or alpha.shape[1] <= LIKELY:
        return Regression(alpha)
    alpha = np.asfortranarray(alpha)  # the coefficients of one article lie together
    _, group, counts = np.unique(line_of, return_inverse=True, return_counts=True)
    rows = np.arange(len(line_of))
    shape = (len(line_of), len(counts))
    member = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, group)), shape)
    share = sparse.diags((1 / counts).astype(np.float32))
    return Regression(alpha, Rough((member @ share).tocsr(), member.T @ alpha))
