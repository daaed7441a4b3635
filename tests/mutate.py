"""Mails made from mails: seeded mutations that keep enough structure to get deep into a reader."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

#: Pieces that mean something to a reader of mail.
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\0",
    b"=?utf-8?q?",
    b"=?iso-2022-jp?b?",
    b"?=",
    b"Content-Type: multipart/mixed; boundary=B\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Type: text/plain; charset=utf-16\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''%",
    b"\r\n--B\r\n",
    b"\r\n--B--\r\n",
    b"From: ",
    b"Subject: ",
    b"Date: ",
    b"References: <",
    b"Authentication-Results: a; dkim=pass (",
    b"<",
    b">",
    b"(",
    b")",
    b'"',
    b"\\",
    b";",
    b",",
    b":",
    b"@",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\x1b$B",
    b"<table><tr><td>",
    b"<!--",
    b"&#x",
    b"> ",
    b"-- \n",
    b"On Mon, Ann wrote:\n",
    b"-----Original Message-----\n",
    b"Final-Recipient: rfc822; ",
    b"Action: failed\r\n",
)


def mutated(
    seeds: Sequence[bytes], count: int, seed: int, *, short: int = 100_000
) -> Iterator[bytes]:
    """``count`` mails, the same for the same arguments; each at most some 200 kB.

    All but one in twenty are cut at ``short`` octets: what comes later in a mail is more of the same.
    """
    dice = random.Random(seed)
    for _ in range(count):
        octets = bytearray(dice.choice(seeds)[: 100_000 if dice.random() < 0.05 else short])
        for _ in range(dice.choice((1, 1, 2, 3, 5, 8, 13, 30))):
            _mutate(octets, seeds, dice)
        yield bytes(octets)


def _mutate(octets: bytearray, seeds: Sequence[bytes], dice: random.Random) -> None:
    at = dice.randrange(len(octets) + 1)
    # Heads are short beside bodies, and more can go wrong in them.
    if dice.random() < 0.5:
        at = min(at, dice.randrange(1_000))
    length = dice.choice((1, 1, 2, 4, 16, 64, 256))
    kind = dice.randrange(7)
    if kind == 0:
        octets[at : at + length] = b""
    elif kind == 1:
        octets[at:at] = dice.choice(PIECES)
    elif kind == 2:
        octets[at : at + length] = dice.choice(PIECES)
    elif kind == 3:
        octets[at:at] = dice.randbytes(length)
    elif kind == 4:
        octets[at:at] = bytes(octets[at : at + length]) * dice.choice((1, 2, 10, 50))
    elif kind == 5 and octets:
        octets[at % len(octets)] ^= 1 << dice.randrange(8)
    else:
        other = dice.choice(seeds)
        start = dice.randrange(len(other) + 1)
        octets[at:at] = other[start : start + length * 8]
