"""``mailflow run``: the daemon, one round of it, or one round without any effect."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import CONFIGURATION_INVALID, MAIL_UNREACHABLE, QUARANTINED, Failure

if TYPE_CHECKING:
    from mailflow.config import Settings
    from mailflow.flow.deliver import Delivered
    from mailflow.flow.receive import Outcome
    from mailflow.store.database import SqlStore


def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do all due work and end.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what would be done, once, and change nothing: no mail leaves, nothing is flagged or recorded.",
        ),
    ] = False,
) -> None:
    """Turn mail into tickets: the daemon, or one round with --once.

    The daemon follows the mailbox until SIGTERM or Ctrl-C. Exit codes of --once: 0 fine, 4 a mail
    server cannot be used, 5 something was quarantined.
    """
    from mailflow.cli.outcome import settings_for
    from mailflow.logs import set_up_logging

    settings = settings_for(ctx)
    set_up_logging(settings.log.level, settings.log.format)
    with faults_named():
        if dry_run:
            _dry_run(settings)
        elif once:
            _once(settings)
        else:
            _daemon(settings)


@contextmanager
def faults_named() -> Iterator[None]:
    """Faults of the outside become one sentence with its next step and an exit code."""
    from mailflow.edges.imap import MailboxRefused, MailboxUnreachable
    from mailflow.edges.smtp import SmtpRefused, SmtpUnreachable
    from mailflow.state import StateFault
    from mailflow.store.faults import StoreUnavailable, StoreWrong

    try:
        yield
    except (MailboxRefused, SmtpRefused) as error:
        raise Failure(error.cause, error.mend, MAIL_UNREACHABLE) from error
    except (MailboxUnreachable, SmtpUnreachable) as error:
        raise Failure(error.cause, "run `mailflow check`", MAIL_UNREACHABLE) from error
    except (StateFault, StoreWrong) as error:
        raise Failure(error.cause, error.mend, CONFIGURATION_INVALID) from error
    except StoreUnavailable as error:
        raise Failure(error.cause, "run `mailflow check`") from error


def _daemon(settings: Settings) -> None:
    from mailflow.app import App
    from mailflow.daemon import Daemon
    from mailflow.state import only_daemon

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with only_daemon(settings.state.directory):
        if not Daemon(App(settings)).run_until(stopped):
            logging.shutdown()
            os._exit(0)  # threads that wait for a server would keep us for as long as it likes


def _once(settings: Settings) -> None:
    from mailflow.app import App, Watch
    from mailflow.state import only_daemon

    outcomes: list[Outcome] = []
    mails: list[Delivered] = []
    with only_daemon(settings.state.directory):
        app = App(settings, watch=Watch(outcome=outcomes.append, delivered=mails.append))
        try:
            with app.store.begin() as work:
                first = work.intake.cursor(settings.mailbox.folder) is None
            app.step()
        finally:
            app.close()
    if first:
        typer.echo(
            f"First look at {settings.mailbox.folder}: the mail in it is left alone, what comes from now on is taken."
        )
    quarantined = sum(outcome.quarantined for outcome in outcomes)
    sent = sum(mail.text.startswith("sent") for mail in mails)
    typer.echo(
        f"Messages: {len(outcomes)}, of them quarantined: {quarantined}. "
        f"Mails: {sent} sent, {len(mails) - sent} not."
    )
    if quarantined:
        raise typer.Exit(QUARANTINED)


def _dry_run(settings: Settings) -> None:
    """One round on a copy of the database, a read-only mailbox and an SMTP server that is never called."""
    from mailflow.app import App, Watch
    from mailflow.store.database import open_store

    def tell(outcome: Outcome) -> None:
        typer.echo(_would(outcome))

    with tempfile.TemporaryDirectory(prefix="mailflow-dry-run-") as folder:
        url, known = copied_database(settings, Path(folder))
        store = open_store(url)
        app = App(settings, store=store, read_only=True, watch=Watch(outcome=tell))
        try:
            if not known:
                typer.echo(
                    f"There is no history to go on: the newest {_SAMPLE} messages are taken as new."
                )
            app.rehearse(0 if known else _SAMPLE)
            _tell_mail(store, shadow=settings.sending.mode == "shadow")
        finally:
            app.close()


_SAMPLE = 20  # messages a dry run looks at where nothing was read before


def _would(outcome: Outcome) -> str:
    message = outcome.message
    author = message.author.address if message and message.author else "an unreadable author"
    lines = [f"{author}: {message.subject if message else ''}"]
    if outcome.decision is None:
        return f"{lines[0]}\n  {outcome.text}"
    for question, answer in outcome.decision.reasons().items():
        lines.append(f"  {question:<7} {answer['answer']}: {answer['reason']}")
    return "\n".join(lines)


def _tell_mail(store: SqlStore, *, shadow: bool) -> None:
    from mailflow.desk.outbox import OutboxState
    from mailflow.store.reading import list_outbox

    waiting = list_outbox(store, state=OutboxState.PENDING)
    condition = " once sending is switched on (now: shadow mode)" if shadow else ""
    typer.echo(f"Mail that would leave{condition}: {len(waiting) or 'none'}")
    for mail in reversed(waiting):
        people = ", ".join(r.address for r in mail.recipients)
        typer.echo(f"  {(mail.kind or 'answer').replace('_', ' ')} to {people}: {mail.subject}")


def copied_database(settings: Settings, folder: Path) -> tuple[str, bool]:
    """A throw-away copy of the database, and whether there was one to copy."""
    copy = folder / "mailflow.db"
    url = settings.database.url
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path is None or not path.exists():
        return f"sqlite:///{copy}", False
    with (
        sqlite3.connect(f"file:{path}?mode=ro", uri=True) as source,
        sqlite3.connect(copy) as target,
    ):
        source.backup(target)
    return f"sqlite:///{copy}", True
