"""Past days once more, on a virtual clock, with any configuration, into a throw-away store. Nothing leaves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailflow.app import App
from mailflow.config import Secret, Settings
from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.desk.outbox import OutboxState
from mailflow.store.database import SqlStore, open_store
from mailflow.store.reading import list_outbox
from mailflow.store.replay import Arrival, arrivals, seed

TICK = timedelta(minutes=5)
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class ReplayedMail:
    """A mail the desk would have sent, or why the gate kept it."""

    at: datetime
    ticket: int | None
    kind: str
    to: str
    subject: str
    state: str
    reason: str

    @property
    def identity(self) -> tuple[int | None, str, str, str]:
        """What tells whether two runs sent the same: ticket, kind, recipient, state."""
        return (self.ticket, self.kind, self.to, self.state)


@dataclass(frozen=True, slots=True)
class Difference:
    """``before`` only under the first configuration, ``after`` only under the second; both: another moment."""

    before: ReplayedMail | None
    after: ReplayedMail | None


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class _Nobody:
    """The server of a replay: it accepts everything and hands nothing on."""

    def begin(
        self, envelope_sender: str, recipients: Sequence[str], size: int, needs_utf8: bool
    ) -> Sequence[RecipientResult]:
        return [RecipientResult(to, Outcome.ACCEPTED, 250, "replayed") for to in recipients]

    def finish(self, octets: bytes) -> DataResult:
        return DataResult(Outcome.ACCEPTED, 250, "replayed")

    def abandon(self) -> None: ...


def replay(
    source: SqlStore, settings: Settings, since: datetime, until: datetime
) -> Sequence[ReplayedMail]:
    """Run the mail seen from ``since`` to before ``until`` through a desk of its own; what it would send.

    Sending counts as switched on. The clock stands still between messages but for a tick every five
    minutes, in which everything that falls due by time is done.
    """
    with tempfile.TemporaryDirectory(prefix="mailflow-replay-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'replay.db'}")
        seed(source, store, since, until)
        clock = _Clock(since)
        live = _harmless(settings)
        app = App(
            live,
            clock=clock,
            store=store,
            submission=_Nobody(),
            trial=lambda octets: None,  # these messages were read before
            read_only=True,
        )
        try:
            _run(app, clock, arrivals(source, since, until), until)
            return _mails(store)
        finally:
            app.close()


def _harmless(settings: Settings) -> Settings:
    """The same desk with sending switched on, without passwords (it logs in nowhere) and without alarms."""
    unused = {"password": Secret("unused"), "password_file": None, "password_command": ()}
    return settings.model_copy(
        update={
            "mailbox": settings.mailbox.model_copy(update=unused),
            "smtp": settings.smtp.model_copy(update=unused),
            "sending": settings.sending.model_copy(update={"mode": "live"}),
            "admin": settings.admin.model_copy(update={"alert_command": ()}),
        }
    )


def _run(app: App, clock: _Clock, coming: Iterable[Arrival], until: datetime) -> None:
    app.queue_due()
    for arrival in coming:
        _pass(app, clock, arrival.at)
        with app.store.begin() as work:
            work.intake.keep(arrival.raw, arrival.source, clock())
        app.decide()
        app.deliver()
    _pass(app, clock, until)


def _pass(app: App, clock: _Clock, until: datetime) -> None:
    while clock.now + TICK < until:
        clock.now += TICK
        app.queue_due()
        app.deliver()
    clock.now = max(clock.now, until)


def _mails(store: SqlStore) -> Sequence[ReplayedMail]:
    found = [
        ReplayedMail(
            at=mail.settled_at or mail.not_before,
            ticket=mail.ticket_id,
            kind=mail.kind or "answer",
            to=", ".join(to.address for to in mail.recipients),
            subject=mail.subject,
            state=mail.state,
            reason="" if mail.state == OutboxState.SENT else mail.reason,
        )
        for mail in list_outbox(store, limit=_ALL)
    ]
    return sorted(found, key=lambda mail: (mail.at, mail.ticket or 0, mail.kind, mail.to))


def differences(
    before: Sequence[ReplayedMail], after: Sequence[ReplayedMail]
) -> Sequence[Difference]:
    """Mail by mail, in order of time: the n-th of a kind to a person on a ticket is compared with the n-th."""
    waiting: dict[tuple[int | None, str, str, str], list[ReplayedMail]] = {}
    for mail in before:
        waiting.setdefault(mail.identity, []).append(mail)
    found = []
    for mail in after:
        same = waiting.get(mail.identity)
        first = same.pop(0) if same else None
        if first is None or first.at != mail.at:
            found.append(Difference(first, mail))
    found += [Difference(mail, None) for left in waiting.values() for mail in left]
    return sorted(found, key=lambda d: min(m.at for m in (d.before, d.after) if m is not None))
