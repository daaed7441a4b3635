"""Writing header fields: encoded where it must be, folded where it may be, never broken into.

Nothing that comes from outside can end a field: line ends and other controls are taken out of text
meant for people and refused everywhere else. Lines stay under 78 characters where there is a place
to fold, and under 998 octets always (RFC 5322 2.1.1).
"""

from __future__ import annotations

import binascii
import re
from urllib.parse import quote

from mailflow.mail.headers import one_line
from mailflow.mail.message import Address

LINE = 76
_MAX_ADDRESS = 320

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/^_`{|}~ ]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_ADDRESS = re.compile(
    r"(?P<local>[^\s\x00-\x20\x7f<>()\[\],;:\\\"@\x80-\xa0]+|\"(?:[^\"\\\x00-\x1f\x7f]|\\[ -~])*\")"
    r"@(?P<domain>[^\s\x00-\x20\x7f<>()\[\],;:\\\"@\x80-\xa0]+|\[[0-9A-Za-z.:]+\])"
)
_ID = re.compile(r"[!-;=?-~]{1,900}")
_FOLD_POINT = re.compile(r" (?=[^ ])")


def unstructured(name: str, text: str) -> bytes:
    """A field of text for people, such as Subject. Line ends become spaces, other controls go."""
    text = one_line(text.replace("\t", " ")).strip()
    if _PRINTABLE.fullmatch(text) and "=?" not in text:
        folded = _folded(name, text)
        if all(len(line) <= 990 for line in folded.split("\r\n")) and "\r\n \r\n" not in folded:
            return folded.encode("ascii") + b"\r\n"
    return f"{name}: {_words(text, len(name) + 2)}\r\n".encode("ascii")


def literal(name: str, value: str) -> bytes:
    """A field whose value must stand as it is. ValueError names the field when it cannot."""
    if not _PRINTABLE.fullmatch(value) or not value.strip():
        raise ValueError(f"{name}: not printable ASCII: {value[:60]!r}")
    line = f"{name}: {value}"
    if len(line) > 998:
        raise ValueError(f"{name}: longer than a line of mail may be ({len(line)} octets)")
    return line.encode("ascii") + b"\r\n"


def addresses(name: str, mailboxes: tuple[Address, ...]) -> bytes:
    """An address field, one mailbox a line. ValueError names the field and an unusable address."""
    written = [mailbox(name, one) for one in mailboxes]
    return (f"{name}: " + ",\r\n ".join(written) + "\r\n").encode("utf-8")


def mailbox(name: str, address: Address) -> str:
    """One mailbox as it stands in a field called ``name``, the display name quoted or encoded."""
    spec = addr_spec(name, address.address)
    shown = one_line(address.name.replace("\t", " ")).strip()
    if not shown:
        return spec
    if len(shown) <= 60 and "=?" not in shown:
        if _ATOMS.fullmatch(shown):
            return f"{shown} <{spec}>"
        if _PRINTABLE.fullmatch(shown):
            escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}" <{spec}>'
    return f"{_words(shown, len(name) + 2)}\r\n <{spec}>"


def addr_spec(name: str, address: str) -> str:
    """The address as it is written; a non-ASCII domain in its ASCII form (RFC 5891) where that is enough.

    A non-ASCII local part stays as it is and needs SMTPUTF8 (RFC 6531) on the way.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > _MAX_ADDRESS:
        raise ValueError(f"{name}: not an address mail can be sent to: {address[:80]!r}")
    local, domain = found["local"], found["domain"]
    if domain.isascii() or not local.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise ValueError(f"{name}: not a domain name: {domain[:80]!r}") from None


def usable_id(message_id: str) -> bool:
    """Whether an id can stand in a field of ours: printable ASCII without brackets or white space."""
    return _ID.fullmatch(message_id) is not None


def ids(name: str, message_ids: tuple[str, ...]) -> bytes:
    """A field of message ids, one a line and never encoded; none, no field."""
    if not message_ids:
        return b""
    return (f"{name}: " + "\r\n ".join(f"<{one}>" for one in message_ids) + "\r\n").encode("ascii")


def parameter(name: str, value: str) -> str:
    """``; name=value`` on a line of its own: quoted, or by RFC 2231 where it is not ASCII or long."""
    if _PRINTABLE.fullmatch(value) and len(value) <= 60 and "=?" not in value:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f';\r\n {name}="{escaped}"'
    coded = quote(value, safe="", encoding="utf-8", errors="replace")
    room = LINE - len(name) - 12
    if len(coded) <= room:
        return f";\r\n {name}*=utf-8''{coded}"
    pieces = _percent_pieces(coded, room)
    pieces[0] = f"utf-8''{pieces[0]}"
    return "".join(f";\r\n {name}*{number}*={piece}" for number, piece in enumerate(pieces))


def _percent_pieces(coded: str, room: int) -> list[str]:
    """``coded`` in pieces that cut no ``%XX`` in two."""
    pieces = []
    at = 0
    while at < len(coded):
        end = at + room
        if "%" in coded[end - 2 : end] and end < len(coded):
            end = coded.rindex("%", at, end)
        pieces.append(coded[at:end])
        at = end
    return pieces


def _folded(name: str, text: str) -> str:
    """``name: text`` broken at single spaces, so that unfolding gives the same text back."""
    words = _FOLD_POINT.split(text)
    lines = [f"{name}: {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1].strip() != f"{name}:":
            lines.append(f" {word}")
        else:
            lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _words(text: str, used: int) -> str:
    """Encoded words (RFC 2047), one a line; no character is cut in two. ``used`` is the column begun at."""
    out: list[str] = []
    chunk: list[str] = []
    room = LINE - used - len("=?utf-8?b??=")
    size = 0
    for char in text:
        octets = len(char.encode("utf-8", "replace"))
        if chunk and (size + octets + 2) // 3 * 4 > room:
            out.append(_word("".join(chunk)))
            chunk, size, room = [], 0, LINE - 1 - len("=?utf-8?b??=")
        chunk.append(char)
        size += octets
    out.append(_word("".join(chunk)))
    return "\r\n ".join(out)


def _word(text: str) -> str:
    octets = text.encode("utf-8", "replace")
    in_q = "".join(
        chr(octet) if octet in _Q_SAFE else "_" if octet == 0x20 else f"={octet:02X}"
        for octet in octets
    )
    in_b = binascii.b2a_base64(octets, newline=False).decode("ascii")
    return f"=?utf-8?q?{in_q}?=" if len(in_q) <= len(in_b) else f"=?utf-8?b?{in_b}?="
