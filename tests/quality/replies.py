"""Replies as mail clients write them, made from tables: languages × clients × where the answer stands.

    python -m tests.quality.replies

Every wording is that of a client in that language, as it stands in its translation; the sentences
are our own. ``replies()`` gives each sample with what its author newly wrote.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

from mailflow.mail.html_text import html_to_text
from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from tests.quality.reply_attributions import ATTRIBUTIONS
from tests.quality.reply_blocks import BLOCKS
from tests.quality.reply_clients import FOOTERS, KEPT, MARKED, UNMARKED
from tests.quality.reply_pages import NEW, PAGES
from tests.quality.reply_words import (
    APPLE,
    DISCLAIMER,
    FOOTER,
    GMAIL,
    HEADER_LABELS,
    OLD,
    OUTLOOK_DATE,
    PROTON,
    THUNDERBIRD,
    WORDS,
    YAHOO,
)

WHO = "Mia Keller"
ADDRESS = "mia.keller@desk.example"


@dataclass(frozen=True, slots=True)
class Reply:
    name: str  # language-client-position
    octets: bytes
    new_text: str


def _mail(text: str | None, page: str | None) -> bytes:
    message = EmailMessage()
    message["From"] = "Ann <ann@customer.example>"
    message["To"] = f"{WHO} <{ADDRESS}>"
    message["Subject"] = "Re: 4711"
    message["Date"] = "Mon, 02 Mar 2026 11:00:00 +0100"
    message["Message-ID"] = "<r@customer.example>"
    message["In-Reply-To"] = "<q@desk.example>"
    if text is not None:
        message.set_content(text)
    if page is not None and text is not None:
        message.add_alternative(page, subtype="html")
    elif page is not None:
        message.set_content(page, subtype="html")
    return message.as_bytes()


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _paragraphs(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _wrapped(line: str, width: int = 76) -> str:
    """As Gmail wraps a long attribution: before the address."""
    if len(line) <= width or "<" not in line:
        return line
    at = line.index("<")
    return f"{line[:at].rstrip()}\n{line[at:]}"


def _header_block(language: str, star: str = "") -> str:
    sender, sent, to, subject = HEADER_LABELS[language]
    date = OUTLOOK_DATE[language]
    return "\n".join(
        f"{star}{label}:{star} {value}"
        for label, value in (
            (sender, f"{WHO} <{ADDRESS}>"),
            (sent, date),
            (to, "Ann <ann@customer.example>"),
            (subject, "4711"),
        )
    )


def _plain(language: str) -> Iterator[tuple[str, str, str]]:
    """Client and position, text, truth: mail of one text part."""
    new, more = WORDS[language]
    old = OLD[language]
    first, second = old.split("\n")
    gmail, apple, bird = GMAIL[language], APPLE[language], THUNDERBIRD[language]
    yield "gmail-top", f"{new}\n\n{_wrapped(gmail)}\n\n{_quoted(old)}\n", new
    yield "apple-top", f"{new}\n\n> {apple}\n> \n{_quoted(old)}\n", new
    yield (
        "apple-footer",
        f"{new}\n\n{FOOTER[language]}\n\n{apple}\n\n{_quoted(old)}\n",
        new,
    )
    yield "thunderbird-bottom", f"{bird}\n{_quoted(old)}\n\n{new}\n", new
    yield (
        "thunderbird-signature",
        f"{bird}\n{_quoted(old)}\n\n{new}\n\n-- \nAnn Baker\n+44 20 7946 0000\n",
        new,
    )
    yield (
        "interleaved",
        f"{gmail}\n\n> {first}\n\n{new}\n\n> {second}\n\n{more}\n",
        f"> {first}\n\n{new}\n\n> {second}\n\n{more}",
    )
    yield "outlook", f"{new}\n\n{_header_block(language)}\n\n{old}\n", new
    yield (
        "outlook-rule",
        f"{new}\n\n{'_' * 32}\n{_header_block(language)}\n\n{old}\n",
        new,
    )
    yield "outlook-starred", f"{new}\n\n{_header_block(language, '*')}\n\n{old}\n", new
    yield "yahoo-plain", f"{new}\n\n{YAHOO[language]}\n\n{old}\n", new
    yield "proton-plain", f"{new}\n\n{PROTON[language]}\n\n{_quoted(old)}\n", new
    yield "gmail-unmarked", f"{new}\n{gmail}\n\n{old}\n", new
    yield "footer-alone", f"{new}\n\n{FOOTER[language]}\n", new
    yield (
        "disclaimer",
        f"{new}\n\n{DISCLAIMER[language]}\n\n{_header_block(language)}\n\n{old}\n",
        new,
    )
    yield (
        "two-paragraphs",
        f"{new}\n\n{more}\n\n{_wrapped(gmail)}\n{_quoted(old)}\n",
        (f"{new}\n\n{more}"),
    )


def _pages(language: str) -> Iterator[tuple[str, str, str]]:
    """Client and position, HTML, truth."""
    new, more = WORDS[language]
    old = _paragraphs(OLD[language])
    text = _paragraphs(new)
    label = [html.escape(one) for one in HEADER_LABELS[language]]
    value = (
        html.escape(f"{WHO} <{ADDRESS}>"),
        html.escape(OUTLOOK_DATE[language]),
        "Ann",
        "4711",
    )
    block = "<br>".join(f"<b>{one}:</b> {two}" for one, two in zip(label, value, strict=True))
    yield (
        "gmail-html",
        f'<div dir="ltr">{text}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{html.escape(GMAIL[language])}<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">{old}</blockquote></div>',
        new,
    )
    yield (
        "gmail-html-bottom",
        f'<div dir="ltr"><div class="gmail_quote"><div class="gmail_attr">{html.escape(GMAIL[language])}</div>'
        f'<blockquote class="gmail_quote" style="border-left:1px solid #ccc">{old}</blockquote></div>{text}</div>',
        new,
    )
    yield (
        "apple-html",
        f'<html><body dir="auto">{text}<br><div dir="ltr">{html.escape(FOOTER[language])}</div>'
        f'<div dir="ltr"><br><blockquote type="cite">{html.escape(APPLE[language])}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">{old}</div></blockquote></body></html>',
        new,
    )
    yield (
        "thunderbird-html",
        f'<html><body><p>{html.escape(new)}</p><div class="moz-cite-prefix">{html.escape(THUNDERBIRD[language])}<br></div>'
        f'<blockquote type="cite" cite="mid:q@desk.example">{old}</blockquote>'
        f'<pre class="moz-signature" cols="72">-- \nAnn Baker</pre></body></html>',
        new,
    )
    yield (
        "outlook-web",
        f'<div class="elementToProof">{html.escape(new)}</div><div id="appendonsend"></div>'
        f'<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr">{block}</div><div>{old}</div>',
        new,
    )
    yield (
        "outlook-word",
        f'<div class="WordSection1"><p class="MsoNormal">{html.escape(new)}</p><p class="MsoNormal">&nbsp;</p>'
        f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{block}</p></div>'
        f"{old}</div>",
        new,
    )
    yield (
        "yahoo-html",
        f'<div class="yahoo-style-wrap"><div dir="ltr">{text}</div></div>'
        f'<div id="yahoo_quoted_12" class="yahoo_quoted"><div>{html.escape(YAHOO[language])}</div>{old}</div>',
        new,
    )
    yield (
        "proton-html",
        f'<div style="font-family: Arial">{text}</div><div class="protonmail_signature_block"><div>Proton Mail</div></div>'
        f'<div class="protonmail_quote">{html.escape(PROTON[language])}<br><blockquote class="protonmail_quote" type="cite">{old}</blockquote></div>',
        new,
    )
    yield (
        "plain-blockquote",
        f"<p>{html.escape(new)}</p><p>{html.escape(more)}</p><p>{html.escape(GMAIL[language])}</p><blockquote>{old}</blockquote>",
        f"{new}\n\n{more}",
    )


def replies() -> Iterator[Reply]:
    """Some 430 replies. HTML comes alone and beside its text in turn."""
    for language in WORDS:
        for name, text, truth in _plain(language):
            yield Reply(f"{language}-{name}", _mail(text, None), truth)
        for name, page, truth in _pages(language):
            yield Reply(f"{language}-{name}", _mail(None, page), truth)


def client_replies() -> Iterator[Reply]:
    """One answer above the quote of every other client, footers of apps, and letters to be kept."""
    old = OLD["en"]
    new, more = WORDS["en"]
    for name, above in MARKED.items():
        yield Reply(f"{name}-top", _mail(f"{new}\n\n{above}\n{_quoted(old)}\n", None), new)
        below = f"{above}\n{_quoted(old)}\n\n{new}\n"
        yield Reply(f"{name}-bottom", _mail(below, None), new)
    for name, above in UNMARKED.items():
        text = f"{new}\n\n{more}\n\n{above}\n\n{old}\n"
        yield Reply(name, _mail(text, None), f"{new}\n\n{more}")
    for number, above in enumerate(ATTRIBUTIONS):
        yield Reply(f"old-{number}-top", _mail(f"{new}\n\n{above}\n\n{_quoted(old)}\n", None), new)
        below = f"{above}\n{_quoted(old)}\n\n{new}\n"
        yield Reply(f"old-{number}-bottom", _mail(below, None), new)
    for name, block in BLOCKS.items():
        below = _quoted(old) if block.startswith(">") else old
        for gap in ("\n\n", "\n\nSent from my iPhone\n\n"):
            yield Reply(f"block-{name}", _mail(f"{new}{gap}{block}\n\n{below}\n", None), new)
    for name, page in PAGES.items():
        yield Reply(f"{name}-page", _mail(None, page), NEW)
        yield Reply(f"{name}-page-and-text", _mail(html_to_text(page), page), NEW)
    for name, footer in FOOTERS.items():
        yield Reply(f"{name}-footer", _mail(f"{new}\n\n{footer}\n", None), new)
    for name, text in KEPT.items():
        yield Reply(f"{name}-kept", _mail(f"{text}\n", None), text)


def wrong() -> tuple[list[str], int]:
    """The names of the samples whose new text is not exactly right, white space aside, and how many there are."""
    samples = [*replies(), *client_replies()]
    missed = [
        one.name
        for one in samples
        if parse_message(RawMessage(one.octets)).new_text.split() != one.new_text.split()
    ]
    return missed, len(samples)


if __name__ == "__main__":
    missed, count = wrong()
    print(f"made replies: {count - len(missed)} of {count} exactly right")
    print("\n".join(missed))
