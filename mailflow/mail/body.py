"""Which parts of a message are its readable text, and which come beside it.

* multipart/alternative: the last text/plain of the first one (RFC 2046 5.1.4: later is better), the
  last text/html beside it; a plain part without a visible character loses to the HTML.
* multipart/related: the root (RFC 2387), the rest are its images.
* multipart/signed: the signed part. multipart/encrypted: nothing is readable.
* multipart/report: what stands before the machine-readable part.
* any other multipart: every unnamed inline text, one after another (Apple Mail writes around files).
* winmail.dat (TNEF) is a file, and its files come beside it; where nothing else is readable, its text
  is the text.
* an invitation (text/calendar) is a file; where nothing else is readable, it is also the text.
* a message inside (message/rfc822) is never the text; it was written in another mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailflow.mail.calendar_text import calendar_to_text
from mailflow.mail.charset import decode_text
from mailflow.mail.flowed import unflow
from mailflow.mail.html_text import html_to_text
from mailflow.mail.mime import Part
from mailflow.mail.tnef import TYPES, Tnef, read_tnef
from mailflow.mail.transfer import decode_transfer
from mailflow.mail.uuencoded import take_files

MAX_TEXT = 1_000_000  # characters
MAX_HTML = 500_000

_LOOKS_HTML = re.compile(r"\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_VISIBLE = re.compile(r"[^\s\u00a0\u200b-\u200f\ufeff]")


@dataclass(slots=True)
class Body:
    """The readable text, the HTML it has beside it or comes from, and the parts left over in order."""

    text: str = ""
    html: str | None = None
    beside: list[Part] = field(default_factory=list)
    defects: set[str] = field(default_factory=set)
    inside: dict[int, Tnef] = field(default_factory=dict)  # by place in ``beside``


@dataclass(slots=True)
class _Chosen:
    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    order: list[Part] = field(default_factory=list)  # both, as they lie in the message

    def add(self, other: _Chosen) -> None:
        self.plain += other.plain
        self.html += other.html
        self.order += other.order

    @property
    def empty(self) -> bool:
        return not self.order


def read_body(root: Part) -> Body:
    """The text of a message and what comes beside it. Never raises; caps text and HTML."""
    body = Body()
    chosen = _choose(root, top=True)
    used = {id(part) for part in chosen.order}
    passed_over = used | {id(part) for part in _other_alternatives(root)}
    body.beside = [
        part for part in root.walk() if id(part) not in passed_over and not part.is_multipart
    ]
    pieces: list[str] = []
    pages: list[str] = []
    for part in chosen.order:
        _read_text(part, pieces, pages, body.beside, body.defects)
    body.text = "\n".join(piece for piece in pieces if piece).rstrip()
    if len(body.text) > MAX_TEXT:
        body.text = body.text[:MAX_TEXT]
        body.defects.add("text-cut")
    _add_alternative(chosen, used, pages, body)
    body.html = "\n".join(pages)[:MAX_HTML] if pages else None
    _read_containers(body)
    if not body.text:
        _read_invitation(body)
    return body


def _read_containers(body: Body) -> None:
    """Open each winmail.dat; the first with text lends it to a message that has none."""
    for place, part in enumerate(body.beside):
        name = part.filename.lower()
        if part.content_type not in TYPES and name != "winmail.dat":
            continue
        read = read_tnef(part.octets)
        if not read.complete:
            body.defects.add("tnef-unreadable")
        body.inside[place] = read
        if _VISIBLE.search(body.text):
            continue
        if read.html:
            body.html = _cut_html(read.html, body.defects)
        text = read.text or html_to_text(body.html or "")
        body.text = text[:MAX_TEXT].rstrip()


def _read_invitation(body: Body) -> None:
    """An invitation nobody wrote a word beside is read itself; it stays a file as well."""
    for part in body.beside:
        if part.content_type == "text/calendar":
            body.text = calendar_to_text(_part_text(part, body.defects))
            return


def _read_text(
    part: Part, pieces: list[str], pages: list[str], written: list[Part], defects: set[str]
) -> None:
    text = _part_text(part, defects)
    if part.content_type == "text/html" or _LOOKS_HTML.match(text):
        if part.content_type != "text/html":
            defects.add("html-labelled-plain")
        page = _cut_html(text, defects)
        if len(page) < len(text):
            defects.add("text-cut")  # here the HTML is the text
        pages.append(page)
        pieces.append(html_to_text(page))
        return
    if part.params.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=part.params.get("delsp", "").lower() == "yes")
    text, files = take_files(text)
    written.extend(files)
    pieces.append(text)


def _add_alternative(chosen: _Chosen, used: set[int], pages: list[str], body: Body) -> None:
    """The HTML beside a plain text that was chosen, and its place when the plain text is empty."""
    beside = [part for part in chosen.html if id(part) not in used]
    if not beside:
        return
    pages.extend([_cut_html(_part_text(part, body.defects), body.defects) for part in beside])
    if not _VISIBLE.search(body.text) or _is_notice(body.text):
        shown_text = "\n".join(html_to_text(page) for page in pages).strip()
        body.text = shown_text if _VISIBLE.search(shown_text) else body.text
        body.defects.add("plain-text-empty")
    shown = {id(part) for part in beside}
    body.beside = [part for part in body.beside if id(part) not in shown]


# "This message needs a mail program that shows HTML": what some programs write in place of the text.
_NOTICE = re.compile(r"\bHTML\b", re.IGNORECASE)
_NOTICE_WORD = re.compile(
    r"(?:mail|message|e-?mail|nachricht|courriel|correo|messaggio|bericht)\b.{0,80}\b(?:client|program\w*|reader|viewer|software|"
    r"format|version|compatible|enabled|support\w*|capable)|(?:view|display|read|see|anzeigen|darstellen|afficher|visualiz\w+|ver) ",
    re.IGNORECASE,
)


def _is_notice(text: str) -> bool:
    """Whether a plain text only says that the mail is to be read as HTML: one short paragraph."""
    said = " ".join(text.split())
    return (
        10 <= len(said) <= 250
        and "?" not in said
        and bool(_NOTICE.search(said) and _NOTICE_WORD.search(said))
    )


def _part_text(part: Part, defects: set[str]) -> str:
    octets, defect = decode_transfer(part.encoded, part.transfer_encoding)
    if defect:
        defects.add(defect)
    if len(octets) > 4 * MAX_TEXT:
        octets = octets[: 4 * MAX_TEXT]
        defects.add("text-cut")
    text, defect = decode_text(octets, part.params.get("charset", ""))
    if defect:
        defects.add(defect)
    return text


def _cut_html(text: str, defects: set[str]) -> str:
    if len(text) > MAX_HTML:
        defects.add("html-cut")
        return text[:MAX_HTML]
    return text


def _choose(part: Part, *, top: bool = False) -> _Chosen:
    if part.is_multipart:
        return _choose_of(part)
    if part.content_type not in ("text/plain", "text/html") or part.disposition == "attachment":
        return _Chosen()
    if part.filename and not top:
        return _Chosen()
    if part.content_type == "text/plain":
        return _Chosen(plain=[part], order=[part])
    return _Chosen(html=[part], order=[part])


def _choose_of(part: Part) -> _Chosen:
    subtype = part.content_type.partition("/")[2]
    if subtype == "alternative":
        return _of_alternative(part)
    if subtype == "related":
        return _of_related(part)
    if subtype in ("signed", "x-pgp-signed"):
        return _choose(part.children[0]) if part.children else _Chosen()
    if subtype in ("encrypted", "digest"):
        return _Chosen()
    if subtype == "report":
        return _of_report(part)
    chosen = _Chosen()
    for child in part.children:
        chosen.add(_choose(child))
    return chosen


def _of_alternative(part: Part) -> _Chosen:
    options = [_choose(child) for child in part.children]
    plain = next((one for one in reversed(options) if one.plain), None)
    html = next((one for one in reversed(options) if one.html), None)
    if plain is None:
        return html or _Chosen()
    if html is None or html is plain:
        return plain
    return _Chosen(plain=plain.plain, html=html.html, order=plain.order)


def _other_alternatives(root: Part) -> list[Part]:
    """Text that says the same in another form: no file, and nothing lost by leaving it out."""
    return [
        child
        for part in root.walk()
        if part.content_type == "multipart/alternative"
        for child in part.children
        if child.maintype == "text"
        and child.content_type != "text/calendar"
        and child.disposition != "attachment"
        and not child.filename
    ]


def _of_related(part: Part) -> _Chosen:
    start = part.params.get("start", "").strip().strip("<>")
    root = next((one for one in part.children if start and one.content_id == start), None)
    candidates = [root] if root is not None else list(part.children)
    for child in candidates:
        chosen = _choose(child)
        if not chosen.empty:
            return chosen
    return _Chosen()


def _of_report(part: Part) -> _Chosen:
    chosen = _Chosen()
    for child in part.children:
        if child.maintype == "message" or child.content_type == "text/rfc822-headers":
            break
        chosen.add(_choose(child))
    return chosen
