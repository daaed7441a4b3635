"""What a desk must never do, tried through the real door: write to machines, leak, fall silent."""

from __future__ import annotations

import base64
import re

import pytest

from mailflow.demo.servers import SENT, EmbeddedServers
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.flow.follow_up import queue_updates
from mailflow.store.tickets import SqlTickets
from tests.daemon import rows
from tests.desks import Desk, inbox, letter

SUPPORT, ANN, MIA, BOSS = "support@desk.test", "ann@desk.test", "mia@home.test", "boss@home.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
UTF8 = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA, BOSS]) as running:
        yield running


@pytest.fixture
def desk(servers, tmp_path):
    running = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT)
    yield running
    running.close()


@pytest.mark.parametrize(
    ("author", "fields"),
    [
        ("noreply@home.test", ()),
        (MIA, ("List-Id: <x.home.test>", "List-Post: <mailto:x@home.test>")),
        (SUPPORT, (f"Reply-To: {BOSS}",)),
    ],
)
def test_who_gets_no_acknowledgement_gets_no_updates_either(desk, servers, author, fields):
    assert desk.receive(letter(author, "Disk is full", "It is full.", *fields))[0].ticket
    desk.clock.skip(hours=25)
    desk.step()
    assert rows(desk.folder, "select count(*) from outbox where mail_class = 'automatic'") == [(0,)]


@pytest.mark.parametrize("kind", ["message/rfc822", "application/octet-stream"])
def test_a_notification_attached_to_an_answer_stops_it(desk, servers, kind):
    desk.receive(letter(MIA))
    to = inbox(servers, ANN)[0].reply_to[0].address
    original = servers.messages(ANN)[0].octets
    plain = kind == "message/rfc822"
    head = (
        f"From: {ANN}\r\nTo: {to}\r\nSubject: Re: it\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nPlease restart it.\r\n"
        f"--b\r\nContent-Type: {kind}; name=original.eml\r\n"
        f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}\r\n\r\n"
    )
    body = original if plain else base64.encodebytes(original)
    desk.receive(head.encode() + body + b"\r\n--b--\r\n", to=to)
    assert len(inbox(servers, MIA)) == 1  # the acknowledgement
    assert "attached" in inbox(servers, ANN)[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "> somebody's internal line\r\n> Priority: high",
        "Fine.\r\n\r\n[internal ? ticket 1]\r\n\r\nPriority: high",
        "Fine.\r\n\r\n[internal ・ ticket 1]\r\n\r\nPriority: high",
    ],
)
def test_what_is_left_of_a_notification_never_reaches_the_customer(desk, servers, text):
    desk.receive(letter(MIA))
    to = inbox(servers, ANN)[0].reply_to[0].address
    desk.receive(letter(ANN, "Re: it", text, *UTF8, to=to), to=to)
    assert len(inbox(servers, MIA)) == 1  # the acknowledgement
    assert inbox(servers, ANN)[-1].subject != inbox(servers, ANN)[0].subject


@pytest.mark.parametrize(
    ("subject", "text"),
    [("None", "It fails."), ("It fails", "dear " + "x" * 90), ("It fails", "Dear\u2028x")],
)
def test_no_customers_words_keep_a_notification_back(desk, servers, subject, text):
    desk.receive(letter(MIA, subject, text, *UTF8))
    assert len(inbox(servers, ANN)) == 1


def test_a_scanner_that_repeats_one_id_is_heard_each_time(desk):
    for day, name in (("Mon, 2", "a.pdf"), ("Tue, 3", "b.pdf")):
        fields = (
            f"Date: {day} Mar 2026 10:00:00 +0000",
            f"Content-Type: application/pdf; name={name}",
            "Content-Transfer-Encoding: base64",
        )
        desk.receive(letter(MIA, "Scan", "AAAA", *fields, message_id="scan@home.test"))
    assert rows(desk.folder, "select count(*) from ticket") == [(2,)]


def test_an_answer_recorded_meanwhile_stops_the_update(desk, monkeypatch):
    desk.receive(letter(MIA))
    desk.clock.skip(hours=25)
    asked = SqlTickets.updates_due

    def answered_meanwhile(self, now, limit):
        due = asked(self, now, limit)
        for ticket in due:
            self.schedule_update(ticket.id, None)
        return due

    monkeypatch.setattr(SqlTickets, "updates_due", answered_meanwhile)
    assert queue_updates(desk.app.store, desk.app.desk) == 0


@pytest.mark.parametrize("kept", [False, True])
def test_what_no_person_sent_from_the_mailbox_answers_nothing(desk, servers, kept):
    desk.receive(letter(MIA, message_id="m1@home.test"))
    vacation = letter(
        SUPPORT,
        "Away",
        "Gone fishing.",
        "Auto-Submitted: auto-replied",
        "In-Reply-To: <m1@home.test>",
    )
    notice = servers.messages(MIA)[0].octets  # kept in Sent under an id the provider made
    own_id = inbox(servers, MIA)[0].message_id
    head = f"Message-ID: <1@provider.test>\r\nReferences: <{own_id}>"
    renamed = re.sub(rb"Message-ID: <[^>]*>", head.encode(), notice)
    servers.put(SUPPORT, SENT, renamed if kept else vacation)
    desk.step()
    assert rows(desk.folder, "select status, first_response_at from ticket") == [("new", None)]
    assert desk.outcomes[-1].decision.store.value == "set aside"


class Refusing:
    """A submission with a fault of ours for one address."""

    def __init__(self, stumbles_at):
        self.stumbles_at, self.sent = stumbles_at, []

    def begin(self, envelope_sender, recipients, size, needs_utf8):
        if self.stumbles_at in recipients:
            raise ValueError("cannot be written")
        self.sent += recipients
        return tuple(RecipientResult(a, Outcome.ACCEPTED, 250, "ok") for a in recipients)

    def finish(self, octets):
        return DataResult(Outcome.ACCEPTED, 250, "ok")

    def abandon(self):
        pass


def test_a_mail_that_cannot_be_begun_holds_up_no_other(servers, tmp_path):
    submission = Refusing(ANN)
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT, submission=submission)
    desk.receive(letter(MIA))
    assert submission.sent == [MIA]
    state, reason = rows(
        desk.folder, "select state, reason from outbox where kind = 'agent_notification'"
    )[0]
    assert state == "pending" and "cannot be written" in reason
    submission.stumbles_at = ""
    desk.clock.skip(hours=1)
    desk.step()
    assert submission.sent == [MIA, ANN]
    desk.close()
