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
from mailflow.suggestions import load_suggester


def main(config: str, kills: int, seed: int, log: str) -> int:
    chance = random.Random(seed)
    killed = 0
    load_suggester(
        load_settings(Path(config), os.environ)
    )  # what a life would wait for: the imports
    while killed < kills:
        child = os.fork()
        if child == 0:
            _live(config, log)
        time.sleep(chance.uniform(0.02, 0.6))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(f"a life ended by itself with {status}", flush=True)
            return 1
        killed += 1
    print(f"killed {killed}", flush=True)
    return 0


def _live(config: str, log: str) -> None:
    descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os._exit(run(["run", "--config", config]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), str(Path(sys.argv[4]))))
