"""The books checker: does what the world saw agree with what the database says?

It shares no code with mailflow: raw SQL, the mail sink's own log, and the hashes of what was put into
the mailbox. :func:`check_books` returns one line per violation, each beginning with its number:

B1 every appended mail is stored (and decided)      B6 what is marked sent reached the sink
B2 none is stored or decided twice                  B7 nothing left that the outbox does not hold
B3 every ticket was opened by exactly one decision  B11 every message and mail has its reasons
B4 at most one acknowledgement a ticket             B12 no row is an orphan
B5 at most one copy per Message-ID and recipient
   (people's words: at most one per recorded attempt)
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]

_ORPHANS = {
    "a recorded raw message without a message": """
        SELECT r.id FROM raw_message r LEFT JOIN message m ON m.raw_message_id = r.id
        WHERE r.state = 'recorded' AND m.id IS NULL""",
    "a message from no raw message": """
        SELECT m.id FROM message m LEFT JOIN raw_message r ON r.id = m.raw_message_id
        WHERE m.direction = 'in' AND (r.id IS NULL OR r.state <> 'recorded')""",
    "a message out that is no mail of the outbox": """
        SELECT m.id FROM message m LEFT JOIN outbox o ON o.id = m.outbox_id
        WHERE m.direction = 'out' AND o.id IS NULL""",
    "a message of no ticket there is": """
        SELECT m.id FROM message m LEFT JOIN ticket t ON t.id = m.ticket_id
        WHERE m.ticket_id IS NOT NULL AND t.id IS NULL""",
    "a sighting of nothing": """
        SELECT s.id FROM sighting s LEFT JOIN raw_message r ON r.id = s.raw_message_id
        WHERE s.raw_message_id IS NOT NULL AND r.id IS NULL""",
    "a ticket without a requester": """
        SELECT t.id FROM ticket t
        LEFT JOIN participant p ON p.ticket_id = t.id AND p.role = 'requester'
        WHERE p.id IS NULL""",
    "a participant of no ticket": """
        SELECT p.id FROM participant p LEFT JOIN ticket t ON t.id = p.ticket_id
        WHERE t.id IS NULL""",
    "a mail without a recipient": """
        SELECT o.id FROM outbox o LEFT JOIN outbox_recipient r ON r.outbox_id = o.id
        WHERE r.id IS NULL""",
    "a recipient of no mail": """
        SELECT r.id FROM outbox_recipient r LEFT JOIN outbox o ON o.id = r.outbox_id
        WHERE o.id IS NULL""",
    "a mail of no ticket": """
        SELECT o.id FROM outbox o LEFT JOIN ticket t ON t.id = o.ticket_id WHERE t.id IS NULL""",
    "a mail missing from its ticket": """
        SELECT o.id FROM outbox o LEFT JOIN message m ON m.outbox_id = o.id WHERE m.id IS NULL""",
}


@dataclass(frozen=True)
class Copy:
    """One content the sink took responsibility for."""

    message_id: str
    recipients: tuple[str, ...]
    octets: bytes


def check_books(
    database: str | Path,
    appended: Iterable[str],
    sink: Path | None = None,
    *,
    finished: bool = True,
) -> list[str]:
    """``database`` is a SQLite file or a postgresql:// address, ``appended`` SHA-256 hashes in hex.

    ``sink`` is the book of ``smtp_sink``. With ``finished`` nothing may be waiting any more.
    """
    copies = list(_copies(sink)) if sink is not None else []
    with _connected(str(database)) as ask:
        found = [
            *_intake(ask, Counter(appended), finished),
            *_decisions(ask),
            *_acknowledgements(ask),
            *_reasons(ask),
            *(f"B12 {what}: {row['id']}" for what, sql in _ORPHANS.items() for row in ask(sql)),
        ]
        if sink is not None:
            found += _deliveries(ask, copies)
    return found


def _intake(ask: Any, appended: Counter[str], finished: bool) -> Iterator[str]:
    rows: Rows = ask("SELECT id, content_hash, state FROM raw_message")
    stored = Counter(row["content_hash"] for row in rows)
    yield from (f"B1 appended but not stored: {h}" for h in appended if h not in stored)
    yield from (f"B1 stored but never appended: {h}" for h in stored if h not in appended)
    yield from (f"B2 stored {n} times: {h}" for h, n in stored.items() if n > 1)
    if finished:
        states = ("recorded", "quarantined", "history")
        yield from (
            f"B1 still {row['state']}: {row['content_hash']}"
            for row in rows
            if row["state"] not in states
        )
    yield from (
        f"B2 the place {row['folder']}/{row['uid']} is recorded {row['n']} times"
        for row in ask(
            "SELECT folder, uidvalidity, uid, count(*) AS n FROM sighting"
            " GROUP BY folder, uidvalidity, uid HAVING count(*) > 1"
        )
    )


def _decisions(ask: Any) -> Iterator[str]:
    messages: Rows = ask(
        "SELECT id, raw_message_id, ticket_id, reasons FROM message WHERE direction = 'in'"
    )
    per_raw = Counter(m["raw_message_id"] for m in messages)
    yield from (f"B2 raw message {r} was decided {n} times" for r, n in per_raw.items() if n > 1)
    openings = Counter(
        m["ticket_id"]
        for m in messages
        if _json(m["reasons"]).get("store", {}).get("answer") == "open a ticket"
    )
    for row in ask("SELECT id FROM ticket"):
        if openings[row["id"]] != 1:
            yield f"B3 ticket {row['id']} was opened by {openings[row['id']]} decisions"
    decided = Counter(
        e["message_row"] for e in ask("SELECT message_row FROM event WHERE kind = 'decision'")
    )
    yield from (
        f"B3 message {m['id']} has {decided[m['id']]} decisions in the audit trail"
        for m in messages
        if decided[m["id"]] != 1
    )


def _acknowledgements(ask: Any) -> Iterator[str]:
    for row in ask(
        "SELECT ticket_id, count(*) AS n FROM outbox WHERE kind = 'acknowledgement'"
        " GROUP BY ticket_id HAVING count(*) > 1"
    ):
        yield f"B4 ticket {row['ticket_id']} has {row['n']} acknowledgements"


def _reasons(ask: Any) -> Iterator[str]:
    for row in ask("SELECT id, reasons FROM message WHERE direction = 'in'"):
        reasons = _json(row["reasons"])
        for question in ("store", "thread", "wake", "answer"):
            if not reasons.get(question, {}).get("reason"):
                yield f"B11 message {row['id']} does not say why: {question}"
    for row in ask("SELECT id, state FROM outbox WHERE state <> 'pending' AND reason = ''"):
        # A mail in flight says so by its state; everything settled needs a reason.
        if row["state"] != "in flight":
            yield f"B11 mail {row['id']} is {row['state']} without a reason"
    for row in ask(
        "SELECT o.id FROM outbox o LEFT JOIN event e ON e.outbox_id = o.id WHERE e.id IS NULL"
    ):
        yield f"B11 mail {row['id']} is not in the audit trail"
    for row in ask("SELECT id FROM raw_message WHERE state = 'quarantined' AND fault IS NULL"):
        yield f"B11 raw message {row['id']} is quarantined without a reason"


def _deliveries(ask: Any, copies: list[Copy]) -> Iterator[str]:
    mails = {
        row["message_id"]: row
        for row in ask(
            "SELECT id, message_id, mail_class, kind, ticket_id, attempts, octets FROM outbox"
        )
    }
    recipients: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for row in ask("SELECT outbox_id, address, state FROM outbox_recipient"):
        recipients[row["outbox_id"]][row["address"].lower()] = row["state"]
    arrived = Counter((c.message_id, to.lower()) for c in copies for to in c.recipients)
    for (message_id, to), n in arrived.items():
        mail = mails.get(message_id)
        allowed = mail["attempts"] if mail and mail["mail_class"] == "person" else 1
        if n > allowed:
            yield f"B5 {message_id} went to {to} {n} times"
        if mail is None:
            yield f"B7 {message_id} left without standing in the outbox"
        elif to not in recipients[mail["id"]]:
            yield f"B7 {message_id} went to {to}, whom the outbox does not name"
    for copy in copies:
        mail = mails.get(copy.message_id)
        if mail is not None and bytes(mail["octets"]).rstrip() != copy.octets.rstrip():
            yield f"B7 {copy.message_id} left with other octets than were recorded"
    for message_id, mail in mails.items():
        for to, state in recipients[mail["id"]].items():
            if state == "sent" and not arrived[message_id, to]:
                yield f"B6 {message_id} is marked sent to {to} but never arrived"
    acknowledged = Counter(
        mails[message_id]["ticket_id"]
        for message_id, _ in arrived.elements()
        if message_id in mails and mails[message_id]["kind"] == "acknowledgement"
    )
    yield from (
        f"B4 ticket {t} was acknowledged {n} times" for t, n in acknowledged.items() if n > 1
    )


def _copies(book: Path) -> Iterator[Copy]:
    for line in book.read_text("ascii").splitlines():
        try:
            fields = json.loads(line)
        except ValueError:  # the last line of a sink that was killed
            return
        if fields["verb"] != "DATA" or not fields["accepted"]:
            continue
        octets = base64.b64decode(fields["octets_base64"])
        message_id = str(BytesHeaderParser().parsebytes(octets)["Message-ID"] or "")
        yield Copy(message_id.strip().strip("<>"), tuple(fields["recipients"]), octets)


def _json(value: Any) -> dict[str, Any]:
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}


@contextmanager
def _connected(database: str) -> Iterator[Any]:
    """A function from SQL to rows as dictionaries."""
    if database.startswith("postgres"):
        import psycopg
        from psycopg.rows import dict_row

        with psycopg.connect(database, row_factory=dict_row) as connection:
            yield lambda sql: connection.execute(sql).fetchall()
        return
    path = database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        yield lambda sql: [dict(row) for row in connection.execute(sql)]
