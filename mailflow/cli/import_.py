"""``mailflow import``: old mail becomes tickets, and no mail leaves."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import QUARANTINED, Failure

if TYPE_CHECKING:
    from mailflow.config import Settings
    from mailflow.flow.import_history import Imported, Importer
    from mailflow.flow.ports import Archive

_IMAP = "imap:"


def import_(
    ctx: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|imap:FOLDER…",
            help="mbox, Maildir, a folder of messages, a message, or a folder of the mailbox.",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and change nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a message on stdout.")
    ] = False,
    trust_references: Annotated[
        bool,
        typer.Option(
            "--trust-references",
            help="Thread by References whoever wrote, and give machine mail tickets too: for archives.",
        ),
    ] = False,
) -> None:
    """Make tickets of old mail. No mail leaves, nobody is notified, no update is scheduled.

    Tickets are opened as solved. What was imported before is passed over: an import that was cut off
    goes on when it is started again. Exit codes: 0 fine, 1 something could not be read, 4 the mail server
    cannot be used, 5 something was quarantined.
    """
    from mailflow.cli.outcome import settings_for
    from mailflow.cli.run import faults_named
    from mailflow.cli.store import store_faults_named
    from mailflow.logs import set_up_logging

    settings = settings_for(ctx)
    set_up_logging(settings.log.level, settings.log.format)
    with faults_named(), store_faults_named(), ExitStack() as stack:
        archives = [_archive(source, settings, stack) for source in sources]
        importer = _importer(settings, stack, dry_run=dry_run, trusted=trust_references)
        counts = _import(archives, importer, as_json=as_json)
        unreadable = {k: v for archive in archives for k, v in archive.unreadable.items()}
    for name, why in unreadable.items():
        sys.stderr.write(f"mailflow: {name}: {why}\n")
    _summarise(counts, dry_run=dry_run)
    if counts["quarantined"]:
        raise typer.Exit(QUARANTINED)
    if unreadable:
        raise typer.Exit(1)


def _archive(source: str, settings: Settings, stack: ExitStack) -> Archive:
    from mailflow.desk.context import Source
    from mailflow.edges.archives import FileArchive
    from mailflow.edges.imap import ImapMailbox
    from mailflow.edges.imap_archive import ImapArchive
    from mailflow.wiring import imap_account

    most = settings.mailbox.max_message_octets
    if not source.startswith(_IMAP):
        path = Path(source)
        if not path.exists():
            mend = "name a file or a folder, or imap:FOLDER for a folder of the mailbox"
            raise Failure(f"there is no {source}", mend)
        return FileArchive(path, max_octets=most)
    folder = source.removeprefix(_IMAP)
    mailbox = stack.enter_context(ImapMailbox(imap_account(settings), read_only=True))
    sent = settings.mailbox.sent_folder or mailbox.find_sent_folder()
    kind = Source.SENT if folder == sent else Source.INBOX
    return ImapArchive(mailbox, folder, max_octets=most, source=kind)


def _importer(settings: Settings, stack: ExitStack, *, dry_run: bool, trusted: bool) -> Importer:
    """On the database; in a rehearsal on a copy of it, and without making a key."""
    from mailflow.cli.run import copied_database
    from mailflow.flow.import_history import Importer
    from mailflow.state import signing_keys
    from mailflow.store.database import open_store
    from mailflow.store.faults import StoreUnavailable
    from mailflow.wiring import policy_from, utc_now

    url = settings.database.url
    state = settings.state.directory
    if dry_run:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mailflow-dry-run-"))
        url, _ = copied_database(settings, Path(folder))
    store = open_store(url)
    stack.callback(store.close)
    keys = signing_keys(state) if not dry_run or (state / "mailflow.key").exists() else ()
    return Importer(store, policy_from(settings), keys, utc_now, (StoreUnavailable,), trusted)


def _import(archives: list[Archive], importer: Importer, *, as_json: bool) -> Counter[str]:
    from mailflow.cli.screen import print_json
    from mailflow.flow.import_history import import_history, plan_import

    counts: Counter[str] = Counter()
    with _progress("Reading heads", None) as advance:
        entries, conversations = plan_import(
            archives, importer.clock, found=lambda octets: advance()
        )
    done = import_history(archives, entries, conversations, importer)
    with _progress("Importing", len(entries)) as advance:
        for imported in done:
            counts[_class_of(imported)] += 1
            if as_json:
                print_json(record(imported), line=True)
            advance()
    return counts


def record(imported: Imported) -> dict[str, object]:
    return {
        "file": imported.file,
        "position": imported.position,
        "message_id": imported.message_id,
        "ticket": imported.ticket_id,
        "proof": imported.proof,
        "origin": imported.origin,
        "opened": imported.opened,
        "known": imported.known,
        "reason": imported.reason,
        "fault": imported.fault,
    }


def _class_of(imported: Imported) -> str:
    from mailflow.desk.history import COPY

    if imported.fault:
        return "quarantined"
    if imported.known:
        return "known"
    if imported.ticket_id is None or imported.reason == COPY:
        return "set aside"
    return "opened" if imported.opened else "added"


def _summarise(counts: Counter[str], *, dry_run: bool) -> None:
    head = "Nothing was changed; it would be: t" if dry_run else "T"
    sys.stderr.write(
        f"{head}ickets opened: {counts['opened']}. Messages added: {counts['added']}, "
        f"set aside: {counts['set aside']}, known before: {counts['known']}, "
        f"quarantined or gone: {counts['quarantined']}. No mail leaves.\n"
    )


@contextmanager
def _progress(title: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar on stderr where somebody looks at it; nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


__all__ = ["import_", "record"]
