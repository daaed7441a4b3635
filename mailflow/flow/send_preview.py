"""A notice mailed to oneself, to see it in one's own mail program. It takes the way of every mail."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from mailflow.desk.delivery import expires_after
from mailflow.desk.notices import NoticeKind, leaving_faults
from mailflow.desk.outbox import MailClass, NewMail
from mailflow.flow.answer import Desk
from mailflow.flow.ports import Store
from mailflow.mail.compose import compose_message
from mailflow.mail.message import Address, OutgoingMessage


def send_preview(
    store: Store,
    desk: Desk,
    kind: NoticeKind,
    language: str,
    facts: Mapping[str, object],
    to: str,
    ticket_id: int,
) -> int:
    """Put it into the outbox as internal mail of a ticket, marked as a preview. The mail's number.

    It carries no reply token, so that an answer to it reaches no customer. Raises what rendering raises.
    """
    now, policy = desk.clock(), desk.policy
    rendered = desk.renders.render(kind, language, facts)
    key = f"preview:{rendered.version}:{to}:{now.isoformat()}"
    unique = hmac.digest(desk.keys[0], key.encode(), "sha256").hex()[:32]
    outgoing = OutgoingMessage(
        message_id=f"preview.{unique}@{policy.message_id_domain}",
        date=now,
        author=Address(policy.support_address, policy.support_name),
        to=(Address(to, ""),),
        subject=f"[preview] {rendered.subject}",
        text=rendered.text,
        html=rendered.html,
        reply_to=None,
        in_reply_to=None,
        references=(),
        automatic=True,
        auto_submitted="auto-generated",
    )
    with store.begin() as work:
        work.templates.keep(rendered.wording, now)
        mail = work.outbox.add(
            NewMail(
                key=key,
                ticket_id=ticket_id,
                mail_class=MailClass.INTERNAL,
                kind=kind,
                message_id=outgoing.message_id,
                envelope_sender=policy.support_address,
                recipients=(to,),
                octets=compose_message(outgoing),
                subject=outgoing.subject,
                created_at=now,
                not_before=now,
                expires_at=now + expires_after(kind),
                template_version=rendered.version,
                faults=leaving_faults(rendered.subject, rendered.text, rendered.html, facts),
            )
        )
        work.tickets.note_event(
            ticket_id, "preview", f"{kind} in {language} was mailed to {to} by hand", now
        )
    if mail is None:
        raise RuntimeError("a preview with this key was recorded before")
    return mail
