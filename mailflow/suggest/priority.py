"""Priority as an ordinal: for each step of the scale the chance that a message lies above it.

The lexicon is the prior; a linear model per step takes over as past tickets accumulate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mailflow.desk.suggestion import PrioritySuggestion
from mailflow.suggest.accept import logistic
from mailflow.suggest.features import Features, Hashes
from mailflow.suggest.lexicon import SCALE, Hit, Lexicon, chances_from, hits_for
from mailflow.suggest.space import Floats, Integers, Rows, Space, leading
from mailflow.suggest.telling import Spelling, loudest

STEPS = len(SCALE) - 1
PRIOR_TICKETS = 150.0  # the lexicon weighs as much as so many past tickets
SIGNS = len(SCALE) + 2
LOUD = 0.05  # a word's pull on the logit from which it is worth naming
NAMED_WORDS = 3


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


def step_scores(model: PriorityModel, rows: sparse.csr_matrix, signs: Floats) -> Floats:
    """Logits of lying above each step, shape (texts, STEPS)."""
    found: Floats = rows @ model.weights + signs @ model.sign_weights
    found += np.array(model.intercept, dtype=np.float32)
    return found


def label_chances(above: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Chances per label from the chances of lying above each step, shape (…, STEPS)."""
    falling = np.minimum.accumulate(above, axis=-1)
    ones = np.ones((*above.shape[:-1], 1))
    edges = np.concatenate([ones, falling, 0 * ones], axis=-1)
    chances: npt.NDArray[np.float64] = np.clip(edges[..., :-1] - edges[..., 1:], 0, 1)
    return chances


def with_prior(
    chances: npt.NDArray[np.float64], hits: Sequence[Sequence[Hit]], tickets: int
) -> npt.NDArray[np.float64]:
    """The chances by label that a model of so many tickets gives, and what the lexicon says beside it."""
    share = tickets / (tickets + PRIOR_TICKETS)
    prior = np.array([chances_from(found) for found in hits])
    mixed: npt.NDArray[np.float64] = share * chances + (1 - share) * prior
    return mixed


def read_priorities(
    model: PriorityModel | None,
    lexicon: Lexicon,
    features: Features,
    texts: Sequence[Sequence[str]],
    spellings: Sequence[Spelling],
    grammar: Hashes,
) -> list[PriorityReading]:
    """One reading per text; ``texts`` are the words the features were made of, ``grammar`` stems
    that tell people nothing."""
    hits = [hits_for(lexicon, words) for words in texts]
    if model is None:
        return [_by_lexicon(found, words) for found, words in zip(hits, texts, strict=True)]
    rows = model.space.rows(features)
    signs = [signs_of(found, len(words)) for found, words in zip(hits, texts, strict=True)]
    scores = step_scores(model, rows.matrix, np.stack(signs)).astype(np.float64)
    chances = with_prior(label_chances(logistic(scores)), hits, model.tickets)
    best = (chances * np.exp(np.array(model.bias))).argmax(axis=1)
    telling = _telling_words(model, rows, best, spellings, grammar)
    readings = []
    for k, words in enumerate(texts):
        confidence = float(chances[k, best[k]])
        because = [*_named(hits[k])]
        if telling[k]:
            learned = f"(learned from {model.tickets} past tickets)"
            because.append(f"words that speak for it: {', '.join(telling[k])} {learned}")
        unsure = confidence < model.speak_from or not words
        if not because and not unsure:
            because.append("no word tells of another")
        suggestion = PrioritySuggestion(SCALE[best[k]], round(confidence, 4), unsure)
        readings.append(PriorityReading(suggestion, tuple(because[:3])))
    return readings


def _by_lexicon(hits: Sequence[Hit], words: Sequence[str]) -> PriorityReading:
    chances = np.array(chances_from(hits))
    best = int(chances.argmax())
    confidence = float(chances[best])
    unsure = confidence < (SPEAK_FROM_LEXICON if hits else 1.0) or not words
    suggestion = PrioritySuggestion(SCALE[best], round(confidence, 4), unsure)
    return PriorityReading(suggestion, tuple(_named(hits)))


def _named(hits: Sequence[Hit]) -> list[str]:
    return [f'"{hit.phrase}" tells of: {hit.rule}' for hit in hits[:2]]


def _telling_words(
    model: PriorityModel,
    rows: Rows,
    best: Integers,
    spellings: Sequence[Spelling],
    grammar: Hashes,
) -> list[list[str]]:
    """The words of each message that spoke loudest for its priority; others where only they spoke."""
    stems = model.space.stems
    owners, columns, values = leading(rows.matrix, len(stems))
    for_it = np.where(best >= 2, 1, -1)  # the upper two lie above their step, the others below
    pull = model.weights[columns, np.minimum(best, STEPS - 1)[owners]] * for_it[owners] * values
    content = ~np.isin(stems[columns], grammar)
    found: list[list[str]] = [[] for _ in spellings]
    for those in (content & (pull > LOUD), content & (pull > 0), pull > LOUD):
        told = loudest(
            stems[columns[those]],
            owners[those],
            pull[those],
            spellings,
            count=NAMED_WORDS,
            shortest=4,
        )
        found = [words or others for words, others in zip(found, told, strict=True)]
        if all(found):
            break
    return found
