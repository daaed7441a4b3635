"""Servers that break off, lie, stall or talk nonsense: each ends in one of the two kinds of failure."""

from __future__ import annotations

import itertools
import threading
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailflow.edges import imap_transport
from mailflow.edges.imap import (
    ImapAccount,
    ImapMailbox,
    MailboxRefused,
    MailboxUnreachable,
    MessageUnreadable,
    reconnect_delay,
)
from mailflow.edges.imap_errors import explain, plain
from tests.scripted_imap import CLOSE, STALL, Answer, ScriptedImap, say


def mailbox(server: ScriptedImap, timeout: float = 1.0) -> ImapMailbox:
    return ImapMailbox(
        ImapAccount("127.0.0.1", server.port, "none", "support", "secret", timeout_seconds=timeout)
    )


def opened(server: ScriptedImap, timeout: float = 1.0) -> ImapMailbox:
    box = mailbox(server, timeout)
    box.connect()
    box.open_folder("INBOX")
    return box


def fetches(texts: dict[int, str]) -> Answer:
    """UID FETCH from a table: the whole parenthesis by UID; what is missing is not answered."""

    def answer(tag: str, rest: str) -> bytes:
        uids = [int(word) for word in rest.split()[2].split(",")]
        lines = [f"* {uid} FETCH ({texts[uid]})\n" for uid in uids if uid in texts]
        return say("".join(lines) + "{tag} OK done\n")(tag, rest)

    return answer


def good(uid: int) -> str:
    return f'UID {uid} RFC822.SIZE 2 INTERNALDATE "01-Feb-2026 10:00:00 +0100" BODY[] {{2}}\nhi'


# ── login ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("{tag} NO [ALERT] Too many simultaneous connections. (Failure)\n", 300),
        ("{tag} NO [LIMIT] slow down\n", 300),
        ("{tag} NO [UNAVAILABLE] Temporary authentication failure.\n", None),
        ("{tag} NO Server error - Please try again later\n", None),
    ],
)
def test_busy_server_at_login_is_temporary(answer: str, seconds: float | None) -> None:
    with ScriptedImap(LOGIN=say(answer)) as server:
        with pytest.raises(MailboxUnreachable) as lost:
            mailbox(server).connect()
        assert lost.value.retry_after == seconds


@pytest.mark.parametrize(
    "answer", ["{tag} NO [AUTHENTICATIONFAILED] Invalid credentials\n", "{tag} NO no\n"]
)
def test_wrong_credentials_are_for_the_admin(answer: str) -> None:
    with ScriptedImap(LOGIN=say(answer)) as server, pytest.raises(MailboxRefused):
        mailbox(server).connect()


@pytest.mark.parametrize(
    ("greeting", "seconds"),
    [
        (b"* BYE Too many connections from your address\r\n", 300),
        (b"* BYE going down\r\n", None),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", None),
        (b"\r\n", None),
        (CLOSE, None),
        (STALL, None),
    ],
)
def test_odd_greeting_is_temporary(greeting: bytes, seconds: float | None) -> None:
    with ScriptedImap(greeting) as server:
        began = time.monotonic()
        with pytest.raises(MailboxUnreachable) as lost:
            mailbox(server).connect()
        assert lost.value.retry_after == seconds
        assert time.monotonic() - began < 5
        assert not any("secret" in line for line in server.heard)


def test_another_protocol_is_for_the_admin() -> None:
    refused = pytest.raises(MailboxRefused, match="does not speak IMAP")
    with ScriptedImap(b"+OK POP3 ready\r\n") as server, refused:
        mailbox(server).connect()


def test_user_name_is_quoted_where_it_is_no_atom() -> None:
    with ScriptedImap() as server:
        account = ImapAccount("127.0.0.1", server.port, "none", 'a "b" (c', 'p\\w" x')
        ImapMailbox(account).connect()
        assert server.heard[1].endswith(r'LOGIN "a \"b\" (c" "p\\w\" x"')


def test_text_of_the_server_is_shown_on_one_printable_line() -> None:
    with ScriptedImap(LOGIN=say("{tag} NO \x1b[31mred\x07 \x00 " + "x" * 5000 + "\n")) as server:
        with pytest.raises(MailboxRefused) as refused:
            mailbox(server).connect()
        assert refused.value.cause.isprintable() and len(refused.value.cause) < 300


# ── STARTTLS ────────────────────────────────────────────────────────────────────────────────────

_OFFERS = say("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\n{tag} OK done\n")


def starttls(server: ScriptedImap) -> ImapMailbox:
    return ImapMailbox(
        ImapAccount("localhost", server.port, "starttls", "support", "secret", timeout_seconds=1)
    )


def test_preauth_greeting_cannot_skip_starttls() -> None:
    with ScriptedImap(b"* PREAUTH welcome\r\n", CAPABILITY=_OFFERS) as server:
        with pytest.raises(MailboxRefused):
            starttls(server).connect()
        assert not any("LOGIN" in line or "AUTH" in line for line in server.heard)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("{tag} NO not now\n", "refused STARTTLS"),
        ("{tag} BAD what\n", "what"),
        ("{tag} OK go\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\n", "in clear"),
        ("{tag} OK go\nZ1 OK injected\n", "in clear"),
    ],
)
def test_refused_or_injected_starttls_sends_no_password(answer: str, cause: str) -> None:
    with ScriptedImap(CAPABILITY=_OFFERS, STARTTLS=say(answer)) as server:
        with pytest.raises((MailboxRefused, MailboxUnreachable), match=cause):
            starttls(server).connect()
        assert not any("LOGIN" in line or "AUTHENTICATE" in line for line in server.heard)


# ── folders and searching ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("{tag} BAD User is authenticated but not connected.\n", 300),
        ("{tag} NO [THROTTLED] Request is throttled\n", 300),
        ("{tag} NO [SERVERBUG] Internal error occurred\n", None),
        ("* BYE disconnected for inactivity\n", None),
        ("nonsense\n", None),
        ("{tag} OK done", None),  # no line end
    ],
)
def test_trouble_while_opening_is_temporary(answer: str, seconds: float | None) -> None:
    with ScriptedImap(EXAMINE=say(answer)) as server:
        box = mailbox(server)
        box.connect()
        with pytest.raises(MailboxUnreachable) as lost:
            box.open_folder("INBOX")
        assert lost.value.retry_after == seconds
        assert not box.connected


@pytest.mark.parametrize("uidvalidity", ["", "* OK [UIDVALIDITY x] ok\n", "* OK [UIDVALIDITY 0]\n"])
def test_folder_without_uidvalidity_is_never_read(uidvalidity: str) -> None:
    with ScriptedImap(EXAMINE=say("* 1 EXISTS\n" + uidvalidity + "{tag} OK done\n")) as server:
        box = mailbox(server)
        box.connect()
        with pytest.raises((MailboxRefused, MailboxUnreachable)):
            box.open_folder("INBOX")
        with pytest.raises(MailboxUnreachable):
            box.uids_after(0)


@pytest.mark.parametrize(
    ("answer", "uids"),
    [
        ("* SEARCH\n{tag} OK done\n", []),
        ("{tag} OK done\n", []),
        ("* SEARCH 3 1 2 2\n{tag} OK done\n", [2, 3]),  # nothing at or below the cursor
        ("* SEARCH 0 1\n{tag} OK done\n", []),
        ("* SEARCH 2 3 (MODSEQ 99)\n{tag} OK done\n", [2, 3]),
        ("* SEARCH 3\n* 4 EXISTS\n{tag} OK done\n", [3]),
    ],
)
def test_search_answers_above_the_cursor_only(answer: str, uids: list[int]) -> None:
    with ScriptedImap(UID_SEARCH=say(answer)) as server:
        assert opened(server).uids_after(1) == uids


@pytest.mark.parametrize(
    "answer", ["* SEARCH one two\n{tag} OK done\n", "* SEARCH 1\n* SEARCH 2\n{tag} OK done\n"]
)
def test_senseless_search_is_temporary(answer: str) -> None:
    with ScriptedImap(UID_SEARCH=say(answer)) as server, pytest.raises(MailboxUnreachable):
        opened(server).uids_after(0)


def test_a_million_uids_come_page_by_page() -> None:
    def search(tag: str, rest: str) -> bytes:
        low, high = rest.split()[-1].split(":")
        top = 1_000_000 if high == "*" else min(int(high), 1_000_000)
        uids = " ".join(map(str, range(int(low), top + 1)))
        return say(f"* SEARCH {uids}\n{{tag}} OK done\n")(tag, rest)

    examine = say("* 1000000 EXISTS\n* OK [UIDVALIDITY 7] k\n* OK [UIDNEXT 1000001] k\n{tag} OK\n")
    with ScriptedImap(UID_SEARCH=search, EXAMINE=say("")) as server:
        server.answers["EXAMINE"] = lambda tag, rest: examine(tag, rest).replace(
            b" OK\r\n", b" OK done\r\n"
        )
        box = opened(server)
        assert box.uids_after(0) == list(range(1, 501))
        assert box.uids_after(999_990) == list(range(999_991, 1_000_001))


def test_one_odd_folder_name_does_not_hide_the_others() -> None:
    lines = (
        '* LIST (\\HasNoChildren) "/" "Gel&APY-scht"\n'
        '* LIST () "/" "broken &AP"\n'
        '* LIST (\\Sent) "/" "Gesendet &- mehr"\n'
        '* LIST () "/" 2026\n'
        "* LIST () NIL INBOX\n"
    )
    with ScriptedImap(LIST=say(lines + "{tag} OK done\n")) as server:
        box = opened(server)
        names = [folder.name for folder in box.folders()]
        assert names[0] == "Gelöscht" and names[2:] == ["Gesendet & mehr", "2026", "INBOX"]
        assert box.find_sent_folder() == "Gesendet & mehr"


# ── fetching ────────────────────────────────────────────────────────────────────────────────────

UNREADABLE: dict[str, str] = {
    "no body": "UID 2 RFC822.SIZE 2",
    "NIL body": 'UID 2 RFC822.SIZE 2 INTERNALDATE "01-Feb-2026 10:00:00 +0100" BODY[] NIL',
    "open bracket": "UID 2 RFC822.SIZE 2 BODY[] ((((",
    "uneven": "UID 2 RFC822.SIZE",
    "quote without end": 'UID 2 BODY[] "hi',
    "uid is a word": "UID two BODY[] {2}\nhi",
    "list as body": "UID 2 BODY[] (a b)",
    "number as body": "UID 2 BODY[] 12",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_one_unreadable_answer_costs_one_message(name: str) -> None:
    table = {1: good(1), 2: UNREADABLE[name], 3: good(3)}
    with ScriptedImap(UID_FETCH=fetches(table)) as server:
        box = opened(server)
        got = [m.location.uid for m in box.fetch_many([1, 2, 3]) if m.location]
        assert got == [1, 3]
        assert list(box.unreadable) == [2]
        with pytest.raises(MessageUnreadable) as unreadable:
            box.fetch(2)
        assert unreadable.value.uid == 2
        assert box.connected
        assert [m.octets for m in box.fetch_many([3])] == [b"hi"] and box.unreadable == {}


def test_refused_fetch_of_one_message_is_unreadable() -> None:
    def fetch(tag: str, rest: str) -> bytes:
        if rest.split()[2] == "1":
            return fetches({1: good(1)})(tag, rest)
        return say("{tag} NO [SERVERBUG] Internal error occurred\n")(tag, rest)

    with ScriptedImap(UID_FETCH=fetch) as server:
        box = opened(server)
        assert [m.octets for m in box.fetch_many([1, 2])] == [b"hi"]
        assert list(box.unreadable) == [2]


def test_message_that_vanishes_from_the_answer_is_expunged_only_if_search_agrees() -> None:
    with ScriptedImap(UID_FETCH=fetches({})) as server:
        box = opened(server)
        with pytest.raises(MessageUnreadable):
            box.fetch(2)
        server.answers["UID SEARCH"] = say("* SEARCH\n{tag} OK done\n")
        assert box.fetch(2) is None
        assert list(box.fetch_many([1, 2])) == [] and box.unreadable == {}


def test_unasked_fetch_lines_are_no_answers() -> None:
    noise = say("* 2 FETCH (FLAGS (\\Seen))\n* 9 FETCH (UID 9 FLAGS ())\n{tag} OK done\n")
    with ScriptedImap(NOOP=noise, UID_FETCH=fetches({1: good(1)})) as server:
        box = opened(server)
        box.uids_after(0)
        message = box.fetch(1)
        assert message is not None and message.octets == b"hi"


@pytest.mark.parametrize("moment", ['"99-Foo-2026"', '"31-Dec-9999 23:59:59 -1400"', "NIL", '""'])
def test_odd_internal_date_is_no_date(moment: str) -> None:
    text = f"UID 1 RFC822.SIZE 2 INTERNALDATE {moment} BODY[] {{2}}\nhi"
    with ScriptedImap(UID_FETCH=fetches({1: text})) as server:
        message = opened(server).fetch(1)
        assert message is not None and message.received_at is None


def test_lying_size_is_tolerated() -> None:
    text = good(1).replace("RFC822.SIZE 2", "RFC822.SIZE 4000000000")
    with ScriptedImap(UID_FETCH=fetches({1: text})) as server:
        assert [m.octets for m in opened(server).fetch_many([1])] == [b"hi"]


def test_literal_above_the_cap_is_read_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_transport, "LITERAL_CAP", 1000)
    table = {1: good(1), 2: f"UID 2 RFC822.SIZE 2 BODY[] {{100000}}\n{'x' * 100000}", 3: good(3)}
    with ScriptedImap(UID_FETCH=fetches(table)) as server:
        box = opened(server)
        assert [m.octets for m in box.fetch_many([1, 2, 3])] == [b"hi", b"hi"]
        assert list(box.unreadable) == [2]


def test_announced_giant_allocates_nothing() -> None:
    answer = say("* 1 FETCH (UID 1 BODY[] {99999999999}\nx")
    with ScriptedImap(UID_FETCH=answer) as server:
        box = opened(server)
        tracemalloc.start()
        try:
            with pytest.raises(MailboxUnreachable):
                box.fetch(1)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()


def test_line_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_transport, "LINE_CAP", 100_000)
    endless = say("* SEARCH " + "1 " * 200_000)
    with ScriptedImap(UID_SEARCH=endless) as server, pytest.raises(MailboxUnreachable):
        opened(server).uids_after(0)


# ── time ────────────────────────────────────────────────────────────────────────────────────────

STEPS: dict[str, Callable[[ImapMailbox], object]] = {
    "CAPABILITY": lambda box: None,
    "LOGIN": lambda box: None,
    "EXAMINE": lambda box: box.open_folder("INBOX"),
    "NOOP": lambda box: box.uids_after(0),
    "UID SEARCH": lambda box: box.uids_after(0),
    "UID FETCH": lambda box: box.fetch(1),
    "IDLE": lambda box: box.wait(5, threading.Event()),
    "DONE": lambda box: box.wait(0.1, threading.Event()),
    "LIST": lambda box: box.folders(),
    "APPEND": lambda box: box.append("INBOX", b"x"),
    "UID STORE": lambda box: box.add_keywords("INBOX", 1, "word"),
    "UID MOVE": lambda box: box.move("INBOX", 1, "Sent"),
}


@pytest.mark.parametrize(
    ("verb", "ending"),
    list(itertools.product(STEPS, [STALL, CLOSE, b"* BYE shutting down\r\n" + CLOSE])),
)
def test_every_step_ends_when_the_server_does_not_answer(verb: str, ending: bytes) -> None:
    with ScriptedImap() as server:
        server.answers[verb] = lambda tag, rest: ending
        box = mailbox(server, timeout=0.4)
        began = time.monotonic()
        with pytest.raises(MailboxUnreachable):
            box.connect()
            box.open_folder("INBOX")
            STEPS[verb](box)
        assert time.monotonic() - began < 3
        assert not box.connected


def test_trickle_cannot_hold_a_step_for_ever() -> None:
    stop = threading.Event()

    with ScriptedImap() as server:
        box = opened(server, timeout=0.3)

        def trickle(tag: str, rest: str) -> bytes:
            while not stop.wait(0.05):
                server.say_now(b"* OK still here\r\n")
            return CLOSE

        server.answers["NOOP"] = trickle
        began = time.monotonic()
        with pytest.raises(MailboxUnreachable, match="in time"):
            box.uids_after(0)
        stop.set()
        assert time.monotonic() - began < 0.3 * imap_transport.COMMAND_PATIENCE + 1


def test_idle_survives_a_line_in_pieces() -> None:
    with ScriptedImap() as server:
        box = opened(server, timeout=5)
        box.uids_after(0)
        result: list[bool] = []
        waiter = threading.Thread(target=lambda: result.append(box.wait(10, threading.Event())))
        waiter.start()
        deadline = time.monotonic() + 5
        while "IDLE" not in server.answered:
            assert time.monotonic() < deadline
            waiter.join(0.01)
        for piece in (b"* OK st", b"ill here\r\n* 4 EX", b"IS", b"TS", b"\r", b"\n"):
            server.say_now(piece)
            waiter.join(0.05)
        waiter.join(5)
        assert result == [True]


def test_idle_ignores_still_here() -> None:
    with ScriptedImap() as server:
        box = opened(server, timeout=5)
        box.uids_after(0)
        server.answers["IDLE"] = say("* OK hang on\n+ idling\n* OK Still here\n* OK Still here\n")
        assert box.wait(0.5, threading.Event()) is False


def test_refused_idle_becomes_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailflow.edges.imap.NOOP_SECONDS", 0.05)
    with ScriptedImap(IDLE=say("{tag} NO not today\n")) as server:
        box = opened(server)
        assert box.wait(0.3, threading.Event()) is False
        assert sum(line.endswith("IDLE") for line in server.heard) == 1
        assert sum(line.endswith("NOOP") for line in server.heard) > 1


def test_idle_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailflow.edges.imap.IDLE_RENEWAL_SECONDS", 0.1)
    with ScriptedImap() as server:
        assert opened(server).wait(0.5, threading.Event()) is False
        assert 3 <= sum(line.endswith("IDLE") for line in server.heard) <= 6


def test_mail_announced_behind_the_search_answer_wakes_wait_at_once() -> None:
    with ScriptedImap(UID_SEARCH=say("* SEARCH 1 2 3\n* 4 EXISTS\n{tag} OK done\n")) as server:
        box = opened(server)
        assert box.uids_after(0) == [1, 2, 3]
        began = time.monotonic()
        assert box.wait(10, threading.Event()) is True
        assert time.monotonic() - began < 1


def test_server_that_repeats_exists_does_not_make_wait_spin() -> None:
    with ScriptedImap(NOOP=say("* 3 EXISTS\n{tag} OK done\n")) as server:
        server.answers["UID SEARCH"] = say("* SEARCH 1\n* 3 EXISTS\n{tag} OK done\n")
        box = opened(server)
        box.uids_after(0)
        assert box.wait(0.3, threading.Event()) is False


def test_changed_uidvalidity_on_the_way_back_ends_the_connection() -> None:
    numbers = itertools.count(7)

    def examine(tag: str, rest: str) -> bytes:
        return say(f"* 3 EXISTS\n* OK [UIDVALIDITY {next(numbers)}] ok\n{{tag}} OK done\n")(
            tag, rest
        )

    with ScriptedImap(EXAMINE=examine, UID_STORE=say("{tag} OK done\n")) as server:
        box = opened(server)
        assert box.add_keywords("Other", 1, "word")
        with pytest.raises(MailboxUnreachable, match="invalid"):
            box.uids_after(0)
        assert not box.connected


# ── pure ────────────────────────────────────────────────────────────────────────────────────────


def test_reconnect_delay_grows_from_a_second_to_five_minutes() -> None:
    assert reconnect_delay(0, 0.5) == 0
    assert reconnect_delay(1, 1.0) == 1
    previous = 0.0
    for failures in range(1, 2000):
        delay = reconnect_delay(failures, 0.0)
        assert previous <= delay <= 300
        assert delay / 2 <= reconnect_delay(failures, 0.7) <= delay
        previous = delay
    assert previous == 300


@pytest.mark.parametrize(
    "error",
    [ValueError(), RecursionError("deep"), KeyError(b"x"), EOFError(), UnicodeError("\x00")],
)
def test_every_exception_has_an_explanation(error: Exception) -> None:
    failure = explain(error, "do it")
    assert isinstance(failure, MailboxUnreachable)
    assert failure.cause.startswith("Could not do it: ") and failure.cause.isprintable()


def test_plain_is_short_and_printable() -> None:
    assert plain(Exception("a\r\nb\x00c" + "d" * 10_000)).isprintable()
    assert len(plain(Exception("d" * 10_000))) == 200
    assert plain(TimeoutError()) == "TimeoutError"


def test_account_is_replaceable_and_hides_the_password() -> None:
    account = ImapAccount("h", 993, "implicit", "u", "canary")
    assert "canary" not in repr(replace(account, host="x"))
