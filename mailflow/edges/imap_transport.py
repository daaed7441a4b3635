"""The wire below imapclient: the same protocol machine with deadlines, caps and a memory.

imaplib reads with a buffered file that waits as long as single octets trickle in, allocates whatever
literal size a server announces, and cannot survive a line that arrives in two pieces while IDLE is
polled. This subclass replaces only the reading and the socket; commands and parsing stay theirs.

Rules that hold here:
* every wait ends: ``idle_timeout`` seconds without an octet, or ``COMMAND_PATIENCE`` times that for a
  whole command (literals buy time at ``SLOWEST_RATE``);
* a literal above ``LITERAL_CAP`` is read past and dropped, an answer above ``COMMAND_CAP`` ends the
  connection: memory is bounded either way;
* ``exists`` and ``news`` follow the untagged EXISTS and EXPUNGE in the order they come (RFC 3501 7.3.1,
  7.4.1), because new mail announced during another command is not announced again to IDLE.
"""

from __future__ import annotations

import imaplib
import select
import socket
import ssl
import time
from typing import Any, cast

from imapclient import IMAPClient

from mailflow.edges.imap_errors import ReadOnlyMailbox

COMMAND_PATIENCE = 4
SLOWEST_RATE = 16 * 1024  # octets per second a literal may take
LINE_CAP = 16 * 1024 * 1024  # a SEARCH answer with a million UIDs is 8 MB
LITERAL_CAP = 128 * 1024 * 1024
COMMAND_CAP = 512 * 1024 * 1024
_SEND_SLICE = 256 * 1024
_READ_SLICE = 64 * 1024

#: Commands that change nothing on the server; all a read-only mailbox may ever send.
READING_COMMANDS = frozenset(
    [
        "CAPABILITY",
        "LOGIN",
        "AUTHENTICATE",
        "STARTTLS",
        "ID",
        "NOOP",
        "LIST",
        "NAMESPACE",
        "EXAMINE",
        "UID",
        "IDLE",
        "LOGOUT",
        "UNSELECT",
    ]
)
#: Untagged answers that come one line an item; of all others only the last one counts.
_COLLECTED = frozenset({"FETCH", "SEARCH", "LIST", "LSUB", "OK", "NO", "BAD", "BYE"})
READING_UID_COMMANDS = frozenset({"SEARCH", "FETCH"})


class BoundedIMAP4(imaplib.IMAP4):
    """imaplib's protocol machine over a socket with deadlines. ``tls`` is the context for implicit TLS."""

    def __init__(
        self,
        host: str,
        port: int,
        timeout: float,
        *,
        tls: ssl.SSLContext | None = None,
        read_only: bool = False,
    ) -> None:
        self.idle_timeout = timeout
        self.read_only = read_only
        self.exists = 0
        self.news = (
            False  # something about the open folder was announced since the flag was cleared
        )
        self._tls = tls
        self._pending = bytearray()
        self._command_octets = 0
        self._command_deadline = time.monotonic() + COMMAND_PATIENCE * timeout
        super().__init__(host, port, timeout=timeout)

    # ── socket ──────────────────────────────────────────────────────────────────────────────────

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), self.idle_timeout)
        try:
            _tune(plain)
            if self._tls is None:
                return plain
            return self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """STARTTLS; octets that came in clear behind the OK are an injection, not a greeting (RFC 9051 11.1)."""
        if ssl_context is None or self.state != "NONAUTH":
            raise self.abort("STARTTLS is not possible in this state")
        typ, dat = self._simple_command("STARTTLS")
        if typ != "OK":
            raise self.error("the server refused STARTTLS")
        if self._pending:
            raise self.abort("octets in clear came behind the answer to STARTTLS")
        self.sock = ssl_context.wrap_socket(self.sock, server_hostname=self.host)
        self._tls_established = True
        self._get_capabilities()
        return typ, dat

    def send(self, data: Any) -> None:
        self.sock.settimeout(self.idle_timeout)
        self._command_deadline += len(data) / SLOWEST_RATE
        for start in range(0, len(data), _SEND_SLICE):
            self.sock.sendall(data[start : start + _SEND_SLICE])

    def _receive(self, deadline: float) -> None:
        """Put at least one more octet into the buffer, or raise (TimeoutError, OSError, abort on EOF)."""
        remaining = min(self.idle_timeout, deadline - time.monotonic())
        if remaining <= 0:
            raise TimeoutError("the server did not finish its answer in time")
        self.sock.settimeout(remaining)
        octets = self.sock.recv(_READ_SLICE)
        if not octets:
            raise self.abort("socket error: EOF")
        self._pending += octets
        self._command_octets += len(octets)
        if self._command_octets > COMMAND_CAP:
            raise self.abort(f"the server answered with more than {COMMAND_CAP} octets")

    def readline(self) -> bytes:
        searched = 0
        while True:
            end = self._pending.find(b"\n", searched)
            if end >= 0:
                line = bytes(self._pending[: end + 1])
                del self._pending[: end + 1]
                return line
            searched = len(self._pending)
            if searched > LINE_CAP:
                raise self.abort(f"the server sent a line of more than {LINE_CAP} octets")
            self._receive(self._command_deadline)

    def read(self, size: int) -> bytes:
        """A literal of ``size`` octets; b'' where it was larger than the cap (and has been read past)."""
        if size > COMMAND_CAP:
            raise self.abort(f"the server announced a literal of {size} octets")
        self._command_deadline += size / SLOWEST_RATE
        kept = bytearray()
        missing = size
        while missing:
            if not self._pending:
                self._receive(self._command_deadline)
            piece = self._pending[:missing]
            del self._pending[: len(piece)]
            missing -= len(piece)
            if size <= LITERAL_CAP:
                kept += piece
        return bytes(kept)

    def shutdown(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was faster
        finally:
            self.file.close()
            self.sock.close()

    def _log(self, line: str) -> None:
        """imaplib keeps the last ten lines for a trace: passwords and mail, so nothing is kept."""

    # ── protocol ────────────────────────────────────────────────────────────────────────────────

    def _new_tag(self) -> bytes:
        """Every command, also those imapclient sends by itself, starts its own deadline.

        Unasked FETCH lines of the command before must not be read as an answer to this one.
        """
        for kind in ("FETCH", "SEARCH", "LIST"):
            self.untagged_responses.pop(kind, None)
        self._command_deadline = time.monotonic() + COMMAND_PATIENCE * self.idle_timeout
        self._command_octets = 0
        return cast(bytes, super()._new_tag())  # type: ignore[misc]

    def _command(self, name: str, *args: Any) -> bytes:
        if self.read_only and not _only_reads(name, args):
            raise ReadOnlyMailbox(f"{name} would change the mailbox, and it was opened read-only")
        return cast(bytes, super()._command(name, *args))  # type: ignore[misc]

    def _append_untagged(self, typ: str, dat: Any) -> None:
        if typ == "EXISTS" and isinstance(dat, bytes) and dat.isdigit():
            count = int(dat[:10])
            self.news = self.news or count > self.exists
            self.exists = count
        elif typ in ("EXPUNGE", "FETCH", "VANISHED"):
            if typ == "EXPUNGE":
                self.exists = max(0, self.exists - 1)
            if self._idling:
                self.news = True
        if typ not in _COLLECTED:
            self.untagged_responses.pop(typ, None)  # a long session must not hoard them
        super()._append_untagged(typ, dat)  # type: ignore[misc]

    @property
    def complete(self) -> bool:
        """Whether every command has had its tagged answer: the next one will be understood."""
        return not self.tagged_commands

    # ── IDLE (RFC 2177) ─────────────────────────────────────────────────────────────────────────

    _idling: bytes | None = None

    def start_idle(self) -> bool:
        """Send IDLE and wait until the server idles. False: it refused."""
        tag = self._command("IDLE")
        while self._get_response() is not None:
            if self.tagged_commands[tag] is not None:
                del self.tagged_commands[tag]
                return False
        self._idling = tag
        return True

    def idle_lines(self, seconds: float) -> None:
        """Wait up to ``seconds`` for the server to say something, and take in what it said.

        Raises ``abort`` when the connection has ended. A line that has come only in part stays in the
        buffer for the next call.
        """
        if not self._has_octets(seconds):
            return
        if b"\n" not in self._pending:
            try:  # TLS may have octets on the wire that make no data yet
                self._receive(time.monotonic() + 0.2)
            except TimeoutError:
                return
        self._command_deadline = time.monotonic() + self.idle_timeout
        self._command_octets = 0
        while b"\n" in self._pending:
            self._get_response()
            self._forget_idle_lines()
        if len(self._pending) > LINE_CAP:
            raise self.abort("the server sent a line without end")

    def end_idle(self, patience: float) -> None:
        """Send DONE and wait at most ``patience`` seconds for the tagged answer."""
        tag, self._idling = self._idling, None
        if tag is None:
            return
        self.send(b"DONE\r\n")
        self._command_deadline = time.monotonic() + patience
        self._get_tagged_response(tag)
        self._check_bye()

    def _has_octets(self, seconds: float) -> bool:
        if b"\n" in self._pending or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        poller = select.poll()
        poller.register(self.sock.fileno(), select.POLLIN)
        return bool(poller.poll(max(0.0, seconds) * 1000))

    def _forget_idle_lines(self) -> None:
        self._check_bye()
        for kind in ("FETCH", "OK"):
            self.untagged_responses.pop(kind, None)


def _only_reads(name: str, args: tuple[Any, ...]) -> bool:
    if name.upper() not in READING_COMMANDS:
        return False
    if name.upper() != "UID":
        return True
    first = args[0] if args else ""
    word = first.decode("ascii", "replace") if isinstance(first, bytes) else str(first)
    return word.upper() in READING_UID_COMMANDS


def _tune(sock: socket.socket) -> None:
    """No Nagle (40 ms per APPEND against delayed ACKs), and keep-alive against silent middle boxes."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class BoundedClient(IMAPClient):  # type: ignore[misc]
    """imapclient over :class:`BoundedIMAP4`. Folder names go in and out as they stand on the wire."""

    def __init__(
        self,
        host: str,
        port: int,
        timeout: float,
        *,
        tls: ssl.SSLContext | None,
        read_only: bool,
    ) -> None:
        self._bounded_timeout = timeout
        self._bounded_tls = tls
        self._bounded_read_only = read_only
        super().__init__(host, port, ssl=tls is not None, ssl_context=tls, timeout=timeout)
        self.folder_encode = False
        self.normalise_times = False
        self.wire.debug = 0  # imapclient turns imaplib's line-by-line trace on

    @property
    def wire(self) -> BoundedIMAP4:
        return cast(BoundedIMAP4, self._imap)

    def _create_IMAP4(self) -> BoundedIMAP4:
        return BoundedIMAP4(
            self.host,
            self.port,
            self._bounded_timeout,
            tls=self._bounded_tls,
            read_only=self._bounded_read_only,
        )
