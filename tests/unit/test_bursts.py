"""Many people who report the same at once: noticed once, told to agents alone, with a draft article."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailflow.cli.main import run
from mailflow.config import load_settings
from mailflow.desk.alike import stars, terms_of
from mailflow.desk.bursts import BurstRules, Opened, find_bursts, group_requests
from mailflow.desk.context import Source
from mailflow.desk.suggestion import NO_SUGGESTION, Suggestion
from mailflow.desk.ticket import ArticleStatus
from mailflow.flow.answer import Desk
from mailflow.flow.bursts import BurstWatch
from mailflow.flow.receive import decide_waiting
from mailflow.mail.message import Location, RawMessage
from mailflow.store.articles import StoredArticles
from mailflow.store.bursts import list_bursts
from mailflow.store.database import SqlStore, SqlWork, open_store
from mailflow.store.reading import list_outbox, show_mail, show_ticket
from mailflow.wiring import build_desk, burst_watch, open_templates

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
OUTAGE = [
    ("Cannot sign in", "Since this morning the sign-in page shows error 503."),
    ("Error 503 at sign-in", "I get error 503 when I sign in, please help."),
    ("Sign-in broken", "The sign-in page says 503 for everybody here."),
    ("503", "Your sign-in page answers with error 503. Is it down?"),
    ("Sign in fails", "Hello, sign in fails with error 503 since nine."),
    ("can't sign in!!", "error 503 on the sign-in page, all the time"),
]
QUIET = [
    ("Invoice", "Could you send me the invoice of March again?"),
    ("Address", "We moved to Leipzig, where do I change the delivery address?"),
    ("Export", "How do I export my contacts to a spreadsheet?"),
    ("Printer", "The label printer prints blank pages."),
    ("Refund", "My refund for the broken lamp has not arrived."),
    ("Invitation", "How many colleagues may I invite to our workspace?"),
]


def opened(number: int, words: tuple[str, str], **other: object) -> Opened:
    person = f"p{number}@x.example"
    return replace(Opened(number, person, person, *words, opened_at=NOW), **other)  # type: ignore[arg-type]


def crowd(first: int = 1, **other: object) -> list[Opened]:
    return [opened(first + n, words, **other) for n, words in enumerate(OUTAGE)]


def test_people_who_report_the_same_are_a_burst_and_different_matters_are_none() -> None:
    quiet = [opened(100 + n, words) for n, words in enumerate(QUIET)]
    found = find_bursts(quiet + crowd(), [], BurstRules())
    assert [(b.key, b.people) for b in found.new] == [("1", 6)]
    assert {x.ticket_id for x in found.new[0].tickets} == {1, 2, 3, 4, 5, 6}
    assert find_bursts(quiet, [], BurstRules()).new == ()


def test_one_person_who_writes_ten_times_is_no_burst() -> None:
    loud = [opened(n, OUTAGE[n % 6], requester="one@x.example") for n in range(10)]
    assert find_bursts(loud + crowd()[:3], [], BurstRules()).new == ()


def test_what_an_article_explains_is_no_new_issue() -> None:
    assert find_bursts(crowd(known=True), [], BurstRules()).new == ()


def test_what_is_usual_here_is_no_burst() -> None:
    hours = [NOW - timedelta(hours=h) for h in range(3, 500)]
    usual = [opened(1000 + n, OUTAGE[n % 6], opened_at=at) for n, at in enumerate(hours)]
    assert find_bursts(crowd(), usual, BurstRules()).new == ()
    rare = [opened(1000 + n, QUIET[n % 6], opened_at=at) for n, at in enumerate(hours)]
    assert len(find_bursts(crowd(), rare, BurstRules()).new) == 1


def test_what_comes_later_joins_and_is_not_told_again() -> None:
    told = crowd(burst="1")
    found = find_bursts(told + crowd(50), [], BurstRules())
    assert found.new == ()
    assert [(key, x.ticket_id) for key, x in found.joined] == [("1", 50 + n) for n in range(6)]


def test_groups_are_stars_and_never_chains() -> None:
    near = [[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4]]
    groups = stars(near, list("abcde"))
    assert [g.members for g in groups] == [(1, 0, 2), (3, 4)]


@pytest.mark.parametrize(
    "text", ["", "\0" * 5000, "é" * 99_999, "the and for", "x " * 50_000, "你好"]
)
def test_any_text_has_terms(text: str) -> None:
    assert len(terms_of(text)) <= 80
    many = [opened(n, (text, text)) for n in range(30)]
    find_bursts(many, many, BurstRules())
    assert sum(len(g.tickets) for g in group_requests(many)) == 30


# ── mail in, notice out ─────────────────────────────────────────────────────────────────────────


class Said:
    """A suggester that says the same of every message."""

    def __init__(self, suggestion: Suggestion = NO_SUGGESTION) -> None:
        self.suggestion = suggestion

    def suggest_many(self, texts: list[tuple[str, str]]) -> list[Suggestion]:
        return [self.suggestion for _ in texts]


CONFIG = """\
[support]
address = "support@example.org"
[mailbox]
host = "127.0.0.1"
username = "support"
[smtp]
host = "127.0.0.1"
[[agents]]
address = "ann@example.org"
[[agents]]
address = "bob@example.org"
"""


class House:
    """A desk on a real store whose clock the test moves."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG + extra)
        self.now = NOW
        self.count = 0
        self.open()

    def open(self) -> None:
        settings = load_settings(self.config, {})
        self.store: SqlStore = open_store(settings.database.url)
        articles = StoredArticles(self.store, {})
        made = build_desk(settings, open_templates(settings), articles)
        self.desk: Desk = replace(made, clock=lambda: self.now)
        watch = burst_watch(settings)
        assert watch is not None
        self.watch: BurstWatch = watch

    def restart(self) -> None:
        self.store.close()
        self.open()

    def receive(
        self, mails: list[tuple[str, str]], author: str = "", said: Said | None = None
    ) -> None:
        with self.store.begin() as work:
            for subject, text in mails:
                self.count += 1
                sender = author or f"person{self.count}@firm{self.count}.example"
                octets = (
                    f"From: {sender}\r\nTo: support@example.org\r\nSubject: {subject}\r\n"
                    f"Message-ID: <{self.count}@client.example>\r\n"
                    f"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\n{text}\r\n"
                )
                self._keep(work, octets.encode())
        decide_waiting(self.store, said or Said(), self.desk, lambda octets: None)

    def receive_raw(self, octets: bytes) -> None:
        with self.store.begin() as work:
            self.count += 1
            self._keep(work, octets)
        decide_waiting(self.store, Said(), self.desk, lambda octets: None)

    def _keep(self, work: SqlWork, octets: bytes) -> None:
        raw = RawMessage(octets, self.now, Location("INBOX", 1, self.count))
        work.intake.keep(raw, Source.INBOX, self.now)

    def look(self) -> int:
        return self.watch.look(self.store, self.desk)

    @property
    def told(self) -> list[str]:
        return [m.subject for m in list_outbox(self.store, limit=1000) if m.kind == "burst"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


def test_a_burst_is_told_once_across_restarts_with_a_draft_no_customer_sees(house: House) -> None:
    house.receive(QUIET)
    assert house.look() == 0
    house.receive(OUTAGE)
    assert house.look() == 2  # both agents
    assert house.look() == 0
    house.restart()
    assert house.look() == 0
    house.receive(OUTAGE[:3])
    assert house.look() == 0  # they join
    house.restart()
    assert house.look() == 0
    (line,) = list_bursts(house.store, 10)
    assert (line.people, len(line.tickets)) == (9, 9)
    with house.store.begin() as work:
        kept = work.articles.get(line.article)
    assert kept is not None and kept.article.status is ArticleStatus.DRAFT
    assert "503" in kept.article.symptoms and kept.article.body == ""
    assert line.article not in house.desk.articles
    mail = next(m for m in list_outbox(house.store) if m.kind == "burst")
    shown = show_mail(house.store, mail.id)
    assert shown is not None and line.article.encode() in shown.octets
    assert mail.mail_class == "internal"
    assert {r.address for r in mail.recipients} <= {"ann@example.org", "bob@example.org"}
    ticket = show_ticket(house.store, line.tickets[-1])
    assert ticket is not None
    assert any(e.kind == "burst" and "agents know" in e.reason for e in ticket.events)


def test_the_same_on_another_day_is_told_again(house: House) -> None:
    house.receive(OUTAGE)
    assert house.look() == 2
    house.now += timedelta(days=1)
    house.receive(OUTAGE)
    assert house.look() == 2
    assert len(house.told) == 4 and len(list_bursts(house.store, 10)) == 2


def test_one_address_writing_ten_times_moves_nobody(house: House) -> None:
    house.receive(OUTAGE + OUTAGE[:4], author="loud@x.example")
    assert house.look() == 0 and house.told == []


def test_more_bursts_a_day_than_anybody_reads_are_noted_and_not_told(house: House) -> None:
    matters = ["lamp", "invoice", "printer", "keyboard", "window", "bottle", "engine"]
    for matter in matters:
        house.receive([(f"{matter} {matter}s", f"{matter}ing {matter}") for _ in range(5)])
        house.look()
    assert len(house.told) == 2 * 6
    assert len(list_bursts(house.store, 20)) == 6
    last = show_ticket(house.store, 5 * len(matters))
    assert last is not None
    assert any("told of 6 bursts within a day" in e.reason for e in last.events)


def test_feature_requests_are_grouped_with_the_people_who_ask(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = Said(replace(NO_SUGGESTION, feature_request=True))
    dark = [
        ("Dark mode", "Please add a dark mode to the app."),
        ("dark theme", "A dark mode for the app would be great."),
    ]
    house.receive(dark, said=asking)
    house.receive(dark[:1], author="fan@x.example", said=asking)
    house.receive(dark[:1], author="fan@x.example", said=asking)
    house.receive([("Calendar", "It would be nice to export the calendar as a file.")], said=asking)
    house.receive(QUIET)
    house.receive(OUTAGE)
    house.look()
    house.restart()
    assert run(["--config", str(house.config), "ticket", "features", "--json"]) == 0
    groups = json.loads(capsys.readouterr().out)
    assert [(g["requesters"], g["tickets"]) for g in groups] == [(3, [1, 2, 3, 4]), (1, [5])]
    assert "ark" in groups[0]["title"]
    assert run(["--config", str(house.config), "ticket", "features"]) == 0
    assert "Calendar" in capsys.readouterr().out
    assert run(["--config", str(house.config), "ticket", "bursts", "--json"]) == 0
    (burst,) = json.loads(capsys.readouterr().out)
    assert burst["people"] == 6 and burst["tickets"] == [12, 13, 14, 15, 16, 17]
    assert run(["--config", str(house.config), "ticket", "bursts"]) == 0
    assert "draft article" in capsys.readouterr().out
