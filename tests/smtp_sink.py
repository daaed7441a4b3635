"""An SMTP server that keeps a book of everything, and misbehaves by name where a test says so.

Every MAIL, RCPT and DATA is in the book, with time and answer, *before* the answer goes out; with
``book=path`` also as one JSON line, written and synced, so that a test can count what was accepted
whoever was killed when. :func:`read_book` reads such a file without a running sink.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import compat32
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Misbehaviour:
    """All of it may be changed while the sink runs.

    ``rcpt``: answers by recipient address or, with a leading @, by domain ("450 4.2.1 later").
    ``mail``: an answer to every MAIL. ``after_data``: an answer to the final dot ("451 4.3.0 later",
    "554 5.7.1 no"), or "drop" (accepted and in the book, but the connection ends without an answer),
    or "stall" (accepted and in the book, the answer never comes). ``times``: how many more mails
    ``after_data`` meets; None for all.
    """

    rcpt: dict[str, str] = field(default_factory=dict)
    mail: str | None = None
    after_data: str | None = None
    times: int | None = None


@dataclass(frozen=True)
class Entry:
    """One line of the book. ``accepted``: the server took responsibility, whether or not it could say so.

    ``at`` is seconds since the epoch. ``recipients`` are those accepted so far (for RCPT: the one asked).
    """

    verb: str
    at: float
    session: int
    envelope_sender: str
    recipients: tuple[str, ...]
    reply: str
    accepted: bool
    octets: bytes = b""

    @property
    def message_id(self) -> str | None:
        """The Message-ID field without its brackets."""
        value = BytesHeaderParser(policy=compat32).parsebytes(self.octets)["Message-ID"]
        return str(value).strip().strip("<>") if value else None


class SmtpSink:
    """``with SmtpSink() as sink:`` listens on ``sink.port`` of 127.0.0.1."""

    def __init__(
        self,
        *,
        book: Path | None = None,
        smtputf8: bool = True,
        size_limit: int = 50 * 1024 * 1024,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.misbehaviour = misbehaviour or Misbehaviour()
        self.entries: list[Entry] = []
        self.sessions = 0
        self._smtputf8 = smtputf8
        self._size_limit = size_limit
        self._book = book.open("a", encoding="ascii") if book else None
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="smtp-sink", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> SmtpSink:
        self._thread.start()
        assert self._ready.wait(10), "the SMTP sink did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if self._book is not None:
            self._book.close()

    @property
    def accepted(self) -> list[Entry]:
        """The mails taken, oldest first."""
        return [e for e in self.entries if e.verb == "DATA" and e.accepted]

    def sent_to(self, address: str) -> list[Entry]:
        return [e for e in self.accepted if address in e.recipients]

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Entry]:
        """The accepted mails, as soon as there are ``count``; AssertionError after ``seconds``."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.accepted) >= count, seconds)
        assert enough, f"{len(self.accepted)} mails after {seconds} s, not {count}"
        return self.accepted

    # ── inside ──────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)  # rude clients are what we are here for
        server = self._loop.run_until_complete(
            self._loop.create_server(self._session, self.host, self.port)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _session(self) -> SMTP:
        self.sessions += 1
        return SMTP(
            _Hooks(self, self.sessions),
            hostname="sink.test",
            enable_SMTPUTF8=self._smtputf8,
            data_size_limit=self._size_limit,
            loop=self._loop,
        )

    def write(self, entry: Entry) -> None:
        if self._book is not None:
            self._book.write(_to_line(entry) + "\n")
            self._book.flush()
            os.fsync(self._book.fileno())
        with self._changed:
            self.entries.append(entry)
            self._changed.notify_all()


class _Hooks:
    """What aiosmtpd calls, by name, for one session."""

    def __init__(self, sink: SmtpSink, session: int) -> None:
        self._sink = sink
        self._session = session

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        reply = self._sink.misbehaviour.mail or "250 2.1.0 OK"
        if reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        self._note("MAIL", address or "", (), reply)
        return reply

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        rules = self._sink.misbehaviour.rcpt
        domain = "@" + address.rpartition("@")[2].lower()
        reply = rules.get(address) or rules.get(domain) or "250 2.1.5 OK"
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        self._note("RCPT", envelope.mail_from or "", (address,), reply)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        reply = self._next_reply()
        octets = bytes(envelope.original_content or b"")
        taken = reply in ("drop", "stall") or reply.startswith("2")
        sender = envelope.mail_from or ""
        self._note("DATA", sender, tuple(envelope.rcpt_tos), reply, octets, accepted=taken)
        if reply == "drop":
            server.transport.abort()
        if reply in ("drop", "stall"):
            await asyncio.Event().wait()  # until the client, or the test, ends
        return reply

    def _next_reply(self) -> str:
        script = self._sink.misbehaviour
        if script.after_data is None or script.times == 0:
            return f"250 2.0.0 OK queued as {len(self._sink.entries):08X}"
        if script.times is not None:
            script.times -= 1
        return script.after_data

    def _note(
        self,
        verb: str,
        sender: str,
        recipients: tuple[str, ...],
        reply: str,
        octets: bytes = b"",
        *,
        accepted: bool | None = None,
    ) -> None:
        taken = reply.startswith("2") if accepted is None else accepted
        sender = "" if sender == "<>" else sender  # aiosmtpd spells the null path out
        self._sink.write(
            Entry(verb, time.time(), self._session, sender, recipients, reply, taken, octets)
        )


def read_book(book: Path) -> list[Entry]:
    """The entries of a book file; a last line cut short by a kill is left out."""
    return list(_read_lines(book))


def _read_lines(book: Path) -> Iterator[Entry]:
    for line in book.read_text("ascii").splitlines():
        try:
            fields = json.loads(line)
        except ValueError:
            return
        octets = base64.b64decode(fields.pop("octets_base64"))
        fields["recipients"] = tuple(fields["recipients"])
        yield Entry(**fields, octets=octets)


def _to_line(entry: Entry) -> str:
    fields = {name: getattr(entry, name) for name in entry.__dataclass_fields__ if name != "octets"}
    return json.dumps(fields | {"octets_base64": base64.b64encode(entry.octets).decode("ascii")})
