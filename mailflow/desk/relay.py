"""An agent's answer on its way to the customer: what of it may leave, and what stops it."""

from __future__ import annotations

import re

from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Policy
from mailflow.desk.reply_token import names_agent
from mailflow.desk.ticket import Participant, ParticipantRole, Ticket
from mailflow.mail.message import IncomingMessage

#: Defects of a message that was not read to its end: what would be passed on is not all of it.
_CUT = frozenset(
    {
        "message-cut",
        "too-many-parts",
        "nested-too-deep",
        "part-heads-too-long",
        "text-cut",
        "html-cut",
    }
)
_QUOTED = re.compile(r"^\s*(?:>\s?)+(.*)$")


def internal_marker(ticket_id: int) -> str:
    """The line that opens and closes every notification. Text that still holds it never reaches a customer."""
    return f"[internal · ticket {ticket_id}]"


def mark_internal(text: str, html: str | None, ticket_id: int) -> tuple[str, str | None]:
    """The notification with its marker above and below, in both forms, whatever the template says."""
    marker = internal_marker(ticket_id)
    marked_text = f"{marker}\n\n{text.strip()}\n\n{marker}\n"
    if html is None:
        return marked_text, None
    line = f'<p style="color:#767676;font:12px sans-serif;margin:8px">{marker}</p>'
    html, opened = re.subn(r"(<body[^>]*>)", lambda m: m[1] + line, html, count=1, flags=re.I)
    html, closed = re.subn(r"(</body>)", lambda m: line + m[1], html, count=1, flags=re.I)
    return marked_text, (html if opened and closed else line + html + line)


# The dot does not survive every charset a mail client answers in.
_MARKER = re.compile(r"\[internal\b[^\]\n]{1,9}\bticket\s+\d+\s*\]", re.IGNORECASE)


def answer_text(message: IncomingMessage, customer_text: str) -> str:
    """The agent's own words, with those quoted lines only that quote the customer.

    An answer written between the lines of a notification quotes internal lines too (suggestion,
    priority, addresses); they are left out.
    """
    customers = {" ".join(line.split()) for line in customer_text.splitlines()}
    kept = [line for line in message.new_text.splitlines() if _may_stay(line, customers)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _may_stay(line: str, customers: set[str]) -> bool:
    quoted = _QUOTED.match(line)
    if quoted is None:
        return True
    words = " ".join(re.sub(r"^(?:>\s?)+", "", quoted[1]).split())
    return words in customers


def relay_fault(message: IncomingMessage, ticket: Ticket, policy: Policy) -> str | None:
    """Why an agent's mail cannot go to the customer; None when it can."""
    if not relay_recipients(ticket, policy):
        return "the ticket names nobody who can be written to"
    if not message.new_text.strip() and not message.attachments:
        return "it holds no text of yours and no attachment"
    if not message.attachments and not _own_words(message.new_text):
        return "it holds quotes only, and no words of yours"
    if _is_internal(message.new_text):
        return "it still holds parts of the internal notification"
    if _CUT.intersection(message.defects):
        return "it is too large to be passed on whole"
    if any(_is_internal(a.content.decode("utf-8", "replace")) for a in message.attachments):
        return "the internal notification is attached to it"
    return None


def _own_words(text: str) -> bool:
    return any(line.strip() and not _QUOTED.match(line) for line in text.splitlines())


def _is_internal(text: str) -> bool:
    """Whether it shows the marker, or an address that only a notification carries."""
    return bool(_MARKER.search(text)) or names_agent(text)


def relay_recipients(ticket: Ticket, policy: Policy) -> tuple[Participant, ...]:
    """The requester and those in copy; never an agent, never ourselves."""
    customers = (ParticipantRole.REQUESTER, ParticipantRole.CC)
    return tuple(
        p
        for p in ticket.participants
        if p.role in customers
        and p.address not in policy.own_addresses
        and is_plain_address(p.address)
    )
