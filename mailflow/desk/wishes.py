"""What a customer's mail asks of mailflow itself: to stop writing, or how content they are. Pure.

A wish is read from a signed address made for it, or from a reply that says nothing else. Nothing follows
from fetching or previewing such a mail: only sending one counts.
"""

from __future__ import annotations

import enum
import re

from mailflow.desk.reply_token import Purpose, TokenClaims
from mailflow.mail.message import IncomingMessage, Origin


class Wish(enum.StrEnum):
    STOP_UPDATES = "no more updates on this ticket"
    STOP_ALL = "no more updates at all"
    CONTENT = "content with the answer"
    NOT_CONTENT = "not content with the answer"


#: What a signed address, or a link, made for a purpose asks.
WISH_OF = {
    Purpose.UNSUBSCRIBE: Wish.STOP_UPDATES,
    Purpose.CONTENT: Wish.CONTENT,
    Purpose.NOT_CONTENT: Wish.NOT_CONTENT,
}
_STOP = frozenset(
    {
        "stop", "stop updates", "unsubscribe", "please unsubscribe me", "no more updates",
        "stopp", "abmelden", "abbestellen", "bitte abmelden", "keine updates mehr",
        "keine weiteren updates", "arrêt", "arrêter", "désabonner", "se désabonner", "me désabonner",
        "désinscription", "plus de mises à jour", "parar", "baja", "darse de baja", "darme de baja",
        "cancelar suscripción", "no más avisos", "cancelar subscrição", "cancelar inscrição",
        "remover", "não quero mais atualizações",
    }
)  # fmt: skip
_STOP_ALL = frozenset(
    {
        "stop all", "unsubscribe all", "alle abmelden", "alles abbestellen", "tout arrêter",
        "me désabonner de tout", "parar todo", "baja de todo", "parar tudo", "cancelar tudo",
    }
)  # fmt: skip
_LONGEST = 60  # characters: a mail that says more asks for more
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def wish_of(message: IncomingMessage, claims: TokenClaims) -> Wish | None:
    """The one wish of a person's mail; None for every other mail, however often it says stop."""
    if message.origin.kind is not Origin.PERSON and not _is_list_client(message, claims):
        return None
    if claims.addressed and claims.addressed.purpose in WISH_OF:
        return WISH_OF[claims.addressed.purpose]
    if not claims.addressed and not message.in_reply_to:
        return None  # no reply: a new request may well be called "stop"
    said = message.new_text.strip()
    if not said or len(said) > _LONGEST:
        return None
    words = _EDGES.sub("", " ".join(said.casefold().split()))
    return Wish.STOP_ALL if words in _STOP_ALL else Wish.STOP_UPDATES if words in _STOP else None


def _is_list_client(message: IncomingMessage, claims: TokenClaims) -> bool:
    """A mail client that unsubscribes by itself marks its mail as automatic (RFC 8058 says nothing of mailto)."""
    addressed = claims.addressed
    return (
        message.origin.kind is Origin.AUTO_REPLY
        and addressed is not None
        and addressed.purpose is Purpose.UNSUBSCRIBE
    )


def says_more(message: IncomingMessage) -> bool:
    """Whether a mail that carries a wish holds words of its own besides, which a person should read."""
    return bool(message.new_text.strip()) or bool(message.attachments)
