"""Whose mail was forwarded: the attached original first, the block in the text second.

A forward names its author twice: in the attached message, which is that message, and in lines anybody
could have typed. Both are the forwarder's word; whether that counts is for the desk to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailflow.mail.addresses import parse_addresses
from mailflow.mail.dividers import is_divider
from mailflow.mail.header_labels import header_label
from mailflow.mail.message import Address, IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message
from mailflow.mail.subject import is_forward

MAX_LINES: Final = 400  # of the text looked at for the block
MAX_BLOCK: Final = 14  # lines of a header block


@dataclass(frozen=True, slots=True)
class Original:
    """The mail that was forwarded. ``found`` is 'attached' or 'quoted'; ``comment`` is the forwarder's own words."""

    author: Address
    subject: str
    text: str
    comment: str
    found: str


def forwarded_original(message: IncomingMessage) -> Original | None:
    """The one mail that ``message`` forwards, or None. Total and linear.

    An attached message counts where it is the only one. A block in the text counts in a message
    whose subject carries a forward mark, as replies quote such blocks too.
    """
    # The head says how it was sent, also where the subject was replaced since.
    sent_as = next((value for name, value in message.header_fields if name == "subject"), "")
    return _attached(message) or (
        _quoted(message) if is_forward(sent_as or message.subject) else None
    )


def _attached(message: IncomingMessage) -> Original | None:
    inside = [one for one in message.attachments if one.content_type == "message/rfc822"]
    if len(inside) != 1 or not inside[0].content:
        return None
    read = parse_message(RawMessage(inside[0].content))
    if read.author is None or read.author_ambiguous:
        return None
    return Original(read.author, read.subject, read.new_text, message.new_text, "attached")


def _quoted(message: IncomingMessage) -> Original | None:
    lines = message.text.split("\n")[:MAX_LINES]
    for at, line in enumerate(lines):
        if header_label(line) not in ("from", "subject", "date"):
            continue
        values, end = _block(lines, at)
        if len(values) < 3 or "from" not in values:
            continue
        named = parse_addresses(values["from"].replace("[mailto:", "<").replace("]", ">"))
        if len(named.mailboxes) != 1 or "@" not in named.mailboxes[0].address:
            return None  # a block without an address chooses nobody
        text = "\n".join(message.text.split("\n")[end:]).strip("\n")
        return Original(
            named.mailboxes[0], values.get("subject", ""), text, _comment(lines[:at]), "quoted"
        )
    return None


def _block(lines: list[str], at: int) -> tuple[dict[str, str], int]:
    """The fields of the header block that begins at line ``at``, by role, and where its text begins."""
    values: dict[str, str] = {}
    end = at
    for place in range(at, min(at + MAX_BLOCK, len(lines))):
        role = header_label(lines[place])
        if not role:
            if values and (lines[place].strip() or place > end):
                break
            continue
        _, _, value = lines[place].replace("：", ":").partition(":")
        values.setdefault(role, value.strip(" \t*_"))
        end = place + 1
    return values, end


def _comment(above: list[str]) -> str:
    """What the forwarder wrote above the block: without the line that says a forward begins."""
    while above and (not above[-1].strip() or is_divider(above[-1])):
        above = above[:-1]
    return "\n".join(above).strip("\n")
