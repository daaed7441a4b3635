"""The people and machines of the demo, and what they write. Each mail is raw bytes, as it would come in."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

SUPPORT = "support@lumen.test"
AGENT = "ann@lumen.test"
AGENT_NAME = "Ann Becker"


@dataclass(frozen=True, slots=True)
class Customer:
    address: str
    name: str


MARIA = Customer("maria@harbour.test", "Maria Santos")
TOM = Customer("tom@fjord.test", "Tom Halvorsen")
PRIYA = Customer("priya@orchard.test", "Priya Nair")
JUERGEN = Customer("juergen@muehle.test", "Jürgen Müller")
YUKI = Customer("yuki@sakura.test", "Yuki Tanaka")
OLEG = Customer("oleg@volga.test", "Oleg Petrov")
GRACE = Customer("grace@meadow.test", "Grace Okafor")
SAM = Customer("sam@island.test", "Sam Reid")
PEOPLE = (MARIA, TOM, PRIYA, JUERGEN, YUKI, OLEG, GRACE, SAM)
NEWSLETTER = Customer("news@weekly-deals.test", "Weekly Deals")
POSTMASTER = Customer("mailer-daemon@island.test", "Mail Delivery System")


def plain(
    author: Customer,
    subject: str,
    body: str,
    at: datetime,
    *,
    charset: str = "utf-8",
    fields: tuple[str, ...] = (),
    name: str = "",
    to: str = SUPPORT,
) -> bytes:
    """A plain text mail in any charset, its header words encoded as that charset's clients do."""
    word = base64.b64encode(subject.encode(charset)).decode()
    shown = base64.b64encode((name or author.name).encode(charset)).decode()
    head = [
        f"From: =?{charset}?B?{shown}?= <{author.address}>",
        f"To: {to}",
        f"Subject: =?{charset}?B?{word}?=",
        *_common(author, subject, at),
        f'Content-Type: text/plain; charset="{charset}"',
        "Content-Transfer-Encoding: 8bit",
        *fields,
    ]
    return _octets(head, body.encode(charset))


def html_only(author: Customer, subject: str, html: str, at: datetime) -> bytes:
    head = [
        f"From: {author.name} <{author.address}>",
        f"To: {SUPPORT}",
        f"Subject: {subject}",
        *_common(author, subject, at),
        'Content-Type: text/html; charset="utf-8"',
        "Content-Transfer-Encoding: 8bit",
    ]
    return _octets(head, html.encode())


def with_attachment(
    author: Customer, subject: str, body: str, filename: str, content: bytes, at: datetime
) -> bytes:
    head = [
        f"From: {author.name} <{author.address}>",
        f"To: {SUPPORT}",
        f"Subject: {subject}",
        *_common(author, subject, at),
        'Content-Type: multipart/mixed; boundary="parts"',
    ]
    parts = (
        f"--parts\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
        f"--parts\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{filename}"\r\n\r\n'
        f"{base64.encodebytes(content).decode()}\r\n--parts--\r\n"
    )
    return _octets(head, parts.encode())


def newsletter(at: datetime) -> bytes:
    return plain(
        NEWSLETTER,
        "This week only: 40 % off all desk lamps",
        "Lamps! Lamps! Lamps!\r\n\r\nUnsubscribe: https://weekly-deals.test/u/1\r\n",
        at,
        fields=(
            "List-Unsubscribe: <https://weekly-deals.test/u/1>",
            "Precedence: bulk",
        ),
    )


def out_of_office(author: Customer, answered_id: str, at: datetime, to: str) -> bytes:
    """What Sam's mail server answers to the acknowledgement while Sam is away."""
    return plain(
        author,
        "Automatic reply: out of office",
        "I am at sea until Monday and read no mail.\r\n",
        at,
        fields=(
            "Auto-Submitted: auto-replied",
            f"In-Reply-To: <{answered_id}>",
            f"References: <{answered_id}>",
        ),
        to=to,
    )


def bounce(recipient: Customer, returned_id: str, at: datetime, to: str) -> bytes:
    """A delivery status notification (RFC 3464) for a mail of ours that was accepted first and failed later."""
    head = [
        f"From: {POSTMASTER.name} <{POSTMASTER.address}>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        *_common(POSTMASTER, f"bounce of {returned_id}", at),
        "Auto-Submitted: auto-replied",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="report"',
    ]
    body = (
        "--report\r\nContent-Type: text/plain\r\n\r\n"
        f"The mailbox of {recipient.address} does not exist any more.\r\n"
        "--report\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.meadow.test\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient.address}\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        "--report\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{returned_id}>\r\nFrom: {SUPPORT}\r\nTo: {recipient.address}\r\n"
        "--report--\r\n"
    )
    return _octets(head, body.encode())


def reply(
    author: Customer,
    to: str,
    subject: str,
    body: str,
    answered_id: str,
    quoted: str,
    at: datetime,
) -> bytes:
    """An answer as a mail client writes it: new text on top, everything quoted below."""
    quote = "\r\n".join("> " + line for line in quoted.splitlines())
    text = f"{body}\r\n\r\nOn Mon, 2 Mar 2026 at 10:12, Lumen Support wrote:\r\n{quote}\r\n"
    return plain(
        author,
        subject if subject.lower().startswith("re:") else f"Re: {subject}",
        text,
        at,
        fields=(f"In-Reply-To: <{answered_id}>", f"References: <{answered_id}>"),
        to=to,
    )


def _common(author: Customer, subject: str, at: datetime) -> list[str]:
    domain = author.address.rpartition("@")[2]
    unique = base64.b32encode(f"{author.address}{subject}{at}".encode()).decode().strip("=").lower()
    return [
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{unique[-30:]}@{domain}>",
        "MIME-Version: 1.0",
    ]


def _octets(head: list[str], body: bytes) -> bytes:
    lines = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + lines
