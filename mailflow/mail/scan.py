"""The lines of a mail's text, each with what it is taken for so far."""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail import attributions, signatures
from mailflow.mail.html_text import Line, Mark

MAX_LOOKED_AT: Final = 1_000  # characters of a line judged

#: What one line is. TEXT and EMPTY are the new text; the rest is hidden.
EMPTY, TEXT, QUOTE, ATTRIBUTION, OLDER, SIGNATURE = " TQAOS"

_QUOTED: Final = re.compile(r"^\s{0,4}(?:>|＞|&gt;|[A-Z][A-Za-z]{0,2}>\s)")
_FENCE: Final = re.compile(r"^\s{0,3}(```|~~~[^~]|~~~$)")


class Scan:
    """The lines of one text and what each of them is taken for."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = [line[:MAX_LOOKED_AT] for line in lines]
        self.fenced = _fenced(self.lines)
        self.kinds = [
            TEXT if fenced else _first_kind(line)
            for line, fenced in zip(self.lines, self.fenced, strict=True)
        ]
        self.older_at: int | None = None  # where the HTML structure says an older message begins
        self.next_full = self._following()
        self.roles: dict[int, str] = {}  # which header field a line pretends to be, once asked

    def _following(self) -> list[int]:
        """For each line the index of the next line that is not empty, or the end."""
        following = [len(self.lines)] * len(self.lines)
        ahead = len(self.lines)
        for at in range(len(self.lines) - 1, -1, -1):
            following[at] = ahead
            if self.lines[at].strip():
                ahead = at
        return following

    # -- structure of the HTML part --------------------------------------------------------

    def take_structure(self, structure: tuple[Line, ...]) -> None:
        """Carry over what the HTML says to the same lines of the text."""
        full = [line for line in structure if line.text.strip()]
        places = [at for at, line in enumerate(self.lines) if line.strip()]
        same = len(full) >= len(places) and all(
            _folded(self.lines[at]) == _folded(line.text[:MAX_LOOKED_AT])
            for at, line in zip(places, full, strict=False)
        )
        if same:
            for at, line in zip(places, full, strict=False):
                self._take_mark(at, line)
        else:
            self._find_older(full)

    def _take_mark(self, at: int, line: Line) -> None:
        if line.mark is Mark.FROM_HERE and self.older_at is None:
            self.older_at = at
        elif line.mark is Mark.SIGNATURE:
            self.kinds[at] = SIGNATURE
        elif line.mark is Mark.QUOTE:
            if self.kinds[at] != QUOTE:
                self.kinds[at] = ATTRIBUTION
        elif self.kinds[at] == QUOTE and line.mark is Mark.NONE:
            self.kinds[at] = TEXT  # an indented paragraph is no quote

    def _find_older(self, full: list[Line]) -> None:
        """The text part wraps otherwise: look for the first words of the older message in it."""
        for line in full:
            if line.mark is Mark.QUOTE and not line.text.startswith(">"):
                self._find_attribution(_folded(line.text[:MAX_LOOKED_AT]))
                break
        for line in [line for line in full if line.mark is Mark.FROM_HERE][:3]:
            wanted = _folded(line.text[:200])[:40]
            if len(wanted) >= 8 and any(character.isalpha() for character in wanted):
                self._find_beginning(wanted)
                return

    def _find_attribution(self, wanted: str) -> None:
        """Mark the lines that say ``wanted``, which the HTML holds for an attribution."""
        if len(wanted) < 12:
            return
        for at, line in enumerate(self.lines):
            said, end = _folded(line), at + 1
            if self.kinds[at] != TEXT or len(said) < 8 or not wanted.startswith(said):
                continue
            last = min(len(self.lines), at + 4)
            while end < last and len(said) < len(wanted) and self.lines[end].strip():
                said = _folded(f"{said} {self.lines[end]}")
                end += 1
            if said == wanted:
                self.kinds[at:end] = [ATTRIBUTION] * (end - at)
                return

    def _find_beginning(self, wanted: str) -> None:
        for at, line in enumerate(self.lines):
            folded = _folded(line)
            if folded.startswith(wanted) or (len(folded) >= 12 and wanted.startswith(folded)):
                self.older_at = at
                return


def says_something(text: str) -> bool:
    """Whether anything but bars and blanks is left; an emoji alone is an answer."""
    return any(character.isalnum() or ord(character) > 0x2190 for character in text) or "?" in text


def is_bare_rule(scan: Scan, at: int) -> bool:
    return not scan.fenced[at] and signatures.is_delimiter(scan.lines[at])


def _first_kind(line: str) -> str:
    if not line.strip(" \t\u00a0\u200b\ufeff"):
        return EMPTY
    return QUOTE if _QUOTED.match(line) and not attributions.is_angled(line) else TEXT


def _folded(line: str) -> str:
    return " ".join(line.split())


def _fenced(lines: list[str]) -> list[bool]:
    """Which lines stand inside a closed ``` or ~~~ fence, the fences included."""
    fenced = [False] * len(lines)
    opened: tuple[int, str] | None = None
    for at, line in enumerate(lines):
        match = _FENCE.match(line)
        if match is None:
            continue
        mark = match[1][:3]
        if opened is None:
            opened = (at, mark)
        elif mark == opened[1]:
            fenced[opened[0] : at + 1] = [True] * (at + 1 - opened[0])
            opened = None
    return fenced
