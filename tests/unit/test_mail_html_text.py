"""HTML as readable text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.mail.html_text import MAX_HTML, Mark, html_to_text, read_html

READ = [
    ("paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"),
    ("line breaks", "one<br>two<br/>three", "one\ntwo\nthree"),
    ("divs", "<div>one</div><div>two</div>", "one\ntwo"),
    ("white space", "<p>  one \n  <b>two</b>\tthree </p>", "one two three"),
    ("entities", "a &lt;b&gt; &amp; &eacute; &#x20AC; &nbsp;c", "a <b> & é €  c"),
    ("a link", '<a href="https://x.example/a">here</a>', "here <https://x.example/a>"),
    ("a link that shows itself", '<a href="https://x.example/">x.example</a>', "x.example"),
    ("a mail link", '<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
    ("a script link", '<a href="javascript:x()">here</a>', "here"),
    ("a list", "<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
    ("a list without ends", "<ul><li>one<li>two</ul>", "- one\n- two"),
    ("a numbered list", "<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
    ("lists in lists", "<ul><li>one<ul><li>in</li></ul></li><li>two</li></ul>", "- one\n  - in\n- two"),
    ("a table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a  b\nc  d"),
    ("a quote", "<p>new</p><blockquote>old<br>older</blockquote>", "new\n\n> old\n> older"),
    ("quotes in quotes", "<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
    ("code", "<pre>a\n  b\n</pre>", "a\n  b"),
    ("a picture", '<img alt="our logo" src="x">', "[our logo]"),
    ("a picture without words", '<img src="cid:x">', ""),
    ("script and style", "<style>p{}</style><script>alert('<p>')</script>text", "text"),
    ("a head", "<html><head><title>t</title></head><body>text</body></html>", "text"),
    ("comments", "a<!-- b -->c<!--[if mso]>d<![endif]-->e", "ace"),
    ("what is not shown", '<div style="display:none">preview</div>text', "text"),
    ("a rule", "a<hr>b", "a\n--------\nb"),
    ("no HTML at all", "1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("capitals and blanks", "<P CLASS = x >one</P ><P>two</P>", "one\n\ntwo"),
    ("Word's paragraphs", "<p class=MsoNormal>one<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p>two</p>", "one\n\ntwo"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "source", "text"), READ, ids=[one[0] for one in READ])
def test_readable(name: str, source: str, text: str) -> None:
    assert html_to_text(source) == text


HOSTILE = {
    "unfinished tags": "<a " * 350_000,
    "nesting": "<div>" * 200_000,
    "comments": "<!--" * 250_000,
    "wrong ends": "<div>" * 3_000 + "</b>" * 240_000,
    "scripts": "<script>" * 120_000,
    "attributes": ("<p " + "a=b " * 900 + ">") * 250,
    "quotes": "<a b='" * 160_000,
    "lists": "<ul><li>" * 120_000,
    "blockquotes": "<blockquote>x" * 70_000,
    "links": "<a href=x>y" * 90_000,
    "brackets": "<" * 1_000_000,
    "declarations": "<!" * 500_000,
    "entities": "&amp" * 250_000,
    "numbers": "&#9999999999;" * 70_000,
    "white space": " \xa0" * 500_000,
    "lines": "<pre>" + "\n" * 990_000,
    "cells": "<table><tr>" + "<td>x" * 180_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_the_worst_is_read_in_time(name: str) -> None:
    started = time.process_time()
    html_to_text(HOSTILE[name])
    assert time.process_time() - started < 2.5


def test_deep_nesting_keeps_its_text() -> None:
    assert "hello" in html_to_text("<div>" * 5_000 + "hello" + "</div>" * 5_000)


def test_what_is_beyond_the_limit_is_not_read() -> None:
    assert html_to_text("a" * (MAX_HTML + 10)) == "a" * MAX_HTML


def test_the_structure_marks_quotes_and_signatures() -> None:
    marks = {line.text: line.mark for line in read_html(
        '<p>new</p><div class="gmail_signature">Pat</div><blockquote type="cite">old</blockquote>'
        '<p>again</p><div id="divRplyFwdMsg">older</div><p>oldest</p>'
    )}  # fmt: skip
    assert marks["new"] is Mark.NONE
    assert marks["Pat"] is Mark.SIGNATURE
    assert marks["> old"] is Mark.QUOTE
    assert marks["again"] is Mark.NONE
    assert marks["older"] is Mark.FROM_HERE
    assert marks["oldest"] is Mark.FROM_HERE


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<div class=gmail_quote>", "</div>", "<blockquote>", "</blockquote>", "<li>", "<ul>", "</ul>", "<a href='x'>", "</a>",
             "<!--", "-->", "<script>", "</script>", "<pre>", "</pre>", "word", " ", "&amp;", "<br>", "<", ">", "\n", "<td>", "<style>", "\x00"]
        )
    ).map("".join)
)  # fmt: skip
def test_any_soup_is_read(source: str) -> None:
    assert isinstance(html_to_text(source), str)
