"""Stopping while a message is tried out: it waits, and is not taken for one that kills its reader."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailflow.desk.context import Source
from mailflow.edges.trial import ParserTrial
from mailflow.flow.ports import Cursor
from mailflow.flow.receive import decide_waiting, fetch_new
from mailflow.mail.message import Location, RawMessage
from mailflow.store.database import open_store

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DESK = SimpleNamespace(clock=lambda: NOW)


def test_a_stop_during_a_trial_condemns_nobody(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'mailflow.db'}")
    with store.begin() as work:
        work.intake.keep(RawMessage(b"From: a@home.test\r\n\r\nx"), Source.INBOX, NOW)
        work.intake.count_attempt([1], NOW)
        work.intake.count_attempt([1], NOW)
    stopped: list[bool] = []

    def killed_by_the_stop(octets: bytes) -> str:
        stopped.append(True)
        return "reading it ended the process (signal 9)"

    decide_waiting(store, None, DESK, killed_by_the_stop, stop=lambda: bool(stopped))
    with store.begin() as work:
        assert len(work.intake.waiting(1)) == 1
    store.close()


def test_the_trials_child_outlives_the_signals_that_stop_the_daemon() -> None:
    trial = ParserTrial()
    try:
        assert trial(b"From: a@home.test\r\n\r\nx") is None
        child = trial._child
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(child.pid, number)
        assert trial(b"From: b@home.test\r\n\r\nx") is None
        assert trial._child is child
        assert os.getpgid(child.pid) != os.getpgid(0)
    finally:
        trial.close()


def test_an_unreadable_message_is_named_before_the_cursor_passes_it(tmp_path: Path) -> None:
    class Broken:
        def __init__(self):
            self.unreadable = {}

        def open_folder(self, folder):
            return SimpleNamespace(uidvalidity=1, uidnext=9)

        def uids_after(self, uid, *, limit):
            return [5, 6, 7]

        def fetch_many(self, uids, *, max_octets):
            self.unreadable = {5: "garbled"}
            yield RawMessage(b"From: a@home.test\r\n\r\nx", NOW, Location("INBOX", 1, 6))
            raise ConnectionError

    store = open_store(f"sqlite:///{tmp_path / 'mailflow.db'}")
    with store.begin() as work:
        work.intake.set_cursor("INBOX", Cursor(1, 4, NOW))
    with pytest.raises(ConnectionError):
        fetch_new(Broken(), "INBOX", Source.INBOX, store, lambda: NOW, max_octets=9999)
    with store.begin() as work:
        assert work.intake.cursor("INBOX").last_uid == 6
    with store.read() as connection:
        found = connection.exec_driver_sql("select reason from event where kind = 'unreadable'")
        assert "UID 5" in found.scalar_one()
    store.close()
