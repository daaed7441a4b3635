"""The demo's story: real servers, the real daemon, a cast of customers, and what each of them gets back.

The daemon runs as it always does; only its clock is a fast one. Every scene waits for what it shows,
never for a time.
"""

from __future__ import annotations

import contextlib
import smtplib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailflow.app import App, Watch
from mailflow.config import Settings, load_settings
from mailflow.daemon import Daemon
from mailflow.demo import cast
from mailflow.demo.cast import Customer
from mailflow.demo.screen import Screen
from mailflow.demo.servers import PASSWORD, EmbeddedServers, HeldMessage
from mailflow.desk.outbox import MailClass, OutboxState
from mailflow.flow.answer import Desk
from mailflow.flow.deliver import Delivered
from mailflow.flow.follow_up import queue_updates, solve_ticket, warn_of_updates
from mailflow.flow.ports import Store
from mailflow.flow.receive import Outcome
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message

SCENE_SECONDS = 30.0
_PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"\x00" * 2000

CONFIG = """\
[support]
address = "{support}"
name = "Lumen Support"
organisation = "Lumen Lamps"

[mailbox]
host = "127.0.0.1"
port = {imap_port}
tls = "none"
username = "{support}"
poll_seconds = 1

[smtp]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"

[sending]
mode = "live"

[[agents]]
address = "{agent}"
name = "{agent_name}"
"""


class FastClock:
    """Now, plus what was skipped."""

    def __init__(self) -> None:
        self._skipped = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._skipped

    def skip(self, time: timedelta) -> None:
        self._skipped += time


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as somebody of the cast found it in their mailbox."""

    held: HeldMessage
    message: IncomingMessage


class Play:
    """The stage: servers, daemon, clock, and the notes of all that happened."""

    def __init__(self, servers: EmbeddedServers, folder: Path, screen: Screen) -> None:
        self.servers = servers
        self.screen = screen
        self.clock = FastClock()
        self._changed = threading.Condition()
        self.outcomes: list[Outcome] = []
        self.deliveries: list[Delivered] = []
        self.app = App(
            write_config(servers, folder),
            clock=self.clock,
            watch=Watch(outcome=self._note_outcome, delivered=self._note_delivered),
        )

    def _note_outcome(self, outcome: Outcome) -> None:
        with self._changed:
            self.outcomes.append(outcome)
            self._changed.notify_all()
        self.screen.outcome(outcome)

    def _note_delivered(self, delivered: Delivered) -> None:
        with self._changed:
            self.deliveries.append(delivered)
            self._changed.notify_all()
        self.screen.delivered(delivered)

    def until_first_contact(self) -> None:
        """Mail written before the daemon has met the mailbox would be history to it."""
        deadline = threading.Event()
        for _ in range(int(SCENE_SECONDS / 0.02)):
            with self.app.store.begin() as work:
                if work.intake.cursor(self.app.settings.mailbox.folder) is not None:
                    return
            deadline.wait(0.02)
        raise RuntimeError("the daemon did not meet its mailbox")

    def until(self, happened: Callable[[], bool], what: str) -> None:
        """Wait for a scene to have happened. Raises RuntimeError naming it when it does not."""
        with self._changed:
            if not self._changed.wait_for(happened, SCENE_SECONDS):
                raise RuntimeError(f"the demo waited for {what}, in vain")

    def post(self, author: Customer, to: str, octets: bytes) -> None:
        """Send a mail through the SMTP server, as the author's mail program does."""
        with smtplib.SMTP("127.0.0.1", self.servers.smtp_port, timeout=10) as client:
            client.sendmail(author.address, [to], octets)

    def inbox(self, address: str) -> list[Received]:
        return [
            Received(held, parse_message(RawMessage(held.octets)))
            for held in self.servers.messages(address)
        ]

    def decided(self, count: int, what: str) -> None:
        self.until(lambda: len(self.outcomes) >= count, what)

    def at_rest(self) -> None:
        """Wait until nothing is left to send."""
        self.until(lambda: not self._waiting_mail(), "the outbox to empty")

    def _waiting_mail(self) -> bool:
        with self.app.store.begin() as work:
            return work.outbox.next_due(self.clock()) is not None or bool(work.outbox.in_flight())


def write_config(servers: EmbeddedServers, folder: Path) -> Settings:
    path = folder / "config.toml"
    path.write_text(
        CONFIG.format(
            support=cast.SUPPORT,
            agent=cast.AGENT,
            agent_name=cast.AGENT_NAME,
            imap_port=servers.imap_port,
            smtp_port=servers.smtp_port,
        )
    )
    return load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": PASSWORD})


@contextlib.contextmanager
def stage(folder: Path, screen: Screen) -> Iterator[Play]:
    """Servers up, daemon running on a mailbox it has met; everything ends with the context."""
    users = [cast.SUPPORT, cast.AGENT, *(p.address for p in cast.PEOPLE)]
    with EmbeddedServers(users) as servers:
        play = Play(servers, folder, screen)
        daemon = Daemon(play.app)
        daemon.start()
        try:
            play.until_first_contact()
            yield play
        finally:
            daemon.stop()


# ── the scenes ──────────────────────────────────────────────────────────────────────────────────


def customers_write(play: Play) -> None:
    play.screen.scene("Eight customers write")
    now = play.clock()
    mails: list[tuple[Customer, bytes]] = [
        (
            cast.MARIA,
            cast.plain(
                cast.MARIA,
                "Lamp will not connect to wifi",
                "Hello,\r\n\r\nsince the update this morning my lamp does not connect to the wifi "
                "any more. The app says 'device offline' and the light blinks orange.\r\n\r\n"
                "Maria\r\n\r\n-- \r\nMaria Santos, Harbour Cafe\r\n",
                now,
            ),
        ),
        (
            cast.TOM,
            cast.plain(
                cast.TOM,
                "device offline after update",
                "Hi, my desk lamp blinks orange and the app shows it offline, it can't connect to "
                "our wifi since yesterday's update. Thanks, Tom\r\n",
                now,
            ),
        ),
        (
            cast.YUKI,
            cast.html_only(
                cast.YUKI,
                "Charged twice",
                "<html><body><p>Hello Lumen,</p><p>I was <b>charged twice</b> for order 4711:</p>"
                "<ul><li>12 May, 89 EUR</li><li>12 May, 89 EUR</li></ul>"
                '<p>Please refund one. <a href="https://sakura.test/statement">My statement</a></p>'
                "</body></html>",
                now,
            ),
        ),
        (
            cast.PRIYA,
            cast.with_attachment(
                cast.PRIYA,
                "Cracked shade",
                "The glass shade arrived cracked, see the picture. Can I get a new one?",
                "shade.png",
                _PICTURE,
                now,
            ),
        ),
        (
            cast.JUERGEN,
            cast.plain(
                cast.JUERGEN,
                "Rechnung für März fehlt",
                "Guten Tag,\r\n\r\ndie Rechnung für März ist nicht angekommen. Könnten Sie sie mir "
                "bitte noch einmal schicken?\r\n\r\nViele Grüße\r\nJürgen Müller\r\n",
                now,
                charset="iso-8859-1",
            ),
        ),
        (
            cast.OLEG,
            cast.plain(
                cast.OLEG,
                "Не приходит письмо для сброса пароля",
                "Здравствуйте! Я не могу войти, письмо для сброса пароля не приходит уже час.\r\n",
                now,
                charset="koi8-r",
                name="Олег Петров",
            ),
        ),
        (
            cast.GRACE,
            cast.plain(
                cast.GRACE,
                "URGENT: showroom completely dark",
                "All forty lamps in our showroom went dark at once and do not come back. We open in "
                "an hour and lose customers. Please help immediately!\r\n",
                now,
            ),
        ),
        (
            cast.SAM,
            cast.plain(
                cast.SAM,
                "Colour idea",
                "It would be lovely if the lamp could fade with the sunset by itself.\r\n",
                now,
            ),
        ),
    ]
    for author, octets in mails:
        play.post(author, cast.SUPPORT, octets)
    play.decided(len(mails), "the first tickets")
    play.at_rest()


def show_acknowledgement(play: Play) -> None:
    received = play.inbox(cast.MARIA.address)[0]
    play.screen.mail(f"What {cast.MARIA.name} finds in her mailbox", received.message)


def machines_write(play: Play) -> None:
    play.screen.scene("Machines write, and get no answer")
    before = len(play.outcomes)
    to_sam = play.inbox(cast.SAM.address)[0].message
    to_grace = play.inbox(cast.GRACE.address)[0].message
    now = play.clock()
    play.post(cast.NEWSLETTER, cast.SUPPORT, cast.newsletter(now))
    sam_answers = to_sam.reply_to[0].address
    play.post(
        cast.SAM,
        sam_answers,
        cast.out_of_office(cast.SAM, to_sam.message_id or "", now, sam_answers),
    )
    bounces_to = to_grace.return_path or cast.SUPPORT
    play.post(
        cast.POSTMASTER,
        bounces_to,
        cast.bounce(cast.GRACE, to_grace.message_id or "", now, bounces_to),
    )
    play.decided(before + 3, "the machines' mails")
    play.at_rest()


def customer_adds(play: Play) -> None:
    play.screen.scene("Maria answers the acknowledgement: no new ticket")
    before = len(play.outcomes)
    acknowledgement = play.inbox(cast.MARIA.address)[0].message
    _answer(play, cast.MARIA, acknowledgement, "One more thing: only the 5 GHz network fails.")
    play.decided(before + 1, "Maria's follow-up")
    play.at_rest()


def agent_answers(play: Play) -> None:
    play.screen.scene(f"{cast.AGENT_NAME} answers from her own mail client")
    agent = Customer(cast.AGENT, cast.AGENT_NAME)
    notification = next(
        r.message
        for r in play.inbox(cast.AGENT)
        if "Maria" in r.message.text and "wifi" in r.message.text
    )
    play.screen.mail("The notification she answers", notification, lines=30)
    before = len(play.outcomes)
    _answer(
        play,
        agent,
        notification,
        "Hello Maria,\r\n\r\nplease switch the lamp off for ten seconds; it then finds the 5 GHz "
        "network again. Tell me if the light still blinks.\r\n\r\nAnn",
    )
    play.decided(before + 1, "the agent's answer")
    play.at_rest()
    answer = play.inbox(cast.MARIA.address)[-1].message
    play.screen.mail("What Maria gets: Ann's words, nothing internal", answer)


def time_passes(play: Play) -> None:
    play.screen.scene("A day passes on a fast clock; nobody answered the others")
    play.clock.skip(timedelta(hours=23, minutes=30))
    _time_brings(play, warn_of_updates, "the agent's look at the updates")
    warning = play.inbox(cast.AGENT)[-1].message
    play.screen.mail("Ann sees an update before it leaves", warning)
    play.clock.skip(timedelta(hours=2))
    _time_brings(play, queue_updates, "the progress updates")
    update = play.inbox(cast.PRIYA.address)[-1].message
    play.screen.mail("The progress update Priya gets", update)


def _time_brings(play: Play, job: Callable[[Store, Desk], int], what: str) -> None:
    before = len(play.deliveries)
    queued = job(play.app.store, play.app.desk)
    play.until(lambda: len(play.deliveries) >= before + max(queued, 1), what)
    play.at_rest()


def ticket_is_solved(play: Play) -> None:
    play.screen.scene("Tom's ticket is solved")
    ticket = next(
        o.ticket
        for o in play.outcomes
        if o.ticket and o.ticket.requester.address == cast.TOM.address
    )
    before = len(play.deliveries)
    text = "Version 2.4.1 repairs the wifi connection. It installs by itself tonight."
    solve_ticket(play.app.store, play.app.desk, ticket.id, text)
    play.until(lambda: len(play.deliveries) > before, "the resolution")
    play.at_rest()


def _answer(play: Play, author: Customer, message: IncomingMessage, body: str) -> None:
    to = message.reply_to[0].address if message.reply_to else cast.SUPPORT
    octets = cast.reply(
        author, to, message.subject, body, message.message_id or "", message.text, play.clock()
    )
    play.post(author, to, octets)


def summary(play: Play) -> dict[str, int]:
    """The books of the play: what came in must be accounted for."""
    opened = [o for o in play.outcomes if o.decision and o.decision.store.value == "open a ticket"]
    added = [
        o for o in play.outcomes if o.decision and o.decision.store.value == "add to the ticket"
    ]
    aside = [o for o in play.outcomes if o.decision and o.decision.store.value == "set aside"]
    sent = [d for d in play.deliveries if d.text.startswith(OutboxState.SENT.value)]
    return {
        "mails in": len(play.outcomes),
        "tickets opened": len(opened),
        "added to tickets": len(added),
        "set aside": len(aside),
        "quarantined": sum(o.quarantined for o in play.outcomes),
        "mails to customers": sum(d.mail.mail_class is not MailClass.INTERNAL for d in sent),
        "notifications to agents": sum(d.mail.mail_class is MailClass.INTERNAL for d in sent),
    }
