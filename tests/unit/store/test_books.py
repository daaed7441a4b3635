"""The books checker finds each kind of wrong, or it would prove nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from builders import NOW
from desk_samples import MIA, new_mail, ticket_of

from mailflow.desk.outbox import OutboxRecipient, OutboxState, RecipientState, Settlement
from mailflow.store.database import SqlStore
from tests.books import check_books

OCTETS = b"Message-ID: <ack@desk>\r\nSubject: s\r\n\r\ntext\r\n"
HASH = hashlib.sha256(b"first").hexdigest()


def line(octets: bytes = OCTETS, to: str = MIA) -> str:
    return json.dumps(
        {
            "verb": "DATA",
            "at": 0.0,
            "session": 1,
            "envelope_sender": "",
            "recipients": [to],
            "reply": "250 ok",
            "accepted": True,
            "octets_base64": base64.b64encode(octets).decode(),
        }
    )


@pytest.fixture
def desk(store: SqlStore) -> SqlStore:
    """One mail in, one ticket, one acknowledgement sent."""
    number = ticket_of(store)
    with store.begin() as work:
        mail_id = work.outbox.add(new_mail(number, message_id="ack@desk", octets=OCTETS))
        assert mail_id is not None
        work.outbox.mark_in_flight(mail_id, NOW)
    with store.begin() as work:
        recipient = OutboxRecipient(MIA, RecipientState.SENT, 250, "ok")
        work.outbox.settle(mail_id, Settlement(OutboxState.SENT, "accepted", (recipient,)), NOW)
    return store


def numbers(
    url: str, tmp_path: Path, *lines: str, appended: tuple[str, ...] = (HASH,)
) -> list[str]:
    book = tmp_path / "book.jsonl"
    book.write_text("".join(f"{text}\n" for text in lines) + '{"verb": "DA')
    found = check_books(url, appended, book)
    assert all(f.startswith("B") for f in found)
    return sorted({f.split()[0] for f in found})


def test_good_books_are_clean(desk: SqlStore, url: str, tmp_path: Path) -> None:
    assert numbers(url, tmp_path, line()) == []


@pytest.mark.parametrize(
    ("lines", "appended", "expected"),
    [
        ([line()], (HASH, "f" * 64), ["B1"]),
        ([line()], (), ["B1"]),
        ([line(), line()], (HASH,), ["B4", "B5"]),
        ([], (HASH,), ["B6"]),
        ([line(), line(OCTETS.replace(b"ack@", b"spam@"))], (HASH,), ["B7"]),
        ([line(), line(to="eve@x.example")], (HASH,), ["B4", "B7"]),
        ([line(OCTETS + b"more")], (HASH,), ["B7"]),
    ],
)
def test_what_the_world_saw_otherwise_is_found(
    desk: SqlStore,
    url: str,
    tmp_path: Path,
    lines: list[str],
    appended: tuple[str, ...],
    expected: list[str],
) -> None:
    assert numbers(url, tmp_path, *lines, appended=appended) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE raw_message SET state = 'waiting'", {"B1", "B12"}),
        ("DELETE FROM event WHERE kind = 'decision'", {"B3"}),
        ("UPDATE message SET reasons = '{}' WHERE direction = 'in'", {"B3", "B11"}),
        ("UPDATE outbox SET reason = ''", {"B11"}),
        ("UPDATE raw_message SET state = 'quarantined'", {"B11", "B12"}),
        ("DELETE FROM event WHERE outbox_id IS NOT NULL", {"B11"}),
        ("DELETE FROM outbox_recipient", {"B7", "B12"}),
        ("DELETE FROM participant", {"B12"}),
        ("DELETE FROM message WHERE direction = 'out'", {"B12"}),
        (
            "INSERT INTO outbox SELECT 99, 'other', ticket_id, mail_class, kind, 'x@y',"
            " envelope_sender, subject, 'pending', '', 0, created_at, not_before, expires_at,"
            " NULL, NULL, template_version, faults, released, octets FROM outbox",
            {"B4", "B11", "B12"},
        ),
    ],
)
def test_rows_that_cannot_be_are_found(
    desk: SqlStore, url: str, tmp_path: Path, sql: str, expected: set[str]
) -> None:
    with desk.begin() as work:
        work.connection.exec_driver_sql(sql)
    assert set(numbers(url, tmp_path, line())) == expected
