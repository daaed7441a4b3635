"""What holds of every mail that leaves by itself, seen where it arrives."""

from __future__ import annotations

import base64
import email
from email.policy import default

import pytest

from mailflow.demo.servers import EmbeddedServers
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.flow.follow_up import solve_ticket
from tests.daemon import rows
from tests.desks import Desk, answer_to, inbox, letter

SUPPORT, ANN, MIA, BOSS = "support@desk.test", "ann@desk.test", "mia@home.test", "boss@other.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
EAGER = (
    '[progress]\nnormal = "4h"\nquiet = ""\n[auto_close]\nsolved = "4d"\nannounce_before = "2d"\n'
)
CANARY = "canary7f3a"


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA, BOSS]) as running:
        yield running


@pytest.fixture
def desk(servers, tmp_path):
    running = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT + EAGER)
    yield running
    running.close()


def a_life(desk, servers, *fields: str, author=MIA, body="It is broken.", subject="Broken lamp"):
    """One ticket's whole life: acknowledged, updated, solved, reopened, solved again, announced to close."""
    desk.receive(letter(author, subject, body, *fields, message_id="first@home.test"))
    desk.clock.skip(hours=5)
    desk.step()
    for _ in range(2):
        solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
        desk.step()
        desk.clock.skip(hours=2)
        desk.receive(answer_to(inbox(servers, MIA)[-1], MIA, "No, it is broken still."))
        desk.clock.skip(hours=20)
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    for _ in range(5):
        desk.step()
        desk.clock.skip(days=1)
    kinds = {kind for (kind,) in rows(desk.folder, "select kind from outbox where state = 'sent'")}
    assert {"acknowledgement", "progress_update", "resolution", "reopened", "closing"} <= kinds


def automatic(servers) -> list[tuple[tuple[str, ...], bytes]]:
    """What left by itself to anybody but the agent: envelope recipients and octets."""
    return [(m.recipients, m.octets) for m in servers.accepted if m.recipients != (ANN,)]


def test_automatic_mail_goes_to_the_author_alone(desk, servers):
    a_life(desk, servers, f"Reply-To: {BOSS}", f"Cc: {BOSS}", f"Sender: {BOSS}")
    mails = automatic(servers)
    assert len(mails) >= 6
    for recipients, octets in mails:
        assert recipients == (MIA,)
        message = email.message_from_bytes(octets, policy=default)
        assert [a.addr_spec for a in message["To"].addresses] == [MIA]
        assert message["Cc"] is None and BOSS not in octets.decode("ascii", "replace")
        assert message["Auto-Submitted"] in ("auto-replied", "auto-generated")
        assert message["X-Auto-Response-Suppress"] == "All"


def test_a_stranger_gets_no_word_of_theirs_in_any_automatic_mail(desk, servers):
    parts = (
        f"--b\r\nContent-Type: text/plain\r\n\r\n{CANARY} http://{CANARY}.test\r\n"
        f'--b\r\nContent-Type: text/plain; name="{CANARY}.txt"\r\n'
        f'Content-Disposition: attachment; filename="{CANARY}.txt"\r\n\r\n{CANARY}\r\n--b--\r\n'
    )
    fields = ("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")
    head = (*fields, f"Organization: {CANARY}", f'Reply-To: "{CANARY}" <{MIA}>')
    stranger = f'"{CANARY}" <{MIA}>'
    a_life(desk, servers, *head, author=stranger, subject=f"{CANARY} subject", body=parts)
    for _, octets in automatic(servers):
        message = email.message_from_bytes(octets, policy=default)
        shown = [p.get_content() for p in message.walk() if p.get_content_maintype() == "text"]
        for text in (octets.decode("ascii", "replace"), str(message["Subject"]), *shown):
            assert CANARY not in text.lower()


def test_automatic_mail_stays_small_and_is_no_more_than_came(servers, tmp_path):
    """To a sender a named server vouches for, who hears their own words: as many and as costly as there can be."""
    env = {"MAILFLOW_MAILBOX__AUTHSERV_ID": "mx.desk.test"}
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT, env=env)
    words = base64.encodebytes("\N{SNOWMAN}\u00e4 ".encode() * 20_000).decode()
    name = "=?utf-8?b?" + base64.b64encode(("\u00e4" * 200).encode()).decode() + "?="
    fields = (
        "Authentication-Results: mx.desk.test; dmarc=pass header.from=home.test",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    )
    for number in range(3):
        octets = letter(f"{name} <{MIA}>", name * 3, words, *fields, message_id=f"{number}@x.test")
        servers.put(SUPPORT, "INBOX", octets)  # as our server filed it
        desk.step()
    mails = [octets for _, octets in automatic(servers)]
    assert 1 <= len(mails) <= 3
    for octets in mails:
        assert len(octets) <= 16 * 1024
        message = email.message_from_bytes(octets, policy=default)
        assert not list(message.iter_attachments())
        assert "\N{SNOWMAN}" in message.get_body(("plain",)).get_content()
    desk.close()


class PutsOff:
    """Takes the envelope, defers after DATA so many times, and keeps every octet it saw."""

    def __init__(self, times: int) -> None:
        self.times, self.seen = times, []

    def begin(self, envelope_sender, recipients, size, needs_utf8):
        return tuple(RecipientResult(a, Outcome.ACCEPTED, 250, "ok") for a in recipients)

    def finish(self, octets):
        self.seen.append(octets)
        if len(self.seen) <= self.times:
            return DataResult(Outcome.DEFERRED, 451, "try again")
        return DataResult(Outcome.ACCEPTED, 250, "ok")

    def abandon(self):
        pass


def test_every_attempt_is_the_same_mail_whatever_changed_meanwhile(servers, tmp_path):
    submission = PutsOff(2)
    folder = tmp_path / "desk"
    first = Desk(servers, folder, SUPPORT, submission=submission)
    first.receive(letter(MIA))
    first.close()
    # Started anew, with another name and wording, and hours later.
    extra = f'[templates]\nfolder = "{tmp_path / "own"}"\n'
    (tmp_path / "own" / "acknowledgement").mkdir(parents=True)
    (tmp_path / "own" / "acknowledgement" / "en.txt.j2").write_text("Other words.\n")
    second = Desk(servers, folder, SUPPORT, clock=first.clock, extra=extra, submission=submission)
    for _ in range(3):
        second.clock.skip(minutes=40)
        second.step()
    second.close()
    assert len(submission.seen) == 3
    assert len(set(submission.seen)) == 1


def test_the_priority_is_told_by_wording_of_ones_own_alone(servers, tmp_path):
    wording = tmp_path / "own" / "progress_update" / "en.txt.j2"
    wording.parent.mkdir(parents=True)
    told = {}
    for own in (False, True):
        if own:
            wording.write_text("We take it for {{ priority }}.\n")
        extra = f'{AGENT}{EAGER}[templates]\nfolder = "{tmp_path / "own"}"\n'
        desk = Desk(servers, tmp_path / f"desk{own}", SUPPORT, extra=extra)
        desk.receive(letter(MIA, "Broken lamp", message_id=f"{own}@home.test"))
        notice = inbox(servers, ANN)[-1]
        desk.receive(answer_to(notice, ANN, "#urgent\n"))
        desk.clock.skip(hours=5)
        desk.step()
        told[own] = inbox(servers, MIA)[-1].text
        desk.close()
    assert "priority" not in told[False]
    assert "stands" in told[False]
    assert "We take it for urgent." in told[True]
