"""HTML mail as readable text: links, lists, tables and quotes survive, everything else goes.

An own scanner, because the ones at hand are quadratic on hostile input (``html.parser``) or return
nothing on deep nesting (inscriptis). One pass, a bounded stack, no look-behind: linear in the input.

Beside each line stands what the structure says of it (``Mark``): mail clients wrap what they quote
and sign in elements with telling names. The tables below name them, client by client.
"""

from __future__ import annotations

import enum
import html
import re
from dataclasses import dataclass, field
from typing import Final

MAX_HTML: Final = 1_000_000  # characters read; the rest is not shown as text
MAX_TAGS: Final = 100_000  # what is beyond is read as text with its tags dropped
MAX_DEPTH: Final = 2_000  # deeper elements are read as if they were flat
MAX_QUOTE_DEPTH: Final = 8
MAX_TAG: Final = 4_000  # characters of one tag looked at
MAX_LINES: Final = 60_000
MAX_BLANK_LINES: Final = 2  # in a row


class Mark(enum.IntEnum):
    """What the element around a line says about it."""

    NONE = 0
    QUOTE = 1  # inside a quote that ends where its element ends
    SIGNATURE = 2
    FROM_HERE = 3  # everything from this line on is an older message


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    mark: Mark


#: Elements that begin an older message which lasts to the end: class or id, exact, lower case.
FROM_HERE_NAMES: Final = {
    "divrplyfwdmsg": "Outlook on the web",
    "appendonsend": "Outlook on the web",
    "stopspelling": "Hotmail (the rule above the header block)",
    "outlookmessageheader": "Outlook 2003",
    "olk_src_body_section": "Outlook for Mac 2011",
    "mail-editor-reference-message-container": "Outlook for iOS, new Outlook",
    "ms-outlook-mobile-reference-message": "Outlook for Android",
    "moz-forward-container": "Thunderbird, forwarding",
    "yahoo_quoted": "Yahoo",
    "yqt": "Yahoo, older",
    "zmail_extra": "Zoho",
    "ntes_mailbodyquote": "163.com",
    "isreplycontent": "163.com",
    "isforwardcontent": "163.com",
    "replysplit": "ReplySplit divider",
    "mailcontainerreply": "mail.com",
    "quoted_header": "Roundcube forwards",
    "aolreplacedbody": "AOL",
}

#: Elements that quote and end: what comes after them may be an answer.
QUOTE_NAMES: Final = {
    "protonmail_quote": "Proton",
    "tutanota_quote": "Tuta",
    "moz-cite-prefix": "Thunderbird, the attribution",
    "gmail_attr": "Gmail, the attribution",
    "reply-intro": "Roundcube, the attribution",
    "reply_block": "Airmail",
    "airmail_on": "Airmail, the attribution",
    "bloop_original_html": "Airmail",
    "gmx_quote": "GMX and WEB.DE",
    "mcntdiv": "Mailchimp forwards",
    "front-blockquote": "Front",
    "fastmail-quote": "Fastmail",
    "qt": "Fastmail",
    "x-apple-data-detectors-quote": "Apple",
    "hmquote": "Hotmail",
    "mailru-blockquote": "Mail.ru",
}

#: Elements that hold a signature.
SIGNATURE_NAMES: Final = {
    "gmail_signature": "Gmail",
    "gmail_signature_prefix": "Gmail",
    "moz-signature": "Thunderbird",
    "applemailsignature": "Apple",
    "signature": "Outlook on the web",
    "ms-outlook-mobile-signature": "Outlook for iOS and Android",
    "ms-outlook-mobile-body-separator-line": "Outlook for iOS and Android",
    "protonmail_signature_block": "Proton",
    "ymail_android_signature": "Yahoo on Android",
    "bloop_sign": "Airmail",
    "fastmail-sig": "Fastmail",
    "zmail_signature": "Zoho",
    "front-signature": "Front",
    "tutanota_signature": "Tuta",
}

# Word's engine (Outlook for Windows) has no names; it draws a line above the older header block.
_OUTLOOK_RULE: Final = re.compile(
    r"border:\s?none;\s?border-top:\s?solid\s?(?:#[0-9a-f]{3,6}|windowtext) 1\.0pt"
    r"|border-top:\s?#[0-9a-f]{3,6} 1(?:\.0)?pt solid",
    re.IGNORECASE,
)
# Thunderbird and others: a cite; web mailers without a name: a bar at the left.
_LEFT_BAR: Final = re.compile(r"border-left(?:-width|-style|-color)?:", re.IGNORECASE)
_HIDDEN: Final = re.compile(r"display:\s{0,3}none|mso-hide:\s{0,3}all", re.IGNORECASE)

# Outlook puts "x_" before the names of mail it shows, once for each time.
_NESTED: Final = re.compile(r"\A(?:x_)+")
_TAG: Final = re.compile(rf"<(/?)([A-Za-z][A-Za-z0-9:-]{{0,30}})([^<>]{{0,{MAX_TAG}}})>")
_ATTRIBUTE: Final = re.compile(
    r"""([A-Za-z][\w:-]{0,40})\s{0,8}=\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
)
_ANY_TAG: Final = re.compile(r"<[^<>]{0,4000}>")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")

_SKIPPED: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object"})
_RAW: Final = frozenset({"script", "style", "title", "textarea"})  # no tags inside
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "o:p",
    ]
)
_BLOCK: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "html",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "caption",
    ]
)
_SPACED: Final = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table", "blockquote"]
)


@dataclass(slots=True)
class _Element:
    tag: str
    mark: Mark = Mark.NONE
    quotes: bool = False
    skips: bool = False
    href: str = ""
    link_start: tuple[int, int] = (0, 0)
    number: int = 0  # ordered lists: the next item


@dataclass(slots=True)
class _Page:
    """What has been written so far: finished lines, and the pieces of the current one."""

    lines: list[Line] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    quote_depth: int = 0
    pre: int = 0
    mark: Mark = Mark.NONE
    from_here: bool = False
    blank_wanted: bool = False
    line_mark: Mark = Mark.NONE
    line_depth: int = 0
    last_depth: int = 0
    blanks: int = 0

    def write(self, text: str) -> None:
        if not text:
            return
        if not self.pieces:
            if not self.pre:
                text = text.lstrip(" ")
            self.line_mark = self.mark
            self.line_depth = self.quote_depth
        elif not self.pre and text[0] == " " and self.pieces[-1].endswith((" ", "\t")):
            text = text[1:]
        if text:
            self.pieces.append(text)

    def end_line(self, *, forced: bool = False) -> None:
        """Finish the line; an empty one is written only when ``forced`` (a <br>)."""
        if not self.pieces and not forced:
            return
        text = "".join(self.pieces).rstrip(" \t")
        if text.strip() or forced:
            depth = self.line_depth if self.pieces else self.quote_depth
            if self.blank_wanted and self.lines and self.blanks == 0:
                self._append("", min(depth, self.last_depth))
            self.blank_wanted = False
            self._append(text, depth)
        self.pieces.clear()

    def _append(self, text: str, depth: int) -> None:
        self.blanks = 0 if text.strip() else self.blanks + 1
        if self.blanks > MAX_BLANK_LINES or len(self.lines) >= MAX_LINES:
            return
        self.last_depth = depth
        mark = self.line_mark if self.pieces else self.mark
        if self.from_here:
            mark = Mark.FROM_HERE
        self.lines.append(Line(("> " * depth + text).rstrip(), mark))


def read_html(source: str) -> tuple[Line, ...]:
    """The lines of an HTML mail with what their elements say of them. Total; linear; bounded."""
    return _Reader(source[:MAX_HTML]).read()


def html_to_text(source: str) -> str:
    """``source`` as readable text: "- " before list items, "> " before quotes, links in <…>.

    Never raises. At most ``MAX_HTML`` characters are read; deep nesting is read flat.
    """
    return "\n".join(line.text for line in read_html(source)).strip("\n")


class _Reader:
    """One pass over the source with a stack of open elements."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.page = _Page()
        self.stack: list[_Element] = []
        self.open_count: dict[str, int] = {}
        self.skipping = 0
        self.no_comment_end = False
        self.no_raw_end: set[str] = set()

    def read(self) -> tuple[Line, ...]:
        source, at, tags = self.source, 0, 0
        length = len(source)
        while at < length:
            opening = source.find("<", at)
            if opening < 0 or tags > MAX_TAGS:
                self._text(_ANY_TAG.sub(" ", source[at:]))
                break
            if opening > at:
                self._text(source[at:opening])
            at = self._markup(opening)
            tags += 1
        self.page.end_line()
        return tuple(self.page.lines)

    def _markup(self, at: int) -> int:
        """Read what begins with '<' at ``at``; return where reading goes on."""
        source = self.source
        if source.startswith("<!--", at):
            return self._after_comment(at)
        if source.startswith(("<!", "<?"), at):
            end = source.find(">", at, at + MAX_TAG)
            if end < 0:
                return at + 2
            return end + 1
        match = _TAG.match(source, at)
        if match is None:
            self._text("<")
            return at + 1
        slash, name, rest = match.groups()
        name = name.lower()
        if slash:
            self._close(name)
        else:
            self._open(name, rest)
            if name in _RAW and not rest.endswith("/"):
                return self._after_raw(name, match.end())
        return match.end()

    def _after_comment(self, at: int) -> int:
        # Looked for once: a page of "<!--" without an end must not be searched again and again.
        if self.no_comment_end:
            return at + 4
        end = self.source.find("-->", at + 4)
        if end < 0:
            self.no_comment_end = True
            return at + 4
        return end + 3

    def _after_raw(self, name: str, at: int) -> int:
        if name in self.no_raw_end:
            return at
        match = re.compile(f"</{name}", re.IGNORECASE).search(self.source, at)
        if match is None:
            self.no_raw_end.add(name)
            return at
        if name == "textarea":
            self._text(self.source[at : match.start()])
        return match.start()

    # -- text ------------------------------------------------------------------------------

    def _text(self, raw: str) -> None:
        if self.skipping:
            return
        text = html.unescape(raw) if "&" in raw else raw
        if self.page.pre:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.page.write(first)
            for other in others:
                self.page.end_line(forced=True)
                self.page.write(other)
            return
        # A no-break space is a space to the reader, and keeps its place.
        self.page.write(_SPACES.sub(" ", text).replace("\xa0", " "))

    # -- elements --------------------------------------------------------------------------

    def _open(self, tag: str, rest: str) -> None:
        page = self.page
        attributes = _attributes(rest) if rest.strip(" /") else {}
        if tag == "br":
            page.end_line(forced=True)
            return
        if tag == "li":
            self._close_open("li", ("ul", "ol"))
        elif tag == "p":
            self._close_open("p", ("div", "td", "li", "blockquote"))
        mark = _mark_of(tag, attributes)
        if tag in _BLOCK or tag == "hr":
            page.end_line()
            self._want_blank(tag)
        if mark is Mark.FROM_HERE:
            page.end_line()
            page.from_here = True
        if tag == "hr":
            page.write("-" * 8)
            page.end_line()
            return
        if tag == "img":
            self._image(attributes)
            return
        if tag in _VOID or len(self.stack) >= MAX_DEPTH:
            return
        self._push(tag, attributes, mark)

    def _push(self, tag: str, attributes: dict[str, str], mark: Mark) -> None:
        page = self.page
        element = _Element(tag, mark=page.mark)
        if mark in (Mark.QUOTE, Mark.SIGNATURE):
            page.mark = mark
        if tag == "blockquote" and page.quote_depth < MAX_QUOTE_DEPTH:
            element.quotes = True
            page.quote_depth += 1
        if tag in _SKIPPED or _HIDDEN.search(attributes.get("style", "")):
            element.skips = True
            self.skipping += 1
        elif tag == "a":
            element.href = attributes.get("href", "").strip()
            element.link_start = (len(page.lines), len(page.pieces))
        elif tag == "pre":
            page.pre += 1
        elif tag == "ol":
            element.number = 1
        elif tag == "li":
            page.write("\u200b")
            page.pieces[-1:] = [self._bullet()]  # as it is: the indent would be taken for blanks
        elif tag in ("td", "th") and page.pieces:
            page.write("  ")
        self.stack.append(element)
        self.open_count[tag] = self.open_count.get(tag, 0) + 1

    def _want_blank(self, tag: str) -> None:
        nested_list = tag in ("ul", "ol") and self.open_count.get("li", 0) > 0
        if tag in _SPACED and not nested_list:
            self.page.blank_wanted = True

    def _bullet(self) -> str:
        lists = [element for element in self.stack[-40:] if element.tag in ("ul", "ol")]
        indent = "  " * max(0, min(len(lists), 8) - 1)
        if lists and lists[-1].tag == "ol":
            lists[-1].number += 1
            return f"{indent}{lists[-1].number - 1}. "
        return f"{indent}- "

    def _image(self, attributes: dict[str, str]) -> None:
        alt = _SPACES.sub(" ", attributes.get("alt", "")).strip()
        if alt and not self.skipping:
            self.page.write(f"[{alt[:200]}]")

    def _close_open(self, tag: str, barriers: tuple[str, ...]) -> None:
        """Close an element whose end tag HTML lets people leave out."""
        if self.stack and self.stack[-1].tag == tag and self.stack[-1].tag not in barriers:
            self._pop()

    def _close(self, tag: str) -> None:
        if tag in _BLOCK:
            self.page.end_line()
            self._want_blank(tag)
        if not self.open_count.get(tag):
            return  # an end without a start: nothing to do, and nothing to search
        while self.stack:
            closed = self._pop()
            if closed == tag:
                return

    def _pop(self) -> str:
        page = self.page
        element = self.stack.pop()
        self.open_count[element.tag] -= 1
        if element.tag in _BLOCK:
            page.end_line()
        if element.tag == "a" and not self.skipping:
            self._end_link(element)
        if element.quotes:
            page.quote_depth -= 1
        if element.skips:
            self.skipping -= 1
        if element.tag == "pre":
            page.pre -= 1
        page.mark = element.mark
        return element.tag

    def _end_link(self, element: _Element) -> None:
        href = element.href
        if not href or href[0] == "#" or href.lower().startswith(("javascript:", "cid:", "data:")):
            return
        line, piece = element.link_start
        shown = "".join(self.page.pieces[piece:] if line == len(self.page.lines) else ())
        address = href[7:] if href.lower().startswith("mailto:") else href
        bare = address.split("?")[0].rstrip("/")
        if not shown.strip() or bare.split("://")[-1] not in shown:
            self.page.write(f" <{address[:2_000]}>")


def _attributes(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(rest):
        name = match[1].lower()
        if name in ("class", "id", "style", "type", "href", "alt", "name") and name not in found:
            value = match[2] or match[3] or match[4] or ""
            found[name] = html.unescape(value) if "&" in value else value
    return found


def _mark_of(tag: str, attributes: dict[str, str]) -> Mark:
    """What the names and styles of one element say about the lines inside."""
    if not attributes:
        return Mark.NONE
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}".lower().split()
    for name in (_NESTED.sub("", name) for name in names[:20]):
        if name in FROM_HERE_NAMES or name.startswith(("yahoo_quoted_", "aolmsgpart_")):
            return Mark.FROM_HERE
        if name in SIGNATURE_NAMES:
            return Mark.SIGNATURE
        if name in QUOTE_NAMES:
            return Mark.QUOTE
    style = attributes.get("style", "")
    if tag == "div" and style and _OUTLOOK_RULE.search(style):
        return Mark.FROM_HERE
    if tag == "blockquote" and (
        attributes.get("type", "").lower() == "cite"
        or "gmail_quote" in names
        or _LEFT_BAR.search(style)
    ):
        return Mark.QUOTE
    return Mark.NONE
