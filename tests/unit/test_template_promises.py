"""What an admin may rely on: every mail is whole and valid, whatever is broken, while files are being edited."""

from __future__ import annotations

import itertools
import re
import threading
from pathlib import Path

import html5lib
import pytest
from html5lib.html5parser import ParseError
from jinja2 import Environment

from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notice_samples import sample_facts, sample_variants
from mailflow.desk.notices import FACTS, CustomerFacts, NoticeKind, variable_reference
from mailflow.edges.template_files import PARTS
from mailflow.edges.templates import Templates
from mailflow.shipped import shipped

SHIPPED = shipped("templates")
LANGUAGES = ("en", "de", "fr", "es", "pt")
ACK = NoticeKind.ACKNOWLEDGEMENT
EDITS = RENDERINGS = 1_000


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates([SHIPPED])


def valid_html(page: str) -> None:
    """Raises ParseError for the first thing the HTML standard calls a parse error."""
    html5lib.HTMLParser(strict=True).parse(page)


def test_the_check_of_html_can_fail() -> None:
    for wrong in ("<p>x", "<!DOCTYPE html><p><table></p>", "<!DOCTYPE html><div></b></div>"):
        with pytest.raises(ParseError):
            valid_html(wrong)


@pytest.mark.parametrize(
    "notice", [kind for kind in NoticeKind if issubclass(FACTS[kind], CustomerFacts)]
)
def test_shipped_wording_never_tells_customers_their_priority(
    templates: Templates, notice: NoticeKind
) -> None:
    for language, facts in itertools.product(LANGUAGES, sample_variants(notice)):
        said = [
            templates.render(notice, language, {**facts, "priority": priority})
            for priority in ("low", "normal", "high", "urgent")
        ]
        assert len({(one.subject, one.text, one.html) for one in said}) == 1


@pytest.mark.parametrize("notice", NoticeKind)
def test_every_notice_is_valid_in_every_language_and_situation(
    templates: Templates, notice: NoticeKind
) -> None:
    assert not [fault for fault in templates.check() if notice.value in fault.file]
    for language in LANGUAGES:
        for facts in sample_variants(notice):
            rendered = templates.render(notice, language, facts)
            assert rendered.language == language
            assert rendered.html is not None
            valid_html(rendered.html)
            assert leaving_faults(rendered.subject, rendered.text, rendered.html) == ()
            assert len(rendered.subject) < 90
            assert 'style="' in rendered.html
            assert "prefers-color-scheme: dark" in rendered.html
            assert not re.search(
                r"<(?:img|script|link|form|iframe)|(?:src|background)=", rendered.html
            )


def write(folder: Path, name: str, text: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def source(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


def goes_on(templates: Templates, notice: NoticeKind, language: str, expected: str) -> None:
    """The last good version serves, nothing faulty leaves, and the admin is told once."""
    told = templates.reload()
    assert told
    assert all(fault.message for fault in told)
    assert templates.reload() == ()
    for facts in sample_variants(notice):
        rendered = templates.render(notice, language, facts)
        assert leaving_faults(rendered.subject, rendered.text, rendered.html, facts) == ()
        assert rendered.version == expected
    assert templates.reload() == ()


@pytest.mark.parametrize("notice", NoticeKind)
def test_break_each_variable_in_turn(tmp_path: Path, notice: NoticeKind) -> None:
    own = tmp_path / "own"
    name = f"{notice}/en.txt.j2"
    text = source(name)
    write(own, name, text + "\n")
    templates = Templates([own, SHIPPED])
    expected = templates.render(notice, "en", sample_facts(notice)).version
    broken = 0
    for variable in dict.fromkeys(v.rpartition(".")[2] for v, _ in variable_reference(notice)):
        misspelt = re.sub(rf"\b{variable}\b(?=[^}}%]*[}}%]\}})", f"{variable}x", text)
        names = {value for _, kind, value in Environment().lex(text) if kind == "name"}
        if misspelt == text or variable not in names:  # words in quotes are no variables
            continue
        broken += 1
        write(own, name, misspelt)
        goes_on(templates, notice, "en", expected)
        assert any(variable in str(fault) for fault in templates.faults())
        write(own, name, text + "\n")
        assert templates.reload() == ()
        assert templates.faults() == ()
    assert broken >= 3


def _empty(text: str) -> bytes:
    return b""


def _syntax(text: str) -> bytes:
    return f"{text}{{% if %}}".encode()


def _not_utf8(text: str) -> bytes:
    return text.encode() + b"\xff\xfe"


def _too_long(text: str) -> bytes:
    return b"x" * 70_000


def test_break_each_file_in_turn(tmp_path: Path) -> None:
    own = tmp_path / "own"
    templates = Templates([own, SHIPPED])
    spoils = itertools.cycle((_empty, _syntax, _not_utf8, _too_long))
    for notice, language in itertools.product(NoticeKind, LANGUAGES):
        expected = templates.render(notice, language, sample_facts(notice)).version
        for part in PARTS[:2]:
            name = f"{notice}/{language}.{part}.j2"
            write(own, name, next(spoils)(source(name)))
            goes_on(templates, notice, language, expected)
            assert any(name in fault.file for fault in templates.faults())
            (own / name).unlink()
            assert templates.reload() == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_break_each_language_in_turn(tmp_path: Path, language: str) -> None:
    """All of a language is broken at once, while the process runs and when it begins so."""
    own = tmp_path / "own"
    running = Templates([own, SHIPPED])
    expected = {n: running.render(n, language, sample_facts(n)).version for n in NoticeKind}
    for notice in NoticeKind:
        write(own, f"{notice}/{language}.txt.j2", "{{ nothing_like_it }}")
        write(own, f"{notice}/{language}.subject.j2", "{{")
    assert len(running.reload()) >= len(NoticeKind)
    assert running.reload() == ()
    for templates in (running, Templates([own, SHIPPED])):
        for notice in NoticeKind:
            rendered = templates.render(notice, language, sample_facts(notice))
            assert rendered.version == expected[notice]


def test_a_broken_layout_breaks_no_mail(tmp_path: Path) -> None:
    own = tmp_path / "own"
    templates = Templates([own, SHIPPED])
    expected = templates.render(ACK, "en", sample_facts(ACK)).version
    for broken in ("{% block content %}", "{{ kontent }}", "<p>nothing</p>", ""):
        write(own, "_layout/base.html.j2", broken)
        goes_on(templates, ACK, "en", expected)
        (own / "_layout/base.html.j2").unlink()
        templates.reload()


@pytest.mark.long
def test_hot_reload_under_load(tmp_path: Path) -> None:
    """1,000 edits, a third of them broken, while 1,000 mails are rendered: each comes whole from one good version."""
    hot = NoticeKind.AGENT_ANSWERED  # one with few samples
    own = tmp_path / "own"
    write(own, "_layout/base.html.j2", "<!DOCTYPE html><title>x</title><p>{{ content }}</p>")

    def edit(number: int) -> None:
        for part in ("subject", "txt"):
            broken = "{{ broken }}" if number % 3 == 1 and part == "txt" else ""
            text = (
                f"{{{{ ticket_tag }}}} start {number} {{{{ support_name }}}} end {number}{broken}"
            )
            write(own, f"{hot}/.{part}.new", text)
            new = own / f"{hot}/.{part}.new"
            new.replace(own / f"{hot}/en.{part}.j2")

    edit(0)
    templates = Templates([own])
    facts = sample_facts(hot)
    rendered = []
    may_render = threading.Semaphore(0)  # one rendering for each edit, whenever it falls

    def render() -> None:
        for _ in range(RENDERINGS):
            may_render.acquire()
            rendered.append(templates.render(hot, "en", facts))

    thread = threading.Thread(target=render)
    thread.start()
    try:
        for number in range(1, EDITS + 1):
            may_render.release()
            edit(number)
            templates.reload()
    finally:
        thread.join()
    assert len(rendered) == RENDERINGS
    by_version: dict[str, set[tuple[str, str, str | None]]] = {}
    for one in rendered:
        (number,) = set(re.findall(r"(?:start|end) (\d+)", one.text + (one.html or "")))
        assert int(number) % 3 != 1
        assert one.text.strip().endswith(f"end {number}")
        sources = one.wording.sources
        assert f"end {number}" in sources[f"{hot}/en.txt.j2"]
        assert re.findall(r"end (\d+)", one.subject) == re.findall(
            r"end (\d+)", sources[f"{hot}/en.subject.j2"]
        )
        by_version.setdefault(one.version, set()).add((one.subject, one.text, one.html))
    assert all(len(said) == 1 for said in by_version.values())
    assert len(by_version) > 1


def test_a_file_just_being_written_is_left_to_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("mailflow.edges.templates.time.time", lambda: now[0])
    own = tmp_path / "own"
    name = "acknowledgement/en.txt.j2"
    write(own, name, "whole")
    templates = Templates([own, SHIPPED], settle_seconds=0.5)
    write(own, name, "wh")
    now[0] = (own / name).stat().st_mtime_ns / 1e9 + 0.1
    assert templates.reload() == ()
    assert templates.render(ACK, "en", sample_facts(ACK)).text == "whole\n"
    write(own, name, "whole and new")
    now[0] = (own / name).stat().st_mtime_ns / 1e9 + 0.6
    templates.reload()
    assert templates.render(ACK, "en", sample_facts(ACK)).text == "whole and new\n"
