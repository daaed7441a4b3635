"""Learning priority from past tickets: one logistic model per step of the scale (Frank and Hall 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mailflow.desk.ticket import Priority
from mailflow.suggest.accept import logistic
from mailflow.suggest.learn_ranking import LearnTicket
from mailflow.suggest.lexicon import SCALE, Lexicon, hits_for
from mailflow.suggest.priority import (
    SIGNS,
    STEPS,
    PriorityModel,
    label_chances,
    signs_of,
    with_prior,
)
from mailflow.suggest.space import Floats, learn_space, rows_of
from mailflow.suggest.words import words_of

SHARES = (0.3, 0.2, 0.2, 0.3)
MIN_TICKETS = 40
MAX_TICKETS = 20_000
FOLDS = 5
PENALTY = 3.0
SHIFTS = np.array(
    sorted(np.linspace(-1.5, 1.5, 13), key=abs)
)  # the smallest of equal worth is taken

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def learn_priority(tickets: Sequence[LearnTicket], lexicon: Lexicon) -> PriorityModel | None:
    """The priority model, or None when there are too few tickets or only one label."""
    known = [t for t in tickets if t.priority][-MAX_TICKETS:]
    truth = np.array([SCALE.index(Priority(t.priority or "")) for t in known], dtype=np.int64)
    if len(known) < MIN_TICKETS or len(np.unique(truth)) < 2:
        return None
    words = [words_of(t.text) for t in known]
    space = learn_space(
        words, shares=SHARES, min_documents=(2, 2, 2, 3), max_features=(20_000,) * 4
    )
    rows = rows_of(space, words).matrix
    hits = [hits_for(lexicon, w) for w in words]
    signs = np.stack([signs_of(found, len(w)) for found, w in zip(hits, words, strict=True)])
    inputs = sparse.hstack([rows, sparse.csr_matrix(signs)], format="csr")
    weights, intercept = _fit(inputs, truth)
    judged = with_prior(_cross_judged(inputs, truth), hits, len(known))  # as serving will see it
    bias = _label_bias(judged, truth)
    model = PriorityModel(
        space=space,
        weights=weights[:-SIGNS],
        sign_weights=weights[-SIGNS:],
        intercept=intercept,
        bias=bias,
        tickets=len(known),
        speak_from=1.0,
    )
    return replace(model, speak_from=_speak_from(judged, truth, bias))


def _fit(inputs: sparse.csr_matrix, truth: Integers) -> tuple[Floats, tuple[float, ...]]:
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((inputs.shape[1], STEPS), dtype=np.float32)
    intercept = []
    for step in range(STEPS):
        above = truth > step
        if above.all() or not above.any():
            intercept.append(30.0 if above.all() else -30.0)
            continue
        fit = LogisticRegression(C=PENALTY, max_iter=300, solver="liblinear", random_state=0)
        fit.fit(inputs, above)
        weights[:, step] = fit.coef_[0]
        intercept.append(float(fit.intercept_[0]))
    return weights, tuple(intercept)


def _cross_judged(inputs: sparse.csr_matrix, truth: Integers) -> Doubles:
    """Chances per label of every ticket, by a model that has not seen it."""
    folds = np.random.default_rng(0).permutation(len(truth)) % FOLDS
    chances = np.zeros((len(truth), len(SCALE)))
    for fold in range(FOLDS):
        out = folds == fold
        weights, intercept = _fit(inputs[~out], truth[~out])
        chances[out] = label_chances(logistic(inputs[out] @ weights + np.array(intercept)))
    return chances


def _label_bias(chances: Doubles, truth: Integers) -> tuple[float, ...]:
    """Shifts of the log-chances under which the macro-F1 of the choice is best, found one label at a time."""
    logs = np.log(chances + 1e-9)
    present = np.unique(truth)
    bias = np.zeros(len(SCALE))
    for _ in range(2):
        for label in present:
            tries = bias[label] + SHIFTS
            scores = []
            for value in tries:
                bias_try = bias.copy()
                bias_try[label] = value
                scores.append(macro_f1((logs + bias_try).argmax(axis=1), truth))
            bias[label] = tries[int(np.argmax(scores))]
    return tuple(float(b) for b in bias - bias.mean())


def macro_f1(chosen: Integers, truth: Integers) -> float:
    """Mean over the labels that occur of the harmonic mean of precision and recall."""
    scores = []
    for label in np.unique(truth):
        hit = float(((chosen == label) & (truth == label)).sum())
        scores.append(2 * hit / max(1.0, float((chosen == label).sum() + (truth == label).sum())))
    return float(np.mean(scores))


def _speak_from(chances: Doubles, truth: Integers, bias: tuple[float, ...]) -> float:
    """The lowest confidence above which at least 60 % were right, else silence."""
    best = (np.log(chances + 1e-9) + np.array(bias)).argmax(axis=1)
    confidence = chances[np.arange(len(truth)), best]
    for value in np.arange(0.25, 0.95, 0.025):
        speaking = confidence >= value
        if speaking.sum() < 10:
            return 1.0
        if (best == truth)[speaking].mean() >= 0.6:
            return float(value)
    return 1.0
