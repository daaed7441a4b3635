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
from itertools import chain

import numpy as np
import numpy.typing as npt

from mailflow.suggest.words import stem

Hashes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Found = tuple[Places, Hashes]  # the text each feature stands in, and the feature; with repeats

STEMS, PAIRS, TOGETHER, GRAMS = range(4)
BLOCKS = 4
PAIR_REACH = 3  # an ordered pair spans at most two words between
TOGETHER_REACH = 8  # words in any order that stand together
GRAM_SIZES = (3, 4, 5)

_PRIME = np.uint32(2_654_435_761)
_HASH_BITS, _TEXT_BITS = np.uint64(32), np.uint64(24)


@dataclass(frozen=True, slots=True)
class Features:
    """Which features stand in which of a number of texts, each once, with their weight there.

    ``keys`` are block and hash in one number (`keys_of`) and ascend, whichever the text: so a batch
    walks once through a vocabulary.
    """

    texts: int
    words: Places  # how many words each text has
    stems: Hashes  # of all words, in order
    keys: Keys
    owners: Places  # the text of each key; ascend for the same key
    weights: Doubles  # 1 + log(count)
    squared: Doubles  # the sum of all squared weights, by text and block

    def block(self, b: int) -> slice:
        """Where the features of one block stand."""
        ends = keys_of(b, np.zeros(1, np.uint32)), keys_of(b + 1, np.zeros(1, np.uint32))
        start, stop = np.searchsorted(self.keys, np.concatenate(ends))
        return slice(int(start), int(stop))


def keys_of(block: int, hashes: Hashes) -> Keys:
    return hashes.astype(np.uint64) | (np.uint64(block) << _HASH_BITS)


@lru_cache(maxsize=50_000)
def stem_hash(word: str) -> int:
    """The feature of one folded word."""
    return zlib.crc32(stem(word).encode("utf-8", "replace"))


def features_of(texts: Sequence[Sequence[str]], *, light: bool = False) -> Features:
    """The features of texts given as folded words (`words_of`). ``light``: stems and ordered pairs alone."""
    counts = np.array([len(words) for words in texts], dtype=np.int64)
    owner = np.repeat(np.arange(len(texts)), counts)
    flat = map(stem_hash, chain.from_iterable(texts))
    stems = np.fromiter(flat, dtype=np.uint32, count=int(counts.sum()))
    blocks = [(owner, stems), *_pairs(owner, stems)]
    if light:
        blocks = blocks[: PAIRS + 1]
    else:
        blocks.append(_grams(texts))
    keys, owners, weights = _distinct(blocks)
    squared = squared_lengths(keys, owners, weights, len(texts))
    return Features(len(texts), counts, stems, keys, owners, weights, squared)


def squared_lengths(keys: Keys, owners: Places, weights: Doubles, texts: int) -> Doubles:
    """Shape (texts, BLOCKS)."""
    part = owners * BLOCKS + (keys >> _HASH_BITS).astype(np.int64)
    found = np.bincount(part, weights * weights, minlength=texts * BLOCKS)
    return found.astype(np.float64, copy=False).reshape(texts, BLOCKS)


def _distinct(blocks: Sequence[Found]) -> tuple[Keys, Places, Doubles]:
    """Each feature of each text once, with its weight there: one sort for all blocks."""
    numbers = [
        (keys_of(b, hashes) << _TEXT_BITS) | owner.astype(np.uint64)
        for b, (owner, hashes) in enumerate(blocks)
    ]
    met = np.sort(np.concatenate(numbers))
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(met)), bool), met[1:] != met[:-1]]))
    once = met[first]
    texts = (once & ((np.uint64(1) << _TEXT_BITS) - np.uint64(1))).astype(np.int64)
    counts = np.diff(np.append(first, len(met)))
    weights: Doubles = np.ones(len(once))
    more = np.flatnonzero(counts > 1)
    weights[more] += np.log(counts[more])
    return once >> _TEXT_BITS, texts, weights


def _pairs(owner: Places, stems: Hashes) -> tuple[Found, Found]:
    """Ordered, where "card stolen" and "stolen card" are two features, and in any order."""
    beyond = np.full(TOGETHER_REACH, -1)
    reach = np.arange(len(stems))[:, None] + np.arange(1, TOGETHER_REACH + 1)
    place, step = np.nonzero(np.append(owner, beyond)[reach] == owner[:, None])
    one, other = stems[place], stems[place + step + 1]
    near = step < PAIR_REACH
    low, high = np.minimum(one, other), np.maximum(one, other)
    return (owner[place[near]], joined(one[near], other[near])), (owner[place], joined(low, high))


def joined(one: Hashes, other: Hashes) -> Hashes:
    return _mixed(one * np.uint32(31) + _mixed(other))


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
