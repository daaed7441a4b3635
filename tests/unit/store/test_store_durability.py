"""Killed anywhere, locked out, out of disk: what was committed stays, what was not never was."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from builders import NOW, message
from desk_samples import decided, new_mail, raw, ticket_of

from mailflow.desk.context import Source
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.flow.ports import Cursor
from mailflow.store import database, reading
from mailflow.store.database import SqlStore, open_store
from mailflow.store.faults import StoreUnavailable
from tests.books import check_books

MAILS = [b"Subject: mail %d\r\n\r\n%s\r\n" % (n, b"text " * (n * 37 % 500)) for n in range(60)]
KILLS = {"sqlite": 60, "postgresql": 25}


def work_through(url: str, journal: Path) -> None:
    """What the receiving job does, telling the journal (the outside world) after each commit."""
    told = os.open(journal, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    store = open_store(url)
    while True:
        with store.begin() as work:
            cursor = work.intake.cursor("INBOX") or Cursor(1, 0, NOW)
            uid = cursor.last_uid + 1
            if uid > len(MAILS):
                break
            work.intake.keep(raw(MAILS[uid - 1], uid), Source.INBOX, NOW)
            work.intake.set_cursor("INBOX", Cursor(1, uid, NOW))
        os.write(told, b"kept %d\n" % uid)
        decide(store, told)
    decide(store, told)
    store.close()
    os.close(told)


def decide(store: SqlStore, told: int) -> None:
    with store.begin() as work:
        batch = work.intake.waiting(32)
        work.intake.count_attempt([w.id for w in batch], NOW)
    for waiting in batch:
        with store.begin() as work:
            incoming = message(message_id=f"{waiting.id}@c", new_text=str(waiting.id))
            recorded = work.tickets.record(waiting, incoming, decided(), NO_SUGGESTION, NOW)
            assert recorded.ticket is not None
            work.outbox.add(new_mail(recorded.ticket.id, f"ack:{recorded.ticket.id}"))
        os.write(told, b"recorded %d\n" % waiting.id)


def test_kill_9_loses_and_doubles_nothing(url: str, tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    journal = tmp_path / "journal"
    open_store(url).close()
    hits = 0
    for _ in range(KILLS["sqlite" if url.startswith("sqlite") else "postgresql"]):
        child = os.fork()
        if child == 0:
            try:
                work_through(url, journal)
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0.003, 0.06))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        hits += os.WIFSIGNALED(status)
    assert hits > 10, "the kills came too late to prove anything"
    work_through(url, journal)
    told = set(journal.read_text().split("\n")) - {""}
    assert {f"kept {n}" for n in range(1, len(MAILS) + 1)} >= {t for t in told if t[0] == "k"}
    assert check_books(url, [hashlib.sha256(m).hexdigest() for m in MAILS]) == []
    store = open_store(url)
    counts = reading.count_outcomes(store)
    assert (counts.tickets, counts.outbox) == (len(MAILS), {"pending": len(MAILS)})
    recorded = {f"recorded {line.raw_id}" for n in range(1, 200) for line in messages_of(store, n)}
    assert {t for t in told if t[0] == "r"} <= recorded
    store.close()


def messages_of(store: SqlStore, number: int) -> list[reading.MessageLine]:
    detail = reading.show_ticket(store, number)
    return [m for m in detail.messages if m.direction == "in"] if detail else []


def test_a_locked_database_is_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    store = open_store(f"sqlite:///{tmp_path}/desk.db")
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"), store.begin():
            pytest.fail("two writers at once")
        assert reading.count_outcomes(store).messages == 0  # readers wait for nobody
        other.execute("ROLLBACK")
    assert ticket_of(store) == 1
    store.close()


def test_writers_wait_for_each_other(store: SqlStore, url: str) -> None:
    """Two processes' worth of stores; what is read before a write is still true when it is written."""
    other = open_store(url)
    number = ticket_of(store)
    missed: list[BaseException] = []

    def count_up(mine: SqlStore) -> None:
        try:
            for _ in range(25):
                with mine.begin() as work:
                    cursor = work.intake.cursor("n") or Cursor(1, 0, NOW)
                    work.intake.set_cursor("n", Cursor(1, cursor.last_uid + 1, NOW))
                    work.outbox.add(new_mail(number, f"k{cursor.last_uid}"))
        except BaseException as fault:
            missed.append(fault)

    threads = [threading.Thread(target=count_up, args=(s,)) for s in (store, other, store)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert missed == []
    with store.begin() as work:
        cursor = work.intake.cursor("n")
    assert cursor is not None and cursor.last_uid == 75
    assert len(reading.list_outbox(store, limit=200)) == 75
    other.close()


def test_a_reader_sees_one_moment(store: SqlStore) -> None:
    with store.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM ticket").scalar()
        done = threading.Thread(target=ticket_of, args=(store,))
        done.start()
        done.join(timeout=30)
        assert connection.exec_driver_sql("SELECT count(*) FROM ticket").scalar() == before
    assert reading.count_outcomes(store).tickets == 1


def test_a_full_disk_is_temporary_and_keeps_nothing(tmp_path: Path) -> None:
    """The file-size limit of a child stands in for the disk: SQLite gets an error on writing."""
    code = f"""
import resource, signal, sys
sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[2])]!r}
from desk_samples import raw, NOW
from mailflow.desk.context import Source
from mailflow.store import reading
from mailflow.store.database import open_store
from mailflow.store.faults import StoreUnavailable
store = open_store("sqlite:///{tmp_path}/desk.db")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with store.begin() as work:
    work.intake.keep(raw(b"small", 1), Source.INBOX, NOW)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
try:
    with store.begin() as work:
        work.intake.keep(raw(b"x" * 5_000_000, 2), Source.INBOX, NOW)
except StoreUnavailable as fault:
    print("temporary:", fault.cause)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert reading.count_outcomes(store).messages == 1
with store.begin() as work:
    work.intake.keep(raw(b"x" * 5_000_000, 2), Source.INBOX, NOW)
assert reading.count_outcomes(store).messages == 2
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("temporary:"), done.stdout
    with closing(sqlite3.connect(tmp_path / "desk.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_memory_stays_bounded_with_large_mail(sqlite_store: SqlStore) -> None:
    for n in range(20):
        with sqlite_store.begin() as work:
            work.intake.keep(raw(b"%d" % n + b"x" * 8_000_000, n + 1), Source.INBOX, NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with sqlite_store.begin() as work:
        batch = work.intake.waiting(32)
    assert sum(len(w.raw.octets) for w in batch) <= 64 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000  # KiB
