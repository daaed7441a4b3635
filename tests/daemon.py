"""mailflow as a child process on real servers: configuration, life and death, and the books by raw SQL."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from imapclient import IMAPClient

PROGRAM = Path(sys.executable).parent / "mailflow"
SUPPORT = "support@desk.example"
CONFIG = """\
[support]
address = "{support}"
name = "Desk"

[mailbox]
host = "127.0.0.1"
port = {imap_port}
tls = "none"
username = "{username}"
poll_seconds = 5

[smtp]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"

[sending]
mode = "{mode}"
{extra}
"""


def write_config(
    folder: Path,
    *,
    imap_port: int,
    smtp_port: int,
    username: str = "support",
    support: str = SUPPORT,
    mode: str = "live",
    extra: str = "",
) -> Path:
    if "[mirror]" not in extra:  # scenarios about the mailbox's own state ask for it
        extra += '\n[mirror]\nmode = "off"\n'
    path = folder / "config.toml"
    path.write_text(
        CONFIG.format(
            support=support,
            imap_port=imap_port,
            username=username,
            smtp_port=smtp_port,
            mode=mode,
            extra=extra,
        )
    )
    return path


def environment(password: str) -> dict[str, str]:
    return {**os.environ, "MAILFLOW_MAILBOX__PASSWORD": password}


class Daemon:
    """``mailflow run`` as installed, in a process of its own; its log goes to ``folder/log``."""

    def __init__(self, config: Path, password: str) -> None:
        self.folder = config.parent
        self.log = self.folder / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "run", "--config", config],
                env=environment(password),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def terminate(self) -> float:
        """SIGTERM; the seconds it took to end. The exit code stands in ``process.returncode``."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - started

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def database(folder: Path) -> sqlite3.Connection:
    """The daemon's database, opened without any of its code."""
    return sqlite3.connect(f"file:{folder / 'mailflow.db'}?mode=ro", uri=True, timeout=10)


def rows(folder: Path, query: str) -> list[tuple]:
    connection = database(folder)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def until(happened: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Poll until ``happened``; AssertionError naming ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if happened():
                return
        except sqlite3.OperationalError:
            pass  # the database or a table is not there yet
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.02)


def first_contact(folder: Path) -> None:
    until(lambda: bool(rows(folder, "select 1 from folder_cursor")), "the first contact")


def nothing_waits(folder: Path) -> bool:
    waiting = "select count(*) from raw_message where state = 'waiting'"
    mail = "select count(*) from outbox where state in ('pending', 'in flight')"
    return rows(folder, waiting)[0][0] == 0 and rows(folder, mail)[0][0] == 0


def outcomes(folder: Path) -> Counter[str]:
    """How many messages became what: ticket, reply, aside, quarantined."""
    counted: Counter[str] = Counter()
    query = "select json_extract(reasons, '$.store.answer') from message where direction = 'in'"
    names = {"open a ticket": "ticket", "add to the ticket": "reply", "set aside": "aside"}
    for (answer,) in rows(folder, query):
        counted[names[answer]] += 1
    quarantined = "select count(*) from raw_message where state = 'quarantined'"
    counted["quarantined"] = rows(folder, quarantined)[0][0]
    return counted


def append(client: IMAPClient, octets: bytes) -> None:
    client.append("INBOX", octets)
