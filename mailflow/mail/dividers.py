"""Lines that say "here begins an older message": ``-----Original Message-----``, in any language."""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail.quote_words import DIVIDER_PHRASES, listed

_ABOVE_LINE_ALONE: Final = re.compile(
    r"^(?:please )?(?:type|write|enter|reply|respond)\b.{0,30}\babove th(?:is|e) line\.?$",
    re.IGNORECASE,
)
_PHRASES: Final = listed(DIVIDER_PHRASES)
_PHRASE_SET: Final = frozenset(_PHRASES)
_LONG_PHRASES: Final = tuple(
    phrase for phrase in _PHRASES if len(phrase) >= 8 or not phrase.isascii()
)
_BARS: Final = "-_=*+~#•·—–> <\t"
_LONG_PHRASE_SET: Final = frozenset(_LONG_PHRASES)

#: Desks ask people to write above a line; what is below is ours.
_ABOVE_LINE: Final = re.compile(
    r"^[\s>#=*_~\[—–-]{0,40}(?:please\s)?(?:(?:type|write|enter|reply|respond)\b.{0,40}\babove\b.{0,40}\bline\b"
    r"|(?:bitte\s)?(?:antworten|schreiben|antwort).{0,40}\b(?:oberhalb|über)\b.{0,40}\b(?:linie|zeile)\b"
    r"|.{0,30}\b(?:répondre|écrire|écrivez|répondez)\b.{0,30}\b(?:au-dessus|dessus)\b.{0,30}\bligne\b"
    r"|.{0,30}\b(?:responda|escriba|escribe)\b.{0,40}\b(?:encima|arriba|acima)\b.{0,30}\b(?:línea|linha)\b"
    r"|.{0,30}\b(?:boven|powyżej|ovanför|over|выше|yukarı)\w{0,4}\b.{0,30}\b(?:lijn|regel|linii|linje|linjen|линии|черты|satır)\w{0,4}\b)",
    re.IGNORECASE,
)
# Zendesk's frame, in whatever language stands inside.
_ZENDESK: Final = re.compile(r"^>?\s?##-\s.{5,180}\s-##$")


def is_above_line(line: str) -> bool:
    """Whether ``line`` says "Reply above this line." and nothing else; the line is drawn over it."""
    text = line.strip()
    return len(text) <= 60 and not text.endswith("?") and bool(_ABOVE_LINE_ALONE.match(text))


def is_divider(line: str) -> bool:
    """Whether ``line`` alone says that an older message begins: "-----Original Message-----"."""
    text = line.strip()[:200]
    if _ZENDESK.match(text):
        return True
    if len(text) < 2 or not (text[0] in _BARS or text[-1] in ":：-_=*]" or "##" in text):
        return False
    core = text.strip(_BARS)
    dashed = len(text) - len(core) >= 4 and text[0] in "-_=*+~#•—–>"
    folded = core.casefold().rstrip(" :：").strip().strip("*_")
    if dashed and (folded in _PHRASE_SET or _dashed_phrase(folded)):
        return True
    if core.endswith((":", "：")) and folded in _LONG_PHRASE_SET:
        return True
    if folded in _LONG_PHRASE_SET and text.endswith(("----", "====", "____")):
        return True
    framed = dashed or "##" in text or (text[0] == "[" and text[-1] == "]")
    return framed and len(text) <= 160 and bool(_ABOVE_LINE.match(text))


def _dashed_phrase(folded: str) -> bool:
    """ "Original Message from X", "Forwarded by X on 3.4.16", in a dashed line."""
    return len(folded) <= 120 and folded.startswith(_LONG_PHRASES)


_FRAMED: Final = re.compile(r"^([-_=*~])\1{2,}\s?[^\s\d-].{1,60}?\s?\1{3,}$")


def is_framed(line: str) -> bool:
    """Words between dashes, as dividers are drawn in every language: ``-----邮件原件-----``."""
    return bool(_FRAMED.match(line.strip()[:120]))
