"""The suggester: what it learns, when it stays silent, and that no file can hurt it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.desk.ticket import Priority
from mailflow.shipped import shipped
from mailflow.suggest.accept import lower_bound
from mailflow.suggest.features import PAIRS, TOGETHER, features_of, stem_hash
from mailflow.suggest.learn_margins import judged_margins, worth_learning
from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket
from mailflow.suggest.lexicon import hits_for, load_lexicon, parse_lexicon
from mailflow.suggest.measure import auroc, calibration_error, share, weighted_kappa
from mailflow.suggest.model import Model, ModelUnusable, load_model
from mailflow.suggest.priority import with_prior
from mailflow.suggest.ranking import explained
from mailflow.suggest.space import Block, Space, learn_space
from mailflow.suggest.tables import TableFault, read_articles, read_history
from mailflow.suggest.train import data_hash, learn_model, save_model
from mailflow.suggest.unusable import Silent
from mailflow.suggest.words import MAX_WORDS, stem, words_of

SEED = shipped("models") / "seed"
LEXICON = load_lexicon(shipped("models") / "priority-lexicon.toml")


@pytest.fixture(scope="module")
def seed() -> Model:
    return load_model(SEED)


@pytest.fixture(scope="module")
def tickets() -> list[LearnTicket]:
    known = frozenset(a.id for a in read_articles(SEED / "articles.csv"))
    return read_history(SEED / "history.csv", known)


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("payments", "payment"),
        ("connecting", "connects"),
        ("cancelled", "cancellation"),
        ("activate", "activation"),
        ("charged", "charge"),
        ("stopped", "stop"),
        ("parties", "party"),
    ],
)
def test_stem_joins_forms_of_a_word(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_words_fold_case_accents_and_apostrophes() -> None:
    assert words_of("Can’t reset the Café-WLAN") == ["cant", "reset", "the", "cafe", "wlan"]


def test_words_are_bounded_and_linear_on_hostile_text() -> None:
    started = time.process_time()
    for text in (
        "a" * 5_000_000,
        "ﷺ" * 2_000_000,
        "e\u0301" * 2_000_000,
        "x " * 2_000_000,
        "'" * 9_000_000,
    ):
        assert len(words_of(text)) <= MAX_WORDS
    assert time.process_time() - started < 2


def test_pairs_keep_the_order() -> None:
    found = features_of([["card", "stolen"], ["stolen", "card"], ["x"]])
    ordered, together = found.keys[found.block(PAIRS)], found.keys[found.block(TOGETHER)]
    assert found.owners[found.block(PAIRS)].tolist() in ([0, 1], [1, 0])
    assert ordered[0] != ordered[1] and together[0] == together[1]


def test_pairs_reach_no_further_than_they_should() -> None:
    found = features_of([["w", "a", "b", "c", "d", "e", "f", "g", "h", "i"]])
    assert len(found.keys[found.block(PAIRS)]) == 9 + 8 + 7
    assert len(found.keys[found.block(TOGETHER)]) == sum(range(2, 10))


def test_a_batch_of_texts_has_the_features_of_each_alone() -> None:
    texts = [words_of(text) for text in ("my card is my card", "", "card", "é ß 🙂 a b c")]
    whole = features_of(texts)
    for k, words in enumerate(texts):
        alone, own = features_of([words]), whole.owners == k
        assert whole.keys[own].tolist() == alone.keys.tolist()
        assert whole.weights[own].tolist() == alone.weights.tolist()
        assert whole.squared[k].tolist() == pytest.approx(alone.squared[0].tolist())


def test_rows_are_the_weights_a_plain_reading_gives() -> None:
    """Against tf-idf spelt out, with words the space does not know"""
    texts = [words_of(t) for t in ("lamp lamp is dark", "dark room", "the lamp", "room is room")]
    space = learn_space(texts, shares=(1, 0, 0, 0), min_documents=(1,) * 4)
    asked = words_of("lamp zebra lamp room")
    row = space.rows(features_of([asked])).matrix.toarray()[0]
    idf = {int(h): float(i) for h, i in zip(space.stems, space.blocks[0].idf, strict=True)}
    counts = {stem_hash(w): asked.count(w) for w in asked}
    weights = {
        h: (1 + np.log(n)) * idf.get(h, space.blocks[0].unknown_idf) for h, n in counts.items()
    }
    length = np.sqrt(sum(w**2 for w in weights.values()))
    wanted = [weights.get(int(h), 0) / length for h in space.stems]
    assert row.tolist() == pytest.approx(wanted, abs=1e-6)


def test_a_crowded_slot_of_a_vocabulary_is_searched_too() -> None:
    hashes = np.arange(7, 7 + 3 * 500, 3, dtype=np.uint32)
    none = Block(hashes[:0], np.empty(0, np.float32), 1.0)
    space = Space((Block(hashes, np.ones(500, np.float32), 1.0), none, none, none), (1, 0, 0, 0))
    asked = np.sort(np.append(hashes, hashes + np.uint32(1)))
    places = space._places(asked.astype(np.uint64))
    assert places.tolist() == np.searchsorted(hashes, asked).tolist()


def test_many_articles_stand_in_an_index_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import mailflow.suggest.learn_ranking as learning

    monkeypatch.setattr(learning, "NEAR_ARTICLES", 10)
    subjects = ["printer", "router", "invoice", "battery", "display", "keyboard", "refund"]
    articles = [
        LearnArticle(f"{s}-{k}", f"{s} fault {k}", f"how to mend it, {s[:3]}{k}ware")
        for s in subjects
        for k in range(9)
    ]
    history = [
        LearnTicket("", f"the {s} is broken, kind k{k}", f"{s}-{k}")
        for s in subjects
        for k in (2, 5)
        for _ in range(6)
    ]
    model = learn_model(articles, history, LEXICON, own_tickets=True)
    assert model.ranking is not None and model.ranking.far is not None
    assert model.suggest("", "my router is broken, kind k5").articles[0].article_id == "router-5"
    said = model.suggest("", "dis7ware: how to mend fault 7")
    assert said.articles[0].article_id == "display-7" and "dis7ware" in said.because[-1]


@pytest.mark.parametrize("text", ["", " ", "a", "\x00", "\ud800", "🙂", "ß", "\n\n"])
def test_any_text_gets_a_suggestion(seed: Model, text: str) -> None:
    assert seed.suggest(text, text).priority is not None


def test_common_features_weigh_nothing_where_walking_them_costs_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import mailflow.suggest.space as space

    texts = [words_of(f"please help with thing{k}") for k in range(40)]
    pairs = learn_space(texts, shares=(1, 1, 0, 0), min_documents=(1, 1, 1, 1)).blocks[PAIRS]
    assert (pairs.idf > 0).all()
    monkeypatch.setattr(space, "WALKED", 60.0)
    made = learn_space(texts, shares=(1, 1, 0, 0), min_documents=(1, 1, 1, 1))
    assert 0 < (made.blocks[PAIRS].idf == 0).sum() < 4  # some of "please help", "help with", ...
    assert (made.blocks[0].idf > 0).all()  # never a word


# -- ranking --------------------------------------------------------------------------------------


def test_leave_one_out_equals_training_without_the_ticket(tickets: list[LearnTicket]) -> None:
    """The closed form must say what a model trained without that ticket says."""
    import mailflow.suggest.learn_ranking as learning

    articles = read_articles(SEED / "articles.csv")
    state = learning._regression(*learning._untrained(articles, tickets))
    ranking, inverse = state.ranking, state.inverse
    i = 40
    closed = state.targets[i] - ranking.regression.alpha[i] / inverse[i, i]
    kept = np.delete(np.arange(len(inverse)), i)
    kernel = learning.kernel((ranking.rows @ ranking.rows.T).toarray())
    without = kernel[np.ix_(kept, kept)] + learning.RIDGE * np.eye(len(kept), dtype=np.float32)
    direct = kernel[i, kept] @ np.linalg.solve(without, state.targets[kept])
    assert np.allclose(closed, direct, atol=2e-3)


def test_with_many_articles_the_likely_ones_are_still_exact(
    seed: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mailflow.suggest.regression as regression

    assert seed.ranking is not None and seed.ranking.regression.rough is None
    monkeypatch.setattr(regression, "EXACT", 0)
    rough = regression.regression_of(seed.ranking.regression.alpha, seed.ranking.line_of)
    grown = regression.kernel(seed.ranking.index.cosines(seed.ranking.rows[:40]))
    exact, answers = seed.ranking.regression.answers(grown), rough.answers(grown)
    assert np.abs(answers - exact).max() > 0.01
    rough.sharpen(answers, grown, exact)
    likely = np.argsort(-exact, axis=1)[:, : regression.LIKELY]
    assert np.allclose(
        np.take_along_axis(answers, likely, axis=1),
        np.take_along_axis(exact, likely, axis=1),
        atol=1e-4,
    )


def test_margins_are_learned_where_articles_have_tickets_enough(seed: Model) -> None:
    ranking = seed.ranking
    assert ranking is not None and ranking.margins is not None
    rows, classes = ranking.rows, ranking.row_class
    judged = judged_margins(rows, classes, ranking.tickets, len(ranking.articles))
    kept = np.flatnonzero(classes[: ranking.tickets] >= 0)
    right = (judged.seen[kept].argmax(axis=1) == classes[kept]).mean()
    assert (
        0.5 < right < 0.97
    )  # judged as new: better than chance, worse than what was learned by heart
    assert (judged.hidden[kept, classes[kept]] <= -1).all()
    few = np.sort(kept)[::4]
    assert not worth_learning(rows[few], classes[few], len(few))


def test_no_sign_of_being_right_speaks_against_it(tickets: list[LearnTicket]) -> None:
    from mailflow.suggest.learn_ranking import learn_ranking

    articles = read_articles(SEED / "articles.csv")
    _, accept = learn_ranking(articles, tickets, own_tickets=True)
    assert min(accept.weights) >= 0 and max(accept.weights) > 0


def test_a_text_judged_as_new_is_not_explained_by_itself() -> None:
    articles = [LearnArticle(name, name, "") for name in ("lamp", "bulb")]
    history = [
        LearnTicket("", "the zebra lamp flickers", "lamp"),
        LearnTicket("", "a bulb", "bulb"),
    ]
    ranking = learn_model(articles, history, (), own_tickets=True).ranking
    assert ranking is not None
    text, first = ranking.rows[:1], np.array([0])
    by_itself = explained(ranking, text, first, None)[0]
    as_new = explained(ranking, text, first, np.array([0]))[0]
    assert by_itself == pytest.approx(1, abs=1e-3) and 0 < as_new < 0.6


def test_articles_alone_rank_from_the_first_day() -> None:
    articles = [
        LearnArticle("reset", "Resetting a password", "Use the link in the mail."),
        LearnArticle("refund", "When refunds arrive", "Refunds take five days."),
    ]
    model = learn_model(articles, [], (), own_tickets=False)
    said = model.suggest("", "i forgot my password, how do I reset it")
    assert said.articles[0].article_id == "reset"
    assert said.suggested_article is None  # nothing was measured


def test_articles_without_history_columns(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("body\nhello\n", "utf-8")
    assert read_history(tmp_path / "h.csv", frozenset()) == [LearnTicket("", "hello", None, None)]


def test_the_seed_names_the_article_of_a_clear_message(seed: Model) -> None:
    said = seed.suggest(
        "device offline", "My lamp blinks orange and will not connect to the wifi since the update"
    )
    assert said.suggested_article == "wifi-offline"
    assert said.for_customer is False
    assert any("wifi" in reason for reason in said.because)
    assert said.model == seed.version


@pytest.mark.parametrize(
    "text",
    [
        "Please find attached the quarterly report of the finance committee.",
        "lorem ipsum dolor sit amet",
        "ok thanks",
    ],
)
def test_the_seed_is_silent_about_what_it_does_not_know(seed: Model, text: str) -> None:
    assert seed.suggest("", text).suggested_article is None


@pytest.mark.parametrize("text", ["something else entirely", "", "?!"])
def test_articles_always_rank_ten(seed: Model, text: str) -> None:
    said = seed.suggest("", text)
    assert len(said.articles) == 10 and said.suggested_article is None
    confidences = [a.confidence for a in said.articles]
    assert confidences == sorted(confidences, reverse=True)


def test_a_batch_says_what_each_alone_says(seed: Model, tickets: list[LearnTicket]) -> None:
    texts = [(t.subject, t.body) for t in tickets[:70]]
    alone = [seed.suggest(*text) for text in texts]
    for one, other in zip(seed.suggest_many(texts), alone, strict=True):
        assert one.suggested_article == other.suggested_article
        assert [a.article_id for a in one.articles[:3]] == [
            a.article_id for a in other.articles[:3]
        ]


def test_shuffled_labels_make_it_silent(tickets: list[LearnTicket]) -> None:
    """Nothing reaches the target there, so nothing may be named."""
    ids = [t.article_id for t in tickets]
    random.Random(3).shuffle(ids)
    mixed = [LearnTicket(t.subject, t.body, i, None) for t, i in zip(tickets, ids, strict=True)]
    articles = [
        LearnArticle(f"{a.id}", f"number {k}", "")
        for k, a in enumerate(read_articles(SEED / "articles.csv"))
    ]
    model = learn_model(articles, mixed, (), own_tickets=True)
    said = model.suggest_many([(t.subject, t.body) for t in tickets])
    assert sum(s.suggested_article is not None for s in said) <= 3
    assert not any(s.for_customer for s in said)


@pytest.mark.long
def test_customers_need_own_tickets_and_a_stricter_bound(tickets: list[LearnTicket]) -> None:
    articles = read_articles(SEED / "articles.csv")
    many = tickets * 4  # each judged as new, yet its twins are known: nearly all right
    own = learn_model(articles, many, LEXICON, own_tickets=True)
    said = own.suggest_many([(t.subject, t.body) for t in tickets])
    assert any(s.for_customer for s in said)
    assert all(s.suggested_article for s in said if s.for_customer)
    strict, loose = own.accept.threshold(0.95, strict=True), own.accept.threshold(0.95)
    assert strict is not None and loose is not None and strict >= loose


# -- priority -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("Our account was hacked and somebody changed the password", Priority.URGENT),
        ("Nichts geht mehr, das ganze System steht", Priority.URGENT),
        ("There is smoke coming out of the plug", Priority.URGENT),
        ("Notre compte a été piraté", Priority.URGENT),
        ("You charged me twice", Priority.HIGH),
        ("I was charged twice", Priority.HIGH),
        ("URGENT URGENT URGENT please answer", Priority.HIGH),
        ("not urgent at all, just curious", Priority.LOW),
        ("how do I change the colour", Priority.NORMAL),
    ],
)
def test_the_lexicon_alone_is_a_usable_prior(text: str, priority: Priority) -> None:
    said = learn_model([], [], LEXICON, own_tickets=False).suggest("", text).priority
    assert said is not None and said.label is priority


def test_without_a_hit_or_tickets_priority_abstains() -> None:
    said = learn_model([], [], LEXICON, own_tickets=False).suggest("", "how do I change the colour")
    assert said.priority is not None and said.priority.abstained


def test_a_negated_phrase_does_not_hit() -> None:
    assert not [
        h for h in hits_for(LEXICON, words_of("this is not urgent")) if h.priority is Priority.HIGH
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[rule]]\nname = 'x'\n", "rule 1"),
        ("[[rule]]\nname='x'\npriority='huge'\nconfidence=0.5\nphrases=[]", "priority must be"),
        ("x = 1", "only"),
        ("[[rule", "Expected"),
    ],
)
def test_a_faulty_lexicon_is_named(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_lexicon(text)


# -- files ----------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEED, tmp_path / "m"))


def test_a_model_read_back_says_the_same(tmp_path: Path, tickets: list[LearnTicket]) -> None:
    articles = read_articles(SEED / "articles.csv")
    made = learn_model(articles, tickets, LEXICON, own_tickets=False)
    save_model(made, tmp_path, articles, tickets, shipped("models") / "priority-lexicon.toml")
    read = load_model(tmp_path)
    for t in tickets[:20]:
        one, other = made.suggest(t.subject, t.body), read.suggest(t.subject, t.body)
        assert one.suggested_article == other.suggested_article
        assert one.articles[0].article_id == other.articles[0].article_id
        assert one.articles[0].confidence == pytest.approx(other.articles[0].confidence, abs=0.02)


def test_training_twice_gives_the_same_bytes(tmp_path: Path, tickets: list[LearnTicket]) -> None:
    articles = read_articles(SEED / "articles.csv")
    for name in ("a", "b"):
        made = learn_model(articles, tickets, LEXICON, own_tickets=False)
        save_model(made, tmp_path / name, articles, tickets, None)
    for file in ("model.json", "arrays.npz"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_shipped_model_was_trained_from_the_shipped_data(tickets: list[LearnTicket]) -> None:
    articles = read_articles(SEED / "articles.csv")
    facts = json.loads((SEED / "model.json").read_text("utf-8"))
    assert facts["data"] == data_hash(articles, tickets)
    assert sum(f.stat().st_size for f in SEED.iterdir()) < 2_000_000


def test_a_missing_model_tells_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable) as caught:
        load_model(tmp_path / "none")
    assert "no model" in caught.value.reason and "mailflow model train" in caught.value.mend


@pytest.mark.parametrize("name", ["model.json", "arrays.npz"])
@pytest.mark.parametrize(
    "octets", [b"", b"{}", b"[" * 100_000, b"PK\x03\x04junk", b"\x80\x04\x95.", b"\xff" * 100]
)
def test_damaged_files_are_refused(copy: Path, name: str, octets: bytes) -> None:
    (copy / name).write_bytes(octets)
    with pytest.raises(ModelUnusable):
        load_model(copy)


def _with_arrays(folder: Path, **changed: object) -> None:
    import hashlib

    with np.load(folder / "arrays.npz") as found:
        arrays = {name: found[name] for name in found.files}
    np.savez_compressed(folder / "arrays.npz", **{**arrays, **changed})
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    facts["arrays_sha256"] = hashlib.sha256((folder / "arrays.npz").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(facts), "utf-8")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("alpha", np.array([object()], dtype=object)),  # a pickle
        ("alpha", np.full((3, 3), 1.0)),
        ("alpha", np.full((205, 15), np.nan)),
        ("rows.columns", np.array([2**30], dtype=np.int32)),
        ("rows.starts", np.array([5, -1])),
        ("row_class", np.array([99])),
        ("priority.weights", np.zeros((1, 1))),
        ("ranking.hashes0", np.zeros(3)),
        ("columns", np.array([0], dtype=np.int32)),
        ("far_class", np.array([0], dtype=np.int32)),
        ("margins.starts", np.array([0, -1])),
        ("margins.intercept", np.zeros(1)),
        ("margins.largest", np.array([np.nan])),
        ("grammar", np.array(["the"])),
        ("grammar", np.zeros((2, 2), dtype=np.uint32)),
    ],
)
def test_arrays_of_another_shape_or_kind_are_refused(copy: Path, name: str, array: object) -> None:
    _with_arrays(copy, **{name: array})
    with pytest.raises(ModelUnusable):
        load_model(copy)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows.columns", 2**30),
        ("rows.columns", -1),
        ("row_class", 99),
        ("row_class", -2),
        ("margins.columns", 999),
    ],
)
def test_indices_out_of_range_are_refused(copy: Path, name: str, value: int) -> None:
    with np.load(copy / "arrays.npz") as found:
        array = found[name].copy()
    array[-1 if value > 0 else 0] = value
    _with_arrays(copy, **{name: array})
    with pytest.raises(ModelUnusable, match="not what was written"):
        load_model(copy)


def test_too_many_articles_are_refused_before_memory_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n" + "\n".join(map(str, range(200_100))), "utf-8")
    with pytest.raises(TableFault, match="more than 200000 articles"):
        read_articles(tmp_path / "a.csv")


def test_a_pickle_in_the_arrays_is_never_loaded(copy: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (sys.exit, (3,))

    _with_arrays(copy, alpha=np.array([Bomb()], dtype=object))
    with pytest.raises(ModelUnusable):
        load_model(copy)


@pytest.mark.parametrize("key", ["ranking", "accept", "priority"])
@pytest.mark.parametrize("value", [1, "x", [], {}, {"weights": "x"}])
def test_facts_of_another_kind_are_refused_or_left_out(copy: Path, key: str, value: object) -> None:
    facts = json.loads((copy / "model.json").read_text("utf-8"))
    facts[key] = value
    (copy / "model.json").write_text(json.dumps(facts), "utf-8")
    try:
        load_model(copy).suggest("a", "b")
    except ModelUnusable:
        return
    assert not value  # an empty part is a model without that part


def test_silent_serves_in_a_models_place() -> None:
    assert Silent().suggest_many([("a", "b")]) == [NO_SUGGESTION]


# -- tables ---------------------------------------------------------------------------------------


def test_faults_in_tables_name_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,title\nx,1\nx,2\n", "utf-8")
    with pytest.raises(TableFault, match=r"a\.csv:3: the id is not unique"):
        read_articles(tmp_path / "a.csv")
    (tmp_path / "h.csv").write_text("body,priority\nx,huge\n", "utf-8")
    with pytest.raises(TableFault, match=r"h\.csv:2: priority 'huge'"):
        read_history(tmp_path / "h.csv", frozenset())


# -- measures -------------------------------------------------------------------------------------


def test_lower_bound_is_clopper_pearson() -> None:
    assert lower_bound(np.array([59.0]), np.array([59.0]))[0] == pytest.approx(0.05 ** (1 / 59))
    assert str(share(0, 0)) == "0.000 [0.000, 1.000] of 0"


def test_calibration_error_and_auroc() -> None:
    assert calibration_error(
        np.array([0.8] * 10), np.array([1.0] * 8 + [0.0] * 2)
    ) == pytest.approx(0)
    assert calibration_error(np.array([0.9] * 10), np.zeros(10)) == pytest.approx(0.9)
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.8])) == pytest.approx(0.875)
    assert auroc(np.array([]), np.array([0.1])) is None


def test_weighted_kappa_counts_far_misses_more() -> None:
    near = np.array([[8, 2, 0], [0, 10, 0], [0, 0, 10]])
    far = np.array([[8, 0, 2], [0, 10, 0], [0, 0, 10]])
    assert weighted_kappa(far) < weighted_kappa(near) < 1


# -- commands -------------------------------------------------------------------------------------


def _mailflow(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mailflow", *args],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_commands_train_suggest_and_evaluate(tmp_path: Path) -> None:
    out = str(tmp_path / "m")
    done = _mailflow(
        "model",
        "train",
        "--articles",
        str(SEED / "articles.csv"),
        "--history",
        str(SEED / "history.csv"),
        "--out",
        out,
    )
    assert done.returncode == 0, done.stderr
    lines = tmp_path / "t.jsonl"
    lines.write_text(
        '{"id": "a", "subject": "Charged twice", "body": "I was charged twice for one order"}\n{"id": 2}\n',
        "utf-8",
    )
    done = _mailflow("suggest", "--model", out, "--json", str(lines), "--precision", "0.9")
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert (
        first["id"] == "a"
        and first["articles"][0]["id"] == "double-charge"
        and len(first["articles"]) >= 10
    )
    assert set(first) == {"id", "priority", "articles", "suggested_article", "because"}
    assert set(first["priority"]) == {"label", "confidence", "abstained"}
    assert second["id"] == 2 and second["suggested_article"] is None
    page = tmp_path / "r.html"
    done = _mailflow(
        "model",
        "evaluate",
        "--model",
        out,
        "--history",
        str(SEED / "history.csv"),
        "--html",
        str(page),
        "--json",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles"]["first"]["value"] > 0.9
    assert "<svg" in page.read_text("utf-8") and "http" not in page.read_text("utf-8").replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_commands_name_cause_and_mend(tmp_path: Path) -> None:
    done = _mailflow("suggest", "--model", str(tmp_path), str(tmp_path / "x"))
    assert (
        done.returncode == 1
        and "there is no model" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_the_commands_import_nothing_heavy() -> None:
    code = "import sys, mailflow.suggest, mailflow.cli.model, mailflow.cli.suggest; print([m for m in ('numpy', 'sklearn', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_serving_needs_no_scikit_learn() -> None:
    code = f"import sys; from pathlib import Path; from mailflow.suggest.model import load_model; load_model(Path({str(SEED)!r})).suggest('a', 'b'); print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# -- reasons --------------------------------------------------------------------------------------

DESK = [
    LearnArticle("paper", "The paper is stuck in the printer", "Open the tray and take it out."),
    LearnArticle("toner", "The toner of the printer is empty", "Have a new cartridge put in."),
    LearnArticle("login", "You cannot log in", "Ask for a new password."),
]


def reasons(text: str, articles: list[LearnArticle], history: list[LearnTicket]) -> str:
    said = learn_model(articles, history, (), own_tickets=True).suggest("", text)
    return " | ".join(said.because)


def test_reasons_name_words_of_the_matter_and_none_of_grammar() -> None:
    said = reasons("why is the paper that I have put in the tray not out", DESK, [])
    words = said.removeprefix("article paper: ").split(", ")
    assert words[0] in ("paper", "tray") and set(words) <= {"paper", "tray", "put", "why"}


@pytest.mark.parametrize(
    ("text", "named", "never"),
    [
        ("the toner does not work", "not work", "not,"),
        ("it has not been delivered", "not been delivered", "been,"),
    ],
)
def test_a_negation_is_named_before_what_it_denies_alone(text: str, named: str, never: str) -> None:
    history = [LearnTicket("", f"{text} {n}", "toner", number=n) for n in range(3)]
    said = reasons(text, DESK, history)
    words = said.partition(" | ")[0].removeprefix("article toner: ").split(", ")
    assert named in words and "not" not in words and never not in said.partition(" | ")[0]


def test_a_word_as_common_everywhere_is_no_reason_in_any_language() -> None:
    """No list knows Finnish here"""
    matters = ("tulostin", "salasana", "lasku", "toimitus")
    articles = [LearnArticle(m, f"{m} ongelma", "ohje") for m in matters]
    history = [LearnTicket("", f"minulla {m} ongelma taas", m) for m in matters for _ in range(6)]
    said = reasons("minulla lasku ongelma", articles, history)
    assert said.startswith("article lasku: lasku |")


@pytest.mark.parametrize("text", ["how", "passwordless", "the cartridges' trays"])
def test_what_decided_is_never_left_unsaid(text: str) -> None:
    """By words of grammar, or by pieces of words"""
    articles = [*DESK, LearnArticle("how", "How to", "How")]
    assert reasons(text, articles, [])


def test_priority_names_no_word_of_grammar_and_never_nothing() -> None:
    history = [
        LearnTicket("", f"when will the {w} have been sent", None, p)
        for w, p in (("server", "urgent"), ("catalogue", "low"), ("lamp", "normal"))
        for _ in range(80)
    ]
    model = learn_model([], history, (), own_tickets=True)
    said = model.suggest("", "when will the server have been sent")
    assert said.priority.label is Priority.URGENT
    assert said.because == (
        "priority: words that speak for it: server (learned from 240 past tickets)",
    )
    assert model.suggest("", "tomorrow").because


def test_words_of_grammar_weigh_little_until_tickets_are_counted() -> None:
    articles = [
        LearnArticle("where", "Where do we find it when it is there", "Here"),
        LearnArticle("refund", "Refunds", "Five days"),
    ]
    said = learn_model(articles, [], (), own_tickets=False).suggest("", "when is the refund there")
    assert said.articles[0].article_id == "refund"


def test_the_lexicon_counts_less_with_each_ticket() -> None:
    hits = [[], hits_for(LEXICON, words_of("our account was hacked"))]
    even = np.full((2, 4), 0.25)
    few, many = with_prior(even, hits, 10), with_prior(even, hits, 100_000)
    assert few[1, 3] > 0.5 > few[0, 3] and np.allclose(many, 0.25, atol=0.01)
    assert np.allclose(few.sum(axis=1), 1)
