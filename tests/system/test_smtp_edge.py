"""The SMTP edge against servers that misbehave: each phase's failure comes out as what it is."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailflow.desk.delivery import Outcome
from mailflow.edges.smtp import (
    SmtpRefused,
    SmtpSender,
    SmtpServer,
    SmtpUnreachable,
)
from mailflow.edges.smtp_wire import wire_form
from tests.scripted_smtp import CLOSE, GOOD, STALL, ScriptedSmtp
from tests.smtp_sink import SmtpSink

MAIL = b"From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n.dot\r\nbye\r\n"


@contextmanager
def sending(server: ScriptedSmtp, **settings: Any) -> Iterator[SmtpSender]:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "timeout_seconds": 3,
        "data_timeout_seconds": 3,
        "local_hostname": "desk.example.com",
        **settings,
    }
    sender = SmtpSender(SmtpServer(**values))
    try:
        yield sender
    finally:
        sender.close()


def begin(
    sender: SmtpSender, *recipients: str, utf8: bool = False, size: int = 100
) -> list[Outcome]:
    found = sender.begin("desk@example.com", recipients or ("maria@example.org",), size, utf8)
    return [result.outcome for result in found]


def test_a_mail_goes_through_and_the_connection_is_kept() -> None:
    with ScriptedSmtp() as server, sending(server) as sender:
        for _ in range(3):
            assert begin(sender) == [Outcome.ACCEPTED]
            answer = sender.finish(MAIL)
            assert answer.outcome is Outcome.ACCEPTED
            assert answer.code == 250
            assert "4711" in answer.text
        assert server.connections == 1
        assert len(server.contents) == 3
        assert b"\r\n..dot\r\n" in server.contents[0]
        sender.close()
        assert server.commands[-1] == "QUIT"
        assert "MAIL FROM:<desk@example.com> SIZE=100" in server.commands


def test_null_reverse_path() -> None:
    with ScriptedSmtp() as server, sending(server) as sender:
        sender.begin("", ["maria@example.org"], 10, False)
        sender.abandon()
        assert "MAIL FROM:<> SIZE=10" in server.commands


def test_abandon_resets_and_keeps_the_connection() -> None:
    with ScriptedSmtp() as server, sending(server) as sender:
        begin(sender)
        sender.abandon()
        assert begin(sender) == [Outcome.ACCEPTED]
        assert server.commands.count("RSET") == 1
        assert server.connections == 1
        with pytest.raises(RuntimeError):
            sender.abandon()
            sender.finish(MAIL)


def test_each_recipient_has_its_own_result() -> None:
    def rcpt(line: str) -> bytes:
        return {"a": b"250 ok\r\n", "b": b"450 later\r\n", "c": b"550 5.1.1 nobody\r\n"}[
            line.removeprefix("RCPT TO:<")[0]
        ]

    with ScriptedSmtp(RCPT=rcpt) as server, sending(server) as sender:
        results = sender.begin("d@example.com", ["a@x.org", "b@x.org", "c@x.org"], 10, False)
        assert [r.outcome for r in results] == [
            Outcome.ACCEPTED,
            Outcome.DEFERRED,
            Outcome.REJECTED,
        ]
        assert [r.code for r in results] == [250, 450, 550]
        assert "5.1.1 nobody" in results[2].text
        assert sender.finish(MAIL).outcome is Outcome.ACCEPTED


def test_nobody_accepted_resets() -> None:
    with ScriptedSmtp(RCPT=b"550 no\r\n") as server, sending(server) as sender:
        assert begin(sender) == [Outcome.REJECTED]
        assert server.commands[-1] == "RSET"
        with pytest.raises(RuntimeError):
            sender.finish(MAIL)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"451 later\r\n", Outcome.DEFERRED),
        (b"421 too many\r\n", Outcome.DEFERRED),
        (b"550 no\r\n", Outcome.REJECTED),
        (b"552 5.3.4 too big\r\n", Outcome.REJECTED),
        (b"299 odd but fine\r\n", Outcome.ACCEPTED),
        (b"334 what\r\n", Outcome.DEFERRED),
    ],
)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_replies_to_mail_and_rcpt(verb: str, reply: bytes, outcome: Outcome) -> None:
    with ScriptedSmtp(**{verb: reply}) as server, sending(server) as sender:  # type: ignore[arg-type]
        assert begin(sender) == [outcome]
        assert server.content_octets == 0


def test_421_at_a_later_recipient_takes_back_the_earlier_ones() -> None:
    def rcpt(line: str) -> bytes:
        return (
            b"421 leaving\r\n" if "<b" in line else b"550 no\r\n" if "<n" in line else b"250 ok\r\n"
        )

    with ScriptedSmtp(RCPT=rcpt) as server, sending(server) as sender:
        found = begin(sender, "n@x.org", "a@x.org", "b@x.org", "c@x.org")
        assert found == [Outcome.REJECTED] + [Outcome.DEFERRED] * 3


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"451 later\r\n", Outcome.DEFERRED),
        (b"421 leaving\r\n", Outcome.DEFERRED),
        (b"554 no\r\n", Outcome.REJECTED),
        (b"250 ok?\r\n", Outcome.DEFERRED),
        (CLOSE, Outcome.DEFERRED),
        (STALL, Outcome.DEFERRED),
        (b"garbage\r\n", Outcome.DEFERRED),
    ],
)
def test_replies_to_the_word_data(reply: bytes, outcome: Outcome) -> None:
    with ScriptedSmtp(DATA=reply) as server, sending(server, timeout_seconds=0.3) as sender:
        begin(sender)
        assert sender.finish(MAIL).outcome is outcome
        assert server.content_octets == 0
        if reply == b"554 no\r\n":
            assert begin(sender) == [Outcome.ACCEPTED]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"250 ok\r\n", Outcome.ACCEPTED),
        (b"251 ok\r\n", Outcome.ACCEPTED),
        (b"451 later\r\n", Outcome.DEFERRED),
        (b"421 leaving\r\n", Outcome.DEFERRED),
        (b"550 spam\r\n", Outcome.REJECTED),
        (b"354 what\r\n", Outcome.UNKNOWN),
        (b"garbage\r\n", Outcome.UNKNOWN),
        (b"25", Outcome.UNKNOWN),
        (CLOSE, Outcome.UNKNOWN),
        (STALL, Outcome.UNKNOWN),
        (b"250-" + b"x" * 100_000, Outcome.UNKNOWN),
    ],
)
def test_replies_to_the_final_dot(reply: bytes, outcome: Outcome) -> None:
    with ScriptedSmtp(DOT=reply) as server, sending(server, data_timeout_seconds=0.3) as sender:
        begin(sender)
        answer = sender.finish(MAIL)
        assert answer.outcome is outcome
        assert len(answer.text) <= 600
        assert len(server.contents) == 1


def test_the_reply_to_the_dot_has_its_own_patience() -> None:
    def slow(line: str) -> bytes:
        time.sleep(0.6)  # the server's slowness is what is tested
        return b"250 ok\r\n"

    with ScriptedSmtp(DOT=slow) as server, sending(server, timeout_seconds=0.2) as sender:
        begin(sender)
        assert sender.finish(MAIL).outcome is Outcome.ACCEPTED


def _length_of_a_dialogue() -> tuple[int, int]:
    with ScriptedSmtp() as server, sending(server) as sender:
        begin(sender)
        sender.finish(MAIL)
        sender.close()
        return server.client_octets, server.content_octets


def test_cut_anywhere_is_unknown_only_once_content_had_started() -> None:
    """The client's octets: the server leaves after the n-th."""
    total, content = _length_of_a_dialogue()
    assert total > content > 50
    seen = set()
    for cut in range(0, total, 7):
        with ScriptedSmtp(cut_after=cut) as server, sending(server) as sender:
            try:
                accepted = begin(sender) == [Outcome.ACCEPTED]
            except SmtpUnreachable:
                seen.add("unreachable")
                continue
            assert accepted
            answer = sender.finish(MAIL)
            seen.add(answer.outcome)
            before_content = "DATA" not in server.commands
            if answer.outcome is Outcome.UNKNOWN:
                assert not before_content
            if before_content:
                assert answer.outcome is Outcome.DEFERRED
            if server.contents:
                assert answer.outcome is Outcome.ACCEPTED
    assert seen == {"unreachable", Outcome.DEFERRED, Outcome.UNKNOWN, Outcome.ACCEPTED}


def test_server_silenced_after_any_octet_of_its_own() -> None:
    everything = sum(
        len(r)
        for r in (
            _good("GREETING"),
            _good("EHLO"),
            _good("MAIL"),
            _good("RCPT"),
            _good("DATA"),
            _good("DOT"),
        )
    )
    for cut in range(0, everything, 5):
        with ScriptedSmtp(cut_reply_after=cut) as server, sending(server) as sender:
            try:
                begin(sender)
            except SmtpUnreachable:
                assert server.content_octets == 0
                continue
            answer = sender.finish(MAIL)
            assert answer.outcome is (Outcome.UNKNOWN if server.contents else Outcome.DEFERRED)


def _good(verb: str) -> bytes:
    reply = GOOD[verb]
    assert isinstance(reply, bytes)
    return reply


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT"])
@pytest.mark.parametrize("reply", [CLOSE, STALL, b"nonsense\r\n", b"25"])
def test_lost_before_data_is_unreachable(verb: str, reply: bytes) -> None:
    with (
        ScriptedSmtp(**{verb: reply}) as server,  # type: ignore[arg-type]
        sending(server, timeout_seconds=0.3) as sender,
    ):
        with pytest.raises(SmtpUnreachable) as caught:
            begin(sender)
        assert str(server.port) in caught.value.cause
        server.replies.update({verb: _good(verb)})
        assert begin(sender) == [Outcome.ACCEPTED]


@pytest.mark.parametrize("greeting", [b"421 busy\r\n", b"554 go away\r\n"])
def test_unfriendly_greeting(greeting: bytes) -> None:
    expected = pytest.raises(SmtpUnreachable, match=greeting[:3].decode())
    with ScriptedSmtp(GREETING=greeting) as server, sending(server) as sender, expected:
        begin(sender)


def test_nobody_listens() -> None:
    with ScriptedSmtp() as server:
        port = server.port
    sender = SmtpSender(SmtpServer("127.0.0.1", port, tls="none"))
    with pytest.raises(SmtpUnreachable):
        begin(sender)
    sender.close()


@pytest.mark.parametrize("verb", ["MAIL", "MAIL421"])
def test_a_kept_connection_that_died_is_replaced(verb: str) -> None:
    turns = iter([b"250 ok\r\n", CLOSE if verb == "MAIL" else b"421 idle\r\n", b"250 ok\r\n"])
    with ScriptedSmtp(MAIL=lambda line: next(turns)) as server, sending(server) as sender:
        for _ in range(2):
            assert begin(sender) == [Outcome.ACCEPTED]
            assert sender.finish(MAIL).outcome is Outcome.ACCEPTED
        assert server.connections == 2


BAD_ADDRESSES = [
    "a@b.c\r\nRSET",
    "a@b.c\nDATA",
    "a b@example.org",
    "a@exam ple.org",
    "a\x00@example.org",
    "a\x7f@example.org",
    "a\u2028@example.org",
    "a\u200b@example.org",
    "a>@example.org",
    "<a@example.org>",
    "a@b@example.org",
    "",
    "nobody",
    "@example.org",
    "a@",
    "x" * 65 + "@example.org",
    "a@" + "x" * 64 + ".org",
    "a@" + "x." * 130 + "org",
    "a@example..org",
    "a,b@example.org",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_bad_addresses_are_refused_not_cut(address: str) -> None:
    with ScriptedSmtp() as server, sending(server) as sender:
        results = sender.begin("d@example.com", [address, "good@example.org"], 10, False)
        assert [r.outcome for r in results] == [Outcome.REJECTED, Outcome.ACCEPTED]
        assert results[0].code is None
        assert results[0].phase == "check"
        assert results[0].text
        assert [c for c in server.commands if c.startswith("RCPT")] == [
            "RCPT TO:<good@example.org>"
        ]
        if address:
            assert [r.phase for r in sender.begin(address, ["a@b.org"], 10, False)] == ["check"]


def test_without_smtputf8() -> None:
    plain = b"250-scripted\r\n250 SIZE 1000\r\n"
    with ScriptedSmtp(EHLO=plain) as server, sending(server) as sender:
        results = sender.begin("d@example.com", ["müller@x.org", "a@bücher.example"], 10, False)
        assert [r.outcome for r in results] == [Outcome.REJECTED, Outcome.ACCEPTED]
        assert "SMTPUTF8" in results[0].text
        assert "RCPT TO:<a@xn--bcher-kva.example>" in server.commands
        assert sender.finish("ä".encode()).outcome is Outcome.REJECTED
        assert begin(sender, utf8=True) == [Outcome.REJECTED]
        assert begin(sender) == [Outcome.ACCEPTED]


def test_with_smtputf8() -> None:
    with ScriptedSmtp() as server, sending(server) as sender:
        assert begin(sender, "müller@bücher.example") == [Outcome.ACCEPTED]
        assert "MAIL FROM:<desk@example.com> SIZE=100 BODY=8BITMIME SMTPUTF8" in server.commands
        assert sender.finish("Subject: ä\r\n\r\nö".encode()).outcome is Outcome.ACCEPTED


def test_too_large_is_refused_before_anything_is_sent() -> None:
    with ScriptedSmtp() as server, sending(server) as sender:
        results = sender.begin("d@example.com", ["a@x.org"], 1_000_001, False)
        assert results[0].outcome is Outcome.REJECTED
        assert "1000000" in results[0].text
        assert not [c for c in server.commands if c.startswith("MAIL")]


def test_server_without_ehlo() -> None:
    with ScriptedSmtp(EHLO=b"502 what\r\n") as server, sending(server) as sender:
        assert begin(sender) == [Outcome.ACCEPTED]
        assert "HELO desk.example.com" in server.commands


def test_a_servers_words_are_tamed() -> None:
    rude = b"550-\x1b[31mred\r\n550 \xff\x00" + b"y" * 3000 + b"\r\n"
    with ScriptedSmtp(RCPT=rude) as server, sending(server) as sender:
        (result,) = sender.begin("d@example.com", ["a@x.org"], 10, False)
        assert len(result.text) <= 500
        assert result.text.isprintable()
        result.text.encode("utf-8")


def test_login() -> None:
    offer = b"250-scripted\r\n250 AUTH CRAM-MD5 LOGIN PLAIN\r\n"
    with ScriptedSmtp(EHLO=offer) as server:
        with sending(server, username="u", password="geheim") as sender:
            assert sender.probe().logged_in
            assert begin(sender) == [Outcome.ACCEPTED]
            assert [c.split()[:2] for c in server.commands if "AUTH" in c] == [["AUTH", "PLAIN"]]
            assert "geheim" not in repr(sender._server)
        server.replies["AUTH"] = b"535 5.7.8 no\r\n"
        server.commands.clear()
        with sending(server, username="u", password="wrong") as sender:
            with pytest.raises(SmtpRefused, match="535") as caught:
                begin(sender)
            assert "password" in caught.value.mend
            assert "wrong" not in str(caught.value)
            assert len([c for c in server.commands if c.startswith("AUTH")]) == 1
        server.replies["AUTH"] = b"454 4.7.0 temporary\r\n"
        expected = pytest.raises(SmtpUnreachable, match="454")
        with sending(server, username="u", password="p") as sender, expected:
            begin(sender)


def test_login_not_offered_and_login_demanded() -> None:
    with ScriptedSmtp(MAIL=b"530 5.7.0 login first\r\n") as server:
        with sending(server) as sender, pytest.raises(SmtpRefused, match="530"):
            begin(sender)
        with (
            sending(server, username="u", password="p") as sender,
            pytest.raises(SmtpRefused, match="offers no login"),
        ):
            begin(sender)


# -- TLS ----------------------------------------------------------------------------------------------


def _certificate(folder: Path, name: str, *more: str) -> tuple[Path, ssl.SSLContext]:
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("MAILFLOW_REQUIRE_SERVERS") == "1":
            pytest.fail("openssl is missing")
        pytest.skip("openssl is missing: the TLS tests did not run")
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    where = ["-keyout", str(key), "-out", str(certificate)]
    named = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={name}"]
    subprocess.run(
        [openssl, "req", "-x509", *new_key, *where, *named, *more],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


OFFER = b"250-scripted\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"


@pytest.mark.parametrize("how", ["starttls", "implicit"])
def test_tls(how: str, tmp_path: Path) -> None:
    ca_file, context = _certificate(tmp_path, "IP:127.0.0.1")
    login = {"username": "u", "password": "p", "tls": how}
    with ScriptedSmtp(EHLO=OFFER, tls=context, implicit_tls=how == "implicit") as server:
        with sending(server, ca_file=ca_file, **login) as sender:
            assert sender.probe().encrypted
            assert begin(sender) == [Outcome.ACCEPTED]
            assert sender.finish(MAIL).outcome is Outcome.ACCEPTED
        server.commands.clear()
        expected = pytest.raises(SmtpRefused, match="certificate")
        with sending(server, **login) as sender, expected:  # an authority nobody trusts
            begin(sender)
        wrong, context = _certificate(tmp_path, "DNS:elsewhere.example")
        server.tls = context
        expected = pytest.raises(SmtpRefused, match="certificate")
        with sending(server, ca_file=wrong, **login) as sender, expected:
            begin(sender)
        assert not [c for c in server.commands if c.startswith(("AUTH", "MAIL"))]


def test_starttls_fails_closed(tmp_path: Path) -> None:
    login = {"username": "u", "password": "p", "tls": "starttls"}
    for replies, error in (
        ({}, SmtpRefused),
        ({"EHLO": OFFER, "STARTTLS": b"454 not now\r\n"}, SmtpUnreachable),
        ({"EHLO": OFFER, "STARTTLS": b"554 never\r\n"}, SmtpRefused),
    ):
        with ScriptedSmtp(**replies) as server, sending(server, **login) as sender:  # type: ignore[arg-type]
            with pytest.raises(error):
                begin(sender)
            assert not [c for c in server.commands if c.startswith(("AUTH", "MAIL"))]


def test_plain_port_with_implicit_tls() -> None:
    with ScriptedSmtp() as server, sending(server, tls="implicit", timeout_seconds=1) as sender:
        with pytest.raises(SmtpRefused, match="TLS") as caught:
            begin(sender)
        assert "starttls" in caught.value.mend


def test_no_tls_beyond_loopback() -> None:
    sender = SmtpSender(SmtpServer("mail.example.com", 25, tls="none"))
    with pytest.raises(SmtpRefused, match="without TLS"):
        begin(sender)
    login = SmtpServer("mail.example.com", 25, "none", "u", "p", allow_insecure=True)
    with pytest.raises(SmtpRefused, match="unencrypted"):
        begin(SmtpSender(login))


def test_missing_ca_file(tmp_path: Path) -> None:
    server = SmtpServer("127.0.0.1", 1, tls="starttls", ca_file=tmp_path / "nowhere.pem")
    with pytest.raises(SmtpRefused, match=r"nowhere\.pem"):
        begin(SmtpSender(server))


@pytest.mark.parametrize(
    ("octets", "wire"),
    [
        (b"", b"\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\nb\rc\r\n", b"a\r\nb\r\nc\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x>", b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\r\n.\n", b"a\r\n\r\n..\r\n.\r\n"),
    ],
)
def test_wire_form(octets: bytes, wire: bytes) -> None:
    assert wire_form(octets) == wire
    assert wire.find(b"\r\n.\r\n") == len(wire) - 5


# -- an SMTP server of other people's making ----------------------------------------------------------

AWKWARD = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n\r\nFrom here\r\n" + b"y" * 900 + b"\r\n\r\n.\r\n"


def test_octets_arrive_as_they_left(smtp_sink: SmtpSink) -> None:
    sender = SmtpSender(SmtpServer("127.0.0.1", smtp_sink.port, "none"))
    for octets in (MAIL, AWKWARD, AWKWARD * 500):
        results = sender.begin(
            "desk@example.com", ["a@x.example", "b@x.example"], len(octets), False
        )
        assert {r.outcome for r in results} == {Outcome.ACCEPTED}
        assert sender.finish(octets).outcome is Outcome.ACCEPTED
        entry = smtp_sink.accepted[-1]
        assert entry.octets == octets
        assert entry.recipients == ("a@x.example", "b@x.example")
    assert len({entry.session for entry in smtp_sink.accepted}) == 1
    sender.close()


@pytest.mark.parametrize(
    ("after_data", "outcome", "taken"),
    [
        ("451 4.3.0 later", Outcome.DEFERRED, 0),
        ("554 5.7.1 no", Outcome.REJECTED, 0),
        ("drop", Outcome.UNKNOWN, 1),
        ("stall", Outcome.UNKNOWN, 1),
    ],
)
def test_after_the_dot(smtp_sink: SmtpSink, after_data: str, outcome: Outcome, taken: int) -> None:
    smtp_sink.misbehaviour.after_data = after_data
    server = SmtpServer("127.0.0.1", smtp_sink.port, "none", data_timeout_seconds=0.5)
    sender = SmtpSender(server)
    sender.begin("desk@example.com", ["a@x.example"], 100, False)
    assert sender.finish(MAIL).outcome is outcome
    assert len(smtp_sink.accepted) == taken
    smtp_sink.misbehaviour.after_data = None
    sender.begin("desk@example.com", ["a@x.example"], 100, False)
    assert sender.finish(MAIL).outcome is Outcome.ACCEPTED
    sender.close()
