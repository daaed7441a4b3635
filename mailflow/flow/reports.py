"""Mail about many tickets: reports for the admin, digests for agents. Queued like every other mail."""

from __future__ import annotations

import hmac

from mailflow.desk.delivery import expires_after
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass, NewMail
from mailflow.desk.plain_address import is_plain_address
from mailflow.flow.answer import Desk
from mailflow.flow.ports import Work
from mailflow.mail.compose import compose_message
from mailflow.mail.message import Address, OutgoingMessage


def queue_report(
    work: Work,
    desk: Desk,
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    kind: NoticeKind = NoticeKind.REPORT,
) -> int | None:
    """Record a mail to a person of the house. None when ``key`` was recorded before or ``to`` is no address."""
    now, policy = desk.clock(), desk.policy
    if not is_plain_address(to):
        reason = f"{kind} was not written: {to!r} is no plain address"
        work.tickets.note_event(None, "letter left out", reason, now, key=key)
        return None
    unique = hmac.digest(desk.keys[0], key.encode(), "sha256").hex()[:24]
    outgoing = OutgoingMessage(
        message_id=f"report.{unique}@{policy.message_id_domain}",
        date=now,
        author=Address(policy.support_address, policy.support_name),
        to=(Address(to, ""),),
        subject=subject,
        text=text,
        html=html,
        reply_to=None,
        in_reply_to=None,
        references=(),
        automatic=True,
        auto_submitted="auto-generated",
    )
    return work.outbox.add(
        NewMail(
            key=key,
            ticket_id=None,
            mail_class=MailClass.INTERNAL,
            kind=kind,
            message_id=outgoing.message_id,
            envelope_sender=policy.support_address,
            recipients=(to,),
            octets=compose_message(outgoing),
            subject=subject,
            created_at=now,
            not_before=now,
            expires_at=now + expires_after(kind),
        )
    )
