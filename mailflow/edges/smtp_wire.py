"""What SMTP carries: replies, envelope addresses, MAIL options, the content's form on the wire. No input or output."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace

import aiosmtplib

from mailflow.desk.delivery import Outcome, RecipientResult, address_fault

_OUTCOMES = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REJECTED}
_MAX_REPLY_TEXT = 500


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str

    @property
    def outcome(self) -> Outcome | None:
        """None is an answer that makes no sense here."""
        return _OUTCOMES.get(self.code // 100) if 200 <= self.code < 600 else None


_LINE_END = re.compile(rb"\r\n|\r|\n")


def wire_form(octets: bytes) -> bytes:
    """The content as DATA carries it: CRLF line ends only (RFC 5321 2.3.8), dots stuffed (4.5.2), the final dot."""
    lines = _LINE_END.sub(b"\r\n", octets)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def still_writing(client: aiosmtplib.SMTP) -> bool:
    """Whether the server answered before it had read everything: such a connection is not used again."""
    transport = client.transport
    return isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size() > 0


def path(address: str) -> bytes:
    return b"<" + address.encode("utf-8") + b">"


def mail_options(client: aiosmtplib.SMTP, size: int, utf8: bool) -> list[bytes]:
    options = []
    if client.supports_extension("size"):
        options.append(b"SIZE=%d" % size)
    if utf8 and client.supports_extension("smtputf8"):
        options.append(b"BODY=8BITMIME")
        options.append(b"SMTPUTF8")
    return options


def beyond(
    client: aiosmtplib.SMTP, size: int, needs_utf8: bool, envelope_sender: str
) -> str | None:
    """Why this server cannot take this mail at all."""
    limit = max_size(client)
    if limit is not None and size > limit:
        return f"the mail has {size} octets, the server takes at most {limit}"
    if needs_utf8 and not client.supports_extension("smtputf8"):
        return "the mail needs SMTPUTF8 (RFC 6531), which the server does not offer"
    if not envelope_sender.isascii() and not client.supports_extension("smtputf8"):
        return "our envelope sender needs SMTPUTF8 (RFC 6531), which the server does not offer"
    return None


def max_size(client: aiosmtplib.SMTP) -> int | None:
    """RFC 1870: 0 or nothing means that no limit is stated."""
    stated = client.esmtp_extensions.get("size", "").strip()
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 20):
        return None
    return int(stated) or None


def any_needs_utf8(recipients: tuple[str, ...]) -> bool:
    return any(not address.isascii() and _ascii_domain(address) is None for address in recipients)


def deliverable(client: aiosmtplib.SMTP, address: str) -> tuple[str, str | None]:
    """The form of an address to use in RCPT, or why there is none."""
    if fault := address_fault(address):
        return address, fault
    if address.isascii():
        return address, None
    if converted := _ascii_domain(address):
        return converted, None
    if not client.supports_extension("smtputf8"):
        return address, "the address needs SMTPUTF8 (RFC 6531), which the server does not offer"
    return address, None


def _ascii_domain(address: str) -> str | None:
    """An address whose domain alone is not ASCII, with its A-labels (RFC 5890); None where that is not enough."""
    local_part, _, domain = address.rpartition("@")
    if not local_part.isascii():
        return None
    try:
        return f"{local_part}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None


def for_all(
    recipients: tuple[str, ...], outcome: Outcome, code: int | None, text: str, phase: str
) -> tuple[RecipientResult, ...]:
    return tuple(RecipientResult(address, outcome, code, text, phase) for address in recipients)


def all_deferred(
    results: list[RecipientResult], recipients: tuple[str, ...], reply: Reply
) -> tuple[RecipientResult, ...]:
    """The server left in the middle: whoever it had accepted is not accepted any more."""
    settled = [
        result
        if result.outcome is Outcome.REJECTED
        else replace(result, outcome=Outcome.DEFERRED, code=reply.code, text=reply.text)
        for result in results
    ]
    rest = recipients[len(results) :]
    return (*settled, *for_all(rest, Outcome.DEFERRED, reply.code, reply.text, "rcpt"))


def reply_from(answer: aiosmtplib.SMTPResponse) -> Reply:
    return Reply(answer.code, clean(answer.message))


_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")


def clean(text: str) -> str:
    """A server's words on one line, without controls, of bounded length: they go to logs and people."""
    return _UNFIT.sub(" ", text[: 2 * _MAX_REPLY_TEXT]).strip()[:_MAX_REPLY_TEXT]


def why(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {clean(error.message)}"
    return clean(str(error)) or type(error).__name__
