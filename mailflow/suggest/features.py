"""Words to hashed features in three blocks: stems, ordered stem pairs, character n-grams.

A feature is a 32-bit hash, the same on every machine and in every run. With a few hundred thousand
features collisions are some ten in all; in exchange a vocabulary is one array, holds no customer's
words, and is looked up without a Python loop.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mailflow.suggest.words import stem, words_of

Hashes = npt.NDArray[np.uint32]

STEMS, PAIRS, GRAMS = range(3)
BLOCKS = 3
PAIR_REACH = 3  # a pair spans at most two words between
GRAM_SIZES = (3, 4, 5)

_PRIME = np.uint32(2_654_435_761)


@lru_cache(maxsize=50_000)
def stem_hash(word: str) -> int:
    """The feature of one folded word."""
    return zlib.crc32(stem(word).encode("utf-8", "replace"))


def features_of(words: Sequence[str]) -> tuple[Hashes, Hashes, Hashes]:
    """The features of a text per block, with repeats. ``words`` are folded (`words_of`)."""
    stems = np.fromiter((stem_hash(word) for word in words), dtype=np.uint32, count=len(words))
    return stems, _pairs(stems), _grams(" " + " ".join(words) + " ")


def features_of_text(text: str) -> tuple[Hashes, Hashes, Hashes]:
    return features_of(words_of(text))


def _pairs(stems: Hashes) -> Hashes:
    """Order matters: "card stolen" and "stolen card" are two features."""
    reaches = range(1, min(PAIR_REACH, len(stems) - 1) + 1)
    found = [_mixed(stems[:-reach] * np.uint32(31) + _mixed(stems[reach:])) for reach in reaches]
    return np.concatenate(found) if found else np.empty(0, dtype=np.uint32)


def _grams(text: str) -> Hashes:
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
    found = []
    for size in GRAM_SIZES:
        count = len(points) - size + 1
        if count <= 0:
            break
        rolling = np.full(count, size, dtype=np.uint32)
        for offset in range(size):
            rolling = _mixed(rolling * np.uint32(16_777_619) + points[offset : offset + count])
        found.append(rolling)
    return np.concatenate(found) if found else np.empty(0, dtype=np.uint32)


def _mixed(values: Hashes) -> Hashes:
    """Spread the bits: without it neighbouring code points collide."""
    values = values * _PRIME
    mixed: Hashes = values ^ (values >> np.uint32(15))
    return mixed
