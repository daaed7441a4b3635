"""How many messages of 15 kB one core reads in a second, everything ``parse_message`` does included.

    python benchmarks/parse.py [--count 600]

The messages are made here: replies of a support inbox with text and HTML, quotes and a signature, a
third of them with a small file, in five languages. Prints messages a second of CPU time.
"""

from __future__ import annotations

import argparse
import random
import time
from datetime import UTC, datetime, timedelta

from mailflow.mail.compose import compose_message
from mailflow.mail.message import Address, OutgoingAttachment, OutgoingMessage, RawMessage
from mailflow.mail.parse import parse_message

SENTENCES = (
    "I cannot log in since the update and the page stays white.",
    "Seit gestern kommt beim Speichern immer dieselbe Fehlermeldung.",
    "Depuis ce matin, je ne reçois plus aucune facture par courriel.",
    "El pedido llegó incompleto y necesito una solución esta semana.",
    "Could you please tell me when the invoice will be corrected?",
    "De app sluit zichzelf af zodra ik een bestand wil openen.",
)
TARGET = 15_000  # octets


def made(number: int) -> bytes:
    dice = random.Random(number)
    sentence = dice.choice(SENTENCES)
    new = "\n".join(" ".join([sentence] * dice.randint(1, 3)) for _ in range(dice.randint(1, 8)))
    old = "\n".join(f"> {dice.choice(SENTENCES)}" for _ in range(50))
    text = f"{new}\n\nOn Mon, Feb 2, 2026 at 10:00 AM Support <support@desk.example> wrote:\n{old}\n-- \nAnn\n"
    html = f"<html><body><div>{new}</div><blockquote>{'<br>'.join(old.splitlines())}</blockquote></body></html>"
    files = (OutgoingAttachment("log.bin", "application/octet-stream", dice.randbytes(3_000)),)
    message = OutgoingMessage(
        message_id=f"bench{number}@customer.example",
        date=datetime(2026, 2, 2, tzinfo=UTC) + timedelta(minutes=number),
        author=Address("ann@customer.example", "Ann Müller"),
        to=(Address("support@desk.example", "Support"),),
        subject=f"Re: Größere Störung {number}",
        text=text,
        html=html,
        references=tuple(f"{one}@customer.example" for one in range(5)),
        automatic=False,
        attachments=files if number % 3 == 0 else (),
    )
    received = b"".join(
        b"Received: from mx%d.customer.example by mx.desk.example with ESMTPS id %d;\r\n"
        b" Mon, 2 Feb 2026 10:00:00 +0100\r\n" % (hop, number)
        for hop in range(6)
    )
    octets = received + compose_message(message)
    short = TARGET - len(octets)
    return octets + (b"X" * 70 + b"\r\n") * max(0, short // 72)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=600)
    count = options.parse_args().count
    mails = [made(number) for number in range(count)]
    parse_message(RawMessage(mails[0]))  # models are loaded once
    begun = time.process_time()
    for octets in mails:
        parse_message(RawMessage(octets))
    spent = time.process_time() - begun
    mean = sum(map(len, mails)) / count
    print(f"{count} messages of {mean / 1000:.1f} kB: {count / spent:.0f} a second and core")


if __name__ == "__main__":
    main()
