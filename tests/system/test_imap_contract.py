"""What mailflow asks of an IMAP server, asked of a real Dovecot and of the embedded server alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imapclient import IMAPClient

from mailflow.demo.servers import EmbeddedServers
from mailflow.edges import imap, imap_fetch
from mailflow.edges.imap import (
    ImapAccount,
    ImapMailbox,
    MailboxRefused,
    MailboxUnreachable,
    ReadOnlyMailbox,
    UnsafeArgument,
)
from mailflow.mail.message import Location, RawMessage
from tests.dovecot import Dovecot, require_dovecot


@dataclass
class Server:
    """The same few verbs for both servers; ``put`` and ``expunge`` act as another mail client."""

    account: ImapAccount
    put: Callable[[bytes], int]
    expunge: Callable[[int], None]
    reset_uidvalidity: Callable[[], int]

    def client(self) -> IMAPClient:
        client = IMAPClient(self.account.host, port=self.account.port, ssl=False, timeout=10)
        client.login(self.account.username, self.account.password)
        return client

    def flags(self, uid: int, folder: str = "INBOX") -> set[str]:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            return {f.decode() for f in client.get_flags([uid])[uid]} - {"\\Recent"}


def _account(port: int, user: str, password: str) -> ImapAccount:
    return ImapAccount("127.0.0.1", port, "none", user, password, timeout_seconds=10)


@pytest.fixture(params=["dovecot", "embedded"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "dovecot":
        require_dovecot()
        with Dovecot() as real:
            yield Server(
                _account(real.port, "support", real.password),
                lambda octets: real.deliver("support", octets),
                lambda uid: real.expunge("support", uid),
                lambda: real.reset_uidvalidity("support"),
            )
    else:
        user = "support@demo.test"
        with EmbeddedServers([user]) as fake:
            yield Server(
                _account(fake.imap_port, user, fake.users[user]),
                lambda octets: fake.put(user, "INBOX", octets),
                lambda uid: fake.expunge(user, uid),
                lambda: fake.reset_uidvalidity(user),
            )


@pytest.fixture
def mailbox(server: Server) -> Iterator[ImapMailbox]:
    with ImapMailbox(server.account) as box:
        yield box


def mail(number: int = 1, size: int = 0) -> bytes:
    filler = (b"x" * 70 + b"\r\n") * (size // 72)
    return b"Subject: mail %d\r\n\r\nhello\r\n\xff\xe4 8-bit\r\n" % number + filler


# ── connection ──────────────────────────────────────────────────────────────────────────────────


def test_login_tells_capabilities(mailbox: ImapMailbox) -> None:
    assert {"IMAP4REV1", "IDLE", "UIDPLUS", "MOVE"} <= mailbox.capabilities()


def test_wrong_password_is_for_the_admin(server: Server) -> None:
    box = ImapMailbox(replace(server.account, password="wrong"))
    with pytest.raises(MailboxRefused) as refused:
        box.connect()
    assert "login" in refused.value.cause and "password" in refused.value.mend
    assert not box.connected


def test_password_is_not_shown(server: Server) -> None:
    assert "secret-canary" not in repr(replace(server.account, password="secret-canary"))


def test_nobody_listening_is_temporary() -> None:
    with pytest.raises(MailboxUnreachable) as lost:
        ImapMailbox(_account(1, "support", "x")).connect()
    assert "refused" in lost.value.cause and lost.value.retry_after is None


def test_after_close_every_call_says_not_connected(mailbox: ImapMailbox) -> None:
    mailbox.open_folder("INBOX")
    mailbox.close()
    mailbox.close()
    with pytest.raises(MailboxUnreachable, match="not connected"):
        mailbox.uids_after(0)


def test_no_clear_text_password_to_a_distant_host() -> None:
    account = ImapAccount("mail.example.net", 143, "none", "u", "p")
    with pytest.raises(MailboxRefused, match="in clear"):
        ImapMailbox(account).connect()


# ── folders ─────────────────────────────────────────────────────────────────────────────────────


def test_sent_folder_is_found(mailbox: ImapMailbox) -> None:
    assert {"INBOX", "Sent", "Drafts"} <= {f.name for f in mailbox.folders()}
    assert mailbox.find_sent_folder() == "Sent"


def test_sent_folder_is_found_under_a_local_name() -> None:
    with EmbeddedServers(["a@demo.test"]) as fake:
        account = _account(fake.imap_port, "a@demo.test", "demo")
        with (
            ImapMailbox(account) as box,
            IMAPClient("127.0.0.1", fake.imap_port, ssl=False) as other,
        ):
            other.login("a@demo.test", "demo")
            for name in ("Sent", "Drafts"):
                other.delete_folder(name)
            assert box.find_sent_folder() is None
            other.create_folder("Archiv/Gesendet")
            other.create_folder("Éléments envoyés")
            assert box.find_sent_folder() == "Éléments envoyés"


def test_missing_folder_is_for_the_admin_and_the_connection_goes_on(mailbox: ImapMailbox) -> None:
    with pytest.raises(MailboxRefused, match="Nowhere"):
        mailbox.open_folder("Nowhere")
    assert mailbox.open_folder("INBOX").exists == 0


def test_folder_with_umlauts_and_ampersand(server: Server, mailbox: ImapMailbox) -> None:
    name = "Erledigt & geprüft"
    mailbox.create_folder(name)
    mailbox.create_folder(name)
    uid = mailbox.append(name, mail())
    assert name in {f.name for f in mailbox.folders()}
    state = mailbox.open_folder(name)
    assert (state.folder, state.exists) == (name, 1)
    assert mailbox.uids_after(0) == [uid]


def test_folder_state_counts(server: Server, mailbox: ImapMailbox) -> None:
    uid = server.put(mail())
    state = mailbox.open_folder("INBOX")
    assert (state.exists, state.uidnext) == (1, uid + 1)
    assert state.uidvalidity > 0


def test_uidvalidity_change_is_visible(server: Server, mailbox: ImapMailbox) -> None:
    server.put(mail())
    before = mailbox.open_folder("INBOX").uidvalidity
    mailbox.close()
    value = server.reset_uidvalidity()
    mailbox.connect()
    after = mailbox.open_folder("INBOX")
    assert after.uidvalidity == value != before
    message = mailbox.fetch(mailbox.uids_after(0)[0])
    assert message is not None and message.location is not None
    assert message.location.uidvalidity == value


# ── finding and reading ─────────────────────────────────────────────────────────────────────────


def test_uids_after_pages_upwards_and_never_answers_with_old_mail(
    server: Server, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = [server.put(mail(n)) for n in range(7)]
    mailbox.open_folder("INBOX")
    assert mailbox.uids_after(0) == uids
    assert mailbox.uids_after(uids[2]) == uids[3:]
    assert mailbox.uids_after(0, limit=3) == uids[:3]
    assert mailbox.uids_after(uids[-1]) == []
    assert mailbox.uids_after(uids[-1] + 1000) == []
    monkeypatch.setattr(imap, "FIRST_WINDOW", 2)
    assert mailbox.uids_after(0, limit=1) == uids[:1]
    assert mailbox.uids_after(0) == uids


def test_uids_after_sees_mail_that_came_since_the_folder_was_opened(
    server: Server, mailbox: ImapMailbox
) -> None:
    mailbox.open_folder("INBOX")
    uid = server.put(mail())
    assert mailbox.uids_after(0) == [uid]


def test_uids_since_a_day(server: Server, mailbox: ImapMailbox) -> None:
    uid = server.put(mail())
    mailbox.open_folder("INBOX")
    assert mailbox.uids_since(datetime.now(UTC).date() - timedelta(days=1)) == [uid]
    assert mailbox.uids_since(datetime.now(UTC).date() + timedelta(days=3)) == []


def test_fetch_gives_the_octets_and_leaves_no_trace(server: Server, mailbox: ImapMailbox) -> None:
    uid = server.put(mail())
    state = mailbox.open_folder("INBOX")
    message = mailbox.fetch(uid)
    assert message is not None
    assert message.octets == mail()
    assert message.location == Location("INBOX", state.uidvalidity, uid)
    assert message.received_at is not None and message.received_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - message.received_at) < timedelta(minutes=1)
    assert not message.truncated
    list(mailbox.fetch_many([uid]))
    assert server.flags(uid) == set()
    mailbox.add_keywords("INBOX", uid, "word")  # the folder is open for writing now
    mailbox.fetch(uid)
    mailbox.fetch(uid, max_octets=5)
    list(mailbox.fetch_many([uid]))
    assert server.flags(uid) == {"word"}


def test_fetch_of_an_empty_message(server: Server, mailbox: ImapMailbox) -> None:
    uid = server.put(b"\r\n")
    mailbox.open_folder("INBOX")
    message = mailbox.fetch(uid)
    assert message is not None and message.octets == b"\r\n"


def test_expunged_message_is_none(server: Server, mailbox: ImapMailbox) -> None:
    first, second = server.put(mail(1)), server.put(mail(2))
    mailbox.open_folder("INBOX")
    assert mailbox.uids_after(0) == [first, second]
    server.expunge(first)
    mailbox.open_folder("INBOX")
    assert mailbox.fetch(first) is None
    assert mailbox.fetch(9999) is None
    assert [m.octets for m in mailbox.fetch_many([first, second, 9999])] == [mail(2)]
    assert mailbox.unreadable == {}


def test_sizes(server: Server, mailbox: ImapMailbox) -> None:
    uids = [server.put(mail(1)), server.put(mail(2, size=5000))]
    mailbox.open_folder("INBOX")
    assert mailbox.sizes([*uids, 9999]) == {
        uids[0]: len(mail(1)),
        uids[1]: len(mail(2, size=5000)),
    }
    assert mailbox.sizes([]) == {}


def test_message_above_the_cap_is_cut_and_says_so(server: Server, mailbox: ImapMailbox) -> None:
    small, large = server.put(mail(1)), server.put(mail(2, size=50_000))
    mailbox.open_folder("INBOX")
    cut = mailbox.fetch(large, max_octets=1000)
    assert cut is not None and cut.truncated
    assert cut.octets == mail(2, size=50_000)[:1000]
    whole = mailbox.fetch(small, max_octets=1000)
    assert whole is not None and not whole.truncated
    many = list(mailbox.fetch_many([small, large], max_octets=1000))
    assert [(len(m.octets), m.truncated) for m in many] == [(len(mail(1)), False), (1000, True)]


def test_fetch_many_in_bounded_pages(
    server: Server,
    mailbox: ImapMailbox,
    monkeypatch: pytest.MonkeyPatch,
    sent_octets: list[bytes],
) -> None:
    uids = [server.put(mail(n, size=3000)) for n in range(5)]
    mailbox.open_folder("INBOX")
    monkeypatch.setattr(imap_fetch, "PAGE_OCTETS", 7000)
    messages: list[RawMessage] = list(mailbox.fetch_many(reversed(uids)))
    assert [m.location.uid for m in messages if m.location] == uids
    assert [m.octets for m in messages] == [mail(n, size=3000) for n in range(5)]
    assert sum(b"BODY.PEEK[]" in line for line in sent_octets) == 3


def test_ten_megabytes_go_through(server: Server, mailbox: ImapMailbox) -> None:
    octets = mail(size=10_000_000)
    uid = mailbox.append("INBOX", octets)
    assert uid is not None
    mailbox.open_folder("INBOX")
    message = mailbox.fetch(uid)
    assert message is not None and message.octets == octets


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────


def later(seconds: float, what: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, what)
    timer.start()
    return timer


def test_wait_wakes_within_a_second_of_new_mail(server: Server, mailbox: ImapMailbox) -> None:
    mailbox.open_folder("INBOX")
    assert mailbox.uids_after(0) == []
    put_at: list[float] = []

    def put() -> None:
        server.put(mail())
        put_at.append(time.monotonic())

    timer = later(0.3, put)
    assert mailbox.wait(20, threading.Event()) is True
    woken_at = time.monotonic()
    timer.join()
    assert woken_at - put_at[0] < 1.0
    assert len(mailbox.uids_after(0)) == 1


def test_wait_ends_by_itself(mailbox: ImapMailbox) -> None:
    mailbox.open_folder("INBOX")
    began = time.monotonic()
    assert mailbox.wait(0.6, threading.Event()) is False
    assert 0.5 < time.monotonic() - began < 2
    assert mailbox.uids_after(0) == []


def test_wait_ends_on_stop(mailbox: ImapMailbox) -> None:
    mailbox.open_folder("INBOX")
    stop = threading.Event()
    timer = later(0.3, stop.set)
    began = time.monotonic()
    assert mailbox.wait(30, stop) is False
    timer.join()
    assert time.monotonic() - began < 0.3 + 0.5
    assert mailbox.uids_after(0) == []


def test_mail_announced_before_wait_is_not_waited_for(server: Server, mailbox: ImapMailbox) -> None:
    mailbox.open_folder("INBOX")
    mailbox.uids_after(0)
    uid = server.put(mail())
    mailbox.sizes([uid])  # the server announces the mail here, and will not do it again in IDLE
    began = time.monotonic()
    assert mailbox.wait(20, threading.Event()) is True
    assert time.monotonic() - began < 5


def test_wait_without_idle_polls(
    server: Server, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "NOOP_SECONDS", 0.1)
    monkeypatch.setattr(ImapMailbox, "capabilities", lambda self: frozenset({"IMAP4REV1"}))
    mailbox.open_folder("INBOX")
    assert mailbox.wait(0.3, threading.Event()) is False
    timer = later(0.2, lambda: server.put(mail()))
    assert mailbox.wait(10, threading.Event()) is True
    timer.join()
    stop = threading.Event()
    stop.set()
    assert mailbox.wait(10, stop) is False


def test_many_flag_changes_by_another_client_break_nothing(
    server: Server, mailbox: ImapMailbox
) -> None:
    uids = [server.put(mail(n)) for n in range(3)]
    mailbox.open_folder("INBOX")
    mailbox.uids_after(0)
    enough = threading.Event()

    def flip() -> None:
        with server.client() as other:
            other.select_folder("INBOX")
            while not enough.is_set():
                other.add_flags(uids, [b"\\Flagged"])
                other.remove_flags(uids, [b"\\Flagged"])

    flipper = threading.Thread(target=flip)
    flipper.start()
    try:
        for _ in range(5):
            assert mailbox.wait(20, threading.Event()) is True
            assert mailbox.uids_after(0) == uids
    finally:
        enough.set()
        flipper.join()


# ── changing ────────────────────────────────────────────────────────────────────────────────────


def test_keywords_are_kept_and_seen_by_others(server: Server, mailbox: ImapMailbox) -> None:
    uid = server.put(mail())
    assert mailbox.keeps_keywords("INBOX")
    assert mailbox.add_keywords("INBOX", uid, "mailflow-open", "mailflow-high")
    assert server.flags(uid) == {"mailflow-open", "mailflow-high"}
    assert mailbox.remove_keywords("INBOX", uid, "mailflow-high")
    assert server.flags(uid) == {"mailflow-open"}


def test_change_of_a_missing_message_is_false(server: Server, mailbox: ImapMailbox) -> None:
    uid = server.put(mail())
    state = mailbox.open_folder("INBOX")
    assert not mailbox.add_keywords("INBOX", 9999, "mailflow-open")
    assert not mailbox.move("INBOX", 9999, "Sent")
    other = state.uidvalidity + 1
    assert not mailbox.add_keywords("INBOX", uid, "mailflow-open", uidvalidity=other)
    assert server.flags(uid) == set()
    assert mailbox.add_keywords("INBOX", uid, "mailflow-open", uidvalidity=state.uidvalidity)


@pytest.mark.parametrize("offered", [{"MOVE"}, {"UIDPLUS"}])
def test_move(
    server: Server, mailbox: ImapMailbox, offered: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "MOVE" not in offered:
        monkeypatch.setattr(ImapMailbox, "capabilities", lambda self: frozenset(offered))
    keep, uid = server.put(mail(1)), server.put(mail(2))
    assert mailbox.move("INBOX", uid, "Sent")
    mailbox.open_folder("INBOX")
    assert mailbox.uids_after(0) == [keep]
    mailbox.open_folder("Sent")
    assert [m.octets for m in mailbox.fetch_many(mailbox.uids_after(0))] == [mail(2)]


def test_move_without_move_and_uidplus_is_refused(
    server: Server, mailbox: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = server.put(mail())
    monkeypatch.setattr(ImapMailbox, "capabilities", lambda self: frozenset({"IMAP4REV1"}))
    with pytest.raises(MailboxRefused):
        mailbox.move("INBOX", uid, "Sent")
    mailbox.open_folder("INBOX")
    assert mailbox.uids_after(0) == [uid]
    assert server.flags(uid) == set()


def test_append_with_flags(server: Server, mailbox: ImapMailbox) -> None:
    uid = mailbox.append("Sent", mail(), ["\\Seen", "mailflow-sent"])
    assert uid is not None
    assert server.flags(uid, "Sent") == {"\\Seen", "mailflow-sent"}


def test_append_into_a_missing_folder_is_for_the_admin(mailbox: ImapMailbox) -> None:
    with pytest.raises(MailboxRefused, match="Nowhere"):
        mailbox.append("Nowhere", mail())
    assert mailbox.connected


def test_reading_goes_on_where_it_was_after_a_change_elsewhere(
    server: Server, mailbox: ImapMailbox
) -> None:
    uid = server.put(mail(1))
    mailbox.open_folder("INBOX")
    sent = mailbox.append("Sent", mail(2))
    assert sent is not None
    assert mailbox.add_keywords("Sent", sent, "mailflow-sent")
    message = mailbox.fetch(uid)
    assert message is not None and message.octets == mail(1)


# ── what must never reach the server ────────────────────────────────────────────────────────────

CHANGES: dict[str, Callable[[ImapMailbox], object]] = {
    "append": lambda box: box.append("INBOX", b"x"),
    "add_keywords": lambda box: box.add_keywords("INBOX", 1, "word"),
    "remove_keywords": lambda box: box.remove_keywords("INBOX", 1, "word"),
    "move": lambda box: box.move("INBOX", 1, "Sent"),
    "create_folder": lambda box: box.create_folder("New"),
    "keeps_keywords": lambda box: box.keeps_keywords("INBOX"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_read_only_refuses_before_the_wire(
    server: Server, change: str, sent_octets: list[bytes]
) -> None:
    uid = server.put(mail())
    with ImapMailbox(server.account, read_only=True) as box:
        box.open_folder("INBOX")
        sent_octets.clear()
        with pytest.raises(ReadOnlyMailbox):
            CHANGES[change](box)
        assert sent_octets == []
        assert box.fetch(uid) is not None
        assert box.wait(0.1, threading.Event()) is False


def test_read_only_also_holds_below_the_methods(server: Server, sent_octets: list[bytes]) -> None:
    uid = server.put(mail())
    with ImapMailbox(server.account, read_only=True) as box:
        box.open_folder("INBOX")
        client = box._live()
        sent_octets.clear()
        for change in (
            lambda: client.select_folder("INBOX"),
            lambda: client.delete_messages([uid]),
            lambda: client.expunge(),
            lambda: client.move([uid], "Sent"),
            lambda: client.delete_folder("Sent"),
        ):
            with pytest.raises(ReadOnlyMailbox):
                change()
        assert all(line.endswith(b"CAPABILITY\r\n") for line in sent_octets)


POISON = ["a\r\nZ9 DELETE Sent", "a\nb", "a\rb", "a\0b"]
POISONED: dict[str, Callable[[ImapMailbox, str], object]] = {
    "open_folder": lambda box, bad: box.open_folder(bad),
    "create_folder": lambda box, bad: box.create_folder(bad),
    "append": lambda box, bad: box.append(bad, b"x"),
    "append flag": lambda box, bad: box.append("INBOX", b"x", [bad]),
    "add_keywords": lambda box, bad: box.add_keywords("INBOX", 1, bad),
    "remove_keywords": lambda box, bad: box.remove_keywords("INBOX", 1, bad),
    "keywords folder": lambda box, bad: box.add_keywords(bad, 1, "word"),
    "move": lambda box, bad: box.move("INBOX", 1, bad),
    "move from": lambda box, bad: box.move(bad, 1, "Sent"),
}


@pytest.mark.parametrize("call", POISONED)
def test_line_ends_in_arguments_never_reach_the_wire(
    server: Server, mailbox: ImapMailbox, call: str, sent_octets: list[bytes]
) -> None:
    for bad in POISON:
        with pytest.raises(UnsafeArgument):
            POISONED[call](mailbox, bad)
    assert sent_octets == []
    assert mailbox.find_sent_folder() == "Sent"


@pytest.mark.parametrize("bad", POISON)
def test_line_ends_in_credentials_are_refused(server: Server, bad: str) -> None:
    for account in (replace(server.account, username=bad), replace(server.account, password=bad)):
        with pytest.raises(UnsafeArgument):
            ImapMailbox(account)


def test_keyword_must_be_an_atom(mailbox: ImapMailbox, sent_octets: list[bytes]) -> None:
    for bad in ("two words", "(x", "x)", 'x"', "", "ä", "{3}", "%", "*", "\\", "x\\y"):
        with pytest.raises(UnsafeArgument):
            mailbox.add_keywords("INBOX", 1, bad)
    assert sent_octets == []


# ── a real server that goes away ────────────────────────────────────────────────────────────────


def dovecot_account(real: Dovecot, timeout: float = 10.0) -> ImapAccount:
    return replace(_account(real.port, "support", real.password), timeout_seconds=timeout)


def test_kill_during_idle_is_noticed_and_mail_is_found_after_reconnect(dovecot: Dovecot) -> None:
    box = ImapMailbox(dovecot_account(dovecot))
    box.connect()
    first = dovecot.deliver("support", mail(1))
    state = box.open_folder("INBOX")
    for round_ in range(3):
        killer = later(0.2, dovecot.kill9)
        began = time.monotonic()
        with pytest.raises(MailboxUnreachable):
            box.wait(60, threading.Event())
        assert time.monotonic() - began < 3
        killer.join()
        assert not box.connected
        with pytest.raises(MailboxUnreachable):
            box.connect()
        dovecot.start()
        uid = dovecot.deliver("support", mail(2 + round_))
        box.connect()
        assert box.open_folder("INBOX").uidvalidity == state.uidvalidity
        assert box.uids_after(first) == [uid]
        first = uid
    box.close()


def test_restart_is_noticed(dovecot: Dovecot) -> None:
    with ImapMailbox(dovecot_account(dovecot)) as box:
        box.open_folder("INBOX")
        dovecot.restart()
        with pytest.raises(MailboxUnreachable):
            box.uids_after(0)
        box.connect()
        box.open_folder("INBOX")
        assert box.uids_after(0) == []


def test_silent_server_costs_the_deadline_and_no_cpu(dovecot: Dovecot) -> None:
    with ImapMailbox(dovecot_account(dovecot, timeout=1.0)) as box:
        box.open_folder("INBOX")
        timer = later(0.3, dovecot.pause)
        try:
            began, cpu = time.monotonic(), time.thread_time()
            with pytest.raises(MailboxUnreachable, match="in time"):
                box.wait(1.0, threading.Event())
            timer.join()
            assert 1.9 < time.monotonic() - began < 4
            assert time.thread_time() - cpu < 0.3
            with pytest.raises(MailboxUnreachable, match="in time"):
                box.connect()
        finally:
            dovecot.resume()


def test_stop_is_prompt_even_when_the_server_is_silent(dovecot: Dovecot) -> None:
    with ImapMailbox(dovecot_account(dovecot, timeout=30)) as box:
        box.open_folder("INBOX")
        stop = threading.Event()
        paused_at: list[float] = []

        def pause_and_stop() -> None:
            dovecot.pause()
            paused_at.append(time.monotonic())
            stop.set()

        timer = later(0.3, pause_and_stop)
        try:
            assert box.wait(30, stop) is False
            timer.join()
            assert time.monotonic() - paused_at[0] < 0.8
        finally:
            dovecot.resume()


def test_a_hundred_reconnects_do_not_pile_up() -> None:
    require_dovecot()
    with Dovecot(max_connections=2) as real:
        box = ImapMailbox(dovecot_account(real))
        for _ in range(100):
            box.connect()
            box.open_folder("INBOX")
        box.close()


# ── TLS ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_tls_with_a_named_authority(dovecot_tls: Dovecot, tls: str) -> None:
    account = _tls_account(dovecot_tls, tls, "localhost", dovecot_tls.ca_file)
    with ImapMailbox(account) as box:
        uid = box.append("INBOX", mail(size=300_000))
        assert uid is not None
        box.open_folder("INBOX")
        message = box.fetch(uid)
        assert message is not None and message.octets == mail(size=300_000)
        box.uids_after(0)
        timer = later(0.3, lambda: dovecot_tls.deliver("support", mail()))
        began = time.monotonic()
        assert box.wait(20, threading.Event()) is True
        timer.join()
        assert time.monotonic() - began < 0.3 + 2


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_unknown_authority_gets_no_password(
    dovecot_tls: Dovecot, tls: str, sent_octets: list[bytes]
) -> None:
    with pytest.raises(MailboxRefused, match="certificate"):
        ImapMailbox(_tls_account(dovecot_tls, tls, "localhost", None)).connect()
    assert not any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in sent_octets)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_wrong_name_gets_no_password(tls: str, sent_octets: list[bytes]) -> None:
    require_dovecot()
    with Dovecot(tls=True, certificate_names="DNS:mail.example.org") as real:
        account = _tls_account(real, tls, "localhost", real.ca_file)
        with pytest.raises(MailboxRefused, match="certificate"):
            ImapMailbox(account).connect()
    assert not any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in sent_octets)


def test_starttls_not_offered_fails_closed(dovecot: Dovecot, sent_octets: list[bytes]) -> None:
    with pytest.raises(MailboxRefused, match="STARTTLS"):
        ImapMailbox(replace(dovecot_account(dovecot), tls="starttls")).connect()
    assert not any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in sent_octets)


def test_missing_authority_file_is_for_the_admin(tmp_path: Path) -> None:
    account = ImapAccount("localhost", 993, "implicit", "u", "p", ca_file=tmp_path / "none.pem")
    with pytest.raises(MailboxRefused, match=r"none\.pem"):
        ImapMailbox(account).connect()


def _tls_account(real: Dovecot, tls: str, host: str, ca_file: Path | None) -> ImapAccount:
    implicit = tls == "implicit"
    return ImapAccount(
        host,
        real.tls_port if implicit else real.port,
        "implicit" if implicit else "starttls",
        "support",
        real.password,
        ca_file=ca_file,
        timeout_seconds=10,
    )
