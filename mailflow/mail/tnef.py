"""What lies in Outlook's ``winmail.dat``: its text and its files (MS-OXTNEF).

A stream of attributes, some of which hold lists of MAPI properties. Only what a person would look for
is read. Total: a stream that breaks off gives what stood before; nothing is copied more than twice, and
messages inside are given as files, not entered.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mailflow.mail.charset import decode_text

TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
MAX_ATTRIBUTES: Final = 4_000
MAX_PROPERTIES: Final = 4_000  # of one list
MAX_FILES: Final = 200

_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
# Attributes (MS-OXTNEF 2.1.3), without the type in their upper half.
_BODY, _CODE_PAGE, _MESSAGE_PROPERTIES = 0x800C, 0x9007, 0x9003
_FILE_BEGINS, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
# Properties (MS-OXPROPS).
_PR_BODY, _PR_HTML = 0x1000, 0x1013
_PR_FILE_DATA, _PR_FILE_NAME, _PR_LONG_NAME = 0x3701, 0x3704, 0x3707
_PR_DISPLAY_NAME, _PR_MIME_TAG, _PR_CONTENT_ID = 0x3001, 0x370E, 0x3712
# Sizes of property values as they stand in the stream, padded to four octets; the rest have a length.
_FIXED: Final = {
    **dict.fromkeys((0x02, 0x03, 0x04, 0x0A, 0x0B), 4),
    **dict.fromkeys((0x05, 0x06, 0x07, 0x14, 0x40), 8),
    0x48: 16,
}
_STRING, _UNICODE, _OBJECT = 0x1E, 0x1F, 0x0D
_MULTIPLE: Final = 0x1000
_NAMED: Final = 0x8000


@dataclass(frozen=True, slots=True)
class TnefFile:
    """``content_type`` is '' where the stream names none; ``content_id`` has no angle brackets."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tnef:
    """``html`` is '' where there is none. ``complete`` is False for a stream that could not be read to its end."""

    text: str = ""
    html: str = ""
    files: tuple[TnefFile, ...] = ()
    complete: bool = True


@dataclass(slots=True)
class _File:
    name: str = ""
    data: bytes = b""
    properties: dict[int, str | bytes] = field(default_factory=dict)


def read_tnef(octets: bytes) -> Tnef:
    """The text and files of a TNEF stream. Never raises; linear in the octets."""
    if octets[:4] != _SIGNATURE:
        return Tnef(complete=False)
    files: list[_File] = []
    body, charset = b"", "cp1252"
    properties: dict[int, str | bytes] = {}
    end = 6  # behind the signature and a key nobody needs
    for name, value, after in _attributes(octets):
        end = after
        if name == _CODE_PAGE and len(value) >= 4:
            charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _BODY:
            body = value
        elif name == _MESSAGE_PROPERTIES:
            properties = _properties(value, charset)
        elif name == _FILE_BEGINS:
            if len(files) >= MAX_FILES:
                break
            files.append(_File())
        elif files:
            _take(files[-1], name, value, charset)
    text = _as_text(properties.get(_PR_BODY, b""), charset) or _as_text(body, charset)
    return Tnef(
        text,
        _as_text(properties.get(_PR_HTML, b""), charset),
        tuple(_finished(one, charset) for one in files),
        complete=end >= len(octets),
    )


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Each attribute: its name, its value, and where the next one begins (2.1.2)."""
    at = 6
    for _ in range(MAX_ATTRIBUTES):
        if at + 9 > len(octets):
            return
        name, length = struct.unpack_from("<HxxI", octets, at + 1)
        end = at + 9 + length
        if end > len(octets):
            return
        yield name, octets[at + 9 : end], end + 2  # a checksum follows
        at = end + 2


def _take(file: _File, name: int, value: bytes, charset: str) -> None:
    if name == _FILE_TITLE:
        file.name = _as_text(value, charset)
    elif name == _FILE_DATA:
        file.data = value
    elif name == _FILE_PROPERTIES:
        file.properties = _properties(value, charset)


def _finished(file: _File, charset: str) -> TnefFile:
    known = file.properties
    names = (known.get(one, "") for one in (_PR_LONG_NAME, _PR_FILE_NAME, _PR_DISPLAY_NAME))
    name = next((_as_text(one, charset) for one in names if one), "") or file.name
    inner = known.get(_PR_FILE_DATA, b"")
    identity = _as_text(known.get(_PR_CONTENT_ID, ""), charset).strip("<> ")
    return TnefFile(
        name,
        _as_text(known.get(_PR_MIME_TAG, ""), charset).lower(),
        file.data or (inner if isinstance(inner, bytes) else inner.encode()),
        identity or None,
    )


def _as_text(value: str | bytes, charset: str) -> str:
    if isinstance(value, bytes):
        value = decode_text(value, charset)[0]
    return value.replace("\r\n", "\n").replace("\r", "\n").rstrip("\0\n ")


def _properties(octets: bytes, charset: str) -> dict[int, str | bytes]:
    """The textual and binary properties of a list (2.1.3.4), by their number; the first value of several."""
    found: dict[int, str | bytes] = {}
    try:
        count = min(struct.unpack_from("<I", octets)[0], MAX_PROPERTIES)
        at = 4
        for _ in range(count):
            kind, name = struct.unpack_from("<HH", octets, at)
            at = _past_name(octets, at + 4, name)
            value, at = _value(octets, at, kind, charset)
            if value is not None:
                found.setdefault(name, value)
    except struct.error:  # the list ends before its time: what was read counts
        return found
    return found


def _past_name(octets: bytes, at: int, name: int) -> int:
    """Behind the GUID and name of a named property, which stand where its number says nothing."""
    if name < _NAMED:
        return at
    (by_string,) = struct.unpack_from("<I", octets, at + 16)
    if not by_string:
        return at + 24
    (length,) = struct.unpack_from("<I", octets, at + 20)
    return at + 24 + _padded(length)


def _value(octets: bytes, at: int, kind: int, charset: str) -> tuple[str | bytes | None, int]:
    base = kind & ~_MULTIPLE
    fixed = _FIXED.get(base)
    if fixed is not None and base == kind:
        return None, at + fixed
    (count,) = struct.unpack_from("<I", octets, at)
    at += 4
    if fixed is not None:
        return None, at + fixed * count
    first: str | bytes | None = None
    for _ in range(min(count, MAX_PROPERTIES)):
        (length,) = struct.unpack_from("<I", octets, at)
        raw = octets[at + 4 : at + 4 + length] if first is None else b""
        at += 4 + _padded(length)
        if first is None:
            first = _decoded(raw, base, charset)
    return first, at


def _decoded(raw: bytes, kind: int, charset: str) -> str | bytes:
    if kind == _UNICODE:
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    if kind == _STRING:
        return decode_text(raw, charset)[0].rstrip("\0")
    return raw[16:] if kind == _OBJECT else raw  # an object begins with the id of its interface


def _padded(length: int) -> int:
    return (length + 3) & ~3
