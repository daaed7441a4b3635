"""From what a mail of ours says to its octets: textbook mail, the same octets for the same value.

CRLF line ends, no line near 998 octets, ids never encoded (RFC 5322 3.6.4; encoded ones break
threads everywhere), Auto-Submitted on what no person wrote (RFC 3834), boundaries taken from a hash
of the content so that a repeated sending repeats every octet.
"""

from __future__ import annotations

import base64
import hashlib
import re
from email.utils import format_datetime

from mailflow.mail import fields
from mailflow.mail.attachments import clean_filename
from mailflow.mail.charset import clean
from mailflow.mail.message import IncomingMessage, OutgoingAttachment, OutgoingMessage
from mailflow.mail.subject import reply_subject

__all__ = ["compose_message", "needs_smtputf8", "reply_references", "reply_subject"]

FIRST_REFERENCES = 3  # the root of the thread and what followed it
LAST_REFERENCES = 7  # what we answer, and what led there
MAX_REFERENCES_OCTETS = 1_800  # some relays refuse a header block over 4096
_LINE = 76  # octets of a quoted-printable line (RFC 2045 6.7)

_AUTO_SUBMITTED = ("auto-replied", "auto-generated")
_EXTRA = re.compile(r"X-Mailflow-[A-Za-z0-9\-]{1,60}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+\-_]{0,60}/[a-z0-9][a-z0-9.+\-_]{0,80}")
_PLAIN_LINE = re.compile(r"(?!From )[\x20-\x7e\t]{0,78}(?<![ \t])")
_BARE_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

_PRINTED = {
    octet: (chr(octet) if 33 <= octet <= 126 and octet != 61 else f"={octet:02X}")
    for octet in range(256)
} | {32: " ", 9: "\t"}


def compose_message(message: OutgoingMessage) -> bytes:
    """The octets of a message. Deterministic.

    ValueError names the field that cannot be written: an unusable address, id, date without a zone,
    unsubscribe address, or a private field outside ``X-Mailflow-``. Text for people (names, subject,
    file names, body) is never refused; characters no mail may hold are taken out of it.
    """
    return _head(message) + _entity(message)


def needs_smtputf8(message: OutgoingMessage) -> bool:
    """Whether an address has a non-ASCII local part, so that the server must know RFC 6531."""
    everybody = (message.author, *message.to, *message.cc, message.reply_to or message.author)
    return any(not one.address.rpartition("@")[0].isascii() for one in everybody)


def reply_references(message: IncomingMessage) -> tuple[str, ...]:
    """The References of an answer (RFC 5322 3.6.4): the parent's, then the parent.

    A parent without References lends its In-Reply-To where that is a single id.
    """
    before = message.references
    if not before and len(message.in_reply_to) == 1:
        before = message.in_reply_to
    parent = (message.message_id,) if message.message_id else ()
    return tuple(dict.fromkeys([*(one for one in before if one not in parent), *parent]))


def trimmed_references(references: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that can be written, the middle left out where there are too many."""
    usable = [one for one in dict.fromkeys(references) if fields.usable_id(one)]
    if len(usable) > FIRST_REFERENCES + LAST_REFERENCES:
        usable = usable[:FIRST_REFERENCES] + usable[-LAST_REFERENCES:]
    while len(usable) > 2 and sum(len(one) + 5 for one in usable) > MAX_REFERENCES_OCTETS:
        del usable[min(FIRST_REFERENCES, len(usable) - 2)]
    return tuple(usable)


def _head(message: OutgoingMessage) -> bytes:
    if message.date.tzinfo is None:
        raise ValueError("Date: a moment without a time zone")
    if not fields.usable_id(message.message_id):
        raise ValueError(f"Message-ID: not an id: {message.message_id[:80]!r}")
    lines = [
        fields.literal("Date", format_datetime(message.date)),
        fields.addresses("From", (message.author,)),
        fields.addresses("To", message.to)
        if message.to
        else fields.literal("To", "undisclosed-recipients:;"),
    ]
    if message.cc:
        lines.append(fields.addresses("Cc", message.cc))
    if message.reply_to is not None:
        lines.append(fields.addresses("Reply-To", (message.reply_to,)))
    lines.append(fields.unstructured("Subject", message.subject))
    lines.append(fields.ids("Message-ID", (message.message_id,)))
    if message.in_reply_to is not None and fields.usable_id(message.in_reply_to):
        lines.append(fields.ids("In-Reply-To", (message.in_reply_to,)))
    lines.append(fields.ids("References", trimmed_references(message.references)))
    if message.automatic:
        lines.extend(_automatic(message))
    if message.list_unsubscribe:
        lines.extend(_unsubscribe(message.list_unsubscribe))
    lines.extend(_extra(name, value) for name, value in message.extra_fields)
    lines.append(b"MIME-Version: 1.0\r\n")
    return b"".join(lines)


def _automatic(message: OutgoingMessage) -> list[bytes]:
    if message.auto_submitted not in _AUTO_SUBMITTED:
        raise ValueError(f"Auto-Submitted: not one of {', '.join(_AUTO_SUBMITTED)}")
    return [
        fields.literal("Auto-Submitted", message.auto_submitted),
        fields.literal("X-Auto-Response-Suppress", "All"),
    ]


def _unsubscribe(uris: tuple[str, ...]) -> list[bytes]:
    """RFC 2369, and RFC 8058 where one click can do it."""
    for uri in uris:
        if not uri.startswith(("mailto:", "https://")) or not re.fullmatch(r"[!-+\--;=?-~]+", uri):
            raise ValueError(f"List-Unsubscribe: not a mailto: or https: address: {uri[:80]!r}")
    lines = [fields.literal("List-Unsubscribe", ", ".join(f"<{uri}>" for uri in uris))]
    if any(uri.startswith("https://") for uri in uris):
        lines.append(fields.literal("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return lines


def _extra(name: str, value: str) -> bytes:
    if not _EXTRA.fullmatch(name):
        raise ValueError(f"{name[:80]!r}: only X-Mailflow-… may be added")
    return fields.literal(name, value)


def _entity(message: OutgoingMessage) -> bytes:
    """The content, from its own Content-Type field on: mixed(alternative(text, related(html, …)), …)."""
    shown = [one for one in message.attachments if one.content_id is not None and message.html]
    beside = [one for one in message.attachments if one not in shown]
    entity = _text(message.text, "plain")
    if message.html is not None:
        html = _text(message.html, "html")
        if shown:
            html = _multipart("related", [html, *map(_file, shown)], '; type="text/html"')
        entity = _multipart("alternative", [entity, html])
    if beside:
        entity = _multipart("mixed", [entity, *map(_file, beside)])
    return entity


def _multipart(subtype: str, parts: list[bytes], parameters: str = "") -> bytes:
    digest = hashlib.sha256(subtype.encode("ascii"))
    for part in parts:
        digest.update(part)
    boundary = f"=_{digest.hexdigest()[:40]}"  # RFC 2045 6.7: "=_" stands in no encoded body
    head = f'Content-Type: multipart/{subtype}{parameters};\r\n boundary="{boundary}"\r\n\r\n'
    mark = b"--" + boundary.encode("ascii")
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return head.encode("ascii") + body + mark + b"--\r\n"


def _text(text: str, subtype: str) -> bytes:
    lines = _lines(text)
    if all(_PLAIN_LINE.fullmatch(line) for line in lines):
        head = f"Content-Type: text/{subtype}; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit"
        body = "\r\n".join(lines)
    else:
        head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
        body = "\r\n".join(_quoted_printable(line) for line in lines)
    return f"{head}\r\n\r\n{body}\r\n".encode("ascii")


def _lines(text: str) -> list[str]:
    text = clean(text.replace("\r\n", "\n").replace("\r", "\n"))
    return _BARE_CONTROLS.sub("", text).rstrip("\n").split("\n")


def _quoted_printable(line: str) -> str:
    """One line of text as quoted-printable lines. A last blank and a first ``From`` are encoded too."""
    tokens = [_PRINTED[octet] for octet in line.encode("utf-8")]
    if tokens and tokens[-1] in (" ", "\t"):
        tokens[-1] = f"={ord(tokens[-1]):02X}"
    if line.startswith(("From ", ".")):  # mbox writers and careless relays change these
        tokens[0] = f"={ord(line[0]):02X}"
    out: list[str] = []
    start = length = 0
    for place, token in enumerate(tokens):
        if length + len(token) > _LINE - 1:
            out.append("".join(tokens[start:place]))
            start, length = place, 0
        length += len(token)
    out.append("".join(tokens[start:]))
    return "=\r\n".join(out)


def _file(attachment: OutgoingAttachment) -> bytes:
    content_type = attachment.content_type.strip().lower()
    if not _TYPE.fullmatch(content_type) or content_type.startswith("multipart/"):
        content_type = "application/octet-stream"
    content = attachment.content
    plain = content_type.startswith("message/")
    if plain and not _can_stand_plain(content):
        content_type, plain = "application/octet-stream", False
    name = clean_filename(clean(attachment.filename)) or "attachment"
    inline = attachment.content_id is not None
    lines = [
        f"Content-Type: {content_type}{fields.parameter('name', name)}",
        f"Content-Disposition: {'inline' if inline else 'attachment'}"
        f"{fields.parameter('filename', name)}",
        f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}",
    ]
    if attachment.content_id is not None:
        if not fields.usable_id(attachment.content_id):
            raise ValueError(f"Content-ID: not an id: {attachment.content_id[:80]!r}")
        lines.append(f"Content-ID: <{attachment.content_id}>")
    body = content if plain else base64.encodebytes(content).replace(b"\n", b"\r\n")
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _can_stand_plain(content: bytes) -> bool:
    """Whether a message can be attached as it is: RFC 2046 5.2.1 forbids to encode it."""
    bare = content.replace(b"\r\n", b"")
    return (
        content.isascii()
        and b"\0" not in content
        and b"\r" not in bare
        and b"\n" not in bare
        and max(map(len, content.split(b"\r\n"))) <= 990
    )
