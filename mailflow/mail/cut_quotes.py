"""Attributions, and the quotes they introduce."""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail import attributions
from mailflow.mail.scan import ATTRIBUTION, EMPTY, OLDER, QUOTE, SIGNATURE, TEXT, Scan

MAX_ATTRIBUTION_LINES: Final = 4
LONG_SENTENCE: Final = 25  # shorter lines that end in a full stop may be "Den man. 2."
LONG_LINE: Final = 60  # a quoted line this long may have been wrapped into an unquoted one
_NAMED_BAR: Final = re.compile(
    r"^\s{0,8}\w{1,20}>"
)  # "    Kim> text", below Supercite's attribution
_BARRED: Final = re.compile(r"^\s{0,2}[|¦│:»›]")
MAX_NAME_WORDS: Final = 12
_NAME_AND_ADDRESS: Final = re.compile(
    r"^[^<>@]{1,100}[<(][^<>()\s]{1,64}@[^<>()\s]{1,120}[>)][,،]?$"
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
            start = at - 1 if _is_name_above(scan, at) or _is_begun_above(scan, at) else at
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
            return end + 1
        if end == at and attributions.begins_with_attribution(line):
            return at + 1
        if end == at and not attributions.may_begin_attribution(line):
            return at
    return at


def _is_name_above(scan: Scan, at: int) -> bool:
    """Whether an attribution was wrapped below the name, or below name and address."""
    if not at or scan.kinds[at - 1] != TEXT or (at > 1 and scan.lines[at - 2].strip()):
        return False
    name = scan.lines[at - 1].strip()
    if not scan.lines[at].lstrip().startswith("<"):
        return bool(
            _NAME_AND_ADDRESS.match(name)
        )  # "Kim Lee <kim@example.com>" and "於 2026年…寫道："
    return len(name.split()) <= MAX_NAME_WORDS and not name.endswith((".", "!", "?", ":", ","))


def _is_begun_above(scan: Scan, at: int) -> bool:
    """Whether the line above opens the attribution: a date with its year, alone in its paragraph."""
    if not at or scan.kinds[at - 1] != TEXT or (at > 1 and scan.lines[at - 2].strip()):
        return False
    line = scan.lines[at - 1]
    return not line.rstrip().endswith((".", "!", "?", ":")) and attributions.opens_with_year(line)


def _continues(scan: Scan, joined: str, at: int) -> bool:
    """Whether line ``at`` can be the rest of an attribution that wrapped."""
    line = scan.lines[at]
    if not line.strip() or scan.fenced[at]:
        return False
    if scan.kinds[at] == QUOTE:  # "<name@example.com" and ">:" on the next line
        open_angle = joined.rfind("<") > joined.rfind(">")
        return open_angle and bool(_CLOSING_ANGLE.match(line))
    if scan.kinds[at] == SIGNATURE:
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
