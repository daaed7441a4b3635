"""Embeddings as further evidence: what they add, and that a model without the ones it learned with is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mailflow.cli.main import run
from mailflow.suggest.embeddings import load_embeddings
from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket
from mailflow.suggest.model import load_model
from mailflow.suggest.train import learn_model, save_model
from mailflow.suggest.unusable import ModelUnusable
from tests.embeddings import ALIKE, save_embeddings

ARTICLES = [LearnArticle(f"a{k}", words.split()[0], "") for k, words in enumerate(ALIKE)]
TICKETS = [
    LearnTicket("", f"about the {words.split()[0]} number {n}", f"a{k}", number=n)
    for k, words in enumerate(ALIKE)
    for n in range(12)
]


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    return save_embeddings(tmp_path / "embeddings")


@pytest.fixture
def trained(tmp_path: Path, embeddings: Path) -> Path:
    return train(tmp_path / "model", embeddings)


def train(out: Path, embeddings: Path | None) -> Path:
    known = load_embeddings(embeddings) if embeddings else None
    model = learn_model(ARTICLES, TICKETS, (), own_tickets=True, embeddings=known)
    save_model(model, out, ARTICLES, TICKETS, None)
    return out


@pytest.mark.parametrize("k", range(len(ALIKE)))
def test_a_word_no_ticket_holds_finds_its_article_by_meaning(trained, tmp_path, k):
    _, other, third = ALIKE[k].split()
    blind = load_model(train(tmp_path / "blind", None)).suggest(other, third)
    seeing = load_model(trained).suggest(other, third)
    assert seeing.articles[0].article_id == f"a{k}"
    confidence = {a.article_id: a.confidence for a in blind.articles}[f"a{k}"]
    assert seeing.articles[0].confidence > confidence
    assert not any(
        "0." in reason for reason in seeing.because
    )  # words and past tickets, no numbers


def test_articles_without_tickets_are_found_by_meaning(embeddings, tmp_path, monkeypatch):
    import mailflow.suggest.learn_ranking as learning

    monkeypatch.setattr(learning, "NEAR_ARTICLES", 2)  # the third has no ticket and stands afar
    tickets = [t for t in TICKETS if t.article_id != "a2"]
    known = load_embeddings(embeddings)
    model = learn_model(ARTICLES, tickets, (), own_tickets=True, embeddings=known)
    save_model(model, tmp_path / "far", ARTICLES, tickets, None)
    said = load_model(tmp_path / "far").suggest("", "passphrase")
    assert said.articles[0].article_id == "a2"


def test_a_ticket_judged_as_new_does_not_see_itself(embeddings):
    import mailflow.suggest.learn_ranking as learning

    one_each = [TICKETS[0], TICKETS[12], TICKETS[24]]
    state = learning._regression(
        *learning._untrained(ARTICLES, one_each, load_embeddings(embeddings))
    )
    judged = learning._judged_as_new(state, np.arange(3))
    assert judged.meaning[1][np.arange(3), np.arange(3)] == pytest.approx(0)


def test_a_model_with_embeddings_names_them_and_one_without_has_no_trace(trained, tmp_path):
    facts = json.loads((trained / "model.json").read_text("utf-8"))["ranking"]
    assert facts["embeddings"]["sha256"] in {load_embeddings(tmp_path / "embeddings").sha256}
    assert facts["embeddings"]["sha256"][:16] in (trained / "MODEL_CARD.md").read_text("utf-8")
    blind = train(tmp_path / "blind", None)
    assert set(json.loads((blind / "model.json").read_text("utf-8"))["ranking"]) == {
        *("articles", "notes", "shares", "tickets", "unknown", "weights")
    }
    assert "mbedding" not in (blind / "MODEL_CARD.md").read_text("utf-8")
    with np.load(blind / "arrays.npz") as arrays:
        assert not any("meaning" in name for name in arrays)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda folder: shutil.rmtree(folder), "there are no embeddings in"),
        (lambda folder: save_embeddings(folder, 0.5), "are not those that the model was trained"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "are damaged"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"{}" * 40), "are damaged"),
    ],
)
def test_a_model_whose_embeddings_are_gone_or_changed_is_refused(trained, embeddings, harm, reason):
    load_model(trained)
    harm(embeddings)
    with pytest.raises(ModelUnusable) as caught:
        load_model(trained)
    assert reason in caught.value.reason and str(embeddings) in caught.value.reason
    assert "mailflow model train" in caught.value.mend


def test_without_the_library_the_mend_is_named(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(ModelUnusable) as caught:
        load_model(trained)
    assert "model2vec, which is not installed" in caught.value.reason
    assert ".[embeddings]" in caught.value.mend


@pytest.mark.parametrize("value", [5, "x", {}, {"folder": "\0", "sha256": ""}, {"folder": 1}])
def test_facts_that_name_no_embeddings_are_refused(trained, value):
    facts = json.loads((trained / "model.json").read_text("utf-8"))
    facts["ranking"]["embeddings"] = value
    (trained / "model.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(ModelUnusable):
        load_model(trained)


def test_numbers_that_are_none_are_refused(tmp_path):
    with pytest.raises(ModelUnusable, match="numbers that are none"):
        load_embeddings(save_embeddings(tmp_path, float("nan")))


@pytest.mark.parametrize("text", ["", "\ud800 printer", "\0", "printer " * 500_000, "🙂"])
def test_any_text_has_a_finite_vector_of_its_own(embeddings, text):
    known = load_embeddings(embeddings)
    found = known.vectors([text, "printer"])
    assert found.shape == (2, 4) and np.isfinite(found).all()
    assert found[:1] == pytest.approx(known.vectors([text]))
    assert known.vectors([]).shape == (0, 4)


def test_the_command_trains_with_embeddings_and_refuses_a_path_that_is_none(
    embeddings, tmp_path, capsys
):
    articles, out = tmp_path / "articles.csv", str(tmp_path / "out")
    articles.write_text("id,title,body\n" + "".join(f"{a.id},{a.title},\n" for a in ARTICLES))
    command = ["model", "train", "--articles", str(articles), "--out", out, "--embeddings"]
    assert run([*command, "minishlab/none"]) == 1
    assert "there are no embeddings in" in capsys.readouterr().err
    assert run([*command, str(embeddings)]) == 0
    assert load_model(Path(out)).suggest("", "plotter").articles[0].article_id == "a1"
    assert run(["model", "train", "--embeddings", str(embeddings)]) == 1
    assert "--set suggestions.embeddings=" in capsys.readouterr().err


def test_scheduled_training_learns_with_the_embeddings_of_the_settings(embeddings, tmp_path):
    from mailflow import learning

    lessons = [
        SimpleNamespace(
            subject="", text=t.body, article_id=t.article_id, priority=None, ticket_id=n
        )
        for n, t in enumerate(TICKETS)
    ]
    rows = [[a.id, a.title, a.body] for a in ARTICLES]
    order = SimpleNamespace(model=None, embeddings=embeddings)
    settings = SimpleNamespace(state=SimpleNamespace(directory=tmp_path), suggestions=order)
    out = tmp_path / "new"
    found = learning._in_child(settings, out, rows, lessons, len(lessons))
    assert found["promote"] is True, found
    assert load_model(out).suggest("", "copier").articles[0].article_id == "a1"
    order.embeddings = tmp_path / "none"
    found = learning._in_child(settings, tmp_path / "not", rows, lessons, len(lessons))
    assert set(found) == {"reason"}
    assert f"training failed: there are no embeddings in {order.embeddings}" == found["reason"]


def test_a_model_without_embeddings_imports_nothing_of_theirs(tmp_path):
    code = (
        "import sys; from pathlib import Path; from mailflow.suggest.model import load_model;"
        f"load_model(Path({str(train(tmp_path, None))!r})).suggest('a', 'b');"
        "print([m for m in ('model2vec', 'tokenizers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
