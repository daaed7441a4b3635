"""What ``mailflow inspect --json`` says of a message: a stable surface that scripts rely on.

Keys are never renamed or removed; new ones may be added. Every value is JSON as it stands.
"""

from __future__ import annotations

from mailflow.mail.message import Address, Bounce, IncomingMessage


def inspection_record(message: IncomingMessage, file: str) -> dict[str, object]:
    """The facts read from one message, as one JSON object.

    ``file`` is where it came from. ``from`` is null when there is no readable author, ``date`` is
    ISO 8601 with its zone or null, ids carry no angle brackets, ``attachments`` give sizes in octets
    after decoding, ``return_path`` is '' for the null path and null when absent, ``bounce`` is null
    for everything that is none.
    """
    return {
        "file": file,
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "from": None if message.author is None else _mailbox(message.author),
        "from_ambiguous": message.author_ambiguous,
        "sender": None if message.sender is None else _mailbox(message.sender),
        "reply_to": [_mailbox(one) for one in message.reply_to],
        "to": [_mailbox(one) for one in message.to],
        "cc": [_mailbox(one) for one in message.cc],
        "delivered_to": list(message.delivered_to),
        "return_path": message.return_path,
        "subject": message.subject,
        "base_subject": message.base_subject,
        "date": None if message.date is None else message.date.isoformat(),
        "text": message.text,
        "new_text": message.new_text,
        "hidden": {"quotes": message.hidden.quotes, "signature": message.hidden.signature},
        "attachments": [
            {
                "filename": one.filename,
                "content_type": one.content_type,
                "size": one.size,
                "inline": one.inline,
                "content_id": one.content_id,
            }
            for one in message.attachments
        ],
        "origin": {"kind": message.origin.kind.value, "rule": message.origin.rule},
        "bounce": None if message.bounce is None else _bounce(message.bounce),
        "may_answer": {"value": message.may_answer.value, "reason": message.may_answer.reason},
        "language": message.language,
        "size": message.size,
        "content_hash": message.content_hash,
        "defects": list(message.defects),
    }


def _mailbox(address: Address) -> dict[str, object]:
    return {"name": address.name, "address": address.address}


def _bounce(bounce: Bounce) -> dict[str, object]:
    return {
        "recipients": [
            {"address": one.address, "action": one.action, "status": one.status}
            for one in bounce.recipients
        ],
        "original_message_id": bounce.original_message_id,
    }
