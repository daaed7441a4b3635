"""Values for tests of pure decisions: a message, a ticket, a policy, each with one line to change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mailflow.desk.outbox import MailClass, OutboxMail, OutboxRecipient, OutboxState
from mailflow.desk.policy import Agent, Policy, SendingMode
from mailflow.desk.ticket import Participant, ParticipantRole, Priority, Ticket, TicketStatus
from mailflow.mail.message import (
    Address,
    Answerable,
    Hidden,
    IncomingMessage,
    Origin,
    OriginVerdict,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
KEY = b"k" * 32
SUPPORT = "support@desk.example"
ANN = Agent("ann@desk.example", "Ann")
BOB = Agent("bob@desk.example", "Bob")


def policy(**changes: Any) -> Policy:
    base = Policy(
        support_address=SUPPORT,
        support_name="Desk",
        own_addresses=frozenset({SUPPORT}),
        agents=(ANN, BOB),
        mode=SendingMode.LIVE,
    )
    return replace(base, **changes)


def message(author: str | Address = "mia@customer.example", **changes: Any) -> IncomingMessage:
    if isinstance(author, str):
        author = Address(author, "Mia")
    base = IncomingMessage(
        content_hash="0" * 64,
        size=100,
        message_id="m1@customer.example",
        in_reply_to=(),
        references=(),
        author=author,
        author_ambiguous=False,
        sender=None,
        reply_to=(),
        to=(Address(SUPPORT),),
        cc=(),
        delivered_to=(),
        return_path=author.address,
        subject="It is broken",
        base_subject="It is broken",
        date=NOW,
        text="It is broken.",
        new_text="It is broken.",
        hidden=Hidden(),
        attachments=(),
        origin=OriginVerdict(Origin.PERSON, "person"),
        bounce=None,
        may_answer=Answerable(True, "a person wrote"),
        language="en",
        authentication_results=(),
        thread_index=None,
        defects=(),
    )
    return replace(base, **changes)


def vouched(server: str, domain: str) -> dict[str, Any]:
    """The fields of a message that ``server`` vouches for."""
    value = f"{server}; dmarc=pass header.from={domain}"
    return {
        "authentication_results": (value,),
        "header_fields": (("authentication-results", value),),
    }


def machine(kind: Origin, **changes: Any) -> IncomingMessage:
    return message(
        origin=OriginVerdict(kind, f"test rule for {kind}"),
        may_answer=Answerable(False, f"{kind} is never answered"),
        **changes,
    )


MIA = Participant(1, "mia@customer.example", "Mia", ParticipantRole.REQUESTER)
ANN_HERE = Participant(2, ANN.address, ANN.name, ParticipantRole.AGENT)


def ticket(**changes: Any) -> Ticket:
    base = Ticket(
        id=7,
        subject="It is broken",
        status=TicketStatus.OPEN,
        priority=Priority.NORMAL,
        requester=MIA,
        created_at=NOW,
        updated_at=NOW,
        participants=(MIA, ANN_HERE),
    )
    return replace(base, **changes)


def outbox_mail(**changes: Any) -> OutboxMail:
    base = OutboxMail(
        id=1,
        key="acknowledgement:7",
        ticket_id=7,
        mail_class=MailClass.AUTOMATIC,
        kind=None,
        message_id="x@mailflow.desk.example",
        envelope_sender=SUPPORT,
        recipients=(OutboxRecipient(MIA.address),),
        octets=b"",
        subject="s",
        state=OutboxState.PENDING,
        reason="",
        attempts=0,
        created_at=NOW,
        not_before=NOW,
        expires_at=NOW.replace(hour=14),
    )
    return replace(base, **changes)
