"""Decoding RFC 2047 encoded words, also in the broken forms that are sent, in linear time.

Read leniently: spaces inside Q text, missing padding, no white space around a word, a character cut
in two between words, words in quoted strings, an RFC 2231 language mark. What is no encoded word
stays as it is.
"""

from __future__ import annotations

import binascii
import re

from mailflow.mail.charset import decode_octets

_OPENING = re.compile(r"=\?([A-Za-z0-9_.:+\-]{1,40})(?:\*[A-Za-z0-9\-]{0,20})?\?([BbQq])\?")
_ONLY_SPACE = re.compile(r"[ \t\r\n]*")


def decode_words(raw: str) -> str:
    """``raw`` with every encoded word in it decoded. White space between two words goes (RFC 2047 6.2)."""
    if "=?" not in raw:
        return raw
    out: list[str] = []
    held: list[tuple[str, bytes]] = []  # words not yet written: neighbours may share a character
    at = 0
    while True:
        found = _OPENING.search(raw, at)
        if found is None:
            break
        end = raw.find("?=", found.end())
        if end < 0:
            break
        between = raw[at : found.start()]
        if not held or _ONLY_SPACE.fullmatch(between) is None:
            out.append(_written(held))
            held = []
            out.append(between)
        held.append((found[1].lower(), _word_octets(found[2], raw[found.end() : end])))
        at = end + 2
    out.append(_written(held))
    out.append(raw[at:])
    return "".join(out)


def _word_octets(encoding: str, text: str) -> bytes:
    octets = text.encode("utf-8", "surrogateescape")
    if encoding in "Qq":
        return binascii.a2b_qp(octets.replace(b" ", b"_"), header=True)
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    keep = len(clean) - (len(clean) % 4 == 1)
    return binascii.a2b_base64(clean[:keep] + b"=" * (-keep % 4))


def _written(held: list[tuple[str, bytes]]) -> str:
    """The words as text. Neighbours of one charset are joined before decoding."""
    if not held:
        return ""
    if len(held) == 1:
        return decode_octets(held[0][1], held[0][0])[0]
    out: list[str] = []
    charset, gathered = held[0][0], [held[0][1]]
    for one, octets in held[1:]:
        if one != charset:
            out.append(decode_octets(b"".join(gathered), charset)[0])
            charset, gathered = one, []
        gathered.append(octets)
    out.append(decode_octets(b"".join(gathered), charset)[0])
    return "".join(out)
