"""The filters of the notices' dialect. Each bounds what it returns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import UnionType
from typing import Any

import jinja2
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Undefined, markup_join, str_join
from markupsafe import Markup, escape

from mailflow.edges import template_speech as speech
from mailflow.edges.template_chart import bars_of, days_shown, lines_of
from mailflow.edges.template_limits import BUDGET, MAX_OUTPUT, TemplateLimit
from mailflow.edges.template_markdown import html_of, is_link


def steps(items: object) -> Iterator[object]:
    """Every loop runs through this, put there when the template is compiled."""
    if isinstance(items, Undefined):
        str(items)  # raises and names what is undefined
    if not isinstance(items, list | range | str | Mapping):
        raise TemplateLimit("a loop needs a list")
    budget = BUDGET.get()
    for item in items:
        budget.turn()
        yield item


def bounded(text: str) -> str:
    if len(text) > MAX_OUTPUT:
        raise TemplateLimit(f"it builds a text of more than {MAX_OUTPUT} characters")
    return text


@jinja2.pass_eval_context
def concatenated(context: EvalContext, parts: list[object]) -> str:
    """The operator ~."""
    texts = [_text_of(part) for part in parts]
    return bounded(markup_join(texts) if context.autoescape else str_join(texts))


@jinja2.pass_eval_context
def _joined(context: EvalContext, items: Iterable[object], between: str = ", ") -> str:
    kept = [_text_of(item) for item in steps(items)]
    if context.autoescape:
        return bounded(Markup(escape(between)).join(kept))  # escapes each item  # noqa: S704
    return bounded(between.join(kept))


def _text_of(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises and names what is undefined
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TemplateLimit(f"a {type(value).__name__} is no text")
    return value if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """Each line behind ``> ``, as mail quotes."""
    lines = str(text).split("\n")
    return "\n".join(
        f"> {line}".rstrip() if not line.startswith(">") else f">{line}" for line in lines
    )


def _paragraphs(text: str) -> Markup:
    """Plain text as HTML: blank lines part paragraphs, other line ends stay line ends."""
    found = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", str(text).strip())]
    made = ["<p>" + str(escape(part)).replace("\n", "<br>\n") + "</p>" for part in found if part]
    return Markup(bounded("\n".join(made)))  # every part was escaped  # noqa: S704


# The context is what keeps Jinja2 from working these out once, in whatever language came first.


def _spoken(say: Callable[[Any, str], str], wanted: type | UnionType) -> Callable[..., str]:
    @jinja2.pass_context
    def filter_(context: Context, value: object) -> str:
        if isinstance(value, Undefined):
            str(value)  # raises and names what is undefined
        if isinstance(value, bool) or not isinstance(value, wanted):
            what = say.__name__.removeprefix("spoken_")
            raise TemplateLimit(f"a {type(value).__name__} is no {what}")
        if isinstance(value, int | float) and not -1e15 < value < 1e15:
            raise TemplateLimit("a number became too large")
        return say(value, str(context.environment.globals["language"]))

    return filter_


def _shortened(text: str, length: int = 60) -> str:
    """On one line, cut at ``length`` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: max(min(length, 1000) - 1, 1)].rstrip() + "…"


def _cut(text: str, length: int = 3000) -> str:
    """At most ``length`` characters, lines kept, ending between words."""
    if len(text) <= length:
        return text
    kept, _, rest = text[:length].rpartition(" ")
    return (kept or rest).rstrip() + " …"


# In a text these leave what they get as it is, for a text has no other look; see `LIVE_FILTERS`.


@jinja2.pass_eval_context
def _strong(context: EvalContext, text: object) -> str:
    return Markup("<strong>{}</strong>").format(text) if context.autoescape else _text_of(text)


@jinja2.pass_context
def _link(context: Context, target: str, label: str = "") -> str:
    """``label: target`` in a text."""
    if not context.eval_ctx.autoescape:
        colon = speech.spoken_colon(str(context.environment.globals["language"]))
        return f"{label}{colon}{target}" if label else target
    if not is_link(target):
        return escape(label or target)
    return Markup('<a href="{}">{}</a>').format(target, label or target)


@jinja2.pass_eval_context
def _markdown(context: EvalContext, text: str) -> str:
    return html_of(text, []) if context.autoescape else text


@jinja2.pass_eval_context
def _box(context: EvalContext, text: str) -> str:
    if not context.autoescape:
        return text
    inner = text if isinstance(text, Markup) else _paragraphs(text)
    return Markup("<blockquote>{}</blockquote>").format(inner)


@jinja2.pass_context
def _chart(context: Context, days: list[Mapping[str, Any]], **series: str) -> str:
    """Numbers day by day: lines in a text, bars in HTML. ``series`` names what to show and its label."""
    shown = days_shown(days, series, str(context.environment.globals["language"]))
    return bars_of(shown) if context.eval_ctx.autoescape else lines_of(shown)


FILTERS: Mapping[str, Callable[..., object]] = {
    "join": _joined,
    "quoted": _quoted,
    "paragraphs": _paragraphs,
    "moment": _spoken(speech.spoken_moment, datetime),
    "day": _spoken(speech.spoken_day, date),
    "span": _spoken(speech.spoken_span, timedelta | int | float),
    "number": _spoken(speech.spoken_number, int | float),
    "percent": _spoken(speech.spoken_share, int | float),
    "size": _spoken(speech.spoken_size, int),
    "shortened": _shortened,
    "cut": _cut,
    "strong": _strong,
    "link": _link,
    "markdown": _markdown,
    "box": _box,
    "chart": _chart,
}
KEPT_FILTERS = (
    "capitalize",
    "d",
    "default",
    "e",
    "escape",
    "first",
    "last",
    "length",
    "lower",
    "trim",
    "upper",
)
FILTER_NAMES = (*FILTERS, *KEPT_FILTERS)
