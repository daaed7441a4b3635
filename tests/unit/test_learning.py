"""Learning from people: what becomes a lesson, who may fill it, and which model serves."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from mailflow.desk.feedback import Act, PastTicket, lessons_from
from mailflow.model_shelf import Entry, Shelf, ShelfFault
from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket
from mailflow.suggest.train import learn_model
from mailflow.suggest.trial import Comparison, compare, held_out, verdict

ANN = "ann@desk.example"
AGENTS = frozenset({ANN})
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def past(number, *acts, requester="mia@customer.example", text=None):
    return PastTicket(number, requester, "Help", text or f"text {number}", NOW, acts)


def chose(article, by=ANN):
    return Act("article", "", article, by)


def test_only_what_people_of_the_desk_did_is_learned():
    lessons = lessons_from(
        [
            past(1, chose("login-loop")),
            past(2, chose("login-loop", by="mia@customer.example")),
            past(3, Act("priority", "normal", "urgent", "mailflow")),
            past(4, Act("priority", "normal", "urgent", "admin")),
            past(5, chose("")),
        ],
        AGENTS,
    )
    assert [(x.ticket_id, x.article_id, x.priority) for x in lessons] == [
        (1, "login-loop", None),
        (4, None, "urgent"),
        (5, "", None),
    ]


def test_an_article_after_which_the_customer_wrote_on_is_refused():
    reopened = Act("status", "solved", "open", "")
    assert lessons_from([past(1, chose("a"), reopened)], AGENTS) == []
    again = lessons_from([past(1, chose("a"), reopened, chose("b"))], AGENTS)
    assert again[0].article_id == "b"


def test_thanks_confirm_an_article():
    lesson = lessons_from(
        [past(1, chose("a"), Act("thanks", "", "", "mia@customer.example"))], AGENTS
    )
    assert "the customer confirmed a" in lesson[0].because


WORDS = {"login": "password login account locked", "print": "printer paper jam toner"}


def _flood():
    """Seventy honest tickets of many people, thirty of one address that call printing a login."""
    honest = [
        past(n, chose(a), requester=f"p{n}@customer.example", text=f"{WORDS[a]} case {n}")
        for n, a in enumerate(["login", "print"] * 35)
    ]
    poison = [
        past(100 + n, chose("login"), requester="bad@evil.example", text=f"{WORDS['print']} x{n}")
        for n in range(30)
    ]
    return honest, poison


def test_thirty_percent_poison_of_one_address_moves_the_model_little():
    honest, poison = _flood()
    lessons = lessons_from(honest + poison, AGENTS)
    assert sum(x.requester == "bad@evil.example" for x in lessons) == 3
    articles = [LearnArticle(i, i, "") for i in WORDS]
    tickets = [LearnTicket(x.subject, x.text, x.article_id, x.priority) for x in lessons]
    model = learn_model(articles, tickets, (), own_tickets=True)
    asked = [LearnTicket("", f"{WORDS['print']} again {n}", "print") for n in range(20)]
    assert compare(model, asked).right == 20


def test_a_text_in_both_parts_is_judged_on_by_nobody():
    tickets = [LearnTicket("", f"t{n}", "a") for n in range(20)] + [LearnTicket("", "t0", "a")]
    older, newest = held_out(tickets, fresh=20)
    assert len(older) == 15
    assert "t0" not in {t.body for t in newest}


@pytest.mark.parametrize(
    ("candidate", "good"),
    [
        (Comparison(10, 8, 5, 1), True),
        (Comparison(10, 7, 5, 1), False),
        (Comparison(10, 9, 5, 2), False),
    ],
)
def test_only_what_is_not_worse_is_promoted(candidate, good):
    assert verdict(candidate, Comparison(10, 8, 5, 1))[0] is good


def _entry(name):
    return Entry(name, NOW.isoformat(), 10, 2, 10, "kept back")


def test_the_shelf_promotes_and_rolls_back(tmp_path):
    shelf = Shelf(tmp_path)
    assert shelf.serving() is None
    for name in ("one", "two"):
        (shelf.folder / name).mkdir(parents=True)
        shelf.add(_entry(name))
        shelf.promote(name, "promoted")
    assert shelf.serving() == shelf.folder / "two"
    assert shelf.rollback().serving == "one"
    assert shelf.rollback().serving == ""
    with pytest.raises(ShelfFault):
        shelf.rollback()
    with pytest.raises(ShelfFault, match="no model three"):
        shelf.promote("three", "")


@pytest.mark.parametrize("text", ["", "[]", "{", json.dumps({"serving": 1})])
def test_a_broken_ledger_lets_the_shipped_model_serve(tmp_path, text):
    shelf = Shelf(tmp_path)
    shelf.folder.mkdir()
    (shelf.folder / "ledger.json").write_text(text)
    assert shelf.serving() is None


def test_training_from_own_tickets_end_to_end(tmp_path, monkeypatch):
    """The child process, the comparison and the promotion, with lessons in place of a database."""
    from mailflow import learning

    honest, _ = _flood()
    lessons = lessons_from(honest, AGENTS)
    settings = SimpleNamespace(
        state=SimpleNamespace(directory=tmp_path),
        suggestions=SimpleNamespace(model=None, embeddings=None),
    )
    out = Shelf(tmp_path).folder / "new"
    out.parent.mkdir(parents=True)
    rows = [[i, i, words] for i, words in WORDS.items()]
    found = learning._in_child(settings, out, rows, lessons, len(lessons))
    assert found["promote"] is True, found
    assert (out / "MODEL_CARD.md").exists()
    monkeypatch.setattr(learning, "_MEMORY", 64 * 1024**2)
    failed = learning._in_child(settings, out.with_name("poor"), rows, lessons, len(lessons))
    assert "training failed" in failed["reason"]


def test_the_report_reads_by_day_and_by_night(tmp_path):
    from mailflow.shipped import shipped
    from mailflow.suggest.evaluate import evaluate_model
    from mailflow.suggest.model import load_model

    tickets = [LearnTicket("", "I cannot log in", "nothing", "high")]
    page = evaluate_model(load_model(shipped("models") / "seed"), tickets).html
    assert "prefers-color-scheme:dark" in page
    assert "src=" not in page
    assert "<script" not in page
