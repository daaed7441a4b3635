"""Where an older message begins that is not marked as a quote: dividers, header blocks, what the HTML says."""

from __future__ import annotations

from typing import Final

from mailflow.mail import signatures
from mailflow.mail.attributions import is_dateline
from mailflow.mail.dividers import is_above_line, is_divider, is_framed
from mailflow.mail.header_labels import has_foreign_label, header_label, names_field
from mailflow.mail.scan import (
    ATTRIBUTION,
    EMPTY,
    OLDER,
    QUOTE,
    TEXT,
    Scan,
    is_bare_rule,
    says_something,
)

MAX_HEADER_BLOCK: Final = 20
MAX_LETTER_HEAD: Final = 8  # lines above the fields of a letter
_MARGIN: Final = " " * 8


def cut_older(scan: Scan) -> None:
    """Everything from the first older message on, where text stands above it."""
    spoken = above_quote = False
    run_end = -1  # of the attribution lines asked about last: one answer for all of them
    at = 0
    while at < len(scan.lines):
        kind = scan.kinds[at]
        if kind == ATTRIBUTION and at > run_end:
            run_end = _attribution_run_end(scan, at)
            above_quote = _is_above_quote(scan, run_end)
        begins = at == scan.older_at or (
            kind == TEXT and not scan.fenced[at] and _begins_older(scan, at)
        )
        bare = kind == ATTRIBUTION and not above_quote
        if begins and (end := _letter_head_end(scan, at)) > at:
            at, spoken = end, True
            continue
        if spoken and (begins or bare):
            _cut_from(scan, at)
            return
        if begins and kind == TEXT:
            at = _introduce(scan, at)
            continue
        spoken = spoken or (kind == TEXT and says_something(scan.lines[at]))
        at += 1


def _letter_head_end(scan: Scan, at: int) -> int:
    """Where the fields end that head a letter, below nothing but "Vienna, 3 March 2026"; or ``at``."""
    if at > MAX_LETTER_HEAD or at == scan.older_at:
        return at
    above = [line for line in scan.lines[:at] if line.strip()]
    end = _header_block_end(scan, at) if len(above) == 1 and is_dateline(above[0]) else at
    return at if any(_role(scan, place) == "date" for place in range(at, end)) else end


def _role(scan: Scan, at: int) -> str:
    role = scan.roles.get(at)
    if role is None:
        role = scan.roles[at] = header_label(scan.lines[at])
    return role


def _begins_older(scan: Scan, at: int) -> bool:
    if is_divider(scan.lines[at]) or _header_block_end(scan, at) > at or _is_notes_table(scan, at):
        return True
    return is_above_line(scan.lines[at]) and at > 0 and is_bare_rule(scan, at - 1)


def _introduce(scan: Scan, at: int) -> int:
    """An older message at the very top. Where its text is marked, what follows may answer."""
    end = max(_header_block_end(scan, at), at + 1)
    following = scan.next_full[end - 1]
    if end == at + 1 and following < len(scan.lines):
        block_end = _header_block_end(scan, following)
        end = block_end if block_end > following else end
    if end < len(scan.lines) and _is_above_quote(scan, end - 1):
        for place in range(at, end):
            if scan.kinds[place] == TEXT:
                scan.kinds[place] = ATTRIBUTION
    return end


def _attribution_run_end(scan: Scan, at: int) -> int:
    while at + 1 < len(scan.lines) and scan.kinds[at + 1] == ATTRIBUTION:
        at += 1
    return at


def _is_above_quote(scan: Scan, at: int) -> bool:
    following = scan.next_full[_attribution_run_end(scan, at)]
    return following < len(scan.lines) and scan.kinds[following] in (QUOTE, ATTRIBUTION)


def _cut_from(scan: Scan, at: int) -> None:
    start = at
    while start and (
        scan.kinds[start - 1] == EMPTY
        or (scan.kinds[start - 1] == TEXT and _draws_line(scan, start - 1))
    ):
        start -= 1
    for place in range(start, len(scan.lines)):
        scan.kinds[place] = OLDER


def _draws_line(scan: Scan, at: int) -> bool:
    """A drawn line above an older message, with or without words in it."""
    return is_bare_rule(scan, at) or (not scan.fenced[at] and is_framed(scan.lines[at]))


def _header_block_end(scan: Scan, at: int) -> int:
    """Where the header block that begins at ``at`` ends, or ``at`` when none does.

    A block names an author or a date, three fields in all (two below a drawn line), and a
    subject or an address: a travel request with From, To and Date is no mail.
    """
    first = _role(scan, at)
    if first not in ("from", "date", "subject", "to", "reply-to"):
        return at
    if _belongs_to_form(scan, at):
        return at
    roles: dict[str, str] = {}
    end, place, unlabelled = at, at, 0
    while place < min(at + MAX_HEADER_BLOCK, len(scan.lines)):
        line = scan.lines[place]
        role = _role(scan, place)
        if role:
            roles.setdefault(role, line)
            end, unlabelled = place + 1, 0
        elif place > at and scan.lines[place - 1].strip() and has_foreign_label(line):
            return at  # what somebody typed into a form
        elif line.strip() and not (roles and names_field(line)):
            unlabelled += 1
            if unlabelled > 4 or (roles.keys() - {"to", "cc"} and not _wraps(line)):
                break
        following = scan.next_full[place]
        if following - place > 2:
            break
        place = following
    return end if _heads_a_mail(scan, at, end, roles) else at


def _heads_a_mail(scan: Scan, at: int, end: int, roles: dict[str, str]) -> bool:
    enough = 2 if at and _below_rule(scan, at) else 3
    following = scan.next_full[end - 1] if end else end
    below = scan.kinds[following] if following < len(scan.kinds) else ""
    if roles.keys() == {"to", "subject"}:  # Yandex: the author stands in an attribution below
        return enough == 2 and below == ATTRIBUTION
    addressed = any("@" in line for line in roles.values())
    if not addressed and (not below or "subject" not in roles):
        return False  # no address, and nothing below or no subject: a travel request
    return len(roles.keys() - {"other"}) >= enough and bool(roles.keys() & {"from", "date"})


def _is_notes_table(scan: Scan, at: int) -> bool:
    """Whether Lotus Notes drew its table here: the author at the left, "To", "cc" and "Subject" at the right."""
    if not scan.lines[at].startswith(_MARGIN):
        return False
    labels = [
        line.rsplit(None, 1)[-1].lower()
        for line in scan.lines[at : at + MAX_HEADER_BLOCK]
        if line.startswith(_MARGIN) and line.strip()
    ]
    seen = [label for label in labels if label in ("to", "cc", "subject")]
    return seen[:3] == ["to", "cc", "subject"]


def _belongs_to_form(scan: Scan, at: int) -> bool:
    """Whether the fields right above ``at`` are those of a form, or of a head pasted whole."""
    for above in range(at - 1, max(-1, at - MAX_HEADER_BLOCK), -1):
        line = scan.lines[above]
        if not line.strip() or scan.kinds[above] != TEXT:
            return False
        if has_foreign_label(line):
            return True
        if not _role(scan, above):
            return False
    return False


def _wraps(line: str) -> bool:
    """Whether ``line`` looks like the rest of a list of recipients."""
    return "@" in line or line.rstrip().endswith((";", ",", ">")) or line.startswith((" ", "\t"))


def _below_rule(scan: Scan, at: int) -> bool:
    above = at - 1
    while above > 0 and not scan.lines[above].strip() and at - above < 4:
        above -= 1
    return signatures.is_delimiter(scan.lines[above]) or is_divider(scan.lines[above])
