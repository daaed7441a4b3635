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

import re
from dataclasses import dataclass
from typing import Final

from mailflow.mail import attributions, signatures
from mailflow.mail.dividers import is_divider, is_framed
from mailflow.mail.header_labels import header_label, names_field
from mailflow.mail.html_text import Line, Mark, read_html
from mailflow.mail.message import Hidden

MAX_LINES: Final = 10_000  # lines judged; what is below stays with the part it follows
MAX_LOOKED_AT: Final = 1_000  # characters of a line judged
MAX_SIGNATURE_LINES: Final = 25  # a longer block below "-- " is more text, not a signature
MAX_FOOTER_LINES: Final = 15
MAX_ATTRIBUTION_LINES: Final = 4
MAX_HEADER_BLOCK: Final = 20
MAX_DISCLAIMER_LINES: Final = 40
LONG_SENTENCE: Final = 25  # shorter lines that end in a full stop may be "Den man. 2."
LONG_LINE: Final = 60  # a quoted line this long may have been wrapped into an unquoted one


@dataclass(frozen=True, slots=True)
class NewText:
    """``new_text`` as written, and what was split off, verbatim."""

    new_text: str
    hidden: Hidden


# What one line is. TEXT and EMPTY are the new text; the rest is hidden.
_EMPTY, _TEXT, _QUOTE, _ATTRIBUTION, _OLDER, _SIGNATURE = " TQAOS"

_QUOTED: Final = re.compile(r"^\s{0,4}(?:>|＞|&gt;|[A-Z][A-Za-z]{0,2}>\s)")
_BARRED: Final = re.compile(r"^\s{0,2}[|¦│:»›]")
_FENCE: Final = re.compile(r"^\s{0,3}(```|~~~[^~]|~~~$)")
_CLOSING_ANGLE: Final = re.compile(r"^\s{0,4}>\s{0,3}(?:[^>]{0,60}[:：]|[:：])\s*$")


def split_new_text(text: str, html: str | None = None) -> NewText:
    """Split ``text`` (the readable text of a mail) into new text, quotes and signature.

    ``html`` is the HTML part, if any; its structure helps where the text does not mark what it
    quotes. Total: never raises, and never returns an empty new text for a text that is not.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    scan = _Scan(lines[:MAX_LINES])
    if html:
        scan.take_structure(read_html(html))
    return _assembled(lines, scan.judge(), text)


def _assembled(lines: list[str], kinds: list[str], text: str) -> NewText:
    rest = len(lines) - len(kinds)
    if rest:
        kinds = kinds + [_TEXT if kinds[-1] in (_EMPTY, _TEXT) else kinds[-1]] * rest
    new = _joined(lines, kinds, (_TEXT, _EMPTY, _QUOTE))
    if not _says_something(_joined(lines, kinds, (_TEXT,))):
        return NewText(text.strip("\n"), Hidden())
    return NewText(
        new,
        Hidden(
            quotes=_joined(lines, kinds, (_ATTRIBUTION, _OLDER)),
            signature=_joined(lines, kinds, (_SIGNATURE,)),
        ),
    )


def _says_something(text: str) -> bool:
    """Whether anything but bars and blanks is left; an emoji alone is an answer."""
    return any(character.isalnum() or ord(character) > 0x2190 for character in text) or "?" in text


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


class _Scan:
    """The lines of one text and what each of them is taken for."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = [line[:MAX_LOOKED_AT] for line in lines]
        self.fenced = _fenced(self.lines)
        self.kinds = [
            _TEXT if fenced else _first_kind(line)
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
            self.kinds[at] = _SIGNATURE
        elif line.mark is Mark.QUOTE:
            if self.kinds[at] != _QUOTE:
                self.kinds[at] = _ATTRIBUTION
        elif self.kinds[at] == _QUOTE and line.mark is Mark.NONE:
            self.kinds[at] = _TEXT  # an indented paragraph is no quote

    def _find_older(self, full: list[Line]) -> None:
        """The text part wraps otherwise: look for the first words of the older message in it."""
        first = next((line for line in full if line.mark is Mark.FROM_HERE), None)
        wanted = _folded(first.text)[:40] if first else ""
        if len(wanted) < 8 or not any(character.isalpha() for character in wanted):
            return
        for at, line in enumerate(self.lines):
            folded = _folded(line)
            if folded.startswith(wanted) or (len(folded) >= 12 and wanted.startswith(folded)):
                self.older_at = at
                return

    # -- the judgement ---------------------------------------------------------------------

    def judge(self) -> list[str]:
        self._cut_banner()
        self._join_wrapped_quotes()
        self._find_attributions()
        self._cut_older()
        self._cut_signature()
        self._cut_tail()
        self._cut_mobile_footers()
        self._cut_tail()
        self._settle_quotes()
        return self.kinds

    def _cut_banner(self) -> None:
        """The warning that gateways put on top of mail from outside: nobody's words."""
        for _ in range(2):
            start = next((at for at, kind in enumerate(self.kinds) if kind == _TEXT), 0)
            end = start
            while end < len(self.kinds) and self.kinds[end] == _TEXT and end - start < 8:
                end += 1
            if not signatures.is_banner(" ".join(self.lines[start:end])):
                return
            self.kinds[start:end] = [_SIGNATURE] * (end - start)

    def _join_wrapped_quotes(self) -> None:
        """A long quoted line that was wrapped leaves a short unquoted rest between quotes."""
        for at in range(1, len(self.lines) - 1):
            if (
                self.kinds[at] == _TEXT
                and not self.fenced[at]
                and self.kinds[at - 1] == _QUOTE
                and self.kinds[at + 1] == _QUOTE
                and len(self.lines[at - 1]) >= LONG_LINE
                and len(self.lines[at]) < LONG_LINE
                and self.lines[at + 1].strip() not in (">", ">>")
            ):
                self.kinds[at] = _QUOTE

    # -- attributions ----------------------------------------------------------------------

    def _find_attributions(self) -> None:
        at = 0
        while at < len(self.lines):
            end = self._attribution_end(at) if self._may_introduce(at) else at
            if end > at:
                start = at - 1 if self._is_name_above(at) or self._is_begun_above(at) else at
                self.kinds[start:end] = [_ATTRIBUTION] * (end - start)
                self._quote_bars(end)
                at = end
            else:
                at += 1

    def _may_introduce(self, at: int) -> bool:
        return self.kinds[at] == _TEXT and not self.fenced[at]

    def _attribution_end(self, at: int) -> int:
        """Where the attribution that begins at line ``at`` ends, or ``at`` when none does."""
        if not attributions.has_cue(self.lines[at]) and not self._quote_follows(at):
            return at  # most lines of most mails end here, cheaply
        joined = ""
        for end in range(at, min(at + MAX_ATTRIBUTION_LINES, len(self.lines))):
            line = self.lines[end]
            if end > at and not self._continues(joined, end):
                return at
            joined = f"{joined} {line.strip()}".strip()
            if len(joined) > attributions.MAX_ATTRIBUTION:
                return at
            if attributions.is_attribution(joined, quote_follows=self._quote_follows(end)):
                return end + 1
            if end == at and attributions.begins_with_attribution(line):
                return at + 1
            if end == at and not attributions.may_begin_attribution(line):
                return at
        return at

    def _is_name_above(self, at: int) -> bool:
        """Whether an attribution that begins with its address was wrapped below the name."""
        if not at or not self.lines[at].lstrip().startswith("<") or self.kinds[at - 1] != _TEXT:
            return False
        name = self.lines[at - 1].strip()
        alone = at == 1 or not self.lines[at - 2].strip()
        return alone and len(name.split()) <= 5 and not name.endswith((".", "!", "?", ":", ","))

    def _is_begun_above(self, at: int) -> bool:
        """Whether the line above opens the attribution: a date with its year, alone in its paragraph."""
        if not at or self.kinds[at - 1] != _TEXT or (at > 1 and self.lines[at - 2].strip()):
            return False
        line = self.lines[at - 1]
        return not line.rstrip().endswith((".", "!", "?", ":")) and attributions.opens_with_year(
            line
        )

    def _continues(self, joined: str, at: int) -> bool:
        """Whether line ``at`` can be the rest of an attribution that wrapped."""
        line = self.lines[at]
        if not line.strip() or self.fenced[at]:
            return False
        if self.kinds[at] == _QUOTE:  # "<name@example.com" and ">:" on the next line
            open_angle = joined.rfind("<") > joined.rfind(">")
            return open_angle and bool(_CLOSING_ANGLE.match(line))
        if self.kinds[at] == _SIGNATURE:
            return False
        # A line that opens an attribution of its own is not the rest of another.
        ended = len(joined) >= LONG_SENTENCE and joined.endswith((".", "!", "?", "。"))
        return not (
            ended or attributions.begins_with_date(line)
        ) or not attributions.is_attribution(line, quote_follows=self._quote_follows(at))

    def _quote_follows(self, at: int) -> bool:
        following = self.next_full[at]
        if following >= len(self.lines) or following - at > 4:
            return False
        return self.kinds[following] == _QUOTE or bool(
            _BARRED.match(self.lines[following])
            and self.next_full[following] < len(self.lines)
            and _BARRED.match(self.lines[self.next_full[following]])
        )

    def _quote_bars(self, at: int) -> None:
        """Lines with another bar than '>' are quotes where an attribution stands above them."""
        while at < len(self.lines) and (self.kinds[at] == _EMPTY or _BARRED.match(self.lines[at])):
            if self.kinds[at] == _TEXT:
                self.kinds[at] = _QUOTE
            at += 1

    # -- older messages --------------------------------------------------------------------

    def _cut_older(self) -> None:
        """Everything from the first older message on, where text stands above it."""
        spoken = False
        at = 0
        while at < len(self.lines):
            kind = self.kinds[at]
            begins = at == self.older_at or (
                kind == _TEXT and not self.fenced[at] and self._begins_older(at)
            )
            bare = kind == _ATTRIBUTION and not self._is_above_quote(at)
            if spoken and (begins or bare):
                self._cut_from(at)
                return
            if begins and kind == _TEXT:
                at = self._introduce(at)
                continue
            spoken = spoken or (kind == _TEXT and _says_something(self.lines[at]))
            at += 1

    def _role(self, at: int) -> str:
        role = self.roles.get(at)
        if role is None:
            role = self.roles[at] = header_label(self.lines[at])
        return role

    def _begins_older(self, at: int) -> bool:
        return is_divider(self.lines[at]) or self._header_block_end(at) > at

    def _introduce(self, at: int) -> int:
        """An older message at the very top. Where its text is marked, what follows may answer."""
        end = max(self._header_block_end(at), at + 1)
        following = self.next_full[end - 1]
        if end == at + 1 and following < len(self.lines):
            block_end = self._header_block_end(following)
            end = block_end if block_end > following else end
        if end < len(self.lines) and self._is_above_quote(end - 1):
            for place in range(at, end):
                if self.kinds[place] == _TEXT:
                    self.kinds[place] = _ATTRIBUTION
        return end

    def _is_above_quote(self, at: int) -> bool:
        while at + 1 < len(self.lines) and self.kinds[at + 1] == _ATTRIBUTION:
            at += 1
        following = self.next_full[at]
        return following < len(self.lines) and self.kinds[following] in (_QUOTE, _ATTRIBUTION)

    def _cut_from(self, at: int) -> None:
        start = at
        while start and (
            self.kinds[start - 1] == _EMPTY
            or (self.kinds[start - 1] == _TEXT and self._draws_line(start - 1))
        ):
            start -= 1
        for place in range(start, len(self.lines)):
            self.kinds[place] = _OLDER

    def _draws_line(self, at: int) -> bool:
        """A drawn line above an older message, with or without words in it."""
        return self._is_bare_rule(at) or (not self.fenced[at] and is_framed(self.lines[at]))

    def _is_bare_rule(self, at: int) -> bool:
        return not self.fenced[at] and signatures.is_delimiter(self.lines[at])

    def _header_block_end(self, at: int) -> int:
        """Where the header block that begins at ``at`` ends, or ``at`` when none does.

        A block names an author or a date, three fields in all (two below a drawn line), and a
        subject or an address: a travel request with From, To and Date is no mail.
        """
        first = self._role(at)
        if first not in ("from", "date", "subject", "to", "reply-to"):
            return at
        roles: dict[str, str] = {}
        end, place, unlabelled = at, at, 0
        while place < min(at + MAX_HEADER_BLOCK, len(self.lines)):
            line = self.lines[place]
            role = self._role(place)
            if role:
                roles.setdefault(role, line)
                end, unlabelled = place + 1, 0
            elif line.strip() and not (roles and names_field(line)):
                unlabelled += 1
                if unlabelled > 4 or (roles.keys() - {"to", "cc"} and not self._wraps(line)):
                    break
            following = self.next_full[place]
            if following - place > 2:
                break
            place = following
        enough = 2 if at and self._below_rule(at) else 3
        named = roles.keys() - {"other"}
        mail_like = "subject" in roles or any("@" in line for line in roles.values())
        if len(named) >= enough and roles.keys() & {"from", "date"} and mail_like:
            return end
        return at

    def _wraps(self, line: str) -> bool:
        """Whether ``line`` looks like the rest of a list of recipients."""
        return (
            "@" in line or line.rstrip().endswith((";", ",", ">")) or line.startswith((" ", "\t"))
        )

    def _below_rule(self, at: int) -> bool:
        above = at - 1
        while above > 0 and not self.lines[above].strip() and at - above < 4:
            above -= 1
        return signatures.is_delimiter(self.lines[above]) or is_divider(self.lines[above])

    # -- below the letter ------------------------------------------------------------------

    def _cut_signature(self) -> None:
        """From a separator to the next quote or the end, if it is short enough to be one."""
        spoken = False
        for at, line in enumerate(self.lines):
            if self.kinds[at] != _TEXT or self.fenced[at]:
                continue
            if spoken and signatures.is_separator(line):
                if signatures.is_drawn_separator(line) and self._is_rule_below(at):
                    continue  # it divides a text, as in Markdown
                end = at
                while end < len(self.lines) and self.kinds[end] in (_TEXT, _EMPTY):
                    end += 1
                full = sum(1 for place in range(at, end) if self.kinds[place] == _TEXT)
                if full <= MAX_SIGNATURE_LINES + 1:
                    for place in range(at, end):
                        self.kinds[place] = _SIGNATURE
                    continue
                return  # what follows is text as well; a separator further down is no better
            spoken = spoken or _says_something(line)

    def _is_rule_below(self, at: int) -> bool:
        below = range(at + 1, len(self.lines))
        return any(self.kinds[place] == _TEXT and self._is_bare_rule(place) for place in below)

    def _last_full(self) -> int:
        """The last line that still counts as text, or -1."""
        at = len(self.lines) - 1
        while at >= 0 and self.kinds[at] not in (_TEXT, _QUOTE, _ATTRIBUTION):
            at -= 1
        return at

    def _cut_tail(self) -> None:
        """Take quotes, footers, rules and disclaimers off the end until text stands there."""
        for _ in range(12):
            last = self._last_full()
            if last < 0 or self.fenced[last]:
                return
            kind = self.kinds[last]
            if kind in (_QUOTE, _ATTRIBUTION):
                while last >= 0 and self.kinds[last] not in (_TEXT, _SIGNATURE):
                    if self.kinds[last] != _EMPTY:
                        self.kinds[last] = _OLDER
                    last -= 1
            elif self._is_bare_rule(last) or signatures.is_mobile_footer(self.lines[last]):
                self.kinds[last] = _SIGNATURE
            elif self._is_link_of_footer(last):
                self.kinds[last - 1] = self.kinds[last] = _SIGNATURE
            elif not (self._cut_footer(last) or self._cut_disclaimer(last)):
                return

    def _is_link_of_footer(self, last: int) -> bool:
        """A lone link right below a footer: "Virus-free." and the scanner's address."""
        return (
            last > 0
            and signatures.is_lone_link(self.lines[last])
            and self.kinds[last - 1] == _TEXT
            and signatures.is_mobile_footer(self.lines[last - 1])
        )

    def _cut_footer(self, last: int) -> bool:
        """A rule and below it what list managers, scanners and web services append."""
        at, below = last, 0
        while at > 0 and below <= MAX_FOOTER_LINES and self.kinds[at] in (_TEXT, _EMPTY):
            if self.kinds[at] == _TEXT:
                if below and self._is_bare_rule(at):
                    footer = self.lines[at + 1 : last + 1]
                    tells = any(map(_tells_footer, footer)) or signatures.is_card(footer)
                    return tells and self._sign_off(at, last)
                below += 1
            at -= 1
        return False

    def _cut_disclaimer(self, last: int) -> bool:
        """The paragraph that opens a legal footer, and what follows it."""
        at, full, start = last, 0, -1
        paragraph: list[str] = []
        while at >= 0 and full <= MAX_DISCLAIMER_LINES and self.kinds[at] in (_TEXT, _EMPTY):
            if self.kinds[at] == _TEXT:
                full += 1
                paragraph.append(self.lines[at])
            above = at == 0 or self.kinds[at - 1] != _TEXT or self._is_bare_rule(at - 1)
            if paragraph and above and self.kinds[at] == _TEXT:
                if signatures.is_disclaimer(" ".join(reversed(paragraph))):
                    start = at
                paragraph = []
            at -= 1
        if start <= 0:
            return False
        heading = start - 1
        while heading > 0 and self.kinds[heading] == _EMPTY:
            heading -= 1
        if signatures.is_disclaimer_heading(self.lines[heading]):
            start = heading
        return self._sign_off(start, last)

    def _sign_off(self, start: int, last: int) -> bool:
        """Take lines ``start`` to ``last`` for a signature, if text remains above them."""
        if not any(
            self.kinds[at] == _TEXT and _says_something(self.lines[at]) for at in range(start)
        ):
            return False
        for at in range(start, last + 1):
            if self.kinds[at] == _TEXT:
                self.kinds[at] = _SIGNATURE
        return True

    def _cut_mobile_footers(self) -> None:
        """Footers right above a quote: "Sent from my phone", then the attribution."""
        below = _EMPTY
        for at in range(len(self.lines) - 1, -1, -1):
            kind = self.kinds[at]
            if kind == _EMPTY:
                continue
            if (
                kind == _TEXT
                and below != _TEXT
                and not self.fenced[at]
                and signatures.is_mobile_footer(self.lines[at])
            ):
                self.kinds[at] = _SIGNATURE
            below = self.kinds[at]

    # -- quotes that are left --------------------------------------------------------------

    def _settle_quotes(self) -> None:
        """Decide on quotes with text below them: one with an attribution goes, several stay."""
        runs = self._quote_runs()
        if len(runs) == 1 and _ATTRIBUTION in self.kinds[: runs[0]]:
            self.kinds = [_OLDER if kind == _QUOTE else kind for kind in self.kinds]

    def _quote_runs(self) -> list[int]:
        """Where each block of quoted lines begins; text between ends a block."""
        runs: list[int] = []
        before = _TEXT
        for at, kind in enumerate(self.kinds):
            if kind == _QUOTE and before != _QUOTE:
                runs.append(at)
            if kind in (_TEXT, _QUOTE):
                before = kind
        return runs


def _tells_footer(line: str) -> bool:
    return (
        signatures.is_footer_line(line)
        or signatures.is_disclaimer(line)
        or signatures.is_contact_line(line)
    )


def _first_kind(line: str) -> str:
    if not line.strip(" \t\u00a0\u200b\ufeff"):
        return _EMPTY
    return _QUOTE if _QUOTED.match(line) and not attributions.is_groupwise(line) else _TEXT


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
