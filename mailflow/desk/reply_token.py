"""Signed reply tokens: the subaddress detail (RFC 5233) and Message-ID prefix that prove possession of a mail.

A token is bound to a ticket, a person, a purpose and an expiry date by a 128-bit HMAC, and is written
in lower-case base32, so that it survives providers that fold case. There is one way to check one:
:func:`verify_token`. Nothing else in mailflow may read a ticket number out of an address or an id.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mailflow.mail.message import IncomingMessage

_EPOCH = date(2020, 1, 1)
_BODY = struct.Struct(">BIIH")  # purpose, ticket, participant, days since the epoch
_MAC_OCTETS = 16
TOKEN_LENGTH = 44  # base32 of 27 octets, without padding
_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{44}(?![a-z2-7])")


class Purpose(enum.IntEnum):
    REQUESTER = 1  # a customer's answer to one of our mails
    AGENT = 2  # an agent's answer to a notification: acts on the ticket
    UNSUBSCRIBE = 3  # no more updates on this ticket
    CONTENT = 4  # the answer helped
    NOT_CONTENT = 5  # it did not


@dataclass(frozen=True, slots=True)
class ReplyToken:
    purpose: Purpose
    ticket_id: int
    participant_id: int
    expires_on: date


class TokenFault(enum.StrEnum):
    """Why a token-shaped text proves nothing."""

    FORGED = "the signature of the reply address is wrong"
    EXPIRED = "the reply address has expired"


def derive_key(root: bytes, purpose: str) -> bytes:
    """One 256-bit key per purpose from the installation's root secret (HKDF-SHA-256, RFC 5869, no salt)."""
    pseudo_random_key = hmac.digest(b"\0" * 32, root, "sha256")
    return hmac.digest(pseudo_random_key, purpose.encode() + b"\x01", "sha256")


def sign_token(token: ReplyToken, key: bytes) -> str:
    """The token as 44 characters of ``[a-z2-7]``."""
    days = (token.expires_on - _EPOCH).days
    body = _BODY.pack(token.purpose, token.ticket_id, token.participant_id, days)
    return base64.b32encode(body + _mac(body, key)).decode().rstrip("=").lower()


def verify_token(text: str, keys: Sequence[bytes], today: date) -> ReplyToken | TokenFault:
    """What ``text`` proves. ``keys`` holds the current key first, then older ones still accepted."""
    if not _TOKEN.fullmatch(text):
        return TokenFault.FORGED
    try:
        octets = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error:
        return TokenFault.FORGED
    body, mac = octets[: _BODY.size], octets[_BODY.size :]
    # Trailing bits of base32 that carry no data must be zero, or one token has several spellings.
    canonical = base64.b32encode(octets).decode().rstrip("=").lower() == text
    genuine = [hmac.compare_digest(mac, _mac(body, key)) for key in keys]
    if not canonical or not any(genuine):
        return TokenFault.FORGED
    purpose, ticket_id, participant_id, days = _BODY.unpack(body)
    expires_on = _EPOCH + timedelta(days=days)
    if expires_on < today:
        return TokenFault.EXPIRED
    return ReplyToken(Purpose(purpose), ticket_id, participant_id, expires_on)


# The purpose is the first octet of a token, ticket numbers stay below 2**30.
_AGENT_TOKEN = re.compile(r"(?<![a-z2-7])ai[a-z2-7]{42}(?![a-z2-7])", re.IGNORECASE)


def names_agent(text: str) -> bool:
    """Whether ``text`` shows what looks like an agent's token. It proves nothing: it is a reason for care."""
    return bool(_AGENT_TOKEN.search(text))


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, hashlib.sha256)[:_MAC_OCTETS]


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What the tokens of one message prove. ``addressed`` stood in a recipient field, ``referenced`` in a thread field."""

    addressed: ReplyToken | None = None
    referenced: ReplyToken | None = None
    fault: TokenFault | None = None


def read_claims(message: IncomingMessage, keys: Sequence[bytes], today: date) -> TokenClaims:
    """Verify every token-shaped text in the recipient and thread fields; the first genuine one of each counts."""
    recipients = [a.address for a in (*message.to, *message.cc)] + list(message.delivered_to)
    details = [local.partition("+")[2] for local in _local_parts(recipients) if "+" in local]
    thread_ids = [*message.in_reply_to, *reversed(message.references)]
    if message.bounce and message.bounce.original_message_id:
        thread_ids.append(message.bounce.original_message_id)
    addressed, address_fault = _first_genuine(details, keys, today)
    referenced, _ = _first_genuine(_local_parts(thread_ids), keys, today)
    return TokenClaims(addressed, referenced, address_fault)


def _local_parts(addresses: Iterable[str]) -> list[str]:
    return [address.rpartition("@")[0].lower() for address in addresses]


def _first_genuine(
    texts: Iterable[str], keys: Sequence[bytes], today: date
) -> tuple[ReplyToken | None, TokenFault | None]:
    fault: TokenFault | None = None
    for text in texts:
        for candidate in _TOKEN.findall(text):
            verdict = verify_token(candidate, keys, today)
            if isinstance(verdict, ReplyToken):
                return verdict, None
            fault = fault or verdict
    return None, fault
