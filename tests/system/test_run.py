"""`mailflow run`: the daemon's manners, one round, a round without effects, and other databases."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess

import pytest

from mailflow.demo.servers import PASSWORD, EmbeddedServers
from mailflow.desk.context import Source
from mailflow.edges.trial import ParserTrial
from mailflow.flow.ports import WaitingMessage
from mailflow.flow.receive import next_batch
from mailflow.mail.message import RawMessage
from tests.daemon import (
    PROGRAM,
    Daemon,
    append,
    environment,
    first_contact,
    nothing_waits,
    rows,
    until,
    write_config,
)
from tests.desks import NO_MODEL, Desk, answer_to, deliver, inbox, letter
from tests.hostile import hostile_mails
from tests.postgres import Cluster, require_postgres

SUPPORT, ANN, MIA = "support@desk.test", "ann@desk.test", "mia@home.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA]) as running:
        yield running


@pytest.fixture
def config(servers, tmp_path):
    return write_config(
        tmp_path,
        imap_port=servers.imap_port,
        smtp_port=servers.smtp_port,
        username=SUPPORT,
        support=SUPPORT,
        extra=NO_MODEL,
    )


def mailflow(config, *words):
    return subprocess.run(
        [PROGRAM, *words, "--config", config],
        env=environment(PASSWORD),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=config.parent,
    )


def state_of(servers):
    return [(m.uid, m.flags, m.octets) for m in servers.messages(SUPPORT)]


@pytest.mark.long
def test_once_does_all_due_work_and_ends(config, servers):
    first = mailflow(config, "run", "--once")
    assert first.returncode == 0, first.stderr
    assert "First look at INBOX" in first.stdout
    deliver(servers, SUPPORT, letter(MIA))
    ended = mailflow(config, "run", "--once")
    assert ended.returncode == 0, ended.stderr
    assert "First look" not in ended.stdout
    assert "Messages: 1, of them quarantined: 0. Mails: 1 sent, 0 not." in ended.stdout
    assert "message 1, ticket 1: open a ticket: a new request" in ended.stderr
    assert MIA not in ended.stdout + ended.stderr
    assert len(inbox(servers, MIA)) == 1
    assert mailflow(config, "run", "--once").returncode == 0
    assert len(inbox(servers, MIA)) == 1


def test_a_dry_run_says_all_and_changes_nothing(config, servers, tmp_path):
    assert mailflow(config, "run", "--once").returncode == 0
    deliver(servers, SUPPORT, letter(MIA, "Broken lamp"))
    digest = hashlib.sha256((tmp_path / "mailflow.db").read_bytes()).digest()
    before = state_of(servers)
    ended = mailflow(config, "run", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert "Broken lamp" in ended.stdout
    assert "open a ticket" in ended.stdout
    assert f"acknowledgement to {MIA}" in ended.stdout
    assert not servers.accepted
    assert state_of(servers) == before
    assert rows(tmp_path, "select count(*) from ticket") == [(0,)]
    assert hashlib.sha256((tmp_path / "mailflow.db").read_bytes()).digest() == digest


def test_a_dry_run_before_the_first_run_shows_the_newest_mail(config, servers, tmp_path):
    for number in range(3):
        deliver(servers, SUPPORT, letter(MIA, f"Old {number}"))
    ended = mailflow(config, "run", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert "Old 0" in ended.stdout
    assert "Old 2" in ended.stdout
    assert not (tmp_path / "mailflow.db").exists()
    assert not servers.accepted


def test_a_second_daemon_on_the_same_desk_is_refused(config, tmp_path):
    daemon = Daemon(config, PASSWORD)
    try:
        first_contact(tmp_path)
        second = mailflow(config, "run")
        assert second.returncode == 3
        assert "Another mailflow runs" in second.stderr
        assert daemon.terminate() < 5
    finally:
        daemon.kill()


def test_interrupting_ends_it_cleanly(config, tmp_path):
    daemon = Daemon(config, PASSWORD)
    try:
        first_contact(tmp_path)
        daemon.process.send_signal(signal.SIGINT)
        assert daemon.process.wait(10) == 0
        assert "Traceback" not in daemon.log.read_text()
    finally:
        daemon.kill()


def test_a_mailbox_that_cannot_be_reached_is_one_sentence_and_exit_4(servers, config):
    servers.stop()
    ended = mailflow(config, "run", "--once")
    assert ended.returncode == 4
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") <= 3


def test_a_daemon_heals_when_its_servers_come_back(tmp_path, dovecot, smtp_sink):
    config = write_config(
        tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port, extra=NO_MODEL
    )
    daemon = Daemon(config, dovecot.password)
    try:
        first_contact(tmp_path)
        dovecot.kill9()
        dovecot.start()
        dovecot.deliver("support", letter("mia@home.example"))
        until(lambda: len(smtp_sink.accepted) == 1, "the acknowledgement after a restart")
        assert daemon.terminate() < 5
    finally:
        daemon.kill()


# ── hostile mail ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
def test_hostile_mails_pass_through_the_whole_desk(tmp_path, dovecot, smtp_sink):
    config = write_config(
        tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port, extra=AGENT + NO_MODEL
    )
    mails = [octets for _, octets in hostile_mails(huge=False) if octets.strip()]
    daemon = Daemon(config, dovecot.password)
    try:
        first_contact(tmp_path)
        client = dovecot.client("support")
        for octets in mails:
            append(client, octets)
        append(client, letter("mia@home.example", "I am still heard"))
        heard = "select count(*) from message where subject = 'I am still heard'"
        until(lambda: rows(tmp_path, heard) == [(1,)], "the mail behind the hostile ones", 120)
        until(lambda: nothing_waits(tmp_path), "an empty outbox", 120)
        assert daemon.terminate() < 5
    finally:
        daemon.kill()
    assert "Traceback" not in daemon.log.read_text()
    seen = rows(tmp_path, "select count(distinct uid) from sighting")[0][0]
    assert seen == len(mails) + 1
    states = dict(rows(tmp_path, "select state, count(*) from raw_message group by 1"))
    assert set(states) <= {"recorded", "quarantined"}
    for mail in smtp_sink.accepted:
        head = mail.octets.split(b"\r\n\r\n", 1)[0]
        assert not re.search(rb"^bcc:", head, re.IGNORECASE | re.MULTILINE)
        assert set(mail.recipients) <= set(
            re.findall(r"[^\s<>,]+@[^\s<>,]+", head.decode("utf-8", "replace"))
        )


def _dies_on_poison(octets: bytes):
    return "reading it ended the process (signal 9)" if b"POISON" in octets else None


def test_a_mail_that_kills_its_reader_is_quarantined_and_the_next_is_heard(
    servers, tmp_path, monkeypatch
):
    Desk(servers, tmp_path / "desk", SUPPORT).close()
    deliver(servers, SUPPORT, letter(MIA, "POISON"))
    for number in range(9):
        deliver(servers, SUPPORT, letter(MIA, f"innocent {number}"))

    def life() -> int:
        """One life of the daemon in a child: exit code, 9 when the poison killed it."""
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        import mailflow.flow.receive as receive

        parse = receive.parse_message
        receive.parse_message = lambda raw, own: (
            os._exit(9) if b"POISON" in raw.octets else parse(raw, own)
        )
        try:
            desk = Desk.__new__(Desk)
            Desk.__init__(desk, servers, tmp_path / "desk", SUPPORT, trial=_dies_on_poison)
        finally:
            os._exit(0)

    assert [life(), life(), life()] == [9, 9, 0]
    assert rows(tmp_path / "desk", "select fault from raw_message where state = 'quarantined'") == [
        ("reading it ended the process (signal 9)",)
    ]
    assert rows(tmp_path / "desk", "select count(*) from ticket") == [(9,)]


def test_what_was_in_hand_before_is_taken_alone():
    def waiting(number, attempts):
        return WaitingMessage(number, RawMessage(b""), Source.INBOX, attempts)

    fresh = [waiting(1, 0), waiting(2, 0), waiting(3, 1), waiting(4, 0)]
    assert [w.id for w in next_batch(fresh)] == [1, 2]
    assert [w.id for w in next_batch(fresh[2:])] == [3]
    assert next_batch([]) == []


def test_the_trial_survives_its_messages():
    trial = ParserTrial(deadline_seconds=20)
    try:
        for octets in (b"", letter(MIA), b"\xff" * 1000, letter(MIA)):
            assert trial(octets) is None
    finally:
        trial.close()


def test_a_trial_that_takes_too_long_says_so():
    trial = ParserTrial(deadline_seconds=0.0)
    try:
        assert "more than" in trial(letter(MIA))
    finally:
        trial.close()


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────


def test_the_same_desk_on_postgresql(servers, tmp_path):
    require_postgres()
    with Cluster() as cluster:
        _talk_on(servers, tmp_path, cluster.new_database())


def _talk_on(servers, tmp_path, url):
    extra = f'{AGENT}\n[database]\nurl = "{url}"\n'
    desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=extra)
    desk.receive(letter(MIA, message_id="m1@home.test"))
    notification = inbox(servers, ANN)[0]
    desk.receive(answer_to(notification, ANN, "Restart it."), to=notification.reply_to[0].address)
    assert inbox(servers, MIA)[-1].new_text.strip() == "Restart it."
    desk.clock.skip(days=2)
    desk.receive(letter("tom@home.test", "another"))
    desk.clock.skip(hours=25)
    desk.step()
    desk.close()
    kinds = [m.recipients[0] for m in servers.accepted]
    assert kinds.count("tom@home.test") == 2  # acknowledged, and told after a day of silence
