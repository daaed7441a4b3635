"""Commands that read the database: tables for people, documented keys for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.desk.context import Source
from mailflow.flow.answer import Desk
from mailflow.flow.receive import decide_waiting
from mailflow.mail.message import Location, RawMessage
from mailflow.state import signing_keys
from mailflow.store.database import open_store
from mailflow.suggestions import Suggester
from mailflow.wiring import open_templates, policy_from, utc_now

CONFIG = """\
[support]
address = "support@example.org"
[mailbox]
host = "127.0.0.1"
username = "support"
[smtp]
host = "127.0.0.1"
[[agents]]
address = "ann@example.org"
"""


def mail(number: int, author: str, subject: str) -> bytes:
    return (
        f"From: {author}\r\nTo: support@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <{number}@example.net>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
        "Please help me with my account, I cannot find the way in.\r\n"
    ).encode()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with two tickets, mail in the outbox, and one message in quarantine; the folder it is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILFLOW_CONFIG", raising=False)
    Path("config.toml").write_text(CONFIG)
    settings = load_settings(Path("config.toml"), {})
    store = open_store(settings.database.url)
    rules = Desk(
        policy=policy_from(settings),
        keys=signing_keys(settings.state.directory),
        clock=utc_now,
        renders=open_templates(settings),
        articles={},
        temporary=(),
        unrenderable=(),
    )
    now = datetime.now(UTC)
    first = [
        mail(1, "Maria <maria@example.net>", "I cannot log in"),
        mail(2, "Otto <otto@example.net>", "\x1b[31mInvoice [bold]wrong[/]"),
    ]
    with store.begin() as work:
        for uid, octets in enumerate(first, start=1):
            work.intake.keep(RawMessage(octets, now, Location("INBOX", 1, uid)), Source.INBOX, now)
    decide_waiting(store, Suggester(None), rules, lambda octets: None)
    with store.begin() as work:
        bad = RawMessage(mail(3, "x", "bad"), now, Location("INBOX", 1, 3))
        work.intake.keep(bad, Source.INBOX, now)
        [waiting] = work.intake.waiting(10)
        work.intake.quarantine(waiting.id, "RecursionError: too deep", now)
    store.close()
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert run(list(words)) == code
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(said(capsys, *words, "--json"))


pytestmark = pytest.mark.usefixtures("desk")


def test_ticket_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = data(capsys, "ticket", "list")
    assert {line["requester"] for line in lines} == {"maria@example.net", "otto@example.net"}
    assert set(lines[0]) == {
        "id", "subject", "status", "priority", "requester", "assignee", "created_at", "updated_at",
        "first_response_at", "next_update_at", "messages",
    }  # fmt: skip
    assert data(capsys, "ticket", "list", "--status", "solved") == []
    text = said(capsys, "ticket", "list")
    assert "I cannot log in" in text
    assert "[bold]wrong[/]" in text
    assert "\x1b" not in text


def test_ticket_show_tells_why(capsys: pytest.CaptureFixture[str]) -> None:
    number = next(
        t["id"] for t in data(capsys, "ticket", "list") if t["requester"] == "maria@example.net"
    )
    detail = data(capsys, "ticket", "show", str(number))
    assert set(detail) == {"ticket", "participants", "messages", "outbox", "events", "links"}
    assert set(detail["messages"][0]["reasons"]) == {"store", "thread", "wake", "answer"}
    text = said(capsys, "ticket", "show", str(number))
    for part in (
        "I cannot log in",
        "maria@example.net",
        "acknowledge",
        "what happened",
        "Please help me",
    ):
        assert part in text


def test_no_such_ticket_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ticket", "show", "99"]) == 1
    assert "there is no ticket 99" in capsys.readouterr().err


def test_ticket_solve_tells_the_requester_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert "solved" in said(capsys, "ticket", "solve", "1", "--text", "It works again.")
    said(capsys, "ticket", "solve", "1")
    kinds = [m["kind"] for m in data(capsys, "outbox", "list") if m["ticket_id"] == 1]
    assert kinds.count("resolution") == 1
    said(capsys, "ticket", "solve", "2", "--quiet")
    assert [m["kind"] for m in data(capsys, "outbox", "list")].count("resolution") == 1
    assert {t["status"] for t in data(capsys, "ticket", "list")} == {"solved"}


def test_outbox_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    mails = data(capsys, "outbox", "list")
    assert {"acknowledgement", "agent_notification"} == {m["kind"] for m in mails}
    assert {"id", "state", "reason", "ticket_id", "subject", "recipients", "attempts"} <= set(
        mails[0]
    )
    assert data(capsys, "outbox", "list", "--state", "failed") == []
    text = said(capsys, "outbox", "list")
    assert "acknowledgement" in text
    number = str(next(m["id"] for m in mails if m["kind"] == "acknowledgement"))
    assert "Auto-Submitted: auto-replied" in said(capsys, "outbox", "show", number)
    assert run(["outbox", "show", "99"]) == 1
    assert run(["outbox", "release", number]) == 1  # it is not held


def test_quarantine_list_show_retry(capsysbinary: Any) -> None:
    [line] = json.loads(_out(capsysbinary, "quarantine", "list", "--json"))
    assert line["fault"] == "RecursionError: too deep"
    number = str(line["id"])
    shown = json.loads(_out(capsysbinary, "quarantine", "show", number, "--json"))
    assert shown["octets"].encode("latin-1") == mail(3, "x", "bad")
    assert _out(capsysbinary, "quarantine", "show", number, "--raw") == mail(3, "x", "bad")
    assert b"RecursionError" in _out(capsysbinary, "quarantine", "list")
    assert b"INBOX/1/3" in _out(capsysbinary, "quarantine", "show", number)
    assert run(["quarantine", "retry", number]) == 0
    assert run(["quarantine", "retry", number]) == 1
    assert run(["quarantine", "show", number]) == 1


def _out(capture: Any, *words: str) -> bytes:
    capture.readouterr()
    assert run(list(words)) == 0
    out: bytes = capture.readouterr().out
    return out


def test_db_current_and_upgrade(capsys: pytest.CaptureFixture[str]) -> None:
    got = data(capsys, "db", "current")
    assert got["current"] == got["expected"]
    assert "nothing to do" in said(capsys, "db", "upgrade")


@pytest.mark.parametrize("columns", ["70", "80", "120"])
def test_tables_keep_to_the_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = said(capsys, "ticket", "list")
    assert max(len(line) for line in text.splitlines()) <= int(columns)
    assert not [line for line in text.splitlines() if line.endswith(" ")]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("status 1 pending", "set to pending"),
        ("priority 1 urgent", "priority set to urgent"),
        ("assign 1 ann@example.org", "assigned to ann@example.org"),
        ("note 1 internal", "an internal note was added"),
        ("tag 1 VPN dns", "tags +dns +vpn"),
        ("snooze 1 3d", "out of sight until"),
        ("due 1 friday", "due by"),
        ("merge 1 2", "merged into #2"),
        ("link 1 2", "related #2"),
        ("kind 1 question", "marked as question"),
        ("mute 1", "no more automatic mail"),
        ("delete 1 --yes", "deleted"),
        ("status 1 new", "nothing changed"),
    ],
)
def test_ticket_changes(capsys: pytest.CaptureFixture[str], words: str, told: str) -> None:
    assert told in said(capsys, "ticket", *words.split())
    if "nothing" not in told:
        events = data(capsys, "ticket", "show", "1")["events"]
        assert events[-1]["detail"]["by"] == "admin"


@pytest.mark.parametrize(
    "words", ["merge 1 1", "merge 1 77", "assign 1 eve@x.org", "snooze 1 someday", "queue 1 sales"]
)
def test_ticket_changes_refused(capsys: pytest.CaptureFixture[str], words: str) -> None:
    before = data(capsys, "ticket", "show", "1")
    assert run(["ticket", *words.split()]) == 1
    capsys.readouterr()
    assert data(capsys, "ticket", "show", "1") == before


def test_ticket_list_filters(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "ticket", "tag", "1", "vpn")
    said(capsys, "ticket", "snooze", "2", "3d")
    assert [t["id"] for t in data(capsys, "ticket", "list")] == [1]
    assert [t["id"] for t in data(capsys, "ticket", "list", "--snoozed")] == [2]
    assert [t["id"] for t in data(capsys, "ticket", "list", "--tag", "vpn")] == [1]
    assert data(capsys, "ticket", "list", "--overdue") == []
    said(capsys, "ticket", "delete", "1", "--yes")
    assert data(capsys, "ticket", "list") == []
    assert len(data(capsys, "ticket", "list", "--all")) == 2
