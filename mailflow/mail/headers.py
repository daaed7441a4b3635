"""Reading a head: from octets to decoded fields, under caps, in linear time (RFC 5322 2.2).

Tolerated and read as meant: space before the colon, LF or CR alone as line end, an mbox ``From ``
line on top, 8-bit octets, fields of any length (cut), thousands of fields (cut), lines that are no
field at all (left out). Each is named in the defects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailflow.mail.charset import clean, decode_octets
from mailflow.mail.encoded_words import decode_words
from mailflow.mail.mime import Head, HeaderField

_FIELD_NAME = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FOLD = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_SPACE = b" \t"


@dataclass(frozen=True, slots=True)
class HeadCaps:
    """What is kept of one head, in octets and fields. The rest is left out, with a defect."""

    octets: int = 262_144
    field_octets: int = 65_536
    fields: int = 2_000
    scanned: int = 8_000_000  # octets looked through at all


MESSAGE_CAPS = HeadCaps()
PART_CAPS = HeadCaps(octets=16_384, field_octets=8_192, fields=100, scanned=65_536)

#: Still taken, once each, when the caps are reached: without these there is no answering.
_ESSENTIAL = frozenset(
    {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "content-type",
        "content-transfer-encoding",
        "auto-submitted",
        "precedence",
    }
)


def read_head(
    octets: bytes, caps: HeadCaps = MESSAGE_CAPS, charset: str = ""
) -> tuple[Head, set[str]]:
    """The fields of a head block, and the names of the defects found. Never raises.

    ``charset`` is tried for 8-bit octets that are not UTF-8 (RFC 6532 wants UTF-8; old senders do not).
    """
    defects: set[str] = set()
    if len(octets) > caps.scanned:
        octets = octets[: caps.scanned]
        defects.add("head-cut")
    found = _split_fields(octets, caps, defects)
    return Head(tuple([_field(name, value, charset, defects) for name, value in found])), defects


def _split_fields(octets: bytes, caps: HeadCaps, defects: set[str]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, list[bytes]]] = []
    kept = total = 0  # octets of this field, and of all before it
    for number, line in enumerate(octets.split(b"\n")):
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t"):
            if found and 0 <= kept < caps.field_octets:
                found[-1][1].append(line[: caps.field_octets - kept])
                kept += len(line)
                if kept >= caps.field_octets:
                    defects.add("header-field-cut")
            continue
        named = _FIELD_NAME.match(line)
        if named is None:
            if line.strip():
                defects.add(
                    "mbox-from-line" if _is_mbox_line(number, line) else "header-line-malformed"
                )
            continue
        name = named[1].decode("ascii").lower()
        total += max(0, min(kept, caps.field_octets))
        if not _has_room(name, found, total, caps, defects):
            kept = -1  # what folds on belongs to a field left out
            continue
        if named.end() - len(named[1]) > 1:
            defects.add("header-space-before-colon")
        value = line[named.end() : named.end() + caps.field_octets]
        kept = len(line) - named.end()
        if kept > caps.field_octets:
            defects.add("header-field-cut")
        found.append((name, [value]))
    return [(name, lines[0] if len(lines) == 1 else b"\n".join(lines)) for name, lines in found]


def _has_room(
    name: str,
    found: list[tuple[str, list[bytes]]],
    total: int,
    caps: HeadCaps,
    defects: set[str],
) -> bool:
    if len(found) < caps.fields and total < caps.octets:
        return True
    defects.add("too-many-header-fields" if len(found) >= caps.fields else "head-cut")
    return (
        name in _ESSENTIAL
        and len(found) < caps.fields + len(_ESSENTIAL)
        and all(name != one for one, _ in found)
    )


def _is_mbox_line(number: int, line: bytes) -> bool:
    return number == 0 and line.startswith((b"From ", b">From "))


def _field(name: str, octets: bytes, charset: str, defects: set[str]) -> HeaderField:
    if b"\x1b$" in octets:  # ISO-2022-JP as it is, from before encoded words
        text = decode_octets(octets, "iso-2022-jp")[0]
        defects.add("header-8bit")
    elif octets.isascii():
        text = octets.decode("ascii")
    else:
        text = _eight_bit(octets, charset, defects)
    raw = _unfold(text, defects)
    if "=?" not in raw:
        return HeaderField(name, raw, raw)
    value = decode_words(raw)
    return HeaderField(name, raw, one_line(value))


def _eight_bit(octets: bytes, charset: str, defects: set[str]) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeError:
        defects.add("header-8bit")
        return decode_octets(octets, charset)[0]


def _unfold(text: str, defects: set[str]) -> str:
    """One line: the line ends of folding go, the white space after them stays (RFC 5322 2.2.3)."""
    text = text.strip(" \t\r\n")
    if "\n" in text:
        text = text.replace("\r\n", "\n").replace("\n", "")
    if "\r" in text:
        defects.add("header-bare-cr")
        text = text.replace("\r", " ")
    if _CONTROLS.search(text):
        defects.add("header-control-characters")
        text = _CONTROLS.sub("", text)
    return text


def one_line(text: str) -> str:
    """``text`` as one clean line: decoded line ends become a space, other controls go."""
    if "\n" in text or "\r" in text:
        text = _FOLD.sub(" ", text)
    if _CONTROLS.search(text):
        text = _CONTROLS.sub("", text)
    return clean(text)
