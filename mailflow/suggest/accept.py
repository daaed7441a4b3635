"""When to speak: the probability that the first article is right, and the threshold that keeps a promise.

*Score*: a logistic model on the signs of a ranking, trained on past tickets judged as new (right or
wrong) and on past tickets whose own article was hidden (never right). No out-of-scope example is
needed. *Confidence*: the score mapped to a probability on the tickets judged as new. *Threshold*:
the lowest score above which the share of right answers, hidden ones counted in, is at least the
target by a one-sided lower confidence bound (Clopper and Pearson 1934): at the 80 % level for what
agents see, at the 95 % level for what a customer may see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
AGENTS, CUSTOMERS = 0.8, 0.95  # levels of the bounds


@dataclass(frozen=True, slots=True)
class Accept:
    """``scores`` ascend; ``precision`` and ``strict`` bound the precision from each on, at 80 and 95 %."""

    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    slope: float  # confidence = logistic(slope * score + offset)
    offset: float
    scores: tuple[float, ...] = ()
    precision: tuple[float, ...] = ()
    strict: tuple[float, ...] = ()
    own_tickets: bool = False  # measured on confirmed tickets of this installation

    def score(self, signs: Doubles) -> Doubles:
        standard = (signs - np.array(self.centre)) / np.array(self.scale)
        found: Doubles = standard @ np.array(self.weights) + self.intercept
        return found

    def confidence(self, scores: Doubles) -> Doubles:
        found: Doubles = logistic(self.slope * scores + self.offset)
        return found

    def threshold(self, target: float, *, strict: bool = False) -> float | None:
        """The lowest score that keeps the target, or None when nothing does: then stay silent."""
        bounds = self.strict if strict else self.precision
        for score, bound in zip(self.scores, bounds, strict=True):
            if bound >= target:
                return score
        return None


def logistic(values: Doubles) -> Doubles:
    found: Doubles = 1 / (1 + np.exp(-np.clip(values, -40, 40)))
    return found


def lower_bound(right: Doubles, total: Doubles, level: float = 0.95) -> Doubles:
    """One-sided Clopper-Pearson bound of a share; counts may be weighted sums."""
    from scipy.special import betaincinv

    right = np.maximum(right, 1e-9)
    found: Doubles = betaincinv(right, np.maximum(total - right, 0) + 1, 1 - level)
    return found


def precision_curve(
    scores: Doubles, right: Doubles, weights: Doubles, points: int = 400
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Scores, and the bounds of the precision at and above each; the weighted sample counts as its
    effective size (Kish)."""
    order = np.argsort(-scores)
    scores, right, weights = scores[order], right[order], weights[order]
    total, hits = np.cumsum(weights), np.cumsum(weights * right)
    effective = total**2 / np.cumsum(weights**2)
    at = np.unique(np.linspace(0, len(scores) - 1, points).astype(int))[::-1]
    right_there, there = (hits / total * effective)[at], effective[at]
    return (
        tuple(scores[at].tolist()),
        tuple(lower_bound(right_there, there, AGENTS).tolist()),
        tuple(lower_bound(right_there, there, CUSTOMERS).tolist()),
    )
