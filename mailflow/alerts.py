"""Telling the admin by another way than mail: the log always, and a command of their own."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Sequence
from threading import Lock

log = logging.getLogger(__name__)

_SECONDS = 20.0  # a command that takes longer is ended


class Alerts:
    """Each fault is told once until it is over. Never raises, never waits longer than 20 seconds.

    The command gets the text on its standard input; no shell is used.
    """

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._command = tuple(command)
        self._told: dict[str, str] = {}
        self._lock = Lock()

    def tell(self, cause: str, text: str) -> bool:
        """Tell ``text`` unless it was the last word about ``cause``. True when it was told now."""
        with self._lock:
            if self._told.get(cause) == text:
                return False
            self._told[cause] = text
        log.error("%s", text)
        if self._command:
            self._run(text)
        return True

    def over(self, cause: str) -> None:
        """The fault is mended: when it comes back it is told again."""
        with self._lock:
            self._told.pop(cause, None)

    def _run(self, text: str) -> None:
        try:
            ended = subprocess.run(  # noqa: S603  the admin's own command, without a shell
                self._command,
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            log.error("the alert command failed: %s", error)
            return
        if ended.returncode:
            said = ended.stderr.decode("utf-8", "replace").strip()[:300]
            log.error("the alert command ended with %d: %s", ended.returncode, said)
