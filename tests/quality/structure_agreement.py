"""How far our reading of subject, author, recipients and date agrees with Python's ``policy.default``.

    python tests/quality/structure_agreement.py [FOLDER]

Reads every ``*.eml`` below FOLDER (default: ``<repo>/../shared/corpora``), prints the agreement a
field and every difference with its reason, and ends with status 1 when a difference has none or
when our own reader raised.
"""

from __future__ import annotations

import email
import email.policy
import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message

FIELDS = ("subject", "author", "recipients", "date")
CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"

Value = str | tuple[str, ...] | datetime | None


def main(folder: Path) -> int:
    agreed: Counter[str] = Counter()
    raised: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    files = sorted(folder.rglob("*.eml"))
    unexplained = failures = 0
    for file in files:
        octets = file.read_bytes()
        try:
            ours = parse_message(RawMessage(octets))
        except Exception as fault:
            print(f"RAISED {file.name}: {fault!r}")
            failures += 1
            continue
        theirs = email.message_from_bytes(octets, policy=email.policy.default)
        for field in FIELDS:
            mine = OURS[field](ours)
            try:
                other = THEIRS[field](theirs)
            except Exception as fault:
                raised[field] += 1
                print(f"python raises {type(fault).__name__}: {file.name}: {field}: ours {mine!r}")
                continue
            if mine == other:
                agreed[field] += 1
                continue
            reason = reason_for(field, mine, other, ours, octets)
            reasons[reason] += 1
            unexplained += reason == UNEXPLAINED
            print(f"{reason}: {file.name}: {field}:\n    ours   {mine!r}\n    python {other!r}")
    print(f"\n{len(files)} files, {failures} failures of ours")
    for field in FIELDS:
        compared = len(files) - raised[field]
        print(f"{field:12} agree {agreed[field]} of {compared}; python raised on {raised[field]}")
    for reason, count in reasons.most_common():
        print(f"{count:5}  {reason}")
    return 1 if unexplained or failures else 0


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _moment(date: datetime | None) -> datetime | None:
    if date is None:
        return None
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)


def _their_addresses(message: EmailMessage, name: str) -> tuple[str, ...]:
    field = message[name]
    if field is None:
        return ()
    return tuple(one.addr_spec for one in field.addresses if one.addr_spec not in ("", "<>"))


OURS: dict[str, Callable[[IncomingMessage], Value]] = {
    "subject": lambda one: _folded(one.subject),
    "author": lambda one: one.author.address if one.author else None,
    "recipients": lambda one: tuple(a.address for a in (*one.to, *one.cc)),
    "date": lambda one: _moment(one.date),
}
THEIRS: dict[str, Callable[[EmailMessage], Value]] = {
    "subject": lambda one: _folded(str(one["subject"] or "")),
    "author": lambda one: next(iter(_their_addresses(one, "from")), None),
    "recipients": lambda one: (*_their_addresses(one, "to"), *_their_addresses(one, "cc")),
    "date": lambda one: _moment(one["date"].datetime) if one["date"] is not None else None,
}

UNEXPLAINED = "UNEXPLAINED"


def reason_for(field: str, mine: Value, other: Value, ours: IncomingMessage, octets: bytes) -> str:
    """Why the two readings differ, in the words of the list; ``UNEXPLAINED`` when no rule knows."""
    defects = " ".join(ours.defects)
    head = octets.partition(b"\r\n\r\n" if b"\r\n\r\n" in octets else b"\n\n")[0]
    if "blank-lines-on-top" in defects:
        return "Python takes a blank line on top for the end of the head"
    if "byte-order-mark-on-top" in defects:
        return "Python takes a byte order mark for the end of the head"
    if "header-line-malformed" in defects or "header-space-before-colon" in defects:
        return "Python ends the head at a line that is no field"
    if "\ufffd" in str(other) or "\\udc" in ascii(other):
        return "Python leaves 8-bit octets undecoded"
    if field == "date" and other is None:
        return "Python's date reader gives up"
    if field == "date":
        return "Python passes over a zone with a colon, or over PM"
    if field == "subject" and "=?" in str(other) and "=?" not in str(mine):
        return "Python leaves a broken encoded word undecoded"
    if field == "subject" and b"=?" in head:
        return "encoded words read more leniently"
    if field in ("author", "recipients"):
        return _address_reason(mine, other, ours, head)
    return UNEXPLAINED


def _address_reason(mine: Value, other: Value, ours: IncomingMessage, head: bytes) -> str:
    mine_all = [mine] if isinstance(mine, str) else list(mine or ())  # type: ignore[arg-type]
    other_all = [other] if isinstance(other, str) else list(other or ())  # type: ignore[arg-type]
    if "duplicate-" in " ".join(ours.defects):
        return "repeated field"
    if all(
        "@" not in str(one) or str(one).count("@") > 1 for one in set(other_all) - set(mine_all)
    ):
        return "Python gives a phrase or a broken text as an address"
    if set(other_all) < set(mine_all):
        return "Python loses a mailbox behind a syntax fault"
    if any("=?" in str(one) for one in other_all):
        return "Python takes an encoded word for an address"
    return UNEXPLAINED


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPORA))
