"""Taking a message apart into parts, in linear time and under caps (RFC 2046 5.1).

A multipart is cut by its own boundary first and its parts are looked into afterwards, so an outer
boundary always ends what lies inside it, and every octet is looked at once per level. Parts are
ranges of one buffer; nothing is copied or decoded before it is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailflow.mail.headers import MESSAGE_CAPS, PART_CAPS, read_head
from mailflow.mail.message_ids import find_ids
from mailflow.mail.mime import Head, MimeTree, Part
from mailflow.mail.parameters import parse_parameters
from mailflow.mail.transfer import decode_transfer

MAX_PARTS = 1_000
MAX_DEPTH = 30
MAX_OCTETS = 100_000_000  # of one message; the rest is not looked at
MAX_PART_HEADS = 2_000_000  # octets of all part heads together
MAX_LOOKALIKES = 20_000  # lines that begin as a boundary does, but are none
MAX_BOUNDARY = 990

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FIELD_LINE = re.compile(rb"[!-9;-~]{1,76}[ \t]*:")
_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*+\r?(?:\n|\Z)")
_SNIFFED = re.compile(rb"^--(\S{1,200})[ \t]*\r?$", re.MULTILINE)
_SNIFFED_PART = re.compile(
    rb"^--(\S{1,200})[ \t]*\r?\nContent-(?:Type|Transfer-Encoding|Disposition)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+\-]{1,60}/[a-z0-9!#$&^_.+\-]{1,100}")
_QUOTED_PRINTABLE = re.compile(r"quoted?[-_ ]?print\w{2,8}")
_TURNED_TYPES = {"plain/text": "text/plain", "html/text": "text/html"}
_SNIFF_WINDOW = 65_536


@dataclass(slots=True)
class _Reading:
    """What is counted while one message is taken apart."""

    defects: set[str] = field(default_factory=set)
    parts: int = 0
    part_heads: int = 0
    scanned: int = 0
    scan_limit: int = 0


def read_mime(octets: bytes) -> MimeTree:
    """The structure of any octets. Never raises; faults are named in ``defects``."""
    reading = _Reading()
    if len(octets) > MAX_OCTETS:
        octets = octets[:MAX_OCTETS]
        reading.defects.add("message-cut")
    octets = _with_line_feeds(octets, reading.defects)
    reading.scan_limit = 8 * len(octets) + 1_000_000
    start = _first_line(octets, reading.defects)
    root = _read_part(octets, start, len(octets), reading, depth=0, default="text/plain")
    return MimeTree(root, tuple(sorted(reading.defects)))


def _with_line_feeds(octets: bytes, defects: set[str]) -> bytes:
    """Old Macintosh line ends (CR alone) made LF; everything else is left as it is."""
    if b"\r" in octets and b"\n" not in octets:
        defects.add("line-ends-cr")
        return octets.replace(b"\r", b"\n")
    return octets


def _first_line(octets: bytes, defects: set[str]) -> int:
    """Where the head begins: a byte order mark and blank lines on top are passed over."""
    start = 0
    if octets.startswith(b"\xef\xbb\xbf"):
        defects.add("byte-order-mark-on-top")
        start = 3
    blank = re.compile(rb"[\r\n]*+").match(octets, start)
    after = blank.end() if blank else start
    if after > start and _FIELD_LINE.match(octets, after):
        defects.add("blank-lines-on-top")
        return after
    return start


def _read_part(
    buffer: bytes, start: int, end: int, reading: _Reading, *, depth: int, default: str
) -> Part:
    head, body = _read_part_head(buffer, start, end, reading, depth)
    content_type, params = _content_type(head, default, reading.defects)
    disposition, filename = _disposition(head, params)
    ids = find_ids(head.first("content-id") or "")
    encoding = _encoding(head)
    children: tuple[Part, ...] = ()
    if content_type.startswith("multipart/"):
        content_type, children = _children(buffer, body, end, content_type, params, reading, depth)
    elif content_type in ("message/rfc822", "message/global"):
        children = _message_inside(buffer, body, end, encoding, reading, depth)
    return Part(
        head=head,
        content_type=content_type,
        params=params,
        disposition=disposition,
        filename=filename,
        transfer_encoding=encoding,
        children=children,
        content_id=ids[0] if ids else None,
        source=buffer,
        start=body,
        end=end,
    )


def _read_part_head(
    buffer: bytes, start: int, end: int, reading: _Reading, depth: int
) -> tuple[Head, int]:
    caps = MESSAGE_CAPS if depth == 0 else PART_CAPS
    head_end, body = _head_range(buffer, start, end, caps.scanned)
    if depth > 0:
        reading.part_heads += head_end - start
        if reading.part_heads > MAX_PART_HEADS:
            reading.defects.add("part-heads-too-long")
            return Head(), body
    octets = buffer[start : min(head_end, start + caps.scanned + 1)]
    head, defects = read_head(octets, caps)
    if "header-8bit" in defects:  # mostly in the charset of the body
        charset = parse_parameters(head.raw("content-type") or "")[1].get("charset", "")
        head, defects = read_head(octets, caps, charset)
    reading.defects |= defects
    return head, body


def _head_range(buffer: bytes, start: int, end: int, limit: int) -> tuple[int, int]:
    """Where the head ends and the body begins. The body begins early where the blank line is missing."""
    if buffer.startswith((b"\n", b"\r\n"), start, end):
        return start, buffer.index(b"\n", start) + 1
    blank = _BLANK_LINE.search(buffer, start, end)
    head_end, body = (blank.start(), blank.end()) if blank else (end, end)
    early = _body_without_blank_line(buffer[start : min(head_end, start + limit)])
    if early is not None and head_end - start <= limit:
        return start + early, start + early
    return head_end, body


def _body_without_blank_line(head: bytes) -> int | None:
    """The offset of the first line after the last field that cannot belong to a head, or None."""
    at, early = 0, None
    for line in head.split(b"\n"):
        if _FIELD_LINE.match(line):
            early = None
        elif (
            early is None
            and line[:1] not in (b" ", b"\t", b"\r", b"")
            and not (at == 0 and line.startswith((b"From ", b">From ")))
        ):
            early = at
        at += len(line) + 1
    return early


def _content_type(head: Head, default: str, defects: set[str]) -> tuple[str, dict[str, str]]:
    raw = head.raw("content-type")
    if raw is None:
        return default, {}
    value, params = parse_parameters(raw)
    if value in _TURNED_TYPES:
        defects.add("content-type-invalid")
        return _TURNED_TYPES[value], params
    if _TYPE.fullmatch(value):
        return value, params
    if value:
        defects.add("content-type-invalid")
    maintype = value.partition("/")[0].strip()
    if maintype == "multipart":
        return "multipart/mixed", params
    if "/" in value and maintype not in ("text", ""):
        return "application/octet-stream", params
    return "text/plain" if default == "message/rfc822" else default, params


def _encoding(head: Head) -> str:
    """The transfer encoding: quotation marks are passed over, a misspelt name is read as meant."""
    named = (head.first("content-transfer-encoding") or "").partition(";")[0]
    named = named.strip(" \t\"'").lower()
    return "quoted-printable" if _QUOTED_PRINTABLE.fullmatch(named) else named


def _disposition(head: Head, params: dict[str, str]) -> tuple[str, str]:
    raw = head.raw("content-disposition")
    if raw is None:
        return "", params.get("name", "")
    value, own = parse_parameters(raw)
    if value:
        value = "inline" if value == "inline" else "attachment"  # RFC 2183 2.8
    return value, own.get("filename") or own.get("name") or params.get("name", "")


def _children(
    buffer: bytes,
    body: int,
    end: int,
    content_type: str,
    params: dict[str, str],
    reading: _Reading,
    depth: int,
) -> tuple[str, tuple[Part, ...]]:
    if depth >= MAX_DEPTH:
        reading.defects.add("nested-too-deep")
        return "application/octet-stream", ()
    boundary = _boundary(buffer, body, end, params, reading.defects)
    ranges = _part_ranges(buffer, body, end, boundary, reading) if boundary else []
    if not ranges and boundary and (other := _sniffed_boundary(buffer, body, end)):
        reading.defects.add("boundary-missing")  # the one named stands nowhere
        ranges = _part_ranges(buffer, body, end, other, reading)
    if not ranges:
        reading.defects.add("multipart-without-parts")
        return "text/plain", ()
    default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
    children = []
    for start, stop in ranges:
        if reading.parts >= MAX_PARTS:
            reading.defects.add("too-many-parts")
            break
        reading.parts += 1
        children.append(_read_part(buffer, start, stop, reading, depth=depth + 1, default=default))
    return content_type, tuple(children)


def _boundary(
    buffer: bytes, body: int, end: int, params: dict[str, str], defects: set[str]
) -> bytes:
    given = params.get("boundary", "").rstrip()
    if given and len(given) <= MAX_BOUNDARY:
        return given.encode("utf-8", "replace")
    defects.add("boundary-missing" if not given else "boundary-too-long")
    sniffed = _SNIFFED.search(buffer, body, min(end, body + _SNIFF_WINDOW))
    return sniffed[1] if sniffed else b""


def _sniffed_boundary(buffer: bytes, body: int, end: int) -> bytes:
    """What stands for a boundary where the one named does not: two dashes, and a field right below."""
    found = _SNIFFED_PART.search(buffer, body, min(end, body + _SNIFF_WINDOW))
    return found[1] if found else b""


def _part_ranges(
    buffer: bytes, body: int, end: int, boundary: bytes, reading: _Reading
) -> list[tuple[int, int]]:
    """The ranges between the delimiter lines. The line end before a delimiter belongs to it."""
    reading.scanned += end - body
    if reading.scanned > reading.scan_limit:
        reading.defects.add("nested-too-deep")
        return []
    needle = b"\n--" + boundary
    ranges: list[tuple[int, int]] = []
    opened: int | None = None
    lookalikes = 0
    at = max(0, body - 1)
    while (at := buffer.find(needle, at, end)) >= 0:
        tail = _DELIMITER_TAIL.match(buffer, at + len(needle), end)
        if tail is None:
            lookalikes += 1
            if lookalikes > MAX_LOOKALIKES:
                reading.defects.add("boundary-lookalikes")
                break
            at += len(needle)
            continue
        if opened is not None:
            ranges.append((opened, max(opened, _before_line_end(buffer, at))))
        if tail[1]:
            return ranges
        opened = tail.end()
        if len(ranges) > MAX_PARTS:
            reading.defects.add("too-many-parts")
            return ranges
        at = tail.end() - 1
    if opened is not None:
        reading.defects.add("multipart-unclosed")
        ranges.append((opened, end))
    return ranges


def _before_line_end(buffer: bytes, at: int) -> int:
    return at - 1 if buffer[at - 1 : at] == b"\r" else at


def _message_inside(
    buffer: bytes, body: int, end: int, encoding: str, reading: _Reading, depth: int
) -> tuple[Part, ...]:
    if depth >= MAX_DEPTH:
        reading.defects.add("nested-too-deep")
        return ()
    if reading.parts >= MAX_PARTS:
        reading.defects.add("too-many-parts")
        return ()
    reading.parts += 1
    reading.scanned += end - body
    if reading.scanned > reading.scan_limit:
        reading.defects.add("nested-too-deep")
        return ()
    if encoding in ("base64", "quoted-printable"):  # RFC 2046 5.2.1 forbids it; Exchange does it
        reading.defects.add("message-encoded")
        buffer = decode_transfer(buffer[body:end], encoding)[0]
        body, end = 0, len(buffer)
    blank = re.compile(rb"[\r\n]*+").match(buffer, body, end)
    if blank is not None and _FIELD_LINE.match(buffer, blank.end(), end):
        body = blank.end()
    return (_read_part(buffer, body, end, reading, depth=depth + 1, default="text/plain"),)
