"""Links in mails, followed through the daemon's own door: looking changes nothing, pressing does, once."""

from __future__ import annotations

import http.client
import re
import socket
from datetime import UTC, datetime

import pytest

from mailflow.daemon import Daemon
from mailflow.demo.servers import EmbeddedServers
from mailflow.desk.link_pages import language_read
from mailflow.flow.follow_up import solve_ticket
from tests.daemon import database, rows
from tests.desks import Desk, TestClock, inbox, letter
from tests.dovecot import free_port

SUPPORT, ANN, MIA = "support@desk.test", "ann@desk.test", "mia@home.test"
PUBLIC = "https://help.desk.test/mail"
PRESSED = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA]) as running:
        yield running


@pytest.fixture
def desk(servers, tmp_path):
    """A desk whose daemon answers links; its clock stands still, so that nothing but links changes anything."""
    clock = TestClock()
    clock.now = datetime(2027, 1, 7, 9, tzinfo=UTC)
    extra = (
        f'[[agents]]\naddress = "{ANN}"\n[progress]\nnormal = "8h"\nquiet = ""\n'
        f'[acknowledgement]\nask_if_it_helped = true\n[web]\npublic_url = "{PUBLIC}/"\nport = {free_port()}\n'
    )
    made = Desk(servers, tmp_path / "desk", SUPPORT, clock=clock, extra=extra)
    made.receive(letter(MIA))
    daemon = Daemon(made.app)
    daemon.start()
    yield made
    assert daemon.stop()


def ask(desk: Desk, method: str, path: str, body: str | None = None, **fields: str):
    """One request; the status, the answer's fields and its text."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.app.settings.web.port, timeout=20)
    try:
        connection.request(
            method, path, body, {name.replace("_", "-"): v for name, v in fields.items()}
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def books(desk: Desk) -> list[str]:
    """Everything the database holds that a link may touch."""
    connection = database(desk.folder)
    try:
        return [
            line
            for table in ("ticket", "event", "person", "outbox", "message")
            for line in map(repr, connection.execute(f"select * from {table}"))
        ]
    finally:
        connection.close()


def updated(desk, servers) -> tuple[str, dict[str, str]]:
    """The path of the newest update's link, and the mail's fields."""
    desk.clock.skip(hours=9)
    desk.app.queue_what_is_due()
    desk.app.deliver()
    found = dict(inbox(servers, MIA)[-1].header_fields)
    ways = found["list-unsubscribe"].split(", ")
    assert ways[0].startswith(f"<{PUBLIC}/") and ways[1].startswith("<mailto:support+")
    assert found["list-unsubscribe-post"] == PRESSED
    return "/mail" + ways[0].strip("<>").removeprefix(PUBLIC), found


def test_looking_at_a_link_changes_nothing_and_one_click_ends_the_updates(desk, servers):
    path, _ = updated(desk, servers)
    before = books(desk)
    for method in ("GET", "HEAD"):
        for _ in range(50):
            status, fields, page = ask(desk, method, path, Accept_Language="de-AT,de;q=0.9")
            assert status == 200
    assert books(desk) == before
    status, fields, page = ask(desk, "GET", path, Accept_Language="de-AT,de;q=0.9")
    assert 'lang="de"' in page and "Keine Zwischenstände mehr" in page and 'method="post"' in page
    assert "default-src 'none'" in fields["Content-Security-Policy"]
    assert (fields["Referrer-Policy"], fields["Cache-Control"]) == ("no-referrer", "no-store")
    status, _, page = ask(desk, "POST", path, PRESSED, Content_Type=FORM)
    assert status == 200 and "no more progress updates" in page
    assert rows(desk.folder, "select muted from ticket") == [(1,)]
    after = books(desk)
    # Mail clients repeat themselves: unlike a second mail, that asks for nothing more.
    multipart = f'--x\r\nContent-Disposition: form-data; name="{PRESSED.replace("=", chr(34) + chr(13) + chr(10) * 2)}'
    for body in (PRESSED, multipart + "\r\n--x--", PRESSED):
        assert ask(desk, "POST", path, body)[0] == 200
    assert books(desk) == after
    assert rows(desk.folder, "select count(*) from person where muted_at is not null") == [(0,)]
    desk.clock.skip(days=30)
    desk.app.queue_what_is_due()
    assert rows(desk.folder, "select count(*) from outbox where kind = 'progress_update'") == [(1,)]


def test_an_answer_is_recorded_once_until_it_changes(desk, servers):
    solve_ticket(desk.app.store, desk.app.desk, 1, "Mended.")
    desk.app.deliver()
    mail = inbox(servers, MIA)[-1]
    helped, not_helped = re.findall(re.escape(PUBLIC) + r"(/[a-z2-7]{44})", mail.text)
    assert f'href="{PUBLIC}{helped}"' in (mail.html or "")
    assert "Did our answer help?" in ask(desk, "GET", helped)[2]
    assert not rows(desk.folder, "select 1 from event where kind = 'satisfaction'")
    for path in (helped, helped, not_helped, not_helped, helped):
        assert ask(desk, "POST", path, PRESSED)[0] == 200
    answers = [
        d for (d,) in rows(desk.folder, "select detail from event where kind = 'satisfaction'")
    ]
    assert [re.search(r'"answer": "(\w+)"', d)[1] for d in answers] == ["yes", "no", "yes"]
    assert MIA in answers[0]
    assert rows(desk.folder, "select status from ticket") == [("solved",)]


def test_what_we_did_not_sign_leads_nowhere(desk, servers):
    path, found = updated(desk, servers)
    before = books(desk)
    token = path.rpartition("/")[2]
    reply = re.search(r"\+([a-z2-7]{44})@", found["reply-to"])[1]  # signed, but for mail
    changed = [token[:n] + ("a" if token[n] != "a" else "b") + token[n + 1 :] for n in range(44)]
    for other in (*changed, reply, token.upper(), token[:-1], "", "..%2f..", "x" * 5000):
        for method, body in (("GET", None), ("POST", PRESSED)):
            status, _, page = ask(desk, method, f"/mail/{other}", body)
            assert status == 404 and "no longer works" in page
            assert token not in page
    desk.clock.skip(days=400)
    assert ask(desk, "POST", path, PRESSED)[0] == 404  # it has expired
    assert books(desk) == before


def test_hostile_requests_are_turned_away_and_the_next_is_answered(desk, servers):
    path, _ = updated(desk, servers)
    before = books(desk)
    assert ask(desk, "POST", path, "")[0] == 400  # no form of ours, no client's either
    assert ask(desk, "POST", path, "x" * 5000)[0] == 413
    assert ask(desk, "POST", path, PRESSED, Content_Length="-1")[0] == 411
    assert ask(desk, "PUT", path, PRESSED)[0] == 501
    port = desk.app.settings.web.port
    for octets in (b"", b"\0\xff\r\n\r\n", b"GET\r\n", b"A" * 70_000 + b"\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"):  # fmt: skip
        with socket.create_connection(("127.0.0.1", port), timeout=20) as stranger:
            stranger.sendall(octets)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(4096):
                pass
    assert books(desk) == before
    assert ask(desk, "GET", path)[0] == 200


def test_who_never_finishes_does_not_keep_the_others_out(desk, servers, monkeypatch):
    monkeypatch.setattr("mailflow.edges.link_server._SECONDS", 0.3)
    path, _ = updated(desk, servers)
    port = desk.app.settings.web.port
    slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(5)]
    for one in slow:
        one.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    assert ask(desk, "GET", path)[0] == 200
    for one in slow:
        one.close()


def test_a_port_that_is_taken_stops_no_mail(servers, tmp_path, caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        extra = f'[web]\npublic_url = "{PUBLIC}"\nport = {taken.getsockname()[1]}\n'
        made = Desk(servers, tmp_path / "desk", SUPPORT, extra=extra)
        daemon = Daemon(made.app)
        daemon.start()
        try:
            assert "Links in mails cannot be followed" in caplog.text
        finally:
            assert daemon.stop()


@pytest.mark.parametrize(
    ("asked", "read"),
    [("fr-CA, en;q=0.5", "fr"), ("nl, pt_BR", "pt"), ("", "de"), ("*;q=0", "de"), ("x" * 9999, "de")],
)  # fmt: skip
def test_the_page_speaks_the_browsers_language(asked, read):
    assert language_read(asked, "de") == read
    assert language_read(asked, "tlh") == (read if read != "de" else "en")
