"""Attributions, and the quotes they introduce."""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail import attributions
from mailflow.mail.scan import ATTRIBUTION, EMPTY, OLDER, QUOTE, SIGNATURE, TEXT, Scan

MAX_ATTRIBUTION_LINES: Final = 4
LONG_SENTENCE: Final = 25  # shorter lines that end in a full stop may be "Den man. 2."
LONG_LINE: Final = 60  # a quoted line this long may have been wrapped into an unquoted one
_NAMED_BAR: Final = re.compile(r"^\s{0,8}\w{1,20}>")  # Supercite: "    Kim> text"
_BARRED: Final = re.compile(r"^\s{0,2}[|¦│:»›]")
MAX_NAME_WORDS: Final = 12
LEAST_WIDTH: Final = 58  # no program breaks lines that are shorter
MAX_BEGINNING: Final = 160  # characters of an attribution above the line that tells it
MAX_ABBREVIATION: Final = 5
MAX_REST: Final = 60
_NAME_AND_ADDRESS: Final = re.compile(
    r"^[^<>@]{1,100}[<(][^<>()\s]{1,64}@[^<>()\s]{1,120}[>)][^<>@]{0,40}$"
)
_CLOSING_ANGLE: Final = re.compile(r"^\s{0,4}>\s{0,3}(?:[^>]{0,60}[:：]|[:：])\s*$")


def join_wrapped_quotes(scan: Scan) -> None:
    """A long quoted line that was wrapped leaves a short unquoted rest between quotes."""
    for at in range(1, len(scan.lines) - 1):
        if (
            scan.kinds[at] == TEXT
            and not scan.fenced[at]
            and scan.kinds[at - 1] == QUOTE
            and scan.kinds[at + 1] == QUOTE
            and len(scan.lines[at - 1]) >= LONG_LINE
            and len(scan.lines[at]) < LONG_LINE
            and scan.lines[at + 1].strip() not in (">", ">>")
        ):
            scan.kinds[at] = QUOTE


def find_attributions(scan: Scan) -> None:
    at = 0
    while at < len(scan.lines):
        end = _attribution_end(scan, at) if _may_introduce(scan, at) else at
        if end > at:
            start = _begins_above(scan, at)
            scan.kinds[start:end] = [ATTRIBUTION] * (end - start)
            _quote_bars(scan, end, named=attributions.is_supercite(scan.lines[at]))
            at = end
        else:
            at += 1


def _may_introduce(scan: Scan, at: int) -> bool:
    return scan.kinds[at] == TEXT and not scan.fenced[at]


def _attribution_end(scan: Scan, at: int) -> int:
    """Where the attribution that begins at line ``at`` ends, or ``at`` when none does."""
    if not attributions.has_cue(scan.lines[at]) and not _quote_follows(scan, at):
        return at  # most lines of most mails end here, cheaply
    joined = ""
    for end in range(at, min(at + MAX_ATTRIBUTION_LINES, len(scan.lines))):
        line = scan.lines[end]
        if end > at and not _continues(scan, joined, end):
            return at
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > attributions.MAX_ATTRIBUTION:
            return at
        if attributions.is_attribution(joined, quote_follows=_quote_follows(scan, end)):
            return end + 1 + _is_rest(scan, joined, end + 1)
        if end == at and attributions.begins_with_attribution(line):
            return at + 1
        if end == at and not attributions.may_begin_attribution(line):
            return at
    return at


def _is_rest(scan: Scan, joined: str, at: int) -> bool:
    """Whether line ``at`` is the last word of an attribution that could have ended before: "je:"."""
    if at >= len(scan.lines) or joined.endswith((":", "：")) or not _may_introduce(scan, at):
        return False
    rest = scan.lines[at].strip()
    if not rest.endswith((":", "：")) or len(rest) > MAX_REST:
        return False
    return len(rest) <= 2 or (
        _quote_follows(scan, at)
        and attributions.is_attribution(f"{joined} {rest}", quote_follows=True)
    )


def _begins_above(scan: Scan, at: int) -> int:
    """Where the attribution read at ``at`` begins: clients wrap in its name, its date, its address."""
    start = at
    while start and at - start < MAX_ATTRIBUTION_LINES - 1 and _may_introduce(scan, start - 1):
        start -= 1
    if start == at or (start and scan.lines[start - 1].strip()) or not _could_wrap(scan, at):
        return at  # nothing above, or more than an attribution has
    above = " ".join(line.strip() for line in scan.lines[start:at])
    if len(above) > MAX_BEGINNING or _ends_a_sentence(above):
        return at
    line = scan.lines[at]
    if "@" not in line and _NAME_AND_ADDRESS.match(above):
        return start
    if attributions.opens_with_year(line):
        return at  # complete as it is; what stands above it was written
    if attributions.opens_with_year(above) or attributions.has_head(above):
        return start
    if _quote_follows(scan, at) and attributions.may_open(above):
        return start
    named = len(above.split()) <= MAX_NAME_WORDS and not above.endswith((":", ","))
    parted = above.rfind("(") > above.rfind(")")  # "Kim Lee (Customer" and "Care) <kim@…"
    return start if named and (parted or line.lstrip().startswith("<")) else at


def _could_wrap(scan: Scan, at: int) -> bool:
    """Whether the line above may have been broken before line ``at``.

    Programs break lines that are long, or before and after addresses and dates; a short line that
    ends in a word was ended by its author.
    """
    above, line = scan.lines[at - 1].rstrip(), scan.lines[at].strip()
    last = above.rsplit(" ", 1)[-1]
    return (
        _width(above) + _width(line.split(" ", 1)[0]) >= LEAST_WIDTH
        or line[0] in "<>(:"
        or above.endswith(("<", ",", "،", "(", ">", ")"))
        or any(character.isdigit() for character in last)
        or (last.isupper() and len(last) <= MAX_ABBREVIATION)
        or attributions.is_verb(line)
    )


def _width(text: str) -> int:
    """Columns of ``text``: characters of East Asia take two."""
    return len(text) + sum(1 for character in text if character >= "\u2e80")


def _ends_a_sentence(text: str) -> bool:
    """Whether ``text`` ends as a sentence does, and not in "kl." or "mar."."""
    return text.endswith(("!", "?", ":", "。")) or (
        text.endswith(".") and len(text.rsplit(" ", 1)[-1]) > MAX_ABBREVIATION
    )


def _continues(scan: Scan, joined: str, at: int) -> bool:
    """Whether line ``at`` can be the rest of an attribution that wrapped."""
    line = scan.lines[at]
    if not line.strip() or scan.fenced[at]:
        return False
    if scan.kinds[at] == QUOTE:  # "<name@example.com" and ">:" on the next line
        open_angle = joined.rfind("<") > joined.rfind(">")
        return open_angle and bool(_CLOSING_ANGLE.match(line))
    if scan.kinds[at] == SIGNATURE or not _could_wrap(scan, at):
        return False
    # A line that opens an attribution of its own is not the rest of another.
    ended = len(joined) >= LONG_SENTENCE and joined.endswith((".", "!", "?", "。"))
    return not (ended or attributions.begins_with_date(line)) or not attributions.is_attribution(
        line, quote_follows=_quote_follows(scan, at)
    )


def _quote_follows(scan: Scan, at: int) -> bool:
    following = scan.next_full[at]
    if following >= len(scan.lines) or following - at > 4:
        return False
    return scan.kinds[following] == QUOTE or bool(
        _BARRED.match(scan.lines[following])
        and scan.next_full[following] < len(scan.lines)
        and _BARRED.match(scan.lines[scan.next_full[following]])
    )


def _quote_bars(scan: Scan, at: int, *, named: bool) -> None:
    """Lines with another bar than '>' are quotes where an attribution stands above them."""
    bar = _NAMED_BAR if named else _BARRED
    while at < len(scan.lines) and (scan.kinds[at] == EMPTY or bar.match(scan.lines[at])):
        if scan.kinds[at] == TEXT:
            scan.kinds[at] = QUOTE
        at += 1


def settle_quotes(scan: Scan) -> None:
    """Decide on quotes with text below them: one with an attribution goes, several stay."""
    runs = _quote_runs(scan)
    if len(runs) == 1 and ATTRIBUTION in scan.kinds[: runs[0]]:
        scan.kinds = [OLDER if kind == QUOTE else kind for kind in scan.kinds]


def _quote_runs(scan: Scan) -> list[int]:
    """Where each block of quoted lines begins; text between ends a block."""
    runs: list[int] = []
    before = TEXT
    for at, kind in enumerate(scan.kinds):
        if kind == QUOTE and before != QUOTE:
            runs.append(at)
        if kind in (TEXT, QUOTE):
            before = kind
    return runs
