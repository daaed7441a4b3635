"""Subjects: the base subject (RFC 5256 2.1) and the subject of a reply.

RFC 5256 knows ``re``, ``fw`` and ``fwd``. Mail clients in the field put their own language's mark
there. The marks are known by list, never by shape: "QA: the build is red" is nobody's reply.
"""

from __future__ import annotations

import re
from typing import Final

MAX_SUBJECT: Final = 2_000  # characters looked at; longer subjects are cut by the header reader

#: Reply marks, case-folded. Client or language beside each group.
REPLY_PREFIXES: Final = frozenset(
    {
        "re",  # English, French, Italian, Spanish and most clients
        "res",  # Portuguese (Outlook)
        "resp",
        "r",  # Italian (Outlook)
        "rif",  # Italian (Lotus Notes)
        "ris",
        "aw",  # German
        "antw",  # Dutch, German
        "antwort",
        "antwoord",
        "sv",  # Swedish, Danish, Norwegian, Icelandic
        "svar",
        "vs",  # Finnish
        "vast",
        "vas",
        "odp",  # Polish
        "odpowiedź",
        "odpověď",  # Czech
        "odpoveď",  # Slovak
        "vá",  # Hungarian
        "ynt",  # Turkish
        "yan",
        "cev",
        "ats",  # Lithuanian
        "atb",  # Latvian, Welsh
        "bls",  # Indonesian
        "balas",
        "trả lời",  # Vietnamese
        "tl",
        "rép",  # French
        "rv",  # Spanish (Outlook; also used for forwards)
        "απ",  # Greek
        "σχετ",
        "отв",  # Russian
        "отг",  # Bulgarian
        "ответ",
        "відп",  # Ukrainian
        "השב",  # Hebrew
        "תגובה",
        "رد",  # Arabic
        "پاسخ",  # Persian
        "回复",  # Chinese
        "回覆",
        "答复",
        "答覆",
        "回信",
        "返信",  # Japanese
        "답장",  # Korean
        "회신",
        "ตอบ",  # Thai
        "ตอบกลับ",
    }
)

#: Forward marks, case-folded.
FORWARD_PREFIXES: Final = frozenset(
    {
        "fw",
        "fwd",
        "forward",
        "forwarded",
        "wg",  # German
        "weitergeleitet",
        "tr",  # French
        "i",  # Italian (Outlook)
        "inoltra",
        "inoltro",
        "enc",  # Portuguese
        "rv",
        "reenv",
        "renv",
        "vb",  # Swedish
        "vl",  # Finnish
        "vid",
        "doorst",  # Dutch
        "videre",  # Norwegian
        "vsend",
        "pd",  # Polish
        "przek",
        "přep",  # Czech
        "předáno",
        "ilt",  # Turkish
        "i̇lt",
        "továbbítás",
        "prp",  # Slovak
        "prsl",
        "pren",
        "πρθ",  # Greek
        "пересл",  # Russian
        "препр",
        "转发",  # Chinese
        "轉寄",
        "轉發",
        "転送",  # Japanese
        "전달",  # Korean
        "הועבר",  # Hebrew
        "إعادة توجيه",  # Arabic
        "ارجاع",
        "ส่งต่อ",
    }
)

_KNOWN: Final = REPLY_PREFIXES | FORWARD_PREFIXES

# A mark, an optional count — Re[2]: Re(3): Re^2: Re*2: — and a colon, ASCII or full width.
_MARK: Final = re.compile(
    r"\s*(?P<mark>[^\s:：\[\](){}^*0-9]{1,14}(?: [^\s:：\[\](){}^*0-9]{1,10})?)"
    r"\s?(?:\[\d{1,4}\]|\(\d{1,4}\)|[\^*]?\d{1,3})?\s{0,3}[:：]"
)
_BLOB: Final = re.compile(r"\s*\[[^\[\]]{0,100}\]")
_TRAILER: Final = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
_WRAPPED_FORWARD: Final = re.compile(r"\s*\[fwd?:(?P<inner>.*)\]\s*$", re.IGNORECASE | re.DOTALL)


def _mark_end(subject: str, marks: frozenset[str]) -> int:
    """Where the leading mark of ``subject`` ends, or 0 when it has none of ``marks``."""
    match = _MARK.match(subject)
    return match.end() if match and match["mark"].casefold() in marks else 0


def is_reply_prefix(mark: str) -> bool:
    """Whether ``mark`` ("AW", "Re:", "SV") is a known reply mark in some language."""
    return mark.strip().rstrip(":：").strip().casefold() in REPLY_PREFIXES


def is_forward(subject: str) -> bool:
    """Whether the outermost mark of ``subject`` says that it forwards: "Fwd: x", "WG: x", "[Fwd: x]".

    ``RV`` is used for replies as well and counts as a forward.
    """
    text = " ".join(subject[:MAX_SUBJECT].split())
    if _WRAPPED_FORWARD.match(text) or _TRAILER.search(text):
        return True
    return bool(_mark_end(text, FORWARD_PREFIXES))


def base_subject(subject: str) -> str:
    """The subject without reply and forward marks, list tags and (fwd) trailers (RFC 5256 2.1).

    Total and linear. A subject that consists of marks alone has the base subject ''. A leading
    ``[tag]`` is dropped only where something else follows it.
    """
    text = " ".join(subject[:MAX_SUBJECT].split())
    for _ in range(64):  # a bound, not a rule: nobody writes 64 marks
        before = text
        text = _TRAILER.sub("", text)
        text = _without_leader(text)
        wrapped = _WRAPPED_FORWARD.match(text)
        if wrapped:
            text = wrapped["inner"].strip()
        if text == before:
            break
    return text


def _without_leader(text: str) -> str:
    """One round of the subj-leader rule: blobs before a mark, the mark, then a lone blob."""
    start = 0
    while (blob := _BLOB.match(text, start)) is not None and blob.end() < len(text):
        start = blob.end()
    end = _mark_end(text[start:], _KNOWN)
    if end:
        return text[start + end :].strip()
    blob = _BLOB.match(text)
    if blob and text[blob.end() :].strip() and not text[blob.start() :].lower().startswith("[fw"):
        return text[blob.end() :].strip()
    return text.strip()


def reply_subject(subject: str) -> str:
    """``Re: `` and the subject unchanged, unless it already carries a reply mark (RFC 5322 3.6.5)."""
    text = " ".join(subject.split())
    return text if _mark_end(text, REPLY_PREFIXES) else f"Re: {text}".rstrip()
