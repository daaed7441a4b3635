"""Runs `mailflow run` again and again and kills it -9 at random moments, as a program of its own.

The parent imports everything once and forks: a life costs milliseconds, not a start of Python. It is
single-threaded, so that forking is safe. Arguments: config file, kills, seed, file whose existence ends
it early. Prints one line: how many lives were killed while they ran.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

import mailflow.daemon  # noqa: F401 - imported once, before any fork
from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from mailflow.suggestions import load_suggester

EARLY = 0.2  # the share of lives killed while they start
LATE = 0.6  # above it, a life is killed only after it decided something, if there is anything


def main(config: str, kills: int, seed: int, log: str) -> int:
    chance = random.Random(seed)
    # What a life would wait for: imports, and tables read on first use.
    suggester = load_suggester(load_settings(Path(config), os.environ))
    suggester.suggest_many([("Printer", "The printer does not work.")])
    parse_message(RawMessage(b"From: a@b.example\r\n\r\n" + b"The printer does not work. " * 9))
    Path(log).touch()
    for _ in range(kills):
        seen = Path(log).stat().st_size
        child = os.fork()
        if child == 0:
            _live(config, log)
        moment = chance.random()
        if moment < EARLY:
            time.sleep(chance.uniform(0.02, 0.3))  # somewhere in the start
        else:
            _until_at_work(Path(log), seen)
            if moment > LATE:  # however slow the machine is, these lives get something done
                _until_decided(Path(config).parent / "mailflow.db")
            time.sleep(min(chance.expovariate(4.0), 2.0))  # somewhere in the work
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(f"a life ended by itself with {status}", flush=True)
            return 1
    print(f"killed {kills}", flush=True)
    return 0


def _until_at_work(log: Path, seen: int) -> None:
    """Until this life's log says that it has its mailbox."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with log.open("rb") as file:
            file.seek(seen)
            if b"the mailbox is connected" in file.read():
                return
        time.sleep(0.002)


def _until_decided(database: Path) -> None:
    """Until one more message is decided than now, or none waits for a second."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    query = "select sum(state != 'waiting'), sum(state = 'waiting') from raw_message"
    before, _ = connection.execute(query).fetchone()
    idle_since = time.monotonic()
    deadline = idle_since + 20
    while time.monotonic() < deadline:
        decided, waiting = connection.execute(query).fetchone()
        if decided != before:
            break
        if waiting:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > 1:
            break
        time.sleep(0.005)
    connection.close()


def _live(config: str, log: str) -> None:
    descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os._exit(run(["run", "--config", config]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), str(Path(sys.argv[4]))))
