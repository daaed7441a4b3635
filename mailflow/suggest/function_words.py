"""Words that hold a sentence together and say nothing of its matter: "the", "when", "have".

How rare a word is tells what it is worth, but only where there are texts enough to count in: among a few
articles "where" is as rare as "refund". So a list is the prior, and what is counted takes over. The
same list keeps such words out of the reasons that people read.
"""

from __future__ import annotations

import numpy as np

from mailflow.suggest.features import BLOCKS, PAIRS, STEMS, TOGETHER, Hashes, joined, stem_hash
from mailflow.suggest.lexicon import NEGATIONS
from mailflow.suggest.words import words_of

WORTH = 0.3  # of such a word, beside another that is as rare, while no ticket was counted
FADES = 100.0  # tickets by which half of the difference is gone

# On scikit-learn's list, but the matter itself in mail to a desk: a bill, a call, an empty system.
_MATTER = frozenset(
    [
        "amount",
        "bill",
        "bottom",
        "call",
        "cry",
        "detail",
        "empty",
        "fill",
        "find",
        "fire",
        "front",
        "interest",
        "mill",
        "mine",
        "move",
        "part",
        "put",
        "serious",
        "show",
        "side",
        "sincere",
        "system",
        "thick",
        "thin",
        "top",
    ]
)
# What mail adds to it: greetings, thanks, and the short forms, as `words_of` writes them.
_OF_MAIL = [
    "arent",
    "cant",
    "couldnt",
    "didnt",
    "doesnt",
    "dont",
    "hadnt",
    "hasnt",
    "havent",
    "isnt",
    "shouldnt",
    "wasnt",
    "werent",
    "wont",
    "wouldnt",
    "id",
    "ill",
    "im",
    "ive",
    "theres",
    "thats",
    "whats",
    "youre",
    "youve",
    "did",
    "does",
    "doing",
    "just",
    "let",
    "hello",
    "hi",
    "regards",
    "thank",
    "thanks",
]
# The commonest of other languages, without those that mean something in English ("die", "car").
_ELSEWHERE = [
    "der",
    "das",
    "den",
    "dem",
    "des",
    "und",
    "oder",
    "ein",
    "eine",
    "einen",
    "einer",
    "ich",
    "sie",
    "wir",
    "ihr",
    "mein",
    "meine",
    "meinen",
    "mich",
    "mir",
    "ist",
    "sind",
    "habe",
    "haben",
    "hat",
    "hatte",
    "wird",
    "wurde",
    "werden",
    "mit",
    "auf",
    "von",
    "zum",
    "zur",
    "fur",
    "bei",
    "nach",
    "aus",
    "auch",
    "aber",
    "wenn",
    "wie",
    "noch",
    "sich",
    "dass",
    "es",
    "bitte",
    "danke",
    "le",
    "les",
    "du",
    "une",
    "et",
    "est",
    "sont",
    "que",
    "qui",
    "je",
    "vous",
    "nous",
    "il",
    "elle",
    "dans",
    "avec",
    "sur",
    "mes",
    "mon",
    "votre",
    "vos",
    "cette",
    "ces",
    "ai",
    "avez",
    "bonjour",
    "el",
    "los",
    "las",
    "una",
    "unos",
    "y",
    "con",
    "para",
    "por",
    "mi",
    "su",
    "sus",
    "en",
    "se",
    "lo",
    "esta",
    "este",
    "es",
    "son",
    "tengo",
    "hola",
    "gracias",
    "il",
    "gli",
    "di",
    "che",
    "per",
    "non",
    "sono",
    "ho",
    "mio",
    "mia",
    "della",
    "del",
    "nel",
    "alla",
    "o",
    "os",
    "um",
    "uma",
    "com",
    "nao",
    "meu",
    "minha",
    "na",
    "da",
    "dos",
    "das",
    "ao",
    "de",
    "het",
    "een",
    "ik",
    "mijn",
    "niet",
    "zijn",
    "heb",
    "voor",
    "naar",
    "op",
    "te",
    "met",
]


def function_stems() -> Hashes:
    """The stems of such words, ascending: English ones, the commonest of others, and negations."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    listed = (ENGLISH_STOP_WORDS - _MATTER).union(_OF_MAIL, _ELSEWHERE, NEGATIONS)
    found = {stem_hash(word) for phrase in listed for word in words_of(phrase)}
    return np.array(sorted(found), dtype=np.uint32)


def quiet_features(stems: Hashes) -> list[Hashes]:
    """By block, the features that are made of these stems alone. Pieces of words are none."""
    found = [np.empty(0, dtype=np.uint32)] * BLOCKS
    one, other = np.repeat(stems, len(stems)), np.tile(stems, len(stems))
    found[STEMS], found[PAIRS] = stems, joined(one, other)
    found[TOGETHER] = joined(np.minimum(one, other), np.maximum(one, other))
    return found


def worth_with(tickets: int) -> float:
    """Of such a word, beside another that is as rare, once so many tickets were counted."""
    return WORTH + (1 - WORTH) * tickets / (tickets + FADES)
