"""From the octets of a message to what the rest of mailflow knows of it.

``parse_message`` never raises and is bounded in time and memory whatever the octets are: structure
under caps (``structure``), every field by a linear reader, text cut before it is judged. What could
not be read as the standards say is named in ``defects``; the names are listed in docs and stable.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import unquote

from mailflow.mail.addresses import AddressList, parse_addresses, parse_path
from mailflow.mail.attachments import attachment_from, unpacked
from mailflow.mail.body import Body, read_body
from mailflow.mail.bounce import read_bounce
from mailflow.mail.dates import parse_date
from mailflow.mail.language import language_of
from mailflow.mail.message import (
    Address,
    Answerable,
    Attachment,
    Hidden,
    IncomingMessage,
    Origin,
    OriginVerdict,
    OwnIdentity,
    RawMessage,
)
from mailflow.mail.message_ids import MAX_IDS, content_hash, find_ids
from mailflow.mail.mime import Head, MimeTree, Part
from mailflow.mail.new_text import NewText, split_new_text
from mailflow.mail.origin import classify_origin
from mailflow.mail.structure import read_mime
from mailflow.mail.subject import base_subject

MAX_SUBJECT = 998  # characters kept; RFC 5322 allows no longer line
MAX_LANGUAGE_SAMPLE = 2_000  # characters

#: Fields of which RFC 5322 3.6 allows one. The first counts, a second is a defect.
_ONCE = frozenset(
    [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "message-id",
        "in-reply-to",
        "references",
        "subject",
        "date",
        "content-type",
    ]
)
_DELIVERED = ("delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "x-envelope-to")
_DOUBTS = frozenset(
    {
        "address-several-at",
        "address-several-brackets",
        "address-in-comment",
        "address-invisible-characters",
        "address-encoded",
        "address-unreadable",
        "address-without-domain",
    }
)
_SHOWN_ID = re.compile(r"\bcid:([^\s\"'<>()]{1,998})", re.IGNORECASE)  # RFC 2392
_UNREAD = OriginVerdict(Origin.NOTIFICATION, "unreadable")
_NOT_ANSWERED = Answerable(False, "the origin could not be read")

_T = TypeVar("_T")


def parse_message(raw: RawMessage, own: OwnIdentity | None = None) -> IncomingMessage:
    """The message as read. Total: any octets, no exception, time linear in their number."""
    defects: set[str] = set()
    unread = _unread(raw, content_hash(raw.octets))
    message = _guarded(
        "reading",
        lambda: _read(raw, unread.content_hash, own or OwnIdentity(), defects),
        unread,
        defects,
    )
    return message if message is not unread else replace(unread, defects=tuple(sorted(defects)))


def _read(raw: RawMessage, digest: str, own: OwnIdentity, defects: set[str]) -> IncomingMessage:
    tree = _guarded("structure", lambda: read_mime(raw.octets), MimeTree(_EMPTY), defects)
    defects.update(tree.defects)
    if raw.truncated:
        defects.add("message-cut")
    root, head = tree.root, tree.root.head
    body = _guarded("body", lambda: read_body(root), Body(), defects)
    defects |= body.defects
    subject = _subject(head, defects)
    split = _guarded(
        "new-text",
        lambda: split_new_text(body.text, body.html),
        NewText(body.text, Hidden()),
        defects,
    )
    author, ambiguous = _author(head, defects)

    bounce = _guarded("bounce", lambda: read_bounce(root, body.text), None, defects)
    origin, may_answer = _guarded(
        "origin",
        lambda: classify_origin(
            root,
            author=author,
            subject=subject,
            text=split.new_text,
            bounce=bounce,
            own=own,
            whole=body.text,
        ),
        (_UNREAD, _NOT_ANSWERED),
        defects,
    )
    language = _guarded(
        "language", lambda: language_of(split.new_text[:MAX_LANGUAGE_SAMPLE]), None, defects
    )
    _note_duplicates(head, defects)
    return IncomingMessage(
        content_hash=digest,
        size=len(raw.octets),
        message_id=_message_id(head, defects),
        in_reply_to=find_ids(head.raw("in-reply-to") or "")[:MAX_IDS],
        references=_references(head, defects),
        author=author,
        author_ambiguous=ambiguous,
        sender=_first_mailbox(head, "sender"),
        reply_to=_list(head, "reply-to", defects).mailboxes,
        to=_list(head, "to", defects).mailboxes,
        cc=_list(head, "cc", defects).mailboxes,
        delivered_to=_delivered_to(head),
        return_path=_return_path(head),
        subject=subject,
        base_subject=_guarded("base-subject", lambda: base_subject(subject), subject, defects),
        date=_date(head, defects),
        text=body.text,
        new_text=split.new_text,
        hidden=split.hidden,
        attachments=_guarded("attachments", lambda: _attachments(body), (), defects),
        origin=origin,
        bounce=bounce,
        may_answer=may_answer,
        language=language,
        authentication_results=head.raws("authentication-results"),
        thread_index=_thread_index(head),
        defects=tuple(sorted(defects)),
        header_fields=tuple([(field.name, field.value) for field in head.fields]),
        html=body.html,
    )


_EMPTY = Part(Head(), "text/plain", {}, "", "", "")


def _guarded(name: str, read: Callable[[], _T], fallback: _T, defects: set[str]) -> _T:
    """The result of ``read``; a fault in our own reading becomes a defect and a safe fallback."""
    try:
        return read()
    except Exception as fault:  # noqa: BLE001 - recorded; one mail must never stop the flow
        defects.add(f"{name}-failed:{type(fault).__name__}")
        return fallback


def _unread(raw: RawMessage, digest: str) -> IncomingMessage:
    """What is known of a message before it is read: its octets, and that nobody may answer it."""
    return IncomingMessage(
        content_hash=digest,
        size=len(raw.octets),
        message_id=None,
        in_reply_to=(),
        references=(),
        author=None,
        author_ambiguous=True,
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        delivered_to=(),
        return_path=None,
        subject="",
        base_subject="",
        date=None,
        text="",
        new_text="",
        hidden=Hidden(),
        attachments=(),
        origin=_UNREAD,
        bounce=None,
        may_answer=_NOT_ANSWERED,
        language=None,
        authentication_results=(),
        thread_index=None,
        defects=(),
    )


def _subject(head: Head, defects: set[str]) -> str:
    subject = head.first("subject")
    if subject is None:
        defects.add("subject-missing")
        return ""
    if len(subject) > MAX_SUBJECT:
        defects.add("subject-cut")
    return subject[:MAX_SUBJECT].strip()


def _author(head: Head, defects: set[str]) -> tuple[Address | None, bool]:
    """The author, and whether anything leaves doubt about who that is.

    With several mailboxes the first is shown, and none is believed (RFC 5322 3.6.2 allows them, and
    mail programs, servers and DMARC each believe another one).
    """
    fields = head.raws("from")
    if not fields:
        defects.add("from-missing")
        return None, True
    read = parse_addresses(fields[0])
    defects.update(f"from-{name}" for name in read.defects)
    if not read.mailboxes:
        defects.add("from-unreadable")
        return None, True
    several = len(read.mailboxes) > 1
    if several:
        defects.add("from-several-mailboxes")
    return read.mailboxes[0], several or len(fields) > 1 or bool(read.defects & _DOUBTS)


def _list(head: Head, name: str, defects: set[str]) -> AddressList:
    raw = head.raw(name)
    if raw is None:
        return AddressList()
    read = parse_addresses(raw)
    if "address-list-cut" in read.defects:
        defects.add("address-list-cut")
    return read


def _first_mailbox(head: Head, name: str) -> Address | None:
    mailboxes = parse_addresses(head.raw(name) or "").mailboxes
    return mailboxes[0] if mailboxes else None


def _delivered_to(head: Head) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for field in head.fields:
        if field.name in _DELIVERED:
            for mailbox in parse_addresses(field.raw[:2_000]).mailboxes[:10]:
                found[mailbox.address] = None
    return tuple(found)[:50]


def _return_path(head: Head) -> str | None:
    raw = head.raw("return-path")
    return None if raw is None else parse_path(raw)


def _message_id(head: Head, defects: set[str]) -> str | None:
    raw = head.raw("message-id")
    if raw is None:
        defects.add("message-id-missing")
        return None
    ids = find_ids(raw)
    if not ids:
        bare = "".join(raw.split())
        if not bare or len(bare) > 250 or "<" in bare:
            defects.add("message-id-unreadable")
            return None
        ids = (bare,)
    if len(ids) > 1 or "@" not in ids[0]:
        defects.add("message-id-malformed")
    return ids[0]


def _references(head: Head, defects: set[str]) -> tuple[str, ...]:
    ids = find_ids(head.raw("references") or "")
    if len(ids) > MAX_IDS:
        defects.add("references-cut")
    return ids[-MAX_IDS:]


def _date(head: Head, defects: set[str]) -> datetime | None:
    raw = head.first("date")
    if raw is None:
        defects.add("date-missing")
        return None
    date = parse_date(raw)
    if date is None:
        defects.add("date-unreadable")
    return date


def _attachments(body: Body) -> tuple[Attachment, ...]:
    shown = {unquote(one) for one in _SHOWN_ID.findall(body.html or "")}
    found: list[Attachment] = []
    for number, part in enumerate(body.beside, start=1):
        tied = part.content_id is not None and part.content_id in shown
        inline = tied or (part.disposition == "inline" and part.maintype == "image")
        found.append(attachment_from(part, number, inline=inline))
        inside = body.inside.get(number - 1)
        if inside is not None:
            found.extend(unpacked(inside, shown))
    return tuple(found)


def _thread_index(head: Head) -> str | None:
    """The conversation of Outlook's Thread-Index: its first 22 octets, shared by all replies."""
    raw = head.raw("thread-index")
    if raw is None:
        return None
    try:
        octets = base64.b64decode("".join(raw[:2_000].split()) + "==")
    except (binascii.Error, ValueError):
        return None
    return octets[:22].hex() if len(octets) >= 22 else None


def _note_duplicates(head: Head, defects: set[str]) -> None:
    seen: set[str] = set()
    for field in head.fields:
        if field.name in seen and field.name in _ONCE:
            defects.add(f"duplicate-{field.name}")
        seen.add(field.name)
