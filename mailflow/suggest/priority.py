"""Priority as an ordinal: for each step of the scale the chance that a message lies above it.

The lexicon is the prior; a linear model per step takes over as past tickets accumulate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailflow.desk.suggestion import PrioritySuggestion
from mailflow.suggest.accept import logistic
from mailflow.suggest.lexicon import SCALE, Hit, Lexicon, chances_from, hits_for
from mailflow.suggest.space import Blocks, Floats, Row, Space

STEPS = len(SCALE) - 1
PRIOR_TICKETS = 150.0  # the lexicon weighs as much as so many past tickets
SIGNS = len(SCALE) + 2


@dataclass(frozen=True, slots=True)
class PriorityModel:
    """``weights`` per feature and step, shape (features, STEPS); ``sign_weights`` (SIGNS, STEPS).

    ``bias`` shifts the choice of a label (not its confidence) so that rare labels get their share.
    """

    space: Space
    weights: Floats
    sign_weights: Floats
    intercept: tuple[float, ...]
    bias: tuple[float, ...]
    tickets: int
    speak_from: float


@dataclass(frozen=True, slots=True)
class PriorityReading:
    suggestion: PrioritySuggestion
    because: tuple[str, ...]


SPEAK_FROM_LEXICON = 0.5


def signs_of(hits: Sequence[Hit], words: int) -> npt.NDArray[np.float32]:
    """What the lexicon and the length say, as features."""
    chances = chances_from(hits)
    return np.array([*chances, float(bool(hits)), np.log1p(words) / 5], dtype=np.float32)


def step_scores(model: PriorityModel, row: Row, signs: npt.NDArray[np.float32]) -> Floats:
    """Logits of lying above each step, shape (STEPS,)."""
    text = row.values @ model.weights[row.columns]
    found: Floats = text + signs @ model.sign_weights + np.array(model.intercept, dtype=np.float32)
    return found


def label_chances(above: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Chances per label from the chances of lying above each step, shape (…, STEPS)."""
    falling = np.minimum.accumulate(above, axis=-1)
    ones = np.ones((*above.shape[:-1], 1))
    edges = np.concatenate([ones, falling, 0 * ones], axis=-1)
    chances: npt.NDArray[np.float64] = np.clip(edges[..., :-1] - edges[..., 1:], 0, 1)
    return chances


def read_priority(
    model: PriorityModel | None, lexicon: Lexicon, features: Blocks, words: Sequence[str]
) -> PriorityReading:
    hits = hits_for(lexicon, words)
    chances = np.array(chances_from(hits))
    choice, speak_from = chances, SPEAK_FROM_LEXICON if hits else 1.0
    because = [f'"{hit.phrase}" tells of: {hit.rule}' for hit in hits[:2]]
    if model is not None:
        row = model.space.row(features)
        scores = step_scores(model, row, signs_of(hits, len(words))).astype(np.float64)
        share = model.tickets / (model.tickets + PRIOR_TICKETS)
        chances = share * label_chances(logistic(scores)) + (1 - share) * chances
        choice = chances * np.exp(np.array(model.bias))
        speak_from = model.speak_from
    best = int(choice.argmax())
    confidence = float(chances[best])
    if model is not None:
        because += _telling(model, row, words, best)
    unsure = confidence < speak_from or not words
    suggestion = PrioritySuggestion(SCALE[best], round(confidence, 4), unsure)
    return PriorityReading(suggestion, tuple(because[:3]))


def _telling(model: PriorityModel, row: Row, words: Sequence[str], best: int) -> list[str]:
    """The words of the message that spoke loudest for this priority."""
    from mailflow.suggest.features import stem_hash

    stems = row.columns < len(model.space.blocks[0].hashes)
    up = model.weights[row.columns[stems]]
    pull = up[:, min(best, STEPS - 1)] if best >= 2 else -up[:, min(best, STEPS - 1)]
    pull = pull * row.values[stems]
    by_hash = {stem_hash(word): word for word in words if len(word) > 3}  # "the" explains nothing
    loud = [i for i in np.argsort(-pull)[:6] if pull[i] > 0.05]
    told = [by_hash.get(int(model.space.blocks[0].hashes[row.columns[stems][i]])) for i in loud]
    named = [word for word in told if word]
    return [f"words that speak for it: {', '.join(named[:3])}"] if named else []
