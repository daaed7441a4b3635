"""An answer proposed from a known article, as it waits in the Drafts folder for a person to send it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from mailflow.desk.ticket import Article, Ticket, TicketStatus

FIELD = "X-Mailflow-Proposal"  # an opaque mark; nothing of it is shown to anybody
KEYWORD = "mailflow_proposal"
#: How long a draft that left may still turn up in Sent or, changed, in Drafts.
SENDING_TAKES = timedelta(minutes=10)

_OUR_TURN = frozenset({TicketStatus.NEW, TicketStatus.OPEN})
#: With a name, without one, and the words before the desk's name at the end.
_GREETINGS: Mapping[str, tuple[str, str, str]] = {
    "en": ("Hello {name},", "Hello,", "Kind regards"),
    "de": ("Guten Tag {name},", "Guten Tag,", "Freundliche Grüße"),
    "fr": ("Bonjour {name},", "Bonjour,", "Cordialement"),
    "es": ("Hola, {name}:", "Hola:", "Un saludo"),
    "pt": ("Olá, {name},", "Olá,", "Com os melhores cumprimentos"),
}


def proposal_text(ticket: Ticket, article: Article, support_name: str, language: str) -> str:
    """Greeting, the article's solution, the desk's name; in English where a language is not known."""
    named, nameless, farewell = _GREETINGS.get(language[:2].lower(), _GREETINGS["en"])
    name = " ".join(ticket.requester.name.split())
    greeting = named.format(name=name) if name else nameless
    return f"{greeting}\n\n{article.body.strip()}\n\n{farewell}\n{support_name}\n"


def withdrawal_reason(
    status: TicketStatus, article_id: str | None, proposed: str, *, answered: bool, gone: bool
) -> str | None:
    """Why a proposal nobody touched is taken back; None while it may wait."""
    if gone:
        return "the ticket was merged or deleted"
    if status not in _OUR_TURN:
        return f"the ticket is {status}"
    if answered:
        return "somebody answered"
    if article_id is not None and article_id != proposed:
        return f"another article was chosen: {article_id}"
    return None
