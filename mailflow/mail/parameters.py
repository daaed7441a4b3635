"""Reading ``value; name=value`` fields such as Content-Type (RFC 2045 5.1, RFC 2231), linearly.

RFC 2231 continuations and charsets are put together in any order; encoded words where RFC 2047
forbids them are decoded all the same, because most clients send them. The first of two equal names
counts. At most ``MAX_PARAMETERS`` are read.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mailflow.mail.charset import decode_octets
from mailflow.mail.encoded_words import decode_words
from mailflow.mail.headers import one_line

MAX_PARAMETERS = 60
MAX_OCTETS = 8_192

_PARAMETER = re.compile(
    r"(?P<name>[^\s=;\"]{1,80}+)\s*+=\s*+"
    r"(?:\"(?P<quoted>(?:[^\"\\]|\\.)*+)\"?|(?P<bare>[^;\"]*+))",
    re.DOTALL,
)
_BETWEEN = re.compile(r"[;\s]*+")
_SKIP = re.compile(r"[^;\"]*+(?:\"[^\"]*+\"?[^;\"]*+)*+;?")
_QUOTED_PAIR = re.compile(r"\\([\"\\])")
_SECTION = re.compile(r"(.+?)\*(?:(\d{1,3})(\*)?)?\Z")
_COMMENT = re.compile(r"\([^()]*\)")


def parse_parameters(raw: str) -> tuple[str, dict[str, str]]:
    """The leading value in lower case and the parameters: names in lower case, values decoded."""
    raw = raw[:MAX_OCTETS]
    head, _, rest = raw.partition(";")
    value = _COMMENT.sub("", head).strip().strip('"').lower()
    if not rest:
        return value, {}
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, text in _pairs(rest):
        section = _SECTION.match(name) if "*" in name else None
        if section is None:
            plain.setdefault(name, one_line(decode_words(text)))
            continue
        number = int(section[2] or 0)
        coded = section[3] is not None or section[2] is None
        sections.setdefault(section[1], {}).setdefault(number, (text, coded))
    for name, pieces in sections.items():
        plain[name] = one_line(_joined(pieces))
    return value, plain


def _pairs(rest: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while at < len(rest) and len(pairs) < MAX_PARAMETERS:
        between = _BETWEEN.match(rest, at)
        at = between.end() if between else at
        found = _PARAMETER.match(rest, at)
        if found is None:
            skipped = _SKIP.match(rest, at)
            if skipped is None or skipped.end() == at:
                break
            at = skipped.end()
            continue
        at = found.end()
        quoted = found["quoted"]
        text = found["bare"].strip() if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
        pairs.append((found["name"].lower(), text))
    return pairs


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 sections in their order. The first coded one names the charset for all."""
    charset = ""
    octets = bytearray()
    for number in sorted(pieces):
        text, coded = pieces[number]
        if not coded:
            octets += decode_words(text).encode("utf-8", "replace")
            continue
        if text.count("'") >= 2 and not charset and number == 0:
            charset, _, text = text.split("'", 2)
        octets += unquote_to_bytes(text)
    return decode_octets(bytes(octets), charset or "utf-8")[0]
