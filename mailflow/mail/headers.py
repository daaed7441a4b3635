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
    """What is read of one head, in octets and fields. The rest is left out, with a defect."""

    octets: int = 262_144
    field_octets: int = 65_536
    fields: int = 2_000


MESSAGE_CAPS = HeadCaps()
PART_CAPS = HeadCaps(octets=16_384, field_octets=8_192, fields=100)


def read_head(
    octets: bytes, caps: HeadCaps = MESSAGE_CAPS, charset: str = ""
) -> tuple[Head, set[str]]:
    """The fields of a head block, and the names of the defects found. Never raises.

    ``charset`` is tried for 8-bit octets that are not UTF-8 (RFC 6532 wants UTF-8; old senders do not).
    """
    defects: set[str] = set()
    if len(octets) > caps.octets:
        octets = octets[: caps.octets]
        defects.add("head-cut")
    fields: list[HeaderField] = []
    for name, value in _split_fields(octets, caps, defects):
        fields.append(_field(name, value, charset, defects))
    return Head(tuple(fields)), defects


def _split_fields(octets: bytes, caps: HeadCaps, defects: set[str]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, list[bytes]]] = []
    kept = 0
    for number, line in enumerate(octets.split(b"\n")):
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t"):
            if found and kept < caps.field_octets:
                found[-1][1].append(line)
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
        if len(found) >= caps.fields:
            defects.add("too-many-header-fields")
            break
        if named.end() - len(named[1]) > 1:
            defects.add("header-space-before-colon")
        if len(line) > caps.field_octets:
            defects.add("header-field-cut")
        value = line[named.end() : named.end() + caps.field_octets]
        kept = len(value)
        found.append((named[1].decode("ascii").lower(), [value]))
    return [(name, lines[0] if len(lines) == 1 else b"\n".join(lines)) for name, lines in found]


def _is_mbox_line(number: int, line: bytes) -> bool:
    return number == 0 and line.startswith((b"From ", b">From "))


def _field(name: str, octets: bytes, charset: str, defects: set[str]) -> HeaderField:
    if octets.isascii():
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
