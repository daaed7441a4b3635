"""Header fields as they stand in the text of a mail: "From:", "Gesendet:", "宛先:".

Outlook and many others put From, Sent, To and Subject above what they quote.
"""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail.quote_words import FIELD_LABELS, FOREIGN_LABELS, listed

MAX_LINE: Final = 2_000  # characters looked at

_ROLE_OF: Final[dict[str, str]] = {
    label.strip().casefold(): role
    for role, labels in reversed(FIELD_LABELS.items())
    for label in labels.split("|")
}
_HEADER: Final = re.compile(
    r"^[\s*_>\u200e\u200f\u202a-\u202e]{0,12}(?P<label>[^\s:：*_<>|][^:：*_<>|\n]{0,28}?)\s?[*_]{0,2}\s?[:：]\s?[*_]{0,2}(?P<value>.*)$"
)

_FOREIGN: Final = frozenset(listed(FOREIGN_LABELS))


def has_foreign_label(line: str) -> bool:
    """Whether ``line`` is a field of a form or of a head pasted whole: in no header block of a reply."""
    start = line[:60]
    if ":" not in start and "：" not in start:
        return False
    match = _HEADER.match(line[:MAX_LINE])
    return match is not None and " ".join(match["label"].casefold().split()) in _FOREIGN


def header_label(line: str) -> str:
    """The role (from, date, to, cc, subject, reply-to, other) of a header-like line, or ''."""
    start = line[:60]
    if ":" not in start and "：" not in start:
        return ""
    match = _HEADER.match(line[:MAX_LINE])
    if match is None:
        return ""
    label = " ".join(match["label"].casefold().split()).replace("\u3000", "")
    return _ROLE_OF.get(label) or _ROLE_OF.get(label.replace(" ", "")) or ""


def names_field(line: str) -> bool:
    """Whether ``line`` looks like a header field, whatever its language: a short label and a value."""
    match = _HEADER.match(line[:MAX_LINE])
    return match is not None and bool(match["value"].strip()) and len(match["label"].split()) <= 3
