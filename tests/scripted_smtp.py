"""A small SMTP server that misbehaves on cue: wrong replies, stalls, and cuts after any octet."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

CLOSE = b"\x00close"
STALL = b"\x00stall"

Reply = bytes | Callable[[str], bytes]

GOOD: dict[str, Reply] = {
    "GREETING": b"220 scripted ESMTP\r\n",
    "EHLO": b"250-scripted\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000000\r\n",
    "HELO": b"250 scripted\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go ahead\r\n",
    "DOT": b"250 2.0.0 queued as 4711\r\n",
    "RSET": b"250 2.0.0 ok\r\n",
    "NOOP": b"250 ok\r\n",
    "QUIT": b"221 bye\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "STARTTLS": b"220 go ahead\r\n",
}


class ScriptedSmtp:
    """Answers each verb with its reply; ``GREETING`` and ``DOT`` stand for the greeting and the final dot.

    ``cut_after`` closes the (first) connection once that many octets came from the client;
    ``cut_reply_after`` once that many were sent to it. What was seen stands in ``commands`` and
    ``contents`` (complete contents only); ``content_octets`` counts what came after a 354.
    """

    def __init__(
        self,
        *,
        cut_after: int | None = None,
        cut_reply_after: int | None = None,
        cut_every_connection: bool = True,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        **replies: Reply,
    ) -> None:
        self.replies = {**GOOD, **replies}
        self.cut_after = cut_after
        self.cut_reply_after = cut_reply_after
        self.cut_every_connection = cut_every_connection
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.commands: list[str] = []
        self.contents: list[bytes] = []
        self.connections = 0
        self.content_octets = 0
        self.client_octets = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> ScriptedSmtp:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._socket.close()

    def _spawn(self, what: Callable[[], None]) -> None:
        thread = threading.Thread(target=what, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._socket.accept()
                self.connections += 1
                cuts = self.cut_every_connection or self.connections == 1
                self._spawn(lambda c=connection, k=cuts: _Dialogue(self, c, k).run())  # type: ignore[misc]


class _Cut(Exception):
    pass


class _Dialogue:
    def __init__(self, server: ScriptedSmtp, connection: socket.socket, cuts: bool) -> None:
        self.server = server
        self.socket = connection
        self.buffer = b""
        self.seen = 0
        self.sent = 0
        self.in_content = False
        self.cut_after = server.cut_after if cuts else None
        self.cut_reply_after = server.cut_reply_after if cuts else None

    def run(self) -> None:
        self.socket.settimeout(0.05)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.server.implicit_tls:
                self._wrap()
            self._dialogue()
        except (_Cut, OSError):
            pass
        finally:
            self.socket.close()

    def _wrap(self) -> None:
        assert self.server.tls is not None
        self.socket.settimeout(5)
        self.socket = self.server.tls.wrap_socket(self.socket, server_side=True)
        self.socket.settimeout(0.05)

    def _dialogue(self) -> None:
        self._answer("GREETING", "")
        while True:
            line = self._until(b"\r\n").decode("utf-8", "replace").rstrip("\r\n")
            self.server.commands.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            said = self._answer(verb if verb in self.server.replies else "NOOP", line)
            if verb == "QUIT":
                return
            if verb == "STARTTLS" and said.startswith(b"220"):
                self._wrap()
            if verb == "DATA" and said.startswith(b"354"):
                self.in_content = True
                content = self._until(b"\r\n.\r\n")
                self.in_content = False
                self.server.contents.append(content)
                self._answer("DOT", "")

    def _answer(self, what: str, line: str) -> bytes:
        reply = self.server.replies[what]
        reply = reply if isinstance(reply, bytes) else reply(line)
        if reply == CLOSE:
            raise _Cut
        if reply == STALL:
            self.server._stop.wait()
            raise _Cut
        if self.cut_reply_after is not None:
            reply = reply[: max(self.cut_reply_after - self.sent, 0)]
        self.socket.sendall(reply)
        self.sent += len(reply)
        if self.cut_reply_after is not None and self.sent >= self.cut_reply_after:
            raise _Cut
        return reply

    def _until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            room = 65536
            if self.cut_after is not None:
                room = min(room, self.cut_after - self.seen)
                if room <= 0:
                    raise _Cut
            chunk = self._receive(room)
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(end)
        return line + end

    def _receive(self, room: int) -> bytes:
        while not self.server._stop.is_set():
            with contextlib.suppress(TimeoutError):
                chunk = self.socket.recv(room)
                if not chunk:
                    raise _Cut
                self.seen += len(chunk)
                self.server.client_octets += len(chunk)
                if self.in_content:
                    self.server.content_octets += len(chunk)
                return chunk
        raise _Cut
