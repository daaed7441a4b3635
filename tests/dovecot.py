"""A real Dovecot for tests: private configuration, loopback, a child of the test process.

``with Dovecot(users=["support"]) as server:`` gives a running server; everything it writes lies in one
temporary directory that goes with it. Works as root and, on most systems, as any other user.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from imapclient import IMAPClient

PASSWORD = "secret"
START_SECONDS = 20.0


def require_dovecot() -> None:
    """Skip, or fail where MAILFLOW_REQUIRE_SERVERS=1, when there is no Dovecot on this machine."""
    missing = [name for name in ("dovecot", "doveadm") if _program(name) is None]
    if missing:
        reason = f"{' and '.join(missing)} not found: install the package dovecot-imapd"
        if os.environ.get("MAILFLOW_REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


class DovecotFailed(Exception):
    """It did not start; the message holds its log."""


class Dovecot:
    """``port`` speaks IMAP in clear (and STARTTLS with ``tls=True``), ``tls_port`` implicit TLS.

    ``ca_file`` is the certificate a client has to trust; it names ``localhost`` and 127.0.0.1. Every
    user's password is ``password``. Besides INBOX there are ``sent``, marked \\Sent, and Drafts.
    """

    def __init__(
        self,
        users: Sequence[str] = ("support",),
        *,
        password: str = PASSWORD,
        tls: bool = False,
        certificate_names: str = "DNS:localhost,IP:127.0.0.1",
        sent: str = "Sent",
        max_connections: int = 100,
        extra_config: str = "",
    ) -> None:
        self.host = "127.0.0.1"
        self.users = tuple(users)
        self.password = password
        self.port = 0
        self.tls_port = 0
        self.ca_file: Path | None = None
        self._tls = tls
        self._certificate_names = certificate_names
        self._sent = sent
        self._max_connections = max_connections
        self._extra_config = extra_config
        self._process: subprocess.Popen[bytes] | None = None
        # Not pytest's tmp_path: a UNIX socket path may have 107 octets, and the directory must be
        # open to the unprivileged users Dovecot's children change to.
        self.directory = Path(tempfile.mkdtemp(prefix="mf-dovecot-"))
        self.directory.chmod(0o755)

    def __enter__(self) -> Dovecot:
        try:
            if self._tls:
                self._make_certificate()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ── life ────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start on the port used before, or on a free one; returns when a client is greeted."""
        for _ in range(5):
            if not self.port:
                self.port = free_port()
                self.tls_port = free_port() if self._tls else 0
            self._write_configuration()
            try:
                self._spawn()
            except DovecotFailed as error:
                if "Address already in use" not in str(error):
                    raise
                self.port = 0
            else:
                return
        raise DovecotFailed(f"No free port for Dovecot.\n{self.log()}")

    def restart(self) -> None:
        """An orderly stop and start on the same port."""
        self._terminate(signal.SIGTERM)
        self.start()

    def kill9(self) -> None:
        """SIGKILL the master and every process of it: clients see their connection end without BYE."""
        self._terminate(signal.SIGKILL)

    def stop(self) -> None:
        """End at once and remove everything. Idempotent."""
        self._terminate(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self) -> None:
        """Freeze all processes: connections stay open and silent, as behind a dead NAT."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def log(self) -> str:
        with contextlib.suppress(OSError):
            return (self.directory / "dovecot.log").read_text(errors="replace")
        return ""

    # ── mail ────────────────────────────────────────────────────────────────────────────────────

    def client(self, user: str | None = None) -> IMAPClient:
        """A second, ordinary mail client, logged in."""
        client = IMAPClient(self.host, port=self.port, ssl=False, timeout=10)
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.login(user or self.users[0], self.password)
        return client

    def deliver(self, user: str, octets: bytes, folder: str = "INBOX") -> int:
        """Append a message as another client would; its UID."""
        with self.client(user) as client:
            answer = client.append(folder, octets)
        found = re.search(rb"APPENDUID \d+ (\d+)", answer)
        assert found is not None, answer
        return int(found[1])

    def reset_uidvalidity(self, user: str, folder: str = "INBOX", to: int | None = None) -> int:
        """Give the folder another UIDVALIDITY, as a restored backup would; the new value."""
        value = to or int(time.time()) + 1000 + int.from_bytes(os.urandom(2), "big")
        self._doveadm("mailbox", "update", "--uid-validity", str(value), "-u", user, folder)
        return value

    def expunge(self, user: str, uid: int, folder: str = "INBOX") -> None:
        self._doveadm("expunge", "-u", user, "mailbox", folder, "uid", str(uid))

    def _doveadm(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(_program("doveadm")), "-c", str(self._configuration), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        if done.returncode:
            raise DovecotFailed(f"doveadm {' '.join(arguments)}: {done.stderr}\n{self.log()}")
        return done.stdout

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    @property
    def _configuration(self) -> Path:
        return self.directory / "dovecot.conf"

    def _spawn(self) -> None:
        program = _program("dovecot")
        assert program is not None, "call require_dovecot() first"
        with (self.directory / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [program, "-F", "-c", str(self._configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with (
                contextlib.suppress(OSError),
                socket.create_connection((self.host, self.port), 1) as sock,
            ):
                sock.settimeout(START_SECONDS)
                if sock.recv(100).startswith(b"* OK"):
                    return
            time.sleep(0.02)
        said = (self.directory / "output").read_text(errors="replace")
        self._terminate(signal.SIGKILL)
        raise DovecotFailed(f"Dovecot did not start.\n{said}\n{self.log()}")

    def _terminate(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        group = process.pid
        self._kill_group(group, how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            self._kill_group(group, signal.SIGKILL)
            process.wait(10)
        # The children end when the master is gone; nothing may outlive the test.
        self._kill_group(group, signal.SIGKILL)

    def _signal_all(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._kill_group(self._process.pid, how)

    @staticmethod
    def _kill_group(group: int, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, how)

    def _make_certificate(self) -> None:
        program = shutil.which("openssl")
        if program is None:
            reason = "openssl not found: install the package openssl"
            if os.environ.get("MAILFLOW_REQUIRE_SERVERS") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        names = f"subjectAltName={self._certificate_names}"
        files = [
            "-keyout",
            str(self.directory / "key.pem"),
            "-out",
            str(self.directory / "cert.pem"),
        ]
        subprocess.run(
            [program, "req", *options.split(), "-addext", names, *files],
            check=True,
            capture_output=True,
            timeout=30,
        )
        self.ca_file = self.directory / "cert.pem"

    def _write_configuration(self) -> None:
        here, root = self.directory, os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid()).pw_name
        # As root, mail belongs to an unprivileged user: Dovecot refuses UID 0 for good reason.
        owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        for name in ("mail", "run", "state"):
            (here / name).mkdir(exist_ok=True)
        if root:
            os.chown(here / "mail", owner.pw_uid, owner.pw_gid)
        (here / "passwd").write_text(
            "".join(f"{user}:{{PLAIN}}{self.password}::::::\n" for user in self.users)
        )
        (here / "passwd").chmod(0o644)
        internal = "" if root else _UNPRIVILEGED.format(me=me)
        tls = _TLS.format(here=here) if self._tls else "ssl = no\n"
        self._configuration.write_text(
            _CONFIGURATION.format(
                here=here,
                port=self.port,
                tls_port=self.tls_port,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                sent=self._sent,
                connections=self._max_connections,
            )
            + internal
            + tls
            + self._extra_config
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/dovecot.log
instance_name = {here}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{here}/mail/%u
mail_fsync = never
mailbox_idle_check_interval = 1 secs
mail_max_userip_connections = {connections}
first_valid_uid = {uid}
first_valid_gid = {gid}
last_valid_gid = 0
passdb {{
  driver = passwd-file
  args = {here}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={here}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox {sent} {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""

_UNPRIVILEGED = """
default_internal_user = {me}
default_login_user = {me}
default_internal_group =
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
service stats {{
  chroot =
}}
"""

_TLS = """
ssl = yes
ssl_cert = <{here}/cert.pem
ssl_key = <{here}/key.pem
"""
