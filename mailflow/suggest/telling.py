"""The words of a message that weigh most for something, to tell people: a batch at once.

A word of grammar is no reason a person would give, and a negation is one only before what it denies:
"not", "the" and "working" become "not working".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from mailflow.suggest.features import Features, Hashes
from mailflow.suggest.space import Floats, Integers

Spelling = Mapping[int, str]  # the first word of a message for each stem
NEGATED_WITHIN = 2  # words of grammar between: "not been delivered"

# As `words_of` writes them. Only those that stand before what they deny.
NEGATING = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "cannot",
        "cant",
        "couldnt",
        "didnt",
        "doesnt",
        "dont",
        "hasnt",
        "havent",
        "isnt",
        "wasnt",
        "wont",
        "kein",
        "keine",
        "keinen",
        "keiner",
        "nie",
        "ohne",
        "sans",
        "jamais",
        "sin",
        "nunca",
        "senza",
        "sem",
    ]
)


def spellings_of(
    features: Features, texts: Sequence[Sequence[str]], grammar: frozenset[int] = frozenset()
) -> list[Spelling]:
    """``texts`` are the words the features were made of, ``grammar`` the stems that tell nothing alone."""
    stems = features.stems.tolist()
    bounds = pairwise([0, *np.cumsum(features.words).tolist()])
    found: list[Spelling] = []
    for words, (start, stop) in zip(texts, bounds, strict=True):
        own = stems[start:stop]
        spelt = _with_negations(words, own, grammar)
        found.append(dict(zip(reversed(own), reversed(spelt), strict=True)))
    return found


def _with_negations(
    words: Sequence[str], stems: Sequence[int], grammar: frozenset[int]
) -> Sequence[str]:
    """Each word with the negation that stands right before it, or before words of grammar alone."""
    places = [k for k, word in enumerate(words) if word in NEGATING]
    if not places:
        return words
    spelt = list(words)
    for start in places:
        for k in range(start + 1, min(len(words), start + NEGATED_WITHIN + 2)):
            if stems[k] not in grammar:
                spelt[k] = " ".join(words[start : k + 1])
                break
    return spelt


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
