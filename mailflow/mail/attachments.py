"""What came beside the readable text: files, inline images, containers, whole messages.

A file name is the sender's words. It is cleaned for showing and never meant for a disk: what remains
has no folder, no control character, nothing invisible, no turned reading direction, and keeps its
true ending when it is cut.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Collection

from mailflow.mail.addresses import without_invisible
from mailflow.mail.headers import one_line
from mailflow.mail.message import Attachment
from mailflow.mail.mime import Part
from mailflow.mail.tnef import Tnef

MAX_NAME = 120  # characters; with four octets each still under a file system's 255 in most scripts

_SPACES = re.compile(r"\s+")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,60}/[a-z0-9][a-z0-9.+_-]{0,80}")
_DRIVE = re.compile(r"^[A-Za-z]:")

#: Containers mail programs know by name; the name tells people what lies there.
_KNOWN_NAMES = {
    "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-signature": "signature.asc",
    "application/pgp-keys": "key.asc",
    "text/calendar": "invite.ics",
    "message/delivery-status": "delivery-status.txt",
    "message/global-delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "message/feedback-report": "feedback-report.txt",
    "text/rfc822-headers": "headers.txt",
}
_ENDINGS = {
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "image/webp": "webp",
    "image/tiff": "tiff",
    "image/bmp": "bmp",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/json": "json",
    "application/xml": "xml",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "video/mp4": "mp4",
}


def attachment_from(part: Part, number: int, *, inline: bool) -> Attachment:
    """The part as an attachment. ``number`` names it where nobody else did (1 is the first)."""
    content = part.octets
    return Attachment(
        filename=clean_filename(part.filename) or _made_name(part, number),
        content_type=part.content_type,
        size=len(content),
        inline=inline,
        content_id=part.content_id,
        content=content,
    )


def unpacked(container: Tnef, shown: Collection[str]) -> list[Attachment]:
    """The files of a winmail.dat. ``shown`` are the Content-IDs the HTML shows as images."""
    return [
        Attachment(
            filename=clean_filename(one.name) or f"winmail-{number}.bin",
            content_type=one.content_type
            if _TYPE.fullmatch(one.content_type)
            else mimetypes.guess_type(clean_filename(one.name))[0] or "application/octet-stream",
            size=len(one.content),
            inline=one.content_id in shown,
            content_id=one.content_id,
            content=one.content,
        )
        for number, one in enumerate(container.files, start=1)
    ]


def clean_filename(name: str) -> str:
    """``name`` fit for showing to people, or '' where nothing of it is left."""
    text = without_invisible(one_line(name[:4_096]))
    text = text.replace("\\", "/").rpartition("/")[2]
    text = _SPACES.sub(" ", _DRIVE.sub("", text)).strip(" .") if text.strip(" .") else ""
    if name.lstrip().startswith(".") and text and not text.startswith("."):
        text = text.lstrip(".")
    return _cut(text)


def _cut(name: str) -> str:
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 20:
        return name[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"


def _made_name(part: Part, number: int) -> str:
    if part.is_message:
        inner = part.children[0].head.first("subject") if part.children else None
        subject = clean_filename((inner or "").replace("/", "-").replace("\\", "-"))
        return f"{subject[: MAX_NAME - 4] or 'message'}.eml"
    if part.octets[:100].lstrip()[:27] == b"-----BEGIN PGP MESSAGE-----":
        return "encrypted.asc"
    known = _KNOWN_NAMES.get(part.content_type)
    if known is not None:
        return known
    ending = _ENDINGS.get(part.content_type, "bin")
    return f"attachment-{number}.{ending}"
