"""The receiving job: from a folder on the server to recorded decisions and answers waiting to leave.

Two halves, each idempotent. ``fetch_new`` commits raw bytes and moves the cursor behind them;
``decide_waiting`` turns committed bytes into tickets and answers, one transaction a message. Killed on
any line, the next run goes on where the last commit stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import takewhile

from mailflow.desk.context import Source, lookup_for
from mailflow.desk.decision import Answer, Decision, Voice
from mailflow.desk.forward import with_original
from mailflow.desk.intake import decide_intake, refuse_commands
from mailflow.desk.letters import Occasion
from mailflow.desk.policy import Policy
from mailflow.desk.reply_token import read_claims
from mailflow.desk.suggestion import NO_SUGGESTION, Suggestion
from mailflow.desk.ticket import Ticket
from mailflow.flow.answer import Desk, queue_answers
from mailflow.flow.asked import do_what_was_asked, learn_about_author
from mailflow.flow.clocks import set_clocks
from mailflow.flow.commands import (
    articles_at_hand,
    carry_out,
    command_refusals,
    protect_reply_address,
    spoken_message,
)
from mailflow.flow.crossing import point_out_crossing
from mailflow.flow.ports import (
    Clock,
    Cursor,
    FolderState,
    Mailbox,
    Store,
    Suggests,
    Trial,
    WaitingMessage,
    Work,
)
from mailflow.mail.message import IncomingMessage, OwnIdentity, RawMessage
from mailflow.mail.parse import parse_message

log = logging.getLogger(__name__)

_PAGE = 500
_BATCH = 32
_MAX_ATTEMPTS = 3


# ── from the server to the database ─────────────────────────────────────────────────────────────


def fetch_new(
    mailbox: Mailbox,
    folder: str,
    source: Source,
    store: Store,
    clock: Clock,
    *,
    max_octets: int,
    stop: Callable[[], bool] = lambda: False,
    skip_known: bool = False,
) -> int:
    """Commit every message of ``folder`` not recorded yet. Returns how many were new.

    The first contact with a folder records where it ends and takes nothing: old mail is answered by
    nobody. After a change of UIDVALIDITY everything since then is read again; known bytes only gain a
    location. ``skip_known`` passes over what is known to lie there already, because we put it there.
    """
    state = mailbox.open_folder(folder)
    with store.begin() as work:
        cursor = work.intake.cursor(folder)
    if cursor is None:
        _first_contact(mailbox, folder, store, clock, state)
        return 0
    if cursor.uidvalidity != state.uidvalidity:
        log.warning("the server numbers %s anew (UIDVALIDITY changed): reading it again", folder)
        reread_to = _last_uid(mailbox, state)
        cursor = Cursor(state.uidvalidity, 0, cursor.first_contact_at, reread_to)
        with store.begin() as work:  # at once: an empty folder would look changed for ever
            work.intake.set_cursor(folder, cursor)
    new = 0
    named: set[int] = set()
    while not stop():
        uids = mailbox.uids_after(cursor.last_uid, limit=_PAGE)
        if not uids:
            break
        wanted = uids
        if skip_known:
            with store.begin() as work:
                known_here = work.intake.known_uids(folder, state.uidvalidity, uids)
            wanted = [uid for uid in uids if uid not in known_here]
        for raw in mailbox.fetch_many(wanted, max_octets=max_octets):
            uid = raw.location.uid if raw.location else cursor.last_uid
            cursor = replace(cursor, last_uid=uid)
            with store.begin() as work:
                # Bytes and cursor in one commit: the cursor never passes an unrecorded message.
                history = _is_history(raw, cursor)
                new += work.intake.keep(raw, source, clock(), history=history)
                work.intake.set_cursor(folder, cursor)
                _name_unreadable(work, mailbox, folder, clock, named)
            if stop():
                return new
        # What was expunged meanwhile has no bytes; what the server garbles is named and passed over.
        cursor = replace(cursor, last_uid=uids[-1])
        with store.begin() as work:
            work.intake.set_cursor(folder, cursor)
            _name_unreadable(work, mailbox, folder, clock, named)
    return new


def _name_unreadable(
    work: Work, mailbox: Mailbox, folder: str, clock: Clock, named: set[int]
) -> None:
    """Write down, in the commit that passes them over, the messages the server garbles."""
    for uid, cause in mailbox.unreadable.items():
        if uid not in named:
            named.add(uid)
            reason = f"{folder} UID {uid} was not read: {cause}"
            log.error("%s", reason)
            work.tickets.note_event(None, "unreadable", reason, clock(), uid=uid)


def _first_contact(
    mailbox: Mailbox, folder: str, store: Store, clock: Clock, state: FolderState
) -> None:
    last_uid = _last_uid(mailbox, state)
    with store.begin() as work:
        work.intake.set_cursor(folder, Cursor(state.uidvalidity, last_uid, clock()))
        reason = f"{folder}: mail up to here is left alone"
        log.info("first contact with %s (UID %d)", reason, last_uid)
        work.tickets.note_event(None, "first contact", reason, clock(), last_uid=last_uid)


def pretend_read_up_to(
    mailbox: Mailbox, folder: str, newest: int, store: Store, clock: Clock
) -> None:
    """For a rehearsal: put the cursor so that the ``newest`` messages of ``folder`` count as new."""
    state = mailbox.open_folder(folder)
    uids = mailbox.uids_since(date(1970, 1, 1))[-newest:]
    last_uid = uids[0] - 1 if uids else max(state.uidnext - 1, 0)
    long_ago = clock() - timedelta(days=36_500)
    with store.begin() as work:
        work.intake.set_cursor(folder, Cursor(state.uidvalidity, last_uid, long_ago))


def _last_uid(mailbox: Mailbox, state: FolderState) -> int:
    """The highest UID given out so far, also where the server does not say UIDNEXT."""
    if state.uidnext:
        return state.uidnext - 1
    return max(mailbox.uids_since(date(1970, 1, 1)), default=0)


def _is_history(raw: RawMessage, cursor: Cursor) -> bool:
    """Whether it lay here before mailflow came. Only a re-read of the folder can meet such mail again.

    Old mail that somebody moves into the folder later is new to the desk.
    """
    if raw.received_at is None or raw.location is None or raw.location.uid > cursor.reread_to:
        return False
    slack = timedelta(minutes=5)  # the server's clock is not ours
    return raw.received_at < cursor.first_contact_at - slack


# ── from the database to decisions ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one waiting message, in words for the log and the screen."""

    waiting: WaitingMessage
    message: IncomingMessage | None
    decision: Decision | None
    ticket: Ticket | None
    text: str
    suggestion: Suggestion = NO_SUGGESTION
    quarantined: bool = False


def decide_waiting(
    store: Store,
    suggests: Suggests,
    desk: Desk,
    trial: Trial,
    *,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[Outcome], None] = lambda outcome: None,
) -> int:
    """Decide everything that waits. Returns how many messages were decided (or quarantined)."""
    done = 0
    while not stop():
        with store.begin() as work:
            batch = next_batch(work.intake.waiting(_BATCH))
            if not batch:
                break
            work.intake.count_attempt([w.id for w in batch], desk.clock())
        done += _decide_batch(batch, store, suggests, desk, trial, stop, watch)
    return done


def next_batch(waiting: Sequence[WaitingMessage]) -> Sequence[WaitingMessage]:
    """What to take in hand together: fresh messages in a batch, one that was in hand before alone.

    So a message that kills its reader stands alone at its second attempt, and those beside it at the
    first are cleared.
    """
    if waiting and waiting[0].attempts:
        return waiting[:1]
    return list(takewhile(lambda message: not message.attempts, waiting))


def _decide_batch(
    batch: Sequence[WaitingMessage],
    store: Store,
    suggests: Suggests,
    desk: Desk,
    trial: Trial,
    stop: Callable[[], bool],
    watch: Callable[[Outcome], None],
) -> int:
    read = [(w, m) for w in batch if (m := _read(w, store, desk, trial, stop, watch)) is not None]
    if stop():
        return 0
    suggestions = suggests.suggest_many([(m.subject, m.new_text) for _, m in read])
    done = len(batch) - len(read)
    for (waiting, message), suggestion in zip(read, suggestions, strict=True):
        if stop():
            break
        watch(_decide_one(waiting, message, suggestion, store, desk))
        done += 1
    return done


def _read(
    waiting: WaitingMessage,
    store: Store,
    desk: Desk,
    trial: Trial,
    stop: Callable[[], bool],
    watch: Callable[[Outcome], None],
) -> IncomingMessage | None:
    """The message as read, or None when it had to be quarantined.

    An attempt that left no result means that the process died while this message was in hand. After two
    of them, the second alone in hand, a child process tries whether the message is to blame, so that a
    power cut condemns nobody's mail. Nor does a stop, which ends the child too.
    """
    if stop():
        return None
    fault = trial(waiting.raw.octets) if waiting.attempts >= _MAX_ATTEMPTS - 1 else None
    if fault is None:
        message = parse_message(waiting.raw, own_identity(desk.policy))
        return with_original(message, desk.policy)
    if not stop():
        watch(_quarantine(waiting, fault, store, desk))
    return None


def _decide_one(
    waiting: WaitingMessage,
    message: IncomingMessage,
    suggestion: Suggestion,
    store: Store,
    desk: Desk,
) -> Outcome:
    try:
        with store.begin() as work:
            return _record(work, waiting, message, suggestion, desk)
    except desk.temporary:
        raise  # the store is away: nothing was written, the message waits
    except Exception as error:
        log.exception("a message could not be decided")
        fault = f"{type(error).__name__}: {error}"
        if waiting.attempts + 1 >= _MAX_ATTEMPTS:
            return _quarantine(waiting, fault, store, desk)
        return Outcome(waiting, message, None, None, f"will be tried again: {fault}")


def _record(
    work: Work,
    waiting: WaitingMessage,
    message: IncomingMessage,
    suggestion: Suggestion,
    desk: Desk,
) -> Outcome:
    """Context → decision → record → answers, all in the caller's transaction."""
    now = desk.clock()
    claims = read_claims(message, desk.keys, now.date())
    lookup = lookup_for(message, claims, desk.policy.subject_window)
    context = work.tickets.context_for(lookup, now)
    articles = articles_at_hand(work, desk, message)
    decision = decide_intake(
        message, waiting.source, claims, context, suggestion, desk.policy, articles
    )
    if decision.commands and (faults := command_refusals(work, desk, message, decision)):
        decision = refuse_commands(decision, faults)
    recorded = work.tickets.record(waiting, message, decision, suggestion, now)
    if recorded.ticket is not None:
        learn_about_author(work, message, decision)
        protect_reply_address(work, desk, decision)
        spoken = spoken_message(message, decision, desk)
        queue_answers(work, desk, waiting, spoken, decision, suggestion, recorded.ticket)
        if decision.voice is Voice.AGENT and decision.answer.value is not Answer.TELL_AGENT:
            occasion = Occasion(
                waiting.id, message, decision, suggestion, recorded.ticket, 0, desk.articles
            )
            sent = waiting.source is Source.SENT
            row = recorded.message_row
            carry_out(work, desk, occasion, spoken.new_text, row, sent=sent)
            if sent:
                point_out_crossing(work, desk, occasion, row)
        do_what_was_asked(work, desk, recorded.ticket, message, decision)
        set_clocks(work, desk, recorded.ticket.id)
    text = f"{decision.store.value}: {decision.store.reason}"
    return Outcome(waiting, message, decision, recorded.ticket, text, suggestion)


def _quarantine(waiting: WaitingMessage, reason: str, store: Store, desk: Desk) -> Outcome:
    with store.begin() as work:
        work.intake.quarantine(waiting.id, reason, desk.clock())
    text = f"quarantined: {reason}"
    return Outcome(waiting, None, None, None, text, quarantined=True)


def own_identity(policy: Policy) -> OwnIdentity:
    return OwnIdentity(policy.own_addresses, policy.message_id_domain)
