"""A whole mail system in this process: IMAP (pymap) and SMTP (aiosmtpd) on free loopback ports.

For the demo and for fast tests; the daemon never imports it. What SMTP accepts for a known recipient
lies in that recipient's INBOX the moment the answer goes out, with the trace fields an MTA writes.
``*@bounce.test`` is refused for good (550), ``*@slow.test`` for now (451).

Nothing survives the context manager. Passwords are plain: never reachable from another machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pymap.backend.dict.mailbox import MailboxSet
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag

from mailflow.demo.imap_server import DemoMailboxes, start_imap

HOST = "127.0.0.1"
PASSWORD = "demo"  # noqa: S105 - printed on the screen for people to log in with
SENT = "Sent"
START_SECONDS = 10.0
CALL_SECONDS = 30.0
MESSAGE_CAP = 50 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """One mail the SMTP server took, as it was sent: before trace fields. ``at`` is aware UTC."""

    envelope_sender: str
    recipients: tuple[str, ...]
    octets: bytes = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """One message in a mailbox. ``flags`` as IMAP spells them, keywords included."""

    uid: int
    flags: frozenset[str]
    octets: bytes = field(repr=False)
    received_at: datetime


class EmbeddedServers:
    """``users`` maps mail addresses to passwords; the address is also the IMAP and SMTP login name."""

    def __init__(self, users: Mapping[str, str] | tuple[str, ...] | list[str]) -> None:
        if not isinstance(users, Mapping):
            users = dict.fromkeys(users, PASSWORD)
        self.users: dict[str, str] = {_plain(a): password for a, password in users.items()}
        self.host = HOST
        self.imap_port = 0
        self.smtp_port = 0
        self.accepted: list[AcceptedMail] = []
        self._mailboxes: dict[str, MailboxSet] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> EmbeddedServers:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ── life ────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        started: list[BaseException | None] = []
        ready = threading.Event()

        def report(error: BaseException | None) -> None:
            started.append(error)
            ready.set()

        self._thread = threading.Thread(
            target=self._run, args=(report,), name="embedded-servers", daemon=True
        )
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise RuntimeError("the embedded servers did not start in time")
        if started[0] is not None:
            raise RuntimeError("the embedded servers did not start") from started[0]

    def stop(self) -> None:
        """End all connections and the thread. Idempotent."""
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None and thread.is_alive():
            loop.call_soon_threadsafe(loop.stop)
            thread.join(START_SECONDS)

    # ── mail ────────────────────────────────────────────────────────────────────────────────────

    def deliver(
        self,
        recipient: str,
        octets: bytes,
        *,
        envelope_sender: str = "",
        at: datetime | None = None,
    ) -> int:
        """Put a mail into the INBOX of ``recipient``, with trace fields; its UID. KeyError: nobody here."""
        return self._call(self._deliver(recipient, envelope_sender, octets, at))

    def put(self, user: str, folder: str, octets: bytes, *, flags: tuple[str, ...] = ()) -> int:
        """Put a mail into any folder as it is, as that user's own mail client would; its UID."""
        return self._call(self._append(_plain(user), folder, octets, None, flags))

    def messages(self, user: str, folder: str = "INBOX") -> list[HeldMessage]:
        """What lies in a folder, ascending by UID."""
        return self._call(self._messages(_plain(user), folder))

    def expunge(self, user: str, uid: int, folder: str = "INBOX") -> None:
        """Remove one message, as another mail client would."""

        async def remove() -> None:
            await (await self._mailboxes[_plain(user)].get_mailbox(folder)).delete([uid])

        self._call(remove())

    def reset_uidvalidity(self, user: str, folder: str = "INBOX", to: int | None = None) -> int:
        """Give a folder another UIDVALIDITY, seen by the next SELECT; the new value."""

        async def reset() -> int:
            mailbox = await self._mailboxes[_plain(user)].get_mailbox(folder)
            mailbox._uid_validity = to or mailbox.uid_validity + 1
            return int(mailbox._uid_validity)

        return self._call(reset())

    def local_user(self, recipient: str) -> str | None:
        """The user an address belongs to, subaddress detail ignored (RFC 5233); None for a stranger."""
        local, at, domain = _plain(recipient).rpartition("@")
        address = f"{local.split('+', 1)[0]}{at}{domain}"
        return address if address in self.users else None

    # ── inside: the thread ──────────────────────────────────────────────────────────────────────

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise RuntimeError("the embedded servers are not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    def _run(self, report: Callable[[BaseException | None], None]) -> None:
        loop = asyncio.new_event_loop()
        logging.getLogger("mail.log").setLevel(
            logging.ERROR
        )  # aiosmtpd, deprecating its own fields
        loop.set_exception_handler(lambda *_: None)  # connections that end rudely are daily bread
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._open_ports())
            self._loop = loop
        except BaseException as error:  # noqa: BLE001 - reported to the thread that waits for us
            loop.close()
            report(error)
            return
        report(None)
        try:
            loop.run_forever()
        finally:
            _wind_up(loop)

    async def _open_ports(self) -> None:
        for name in self.users:
            mailboxes = DemoMailboxes()
            for folder in (SENT, "Drafts"):
                await mailboxes.add_mailbox(folder)
                await mailboxes.set_subscribed(folder, True)
            self._mailboxes[name] = mailboxes
        self.imap_port = await start_imap(HOST, self.users, self._mailboxes, MESSAGE_CAP)
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(self._smtp_session, HOST, 0)
        self.smtp_port = smtp.sockets[0].getsockname()[1]

    def _smtp_session(self) -> SMTP:
        return SMTP(
            self,
            hostname="mail.demo.test",
            ident="embedded demo server",
            enable_SMTPUTF8=True,
            data_size_limit=MESSAGE_CAP,
            authenticator=self._authenticate,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )

    # ── inside: SMTP (aiosmtpd calls these by name) ─────────────────────────────────────────────

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user = _plain(data.login.decode("utf-8", "replace"))
        known = self.users.get(user)
        return AuthResult(
            success=known is not None and known.encode() == data.password, handled=False
        )

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower()
        if domain == "bounce.test":
            return "550 5.1.1 No such user here"
        if domain == "slow.test":
            return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        sender = (envelope.mail_from or "").replace("<>", "")  # aiosmtpd spells the null path out
        octets = bytes(envelope.original_content or b"")
        recipients = tuple(envelope.rcpt_tos)
        for recipient in recipients:
            if self.local_user(recipient) is not None:
                await self._deliver(recipient, sender, octets, None)
        self.accepted.append(AcceptedMail(sender, recipients, octets, datetime.now(UTC)))
        return f"250 2.0.0 OK queued as {len(self.accepted):08X}"

    # ── inside: mailboxes ───────────────────────────────────────────────────────────────────────

    async def _deliver(
        self, recipient: str, sender: str, octets: bytes, at: datetime | None
    ) -> int:
        user = self.local_user(recipient)
        if user is None:
            raise KeyError(recipient)
        moment = at or datetime.now(UTC)
        return await self._append(user, "INBOX", _traced(octets, sender, recipient, moment), moment)

    async def _append(
        self,
        user: str,
        folder: str,
        octets: bytes,
        at: datetime | None,
        flags: tuple[str, ...] = (),
    ) -> int:
        mailbox = await self._mailboxes[user].get_mailbox(folder)
        marks = frozenset(Flag(flag.encode("ascii")) for flag in flags)
        message = await mailbox.append(
            AppendMessage(octets, at or datetime.now(UTC), marks), recent=True
        )
        return int(message.uid)

    async def _messages(self, user: str, folder: str) -> list[HeldMessage]:
        mailbox = await self._mailboxes[user].get_mailbox(folder)
        held = [
            HeldMessage(
                message.uid,
                frozenset(str(flag) for flag in message.permanent_flags),
                bytes(message._content or b""),
                message.internal_date,
            )
            async for message in mailbox.messages()
        ]
        return sorted(held, key=lambda m: m.uid)


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(Exception):
        loop.run_until_complete(
            asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 2.0)
        )
    loop.close()


def _traced(octets: bytes, sender: str, recipient: str, at: datetime) -> bytes:
    """The fields the last MTA writes on top (RFC 5321 4.4), line ends made CRLF."""
    head = (
        f"Return-Path: <{sender}>\r\n"
        f"Delivered-To: {recipient}\r\n"
        f"Received: from client.test ([127.0.0.1]) by mail.demo.test with ESMTP;\r\n"
        f"\t{format_datetime(at)}\r\n"
    )
    body = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return head.encode("utf-8") + body


def _plain(address: str) -> str:
    return address.strip().strip("<>").lower()
