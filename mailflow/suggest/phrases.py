"""A small model of two classes for short texts: readable weights of words, word pairs and word beginnings.

Serving needs the standard library alone. A word the model never saw counts as ``*``, so that a text
of unknown words is not taken for a known phrase.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from mailflow.suggest.unusable import ModelUnusable
from mailflow.suggest.words import words_of

FORMAT = "mailflow phrases 2"
NAME = "phrases.json"
UNKNOWN = "*"
MOST_UNKNOWN = 6  # counted
MOST_WORDS = 10  # of a known phrase
_MAX_CHARACTERS = 600  # longer texts are more than a phrase
_MOST_SENTENCES = 8
_FIRST = 12  # sentences in which one is looked for, where any will do
_SENTENCE_END = re.compile(r"[.!?;…]+|\n\s*\n")
_PART_END = re.compile(r"[.,!?;:…\n\r]+")
_BEGINNING = 5
_MAX_OCTETS = 5_000_000
_MEND = "install mailflow anew, or train it with `mailflow model train-phrases`"


@dataclass(frozen=True, slots=True)
class PhraseModel:
    """``label`` is said when its probability reaches ``threshold`` (0..1); below, it abstains."""

    label: str
    weights: Mapping[str, float]
    intercept: float
    threshold: float
    every_sentence: bool = False  # the label is said of a text only when all of it is so
    phrases: frozenset[str] = frozenset()  # words with a blank between: of the label for certain

    def probability(self, text: str) -> float:
        """Of one text as a whole."""
        signs = signs_of(words_of(text), self.weights)
        score = self.intercept + sum(self.weights.get(s, 0.0) * n for s, n in signs.items())
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, score))))

    def certainty(self, text: str) -> float:
        """Of one part of a text where all must be so: its least likely pair of words decides with the whole.

        ``Thanks the error is back`` is as a whole much like thanks, ``error is`` is not. What consists of
        known phrases alone is certain.
        """
        words = words_of(text)
        if self._is_said_in_phrases(words):
            return 1.0
        if self.strange(text):
            return 0.0
        pairs = (" ".join(pair) for pair in pairwise(words)) if len(words) > 2 else ()
        return min(self.probability(text), *map(self.probability, pairs), 1.0)

    def says(self, text: str) -> bool:
        """With ``every_sentence`` each must be of the label; otherwise any of the first ones."""
        if not self.every_sentence:
            sentences = [s for s in _SENTENCE_END.split(text[:_MAX_CHARACTERS]) if words_of(s)]
            return any(self.probability(s) >= self.threshold for s in sentences[:_FIRST])
        parts = parts_of(text[:_MAX_CHARACTERS])
        if len(text) > _MAX_CHARACTERS or len(parts) > _MOST_SENTENCES or "?" in text:
            return False
        told = [said for part in parts if (said := self._without_names(part))]
        return bool(told) and all(self.certainty(said) >= self.threshold for said in told)

    def strange(self, text: str) -> bool:
        """Whether words it never saw make up too much of the text for any judgement."""
        words = words_of(text)
        unknown = sum(word not in self.weights for word in words)
        return unknown > 1 or 2 * unknown >= max(1, len(words))

    def _is_said_in_phrases(self, words: Sequence[str]) -> bool:
        """Whether words are known phrases one after the other."""
        ends = {0}
        for end in range(1, len(words) + 1):
            starts = range(max(0, end - MOST_WORDS), end)
            if any(at in ends and " ".join(words[at:end]) in self.phrases for at in starts):
                ends.add(end)
        return bool(words) and len(words) in ends

    def _without_names(self, part: str) -> str:
        """Without a salutation or signature: one or two capitalised words it never saw, at the end."""
        words = part.split()
        for _ in range(2):
            if words and words[-1][:1].isupper() and not self._knows(words[-1]):
                words.pop()
        return " ".join(words)

    def _knows(self, text: str) -> bool:
        return any(word in self.weights for word in words_of(text))


def parts_of(text: str) -> list[str]:
    """What stands between stops and commas, as far as it holds words."""
    return [part for part in _PART_END.split(text) if words_of(part)]


def signs_of(words: Sequence[str], known: Mapping[str, object]) -> dict[str, int]:
    """Signs with their counts: each known word once, pairs once, beginnings once, unknown words counted."""
    signs: dict[str, int] = {}
    for word in words:
        if word in known:
            signs[word] = 1
        else:
            signs[UNKNOWN] = min(MOST_UNKNOWN, signs.get(UNKNOWN, 0) + 1)
        if len(word) > _BEGINNING:
            signs[word[:_BEGINNING] + "~"] = 1
    for first, second in pairwise(words):
        signs[f"{first} {second}"] = 1
    return signs


def save_phrases(model: PhraseModel, folder: Path) -> None:
    facts = {
        "format": FORMAT,
        "label": model.label,
        "every_sentence": model.every_sentence,
        "threshold": round(model.threshold, 4),
        "intercept": round(model.intercept, 4),
        "phrases": sorted(model.phrases),
        "weights": {sign: round(w, 4) for sign, w in sorted(model.weights.items())},
    }
    text = json.dumps(facts, ensure_ascii=False, indent=0)
    beside = folder / (NAME + ".new")
    beside.write_text(text + "\n", "utf-8")
    beside.replace(folder / NAME)


def load_phrases(folder: Path) -> PhraseModel:
    """The model in ``folder``. Raises ModelUnusable only."""
    path = folder / NAME
    try:
        with path.open("rb") as file:
            octets = file.read(_MAX_OCTETS + 1)
        if len(octets) > _MAX_OCTETS:
            raise ModelUnusable(f"{path} is too large", _MEND)
        facts = json.loads(octets)
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            raise ModelUnusable(f"{path} holds a model of another format", _MEND)
        weights = {str(sign): _number(weight) for sign, weight in facts["weights"].items()}
        return PhraseModel(
            str(facts["label"]),
            MappingProxyType(weights),
            _number(facts["intercept"]),
            _number(facts["threshold"]),
            facts["every_sentence"] is True,
            frozenset(map(str, facts["phrases"])),
        )
    except OSError as error:
        raise ModelUnusable(f"{path} cannot be read: {error.strerror}", _MEND) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelUnusable(f"{path} is damaged: {error}", _MEND) from error


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
