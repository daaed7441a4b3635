"""The importing job: old mail becomes tickets, and no mail leaves.

First pass: every head, for its date and its ids. Second pass: message by message in the order they were
written, one transaction each, bytes and decision together. Killed on any line, the next import passes
over what is recorded and goes on. Nothing here touches the outbox or the schedule of updates.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mailflow.desk.conversations import Conversations
from mailflow.desk.history import (
    COPY,
    Known,
    decide_history,
    history_lookup,
    may_reply_by_subject,
    within_window,
)
from mailflow.desk.policy import Policy
from mailflow.desk.reply_token import read_claims
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.flow.ports import Archive, ArchivedHead, Clock, Filed, Store
from mailflow.flow.receive import own_identity
from mailflow.mail.dates import parse_date
from mailflow.mail.headers import read_head
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.message_ids import find_ids
from mailflow.mail.parse import parse_message

log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One message found in the first pass: where it lies and where it stands in the order."""

    archive: int
    file: str
    position: int
    size: int
    written_at: float  # seconds since 1970
    node: int  # in the conversations


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one message. ``ticket_id`` of a copy is the ticket of what it copies."""

    file: str
    position: int
    message_id: str | None
    ticket_id: int | None
    proof: str
    origin: str | None
    reason: str
    opened: bool = False
    known: bool = False  # recorded before: nothing was done
    fault: str | None = None  # could not be read, or was quarantined


@dataclass(slots=True)
class Surroundings:
    """What the messages filed so far tell about the next ones. A few octets a conversation and subject."""

    by_conversation: dict[int, int] = field(default_factory=dict)
    by_subject: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def note(self, conversation: int, subject: str, ticket_id: int | None, at: datetime) -> None:
        if ticket_id is None:
            return
        self.by_conversation.setdefault(conversation, ticket_id)
        if subject:
            self.by_subject[subject.casefold()] = (ticket_id, at)

    def known(
        self, conversation: int, message: IncomingMessage, at: datetime, policy: Policy
    ) -> Known:
        filed = self.by_conversation.get(conversation)
        if filed is not None or not may_reply_by_subject(message):
            return Known(filed)
        ticket_id, last_at = self.by_subject.get(message.base_subject.casefold(), (None, at))
        return Known(None, ticket_id if within_window(at - last_at, policy) else None)


@dataclass(frozen=True, slots=True)
class Importer:
    """What an import runs on. ``trusted``: any evidence of a thread admits any author."""

    store: Store
    policy: Policy
    keys: tuple[bytes, ...]
    clock: Clock
    temporary: tuple[type[Exception], ...]
    trusted: bool = False


def plan_import(
    archives: Sequence[Archive],
    clock: Clock,
    *,
    found: Callable[[int], None] = lambda octets: None,
) -> tuple[list[Entry], Conversations]:
    """The first pass: every message in the order it was written, and which belong together.

    A message without a readable date stands where it stood in its archive. ``found`` is told the size
    of each message.
    """
    conversations = Conversations()
    entries: list[Entry] = []
    now = clock()
    for number, archive in enumerate(archives):
        last = _EPOCH
        for head in archive.heads():
            ids, last = _read_head(head, last, now)
            node = conversations.add(ids)
            moment = last.timestamp()
            entries.append(Entry(number, head.file, head.position, head.size, moment, node))
            found(head.size)
    entries.sort(key=lambda entry: entry.written_at)  # stable: equal dates keep their order
    return entries, conversations


def import_history(
    archives: Sequence[Archive],
    entries: Sequence[Entry],
    conversations: Conversations,
    importer: Importer,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Imported]:
    """The second pass: what became of each message, told after its commit."""
    around = Surroundings()
    for entry in entries:
        if stop():
            return
        archive = archives[entry.archive]
        raw = archive.read(entry.file, entry.position, entry.size)
        if raw is None:
            fault = "it can no longer be read"
            yield Imported(entry.file, entry.position, None, None, "none", None, fault, fault=fault)
            continue
        yield _import_one(entry, raw, archive, conversations.root(entry.node), around, importer)


def _import_one(
    entry: Entry,
    raw: RawMessage,
    archive: Archive,
    conversation: int,
    around: Surroundings,
    importer: Importer,
) -> Imported:
    with importer.store.begin() as work:
        filed = work.intake.filed(hashlib.sha256(raw.octets).hexdigest())
    written_at = _EPOCH + timedelta(seconds=entry.written_at)
    if filed is not None:
        around.note(conversation, filed.base_subject, filed.ticket_id, written_at)
        return _as_known(entry, filed)
    try:
        message = parse_message(raw, own_identity(importer.policy))
        imported = _record(entry, raw, archive, message, conversation, around, importer)
    except importer.temporary:
        raise  # the store is away: nothing was written
    except Exception as error:
        log.exception("a message of the past could not be recorded")
        return _quarantine(entry, raw, archive, f"{type(error).__name__}: {error}", importer)
    around.note(conversation, message.base_subject, imported.ticket_id, written_at)
    return imported


def _record(
    entry: Entry,
    raw: RawMessage,
    archive: Archive,
    message: IncomingMessage,
    conversation: int,
    around: Surroundings,
    importer: Importer,
) -> Imported:
    """Bytes, context, decision and record in one transaction, dated when the message was written."""
    at = _EPOCH + timedelta(seconds=entry.written_at)
    policy = importer.policy
    trusted = importer.trusted or archive.source is archive.source.SENT
    claims = read_claims(message, importer.keys, importer.clock().date())
    known = around.known(conversation, message, at, policy) if importer.trusted else Known()
    with importer.store.begin() as work:
        waiting = work.intake.keep_history(raw, archive.source, importer.clock())
        if waiting is None:  # another import or the daemon was first
            filed = work.intake.filed(message.content_hash)
            return _as_known(entry, filed or Filed(None, None, "none", None, "", "known"))
        lookup = history_lookup(message, claims, known, policy)
        context = work.tickets.context_for(lookup, at)
        decision = decide_history(message, claims, context, policy, known, trusted=trusted)
        recorded = work.tickets.record(waiting, message, decision, NO_SUGGESTION, at)
    copied = decision.thread.linked_to if decision.store.reason == COPY else None
    return Imported(
        entry.file,
        entry.position,
        message.message_id,
        recorded.ticket.id if recorded.ticket else copied,
        decision.thread.proof.value,
        message.origin.kind.value,
        decision.store.reason,
        opened=recorded.ticket is not None and decision.thread.ticket_id is None,
    )


def _as_known(entry: Entry, filed: Filed) -> Imported:
    return Imported(
        entry.file,
        entry.position,
        filed.message_id,
        filed.ticket_id,
        filed.proof,
        filed.origin,
        filed.reason,
        known=True,
    )


def _quarantine(
    entry: Entry, raw: RawMessage, archive: Archive, fault: str, importer: Importer
) -> Imported:
    with importer.store.begin() as work:
        waiting = work.intake.keep_history(raw, archive.source, importer.clock())
        if waiting is not None:
            work.intake.quarantine(waiting.id, fault, importer.clock())
    return Imported(entry.file, entry.position, None, None, "none", None, fault, fault=fault)


def _read_head(head: ArchivedHead, last: datetime, now: datetime) -> tuple[list[str], datetime]:
    """The ids it carries and names, and when it was written: not before 1970, not in the future."""
    fields, _ = read_head(head.octets)
    ids: list[str] = []
    for name in ("message-id", "in-reply-to", "references"):
        for raw in fields.raws(name)[:1]:
            ids += find_ids(raw)[:1] if name == "message-id" else find_ids(raw)
    written_at = parse_date(fields.raw("date") or "") or head.received_at or last
    try:
        written_at = written_at.astimezone(UTC)
    except OverflowError:
        written_at = last
    return ids, min(max(written_at, _EPOCH), now)
