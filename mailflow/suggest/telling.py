"""The words of a message that weigh most for something, to tell people: a batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from mailflow.suggest.features import Features, Hashes
from mailflow.suggest.space import Floats, Integers

Spelling = Mapping[int, str]  # the first word of a message for each stem


def spellings_of(features: Features, texts: Sequence[Sequence[str]]) -> list[Spelling]:
    """``texts`` are the words the features were made of."""
    stems = features.stems.tolist()
    bounds = pairwise([0, *np.cumsum(features.words).tolist()])
    found: list[Spelling] = []
    for words, (start, stop) in zip(texts, bounds, strict=True):
        pairs = zip(reversed(stems[start:stop]), reversed(words), strict=True)
        found.append(dict(pairs))
    return found


def loudest(
    stems: Hashes,
    owners: Integers,
    weights: Floats,
    spellings: Sequence[Spelling],
    *,
    count: int,
    shortest: int,
) -> list[list[str]]:
    """Of each text at most ``count`` words, weightiest first; ``owners``, the texts, ascend.

    What weighs nothing or less is not named. Words of fewer than ``shortest`` letters explain nothing and
    are passed over, but not for long.
    """
    order = np.lexsort((-weights, owners))
    bounds = pairwise(np.searchsorted(owners, np.arange(len(spellings) + 1)).tolist())
    found = []
    for spelling, (start, stop) in zip(spellings, bounds, strict=True):
        tried = order[start : min(stop, start + 2 * count)]
        tried = stems[tried[weights[tried] > 0]].tolist()
        words = [spelling[stem] for stem in tried if stem in spelling]
        found.append([word for word in words if len(word) >= shortest][:count])
    return found
