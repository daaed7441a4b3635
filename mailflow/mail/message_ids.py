"""Message identifiers (RFC 5322 3.6.4), read by what stands between angle brackets.

Microsoft writes ``<[0123abc]@x>``, Exchange and iOS put commas between References, relays fold
inside an id, some encode the field. An id is compared octet for octet, so nothing is changed in it
but white space, which cannot belong to it.
"""

from __future__ import annotations

import hashlib
import re

from mailflow.mail.encoded_words import decode_words
from mailflow.mail.message import IncomingMessage

MAX_ID = 998  # octets of a line; what is longer can be no id
MAX_IDS = 50

_BRACKETED = re.compile(r"<([^<>]{1,2000})>")
_BARE = re.compile(r"[^\s<>,;\"()]+@[^\s<>,;\"()]+")
_NOT_IN_ID = re.compile("[\\s\x00-\x20\x7f\x80-\xa0\u200b-\u200f\u2028-\u202e\ufeff\ud800-\udfff]+")


def find_ids(raw: str) -> tuple[str, ...]:
    """Every id in a field value, in order, once each, without angle brackets.

    Where nothing stands in brackets, the words are taken if all of them hold an ``@``: old programs
    wrote prose there (``Your mail of Monday to ann@example.com``), and that names no message.
    """
    if "=?" in raw:
        raw = decode_words(raw)
    found = _BRACKETED.findall(raw) or _bare_ids(raw)
    ids: dict[str, None] = {}
    for one in found:
        bare = _NOT_IN_ID.sub("", one)
        if bare and len(bare) <= MAX_ID:
            ids[bare] = None
    return tuple(ids)


def _bare_ids(raw: str) -> list[str]:
    words = raw.replace(",", " ").split()
    return words if all(_BARE.fullmatch(word) for word in words) else []


def effective_message_id(message: IncomingMessage) -> str:
    """The id of the message, or one made from its content where it has none.

    The same octets give the same id, at any time and on any machine; two different mails never do.
    """
    return message.message_id or f"{message.content_hash[:40]}@content.invalid"


def content_hash(octets: bytes) -> str:
    """The identity of a mail: SHA-256 of its octets, in hex."""
    return hashlib.sha256(octets).hexdigest()
