"""Machines that answer each other must stop by themselves, also when every header lies."""

from __future__ import annotations

import email
import itertools

import pytest

from mailflow.config import load_settings
from mailflow.demo.servers import EmbeddedServers
from mailflow.edges.smtp import SmtpSender
from mailflow.wiring import smtp_server
from tests.daemon import rows, write_config
from tests.desks import Desk, TestClock, deliver, inbox, letter

A, B = "support@a.test", "support@b.test"


class LyingSender:
    """Sends what it is given with every sign of automation and every thread field taken out."""

    def __init__(self, sender):
        self._sender = sender
        self._numbers = itertools.count()

    def begin(self, envelope_sender, recipients, size, needs_utf8):
        return self._sender.begin(envelope_sender, recipients, size, needs_utf8)

    def finish(self, octets):
        message = email.message_from_bytes(octets)
        for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References"):
            del message[name]
        for name in ("Reply-To", "Message-ID", "Precedence", "Subject", "List-Unsubscribe"):
            del message[name]
        number = next(self._numbers)
        message["Message-ID"] = f"<lie{number}@liar.test>"
        message["Subject"] = f"Something new {number}"
        return self._sender.finish(message.as_bytes())

    def abandon(self):
        self._sender.abandon()


@pytest.fixture
def servers():
    with EmbeddedServers([A, B, "support@desk.test", "liar@liar.test"]) as running:
        yield running


def liar(servers, folder):
    folder.mkdir()
    path = write_config(folder, imap_port=servers.imap_port, smtp_port=servers.smtp_port)
    settings = load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": "demo"})
    return LyingSender(SmtpSender(smtp_server(settings)))


@pytest.mark.parametrize("lying", [False, True])
def test_two_mailflows_facing_each_other_stop(servers, tmp_path, lying):
    clock = TestClock()
    options = [
        {"submission": liar(servers, tmp_path / f"liar-{name}")} if lying else {} for name in "ab"
    ]
    a = Desk(servers, tmp_path / "a", A, clock=clock, **options[0])
    b = Desk(servers, tmp_path / "b", B, clock=clock, **options[1])
    deliver(servers, A, letter(B, to=A))
    for minutes in (*[2] * 12, *[60] * 23):  # a day, the first answers close together
        a.step()
        b.step()
        clock.skip(minutes=minutes)
    a.close()
    b.close()
    sent = [m.envelope_sender.partition("@")[2] for m in servers.accepted]
    assert 1 <= sent.count("a.test") <= 2
    assert sent.count("b.test") <= 2


def test_the_budget_of_a_lying_responder_holds_over_restarts(servers, tmp_path):
    clock = TestClock()
    for life in range(6):
        desk = Desk(servers, tmp_path / "desk", "support@desk.test", clock=clock)
        for number in range(10):
            desk.receive(
                letter("liar@liar.test", f"Gone fishing {life} {number}", f"gone {number}")
            )
        desk.close()
        clock.skip(minutes=1)
    assert len(inbox(servers, "liar@liar.test")) == 2
    assert rows(tmp_path / "desk", "select count(*) from ticket")[0][0] == 60
    reasons = rows(
        tmp_path / "desk", "select json_extract(reasons, '$.answer.reason') from message"
    )
    assert sum("this hour" in str(reason) for (reason,) in reasons) == 58
