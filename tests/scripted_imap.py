"""A small IMAP server that says what a test wants it to say, however wrong, and remembers what it heard."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

CLOSE = b"\0close"
STALL = b"\0stall"

Answer = Callable[[str, str], bytes]  # (tag, the rest of the command line) -> octets to send


def say(text: str) -> Answer:
    """``text`` with ``{tag}`` filled in; line ends become CRLF."""
    return lambda tag, rest: text.replace("{tag}", tag).replace("\n", "\r\n").encode("latin-1")


GOOD: dict[str, Answer] = {
    "CAPABILITY": say("* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\n{tag} OK done\n"),
    "LOGIN": say("{tag} OK in\n"),
    "NOOP": say("{tag} OK done\n"),
    "EXAMINE": say("* 3 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 4] ok\n{tag} OK done\n"),
    "SELECT": say("* 3 EXISTS\n* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 4] ok\n{tag} OK done\n"),
    "UID SEARCH": say("* SEARCH 1 2 3\n{tag} OK done\n"),
    "IDLE": say("+ idling\n"),
    "DONE": say("{tag} OK idled\n"),
    "LOGOUT": say("* BYE bye\n{tag} OK out\n"),
}


class ScriptedImap:
    """``answers`` override :data:`GOOD` by verb ("UID FETCH" counts as one). ``heard`` holds all lines,
    ``answered`` the verbs whose answers are out.

    An answer may end in ``CLOSE`` or ``STALL``. ``greeting`` likewise.
    """

    def __init__(self, greeting: bytes = b"* OK ready\r\n", **answers: Answer) -> None:
        self.greeting = greeting
        self.answers = GOOD | {verb.replace("_", " "): answer for verb, answer in answers.items()}
        self.heard: list[str] = []
        self.answered: list[str] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._closing = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> ScriptedImap:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def say_now(self, octets: bytes) -> None:
        """Send something unasked on the newest connection."""
        self._open[-1].sendall(octets)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._open.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            if not self._send(sock, self.greeting):
                return
            idle_tag = ""
            for line in sock.makefile("r", encoding="latin-1", newline="\r\n"):
                self.heard.append(line.rstrip("\r\n"))
                tag, _, rest = self.heard[-1].partition(" ")
                if tag == "DONE":
                    tag, verb = idle_tag, "DONE"
                else:
                    words = rest.upper().split()
                    verb = " ".join(words[:2]) if words[:1] == ["UID"] else (words or [""])[0]
                if verb == "IDLE":
                    idle_tag = tag
                answer = self.answers.get(verb, say("{tag} BAD unknown\n"))
                if not self._send(sock, answer(tag, rest)):
                    return
                self.answered.append(verb)

    def _send(self, sock: socket.socket, octets: bytes) -> bool:
        for ending in (CLOSE, STALL):
            if octets.endswith(ending):
                sock.sendall(octets.removesuffix(ending))
                if ending == STALL:
                    self._closing.wait(60)
                return False
        sock.sendall(octets)
        return True
