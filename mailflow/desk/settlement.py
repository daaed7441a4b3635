"""What one attempt at delivery means: per recipient, for the whole mail, and when to try again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailflow.desk.delivery import DataResult, Outcome, RecipientResult, retry_delay
from mailflow.desk.outbox import (
    MailClass,
    OutboxMail,
    OutboxRecipient,
    OutboxState,
    RecipientState,
    Settlement,
)

#: After this long neither side still waits for the other (RFC 5321 4.5.3.2.6 asks ten minutes of a client).
SETTLE_AFTER = timedelta(minutes=15)

_STATE_OF = {
    Outcome.ACCEPTED: RecipientState.SENT,
    Outcome.DEFERRED: RecipientState.DEFERRED,
    Outcome.REJECTED: RecipientState.REJECTED,
    Outcome.UNKNOWN: RecipientState.UNCERTAIN,
}


def settle_attempt(
    mail: OutboxMail,
    at_rcpt: Sequence[RecipientResult],
    data: DataResult | None,
    now: datetime,
    jitter: float,
) -> Settlement:
    """Combine the answers to RCPT with the answer to DATA (None when nobody was accepted).

    Whoever was accepted shares the fate of the content; the others keep their own answer. Those
    settled in an earlier attempt stay as they are.
    """
    results = {r.address: r for r in at_rcpt}
    recipients = tuple(_after(r, results.get(r.address), data) for r in mail.recipients)
    if data is not None and data.outcome is Outcome.UNKNOWN:
        return _in_doubt(mail, recipients, data.text, now)
    deferred = [r for r in recipients if r.state in _OPEN]
    if deferred:
        wait = retry_delay(mail.attempts + 1, jitter)
        reason = f"deferred: {deferred[0].text or 'no answer'}"
        return Settlement(OutboxState.PENDING, reason, recipients, now + wait)
    sent = [r for r in recipients if r.state is RecipientState.SENT]
    rejected = [r for r in recipients if r.state is RecipientState.REJECTED]
    if not sent:
        return Settlement(OutboxState.FAILED, f"refused: {rejected[0].text}", recipients)
    reason = f"accepted: {data.text}" if data else "accepted"
    if rejected:
        reason += f"; refused for {', '.join(r.address for r in rejected)}"
    return Settlement(OutboxState.SENT, reason, recipients)


def settle_interrupted(mail: OutboxMail, now: datetime) -> Settlement:
    """A mail found in flight at start: the process died between DATA and the record of its answer."""
    recipients = tuple(
        OutboxRecipient(r.address, RecipientState.UNCERTAIN, None, "interrupted")
        if r.state in _OPEN
        else r
        for r in mail.recipients
    )
    return _in_doubt(mail, recipients, "the process ended while it was under way", now)


def _in_doubt(
    mail: OutboxMail, recipients: tuple[OutboxRecipient, ...], text: str, now: datetime
) -> Settlement:
    """Doubt is resolved by who speaks: a notice is not repeated, a person's words are, byte for byte.

    The repeated mail carries the same Message-ID, by which many receivers drop the copy.
    """
    if mail.mail_class is not MailClass.PERSON:
        return Settlement(OutboxState.UNCERTAIN, f"it may have arrived: {text}", recipients)
    again = tuple(
        OutboxRecipient(r.address, RecipientState.DEFERRED, r.code, r.text)
        if r.state is RecipientState.UNCERTAIN
        else r
        for r in recipients
    )
    reason = f"it may have arrived and is sent again with the same Message-ID: {text}"
    return Settlement(OutboxState.PENDING, reason, again, now + SETTLE_AFTER)


_OPEN = frozenset({RecipientState.PENDING, RecipientState.DEFERRED})


def _after(
    recipient: OutboxRecipient, at_rcpt: RecipientResult | None, data: DataResult | None
) -> OutboxRecipient:
    if recipient.state not in _OPEN or at_rcpt is None:
        return recipient
    if at_rcpt.outcome is not Outcome.ACCEPTED:
        return OutboxRecipient(
            recipient.address, _STATE_OF[at_rcpt.outcome], at_rcpt.code, at_rcpt.text
        )
    if data is None:
        return recipient
    return OutboxRecipient(recipient.address, _STATE_OF[data.outcome], data.code, data.text)
