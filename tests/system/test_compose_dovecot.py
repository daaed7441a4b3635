"""What we compose, a real IMAP server reads back the same: its ENVELOPE names what was meant."""

from __future__ import annotations

from datetime import UTC, datetime

from mailflow.mail.compose import compose_message
from mailflow.mail.encoded_words import decode_words
from mailflow.mail.message import Address, OutgoingMessage
from tests.dovecot import Dovecot

SUBJECTS = (
    "Re: It works",
    "Größe " * 30,
    "日本語の件名",
    "=?utf-8?q?literal?=",
    "a\r\nBcc: x@y.example",
)
NAMES = ("", "Ann", "Müller, Jörg", 'The "Boss"', "名前 " * 20, "a\\b (c) <d@e.example>")


def test_dovecot_reads_what_was_meant(dovecot: Dovecot) -> None:
    messages = [
        OutgoingMessage(
            message_id=f"m{number}@desk.example",
            date=datetime(2026, 2, 2, 10, number, tzinfo=UTC),
            author=Address("support@desk.example", NAMES[-1 - number]),
            to=tuple(Address(f"to{at}@x.example", name) for at, name in enumerate(NAMES)),
            subject=subject,
            text="Grüße\nFrom here\n.\n",
            in_reply_to="q@x.example",
            references=tuple(f"{one}{'r' * 60}@x.example" for one in range(40)),
        )
        for number, subject in enumerate(SUBJECTS)
    ]
    for message in messages:
        dovecot.deliver("support", compose_message(message))
    with dovecot.client("support") as client:
        client.select_folder("INBOX", readonly=True)
        fetched = client.fetch(client.search(), ["ENVELOPE"])
    envelopes = {data[b"ENVELOPE"].message_id: data[b"ENVELOPE"] for data in fetched.values()}
    for message in messages:
        envelope = envelopes[f"<{message.message_id}>".encode()]
        assert decode_words(envelope.subject.decode()) == " ".join(message.subject.split())
        assert envelope.in_reply_to == b"<q@x.example>"
        read = [
            (decode_words((one.name or b"").decode()), one.mailbox + b"@" + one.host)
            for one in envelope.to
        ]
        assert read == [(one.name.strip(), one.address.encode()) for one in message.to]
        assert len(envelope.from_) == 1 and not envelope.bcc
