"""A desk and, beside it, an agent's mail client on the same mailbox: on Dovecot or on the embedded servers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from sqlalchemy import select, update

from mailflow.app import App, Watch
from mailflow.config import load_settings
from mailflow.demo.servers import AcceptedMail, EmbeddedServers
from mailflow.desk.changes import MergeInto, SetArticle, SetPriority, SetStatus
from mailflow.desk.ticket import Article, Priority, Ticket, TicketStatus
from mailflow.edges.imap_mirror import MirrorMailbox
from mailflow.flow.changes import change_ticket
from mailflow.flow.receive import Outcome
from mailflow.store import tables as t
from mailflow.store.lines import EventLine
from mailflow.store.reading import show_ticket
from tests.daemon import write_config
from tests.desks import NO_MODEL, TestClock
from tests.dovecot import Dovecot, require_dovecot

AGENTS = """
[[agents]]
address = "ann@desk.test"
name = "Ann Becker"

[[agents]]
address = "bob@desk.test"
name = "Bob Stone"
"""


# Stands in internal fields of every ticket, and so in no mail to a customer.
CANARY = "magpie41"
_INTERNAL = (CANARY, "[internal", "agent_ann", "agent_bob", "mailflow_proposal")


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


class SharedDesk:
    """``step`` does all due work once, over a connection of its own, as after a restart."""

    def __init__(
        self,
        folder: Path,
        *,
        imap_port: int,
        smtp_port: int,
        user: str,
        password: str,
        support: str,
        deliver: Callable[[bytes], Any],
        renumber: Callable[[str], Any],
        sent: Callable[[], Sequence[AcceptedMail]],
        extra: str = "",
    ) -> None:
        self.user, self.password, self._port = user, password, imap_port
        self.deliver, self.renumber = deliver, renumber
        self.support, self._sent, self._sent_before = support, sent, len(sent())
        self.clock = TestClock()
        self.outcomes: list[Outcome] = []
        path = write_config(
            folder,
            imap_port=imap_port,
            smtp_port=smtp_port,
            username=user,
            support=support,
            extra=f"{extra}\n{NO_MODEL}\n{AGENTS}" + ("" if "[mirror]" in extra else "[mirror]\n"),
        )
        settings = load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": password})
        watch = Watch(outcome=self.outcomes.append)
        self.app = App(settings, clock=self.clock, watch=watch)
        self.step()

    # ── the desk ────────────────────────────────────────────────────────────────────────────────

    def step(self) -> None:
        self.app.step()

    def settles(self) -> None:
        """A few rounds: whatever happened has come to rest."""
        for _ in range(3):
            self.step()

    def skip(self, **time: float) -> None:
        self.clock.skip(**time)

    def receives(self, octets: bytes) -> int:
        """Deliver one mail and work it off; its ticket."""
        before = len(self.outcomes)
        self.deliver(octets)
        self.step()
        (outcome,) = self.outcomes[before:]
        assert outcome.ticket is not None, outcome.text
        self._plant(outcome.ticket.id)
        return outcome.ticket.id

    def _plant(self, ticket_id: int) -> None:
        planted = {"articles": [{"article_id": CANARY, "confidence": 0.4}], "because": [CANARY]}
        of_it = t.message.c.ticket_id == ticket_id
        with self.app.store.begin() as work:
            work.tickets.note_event(ticket_id, "canary", CANARY, self.clock(), to=CANARY)
            work.connection.execute(update(t.message).where(of_it).values(suggestion=planted))
            work.tickets.add_note(ticket_id, "ann@desk.test", CANARY, CANARY, self.clock())

    def ticket(self, ticket_id: int) -> Ticket:
        detail = show_ticket(self.app.store, ticket_id)
        assert detail is not None
        return detail.ticket

    def events(self, ticket_id: int, kind: str = "") -> list[EventLine]:
        detail = show_ticket(self.app.store, ticket_id)
        assert detail is not None
        return [e for e in detail.events if not kind or e.kind == kind]

    def count_tickets(self) -> int:
        with self.app.store.read() as connection:
            return len(connection.execute(select(t.ticket.c.id)).all())

    def change(self, ticket_id: int, change: Any) -> None:
        with self.app.store.begin() as work:
            change_ticket(work, self.app.desk, ticket_id, change, by="admin")

    def set_priority(self, ticket_id: int, priority: Priority) -> None:
        self.change(ticket_id, SetPriority(priority))

    def set_status(self, ticket_id: int, status: TicketStatus) -> None:
        self.change(ticket_id, SetStatus(status))

    def set_article(self, ticket_id: int, article: str | None) -> None:
        self.change(ticket_id, SetArticle(article))

    def write_article(self, article_id: str, title: str, body: str) -> None:
        with self.app.store.begin() as work:
            work.articles.save(Article(article_id, title, body), "", "", self.clock())

    def merge(self, ticket_id: int, into: int) -> None:
        self.change(ticket_id, MergeInto(into))

    def left(self) -> list[AcceptedMail]:
        """What this desk's SMTP server took, oldest first."""
        return list(self._sent()[self._sent_before :])

    def nothing_internal_left(self) -> None:
        """No customer got a word of notes, suggestions, keywords or notices. Every scenario ends with this."""
        agents = {agent.address for agent in self.app.desk.policy.agents}
        for mail in self.left():
            if not agents.issuperset(mail.recipients):
                shown = everything_in(mail.octets)
                assert not [word for word in _INTERNAL if word in shown], shown

    def outbox(self) -> list[Any]:
        with self.app.store.read() as connection:
            return list(connection.execute(select(t.outbox).order_by(t.outbox.c.id)).all())

    # ── races ───────────────────────────────────────────────────────────────────────────────────

    def before_marking(self, act: Callable[[], None]) -> None:
        self._once_before("mark_many", act)

    def before_moving(self, act: Callable[[], None]) -> None:
        self._once_before("move_many", act)

    def _once_before(self, command: str, act: Callable[[], None]) -> None:
        original = getattr(MirrorMailbox, command)

        def first_act(mailbox: MirrorMailbox, *args: Any, **named: Any) -> Any:
            setattr(MirrorMailbox, command, original)
            act()
            return original(mailbox, *args, **named)

        setattr(MirrorMailbox, command, first_act)

    def cut_off_after_moving(self) -> None:
        """A step that is killed when the server has moved the messages and nobody wrote it down."""
        original = MirrorMailbox.move_many

        def moved_and_killed(mailbox: MirrorMailbox, *args: Any, **named: Any) -> Any:
            original(mailbox, *args, **named)
            raise Killed

        MirrorMailbox.move_many = moved_and_killed  # type: ignore[method-assign]
        try:
            with contextlib.suppress(Killed):
                self.step()
        finally:
            MirrorMailbox.move_many = original  # type: ignore[method-assign]

    # ── the agent's mail client ─────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def agent(self) -> Iterator[IMAPClient]:
        client = IMAPClient("127.0.0.1", self._port, ssl=False, timeout=20)
        client.login(self.user, self.password)
        try:
            yield client
        finally:
            client.logout()

    def folders(self) -> list[str]:
        with self.agent() as client:
            return [name for _, _, name in client.list_folders()]

    def places(self, ticket_id: int) -> list[tuple[str, int]]:
        """Folder and UID of every message of the ticket anywhere, in the order they came: by their bytes."""
        with self.app.store.read() as connection:
            wanted = [
                r.octets
                for r in connection.execute(
                    select(t.raw_message.c.octets)
                    .join(t.message, t.message.c.raw_message_id == t.raw_message.c.id)
                    .where(t.message.c.ticket_id == ticket_id, t.raw_message.c.source == "inbox")
                    .order_by(t.message.c.id)
                )
            ]
        found: list[tuple[int, str, int]] = []
        with self.agent() as client:
            for flags, _, name in client.list_folders():
                if b"\\Noselect" in flags or b"\\NoSelect" in flags:
                    continue
                client.select_folder(name, readonly=True)
                for uid, parts in client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS"]).items():
                    if parts[b"BODY[]"] in wanted and b"\\Deleted" not in parts[b"FLAGS"]:
                        found.append((wanted.index(parts[b"BODY[]"]), name, uid))
        return [(name, uid) for _, name, uid in sorted(found)]

    def where(self, ticket_id: int) -> list[str]:
        return [folder for folder, _ in self.places(ticket_id)]

    def flags(self, ticket_id: int, which: int = -1) -> set[str]:
        """Flags and keywords of one message of the ticket, without \\Seen and \\Recent."""
        folder, uid = self.places(ticket_id)[which]
        with self.agent() as client:
            client.select_folder(folder, readonly=True)
            flags = client.get_flags([uid])[uid]
        return {f.decode() for f in flags} - {"\\Seen", "\\Recent"}

    def subjects(self, folder: str) -> list[str]:
        with self.agent() as client:
            client.select_folder(folder, readonly=True)
            answers = client.fetch(client.search(), ["ENVELOPE"])
        return [answers[uid][b"ENVELOPE"].subject.decode() for uid in sorted(answers)]

    def agent_moves(self, ticket_id: int, folder: str, which: int = -1) -> None:
        at, uid = self.places(ticket_id)[which]
        with self.agent() as client:
            client.select_folder(at)
            if client.has_capability("MOVE"):
                client.move([uid], folder)
            else:
                client.copy([uid], folder)
                client.delete_messages([uid])
                client.expunge()

    def agent_copies(self, ticket_id: int, folder: str, *, delete: bool = False) -> None:
        at, uid = self.places(ticket_id)[-1]
        with self.agent() as client:
            client.select_folder(at)
            client.copy([uid], folder)
            if delete:
                client.delete_messages([uid])

    def agent_marks(self, ticket_id: int, *flags: str, off: bool = False, which: int = -1) -> None:
        at, uid = self.places(ticket_id)[which]
        with self.agent() as client:
            client.select_folder(at)
            (client.remove_flags if off else client.add_flags)([uid], list(flags))

    def agent_appends(self, folder: str, octets: bytes, flags: tuple[str, ...] = ()) -> None:
        with self.agent() as client:
            client.append(folder, octets, flags)

    def close(self) -> None:
        self.app.close()


def everything_in(octets: bytes) -> str:
    """Header fields and every part, decoded: no transfer encoding hides a word."""
    mail = message_from_bytes(octets, policy=default)
    parts = [p.get_payload(decode=True) or b"" for p in mail.walk()]
    fields = [str(value) for value in mail.values()]
    return "\n".join([*fields, *(p.decode("utf-8", "replace") for p in parts)]).lower()


_USERS = 60  # of each kind; every scenario has a mailbox of its own


class MailServers:
    """Dovecot, started when first asked for, and the embedded servers, whose SMTP serves both."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._dovecot: Dovecot | None = None
        self._next = 0
        names = [f"s{i}@desk.test" for i in range(_USERS)]
        self._embedded = EmbeddedServers([*names, "ann@desk.test", "maria@x.test"])

    def __enter__(self) -> MailServers:
        self._stack.enter_context(self._embedded)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def desk(self, kind: str, folder: Path, extra: str = "") -> Iterator[SharedDesk]:
        self._next += 1
        made = self._on_dovecot if kind == "dovecot" else self._on_embedded
        desk = made(f"s{self._next - 1}", folder, extra)
        try:
            yield desk
        finally:
            desk.close()

    @contextlib.contextmanager
    def desk_on(self, server: Dovecot, folder: Path) -> Iterator[SharedDesk]:
        """A desk on a Dovecot of the test's own, with a user of its own there."""
        self._next += 1
        user = server.users[self._next % len(server.users)]
        desk = self._with_dovecot(server, user, folder, "")
        try:
            yield desk
        finally:
            desk.close()

    def _on_dovecot(self, user: str, folder: Path, extra: str) -> SharedDesk:
        if self._dovecot is None:
            require_dovecot()
            server = Dovecot(users=[f"s{i}" for i in range(_USERS)], extra_config=JUNK)
            self._dovecot = self._stack.enter_context(server)
        return self._with_dovecot(self._dovecot, user, folder, extra)

    def _with_dovecot(self, server: Dovecot, user: str, folder: Path, extra: str) -> SharedDesk:
        return SharedDesk(
            folder,
            imap_port=server.port,
            smtp_port=self._embedded.smtp_port,
            user=user,
            password=server.password,
            support=f"{user}@desk.test",
            deliver=lambda octets: server.deliver(user, octets),
            renumber=lambda name: server.reset_uidvalidity(user, name),
            sent=lambda: self._embedded.accepted,
            extra=extra,
        )

    def _on_embedded(self, user: str, folder: Path, extra: str) -> SharedDesk:
        servers, address = self._embedded, f"{user}@desk.test"
        with IMAPClient("127.0.0.1", servers.imap_port, ssl=False) as client:
            client.login(address, servers.users[address])
            client.create_folder("Junk")
        return SharedDesk(
            folder,
            imap_port=servers.imap_port,
            smtp_port=servers.smtp_port,
            user=address,
            password=servers.users[address],
            support=address,
            deliver=lambda octets: servers.deliver(address, octets, envelope_sender="c@x.test"),
            renumber=lambda name: servers.reset_uidvalidity(address, name),
            sent=lambda: servers.accepted,
            extra=extra,
        )


JUNK = """
namespace inbox {
  mailbox Junk {
    auto = subscribe
    special_use = \\Junk
  }
}
"""
