"""Old mail on the disk: mbox files, Maildirs, folders of single messages, single messages.

Nothing is held but the head at hand: an mbox of any size is scanned line by line, and a message is
read when its turn comes. What is no mail in a folder is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mailflow.desk.context import Source
from mailflow.flow.ports import ArchivedHead
from mailflow.mail.message import RawMessage

HEAD_OCTETS = 262_144  # as much of a head as the parser reads
_LINE = 65_536
_SNIFFED = 8_192

# RFC 4155: "From ", an address of any shape, and a moment. Text that begins a line with "From " has none.
_POSTMARK = re.compile(rb"From \S?.*\d{1,2}:\d{2}.*\b(?:19|20)\d{2}\b")
_FIELD = re.compile(rb"[!-9;-~]{1,76}[ \t]*:")
_MAIL_FIELD = re.compile(
    rb"^(?:From|Date|Message-ID|Received|Subject|Return-Path|Delivered-To)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_PASSED_OVER = (".json", ".msf", ".db", ".py")


class FileArchive:
    """See :class:`mailflow.flow.ports.Archive`. ``path`` is a file or a folder; folders are walked."""

    source = Source.INBOX

    def __init__(self, path: Path, *, max_octets: int) -> None:
        self._path = path
        self._max_octets = max_octets
        self.unreadable: dict[str, str] = {}

    def heads(self) -> Iterator[ArchivedHead]:
        self.unreadable = {}
        for path, named in self._files():
            try:
                yield from self._heads_of(path, named=named)
            except OSError as error:
                self.unreadable[str(path)] = error.strerror or str(error)

    def read(self, file: str, position: int, size: int) -> RawMessage | None:
        """A message of an mbox has its postmark and the escapes of its text taken away."""
        wanted = min(size, self._max_octets)
        try:
            with Path(file).open("rb") as stream:
                in_mbox = _is_mbox(Path(file), stream.read(_SNIFFED))
                stream.seek(position)
                octets = stream.read(wanted)
        except OSError as error:
            self.unreadable[file] = error.strerror or str(error)
            return None
        if in_mbox:
            octets = _ESCAPED.sub(rb"\1", octets)
        return RawMessage(octets, truncated=size > wanted)

    def _files(self) -> Iterator[tuple[Path, bool]]:
        if not self._path.is_dir():
            yield self._path, True
            return
        for path in sorted(self._path.rglob("*")):
            hidden = path.name.startswith(".") or path.suffix in _PASSED_OVER
            in_delivery = path.parent.name == "tmp" and (path.parent.parent / "cur").is_dir()
            if path.is_file() and not hidden and not in_delivery:
                yield path, False

    def _heads_of(self, path: Path, *, named: bool) -> Iterator[ArchivedHead]:
        with path.open("rb") as stream:
            start = stream.read(_SNIFFED)
            if _is_mbox(path, start):
                stream.seek(0)
                yield from scan_mbox(str(path), stream)
            elif start and (named or _is_named_as_mail(path) or _looks_like_mail(start)):
                stream.seek(0)
                head = _head(stream.read(HEAD_OCTETS))
                yield ArchivedHead(str(path), 0, path.stat().st_size, head)


def scan_mbox(file: str, stream: BinaryIO) -> Iterator[ArchivedHead]:
    """Where each message of an mbox lies, with its head. One pass; lines of any length.

    A message begins at a postmark after an empty line, if a header field follows: mail quotes
    mail, and many programs left "From " at a line's start unescaped.
    """
    begin: int | None = None  # of the message at hand, behind its postmark
    head: list[bytes] = []
    held, in_head, blank, whole = 0, False, True, True
    postmark = -1  # where a line lies that begins a message if a field follows
    at = blank_octets = 0
    for line in iter(lambda: stream.readline(_LINE), b""):
        if postmark >= 0:
            if begin is None or _FIELD.match(line) or line.startswith(b">From "):
                if begin is not None:
                    end = max(begin, postmark - blank_octets)
                    yield ArchivedHead(file, begin, end - begin, b"".join(head))
                begin, head, held, in_head = at, [], 0, True
            postmark = -1
        if (
            whole
            and blank
            and line.startswith(b"From ")
            and (begin is None or _POSTMARK.match(line))
        ):
            postmark = at
        elif in_head and begin is not None:
            in_head = bool(line.strip(b"\r\n"))
            if held < HEAD_OCTETS:
                head.append(line)
                held += len(line)
        blank = whole and line in (b"\n", b"\r\n")
        if blank:
            blank_octets = len(line)
        whole = line.endswith(b"\n")
        at += len(line)
    if begin is not None:
        end = max(begin, at - blank_octets) if blank else at
        yield ArchivedHead(file, begin, end - begin, b"".join(head))


def _is_mbox(path: Path, start: bytes) -> bool:
    return path.suffix != ".eml" and start.startswith(b"From ")


def _is_named_as_mail(path: Path) -> bool:
    return path.suffix == ".eml" or path.parent.name in {"cur", "new"}


def _looks_like_mail(start: bytes) -> bool:
    first = start.lstrip(b"\r\n").split(b"\n", 1)[0]
    return bool(_FIELD.match(first)) and bool(_MAIL_FIELD.search(_head(start)))


def _head(octets: bytes) -> bytes:
    ends = [found for mark in (b"\n\n", b"\n\r\n") if (found := octets.find(mark)) >= 0]
    return octets[: min(ends) + 1] if ends else octets
