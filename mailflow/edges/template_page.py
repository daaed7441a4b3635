"""The page of a mail: styles are written into the elements, because many mail clients drop <style>."""

from __future__ import annotations

from collections.abc import Mapping

import css_inline
import jinja2
from markupsafe import Markup

from mailflow.edges.template_limits import TemplateLimit, render_bounded
from mailflow.edges.template_markdown import VALUES, html_of, parted, plain_html

_KEEP = 'data-css-inline="keep"'  # a <style> so marked stays in the head besides
# Nothing is fetched: a stylesheet somewhere else is left alone.
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)
_AT_RULES_TOO = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def with_inlined_styles(page: str) -> str:
    """Rules of ``<style>`` go into the elements' own ``style``; ``@media`` rules stay in the head."""
    inliner = _INLINER if _KEEP in page else _AT_RULES_TOO
    try:
        return inliner.inline(page).replace(f" {_KEEP}", "").strip() + "\n"
    except css_inline.InlineError as error:
        raise TemplateLimit(f"its styles cannot be read: {error}") from error


def page_from_text(
    marked: jinja2.Template, layout: jinja2.Template, facts: Mapping[str, object]
) -> str:
    """The page made of a text template. ``facts`` went through ``plain_data``. Raises as rendering does."""
    values: list[str] = []
    token = VALUES.set(values)
    try:
        written = render_bounded(marked, facts)
    finally:
        VALUES.reset(token)
    body, signature = parted(written)
    content = html_of(body, values)
    page = render_bounded(
        layout, {**facts, "content": content, "signature": plain_html(signature, values)}
    )
    if content not in page:
        raise TemplateLimit("it does not show {{ content }}, which is what the mail says")
    return with_inlined_styles(page)


def page_from_html(template: jinja2.Template, facts: Mapping[str, object]) -> str:
    """The page of an HTML file of the admin's own."""
    empty = {"content": Markup(""), "signature": Markup("")}
    return with_inlined_styles(render_bounded(template, {**facts, **empty}))
