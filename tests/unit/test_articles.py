"""Articles: files that name their faults, a folder kept in step, and news told once to those who wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from mailflow.alerts import Alerts
from mailflow.article_folder import ArticleFolder
from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.desk.articles import article_fault, departures, in_language, slug
from mailflow.desk.outbox import MailClass
from mailflow.desk.policy import Budgets
from mailflow.desk.ticket import Article, ArticleStatus, TicketStatus, Wording
from mailflow.edges.article_files import ArticleFault, article_text, parse_article, read_folder
from mailflow.flow.answer import Desk
from mailflow.flow.articles import announce, draft_article_from_message, keep_article, sync_folder
from mailflow.flow.deliver import deliver_due
from mailflow.store import tables as t
from mailflow.store.articles import StoredArticles
from mailflow.store.database import SqlStore, open_store
from mailflow.store.reading import list_outbox
from mailflow.wiring import build_desk, open_templates
from tests.builders import NOW, policy, ticket
from tests.unit.test_cli_desk import CONFIG, desk  # noqa: F401  the desk with two tickets
from tests.unit.test_sending_and_shadow import Taker, opened

FILE = """\
---
title: Signing in sends you back
status: workaround
tags: [login, cookies]
symptoms: After the password the form comes up again.
language: en
languages:
  de:
    title: Nach der Anmeldung erscheint wieder das Formular
    solution: Erlauben Sie Cookies.
---
Allow cookies for example.com.

1. Then sign in again.
"""


def parsed(text: str, name: str = "login-loop.md") -> Article:
    return parse_article(text.encode(), Path(name))


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_an_article() -> None:
    article = parsed(FILE)
    assert article.id == "login-loop"
    assert article.status is ArticleStatus.WORKAROUND
    assert article.tags == ("login", "cookies")
    assert article.body == "Allow cookies for example.com.\n\n1. Then sign in again."
    assert in_language(article, "de").body == "Erlauben Sie Cookies."
    assert in_language(article, "fr").title == "Signing in sends you back"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("no front matter", 1, "does not begin"),
        ("---\ntitle: x\n", 1, "no end"),
        ("---\ntitle: x\nstatus: broken\n---\n", 3, "none of draft"),
        ("---\ntitle: x\ncolour: red\n---\n", 3, "no key of an article"),
        ("---\ntitle: x\ntags: {a: b}\n---\n", 3, "a list"),
        ("---\ntitle: [x\n---\n", 2, "front matter"),
        ("---\nstatus: known\n---\n", 1, "no title"),
        ("---\ntitle: x\nid: Not An Id\n---\n", 3, "the id"),
        ("---\ntitle: x\nstatus: fixed\n---\n", 2, "needs a solution"),
        ("---\ntitle: x\nlanguages: {de: y}\n---\n", 3, "a title and a solution"),
        ("---\n- a\n---\n", 2, "key: value"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ArticleFault, match=words) as fault:
        parsed(text)
    assert str(fault.value).startswith(f"login-loop.md:{line}: ")


@given(st.binary(max_size=300))
def test_any_octets_are_an_article_or_a_named_fault(octets: bytes) -> None:
    for tried in (octets, b"---\n" + octets, b"---\ntitle: x\n" + octets + b"\n---\n" + octets):
        try:
            parse_article(tried, Path("a.md"))
        except ArticleFault as fault:
            assert str(fault).startswith("a.md:")


WORD = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=12
)


@given(WORD, WORD, st.lists(WORD.map(str.lower), max_size=3, unique=True))
def test_what_is_written_is_read_back(title: str, body: str, tags: list[str]) -> None:
    article = Article(
        "a-1",
        title.strip() or "x",
        body,
        ArticleStatus.FIXED,
        tuple(dict.fromkeys(w for word in tags if (w := word.strip().lower()))),
        wordings=(Wording("de", title.strip() or "x", body),),
    )
    assert parse_article(article_text(article).encode(), Path("other.md")) == article


def test_an_id_is_made_of_a_title() -> None:
    assert slug("Cannot log in!") == "cannot-log-in"
    assert slug("Cannot log in!", {"cannot-log-in", "cannot-log-in-2"}) == "cannot-log-in-3"
    assert article_fault(Article(slug("Ä" * 300), "x", "")) is None


# ── who is told, and when ───────────────────────────────────────────────────────────────────────


def people(*addresses: str) -> list:
    return [
        replace(ticket(id=n), requester=replace(ticket().requester, address=address))
        for n, address in enumerate(addresses, 1)
    ]


def test_a_crowd_is_told_over_hours_within_half_the_budgets() -> None:
    crowd = people(*(f"c{n}@big.example" for n in range(60)), "x@small.example", "c0@big.example")
    plan = departures(crowd, Budgets(per_domain_per_hour=50, per_hour=300), NOW)
    hours = [int((d.at - NOW) / timedelta(hours=1)) for d in plan]
    assert [hours[:60].count(h) for h in range(3)] == [25, 25, 10]
    assert hours[60:] == [
        0,
        2,
    ]  # another domain at once; a second letter to one address an hour later


# ── the folder ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return open_store(f"sqlite:///{tmp_path}/articles.db")


def rules(store: SqlStore, tmp_path: Path) -> Desk:
    (tmp_path / "config.toml").write_text(CONFIG)
    settings = load_settings(tmp_path / "config.toml", {})
    made = build_desk(settings, open_templates(settings), StoredArticles(store, {}))
    return replace(made, policy=policy())


def test_a_folder_is_kept_in_step_and_a_broken_file_keeps_its_last_good_version(
    store: SqlStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    file = folder / "login-loop.md"
    file.write_text(FILE)
    rules_ = rules(store, tmp_path)
    watched = ArticleFolder(folder, store, rules_, Alerts(), at_once=False)
    assert watched.look().changed == ("login-loop",)
    assert watched.look().changed == ()
    assert rules_.articles["login-loop"].title == "Signing in sends you back"

    file.write_text(FILE.replace("status: workaround", "status: brokn"))
    assert watched.look().changed == ()
    watched.look()
    assert rules_.articles["login-loop"].status is ArticleStatus.WORKAROUND
    assert caplog.text.count("login-loop.md:3:") == 1

    file.write_text(FILE.replace("sends you back", "fails"))
    assert watched.look().changed == ("login-loop",)
    assert rules_.articles["login-loop"].title == "Signing in fails"

    file.unlink()
    assert watched.look().withdrawn == ("login-loop",)
    assert "login-loop" not in rules_.articles


def test_a_folder_that_is_gone_withdraws_nothing(store: SqlStore, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.md").write_text(FILE)
    rules_ = rules(store, tmp_path)
    watched = ArticleFolder(folder, store, rules_, Alerts(), at_once=False)
    watched.look()
    folder.rename(tmp_path / "elsewhere")
    assert watched.look().withdrawn == ()
    assert "a" in rules_.articles


def test_an_alarm_reaches_the_admins_command_once(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    alerts = Alerts(["sh", "-c", f"cat >> {heard}"])
    assert alerts.tell("a", "the outbox is held\n")
    assert not alerts.tell("a", "the outbox is held\n")
    alerts.over("a")
    assert alerts.tell("a", "the outbox is held\n")
    assert heard.read_text() == "the outbox is held\n" * 2
    assert Alerts(["/nowhere/at/all"]).tell("a", "no fault of the command is ours")


def test_drafts_and_withdrawn_articles_are_shown_to_nobody(store: SqlStore) -> None:
    seed = {"a": Article("a", "of the model", "b"), "m": Article("m", "of the model", "b")}
    articles = StoredArticles(store, seed)
    with store.begin() as work:
        keep_article(work, Article("a", "A", "", ArticleStatus.DRAFT), NOW)
        keep_article(work, Article("k", "K", "b"), NOW)
    assert list(articles) == ["k", "m"] and len(articles) == 2
    assert articles.get("a") is None and articles["k"].title == "K" and articles["m"].title


# ── news ────────────────────────────────────────────────────────────────────────────────────────


def link(folder: Path, article_id: str = "login-loop", *tickets: int) -> SqlStore:
    found = open_store(load_settings(folder / "config.toml", {}).database.url)
    with found.begin() as work:
        change = update(t.ticket).values(article_id=article_id)
        work.connection.execute(change.where(t.ticket.c.id.in_(tickets)) if tickets else change)
    return found


def mails(store: SqlStore) -> list[tuple[int, str]]:
    return sorted((m.ticket_id, m.key) for m in list_outbox(store) if m.key.startswith("article:"))


@pytest.fixture
def cli(desk: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:  # noqa: F811
    def call(*args: str, code: int = 0) -> str:
        assert run(args) == code
        out = capsys.readouterr()
        return out.out + out.err

    return call


def test_everyone_waiting_is_told_once_after_a_preview(desk: Path, cli: Callable[..., str]) -> None:  # noqa: F811
    body = desk / "solution.md"
    body.write_text("Press the reset button.")
    cli("article", "add", "login-loop", "--title", "Login fails", "--body", str(body))
    store = link(desk)

    preview = cli("article", "edit", "login-loop", "--status", "workaround", "--dry-run")
    assert "2 people" in preview and "Press the reset button." in preview
    assert "Nothing was changed" in preview and not mails(store)

    cli("article", "edit", "login-loop", "--status", "workaround", "--yes")
    told = [(1, "article:1:login-loop:workaround"), (2, "article:2:login-loop:workaround")]
    assert mails(store) == told
    assert "everybody was told" in cli("article", "announce", "login-loop", "--yes")
    assert mails(store) == told

    cli("article", "edit", "login-loop", "--status", "fixed", "--yes")
    assert len(mails(store)) == 4


@pytest.mark.parametrize("refused", ["shadow", "dropped"])
def test_who_was_told_in_shadow_mode_alone_was_not_told(
    desk: Path,  # noqa: F811
    cli: Callable[..., str],
    refused: str,
) -> None:
    cli("article", "add", "login-loop", "--title", "Login fails", "--body", _solution(desk))
    store = link(desk)
    assert "announce it again" in cli("article", "edit", "login-loop", "--status", "fixed", "--yes")
    held, rules = opened(desk)
    deliver_due(held, Taker(), rules, unreachable=())
    with held.begin() as work:
        work.connection.execute(update(t.outbox).values(state=refused))
    shown = json.loads(cli("article", "list", "--json"))
    assert [a["waiting"] for a in shown] == [2]

    cli("sending", "on", "article_update")
    cli("article", "announce", "login-loop", "--yes")
    states = {m.key: m.state for m in list_outbox(store) if m.key.startswith("article:")}
    assert states == {
        "article:1:login-loop:fixed": refused,
        "article:1:login-loop:fixed:2": "pending",
        "article:2:login-loop:fixed": refused,
        "article:2:login-loop:fixed:2": "pending",
    }
    assert "everybody was told" in cli("article", "announce", "login-loop", "--yes")
    deliver_due(held, Taker(), rules, unreachable=())
    assert "everybody was told" in cli("article", "announce", "login-loop", "--yes")
    sent = [m.key for m in list_outbox(store) if m.state == "sent"]
    assert sorted(sent) == ["article:1:login-loop:fixed:2", "article:2:login-loop:fixed:2"]


def test_who_does_not_wait_is_not_told(desk: Path, cli: Callable[..., str]) -> None:  # noqa: F811
    cli("article", "add", "login-loop", "--title", "Login fails", "--body", _solution(desk))
    store = link(desk)
    with store.begin() as work:
        work.tickets.set_status(1, TicketStatus.SOLVED, "done", NOW)
    cli("article", "edit", "login-loop", "--status", "fixed", "--yes")
    assert [n for n, _ in mails(store)] == [2]


def _solution(folder: Path) -> str:
    path = folder / "solution.md"
    path.write_text("Press the reset button.")
    return str(path)


def test_news_of_a_folder_waits_for_a_person(desk: Path, cli: Callable[..., str]) -> None:  # noqa: F811
    store = link(desk)
    settings = load_settings(desk / "config.toml", {})
    rules_ = build_desk(settings, open_templates(settings), StoredArticles(store, {}))
    folder = desk / "articles"
    folder.mkdir()
    (folder / "login-loop.md").write_text(FILE.replace("workaround", "known"))
    assert sync_folder(store, rules_, read_folder(folder)).waiting == ()
    (folder / "login-loop.md").write_text(FILE.replace("workaround", "fixed"))
    assert sync_folder(store, rules_, read_folder(folder)).waiting == ("login-loop",)
    assert not mails(store)
    assert "article announce login-loop" in cli("article", "list")
    assert "edit that file" in cli("article", "edit", "login-loop", "--title", "x", code=1)
    cli("article", "announce", "login-loop", "--yes")
    assert len(mails(store)) == 2
    assert "announce login-loop" not in cli("article", "list")


def test_a_setting_lets_news_go_by_itself(desk: Path) -> None:  # noqa: F811
    store = link(desk)
    settings = load_settings(desk / "config.toml", {})
    rules_ = build_desk(settings, open_templates(settings), StoredArticles(store, {}))
    (desk / "a").mkdir()
    (desk / "a" / "login-loop.md").write_text(FILE)
    assert sync_folder(store, rules_, read_folder(desk / "a"), at_once=True).queued == 2


def test_the_letter_speaks_the_readers_language_and_is_automatic(desk: Path) -> None:  # noqa: F811
    store = link(desk)
    settings = load_settings(desk / "config.toml", {})
    rules_ = build_desk(settings, open_templates(settings), StoredArticles(store, {}))
    with store.begin() as work:
        work.connection.execute(
            update(t.ticket).where(t.ticket.c.id == 1).values(language="de", next_update_at=NOW)
        )
        article = parsed(FILE)
        keep_article(work, article, NOW)
        assert announce(work, rules_, article, by="admin") == 2
        mail = next(m for m in [work.outbox.next_due(rules_.clock() + timedelta(hours=9))] if m)
        assert mail.mail_class in (MailClass.AUTOMATIC, MailClass.INTERNAL)
        octets = work.connection.execute(
            t.outbox.select().where(t.outbox.c.key == "article:1:login-loop:workaround")
        ).one()
        assert b"Auto-Submitted: auto-generated" in octets.octets
        assert "Cookies" in octets.octets.decode("latin-1") and "Guten Tag" in octets.octets.decode(
            "latin-1"
        )
        planned = work.tickets.ticket(1)
        assert planned is not None and planned.next_update_at and planned.next_update_at > NOW


def test_articles_go_out_and_come_in_again(desk: Path, cli: Callable[..., str]) -> None:  # noqa: F811
    cli("article", "add", "a-1", "--title", "One", "--tag", "x", "--language", "en")
    cli("article", "edit", "a-1", "--language", "de", "--title", "Eins")
    cli("article", "export", "out")
    cli("article", "export", "out.csv")
    assert "id,title,body" in Path("out.csv").read_text()
    assert "1 replaced" in cli("article", "import", "out", "--dry-run")
    assert "1 replaced" in cli("article", "import", "out.csv")
    cli("article", "import", "out")
    shown = cli("article", "show", "a-1", "--json")
    assert '"title": "Eins"' in shown
    Path("out/bad.md").write_text("---\ntitle: [\n---\n")
    assert "bad.md:" in cli("article", "import", "out", code=1)


def test_an_answer_becomes_a_draft(desk: Path, cli: Callable[..., str]) -> None:  # noqa: F811
    store = link(desk)
    assert "no answer of an agent" in cli("article", "draft", "1", code=1)
    with store.begin() as work:
        work.connection.execute(
            update(t.message)
            .where(t.message.c.ticket_id == 1, t.message.c.direction == "in")
            .values(voice="agent", new_text="Use the other door.")
        )
        made = draft_article_from_message(work, 1, None, NOW, by="ann@example.org", title="Doors")
    assert (made.id, made.status, made.body) == (
        "doors",
        ArticleStatus.DRAFT,
        "Use the other door.",
    )
    assert "draft" in cli("article", "list")
