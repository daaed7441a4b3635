"""The delivery job: outbox → gate → SMTP → settled. The only caller of an SMTP dialogue.

"In flight" is committed after the recipients were accepted and before the content is sent: whatever
kills the process before that line, the mail certainly did not leave; after it, it is known to be in
doubt, instead of silently sent twice.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from mailflow.desk.delivery import Outcome
from mailflow.desk.gate import Passage, Verdict, decide_release, state_after
from mailflow.desk.outbox import OutboxMail, Settlement
from mailflow.desk.settlement import settle_attempt, settle_interrupted
from mailflow.flow.answer import Desk
from mailflow.flow.ports import Store, Submission

log = logging.getLogger(__name__)

_AWAY = timedelta(minutes=1)  # how long a mail waits when the server cannot be reached
_PUT_OFF = timedelta(hours=1)  # … and when it is our own fault


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one mail, for the log and the screen."""

    mail: OutboxMail
    text: str


def resolve_interrupted(store: Store, desk: Desk) -> int:
    """Settle what stands in flight though nobody is sending: to be called only where no dialogue runs."""
    with store.begin() as work:
        doubtful = work.outbox.in_flight()
        for mail in doubtful:
            settlement = settle_interrupted(mail, desk.clock())
            work.outbox.settle(mail.id, settlement, desk.clock())
            work.tickets.note_event(
                mail.ticket_id, "delivery in doubt", settlement.reason, desk.clock(), mail=mail.id
            )
    return len(doubtful)


def deliver_due(
    store: Store,
    submission: Submission,
    desk: Desk,
    *,
    unreachable: tuple[type[Exception], ...],
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[Delivered], None] = lambda delivered: None,
) -> int:
    """Send everything due. Returns how many mails reached a new state.

    Raises one of ``unreachable`` when the server cannot be used at all: the mail at hand is
    postponed first, and the rest waits with it.
    """
    done = 0
    while not stop():
        with store.begin() as work:
            mail = work.outbox.next_due(desk.clock())
            if mail is None:
                return done
            verdict = decide_release(
                mail, work.outbox.usage(mail, desk.clock()), desk.policy, desk.clock()
            )
            if verdict.value is not Passage.RELEASE:
                settlement = Settlement(state_after(verdict), verdict.reason, mail.recipients)
                work.outbox.settle(mail.id, settlement, desk.clock())
        if verdict.value is Passage.RELEASE:
            text = _submit(mail, store, submission, desk, unreachable)
        else:
            text = _not_released(verdict)
        watch(Delivered(mail, text))
        done += 1
    return done


def _not_released(verdict: Verdict) -> str:
    return f"{verdict.value}: {verdict.reason}"


def _submit(
    mail: OutboxMail,
    store: Store,
    submission: Submission,
    desk: Desk,
    unreachable: tuple[type[Exception], ...],
) -> str:
    try:
        at_rcpt = submission.begin(
            mail.envelope_sender,
            mail.open_recipients,
            len(mail.octets),
            needs_utf8=_needs_utf8(mail.envelope_sender, *mail.open_recipients),
        )
    except unreachable as error:
        with store.begin() as work:
            work.outbox.postpone(mail.id, desk.clock() + _AWAY, str(error))
        raise
    except Exception as error:
        log.exception("outbox %s could not be begun", mail.id)
        return _put_off(mail, store, submission, desk, error)
    data = None
    if any(r.outcome is Outcome.ACCEPTED for r in at_rcpt):
        try:
            with store.begin() as work:
                work.outbox.mark_in_flight(mail.id, desk.clock())
        except LookupError:  # it is not pending any more
            submission.abandon()
            return "left to another process, which was faster"
        except BaseException:
            submission.abandon()
            raise
        data = submission.finish(mail.octets)
    settlement = settle_attempt(mail, at_rcpt, data, desk.clock(), random.random())
    with store.begin() as work:
        work.outbox.settle(mail.id, settlement, desk.clock())
    log.info("outbox %s: %s (%s)", mail.id, settlement.state, settlement.reason)
    return f"{settlement.state}: {settlement.reason}"


def _put_off(
    mail: OutboxMail, store: Store, submission: Submission, desk: Desk, error: Exception
) -> str:
    """A fault of ours with this very mail: it waits, so that those behind it do not."""
    submission.abandon()
    reason = f"put off: {type(error).__name__}: {error}"
    now = desk.clock()
    with store.begin() as work:
        work.outbox.postpone(mail.id, now + _PUT_OFF, reason)
        work.tickets.note_event(mail.ticket_id, "mail put off", reason, now, mail=mail.id)
    return reason


def _needs_utf8(*addresses: str) -> bool:
    """Whether SMTPUTF8 (RFC 6531) is needed: a domain has an ASCII form, a local part has none."""
    return not all(address.rpartition("@")[0].isascii() for address in addresses)
