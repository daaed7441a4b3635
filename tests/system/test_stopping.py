"""SIGTERM ends the daemon within five seconds, whatever a server does; a broken comfort stops no mail."""

from __future__ import annotations

import socket

import pytest

from mailflow.demo.servers import EmbeddedServers
from mailflow.store.faults import StoreUnavailable
from mailflow.store.outbox import SqlOutbox
from tests.daemon import Daemon, first_contact, rows, until, write_config
from tests.desks import Desk, deliver, letter
from tests.scripted_smtp import STALL, ScriptedSmtp

SUPPORT, MIA = "support@desk.test", "mia@home.test"
NO_MODEL = "[suggestions]\nenabled = false\n"


@pytest.fixture
def servers():
    with EmbeddedServers([SUPPORT, MIA]) as running:
        yield running


@pytest.mark.parametrize(("phase", "state"), [("MAIL", "pending"), ("DOT", "in flight")])
def test_a_silent_smtp_server_does_not_keep_the_daemon(servers, tmp_path, phase, state):
    with ScriptedSmtp(**{phase: STALL}) as smtp:
        ports = {"imap_port": servers.imap_port, "smtp_port": smtp.port}
        path = write_config(tmp_path, **ports, username=SUPPORT, support=SUPPORT, extra=NO_MODEL)
        daemon = Daemon(path, servers.users[SUPPORT])
        first_contact(tmp_path)
        deliver(servers, SUPPORT, letter(MIA))
        until(lambda: bool(smtp.contents if phase == "DOT" else smtp.commands[1:]), "the dialogue")
        assert daemon.terminate() < 5
        assert daemon.process.returncode == 0
        assert rows(tmp_path, "select state from outbox") == [(state,)]


def test_a_silent_imap_server_does_not_keep_the_daemon(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        path = write_config(tmp_path, imap_port=port, smtp_port=1, extra=NO_MODEL)
        daemon = Daemon(path, "secret")
        connection, _ = silent.accept()
        assert daemon.terminate() < 5
        assert daemon.process.returncode == 0
        connection.close()


def test_a_sent_folder_that_went_away_stops_no_mail(servers, tmp_path):
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    desk.app._sent_folder = "Gone"
    assert desk.receive(letter(MIA))[0].ticket
    desk.close()


def test_a_mail_whose_result_could_not_be_written_is_settled_without_a_restart(
    servers, tmp_path, monkeypatch
):
    desk = Desk(servers, tmp_path / "desk", SUPPORT)
    written = SqlOutbox.settle

    def disk_is_full(*_):
        monkeypatch.setattr(SqlOutbox, "settle", written)
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(SqlOutbox, "settle", disk_is_full)
    with pytest.raises(StoreUnavailable):
        desk.receive(letter(MIA))
    desk.app.deliver()
    assert rows(desk.folder, "select state from outbox") == [("uncertain",)]
    assert len(servers.accepted) == 1
    desk.close()
