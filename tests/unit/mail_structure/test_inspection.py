"""The stable JSON surface of a message."""

from __future__ import annotations

import json

from mailflow.mail.inspection import inspection_record
from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message

OCTETS = (
    b"From: =?utf-8?q?J=C3=B6rg?= <joerg@customer.example>\r\nTo: support@desk.example\r\n"
    b"Reply-To: other@customer.example\r\nSubject: AW: Rechnung\r\nMessage-ID: <a@customer.example>\r\n"
    b"In-Reply-To: <q@desk.example>\r\nReferences: <p@desk.example> <q@desk.example>\r\n"
    b"Date: Mon, 2 Feb 2026 10:00:00 +0100\r\n\r\nDanke!\r\n"
)


def test_the_keys_users_rely_on() -> None:
    record = json.loads(json.dumps(inspection_record(parse_message(RawMessage(OCTETS)), "a.eml")))
    expected = {
        "file": "a.eml",
        "message_id": "a@customer.example",
        "in_reply_to": ["q@desk.example"],
        "references": ["p@desk.example", "q@desk.example"],
        "from": {"name": "Jörg", "address": "joerg@customer.example"},
        "reply_to": [{"name": "", "address": "other@customer.example"}],
        "to": [{"name": "", "address": "support@desk.example"}],
        "cc": [],
        "subject": "AW: Rechnung",
        "base_subject": "Rechnung",
        "date": "2026-02-02T10:00:00+01:00",
        "text": "Danke!",
        "new_text": "Danke!",
        "hidden": {"quotes": "", "signature": ""},
        "attachments": [],
        "bounce": None,
        "defects": [],
    }
    assert {key: record[key] for key in expected} == expected
    assert record["origin"]["kind"] == "person" and record["origin"]["rule"]
    assert record["may_answer"]["value"] is True and record["may_answer"]["reason"]
    assert "language" in record


def test_nothing_at_all_is_still_a_record() -> None:
    record = inspection_record(parse_message(RawMessage(b"")), "-")
    assert record["from"] is None and record["date"] is None and record["message_id"] is None
    assert record["defects"]
