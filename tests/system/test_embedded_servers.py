"""The servers of the demo and the sink of the tests do what they say."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import threading
import time
from email import message_from_bytes
from pathlib import Path

import pytest

from mailflow.demo.servers import EmbeddedServers
from mailflow.edges.imap import ImapAccount, ImapMailbox
from tests.dovecot import require_dovecot
from tests.smtp_sink import Misbehaviour, SmtpSink, read_book

SUPPORT, AGENT = "support@demo.test", "agent@demo.test"
LETTER = b"From: a@b.test\r\nMessage-ID: <1@b.test>\r\nSubject: hi\r\n\r\n.dot\r\nend\r\n"


def send(port: int, recipients: list[str], octets: bytes = LETTER) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        return client.sendmail("a@b.test", recipients, octets)


# ── the embedded pair ───────────────────────────────────────────────────────────────────────────


def test_start_and_stop_are_quick() -> None:
    began = time.monotonic()
    for _ in range(3):
        with EmbeddedServers([SUPPORT]) as servers:
            assert send(servers.smtp_port, [SUPPORT]) == {}
    assert time.monotonic() - began < 3
    assert not [t for t in threading.enumerate() if t.name == "embedded-servers"]


def test_accepted_mail_lies_in_the_mailbox_with_trace_fields(embedded: EmbeddedServers) -> None:
    recipients = ["Support+mf-TOKEN@demo.test", AGENT, "customer@elsewhere.test"]
    assert send(embedded.smtp_port, recipients) == {}
    (accepted,) = embedded.accepted
    assert (accepted.envelope_sender, accepted.recipients) == ("a@b.test", tuple(recipients))
    assert accepted.octets == LETTER
    (held,) = embedded.messages(SUPPORT)
    assert held.octets.endswith(LETTER) and held.flags == set()
    head = message_from_bytes(held.octets)
    assert head["Return-Path"] == "<a@b.test>"
    assert head["Delivered-To"] == "Support+mf-TOKEN@demo.test"
    assert "mail.demo.test" in head["Received"]
    assert len(embedded.messages(AGENT)) == 1


def test_bounce_and_slow_domains(embedded: EmbeddedServers) -> None:
    refused = send(embedded.smtp_port, ["x@bounce.test", "x@slow.test", SUPPORT])
    assert {address: code for address, (code, _) in refused.items()} == {
        "x@bounce.test": 550,
        "x@slow.test": 451,
    }
    assert embedded.accepted[0].recipients == (SUPPORT,)


def test_null_sender_and_login(embedded: EmbeddedServers) -> None:
    with smtplib.SMTP("127.0.0.1", embedded.smtp_port, timeout=5) as client:
        client.login(SUPPORT, embedded.users[SUPPORT])
        client.sendmail("", [AGENT], LETTER)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtplib.SMTP("127.0.0.1", embedded.smtp_port).login(SUPPORT, "wrong")
    assert embedded.accepted[0].envelope_sender == ""
    assert embedded.messages(AGENT)[0].octets.startswith(b"Return-Path: <>\r\n")


def test_a_delivery_wakes_an_idle_client(embedded: EmbeddedServers) -> None:
    account = ImapAccount("127.0.0.1", embedded.imap_port, "none", SUPPORT, "demo")
    with ImapMailbox(account) as box:
        box.open_folder("INBOX")
        timer = threading.Timer(0.2, send, (embedded.smtp_port, [SUPPORT]))
        timer.start()
        began = time.monotonic()
        assert box.wait(10, threading.Event()) is True
        assert time.monotonic() - began < 1.2
        assert [m.octets.endswith(LETTER) for m in box.fetch_many(box.uids_after(0))] == [True]
        timer.join()


def test_direct_delivery_folders_and_strangers(embedded: EmbeddedServers) -> None:
    uid = embedded.deliver(SUPPORT, b"Subject: x\n\nhi\n", envelope_sender="a@b.test")
    assert [m.uid for m in embedded.messages(SUPPORT)] == [uid]
    assert embedded.messages(SUPPORT)[0].octets.endswith(b"\r\nSubject: x\r\n\r\nhi\r\n")
    sent = embedded.put(SUPPORT, "Sent", LETTER, flags=("\\Seen",))
    (held,) = embedded.messages(SUPPORT, "Sent")
    assert (held.uid, held.flags, held.octets) == (sent, {"\\Seen"}, LETTER)
    with pytest.raises(KeyError):
        embedded.deliver("nobody@demo.test", LETTER)


def test_the_daemon_does_not_import_the_demo() -> None:
    code = "import sys, mailflow.daemon; print([m for m in sys.modules if m.startswith(('pymap', 'aiosmtpd', 'mailflow.demo'))])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


# ── the sink ────────────────────────────────────────────────────────────────────────────────────


def test_sink_keeps_a_book_on_disk(tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"
    with SmtpSink(book=book) as sink:
        send(sink.port, ["c@d.test", "e@f.test"])
        assert [e.verb for e in sink.entries] == ["MAIL", "RCPT", "RCPT", "DATA"]
        assert sink.wait_for(1)[0].octets == LETTER
        assert [e.message_id for e in sink.sent_to("e@f.test")] == ["1@b.test"]
        assert read_book(book) == sink.entries
    with book.open("a") as file:
        file.write('{"verb": "DATA", "at": 1')  # cut short by a kill
    assert len(read_book(book)) == 4


def test_sink_misbehaves_by_name() -> None:
    script = Misbehaviour(
        rcpt={"later@d.test": "450 4.2.1 later", "@never.test": "550 5.1.1 no"},
        after_data="451 4.3.0 busy",
        times=1,
    )
    with SmtpSink(misbehaviour=script) as sink:
        recipients = ["ok@d.test", "later@d.test", "x@never.test"]
        with pytest.raises(smtplib.SMTPDataError) as busy:
            send(sink.port, recipients)
        assert busy.value.smtp_code == 451 and sink.accepted == []
        refused = send(sink.port, recipients)
        assert {a: code for a, (code, _) in refused.items()} == {
            "later@d.test": 450,
            "x@never.test": 550,
        }
        assert [e.recipients for e in sink.accepted] == [("ok@d.test",)]


@pytest.mark.parametrize("how", ["drop", "stall"])
def test_sink_takes_mail_without_saying_so(how: str) -> None:
    with SmtpSink(misbehaviour=Misbehaviour(after_data=how, times=1)) as sink:
        client = smtplib.SMTP("127.0.0.1", sink.port, timeout=0.5)
        with pytest.raises((smtplib.SMTPException, OSError)):
            client.sendmail("a@b.test", ["c@d.test"], LETTER)
        client.close()
        assert [e.reply for e in sink.accepted] == [how]
        assert send(sink.port, ["c@d.test"]) == {}


def test_sink_writes_the_null_sender_as_nothing(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_sink.port, timeout=5) as client:
        client.sendmail("", ["c@d.test"], LETTER)
    assert {e.envelope_sender for e in smtp_sink.entries} == {""}


def test_sink_without_smtputf8() -> None:
    with SmtpSink(smtputf8=False) as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        client.ehlo()
        assert not client.has_extn("smtputf8")


# ── the rule about missing servers ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("required", "outcome"), [("1", "Failed"), ("0", "Skipped")])
def test_missing_dovecot_fails_only_where_servers_are_required(
    required: str, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILFLOW_REQUIRE_SERVERS", required)
    monkeypatch.setattr("tests.dovecot._program", lambda name: None)
    with pytest.raises(BaseException, match="dovecot-imapd") as raised:
        require_dovecot()
    assert type(raised.value).__name__ == outcome
    assert os.environ["MAILFLOW_REQUIRE_SERVERS"] == required
