"""Delivery status notifications: RFC 3464 where a mail system speaks it, its words where not.

A message is a bounce when a machine-readable part says so, or when at least two independent signs
do: who wrote it (a mailer daemon, the null reverse path), its subject, its text. One sign alone is
what a customer who writes about mail has. A returned message inside is never read for these signs:
it was written by somebody else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from mailflow.mail import bounce_words
from mailflow.mail.addresses import parse_addresses
from mailflow.mail.message import Bounce, BouncedRecipient
from mailflow.mail.message_ids import find_ids
from mailflow.mail.mime import Head, Part

MAX_PARTS: Final = 60
MAX_REPORT: Final = 200_000  # characters of a machine-readable part
MAX_TEXT: Final = 12_000  # characters of the text judged
MAX_RECIPIENTS: Final = 100

_STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")
_OTHER_REPORTS: Final = (
    "message/feedback-report",
    "message/disposition-notification",
    "message/global-disposition-notification",
)
_RETURNED_HEADERS: Final = (
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/rfc822-headers",
    "message/global-headers",
)
_ACTIONS: Final = ("failed", "delayed", "delivered", "relayed", "expanded")

_FIELD: Final = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)$")
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_ADDRESS: Final = re.compile(
    r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}|\"[^\"\s@]{1,64}\")@[A-Za-z0-9.-]{1,190}[A-Za-z0-9]"
)
_ID_LINE: Final = re.compile(
    r"^[>\s]{0,8}message-id\s{0,2}:\s{0,60}(?:\n\s{1,8})?(<[^<>\s]{3,900}>)",
    re.IGNORECASE | re.MULTILINE,
)
_REPLY_CODE: Final = re.compile(r"(?<![\d.])[45][0-5]\d(?=[ \t-]|$)")
_HEADER_START: Final = re.compile(
    r"^(?:received|return-path|message-id|x-[a-z-]{2,30}|from|dkim-signature):[ \t]",
    re.IGNORECASE | re.MULTILINE,
)


def read_bounce(root: Part, text: str) -> Bounce | None:
    """What ``root`` (a whole message) reports about mail that was not delivered, or None.

    ``text`` is its readable text. A report of success is a Bounce too: its actions say
    ``delivered``, ``relayed`` or ``expanded``. Total and linear in the message.
    """
    parts = _parts(root)
    if any(part.content_type in _OTHER_REPORTS for part in parts):
        return None
    if root.params.get("report-type", "").lower() in (
        "feedback-report",
        "disposition-notification",
    ):
        return None
    signs = _signs_of(root, text)
    recipients = tuple(_reported(parts))
    if recipients and (root.content_type == "multipart/report" or signs.of_a_machine):
        return Bounce(recipients, _original_id(root.head, parts, text))
    if notification := _from_web_service(root.head, text):
        return notification
    if not signs.is_bounce:
        return None
    return Bounce(
        recipients or _named_in(root.head, parts, text, delayed=signs.delayed),
        _original_id(root.head, parts, text),
    )


def _parts(root: Part) -> tuple[Part, ...]:
    found: list[Part] = []
    for part in root.walk():
        found.append(part)
        if len(found) >= MAX_PARTS:
            break
    return tuple(found)


# ---------------------------------------------------------------------------------------------
# RFC 3464


def _reported(parts: tuple[Part, ...]) -> Iterator[BouncedRecipient]:
    """The per-recipient blocks of every delivery-status part (RFC 3464 2.3)."""
    count = 0
    for part in parts:
        if part.content_type not in _STATUS_TYPES:
            continue
        for block in _recipient_blocks(part.text[:MAX_REPORT]):
            recipient = _recipient(block)
            if recipient is not None:
                count += 1
                yield recipient
            if count >= MAX_RECIPIENTS:
                return


def _recipient_blocks(report: str) -> Iterator[dict[str, str]]:
    """Blocks as the blank lines draw them; systems that forget the blank line are forgiven."""
    block: dict[str, str] = {}
    last = ""
    waiting: dict[str, str] | None = None
    for line in [*report.splitlines(), ""]:
        match = _FIELD.match(line)
        if match is None:
            if line[:1] in (" ", "\t") and last and line.strip():
                block[last] = f"{block[last]} {line.strip()}"[:2_000]
            elif not line.strip() and block:
                waiting = yield from _finished(waiting, block)
                block, last = {}, ""
            continue
        last = match[1].lower()
        if last == "final-recipient" and last in block:
            waiting = yield from _finished(waiting, block)
            block = {}
        block.setdefault(last, match[2].strip()[:2_000])
    if waiting is not None:
        yield waiting


def _finished(
    waiting: dict[str, str] | None, block: dict[str, str]
) -> Generator[dict[str, str], None, dict[str, str] | None]:
    """Hold a recipient back until it is clear that the next block does not belong to it."""
    named = any(
        name in block for name in ("final-recipient", "original-recipient", "x-actual-recipient")
    )
    if waiting is not None and not named:
        return {**block, **waiting}  # a blank line too many
    if waiting is not None:
        yield waiting
    return block if named else None


def _recipient(block: dict[str, str]) -> BouncedRecipient | None:
    named = [
        _address_in(block.get(name, ""))
        for name in ("final-recipient", "original-recipient", "x-actual-recipient")
    ]
    # A final recipient may be written in another address type (X.400); the original then tells more.
    address = next((one for one in named if "@" in one), next(filter(None, named), ""))
    if not address:
        return None
    diagnostic = block.get("diagnostic-code", "")
    status = _status_in(block.get("status", "")) or _status_in(diagnostic)
    action = block.get("action", "").split("(")[0].strip().lower()
    action = next((known for known in _ACTIONS if action.startswith(known)), "")
    if not action:
        action = "delayed" if status.startswith("4.") else "failed"
    return BouncedRecipient(address, action, status)


def _address_in(value: str) -> str:
    """The address in ``rfc822; <a@b>`` (RFC 3464 2.1.2): address type and brackets removed."""
    _, semicolon, rest = value.partition(";")
    bare = (rest if semicolon else value).strip()
    if match := _ADDRESS.search(bare):
        found = match[0]
        return found if bare.isascii() else bare.strip("<> ")
    bare = bare.strip("<>\"' ").split(" ")[0]
    return bare if len(bare) > 1 else ""


def _status_in(value: str) -> str:
    match = _STATUS.search(value)
    return match[0] if match else ""


# ---------------------------------------------------------------------------------------------
# Other systems


@dataclass(frozen=True, slots=True)
class _Signs:
    by_daemon: bool
    by_postmaster: bool  # a role people have, too
    forwarded: bool  # the subject begins with a reply or forward mark
    null_path: bool
    subject: bool
    body: bool
    returns_mail: bool  # a copy of a message, or of its head, is inside
    marked: bool  # a header field that only bounces carry
    automatic: bool  # an auto-reply says so itself
    delayed: bool

    @property
    def of_a_machine(self) -> bool:
        return self.by_daemon or self.null_path or self.subject or self.marked

    @property
    def is_bounce(self) -> bool:
        if self.marked:
            return self.subject or self.body or self.by_daemon or self.null_path
        if self.by_daemon and (self.null_path or not self.by_postmaster):
            return self.subject or self.body
        if self.by_daemon:
            return self.body and (self.returns_mail or (self.subject and not self.forwarded))
        if self.automatic:
            return False
        if self.null_path:
            return (self.subject and self.body) or (self.body and self.returns_mail)
        return self.subject and self.body and self.returns_mail and not self.forwarded


_MARKS: Final = (
    "x-failed-recipients",  # Exim, Gmail
    "x-mx-bounce",  # MX Logic
    "x-ms-embedded-report",  # Exchange 2003
    "x-mailru-bounce",
    "x-dsn-reason",
    "x-bounce-id",
    "x-ahmailid",  # Active!Hunter
    "x-amerror",  # Amavis
    "x-sef-ndr",
)


def _signs_of(root: Part, text: str) -> _Signs:
    """The cheap signs first: without one of them the text is not even looked at."""
    head = root.head
    subject = (head.first("subject") or "")[:500]
    path = head.first("return-path")
    by_daemon = _by_daemon(head) or ("x-mlserver" in head and " not member" in subject)  # fml
    null_path = path is not None and path.strip() in ("<>", "", "<MAILER-DAEMON>")
    telling = bool(bounce_words.SUBJECT.search(subject))
    marked = any(name in head for name in _MARKS)
    looked_at = by_daemon or null_path or telling or marked
    own_words = _before_returned(text[:MAX_TEXT]) if looked_at else ""
    return _Signs(
        by_daemon=by_daemon,
        by_postmaster=bool(bounce_words.ROLE.search((head.raw("from") or "")[:1_000])),
        forwarded=bool(bounce_words.FORWARDED.match(subject)),
        null_path=null_path,
        subject=telling,
        body=looked_at and bool(bounce_words.BODY.search(own_words)),
        returns_mail=looked_at and _returns_mail(root, text),
        marked=marked,
        automatic=_says_auto_reply(head),
        delayed=looked_at and _is_delay(subject, own_words),
    )


def _is_delay(subject: str, own_words: str) -> bool:
    if bounce_words.DELAY.search(subject):
        return True
    return bool(bounce_words.DELAY.search(own_words)) and not bounce_words.GAVE_UP.search(
        f"{subject}\n{own_words}"
    )


def _says_auto_reply(head: Head) -> bool:
    submitted = (head.first("auto-submitted") or "").lower()
    return "replied" in submitted or "x-autoreply" in head or "x-autorespond" in head


def _by_daemon(head: Head) -> bool:
    for name in ("from", "sender"):
        raw = (head.raw(name) or "")[:1_000]
        for mailbox in parse_addresses(raw).mailboxes[:2]:
            if bounce_words.DAEMON.match(mailbox.address):
                return True
            if bounce_words.DAEMON_NAME.search(mailbox.name):
                return True
        if bounce_words.DAEMON.match(raw.strip(" <\"'")):
            return True
    path = (head.first("return-path") or "").strip(" <>")
    return path.lower().startswith("mailer-daemon")


def _before_returned(text: str) -> str:
    """The mail system's own words: what stands above the returned message."""
    ends = [len(text)]
    if match := bounce_words.RETURNED.search(text, 40):
        ends.append(match.start())
    for match in _HEADER_START.finditer(text):
        following = text[match.end() : match.end() + 1_500]
        if len(_HEADER_START.findall(following)) >= 2:
            ends.append(match.start())
            break
    own = text[: min(ends)]
    return own if own.strip() else text


def _returns_mail(root: Part, text: str) -> bool:
    parts = _parts(root)
    if any(part.is_message or part.content_type in _RETURNED_HEADERS for part in parts):
        return True
    return bool(_ID_LINE.search(text[:40_000]))


def _named_in(
    head: Head, parts: tuple[Part, ...], text: str, *, delayed: bool
) -> tuple[BouncedRecipient, ...]:
    """Recipients as the text names them: a field for them first, then addresses beside an error."""
    own_words = _before_returned(text[:MAX_TEXT])
    action = "delayed" if delayed else "failed"
    status = _status_in(own_words) or _status_in(" ".join(head.all("x-dsn-reason")))
    stated = ",".join((*head.raws("x-failed-recipients"), *head.raws("x-actual-recipient")))
    addresses = [mailbox.address for mailbox in parse_addresses(stated[:10_000]).mailboxes]
    if not addresses:
        addresses = _addresses_beside_errors(own_words, _not_meant(head))
    if not addresses:
        addresses = _recipients_of_returned(parts, text)
    unique = dict.fromkeys(address for address in addresses if "@" in address)
    return tuple(
        BouncedRecipient(address, action, _status_near(own_words, address) or status)
        for address in list(unique)[:MAX_RECIPIENTS]
    )


def _not_meant(head: Head) -> frozenset[str]:
    """Addresses a bounce names without meaning them: its author and its reader."""
    named = ",".join(
        (head.raw(name) or "")[:2_000] for name in ("from", "to", "delivered-to", "sender")
    )
    return frozenset(mailbox.address.lower() for mailbox in parse_addresses(named).mailboxes)


def _addresses_beside_errors(own_words: str, not_meant: frozenset[str]) -> list[str]:
    """Addresses on lines that begin with one or carry a reply code; else the first address."""
    likely: list[str] = []
    others: list[str] = []
    for line in own_words.splitlines()[:200]:
        named = _ADDRESS.finditer(line[:1_000])
        match = next((one for one in named if not one[0].startswith("**")), None)  # masked
        if match is None or bounce_words.DAEMON.match(match[0]):
            continue
        alone = not any(character.isalnum() for character in line[: match.start()])
        (likely if alone or _REPLY_CODE.search(line) or _STATUS.search(line) else others).append(
            match[0]
        )
    found = [one for one in (*likely, *others) if one.lower() not in not_meant]
    if likely and found and found[0] in likely:
        return [one for one in likely if one.lower() not in not_meant]
    return found[:1] or likely[:1]


def _status_near(own_words: str, address: str) -> str:
    at = own_words.find(address)
    return _status_in(own_words[at : at + 400]) if at >= 0 else ""


def _recipients_of_returned(parts: tuple[Part, ...], text: str) -> list[str]:
    for part in parts:
        if part.is_message and part.children:
            raw = (part.children[0].head.raw("to") or "")[:4_000]
            return [mailbox.address for mailbox in parse_addresses(raw).mailboxes][:1]
    match = re.search(
        r"^[>\s]{0,8}to:[ \t]{0,8}(.{3,300})$", text[:40_000], re.IGNORECASE | re.MULTILINE
    )
    return [mailbox.address for mailbox in parse_addresses(match[1]).mailboxes][:1] if match else []


# ---------------------------------------------------------------------------------------------
# Amazon SNS writes its notifications as JSON.


_CUT_LINE: Final = re.compile(r"!\n[ \t]")


def _json_object(body: str) -> object:
    try:
        return json.JSONDecoder().raw_decode(body)[0]
    except (ValueError, RecursionError):
        return None  # not JSON after all: judged by its words like any other mail


def _from_web_service(head: Head, text: str) -> Bounce | None:
    body = text.lstrip()[:MAX_REPORT]
    if not body.startswith("{") or "Bounce" not in body:
        return None
    # Relays cut lines over 998 octets with "!", line end and a blank: mended first.
    told = _json_object(_CUT_LINE.sub("", body))
    if isinstance(told, dict) and isinstance(told.get("Message"), str):
        told = _json_object(told["Message"])  # the whole envelope of the notification service
    if not isinstance(told, dict) or told.get("notificationType") != "Bounce":
        return None
    bounce, mail = told.get("bounce"), told.get("mail")
    listed = bounce.get("bouncedRecipients") if isinstance(bounce, dict) else None
    recipients = tuple(
        BouncedRecipient(
            str(one.get("emailAddress", "")),
            str(one.get("action") or "failed").lower(),
            _status_in(str(one.get("status") or one.get("diagnosticCode") or "")),
        )
        for one in (listed if isinstance(listed, list) else [])[:MAX_RECIPIENTS]
        if isinstance(one, dict)
    )
    common = mail.get("commonHeaders") if isinstance(mail, dict) else None
    ids = find_ids(str(common.get("messageId", ""))) if isinstance(common, dict) else ()
    return Bounce(recipients, ids[0] if ids else None)


# ---------------------------------------------------------------------------------------------
# Which mail came back


def _original_id(head: Head, parts: tuple[Part, ...], text: str) -> str | None:
    """The Message-ID of the returned mail: its own head first, what is said about it last."""
    for part in parts:
        if part.is_message and part.children:
            ids = find_ids((part.children[0].head.raw("message-id") or "")[:2_000])
        elif part.content_type in _RETURNED_HEADERS or part.is_message:
            ids = _ids_in_text(part.text[:MAX_REPORT])
        elif part.content_type in _STATUS_TYPES:
            ids = _stated_id(part.text[:MAX_REPORT])
        else:
            continue
        if ids:
            return ids[0]
    for part in parts:
        if part.maintype == "text" and (ids := _ids_in_text(part.text[:MAX_REPORT])):
            return ids[0]
    ids = _ids_in_text(text[:MAX_REPORT])
    for name in ("x-original-message-id", "original-message-id", "in-reply-to", "references"):
        ids = ids or find_ids((head.raw(name) or "")[:20_000])[-1:]
    return ids[0] if ids else None


def _ids_in_text(text: str) -> tuple[str, ...]:
    match = _ID_LINE.search(text)
    return find_ids(match[1]) if match else ()


def _stated_id(report: str) -> tuple[str, ...]:
    match = re.search(
        r"^(?:x-)?original-message-id\s{0,2}:\s{0,40}(<[^<>\s]{3,900}>)",
        report,
        re.IGNORECASE | re.MULTILINE,
    )
    return find_ids(match[1]) if match else ()
