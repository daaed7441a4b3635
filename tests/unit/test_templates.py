"""Templates: strict, bounded, and never the reason that no mail leaves."""

from __future__ import annotations

import html as entities
import re
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notice_samples import sample_facts, sample_variants
from mailflow.desk.notices import (
    Acknowledgement,
    AgentNotification,
    ArticleFacts,
    CustomerFacts,
    NoticeKind,
    ProgressUpdate,
    Resolution,
    plain_facts,
)
from mailflow.edges.template_dialect import NoticeEnvironment
from mailflow.edges.template_limits import MAX_SOURCE, plain_data, render_bounded
from mailflow.edges.template_markdown import html_of
from mailflow.edges.templates import Templates, TemplateUnusable
from mailflow.shipped import shipped

SHIPPED = shipped("templates")
LANGUAGES = ("en", "de", "fr", "es", "pt")
ACK = NoticeKind.ACKNOWLEDGEMENT


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates([SHIPPED])


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# -- what is shipped ----------------------------------------------------------------------------------


def test_nothing_is_wrong_with_the_shipped_templates(templates: Templates) -> None:
    assert templates.check() == ()
    assert templates.faults() == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", NoticeKind)
def test_every_notice_renders_with_every_sample(
    templates: Templates, notice: NoticeKind, language: str
) -> None:
    for facts in sample_variants(notice):
        rendered = templates.render(notice, language, facts)
        assert rendered.language == language
        assert rendered.html is not None
        assert leaving_faults(rendered.subject, rendered.text, rendered.html, facts) == ()
        assert leaving_faults(rendered.subject, rendered.text, rendered.html) == ()
        if facts["ticket_number"]:  # a digest and a report are about no single one
            assert f"[#{facts['ticket_number']}]" in rendered.subject
        assert "\n" not in rendered.subject
        assert "\n\n\n" not in rendered.text
        assert len(rendered.text) < 16_000
        assert len(rendered.html) < 16_000
        assert_well_formed(rendered.html)


class _Balance(HTMLParser):
    VOID = frozenset({"meta", "br", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "p" and "p" in self.open:
            self.faults.append("p in p")
        if tag in ("table", "ul") and "p" in self.open:
            self.faults.append(f"{tag} in p")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def assert_well_formed(html: str) -> None:
    parser = _Balance()
    parser.feed(html)
    assert parser.faults == []
    assert parser.open == []
    assert html.startswith("<!DOCTYPE html>")
    assert "<p></p>" not in re.sub(r"\s+", "", html)


class _Sight(HTMLParser):
    """The words a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0
        self.item = 0  # of a numbered list

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("title", "style")
        self.item = 0 if tag == "ol" else self.item + (tag == "li")
        self.words += [f"{self.item}."] if tag == "li" else []
        self.words += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("title", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words += data.split()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", NoticeKind)
def test_text_and_html_say_the_same(
    templates: Templates, notice: NoticeKind, language: str
) -> None:
    for facts in sample_variants(notice):
        rendered = templates.render(notice, language, facts)
        assert rendered.html is not None
        sight = _Sight()
        sight.feed(rendered.html)
        seen = {word.strip("().,:;-<>`") for word in sight.words}
        text = {word.strip("().,:;-<>`") for word in rendered.text.split()}
        assert text - seen <= {""}


HOSTILE = (
    "**bold** _it_ `code` [here](https://evil.example) <https://evil.example> ![x](https://evil.example/x.png)",
    "# Title\n\n- one\n- two\n\n1. three\n\n> quote\n\n---\n\n    code\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "<script>alert(1)</script><img src=x onerror=alert(1)><!-- x -->",
    "\n-- \nNot our signature\n```\nfence\n",
    "[a]: https://evil.example\n[a]",
    "\ufdd00\ufdd1 \ufdd0999\ufdd1",
    '" onmouseover="alert(1)',
    "&lt;script&gt; &#x3c;script&#62; &nbsp;",
)


@pytest.mark.parametrize("theirs", HOSTILE, ids=lambda text: text[:12])
@pytest.mark.parametrize(
    "source",
    ["{{ x }}", "**{{ x }}**", "> {{ x }}", "- {{ x }}", "{{ x|quoted }}", "{{ x|strong }}"],
)
def test_what_people_wrote_is_text_in_html_whatever_it_looks_like(
    overlay: Path, theirs: str, source: str
) -> None:
    write(
        overlay,
        "acknowledgement/en.txt.j2",
        source.replace("x", "subject_echo or 'x'", 1)
        if "|" not in source
        else "{% set x = subject_echo or 'x' %}" + source,
    )
    facts = {**sample_facts(ACK), "subject_echo": theirs}
    html = Templates([overlay, SHIPPED]).render(ACK, "en", facts).html or ""
    body = html.partition('class="body"')[2].partition("</td>")[0]
    made = set(re.findall(r"<([a-z0-9]+)", body)) - {"br", "p", "blockquote", "strong", "ul", "li"}
    assert made == set()
    assert "href" not in body
    shown = "".join(re.sub(r"<[^>]*>", " ", body).split(">", 1)[1:])
    words = [re.sub(r"[\ufdd0\ufdd1]", "", word) for word in theirs.split()]
    assert all(word in entities.unescape(shown) for word in words)


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("[Yes](https://x.example/y)", '<a href="https://x.example/y"'),
        ("<https://x.example/y>", '<a href="https://x.example/y"'),
        ("{{ 'https://x.example/?a=1&b=\"2'|link('Yes') }}", ">Yes</p>"),
        ("{{ 'https://x.example/?a=1&b=2'|link('Yes & no') }}", '?a=1&amp;b=2" style='),
        ("[Yes]({{ 'mailto:a@b.example?subject=x' }})", '<a href="mailto:a@b.example?subject=x"'),
        ("{{ 'javascript:alert(1)'|link('Yes') }}", ">Yes</p>"),
        ("![x](https://x.example/x.png)", '!<a href="https://x.example/x.png"'),  # no picture
        ("- one\n- two", "<li"),
        ("# Title", "<h1"),
        ("A line\nand one more", "A line<br>\nand one more"),
        ("{{ '1. one\n2. two'|markdown|box }}", "<ol"),
        ("a\n\n-- \nAnn\nBen", "Ann<br>\nBen<br>"),
    ],
)
def test_the_templates_own_words_are_markdown(overlay: Path, source: str, made: str) -> None:
    write(overlay, "acknowledgement/en.txt.j2", source)
    templates = Templates([overlay, SHIPPED])
    assert templates.faults() == ()
    assert made in (templates.render(ACK, "en", sample_facts(ACK)).html or "")


@pytest.mark.parametrize(
    "source",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "[x]({{ 'vbscript:x' }})",
        "<file:///etc/passwd>",
        "<b onclick=x>",
        "<script>",
    ],
)
def test_no_link_leads_anywhere_else_and_no_element_comes_in(overlay: Path, source: str) -> None:
    write(overlay, "acknowledgement/en.txt.j2", source)
    html = Templates([overlay, SHIPPED]).render(ACK, "en", sample_facts(ACK)).html or ""
    body = html.partition('class="body"')[2].partition("</td>")[0]
    assert not re.search(r"href=|src=|<b |<script", body)


def test_markdown_is_read_in_linear_time() -> None:
    for hostile in ("[" * 20_000, "![" * 10_000, "[a](" * 5_000, "_a_" * 6_000, "`a" * 10_000,
                    "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n|a" * 1_000, ">" * 20_000, "<a" * 10_000):  # fmt: skip
        started = time.process_time()
        html_of(hostile, [])
        assert time.process_time() - started < 1


def test_a_layout_that_does_not_show_the_text_is_refused(overlay: Path) -> None:
    write(overlay, "_layout/base.html.j2", "<html><body>{{ support_name }}</body></html>")
    templates = Templates([overlay, SHIPPED])
    assert all("{{ content }}" in fault.message for fault in templates.faults())
    assert "Thank you" in (templates.render(ACK, "en", sample_facts(ACK)).html or "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_suggested_article_stands_behind_its_command(
    templates: Templates, language: str
) -> None:
    facts = AgentNotification(
        ticket_number=7,
        ticket_tag="[#7]",
        support_name="S",
        is_new=True,
        requester_address="mia@home.test",
        articles=(
            ArticleFacts(id="login-loop", call="1", title="Signed out at once"),
            ArticleFacts(id="2", call="2-2", title="Forgot it", confidence=0.4),
        ),
    )
    rendered = templates.render(NoticeKind.AGENT_NOTIFICATION, language, plain_facts(facts))
    html = entities.unescape(rendered.html or "")
    for command, title in (("#article 1", "Signed out at once"), ("#article 2-2", "Forgot it")):
        assert re.search(rf"^- {command}\s?: {title}", rendered.text, re.MULTILINE)
        assert re.search(rf"<li\b[^>]*><strong>{command}</strong>\s?: {title}", html)


CANARY = "c4n4ry"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("facts_type", [Acknowledgement, ProgressUpdate, Resolution])
def test_a_stranger_gets_none_of_their_words(
    templates: Templates, facts_type: type[CustomerFacts], language: str
) -> None:
    notice = {
        Acknowledgement: NoticeKind.ACKNOWLEDGEMENT,
        ProgressUpdate: NoticeKind.PROGRESS_UPDATE,
        Resolution: NoticeKind.RESOLUTION,
    }[facts_type]  # type: ignore[index]
    for authenticated in (False, True):
        facts = facts_type(
            ticket_number=7,
            ticket_tag="[#7]",
            support_name="S",
            authenticated=authenticated,
            requester_name=f"{CANARY} name",
            subject_echo=f"{CANARY} subject",
        )
        rendered = templates.render(notice, language, plain_facts(facts))
        said = rendered.subject + rendered.text + (rendered.html or "")
        assert (CANARY in said) is authenticated
    assert replace(facts, authenticated=False).requester_name is None


def test_peoples_words_are_never_a_template_and_never_markup(templates: Templates) -> None:
    nasty = "{{ 7*7 }} {% for x in y %} <script>alert(1)</script> None </table> & \"'"
    facts = AgentNotification(
        ticket_number=1,
        ticket_tag="[#1]",
        support_name="S",
        is_new=True,
        requester_name=nasty,
        requester_address="noreply@example.org",
        subject=nasty + "\r\nBcc: x@example.org" + "x" * 300,
        new_text="Hello ,\n" + nasty + "\n\n.\nNone\nplease do not reply\x00\x1b[31m",
        because=(nasty,),
    )
    rendered = templates.render(NoticeKind.AGENT_NOTIFICATION, "en", plain_facts(facts))
    assert templates.faults() == ()
    assert "{{ 7*7 }}" in rendered.text
    assert "49" not in rendered.text
    assert rendered.html is not None
    assert "<script" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert_well_formed(rendered.html)
    assert "\n" not in rendered.subject
    assert "\x00" not in rendered.text
    assert "\x1b" not in rendered.html


def test_a_monstrous_message_still_reaches_the_agent(templates: Templates) -> None:
    for text in ("<" * 3_000_000, "x\n" * 1_000_000, "\n\n" * 500_000 + "&" * 500_000):
        facts = AgentNotification(
            ticket_number=1,
            ticket_tag="[#1]",
            support_name="S",
            is_new=True,
            requester_address="a@example.org",
            new_text=text,
            articles=tuple(ArticleFacts(title="<" * 9000) for _ in range(500)),
            because=("<" * 100,) * 5000,
        )
        started = time.process_time()
        rendered = templates.render(NoticeKind.AGENT_NOTIFICATION, "en", plain_facts(facts))
        assert time.process_time() - started < 2
        assert len(rendered.text) < 600_000
    assert templates.faults() == ()


def test_an_automatic_mail_stays_small(templates: Templates) -> None:
    facts = Acknowledgement(
        ticket_number=1,
        ticket_tag="[#1]",
        support_name="S",
        authenticated=True,
        requester_name="n" * 100_000,
        subject_echo="s" * 100_000,
        article=ArticleFacts(title="t", body="a b\n" * 100_000),
    )
    rendered = templates.render(ACK, "en", plain_facts(facts))
    assert len(rendered.subject) < 200
    assert len((rendered.subject + rendered.text + (rendered.html or "")).encode()) < 16 * 1024


# -- language -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "got"),
    [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("fi", "en"), ("", "en"), ("../../x", "en")],
)
def test_language_falls_back(templates: Templates, asked: str, got: str) -> None:
    assert templates.render(ACK, asked, sample_facts(ACK)).language == got


def test_the_default_language_comes_before_english() -> None:
    assert Templates([SHIPPED], "de").render(ACK, "fi", sample_facts(ACK)).language == "de"


def test_a_moment_is_said_in_the_language(templates: Templates) -> None:
    facts = {**sample_facts(NoticeKind.PROGRESS_UPDATE)}
    facts["next_contact_by"] = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)
    said = {
        lang: templates.render(NoticeKind.PROGRESS_UPDATE, lang, facts).text for lang in LANGUAGES
    }
    assert "Tuesday, 3 March, 9:05\u202fam (UTC)" in said["en"]
    assert "Dienstag, 3. März, 09:05 Uhr (UTC)" in said["de"]
    assert "mardi 3 mars à 09:05 (UTC)" in said["fr"]
    assert "martes, 3 de marzo, a las 9:05 (UTC)" in said["es"]
    assert "terça-feira, 3 de março, às 09:05 (UTC)" in said["pt"]


# -- an admin's own folder ----------------------------------------------------------------------------


def test_an_own_text_replaces_the_shipped_one_and_its_html(overlay: Path) -> None:
    write(overlay, "acknowledgement/en.txt.j2", "Hi {{ requester_name or 'there' }}, got it.")
    rendered = Templates([overlay, SHIPPED]).render(ACK, "en", sample_facts(ACK))
    assert rendered.text == "Hi Maria Sommer, got it.\n"
    assert "Hi Maria Sommer, got it." in (rendered.html or "")
    assert "Thank you" not in (rendered.html or "")
    assert "[#12]" in rendered.subject
    assert Templates([overlay, SHIPPED]).render(ACK, "de", sample_facts(ACK)).html


def test_an_own_subject_keeps_the_shipped_text_and_html(overlay: Path) -> None:
    write(overlay, "acknowledgement/en.subject.j2", "Got it {{ ticket_tag }}")
    rendered = Templates([overlay, SHIPPED]).render(ACK, "en", sample_facts(ACK))
    assert rendered.subject == "Got it [#12]"
    assert rendered.html


def test_a_language_of_ones_own(overlay: Path) -> None:
    write(overlay, "acknowledgement/fi.subject.j2", "Kiitos {{ ticket_tag }}")
    write(overlay, "acknowledgement/fi.txt.j2", "Hei, viestisi on perillä.")
    assert Templates([overlay, SHIPPED]).render(ACK, "fi-FI", sample_facts(ACK)).language == "fi"


def test_a_layout_of_ones_own(overlay: Path) -> None:
    base = (SHIPPED / "_layout/base.html.j2").read_text()
    write(overlay, "_layout/base.html.j2", base.replace("#f3f4f6", "#abcdef"))
    templates = Templates([overlay, SHIPPED])
    assert "#abcdef" in (templates.render(ACK, "en", sample_facts(ACK)).html or "")
    write(overlay, "_layout/base.html.j2", base.replace("{% endblock %}", "{% endblok %}"))
    assert templates.reload()
    assert "#abcdef" in (templates.render(ACK, "en", sample_facts(ACK)).html or "")


BREAKS: Mapping[str, tuple[str, str]] = {
    "unknown variable": ("Hello {{ requester_nam }}", "Did you mean 'requester_name'?"),
    "unknown part": ("Hello {{ article.titel if article }}", "Did you mean 'title'?"),
    "unknown filter": ("Hello {{ ticket_tag|uper }}", "Did you mean 'upper'?"),
    "unclosed": ("Hello {% if article %}", ""),
    "stray end": ("Hello {% endif %}", ""),
    "leftover mark": ("Hello {{ '{{' }} x", ""),
    "missing value printed": ("Hello x\n{{ hours_hint }}", ""),
    "a list printed": ("{{ [1, 2] }}", ""),
    "None": ("Hello x\n{{ 'None' }}", ""),
    "empty greeting": ("Dear {{ requester_name or '' }},\n\nhello", ""),
    "noreply": ("Hello, please do not reply to this mail", ""),
    "empty": ("  \n", ""),
    "a call": ("{{ ticket_tag.upper() }}", ""),
    "macro": ("{% macro m() %}{% endmacro %}x", ""),
    "huge": ("x" * (MAX_SOURCE + 1), ""),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_edit_never_serves(overlay: Path, name: str) -> None:
    broken, mend = BREAKS[name]
    file = "acknowledgement/en.txt.j2"
    write(overlay, file, "First version {{ ticket_tag }}.")
    templates = Templates([overlay, SHIPPED])
    assert templates.reload() == ()
    write(overlay, file, broken)
    (fault,) = templates.reload()
    assert fault.file.endswith(file)
    assert mend in fault.mend
    assert "First version" in templates.render(ACK, "en", sample_facts(ACK)).text
    assert templates.reload() == ()  # told once
    assert templates.faults() == (fault,)
    assert fault in templates.check()
    started_anew = Templates([overlay, SHIPPED])
    assert "Thank you for writing" in started_anew.render(ACK, "en", sample_facts(ACK)).text
    assert started_anew.reload() == (fault,)
    write(overlay, file, "Third version {{ ticket_tag }}.")
    assert templates.reload() == ()
    assert templates.faults() == ()
    assert "Third version" in templates.render(ACK, "en", sample_facts(ACK)).text


def test_a_fault_names_its_line(overlay: Path) -> None:
    write(overlay, "acknowledgement/en.txt.j2", "a\nb\n{{ requester_nam }}\n")
    write(
        overlay,
        "acknowledgement/de.txt.j2",
        "a\n{% if article %}\n{{ article.titel }}\n{% endif %}\n",
    )
    write(overlay, "acknowledgement/fr.txt.j2", "a\n\n\n\n{% for %}\n")
    faults = Templates([overlay, SHIPPED]).faults()
    assert {(Path(f.file).name[:2], f.line) for f in faults} == {("en", 3), ("de", 3), ("fr", 5)}
    assert all(f":{f.line}: " in str(f) for f in faults)


@pytest.mark.parametrize("part", ["subject", "txt", "html"])
@pytest.mark.parametrize("notice", NoticeKind)
def test_each_shipped_file_broken_in_turn(tmp_path: Path, notice: NoticeKind, part: str) -> None:
    """Without an own folder the last good version is what was loaded before."""
    folder = tmp_path / "templates"
    for name in ("_layout", notice.value):
        shutil.copytree(SHIPPED / name, folder / name)
    templates = Templates([folder])
    before = templates.render(notice, "de", sample_facts(notice))
    file = folder / notice / f"de.{part}.j2"
    file.write_text("{{ nonsense }}")
    assert [Path(f.file) for f in templates.reload()] == [file]
    assert templates.render(notice, "de", sample_facts(notice)) == before
    file.write_bytes(b"\xff\xfe")
    assert "UTF-8" in templates.reload()[0].message
    assert templates.render(notice, "de", sample_facts(notice)) == before
    anew = Templates([folder])
    assert anew.render(notice, "de", sample_facts(notice)).language == "en"


def test_missing_parts(overlay: Path) -> None:
    write(overlay, "acknowledgement/fi.html.j2", "<p>Hei</p>")
    write(overlay, "resolution/fi.txt.j2", "Hei")
    messages = [str(fault) for fault in Templates([overlay, SHIPPED]).check()]
    assert any("fi.txt.j2: every notice needs a text part" in m for m in messages)
    assert any("fi.subject.j2: every notice needs a subject" in m for m in messages)
    assert any("language 'fi' has no" in m and "not_sent" in m for m in messages)


def test_check_names_what_nobody_would_miss(overlay: Path, tmp_path: Path) -> None:
    write(overlay, "aknowledgement/en.txt.j2", "x")
    write(overlay, "acknowledgement/en.text.j2", "x")
    write(overlay, "resolution/en.subject.j2", "{{ ticket_tag }} " + "very " * 30)
    messages = [str(fault) for fault in Templates([overlay, tmp_path / "none", SHIPPED]).check()]
    assert any("Did you mean 'acknowledgement'?" in m for m in messages)
    assert any("en.text.j2" in m for m in messages)
    assert any("Shorten it" in m for m in messages)
    assert any("this folder is not there" in m for m in messages)
    assert len(messages) == 4


def test_no_templates_at_all(tmp_path: Path) -> None:
    empty = Templates([tmp_path])
    with pytest.raises(TemplateUnusable, match="acknowledgement"):
        empty.render(ACK, "en", sample_facts(ACK))
    assert len(empty.check()) == len(NoticeKind)


def test_missing_facts_are_no_traceback(templates: Templates) -> None:
    own = Templates([SHIPPED])
    with pytest.raises(TemplateUnusable, match="is undefined"):
        own.render(ACK, "en", {"ticket_tag": "[#1]"})
    assert own.reload()
    assert own.reload() == ()


def test_what_fails_on_real_facts_falls_back_to_the_shipped_version(overlay: Path) -> None:
    write(
        overlay,
        "resolution/en.txt.j2",
        "{% if article %}{% for i in range(article.body|length - 140) %}x{% endfor %}{% endif %} ok",
    )
    templates = Templates([overlay, SHIPPED])
    assert templates.faults() == ()
    facts = sample_facts(NoticeKind.RESOLUTION)
    facts["article"] = {**facts["article"], "body": "y" * 5000}  # type: ignore[dict-item]
    for _ in range(3):
        rendered = templates.render(NoticeKind.RESOLUTION, "en", facts)
        assert "Does it work for you?" in rendered.text
    (fault,) = templates.reload()
    assert "range" in fault.message
    assert templates.reload() == ()


def test_reload_is_cheap_while_nothing_changes(templates: Templates) -> None:
    started = time.process_time()
    for _ in range(100):
        templates.reload()
    assert (time.process_time() - started) / 100 < 0.01


def test_versions_name_their_sources(overlay: Path) -> None:
    write(overlay, "acknowledgement/en.txt.j2", "one")
    templates = Templates([overlay, SHIPPED])
    first = templates.render(ACK, "en", sample_facts(ACK)).version
    write(overlay, "acknowledgement/en.txt.j2", "two ")
    templates.reload()
    second = templates.render(ACK, "en", sample_facts(ACK)).version
    write(overlay, "acknowledgement/en.txt.j2", "one")
    templates.reload()
    assert first != second
    assert templates.render(ACK, "en", sample_facts(ACK)).version == first
    assert re.fullmatch(r"acknowledgement/en@[0-9a-f]{16}", first)


def test_edits_under_load_serve_whole_versions(overlay: Path) -> None:
    """Subject and text always belong together, whatever the moment of the edit."""

    def edit(n: int) -> None:
        for part in ("subject", "txt"):
            target = overlay / f"acknowledgement/en.{part}.j2"
            new = target.with_name(f".{part}.new")
            write(
                overlay,
                f"acknowledgement/.{part}.new",
                f"{{% set version = {n} %}}v{{{{ version }}}} {{{{ ticket_tag }}}}",
            )
            new.replace(target)

    edit(0)
    templates = Templates([overlay, SHIPPED])
    seen: set[tuple[str, str]] = set()
    done = threading.Event()

    def render() -> None:
        while not done.is_set():
            rendered = templates.render(ACK, "en", sample_facts(ACK))
            seen.add((rendered.version, f"{rendered.subject}|{rendered.text}"))

    thread = threading.Thread(target=render)
    thread.start()
    try:
        for n in range(1, 9):
            edit(n)
            if n % 3 == 0:
                write(overlay, "acknowledgement/en.txt.j2", "{{ broken }}")
            templates.reload()
    finally:
        done.set()
        thread.join()
    versions = [version for version, _ in seen]
    assert len(versions) == len(set(versions))
    assert not any("broken" in said for _, said in seen)


# -- the sandbox --------------------------------------------------------------------------------------

ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ticket_tag.__class__ }}",
    "{{ ticket_tag['__class__'] }}",
    "{{ facts.keys }}",
    "{{ facts['__class__'] }}",
    "{{ numbers.append }}",
    "{{ numbers.append(1) }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ range.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum() }}",
    "{{ namespace() }}",
    "{{ dict() }}",
    "{{ ticket_tag|attr('__class__') }}",
    "{{ numbers|map('upper')|list }}",
    "{{ ticket_tag.format(1) }}",
    "{{ '%s' % ticket_tag }}",
    "{{ ('%s' % ticket_tag)|safe }}",
    "{{ ticket_tag|safe }}",
    "{{ ticket_tag|format(1) }}",
    "{% import 'a' as b %}",
    "{% include 'other' %}",
    "{% include ticket_tag %}",
    "{% extends ticket_tag %}",
    "{% include '_layout/none.html.j2' %}",
    "{% set x.y = 1 %}",
    "{% for x in loop %}{% endfor %}",
    "{% for a in numbers %}{{ loop.cycle }}{% endfor %}",
    "{% for a in numbers %}{{ loop.__class__ }}{% endfor %}",
    "{% for a in numbers %}{{ loop._iterator }}{% endfor %}",
    "{% autoescape false %}{{ ticket_tag }}{% endautoescape %}",
    "{{ numbers }}",
    "{{ facts }}",
    "{{ moment|moment }}",
    "{{ moment.strftime }}",
]

BOMBS = [
    "{{ 10**(10**8) > 1 }}",
    "{{ 2**10 }}",
    "{{ 'a'*300000000 }}",
    "{{ 300000000*'a' }}",
    "{{ [1]*300000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 1|round(100000000, 'ceil') }}",
    "{% for a in range(1000000000) %}{% endfor %}",
    "{% for a in range(100) %}{% for b in range(100) %}{% for c in range(100) %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(100) %}{% for b in range(100) %}x{% endfor %}{% endfor %}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
    "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x + x %}" * 40 + "{{ x }}",
    "{% set x = 99999 %}" + "{% set x = x * x %}" * 40 + "{{ x }}",
    "{% set x = [1] %}" + "{% set x = [x, x] %}" * 40 + "{{ x|join }}",
    "{% set x = [1] %}" + "{% set x = x + x %}" * 40 + "{{ x|join }}",
    "{% set x = (1,) %}" + "{% set x = {'a': x, 'b': x} %}" * 40 + "{{ x == x }}",
    "{% set x %}" + "{% for a in range(100) %}" * 5 + "x" + "{% endfor %}" * 5 + "{% endset %}",
    "{% filter upper %}"
    + "{% for a in range(100) %}" * 5
    + "x"
    + "{% endfor %}" * 5
    + "{% endfilter %}",
    "{% for a in big %}{% for b in big %}{{ big|join }}{% endfor %}{% endfor %}",
    "{{ big|join('" + "x" * 60000 + "') }}",
    "{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "{% for a in numbers recursive %}{{ loop(numbers) }}{{ loop(numbers) }}{% endfor %}",
    "{% include '_layout/again.html.j2' %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "-" * 20000 + "1 }}",
    "{% if 1 %}" * 3000,
    "{{ " + "9" * 50000 + " }}",
    "{{ 1" + " + 1" * 10000 + " }}x{{ none }}",
    "{{ 1 // 0 }}",
    "{{ 1e308 * 10 }}",
]

FACTS: dict[str, Any] = {
    "ticket_tag": "[#1]",
    "facts": {"a": "b"},
    "numbers": [1, 2],
    "big": ["y" * 5000] * 50,
    "moment": "no moment",
}


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("source", [*ESCAPES, *BOMBS], ids=lambda s: s[:40])
def test_escapes_and_bombs_fail_quickly(source: str, html: bool) -> None:
    name = "x.html.j2" if html else "x.txt.j2"
    again = "{% include '_layout/again.html.j2' %}" * 2
    environment = NoticeEnvironment({name: source, "_layout/again.html.j2": again}, "en")
    started = time.process_time()
    with pytest.raises(Exception) as caught:
        render_bounded(environment.get_template(name), plain_data(FACTS))
    assert time.process_time() - started < 2
    assert isinstance(caught.value, Exception)
    assert not isinstance(caught.value, MemoryError)


@pytest.mark.parametrize("source", BOMBS, ids=lambda s: s[:40])
def test_a_bomb_in_a_file_is_one_fault(overlay: Path, source: str) -> None:
    write(overlay, "acknowledgement/en.txt.j2", source[: MAX_SOURCE - 10])
    templates = Templates([overlay, SHIPPED])
    assert len(templates.faults()) == 1
    assert "Thank you for writing" in templates.render(ACK, "en", sample_facts(ACK)).text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ 1 + 2 }} {{ 7 // 2 }} {{ 7 % 2 }}", "3 3 1"),
        ("{{ 'a' ~ 1 ~ ticket_tag }}", "a1[#1]"),
        ("{{ numbers|join('-') }} {{ numbers|length }} {{ numbers[0] }}", "1-2 2 1"),
        (
            "{% for n in numbers %}{{ loop.index }}{{ n }}{% if not loop.last %},{% endif %}{% endfor %}",
            "11,22",
        ),
        ("{% for n in none or [] %}x{% else %}y{% endfor %}", "y"),
        ("{{ facts.a }}{{ facts['a'] }}{{ facts.b|default('-') }}", "bb-"),
        ("{{ ticket_tag[:2] }}{{ 'x' if 2 in numbers }}", "[#x"),
        ("{% set words = {'a': 'A'} %}{{ words[facts.a]|default('?') }}", "?"),
        ("{{ 0.997|percent }} {{ 1.0|percent }}", "99% 100%"),
        ("{{ 0.876|percent }} {{ 1500|size }} {{ 'a  b c'|shortened(4) }}", "88% 2 kB a b…"),
        ("{{ 'a\n\nb'|quoted }}", "> a\n>\n> b"),
    ],
)
def test_what_the_dialect_has(source: str, said: str) -> None:
    environment = NoticeEnvironment({"x.txt.j2": source}, "en")
    assert render_bounded(environment.get_template("x.txt.j2"), FACTS) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a{% if 1 %} b{% endif %}\n\nc", "a b\n\nc"),
        ("{% if 1 %}\nb\n{% endif %}\nc", "b\nc"),
        ("  {% if 1 %}  \nb{% endif %}\nc", "  \nb\nc"),
        ("{% if 1 %}a{% else %}b{% endif %}\nc", "a\nc"),
        ("a {% if 1 -%}\n b{% endif %}", "a b"),
        ("{% for n in numbers %}- {{ n }}{% if n == 1 %}!{% endif %}\n{% endfor %}", "- 1!\n- 2\n"),
    ],
)
def test_a_tag_swallows_its_line_only_where_it_stands_alone(source: str, said: str) -> None:
    environment = NoticeEnvironment({"x.txt.j2": source}, "en")
    assert render_bounded(environment.get_template("x.txt.j2"), FACTS) == said


def test_html_is_escaped_however_it_is_put_together() -> None:
    source = "{{ x }}{{ x ~ x }}{{ [1, 2]|join(x) }}{{ xs|join }}{{ x|paragraphs }}{{ x|upper }}{{ x|quoted }}{{ x|shortened(9) }}"
    environment = NoticeEnvironment({"x.html.j2": source}, "en")
    out = render_bounded(environment.get_template("x.html.j2"), {"x": "<b>", "xs": ["<i>"]})
    assert "<b>" not in out.lower()
    assert "<i>" not in out
    assert out.count("<p>") == 1


class _Ticket:
    def delete(self) -> None:
        raise AssertionError("a template called me")


@pytest.mark.parametrize(
    "value", [_Ticket(), b"x", object, lambda: 1, {1: 2}, {"a": _Ticket()}, [[[[[[[1]]]]]]]]
)
def test_only_plain_data_goes_in(templates: Templates, value: object) -> None:
    with pytest.raises(TypeError):
        templates.render(ACK, "en", {**sample_facts(ACK), "article": value})


def test_markup_does_not_slip_past_the_escaping() -> None:
    with pytest.raises(TypeError):
        plain_data({"name": Markup("<b>")})
