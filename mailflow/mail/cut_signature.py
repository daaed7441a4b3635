"""What stands above and below the letter: a gateway's warning, signature, footers, disclaimers."""

from __future__ import annotations

import re
from typing import Final

from mailflow.mail import signatures
from mailflow.mail.scan import (
    ATTRIBUTION,
    EMPTY,
    OLDER,
    QUOTE,
    SIGNATURE,
    TEXT,
    Scan,
    is_bare_rule,
    says_something,
)

MAX_SIGNATURE_LINES: Final = 25  # a longer block below "-- " is more text, not a signature
MAX_BANNERS: Final = 4  # paragraphs of warning
MAX_FOOTER_LINES: Final = 15
MAX_DISCLAIMER_LINES: Final = 40
MAX_CITED_LINES: Final = 3
MIN_ANNOUNCING_WORDS: Final = 4
_ARMOR: Final = re.compile(r"^-----BEGIN PGP (SIGNED MESSAGE|SIGNATURE)-----\s*$")
_ARMOR_END: Final = re.compile(r"^-----END PGP SIGNATURE-----\s*$")


def cut_banner(scan: Scan) -> None:
    """The warning that gateways put on top of mail from outside: nobody's words."""
    for _ in range(MAX_BANNERS):
        start = next((at for at, kind in enumerate(scan.kinds) if kind == TEXT), 0)
        end = start
        while end < len(scan.kinds) and scan.kinds[end] == TEXT and end - start < 8:
            end += 1
        if not signatures.is_banner(" ".join(scan.lines[start:end])):
            return
        scan.kinds[start:end] = [SIGNATURE] * (end - start)


def cut_armor(scan: Scan) -> None:
    """What PGP puts around a signed text (RFC 9580 7): nobody's words either."""
    inside = ""
    for at, line in enumerate(scan.lines):
        opened = _ARMOR.match(line) if "PGP" in line else None
        if opened and scan.kinds[at] == TEXT:
            inside = opened[1]
        if not inside:
            continue
        if scan.kinds[at] == TEXT:
            scan.kinds[at] = SIGNATURE
        ends = not line.strip() if inside == "SIGNED MESSAGE" else _ARMOR_END.match(line)
        inside = "" if ends else inside


def cut_signature(scan: Scan) -> None:
    """From a separator to the next quote or the end, if it is short enough to be one."""
    spoken = False
    for at, line in enumerate(scan.lines):
        if scan.kinds[at] != TEXT or scan.fenced[at]:
            continue
        if spoken and signatures.is_separator(line):
            if signatures.is_drawn_separator(line) and _is_rule_below(scan, at):
                continue  # it divides a text, as in Markdown
            end = at
            while end < len(scan.lines) and scan.kinds[end] in (TEXT, EMPTY):
                end += 1
            full = sum(1 for place in range(at, end) if scan.kinds[place] == TEXT)
            if full <= MAX_SIGNATURE_LINES + 1:
                for place in range(at, end):
                    scan.kinds[place] = SIGNATURE
                continue
            return  # what follows is text as well; a separator further down is no better
        spoken = spoken or says_something(line)


def _is_rule_below(scan: Scan, at: int) -> bool:
    below = range(at + 1, len(scan.lines))
    return any(scan.kinds[place] == TEXT and is_bare_rule(scan, place) for place in below)


def _last_full(scan: Scan) -> int:
    """The last line that still counts as text, or -1."""
    at = len(scan.lines) - 1
    while at >= 0 and scan.kinds[at] not in (TEXT, QUOTE, ATTRIBUTION):
        at -= 1
    return at


def cut_tail(scan: Scan) -> None:
    """Take quotes, footers, rules and disclaimers off the end until text stands there."""
    for _ in range(12):
        last = _last_full(scan)
        if last < 0 or scan.fenced[last]:
            return
        kind = scan.kinds[last]
        if kind in (QUOTE, ATTRIBUTION):
            if _is_cited(scan, last):
                return
            while last >= 0 and scan.kinds[last] not in (TEXT, SIGNATURE):
                if scan.kinds[last] != EMPTY:
                    scan.kinds[last] = OLDER
                last -= 1
        elif is_bare_rule(scan, last) or signatures.is_mobile_footer(scan.lines[last]):
            scan.kinds[last] = SIGNATURE
        elif _is_link_of_footer(scan, last):
            scan.kinds[last - 1] = scan.kinds[last] = SIGNATURE
        elif not (_cut_footer(scan, last) or _cut_disclaimer(scan, last)):
            return


def _is_cited(scan: Scan, last: int) -> bool:
    """Whether the quote that ends at ``last`` is what its author cites: short, and announced by a sentence.

    "Your page promises:" and a line or two. No attribution is like that: it names a day or an address.
    """
    start, full = last, 0
    while start >= 0 and scan.kinds[start] in (QUOTE, EMPTY) and full <= MAX_CITED_LINES:
        full += scan.kinds[start] == QUOTE
        start -= 1
    if start < 0 or full > MAX_CITED_LINES or scan.kinds[start] != TEXT:
        return False
    above = scan.lines[start].strip()
    return (
        above.endswith(":")
        and len(above.split()) >= MIN_ANNOUNCING_WORDS
        and not any(mark.isdigit() or mark in '@<"' for mark in above)
    )


def _is_link_of_footer(scan: Scan, last: int) -> bool:
    """A lone link right below a footer: "Virus-free." and the scanner's address."""
    return (
        last > 0
        and signatures.is_lone_link(scan.lines[last])
        and scan.kinds[last - 1] == TEXT
        and signatures.is_mobile_footer(scan.lines[last - 1])
    )


def _cut_footer(scan: Scan, last: int) -> bool:
    """A rule and below it what list managers, scanners and web services append."""
    at, below = last, 0
    while at > 0 and below <= MAX_FOOTER_LINES and scan.kinds[at] in (TEXT, EMPTY):
        if scan.kinds[at] == TEXT:
            if below and is_bare_rule(scan, at):
                footer = scan.lines[at + 1 : last + 1]
                tells = any(map(_tells_footer, footer)) or signatures.is_card(footer)
                return tells and _sign_off(scan, at, last)
            below += 1
        at -= 1
    return False


def _cut_disclaimer(scan: Scan, last: int) -> bool:
    """The paragraph that opens a legal footer, and what follows it."""
    at, full, start = last, 0, -1
    paragraph: list[str] = []
    while at >= 0 and full <= MAX_DISCLAIMER_LINES and scan.kinds[at] in (TEXT, EMPTY):
        if scan.kinds[at] == TEXT:
            full += 1
            paragraph.append(scan.lines[at])
        above = at == 0 or scan.kinds[at - 1] != TEXT or is_bare_rule(scan, at - 1)
        if paragraph and above and scan.kinds[at] == TEXT:
            if signatures.is_legal_footer(" ".join(reversed(paragraph))):
                start = at
            paragraph = []
        at -= 1
    if start <= 0:
        return False
    heading = start - 1
    while heading > 0 and scan.kinds[heading] == EMPTY:
        heading -= 1
    if signatures.is_disclaimer_heading(scan.lines[heading]):
        start = heading
    return _sign_off(scan, start, last)


def _sign_off(scan: Scan, start: int, last: int) -> bool:
    """Take lines ``start`` to ``last`` for a signature, if text remains above them."""
    if not any(scan.kinds[at] == TEXT and says_something(scan.lines[at]) for at in range(start)):
        return False
    places = [at for at in range(start, last + 1) if scan.kinds[at] == TEXT]
    if any(signatures.is_asked(scan.lines[at]) for at in places):
        return False
    for at in places:
        scan.kinds[at] = SIGNATURE
    return True


def cut_mobile_footers(scan: Scan) -> None:
    """Footers right above a quote: "Sent from my phone", then the attribution."""
    below = EMPTY
    for at in range(len(scan.lines) - 1, -1, -1):
        kind = scan.kinds[at]
        if kind == EMPTY:
            continue
        if (
            kind == TEXT
            and below != TEXT
            and not scan.fenced[at]
            and signatures.is_mobile_footer(scan.lines[at])
        ):
            scan.kinds[at] = SIGNATURE
        below = scan.kinds[at]


def _tells_footer(line: str) -> bool:
    return (
        signatures.is_footer_line(line)
        or signatures.is_disclaimer(line)
        or signatures.is_contact_line(line)
    )
