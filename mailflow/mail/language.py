"""Which language a text is written in, or nothing where it is too short to say.

A guess is worth less than none: "Help" is taken for Dutch by every small classifier. So short text
and unsure verdicts are None, and callers fall back to what they know about the person.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final

MAX_LOOKED_AT: Final = 600  # characters; more costs time and changes no verdict
MIN_LETTERS: Final = 20
MIN_LETTERS_CJK: Final = 6  # one sign carries what takes a Latin script three letters
MIN_PROBABILITY: Final = 0.70

_NOISE: Final = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\d+")
_NO_LETTER: Final = re.compile(r"[\W\d_]")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@functools.cache
def _classifier() -> Callable[[str], tuple[str, float]]:
    # Imported late: the model takes a while to load, and most commands never ask.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify  # type: ignore[no-any-return]


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language of ``text``, or None when it is too short or too unsure.

    Only the first characters are looked at, without links, addresses and numbers. Never raises.
    """
    sample = _NOISE.sub(" ", text[: MAX_LOOKED_AT * 2])[:MAX_LOOKED_AT].strip()
    letters = len(sample) - len(_NO_LETTER.findall(sample))
    enough = MIN_LETTERS_CJK if len(_CJK.findall(sample)) * 2 > letters else MIN_LETTERS
    if letters < enough:
        return None
    code, probability = _classifier()(sample)
    return code if probability >= MIN_PROBABILITY and len(code) == 2 else None
