"""Reading a suspicious message in a child process under limits, to see whether it kills its reader.

Only messages that were in hand when an earlier process died come here. The child lives for many
trials and is replaced when one of them kills it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import struct
import subprocess
import sys
from typing import IO

DEADLINE_SECONDS = 30.0
MEMORY_OCTETS = (
    2 * 1024**3
)  # address space: interpreter, libraries and the language tables included
_LENGTH = struct.Struct(">Q")


class ParserTrial:
    """Callable with a message's octets: None when reading them ended well, else what happened."""

    def __init__(self, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline_seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, octets: bytes) -> str | None:
        child, questions, answers = self._running()
        try:
            questions.write(_LENGTH.pack(len(octets)) + octets)
            questions.flush()
            ready, _, _ = select.select([answers], [], [], self._deadline)
            if not ready:
                self.close()
                return f"reading it took more than {self._deadline:.0f} seconds"
            if answers.read(1) == b".":
                return None
        except OSError:
            pass  # the pipe broke: the child died, which the exit code below explains
        code = child.wait()
        self._child = None
        return f"reading it ended the process ({_cause(code)})"

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):  # closing flushes into a pipe nobody reads
                    pipe.close() if pipe else None

    def _running(self) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
        child = self._child
        if child is None or child.poll() is not None:
            child = self._child = subprocess.Popen(
                [sys.executable, "-m", "mailflow.edges.trial"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the daemon
            )
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("a child process without pipes")
        return child, child.stdin, child.stdout


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _read_all(source: IO[bytes], sink: IO[bytes]) -> None:
    """The child's loop: a length, the octets, a dot back."""
    from mailflow.mail.message import RawMessage
    from mailflow.mail.parse import parse_message

    while len(prefix := source.read(_LENGTH.size)) == _LENGTH.size:
        parse_message(RawMessage(source.read(_LENGTH.unpack(prefix)[0])))
        sink.write(b".")
        sink.flush()


if __name__ == "__main__":
    # What stops the daemon must not look like a mail that kills its reader: the closed pipe ends us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _read_all(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(0)  # the daemon ended: nobody waits for the answer
