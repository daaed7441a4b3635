"""mailflow in this process on the embedded servers, step by step, on a clock the test moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mailflow.app import App, Watch
from mailflow.config import load_settings
from mailflow.demo.servers import EmbeddedServers
from mailflow.flow.receive import Outcome
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message
from tests.daemon import write_config

NO_MODEL = "[suggestions]\nenabled = false\n"


class TestClock:
    __test__ = False

    def __init__(self) -> None:
        # Not before the servers' own clock: mail is dated by them.
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def skip(self, **time: float) -> None:
        self.now += timedelta(**time)


class Desk:
    """One mailflow with the mailbox ``support``; ``step`` does all due work once."""

    def __init__(
        self,
        servers: EmbeddedServers,
        folder: Path,
        support: str,
        *,
        clock: TestClock | None = None,
        extra: str = "",
        mode: str = "live",
        suggestions: str = NO_MODEL,
        env: Mapping[str, str] = MappingProxyType({}),
        **app: Any,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.servers = servers
        self.support = support
        self.folder = folder
        self.clock = clock or TestClock()
        self.outcomes: list[Outcome] = []
        path = write_config(
            folder,
            imap_port=servers.imap_port,
            smtp_port=servers.smtp_port,
            username=support,
            support=support,
            mode=mode,
            extra=f"{extra}\n{suggestions}",
        )
        password = {"MAILFLOW_MAILBOX__PASSWORD": servers.users[support]}
        # Agents are warned of updates where a test is about that.
        unwarned = {} if "warn_before" in extra else {"MAILFLOW_PROGRESS__WARN_BEFORE": ""}
        settings = load_settings(path, {**password, **unwarned, **env})
        watch = Watch(outcome=self.outcomes.append)
        self.app = App(settings, clock=self.clock, watch=watch, **app)
        self.step()  # the first contact

    def step(self) -> None:
        self.app.step()

    def receive(self, octets: bytes, to: str | None = None) -> list[Outcome]:
        """Deliver one mail and work it off; what was decided."""
        before = len(self.outcomes)
        deliver(self.servers, to or self.support, octets)
        self.step()
        return self.outcomes[before:]

    def close(self) -> None:
        self.app.close()


def deliver(servers: EmbeddedServers, to: str, octets: bytes) -> None:
    """Deliver with the author as envelope sender, as a person's mail comes."""
    author = parse_message(RawMessage(octets)).author
    servers.deliver(to, octets, envelope_sender=author.address if author else "")


def inbox(servers: EmbeddedServers, user: str) -> list[IncomingMessage]:
    return [parse_message(RawMessage(held.octets)) for held in servers.messages(user)]


def letter(
    author: str,
    subject: str = "It is broken",
    body: str = "It is broken, please help.",
    *fields: str,
    to: str = "support@desk.test",
    message_id: str = "",
) -> bytes:
    """A plain mail as a customer's client writes it."""
    head = [f"From: {author}", f"To: {to}", f"Subject: {subject}", *fields]
    if message_id:
        head.append(f"Message-ID: <{message_id}>")
    return "\r\n".join([*head, "", body, ""]).encode()


def answer_to(message: IncomingMessage, author: str, body: str, *fields: str) -> bytes:
    """A reply as a mail client writes it: to Reply-To, new text on top, all quoted below."""
    to = message.reply_to[0].address if message.reply_to else ""
    quoted = "\r\n".join("> " + line for line in message.text.splitlines())
    return letter(
        author,
        f"Re: {message.subject}",
        f"{body}\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Desk wrote:\r\n{quoted}",
        f"In-Reply-To: <{message.message_id}>",
        f"References: <{message.message_id}>",
        *fields,
        to=to,
    )
