"""Files written into a text by uuencode, as Outlook and old systems still send them.

``begin 644 name``, lines that each tell their own length, ``end``. Only a block that is one throughout
is taken out of the text; whatever else begins so stays as it is. One pass, linear.
"""

from __future__ import annotations

import mimetypes
import re
from typing import Final

from mailflow.mail.mime import Head, Part

MAX_FILES: Final = 50

_BEGIN: Final = re.compile(r"^begin [0-7]{3,4} (\S.{0,200})$")


def take_files(text: str) -> tuple[str, list[Part]]:
    """``text`` without the files written into it, and the files."""
    if "\nbegin " not in f"\n{text[:6]}" and "\nbegin " not in text:
        return text, []
    lines = text.split("\n")
    kept: list[str] = []
    files: list[Part] = []
    at = 0
    while at < len(lines):
        named = _BEGIN.match(lines[at].rstrip()) if lines[at].startswith("begin ") else None
        end = _end(lines, at) if named and len(files) < MAX_FILES else at
        if named is None or end == at:
            kept.append(lines[at])
            at += 1
            continue
        files.append(_file(named[1].strip(), lines[at : end + 1]))
        at = end + 1
    return ("\n".join(kept), files) if files else (text, [])


def _end(lines: list[str], begin: int) -> int:
    """The line that ends the block, or ``begin`` where it is none. Another "begin" is no data: linear."""
    for at in range(begin + 1, len(lines)):
        line = lines[at].rstrip("\r")
        if line.strip() == "end":
            return at if at > begin + 1 else begin
        if line and not _is_data(line):
            return begin
    return begin


def _is_data(line: str) -> bool:
    """Whether a line is as long as its first character says (blanks at its end may be lost)."""
    if not " " <= line[0] <= "`" or len(line) > 90 or not line.isascii():
        return False
    told = -(-((ord(line[0]) - 32) & 63) // 3) * 4
    return len(line) - 1 <= told + 2 and (
        len(line) - 1 >= told or line.rstrip() != line or told == 0
    )


def _file(name: str, lines: list[str]) -> Part:
    octets = "\n".join(lines).encode("ascii", "replace")
    return Part(
        head=Head(),
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        params={},
        disposition="attachment",
        filename=name,
        transfer_encoding="x-uuencode",
        source=octets,
        end=len(octets),
    )
