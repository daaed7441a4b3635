"""A real Postfix for tests: loopback, a private configuration and queue, everything relayed to one SMTP server.

``with Postfix(relay_port) as server:`` listens on ``server.port``. Postfix starts as root only.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

START_SECONDS = 20.0


def require_postfix() -> None:
    """Skip, or fail where MAILFLOW_REQUIRE_SERVERS=1, when there is no Postfix. Without root it is always skipped."""
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    if _program() is None:
        reason = "postfix not found: install the package postfix"
        if os.environ.get("MAILFLOW_REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def _program() -> str | None:
    return shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin:/sbin")


class Postfix:
    """``extra_config`` are more lines of main.cf."""

    def __init__(self, relay_port: int, extra_config: str = "") -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="mf-postfix-"))
        self._directory.chmod(0o755)
        for name in ("etc", "queue", "data"):
            (self._directory / name).mkdir()
        os.chown(self._directory / "data", pwd.getpwnam("postfix").pw_uid, -1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        paths = {"here": self._directory, "relay": relay_port, "port": self.port}
        main = _MAIN.format(**paths) + extra_config + "\n"
        (self._directory / "etc/main.cf").write_text(main)
        (self._directory / "etc/master.cf").write_text(_MASTER.format(**paths))

    def __enter__(self) -> Postfix:
        try:
            self._run("start")
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        with contextlib.suppress(subprocess.SubprocessError):
            self._run("abort")
        shutil.rmtree(self._directory, ignore_errors=True)

    def passes_on_all(self) -> None:
        """Returns when everything it took has gone to the relay."""
        # In the order a mail goes through them: it cannot slip by unseen.
        queues = [self._directory / "queue" / name for name in ("incoming", "active", "deferred")]
        deadline = time.monotonic() + START_SECONDS
        while any(f.is_file() for queue in queues for f in queue.rglob("*")):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Postfix keeps mail back.\n{self.log()}")
            time.sleep(0.02)

    def log(self) -> str:
        with contextlib.suppress(OSError):
            return (self._directory / "mail.log").read_text(errors="replace")
        return ""

    def _run(self, verb: str) -> None:
        command = [str(_program()), "-c", str(self._directory / "etc"), verb]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1) as sock,
            ):
                sock.settimeout(START_SECONDS)
                if sock.recv(100).startswith(b"220"):
                    return
            time.sleep(0.02)
        raise RuntimeError(f"Postfix did not start.\n{self.log()}")


_MAIN = """
compatibility_level = 3.6
config_directory = {here}/etc
queue_directory = {here}/queue
data_directory = {here}/data
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.desk.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
relayhost = [127.0.0.1]:{relay}
maillog_file = {here}/mail.log
maillog_file_prefixes = {here}
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
