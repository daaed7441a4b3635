"""``mailflow template``: through the program, with a folder of one's own and a database."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailflow.cli.main import run
from mailflow.cli.preview_pages import Pages, in_scheme
from mailflow.cli.preview_server import PreviewServer
from mailflow.config import load
from mailflow.desk.notices import NoticeKind
from mailflow.flow.keep_templates import keep_templates
from mailflow.store.database import open_store
from mailflow.wiring import open_templates

CONFIG = """
[support]
address = "support@example.org"
[mailbox]
host = "localhost"
tls = "none"
username = "x"
[smtp]
host = "localhost"
tls = "none"
[database]
url = "sqlite:///desk.db"
[state]
directory = "var"
[templates]
folder = "own"
"""
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DE = "acknowledgement/de.txt.j2"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    (tmp_path / "own").mkdir()
    return path


@pytest.fixture
def said(config: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def call(*words: str, code: int = 0) -> str:
        assert run(["--config", str(config), "template", *words]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    return call


def serve(config: Path) -> list[str]:
    """What the daemon does at its start and after every edit."""
    settings = load(config, {}).settings
    store = open_store(settings.database.url)
    try:
        templates = open_templates(settings, store)
        faults = [str(fault) for fault in templates.faults()]
        return keep_templates(store, templates.serving(), faults, NOW)
    finally:
        store.close()


def edit(config: Path, text: str, name: str = DE) -> None:
    path = config.parent / "own" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def serving(said, language: str = "de") -> dict[str, str]:  # type: ignore[no-untyped-def]
    found = json.loads(said("list", "--json"))["templates"]
    return next(
        line
        for line in found
        if (line["notice"], line["language"]) == ("acknowledgement", language)
    )


def test_copy_edit_break_mend_and_go_back(config: Path, said) -> None:  # type: ignore[no-untyped-def]
    assert serving(said)["whose"] == "shipped"
    assert "Copied" in said("copy", "acknowledgement", "de")
    assert "stays as it is" in said("copy", "acknowledgement", "de")
    assert "is as shipped" in said("diff")
    edit(config, "Erste Fassung {{ ticket_number }}")
    assert serve(config) == []
    first = serving(said)
    assert first["whose"] == "yours"

    edit(config, "Zweite Fassung {{ ticket_nummer }}")
    wrong = said("check", code=1)
    assert f"{DE}:1" in wrong
    assert "Did you mean 'ticket_number'?" in wrong
    (told,) = serve(config)  # a new process each time: as after a restart
    assert "ticket_nummer" in told
    assert serve(config) == []
    assert serving(said)["version"] == first["version"]
    assert serving(said)["whose"] == "last good"

    edit(config, "Zweite Fassung {{ ticket_number }}")
    said("check")
    serve(config)
    second = serving(said)
    assert second["version"] != first["version"]
    history = json.loads(said("history", "acknowledgement", "de", "--json"))
    assert [line["name"] for line in history] == [second["version"], first["version"]]
    assert "Erste Fassung" in said("show", first["version"])
    assert "Erste Fassung" in said("show", first["version"].rpartition("@")[2])
    assert "Wrote" in said("rollback", first["version"])
    assert serving(said)["version"] == first["version"]
    assert "already" in said("rollback", first["version"])
    assert "Zweite" in (config.parent / "own" / f"{DE}.old").read_text(encoding="utf-8")


def test_diff_shows_what_changed_in_mailflow_since(config: Path, said) -> None:  # type: ignore[no-untyped-def]
    said("copy", "acknowledgement", "de")
    base = config.parent / "own/.shipped" / DE
    base.write_text(
        base.read_text(encoding="utf-8").replace("Guten Tag", "Hallo"), encoding="utf-8"
    )
    edit(config, "Meins")
    (text,) = [d for d in json.loads(said("diff", "--json")) if d["name"] == DE]
    assert "+Meins" in text["yours"]
    assert "-Hallo" in text["shipped_since"]
    assert "+Guten Tag" in text["shipped_since"]
    shown = said("diff", "acknowledgement", "de")
    assert "changed since you copied it" in shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ subject_ecko }}", "Did you mean 'subject_echo'?"),
        ("{% if organisation == 'x' %}{{ articel }}{% endif %}", "Did you mean 'article'?"),
        ("Write to noreply@example.org", "not to reply"),
        ("{% if ticket_number == 0 %}Please do not reply{% endif %}", "not to reply"),
        ("{{ 'x' if ticket_number == 0 else 'no-reply' }}", "not to reply"),
        ("We answer within 24 hours.", "promises what nobody can keep: within 24 hours"),
        ("Wir garantieren eine Antwort.", "promises"),
        ("{{ 1|moment }}", "is no moment"),
        ("", "the text is empty"),
        ("{% for a in b %}", "Unexpected end of template"),
    ],
)
def test_check_finds_it_and_it_does_not_serve(config: Path, said, text: str, found: str) -> None:  # type: ignore[no-untyped-def]
    edit(config, text)
    assert found in said("check", code=1)
    assert serving(said)["whose"] == "last good"


def test_advice_is_no_fault(config: Path, said) -> None:  # type: ignore[no-untyped-def]
    edit(config, "Hei", "acknowledgement/fi.txt.j2")
    edit(config, "Aihe " * 30, "acknowledgement/fi.subject.j2")
    told = said("check")
    assert "language 'fi' has no" in told and "not_sent" in told
    assert "characters" in told
    said("check", "--strict", code=1)


def test_variables_and_unknown_words(said) -> None:  # type: ignore[no-untyped-def]
    assert "requester_name" in said("variables", "acknowledgement")
    assert set(json.loads(said("variables", "--json"))) == {kind.value for kind in NoticeKind}
    assert "Did you mean 'not_sent'?" in said("variables", "nt_sent", code=2)
    assert "no database" in said("history", code=3)
    assert "mailflow template list" in said("copy", "acknowledgement", "xx", code=1)


def test_the_preview_page(config: Path) -> None:
    settings = load(config, {}).settings
    edit(config, "Hallo {{ requester_name or 'Sie' }} <b>")
    templates = open_templates(settings)
    server = PreviewServer(
        Pages(templates, None, settings, NoticeKind.ACKNOWLEDGEMENT, "de"), 0, "secret"
    )
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def get(target: str, host: str = "") -> tuple[int, str, str]:
        request = urllib.request.Request(f"http://{server.host}{target}")
        if host:
            request.add_header("Host", host)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                policy = answer.headers["Content-Security-Policy"]
                return answer.status, policy, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, "", ""

    try:
        assert urlsplit(server.address).hostname == "127.0.0.1"
        _, policy, page = get("/secret/")
        assert "default-src 'none'" in policy
        assert 'sandbox=""' in page
        state = json.loads(get("/secret/state")[2])
        assert state["text"] == "Hallo Maria Sommer <b>\n"
        assert ["sample-0", "Sample 1"] in state["who"]
        _, policy, mail = get(f"/secret/dark?v={state['html']}")
        assert "sandbox" in policy
        assert "Maria Sommer" in mail
        assert "prefers-color-scheme: dark" not in mail
        assert json.loads(get("/secret/state?who=sample-1")[2])["text"] == "Hallo Sie <b>\n"
        edit(config, "Neu")
        assert json.loads(get("/secret/state")[2])["text"] == "Neu\n"
        edit(config, "{{ kaputt }}")
        state = json.loads(get("/secret/state")[2])
        assert state["text"] == "Neu\n"
        assert "kaputt" in state["faults"][0]
        for nowhere in ("/", "/secre/", "/secret/x", "/secret/../state", "/state"):
            assert get(nowhere)[0] == 404
        assert get("/secret/", host="evil.example")[0] == 404
        for odd in ("who=ticket-9", "who=sample-99", "who=x", "notice=x", "who=sample-" + "9" * 50):
            assert "error" in json.loads(get(f"/secret/state?{odd}")[2])
    finally:
        server.shutdown()
        server.server_close()


def test_dark_and_light_are_what_the_reader_has_not_the_admin() -> None:
    page = "@media ( prefers-color-scheme:dark ) {a{}}"
    assert in_scheme(page, dark=True) == "@media (min-width: 0) {a{}}"
    assert in_scheme(page, dark=False) == "@media (max-width: 0) {a{}}"
