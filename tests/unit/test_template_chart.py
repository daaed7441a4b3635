"""Numbers day by day: lines in the text of a mail, bars in its HTML."""

from __future__ import annotations

from datetime import UTC, datetime

import html5lib
import jinja2
import pytest

from mailflow.edges.template_dialect import NoticeEnvironment
from mailflow.edges.template_limits import TemplateLimit, render_bounded
from mailflow.edges.template_markdown import VALUES, html_of

DAYS = [
    {"day": datetime(2026, 3, 2, tzinfo=UTC), "opened": 4, "solved": 2},
    {"day": datetime(2026, 3, 3, tzinfo=UTC), "opened": 0, "solved": 1},
]
SOURCE = '{{ days|chart(opened="new", solved="<b>done") }}'


def rendered(source: str, facts: dict[str, object], name: str = "x.txt.j2") -> str:
    environment = NoticeEnvironment({name: source}, "en")
    return render_bounded(environment.get_template(name), facts)


def as_html(source: str, facts: dict[str, object]) -> str:
    """As the HTML of a mail is made of its text."""
    environment = NoticeEnvironment({"x.txt.j2": source}, "en", for_markdown=True)
    values: list[str] = []
    token = VALUES.set(values)
    try:
        return html_of(render_bounded(environment.get_template("x.txt.j2"), facts), values)
    finally:
        VALUES.reset(token)


def test_a_text_says_each_day_in_words() -> None:
    assert rendered(SOURCE, {"days": DAYS}).split("\n") == [
        "- Mon 2: new 4, <b>done 2",
        "- Tue 3: new 0, <b>done 1",
    ]
    environment = NoticeEnvironment({"x.txt.j2": SOURCE}, "fr")
    french = render_bounded(environment.get_template("x.txt.j2"), {"days": DAYS})
    assert french.startswith("- lun. 2\N{NO-BREAK SPACE}: new 4")


def test_html_has_a_bar_for_each_number_and_stays_valid() -> None:
    for page in (as_html(f"Look:\n\n{SOURCE}\n\n- end", {"days": DAYS}), rendered(SOURCE, {"days": DAYS}, "x.html.j2")):  # fmt: skip
        assert page.count("bgcolor") == 4
        assert 'height="96"' in page and 'height="48"' in page
        assert "<b>" not in page and "&lt;b&gt;done" in page
        parser = html5lib.HTMLParser(strict=True)
        parser.parse(f"<!DOCTYPE html><title>x</title><body>{page}")


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        ('{{ days|chart(opened="x") }}', {"days": "text"}),
        ('{{ days|chart(opened="x") }}', {"days": [1]}),
        ('{{ days|chart(opened="x") }}', {"days": DAYS * 16}),
        ('{{ days|chart(closed="x") }}', {"days": DAYS}),
        ('{{ days|chart(day="x") }}', {"days": DAYS}),
        ("{{ days|chart }}", {"days": DAYS}),
        ('{{ nothing|chart(opened="x") }}', {}),
    ],
)
def test_a_chart_of_something_else_is_a_named_fault(source: str, facts: dict[str, object]) -> None:
    for made in (lambda: rendered(source, facts), lambda: as_html(source, facts)):
        with pytest.raises((TemplateLimit, jinja2.TemplateError)):
            made()
