"""What of a mail was not taken is said in its acknowledgement, and how to send it otherwise."""

from __future__ import annotations

import base64

import pytest

from mailflow.demo.servers import EmbeddedServers
from mailflow.flow.follow_up import solve_ticket
from tests.daemon import rows
from tests.desks import Desk, answer_to, inbox, letter

SUPPORT, MIA = "support@desk.test", "mia@home.test"
LIMITS = {
    "MAILFLOW_MAILBOX__MAX_MESSAGE_OCTETS": "20000",
    "MAILFLOW_MAILBOX__AUTHSERV_ID": "mx.desk.test",
}
PROVEN = "Authentication-Results: mx.desk.test; dmarc=pass header.from=home.test"
MIXED = "Content-Type: multipart/mixed; boundary=b"
TOO_LARGE = "larger than the 20 kB we can take: only its beginning has arrived"
TOO_LONG = "longer than we can read"
UNREAD = "Not everything you attached could be read"
WORDS = ("Kettle", "whistle", "boiling", "photo-of-it")  # of the sender: subject, text, file


def with_file(octets: int) -> str:
    """A text and a file of so many octets."""
    text = "--b\r\n\r\nIt will not whistle when boiling.\r\n"
    head = "--b\r\nContent-Type: image/png; name=photo-of-it.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return f"{text}{head}{base64.encodebytes(b'x' * octets).decode()}\r\n--b--"


def with_parts(number: int) -> str:
    text = "--b\r\n\r\nIt will not whistle when boiling.\r\n"
    return text + "--b\r\n\r\n\r\n" * number + "--b--"


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, MIA]) as running:
        yield running


@pytest.fixture
def desk(servers, tmp_path):
    running = Desk(servers, tmp_path / "desk", SUPPORT, env=LIMITS)
    yield running
    running.close()


@pytest.mark.parametrize("proven", [False, True])
@pytest.mark.parametrize(
    ("body", "told"), [(with_file(9_000), None), (with_file(30_000), TOO_LARGE), (with_parts(1_100), UNREAD)]
)  # fmt: skip
def test_what_was_not_taken_is_said_plainly(desk, servers, body, told, proven):
    fields = [PROVEN, MIXED] if proven else [MIXED]
    servers.put(SUPPORT, "INBOX", letter(MIA, "Kettle", body, *fields))  # as our server filed it
    desk.step()
    (acknowledged,) = inbox(servers, MIA)
    for sentence in (TOO_LARGE, TOO_LONG, UNREAD):
        assert (sentence in acknowledged.text) is (sentence == told)
    assert ("Please reply to this mail with" in acknowledged.text) is (told is not None)
    assert ("file you attached came along" in acknowledged.text) is (proven and told is None)
    assert (WORDS[0] in acknowledged.text) is proven
    if not proven:
        assert not any(w in acknowledged.text + acknowledged.subject for w in WORDS)


def test_a_text_that_goes_on_and_on_is_said_to_be_cut(servers, tmp_path):
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    desk.receive(letter(MIA, "Kettle", "It will not whistle. " * 60_000))
    (acknowledged,) = inbox(servers, MIA)
    assert TOO_LONG in acknowledged.text
    assert not any(word in acknowledged.text for word in WORDS)
    desk.close()


def test_a_reply_that_was_too_large_is_told_when_it_reopens(desk, servers):
    desk.receive(letter(MIA, "Kettle"))
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    desk.step()
    desk.clock.skip(hours=2)
    big = "Still silent.\r\n" + "It is hot and says nothing.\r\n" * 1_000
    desk.receive(answer_to(inbox(servers, MIA)[-1], MIA, big))
    assert rows(desk.folder, "select status from ticket") == [("open",)]
    assert TOO_LARGE in inbox(servers, MIA)[-1].text
