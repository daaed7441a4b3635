"""The values the rest of mailflow speaks about mail in. Frozen, plain, without behaviour.

``RawMessage`` is what a mailbox held; ``IncomingMessage`` is what was read in it. Reading never
raises: whatever could not be read as the standards say is listed in ``defects``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Location:
    """Where a message lies on an IMAP server. UIDs mean something only beside UIDVALIDITY (RFC 9051 2.3.1.1)."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message byte for byte as the mailbox held it."""

    octets: bytes
    received_at: datetime | None = None  # INTERNALDATE; aware. The moment we believe, unlike Date:.
    location: Location | None = None
    truncated: bool = False  # larger than the cap: only the first octets were fetched


@dataclass(frozen=True, slots=True)
class Address:
    """An RFC 5322 mailbox. ``address`` is the bare addr-spec; ``name`` the decoded display name or ''."""

    address: str
    name: str = ""


class Origin(enum.StrEnum):
    """What kind of sender wrote a message. Only PERSON may ever be answered automatically."""

    PERSON = "person"
    AUTO_REPLY = "auto-reply"  # out of office, vacation, challenge-response
    BOUNCE = "bounce"  # a failed delivery (RFC 3464 action: failed)
    DELAY = "delay"  # a delivery still being tried (action: delayed)
    LIST = "list"  # sent through a mailing list
    BULK = "bulk"  # newsletters, campaigns
    NOTIFICATION = "notification"  # noreply@, monitoring, web services
    REPORT = "report"  # feedback report (RFC 5965), DMARC, TLS-RPT
    RECEIPT = "receipt"  # read receipt (RFC 8098)
    OWN = "own"  # mail mailflow itself sent


@dataclass(frozen=True, slots=True)
class OriginVerdict:
    """``rule`` is the name of the rule that decided, shown to people as the reason."""

    kind: Origin
    rule: str


@dataclass(frozen=True, slots=True)
class Answerable:
    """Whether an automatic mail may answer this message, and why (not)."""

    value: bool
    reason: str


@dataclass(frozen=True, slots=True)
class BouncedRecipient:
    """One per-recipient block of a delivery status notification (RFC 3464 2.3)."""

    address: str
    action: str  # failed | delayed | delivered | relayed | expanded
    status: str  # RFC 3463 code such as 5.1.1, or '' when none is named


@dataclass(frozen=True, slots=True)
class Bounce:
    """``original_message_id`` is the id of the mail that came back (no angle brackets), or None."""

    recipients: tuple[BouncedRecipient, ...]
    original_message_id: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the readable text. ``content`` is the decoded body, bounded by the parser's caps.

    ``filename`` is what the sender called it, cleaned for showing to people; never use it on a disk.
    """

    filename: str
    content_type: str
    size: int  # octets, after transfer decoding
    inline: bool
    content_id: str | None = None  # no angle brackets
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was split off the text, verbatim, so that it can be shown on demand."""

    quotes: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message as read. Ids carry no angle brackets; all text is NFC-safe ``str`` without NUL or lone surrogates."""

    content_hash: str  # SHA-256 of the raw octets, hex: the identity of the mail
    size: int
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]  # oldest first, as in the header; at most the last 50
    author: Address | None  # From:, or None when there is no readable one
    author_ambiguous: bool  # several mailboxes, several From fields: never proof of anybody
    sender: Address | None  # Sender:
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    delivered_to: tuple[str, ...]  # Delivered-To, X-Original-To, Envelope-To: bare addresses
    return_path: str | None  # '' is the null reverse-path <>; None when the field is absent
    subject: str
    base_subject: str  # RFC 5256, with localised prefixes
    date: datetime | None  # aware
    text: str  # the whole readable text
    new_text: str
    hidden: Hidden
    attachments: tuple[Attachment, ...]
    origin: OriginVerdict
    bounce: Bounce | None
    may_answer: Answerable
    language: str | None  # ISO 639-1, or None when the text is too short to say
    authentication_results: tuple[str, ...]  # raw values, topmost first
    thread_index: str | None  # Outlook's conversation id: first 22 octets of Thread-Index, hex
    defects: tuple[str, ...]
    #: The whole head, decoded and in order, for rules and people: (lower-case name, value).
    header_fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    html: str | None = field(default=None, repr=False)  # the HTML part as sent: hostile


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """How mailflow recognises itself. Addresses are compared ASCII-lower-cased, subaddress detail removed.

    ``message_id_domain`` is the right-hand side of every Message-ID we make.
    """

    addresses: frozenset[str] = frozenset()
    message_id_domain: str | None = None


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None  # inline when set


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """Everything a mail of ours consists of; ``compose_message`` turns it into octets, once.

    ``automatic`` adds Auto-Submitted (RFC 3834) and X-Auto-Response-Suppress. ``envelope_sender`` '' is
    the null reverse-path.
    """

    message_id: str
    date: datetime
    author: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str | None = None
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: bool = True
    auto_submitted: str = "auto-replied"  # or auto-generated, for mail nobody's message provoked
    list_unsubscribe: tuple[str, ...] = ()  # https: and mailto: URIs, best first
    attachments: tuple[OutgoingAttachment, ...] = ()
    extra_fields: tuple[tuple[str, str], ...] = ()  # X-Mailflow-… only
