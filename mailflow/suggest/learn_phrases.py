"""Training a phrase model from a small table, and judging it on texts it was not trained on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mailflow.suggest.phrases import MOST_WORDS, PhraseModel, parts_of, signs_of
from mailflow.suggest.words import words_of

FOLDS = 5
LEAST_THRESHOLD = 0.6
STRENGTH = 20.0  # inverse of the L2 penalty
NAMES = ["qzxa", "qzxb", "qzxc", "qzxd", "qzxe", "qzxf"]  # stand for words nobody knows


@dataclass(frozen=True, slots=True)
class Example:
    language: str
    positive: bool
    text: str


@dataclass(frozen=True, slots=True)
class PhraseMeasures:
    """On held-out texts: how many of the label were found, how many others were taken for it."""

    found: int
    positives: int
    false: int
    others: int


def read_examples(path: Path, label: str) -> list[Example]:
    """Columns language, label, text. Raises OSError, ValueError naming the line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        found = []
        for row in rows:
            if not (row.get("text") or "").strip() or not row.get("label"):
                raise ValueError(f"{path}:{rows.line_num}: label and text must not be empty")
            found.append(Example(row.get("language") or "", row["label"] == label, row["text"]))
    if len({e.positive for e in found}) < 2:
        raise ValueError(f"{path}: needs rows with label {label!r} and rows with another")
    return found


def learn_phrases(
    examples: Sequence[Example], label: str, *, polite: bool, false_at_most: float = 0.01
) -> tuple[PhraseModel, PhraseMeasures]:
    """``false_at_most``: share of held-out others that may be taken for the label; sets the threshold.

    ``polite``: texts of the label also stand before others of their language, as thanks do; the model judges
    sentence by sentence.

    Sentences are dealt to folds before they are combined, so that no part of a held-out text was learned.
    """
    fold = np.arange(len(examples)) % FOLDS
    scores, truth = [], []
    for k in range(FOLDS):
        learn = [e for e, f in zip(examples, fold, strict=True) if f != k or _is_answer(e, polite)]
        held = [
            e for e, f in zip(examples, fold, strict=True) if f == k and not _is_answer(e, polite)
        ]
        model = _fit(learn, label, polite)
        for text, positive in _combined(held, polite):
            scores.append(_certainty(model, text))
            truth.append(positive)
    threshold = _threshold(np.array(scores), np.array(truth), false_at_most)
    said = np.array(scores) >= threshold
    right = np.array(truth)
    measures = PhraseMeasures(
        int((said & right).sum()), int(right.sum()), int((said & ~right).sum()), int((~right).sum())
    )
    fitted = _fit(examples, label, polite)
    return replace(fitted, threshold=threshold), measures


def _certainty(model: PhraseModel, text: str) -> float:
    if model.every_sentence:
        return model.certainty(text)
    return 0.0 if model.strange(text) else model.probability(text)


def _is_answer(example: Example, polite: bool) -> bool:
    """Yes and no: a closed list, always learned, as no other word of theirs could give them away."""
    return polite and not example.positive and len(example.text.split()) <= 2


def _threshold(
    scores: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_], false_at_most: float
) -> float:
    others = np.sort(scores[~truth])[::-1]
    allowed = int(false_at_most * len(others))
    return float(max(LEAST_THRESHOLD, min(0.99, others[allowed] + 0.005)))


def _combined(examples: Sequence[Example], polite: bool) -> list[tuple[str, bool]]:
    texts = [(e.text, e.positive) for e in examples]
    if not polite:
        return texts
    by_language: dict[str, tuple[list[str], list[str]]] = {}
    for e in examples:
        by_language.setdefault(e.language, ([], []))[0 if e.positive else 1].append(e.text)
    for kind, others in by_language.values():
        for i, text in enumerate(others if kind else ()):
            texts.append((f"{kind[i % len(kind)].rstrip('!')} {text}", False))
    return texts


def _learned(examples: Sequence[Example], polite: bool) -> list[tuple[str, bool]]:
    """A name or two beside thanks changes nothing; several words nobody knows are a message."""
    texts = _combined(examples, polite)
    unknown = " ".join(NAMES)
    if not polite:
        return [*texts, *((f"{text} {unknown}", positive) for text, positive in texts)]
    for i, e in enumerate(e for e in examples if e.positive):
        texts.append((f"{e.text} {NAMES[0]}", True))
        texts.append((f"{e.text} {' '.join(NAMES[: 3 + i % 4])}", False))
    return [*texts, *[(" ".join(NAMES[:n]), False) for n in range(1, 7)] * 10]


def _known_phrases(examples: Sequence[Example]) -> frozenset[str]:
    told = (words_of(part) for e in examples if e.positive for part in parts_of(e.text))
    return frozenset(" ".join(words) for words in told if 0 < len(words) <= MOST_WORDS)


def _fit(examples: Sequence[Example], label: str, polite: bool) -> PhraseModel:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = _learned(examples, polite)
    words = [words_of(text) for text, _ in texts]
    known = {word: 1 for w in words for word in w if word not in NAMES}
    signs = [signs_of(w, known) for w in words]
    vectorizer = DictVectorizer()
    rows = vectorizer.fit_transform(signs)
    regression = LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced")
    regression.fit(rows, [positive for _, positive in texts])
    names = vectorizer.get_feature_names_out()
    weights = {str(n): float(w) for n, w in zip(names, regression.coef_[0], strict=True)}
    kept = {n: w for n, w in weights.items() if n in known or abs(w) > 0.02}
    intercept = float(regression.intercept_[0])
    phrases = _known_phrases(examples) if polite else frozenset()
    return PhraseModel(label, kept, intercept, 0.5, polite, phrases)
