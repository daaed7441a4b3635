"""Undoing content transfer encodings (RFC 2045 6), leniently and in linear time."""

from __future__ import annotations

import binascii
import re

_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7 bit", "8 bit", "none"})
_UUENCODED = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\r\n]")
_BASE64_ONLY = re.compile(rb"[A-Za-z0-9+/=]*")
_BASE64_SAMPLE = 4096
_MAX_PIECES = 100_000


def decode_transfer(octets: bytes, encoding: str) -> tuple[bytes, str | None]:
    """The octets with ``encoding`` (lower case) undone, and a defect or None. Never raises.

    What does not look encoded at all is given back as it is.
    """
    if encoding in _IDENTITY:
        return octets, None
    if encoding == "base64":
        return _from_base64(octets)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(octets), None
    if encoding in _UUENCODED:
        return _from_uuencode(octets)
    return octets, "transfer-encoding-unknown"


def _from_base64(octets: bytes) -> tuple[bytes, str | None]:
    ends = octets.find(b"=")
    sample = octets[: _BASE64_SAMPLE if ends < 0 else min(ends, _BASE64_SAMPLE)]
    if len(_NOT_BASE64.findall(sample)) * 10 > len(sample.strip()):
        return octets, "base64-invalid"
    if ends < 0:
        return _base64_run(octets)
    decoded, defect = _base64_run(octets[: ends + 2])
    rest = octets[ends + 2 :].lstrip(b"= \t\r\n").rstrip().translate(None, b"\r\n")
    if not rest:
        return decoded, defect
    if len(rest) % 4 or not _BASE64_ONLY.fullmatch(rest):
        return decoded, "base64-followed-by-text"  # a footer added by a list on the way
    split = rest.split(b"=", _MAX_PIECES)[:_MAX_PIECES]
    pieces = [_base64_run(piece)[0] for piece in split if piece]
    return b"".join([decoded, *pieces]), "base64-in-pieces"


def _base64_run(octets: bytes) -> tuple[bytes, str | None]:
    """One run without padding inside. A last lonely character holds no octet and is left off."""
    try:
        return binascii.a2b_base64(octets), None
    except binascii.Error:
        pass
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    keep = len(clean) - (len(clean) % 4 == 1)
    return binascii.a2b_base64(clean[:keep] + b"=" * (-keep % 4)), "base64-bad-padding"


def _from_uuencode(octets: bytes) -> tuple[bytes, str | None]:
    lines = octets.splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if first is None:
        return octets, "uuencode-invalid"
    out: list[bytes] = []
    for line in lines[first + 1 :]:
        if line.strip() == b"end":
            return b"".join(out), None
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            return b"".join(out), "uuencode-invalid"
    return b"".join(out), "uuencode-unended"
