"""Measures of a suggester, each a pure function of what was said and what was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import Priority
from mailflow.suggest.accept import lower_bound
from mailflow.suggest.lexicon import SCALE

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its two-sided 95 % interval (Clopper and Pearson)."""

    value: float
    low: float
    high: float
    of: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] of {self.of}"


def share(right: int, total: int) -> Interval:
    if not total:
        return Interval(0.0, 0.0, 1.0, 0)
    hits, all_ = np.array([float(right)]), np.array([float(total)])
    low = float(lower_bound(hits, all_, 0.975)[0])
    high = 1 - float(lower_bound(all_ - hits, all_, 0.975)[0])
    return Interval(right / total, low, high, total)


@dataclass(frozen=True, slots=True)
class ArticleMeasures:
    """``coverage`` per target: share of messages with a fitting article for which one was named, and
    ``precision`` how often a named one was right, messages no article fits counted in."""

    first: Interval
    in_three: Interval
    reciprocal_rank: float
    calibration_error: float
    auroc: float | None
    coverage: Mapping[float, Interval]
    precision: Mapping[float, Interval]


@dataclass(frozen=True, slots=True)
class PriorityMeasures:
    accuracy: Interval
    macro_f1: float
    weighted_kappa: float
    spoken: Interval  # how often it did not abstain
    right_when_spoken: Interval
    confusion: tuple[tuple[int, ...], ...]  # [truth][said], in the order of SCALE


def measure_articles(
    truths: Sequence[str], said: Sequence[Suggestion], named: Mapping[float, Sequence[str | None]]
) -> ArticleMeasures:
    """``truths``: article ids, '' where none fits. ``named`` per target: what was suggested."""
    ranks = [_rank(truth, one) for truth, one in zip(truths, said, strict=True) if truth]
    fits = np.array([bool(truth) for truth in truths])
    confidence = first_confidences(said)
    right = rights(truths, said)
    return ArticleMeasures(
        first=share(ranks.count(1), len(ranks)),
        in_three=share(sum(1 for r in ranks if r and r <= 3), len(ranks)),
        reciprocal_rank=float(np.mean([1 / r if r else 0.0 for r in ranks])) if ranks else 0.0,
        calibration_error=calibration_error(confidence[fits], right[fits]),
        auroc=auroc(confidence[fits], confidence[~fits]),
        coverage={
            t: share(sum(1 for a, b in zip(n, truths, strict=True) if a and b), int(fits.sum()))
            for t, n in named.items()
        },
        precision={
            t: share(
                sum(1 for a, b in zip(n, truths, strict=True) if a and a == b),
                sum(1 for a in n if a),
            )
            for t, n in named.items()
        },
    )


def first_confidences(said: Sequence[Suggestion]) -> Doubles:
    return np.array([one.articles[0].confidence if one.articles else 0.0 for one in said])


def rights(truths: Sequence[str], said: Sequence[Suggestion]) -> Doubles:
    pairs = zip(truths, said, strict=True)
    return np.array([float(_rank(truth, one) == 1) for truth, one in pairs])


def _rank(truth: str, said: Suggestion) -> int | None:
    ids = [article.article_id for article in said.articles]
    return ids.index(truth) + 1 if truth in ids else None


def calibration_error(confidence: Doubles, right: Doubles, bins: int = 15) -> float:
    """ECE: the mean gap between confidence and share of right answers over equal-width bins."""
    if not len(confidence):
        return 0.0
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    gaps = [abs(float((confidence - right)[place == b].sum())) for b in range(bins)]
    return sum(gaps) / len(confidence)


def auroc(inside: Doubles, outside: Doubles) -> float | None:
    """The chance that a message with a fitting article gets more confidence than one without; ties half."""
    if not len(inside) or not len(outside):
        return None
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, "left")
    upto = np.searchsorted(ordered, inside, "right")
    return float((below + upto).sum() / 2 / len(inside) / len(outside))


def measure_priority(truths: Sequence[Priority], said: Sequence[Suggestion]) -> PriorityMeasures:
    """Only where both the truth and a label are there."""
    pairs = [
        (SCALE.index(truth), SCALE.index(one.priority.label), one.priority.abstained)
        for truth, one in zip(truths, said, strict=True)
        if one.priority is not None
    ]
    confusion = np.zeros((len(SCALE), len(SCALE)), dtype=np.int64)
    for truth, label, _ in pairs:
        confusion[truth, label] += 1
    spoken = [(truth, label) for truth, label, abstained in pairs if not abstained]
    return PriorityMeasures(
        accuracy=share(int(np.trace(confusion)), len(pairs)),
        macro_f1=macro_f1(confusion),
        weighted_kappa=weighted_kappa(confusion),
        spoken=share(len(spoken), len(pairs)),
        right_when_spoken=share(sum(a == b for a, b in spoken), len(spoken)),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def macro_f1(confusion: Integers) -> float:
    """Over the labels that occur among the truths."""
    present = np.flatnonzero(confusion.sum(axis=1))
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    return (
        float(np.mean([2 * confusion[k, k] / max(1, both[k]) for k in present]))
        if len(present)
        else 0.0
    )


def weighted_kappa(confusion: Integers) -> float:
    """Cohen's kappa with linear weights over the labels that occur, in the scale's order."""
    present = np.flatnonzero(confusion.sum(axis=0) + confusion.sum(axis=1))
    table = confusion[np.ix_(present, present)].astype(np.float64)
    if table.sum() == 0 or len(present) < 2:
        return 0.0
    places = np.arange(len(present))
    distance = np.abs(places[:, None] - places[None, :])
    chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    expected = float((distance * chance).sum())
    return 1 - float((distance * table).sum()) / expected if expected else 0.0
