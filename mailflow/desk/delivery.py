"""What delivery speaks about: the outcome of a try, when to try again, when to give up. Pure.

A failure is temporary (DEFERRED) or permanent (REJECTED). The third possibility is the one mail
cannot avoid (RFC 1047): the content went out and no answer came back. It is UNKNOWN, and never
repeated without looking first.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from mailflow.desk.notices import NoticeKind


class Outcome(enum.StrEnum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # 4xx, or nothing of the content had left: try again later
    REJECTED = "rejected"  # 5xx, or refused by ourselves: never try again
    UNKNOWN = "unknown"  # the content was under way and no answer came back


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What became of one recipient before the content was sent.

    ``code`` is the server's reply code, None where no server spoke. ``phase`` says who or what was
    refused: ``rcpt`` this address, ``mail`` our envelope sender or the message as such, ``check``
    by ourselves before anything was sent. Only ``rcpt`` says something about the address.
    """

    address: str
    outcome: Outcome
    code: int | None
    text: str
    phase: str = "rcpt"


@dataclass(frozen=True, slots=True)
class DataResult:
    """The server's answer to the content; it covers every recipient accepted before. ``text`` holds its queue id."""

    outcome: Outcome
    code: int | None
    text: str


_RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
_RETRY_LATER = timedelta(hours=4)
_JITTER_SHARE = 0.2


def retry_delay(attempts: int, jitter: float) -> timedelta:
    """How long to wait after the ``attempts``-th failed try (1 is the first).

    1, 5, 15 minutes, 1 hour, then every 4 hours. ``jitter`` in 0..1 adds up to a fifth, so that what
    failed together does not come back together.
    """
    steps = max(attempts, 1)
    base = _RETRY_AFTER[steps - 1] if steps <= len(_RETRY_AFTER) else _RETRY_LATER
    return base * (1 + _JITTER_SHARE * min(max(jitter, 0.0), 1.0))


#: An acknowledgement or progress mail that comes hours late is worse than none.
_SHORT_LIVED = frozenset({NoticeKind.ACKNOWLEDGEMENT, NoticeKind.PROGRESS_UPDATE})


def expires_after(kind: NoticeKind | None) -> timedelta:
    """How long a mail is tried before it is given up; ``None`` is mail a person wrote."""
    return timedelta(hours=4) if kind in _SHORT_LIVED else timedelta(days=5)


_MAX_ADDRESS = 254  # RFC 5321 4.5.3.1.3 (256 with the angle brackets)
_MAX_LOCAL_PART = 64  # RFC 5321 4.5.3.1.1
_MAX_LABEL = 63
# RFC 5321 4.1.2: Dot-string (dots anywhere: some providers gave such addresses out), or Quoted-string
# without spaces. Non-ASCII is RFC 6531; it was cleared of spaces and controls before.
_LOCAL_PART = re.compile(
    r"""[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\U0010ffff-]+|"(?:[!#-\[\]-~\x80-\U0010ffff]|\\[!-~])+\""""
)
_LABEL = re.compile(r"[A-Za-z0-9_\x80-\U0010ffff](?:[A-Za-z0-9_\x80-\U0010ffff-]*)")
_ADDRESS_LITERAL = re.compile(r"\[[A-Za-z0-9:.-]+\]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


def address_fault(address: str) -> str | None:
    """Why this address may not go into an SMTP envelope, or None. It is refused, never mended or cut."""
    if not address:
        return "the address is empty"
    if len(address) > _MAX_ADDRESS or _octets(address) > _MAX_ADDRESS:
        return f"the address is longer than {_MAX_ADDRESS} octets"
    for character in address:
        if unicodedata.category(character) in _INVISIBLE:
            return f"the address contains the character U+{ord(character):04X}"
    local_part, at, domain = address.rpartition("@")
    if not at or not local_part or not domain:
        return "the address is not of the form name@domain"
    if _octets(local_part) > _MAX_LOCAL_PART:
        return f"the part before @ is longer than {_MAX_LOCAL_PART} octets"
    if not _LOCAL_PART.fullmatch(local_part):
        return "the part before @ contains a character that is not allowed there"
    return _domain_fault(domain)


def _domain_fault(domain: str) -> str | None:
    if _ADDRESS_LITERAL.fullmatch(domain):
        return None
    for label in domain.split("."):
        if not _LABEL.fullmatch(label) or len(label) > _MAX_LABEL:
            return "the part after @ is not a domain name"
    return None


def _octets(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
