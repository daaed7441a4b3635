"""Words to hashed features in four blocks: stems, ordered pairs, pairs in any order, character n-grams.

A feature is a 32-bit hash, the same on every machine and in every run. With a few hundred thousand
features collisions are some ten in all; in exchange a vocabulary is one array, holds no customer's
words, and is looked up without a Python loop. Many texts are hashed in one sweep of array
operations: the cost of a call is shared by a batch.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mailflow.suggest.words import stem

Hashes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Found = tuple[Places, Hashes]  # the text each feature stands in, and the feature; with repeats

STEMS, PAIRS, TOGETHER, GRAMS = range(4)
BLOCKS = 4
PAIR_REACH = 3  # an ordered pair spans at most two words between
TOGETHER_REACH = 8  # words in any order that stand together
GRAM_SIZES = (3, 4, 5)

_PRIME = np.uint32(2_654_435_761)


@dataclass(frozen=True, slots=True)
class Features:
    """Of a number of texts: per block what was found, in the order of the texts."""

    texts: int
    words: Places  # how many words each text has
    blocks: tuple[Found, ...]


@lru_cache(maxsize=50_000)
def stem_hash(word: str) -> int:
    """The feature of one folded word."""
    return zlib.crc32(stem(word).encode("utf-8", "replace"))


def features_of(texts: Sequence[Sequence[str]], *, light: bool = False) -> Features:
    """The features of texts given as folded words (`words_of`). ``light``: stems and ordered pairs alone."""
    counts = np.array([len(words) for words in texts], dtype=np.int64)
    owner = np.repeat(np.arange(len(texts)), counts)
    flat = (stem_hash(word) for words in texts for word in words)
    stems = np.fromiter(flat, dtype=np.uint32, count=int(counts.sum()))
    none: Found = np.empty(0, np.int64), np.empty(0, np.uint32)
    together = none if light else _pairs(owner, stems, TOGETHER_REACH, ordered=False)
    grams = none if light else _grams(texts)
    blocks = ((owner, stems), _pairs(owner, stems, PAIR_REACH, ordered=True), together, grams)
    return Features(len(texts), counts, blocks)


def _pairs(owner: Places, stems: Hashes, reach: int, *, ordered: bool) -> Found:
    """Ordered: "card stolen" and "stolen card" are two features; otherwise one."""
    owners, found = [owner[:0]], [stems[:0]]
    for step in range(1, min(reach, len(stems) - 1) + 1):
        same = owner[step:] == owner[:-step]
        first, second = stems[:-step][same], stems[step:][same]
        if not ordered:
            first, second = np.minimum(first, second), np.maximum(first, second)
        owners.append(owner[step:][same])
        found.append(_mixed(first * np.uint32(31) + _mixed(second)))
    return np.concatenate(owners), np.concatenate(found)


def _grams(texts: Sequence[Sequence[str]]) -> Found:
    """Runs of characters of each text, blanks between words and at both ends counted in."""
    joined = [f" {' '.join(words)} " for words in texts]
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in joined])
    points = np.frombuffer("".join(joined).encode("utf-32-le", "replace"), dtype=np.uint32)
    rolling = _mixed(points)
    owners, found = [owner[:0]], [points[:0]]
    for size in range(2, GRAM_SIZES[-1] + 1):
        if len(points) < size:
            break
        rolling = _mixed(rolling[:-1] * np.uint32(16_777_619) + points[size - 1 :])
        if size in GRAM_SIZES:
            inside = owner[size - 1 :] == owner[: len(rolling)]
            owners.append(owner[: len(rolling)][inside])
            found.append(rolling[inside])
    return np.concatenate(owners), np.concatenate(found)


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits: without it neighbouring code points collide."""
    values = values * _PRIME
    mixed: Hashes = values ^ (values >> np.uint32(15))
    return mixed
