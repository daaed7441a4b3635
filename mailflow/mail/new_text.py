"""What the author of a mail newly wrote, split from quotes, attributions and signatures.

The rules, in order:
1. Lines inside a ``` fence are text, whatever they look like.
2. A divider ("-----Original Message-----"), an Outlook header block, or an element that begins an
   older message (html_text.FROM_HERE_NAMES) ends the new text.
3. An attribution ("On …, X wrote:") ends it too, unless marked quotes and then more text follow.
4. Quotes at the end go; so do signature, mobile footer, list footer and disclaimer, and the
   warning a gateway puts on top of mail from outside.
5. Text below an attribution and its quote was written below it on purpose and stays; the quote
   goes. Answers between several quotes keep the quotes, which say what they answer.
6. Where that leaves nothing, everything is kept.

A scan over the lines, each looked at a bounded number of times and up to a bounded length: linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailflow.mail.cut_older import cut_older
from mailflow.mail.cut_quotes import find_attributions, join_wrapped_quotes, settle_quotes
from mailflow.mail.cut_signature import (
    cut_armor,
    cut_banner,
    cut_mobile_footers,
    cut_signature,
    cut_tail,
)
from mailflow.mail.html_text import read_html
from mailflow.mail.message import Hidden
from mailflow.mail.scan import (
    ATTRIBUTION,
    EMPTY,
    OLDER,
    QUOTE,
    SIGNATURE,
    TEXT,
    Scan,
    says_something,
)

MAX_LINES: Final = 10_000  # lines judged; what is below stays with the part it follows


@dataclass(frozen=True, slots=True)
class NewText:
    """``new_text`` as written, and what was split off, verbatim."""

    new_text: str
    hidden: Hidden


def split_new_text(text: str, html: str | None = None) -> NewText:
    """Split ``text`` (the readable text of a mail) into new text, quotes and signature.

    ``html`` is the HTML part, if any; its structure helps where the text does not mark what it
    quotes. Total: never raises, and never returns an empty new text for a text that is not.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    scan = Scan(lines[:MAX_LINES])
    if html:
        scan.take_structure(read_html(html))
    return _assembled(lines, _judged(scan), text)


def _assembled(lines: list[str], kinds: list[str], text: str) -> NewText:
    rest = len(lines) - len(kinds)
    if rest:
        kinds = kinds + [TEXT if kinds[-1] in (EMPTY, TEXT) else kinds[-1]] * rest
    new = _joined(lines, kinds, (TEXT, EMPTY, QUOTE))
    if not says_something(_joined(lines, kinds, (TEXT,))):
        return NewText(text.strip("\n"), Hidden())
    return NewText(
        new,
        Hidden(
            quotes=_joined(lines, kinds, (ATTRIBUTION, OLDER)),
            signature=_joined(lines, kinds, (SIGNATURE,)),
        ),
    )


def _joined(lines: list[str], kinds: list[str], wanted: tuple[str, ...]) -> str:
    kept: list[str] = []
    gap = False
    for line, kind in zip(lines, kinds, strict=True):
        if kind not in wanted:
            gap = True
        elif line.strip() or not gap:
            if gap and kept and kept[-1].strip():
                kept.append("")  # where something was taken out
            kept.append(line)
            gap = False
    start, end = 0, len(kept)
    while start < end and not kept[start].strip():
        start += 1
    while end > start and not kept[end - 1].strip():
        end -= 1
    return "\n".join(kept[start:end])


def _judged(scan: Scan) -> list[str]:
    cut_armor(scan)
    cut_banner(scan)
    join_wrapped_quotes(scan)
    find_attributions(scan)
    cut_older(scan)
    cut_signature(scan)
    cut_tail(scan)
    cut_signature(scan)  # what a footer's own line kept from being one
    cut_mobile_footers(scan)
    cut_tail(scan)
    settle_quotes(scan)
    return scan.kinds
