"""What ``mailflow check`` and ``mailflow init`` look at, one function a subject.

A look never changes anything: no folder is created, no mail sent, no database made.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mailflow.cli.outcome import CONFIGURATION_INVALID, FAILED, FINE, MAIL_UNREACHABLE

if TYPE_CHECKING:
    from pathlib import Path

    from mailflow.config import Loaded, Settings


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, but somebody should know
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """``cause`` says what was seen; ``next_step`` what to do about it, '' when there is nothing to do."""

    subject: str
    status: Status
    cause: str
    next_step: str = ""
    code: int = FINE  # the exit code this finding asks for


Look = Callable[["Settings"], Iterator[Finding]]


def look_at_configuration(loaded: Loaded) -> Iterator[Finding]:
    settings = loaded.settings
    subject = "configuration"
    yield Finding(subject, Status.OK, str(loaded.file or "from the environment alone"))
    for account in (settings.mailbox, settings.smtp):
        if account.insecure:
            yield Finding(
                subject,
                Status.WARNING,
                f"{account.section}.insecure gives up protection against eavesdroppers",
                "set it to false once your server has a certificate",
            )
    if not settings.agents:
        yield Finding(
            subject,
            Status.WARNING,
            "there are no agents: nobody is told about new tickets",
            "add [[agents]] with an address",
        )
    if settings.sending.mode == "shadow":
        yield Finding(
            subject,
            Status.WARNING,
            "shadow mode: mailflow writes to nobody, everything else works",
            'look at `mailflow outbox list`; to go live set mode = "live" under [sending]',
        )


def look_at_secrets(settings: Settings) -> Iterator[Finding]:
    from mailflow.config import ConfigError, read_password

    for account in (settings.mailbox, settings.smtp):
        subject = f"{account.section} password"
        try:
            secret = read_password(account)
        except ConfigError as error:
            for fault in error.faults:
                value = f" {fault.value}" if fault.value else ""
                cause = f"{fault.key}{value}: {fault.problem}"
                yield Finding(subject, Status.FAILED, cause, fault.mend, CONFIGURATION_INVALID)
        else:
            yield Finding(subject, Status.OK, "present" if secret else "not needed: no username")


def look_at_mailbox(settings: Settings) -> Iterator[Finding]:
    """Login, capabilities, and the folders. Read-only: the inbox is opened with EXAMINE."""
    from mailflow.edges.imap import ImapMailbox, MailboxRefused, MailboxUnreachable
    from mailflow.wiring import imap_account

    box = settings.mailbox
    where = f"{box.host}:{box.port}"
    subject = "IMAP"
    try:
        with ImapMailbox(imap_account(settings), read_only=True) as mailbox:
            offered = mailbox.capabilities()
            useful = [
                name for name in ("IDLE", "MOVE", "UIDPLUS", "SPECIAL-USE") if name in offered
            ]
            yield Finding(
                "IMAP",
                Status.OK,
                f"logged in at {where}; offers {', '.join(useful) or 'the least'}",
            )
            if box.idle and "IDLE" not in offered:
                cause = f"no IDLE: new mail is seen within {box.poll_seconds} s, not at once"
                yield Finding("IMAP", Status.WARNING, cause)
            subject = "IMAP folders"
            state = mailbox.open_folder(box.folder)
            sent = box.sent_folder or mailbox.find_sent_folder()
            if box.sent_folder:
                mailbox.open_folder(box.sent_folder)
            yield Finding(
                subject,
                Status.OK,
                f"{box.folder} (next UID {state.uidnext}), sent mail in {sent or '—'}",
            )
            if not sent:
                yield Finding(
                    subject,
                    Status.WARNING,
                    "no folder for sent mail: answers given from the shared mailbox are not seen",
                    "name it in mailbox.sent_folder",
                )
    except MailboxRefused as error:
        yield Finding(subject, Status.FAILED, error.cause, error.mend, MAIL_UNREACHABLE)
    except MailboxUnreachable as error:
        step = f"see whether {where} is right and answers from this machine"
        yield Finding(subject, Status.FAILED, error.cause, step, MAIL_UNREACHABLE)


def look_at_smtp(settings: Settings) -> Iterator[Finding]:
    from mailflow.edges.smtp import SmtpRefused, SmtpSender, SmtpUnreachable
    from mailflow.wiring import smtp_server

    where = f"{settings.smtp.host}:{settings.smtp.port}"
    sender = SmtpSender(smtp_server(settings))
    try:
        found = sender.probe()
    except SmtpRefused as error:
        yield Finding("SMTP", Status.FAILED, error.cause, error.mend, MAIL_UNREACHABLE)
    except SmtpUnreachable as error:
        step = f"see whether {where} is right and answers from this machine"
        yield Finding("SMTP", Status.FAILED, error.cause, step, MAIL_UNREACHABLE)
    else:
        facts = ["encrypted" if found.encrypted else "not encrypted"]
        facts += ["logged in"] if found.logged_in else []
        facts += [f"up to {found.max_size // 1_000_000} MB"] if found.max_size else []
        facts += ["SMTPUTF8"] if found.smtputf8 else []
        yield Finding("SMTP", Status.OK, f"{where}: {', '.join(facts)}")
    finally:
        sender.close()


def look_at_dkim(settings: Settings) -> Iterator[Finding]:
    """Sign a sample and verify it by the key in DNS, as every receiver will."""
    from mailflow.config import ConfigError
    from mailflow.edges.signed_smtp import verifies
    from mailflow.signing import dkim_domain, dkim_signer

    domain, selector = dkim_domain(settings), settings.dkim.selector
    try:
        sign = dkim_signer(settings)
    except ConfigError as error:
        for fault in error.faults:
            cause = f"{fault.key} {fault.value}: {fault.problem}"
            yield Finding("DKIM", Status.FAILED, cause, fault.mend, CONFIGURATION_INVALID)
        return
    if sign is None:
        yield Finding("DKIM", Status.SKIPPED, "mailflow does not sign; your provider may")
    elif verifies(sign(f"From: check@{domain}\r\nSubject: check\r\n\r\ncheck\r\n".encode())):
        yield Finding("DKIM", Status.OK, f"signs for {domain}, and the key in DNS agrees")
    else:
        yield Finding(
            "DKIM",
            Status.WARNING,
            f"signs for {domain}, and no key in DNS accepts it",
            f"publish the public key as TXT record {selector}._domainkey.{domain}",
        )


def look_at_database(settings: Settings) -> Iterator[Finding]:
    from pathlib import Path

    from mailflow.store.database import open_store
    from mailflow.store.faults import StoreUnavailable, StoreWrong

    subject, url = "database", settings.database.url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        yield Finding(
            subject, Status.OK, f"{url.removeprefix('sqlite:///')} will be made by the first run"
        )
        return
    try:
        store = open_store(url, prepare=False, create=False)
        try:
            found = store.current_revision()
            if found is None:
                yield Finding(
                    subject, Status.OK, f"{store.address} is empty: the first run fills it"
                )
                return
            store.prepare(create=False)
            yield Finding(subject, Status.OK, f"{store.address}, revision {found}")
        finally:
            store.close()
    except StoreWrong as error:
        yield Finding(subject, Status.FAILED, error.cause, error.mend, FAILED)
    except StoreUnavailable as error:
        yield Finding(
            subject, Status.FAILED, error.cause, "see whether the database server runs", FAILED
        )


def look_at_templates(settings: Settings) -> Iterator[Finding]:
    from mailflow.wiring import open_templates

    own = settings.templates.folder
    if own is not None and not own.is_dir():
        step = "make the folder, or remove templates.folder"
        yield Finding("templates", Status.FAILED, f"there is no folder {own}", step, FAILED)
        return
    faults = list(open_templates(settings).reload())
    for fault in faults:
        step = "mend it; until then the last good version serves, here the shipped one"
        yield Finding("templates", Status.FAILED, str(fault), step, FAILED)
    if not faults:
        yield Finding(
            "templates", Status.OK, f"shipped ones{f', with your own in {own}' if own else ''}"
        )


def look_at_model(settings: Settings) -> Iterator[Finding]:
    if not settings.suggestions.enabled:
        yield Finding("model", Status.SKIPPED, "suggestions are switched off")
        return
    from mailflow.suggestions import load_suggester, model_folder

    fault = load_suggester(settings).fault
    if fault:
        step = "mail flows without suggestions; see `mailflow model`"
        yield Finding("model", Status.WARNING, fault, step)
    else:
        yield Finding("model", Status.OK, str(model_folder(settings)))
    if settings.suggestions.embeddings is not None:
        yield _embeddings(settings.suggestions.embeddings)


def _embeddings(folder: Path) -> Finding:
    from mailflow.suggest.embeddings import load_embeddings
    from mailflow.suggest.unusable import ModelUnusable

    try:
        return Finding("embeddings", Status.OK, str(load_embeddings(folder).folder))
    except ModelUnusable as error:
        cause = f"no model can be trained as configured: {error.reason}"
        return Finding("embeddings", Status.WARNING, cause, error.mend)


def look_at_state(settings: Settings) -> Iterator[Finding]:
    """The signing key's mode, and whether a daemon runs. Takes the lock for a moment only if it is free."""
    folder = settings.state.directory
    key, lock = folder / "mailflow.key", folder / "mailflow.lock"
    try:
        if key.exists() and key.stat().st_mode & 0o077:
            yield Finding(
                "state",
                Status.FAILED,
                f"{key} can be read by others",
                f"chmod 600 {key}",
                CONFIGURATION_INVALID,
            )
            return
        if not lock.exists():
            yield Finding("state", Status.OK, f"{folder}; no mailflow runs")
            return
        with lock.open("r") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                number = file.read(20).strip()
                yield Finding(
                    "state", Status.OK, f"{folder}; mailflow runs as process {number or 'unknown'}"
                )
            else:
                yield Finding("state", Status.OK, f"{folder}; no mailflow runs")
    except OSError as error:
        cause = f"{error.filename}: {error.strerror}"
        yield Finding(
            "state", Status.FAILED, cause, "run as the user who owns it", CONFIGURATION_INVALID
        )


#: In the order they are told. The second part needs the network.
LOCAL: tuple[tuple[str, Look], ...] = (
    ("database", look_at_database),
    ("templates", look_at_templates),
    ("model", look_at_model),
    ("state", look_at_state),
)
NETWORK: tuple[tuple[str, Look], ...] = (
    ("IMAP", look_at_mailbox),
    ("SMTP", look_at_smtp),
    ("DKIM", look_at_dkim),
)


def look(subject: str, at: Look, settings: Settings) -> Iterator[Finding]:
    """Findings of one look; a fault of ours becomes a finding, so that the other looks still happen."""
    try:
        yield from at(settings)
    except Exception as error:  # noqa: BLE001 - told to the person who asked, with its type
        cause = f"could not be examined: {type(error).__name__}: {error}"
        yield Finding(
            subject, Status.FAILED, cause, "this is a fault of mailflow: please report it", FAILED
        )


def exit_code(findings: list[Finding]) -> int:
    """Configuration before mail before the rest, as a wrong configuration makes the others wrong."""
    codes = {finding.code for finding in findings}
    return next(
        (code for code in (CONFIGURATION_INVALID, MAIL_UNREACHABLE, FAILED) if code in codes), FINE
    )
