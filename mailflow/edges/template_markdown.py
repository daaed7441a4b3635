"""From a notice's text to the body of its HTML: the template's own words are Markdown, people's never are.

The text template is rendered once more with every value it prints replaced by a mark. Markdown sees
the marks alone, so nothing a sender wrote can become a link, a heading or an element; the values are
put in at the end, escaped. Raw HTML and pictures are no part of this Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import jinja2
from jinja2.runtime import Context, Undefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from mailflow.edges.template_chart import bars_of, days_shown
from mailflow.edges.template_limits import MAX_OUTPUT, MAX_TURNS, TemplateLimit

# Noncharacters: `plain_data` takes them out of facts, and Markdown reads them as letters.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK = re.compile(f"{_OPEN}(\\d{{1,7}}){_CLOSE}")
_ALONE = re.compile(f"<p>{_MARK.pattern}</p>")
_MAX_MARKDOWN = 100_000  # characters: what the parser reads within a second or two, whatever it is
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)

VALUES: ContextVar[list[str]] = ContextVar("the values printed by the rendering under way")


class Live(str):
    """A piece of Markdown whose people's words are marks already."""

    __slots__ = ()


def marked(value: str) -> str:
    """The mark that stands for a value until the HTML is made."""
    values = VALUES.get()
    values.append(value)
    if len(values) > MAX_TURNS:
        raise TemplateLimit(f"it prints more than {MAX_TURNS} values")
    return f"{_OPEN}{len(values) - 1}{_CLOSE}"


def finalizer(present: Callable[[object], object]) -> Callable[[Context, object], object]:
    """What the marked environment does to everything a template prints."""

    @jinja2.pass_context  # without it Jinja2 would work constants out while it compiles
    def finalize(context: Context, value: object) -> object:
        if isinstance(value, Undefined):
            return value
        shown = present(value)
        return shown if isinstance(shown, Live) else marked(str(shown))

    return finalize


def is_link(target: str) -> bool:
    """Whether a mail of ours may link there: https:, http: or mailto:, nothing else."""
    return _SAFE_LINK.fullmatch(target) is not None


def parted(text: str) -> tuple[str, str]:
    """The text and its signature (the lines behind the last ``-- ``), '' where there is none."""
    body, mark, signature = text.rpartition("\n-- \n")
    return (body, signature) if mark else (text, "")


def html_of(markdown: str, values: list[str]) -> Markup:
    """The HTML of marked Markdown. What ``values`` hold appears as text, line ends kept."""
    if len(markdown) > _MAX_MARKDOWN:
        raise TemplateLimit(f"it writes more than {_MAX_MARKDOWN} characters of Markdown")
    tokens = _MARKDOWN.parse(markdown)
    _settle_links(tokens, values)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    filled = _filled(_freed(html, values), values).strip()
    if len(filled) > 4 * MAX_OUTPUT:
        raise TemplateLimit(f"its HTML has more than {4 * MAX_OUTPUT} characters")
    return Markup(filled)  # noqa: S704  (Markdown escapes; so does _filled)


def plain_html(marked_text: str, values: list[str]) -> Markup:
    """The same without Markdown: a signature's lines."""
    return Markup(_filled(str(escape(marked_text.strip())).replace("\n", "<br>\n"), values))  # noqa: S704


class _Parser(MarkdownIt):
    """Link targets are looked at once their values are in: see `_settle_links`."""

    def validateLink(self, url: str) -> bool:
        return True

    def normalizeLink(self, url: str) -> str:
        return url


_MARKDOWN = _Parser("commonmark", {"html": False, "breaks": True, "maxNesting": 12})
# Four blanks are no program in a mail, nor is a line of dashes a heading for the one above.
_MARKDOWN.disable(["code", "lheading", "image", "reference", "entity"])


def _settle_links(tokens: Iterable[Token], values: list[str]) -> None:
    """Attributes get their values here, where the renderer still escapes them; unsafe targets go."""
    for token in tokens:
        for name, value in list(token.attrs.items()):
            filled = _MARK.sub(lambda found: _value(found, values), str(value))
            token.attrs[name] = filled
            if name == "href" and not is_link(filled):
                del token.attrs[name]
        _settle_links(token.children or (), values)


def _freed(html: str, values: list[str]) -> str:
    """A table is no part of a paragraph: whatever is HTML of ours already stands for itself."""

    def put_in(found: re.Match[str]) -> str:
        value = _value(found, values)
        return str(value) if isinstance(value, Markup) else found[0]

    return _ALONE.sub(put_in, html)


def _filled(html: str, values: list[str]) -> str:
    def put_in(found: re.Match[str]) -> str:
        lines = str(escape(_value(found, values).strip("\n"))).split("\n")
        return "<br>\n".join(_indented(line) for line in lines)

    return _MARK.sub(put_in, html)


def _indented(line: str) -> str:
    """Blanks at the start of a line are meant: a browser would swallow them."""
    rest = line.lstrip(" \t")
    blanks = len(line[: len(line) - len(rest)].expandtabs(4))
    return "\xa0" * min(blanks, 40) + rest


def _value(found: re.Match[str], values: list[str]) -> str:
    place = int(found[1])
    return values[place] if place < len(values) else ""


# -- the filters, once for the marked text and once for HTML files ------------------------------------


def live_strong(text: object) -> Live:
    return Live(f"**{marked(str(text).strip())}**") if str(text).strip() else Live("")


def live_link(target: object, label: str = "") -> Live:
    shown = marked(str(label or target))
    return Live(f"[{shown}](<{marked(str(target))}>)") if is_link(str(target)) else Live(shown)


def live_markdown(text: object) -> Live:
    return Live(text)


def live_box(text: object) -> Live:
    """A quotation; what is no Markdown stays one value with its lines."""
    inner = text if isinstance(text, Live) else marked(str(text))
    return Live("\n".join(f"> {line}".rstrip() for line in inner.split("\n")))


@jinja2.pass_context
def live_chart(context: Context, days: Any, **series: str) -> Live:
    shown = days_shown(days, series, str(context.environment.globals["language"]))
    return Live(marked(bars_of(shown)))


LIVE_FILTERS: dict[str, Callable[..., Any]] = {
    "strong": live_strong,
    "link": live_link,
    "markdown": live_markdown,
    "box": live_box,
    "quoted": live_box,
    "chart": live_chart,
}
