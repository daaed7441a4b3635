"""Runs `mailflow run` again and again and kills it -9 at random moments, as a program of its own.

The parent imports everything once and forks: a life costs milliseconds, not a start of Python. It is
single-threaded, so that forking is safe. Arguments: config file, kills, seed, file whose existence ends
it early. Prints one line: how many lives were killed while they ran.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import mailflow.app  # noqa: F401 - imported once, before any fork
from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from mailflow.suggestions import load_suggester

EARLY = 0.2  # the share of lives killed while they start


def main(config: str, kills: int, seed: int, log: str) -> int:
    chance = random.Random(seed)
    # What a life would wait for: imports, and tables read on first use.
    load_suggester(load_settings(Path(config), os.environ))
    parse_message(RawMessage(b"From: a@b.example\r\n\r\n" + b"The printer does not work. " * 9))
    Path(log).touch()
    for _ in range(kills):
        seen = Path(log).stat().st_size
        child = os.fork()
        if child == 0:
            _live(config, log)
        if chance.random() < EARLY:
            time.sleep(chance.uniform(0.02, 0.3))  # somewhere in the start
        else:
            _until_at_work(Path(log), seen)
            time.sleep(min(chance.expovariate(3.0), 3.0))  # somewhere in the work
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


def _live(config: str, log: str) -> None:
    descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os._exit(run(["run", "--config", config]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), str(Path(sys.argv[4]))))
