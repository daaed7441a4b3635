"""Notices from the daemon itself, as installed: edited while it runs, sent by hand, and due by the calendar."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess

import pytest

from mailflow.demo.servers import PASSWORD, EmbeddedServers
from mailflow.shipped import shipped
from tests.daemon import (
    PROGRAM,
    Daemon,
    environment,
    first_contact,
    nothing_waits,
    rows,
    until,
    write_config,
)
from tests.desks import NO_MODEL, deliver, inbox, letter

SUPPORT, ANN, MIA, BOSS = "support@desk.test", "ann@desk.test", "mia@home.test", "boss@desk.test"
ACKNOWLEDGEMENT = "acknowledgement/en.txt.j2"
GENEROUS = "per_address_per_hour = 100\n"  # stands under [sending]
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, ANN, MIA, BOSS]) as running:
        yield running


@contextlib.contextmanager
def daemon(servers, folder, extra, mode="live"):
    """``mailflow run`` until the block ends; it ends cleanly and without a traceback."""
    config = write_config(
        folder, imap_port=servers.imap_port, smtp_port=servers.smtp_port, username=SUPPORT,
        support=SUPPORT, mode=mode, extra=GENEROUS + NO_MODEL + AGENT + extra,
    )  # fmt: skip
    running = Daemon(config, PASSWORD)
    try:
        first_contact(folder)
        yield config
        running.terminate()
        assert running.process.returncode == 0
    finally:
        running.kill()
    assert "Traceback" not in running.log.read_text()


def acknowledged(servers, subject):
    """What Mia is told of a mail of hers."""
    before = len(inbox(servers, MIA))
    deliver(servers, SUPPORT, letter(MIA, subject, message_id=f"{subject}@home.test"))
    until(lambda: len(inbox(servers, MIA)) > before, f"the acknowledgement of {subject}")
    return inbox(servers, MIA)[-1].text


def test_a_template_broken_while_the_daemon_runs_stops_no_mail_and_is_told_once(servers, tmp_path):
    told, own = tmp_path / "told", tmp_path / "own" / ACKNOWLEDGEMENT
    own.parent.mkdir(parents=True)
    shipped_text = (shipped("templates") / ACKNOWLEDGEMENT).read_text()
    first = shipped_text.replace("Thank you for writing.", "Our first wording.")
    own.write_text(first)
    told.write_text("")
    extra = f"""
[templates]
folder = "own"
[admin]
alert_command = ["tee", "-a", "{told}"]
"""
    with daemon(servers, tmp_path, extra):
        assert "Our first wording." in acknowledged(servers, "whole")
        own.write_text(first.replace("{% endif %}", "", 1))
        until(lambda: "a template is broken" in told.read_text(), "word of the broken template")
        assert "Our first wording." in acknowledged(servers, "broken")
        own.write_text(first.replace("Our first", "Our second"))
        second = "select count(distinct name) from template_serving where notice = 'acknowledgement' and language = 'en'"
        until(lambda: rows(tmp_path, second) == [(2,)], "the mended wording to serve")
        assert "Our second wording." in acknowledged(servers, "mended")
    assert told.read_text().count("a template is broken") == 1
    assert ACKNOWLEDGEMENT in told.read_text()


@pytest.mark.long
@pytest.mark.parametrize("mode", ["live", "shadow"])
def test_a_notice_sent_by_hand_leaves_for_oneself_alone_and_only_live(servers, tmp_path, mode):
    with daemon(servers, tmp_path, "", mode) as config:
        deliver(servers, SUPPORT, letter(MIA, "Lamp"))
        ticket = "select count(*) from ticket"
        until(lambda: rows(tmp_path, ticket) == [(1,)], "the ticket")
        sent = subprocess.run(
            [PROGRAM, "--config", config, "template", "send", "resolution", "--to", BOSS, "--ticket", "1"],
            env=environment(PASSWORD), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert sent.returncode == 0, sent.stderr
        assert ("Shadow mode: it will not leave" in sent.stdout) is (mode == "shadow")
        until(lambda: nothing_waits(tmp_path), "an empty outbox")
        got = inbox(servers, BOSS)
    assert [m.subject[:9] for m in got] == (["[preview]"] if mode == "live" else [])
    preview = "select state from outbox where key like 'preview:%'"
    assert rows(tmp_path, preview) == [("sent" if mode == "live" else "shadow",)]
    for mail in got:
        assert [a.address for a in mail.to] == [BOSS]
        assert "[#1]" in mail.subject
        assert not mail.reply_to  # nothing that answers it reaches the customer
    assert len(inbox(servers, MIA)) == (1 if mode == "live" else 0)  # the acknowledgement alone


def digests(servers):
    return [m for m in inbox(servers, ANN) if "[#" not in m.subject]


@pytest.mark.long
def test_the_digest_and_the_weekly_report_leave_once(servers, tmp_path):
    extra = f'[digest]\nat = "08:00"\n[admin]\naddress = "{BOSS}"\n'
    planned = "select name from recurring order by name"
    with daemon(servers, tmp_path, extra):
        until(
            lambda: rows(tmp_path, planned) == [("digest",), ("weekly report",)], "what is planned"
        )
        acknowledged(servers, "Lamp")
    assert not inbox(servers, BOSS) and not digests(servers)
    with sqlite3.connect(tmp_path / "mailflow.db") as database:
        database.execute("update recurring set next_at = '2020-01-06 07:00:00.000000'")
    for life in range(2):  # a restart tells nobody again
        with daemon(servers, tmp_path, extra):
            acknowledged(servers, f"Lamp {life}")
            until(lambda: len(inbox(servers, BOSS)) == 1, "the weekly report")
            until(lambda: len(digests(servers)) == 1, "the digest")
            until(lambda: nothing_waits(tmp_path), "an empty outbox")
    (report,), (digest,) = inbox(servers, BOSS), digests(servers)
    assert report.subject.startswith("The week at Desk")
    assert "Mails sent by mailflow" in (report.html or "") and "Mails sent" in report.text
    assert "Lamp" in digest.text and "#1" in digest.text
    kinds = "select kind, state, count(*) from outbox where ticket_id is null group by 1, 2"
    assert rows(tmp_path, kinds) == [("digest", "sent", 1), ("report", "sent", 1)]
