"""Text to words and stems: total, linear, language-blind enough for mixed mail.

The stemmer takes off the endings that cost English support mail the most (plural, -ing, -ed,
-ation, -ly) and folds accents; other languages are carried by the character n-grams beside it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_CHARACTERS = 6_000  # of one message; the problem is told in the first lines
MAX_WORDS = 700
MAX_WORD_LENGTH = 40

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ](?=\w)")
_VOWEL = re.compile(r"[aeiouy]")


def folded(text: str) -> str:
    """Lower case, compatibility forms resolved, accents and apostrophes inside words removed."""
    if text.isascii():
        return _APOSTROPHE.sub("", text[:MAX_CHARACTERS].lower())
    # Compatibility forms may expand a character to 18: cap before and after.
    plain = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS])[: 2 * MAX_CHARACTERS].casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _APOSTROPHE.sub("", plain)[:MAX_CHARACTERS]


def words_of(text: str) -> list[str]:
    """The folded words of a text in order, at most `MAX_WORDS`; over-long words are cut."""
    return [word[:MAX_WORD_LENGTH] for word in _WORD.findall(folded(text))[:MAX_WORDS]]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its English ending; digits become one sign per length."""
    if word.isdigit():
        return "0" * min(len(word), 6)
    if len(word) <= 3 or not word.isascii():
        return word
    return _final(_without_suffix(_singular(word)))


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-2]
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_suffix(word: str) -> str:
    for suffix in ("ation", "ing", "ed", "ate", "ion", "ly", "ment"):
        root = word[: -len(suffix)]
        if word.endswith(suffix) and len(root) >= 3 and _VOWEL.search(root):
            if suffix == "ion" and root[-1] not in "st":
                return word
            doubled = root[-1] == root[-2] and root[-1] not in "lsz"
            return root[:-1] if doubled else root
    return word


def _final(word: str) -> str:
    if word.endswith("e") and len(word) > 4:
        word = word[:-1]
    if word.endswith("y") and len(word) > 3:
        word = word[:-1] + "i"
    if len(word) > 4 and word.endswith("ll"):
        word = word[:-1]
    return word
