"""A seeded stream of mixed mail for whole-system runs, each with what must become of it.

The expectations are written from the sender's side and know nothing of mailflow's code.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mail:
    octets: bytes
    author: str
    kind: str
    outcome: str  # ticket | reply | aside
    acknowledged: bool  # exactly one acknowledgement goes to `author` because of this mail


#: kind → weight in the mix
MIX = {
    "plain": 30,
    "html": 8,
    "latin1": 8,
    "attachment": 8,
    "reply": 16,
    "out-of-office": 8,
    "bounce": 6,
    "newsletter": 8,
    "noreply": 4,
    "list": 4,
}
KNOWN_OUTCOME = {
    "plain": ("ticket", True),
    "html": ("ticket", True),
    "latin1": ("ticket", True),
    "attachment": ("ticket", True),
    "reply": ("reply", False),
    "out-of-office": ("aside", False),
    "bounce": ("aside", False),
    "newsletter": ("aside", False),
    "noreply": ("ticket", False),
    "list": ("ticket", False),
}


def mixed_mail(count: int, seed: int, to: str) -> Iterator[Mail]:
    """``count`` mails, no two alike; a reply always answers an earlier mail of the same author."""
    chance = random.Random(seed)
    kinds = chance.choices(list(MIX), weights=list(MIX.values()), k=count)
    opened: list[tuple[str, str]] = []  # (author, Message-ID) a reply may answer
    for number, kind in enumerate(kinds):
        if kind == "reply" and not opened:
            kind = "plain"
        yield _mail(number, kind, to, chance, opened)


def _mail(
    number: int, kind: str, to: str, chance: random.Random, opened: list[tuple[str, str]]
) -> Mail:
    author = f"person{number}@firm{number}.example"
    message_id = f"{number}.{chance.getrandbits(48):x}@firm{number}.example"
    text = " ".join(chance.choices(_WORDS, k=12))
    head = [f"Message-ID: <{message_id}>", f"To: {to}", "Date: Mon, 2 Mar 2026 10:00:00 +0000"]
    subject, body, extra = f"Question {number}", text, ["Content-Type: text/plain; charset=utf-8"]
    if kind == "html":
        extra = ["Content-Type: text/html; charset=utf-8"]
        body = f"<html><body><p>{text}</p><ul><li>one<li>two</ul></body></html>"
    elif kind == "latin1":
        extra = ["Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit"]
        body = f"Grüße aus Köln, {text}"
    elif kind == "attachment":
        extra = ['Content-Type: multipart/mixed; boundary="b"']
        file = base64.encodebytes(chance.randbytes(500)).decode().replace("\n", "\r\n")
        body = (
            f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n"
            "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
            f'Content-Disposition: attachment; filename="a{number}.pdf"\r\n\r\n{file}\r\n--b--\r\n'
        )
    elif kind == "reply":
        author, answered = chance.choice(opened)
        subject = "Re: my question"
        extra += [f"In-Reply-To: <{answered}>", f"References: <{answered}>"]
        body = f"{text} (addition {number})\r\n\r\n> what I wrote before\r\n"
    elif kind == "out-of-office":
        subject = "Out of office"
        extra.append("Auto-Submitted: auto-replied")
    elif kind == "newsletter":
        extra += ["Precedence: bulk", "List-Unsubscribe: <https://firm.example/u>"]
    elif kind == "noreply":
        author = f"noreply@firm{number}.example"
    elif kind == "list":
        extra += [f"List-Id: <talk.firm{number}.example>", "List-Post: <mailto:talk@firm.example>"]
    elif kind == "bounce":
        author = f"mailer-daemon@firm{number}.example"
        subject = "Undelivered Mail Returned to Sender"
        extra = [
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "Return-Path: <>",
        ]
        body = (
            "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; gone{number}@firm.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
            f"Message-ID: <nobody{number}@elsewhere.example>\r\n--b--\r\n"
        )
    fields = [f"From: Person {number} <{author}>", f"Subject: {subject}", *head, *extra]
    charset = "iso-8859-1" if kind == "latin1" else "utf-8"
    octets = "\r\n".join(["MIME-Version: 1.0", *fields, "", body]).encode(charset)
    outcome, acknowledged = KNOWN_OUTCOME[kind]
    if kind in ("plain", "html", "latin1"):
        opened.append((author, message_id))
    return Mail(octets, author, kind, outcome, acknowledged)


_WORDS = [
    "the",
    "printer",
    "invoice",
    "login",
    "does",
    "not",
    "work",
    "since",
    "monday",
    "please",
    "help",
    "me",
    "with",
    "our",
    "order",
    "because",
    "it",
    "shows",
    "an",
    "error",
    "and",
    "cannot",
    "connect",
    "to",
    "account",
    "any",
    "more",
    "thank",
    "you",
]
