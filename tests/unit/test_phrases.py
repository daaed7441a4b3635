"""Content-free replies and feature requests: what is recognised, and what must never be."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.shipped import shipped
from mailflow.suggest.phrases import load_phrases
from mailflow.suggest.unusable import ModelUnusable

THANKS = load_phrases(shipped("models") / "replies")
FEATURE_REQUESTS = load_phrases(shipped("models") / "feature-requests")


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Thank you so much\n\nBest regards,\nZorblat Quux",
        "Hello,\nthanks a lot, problem solved.\nKind regards",
        "Vielen Dank, jetzt funktioniert es!",
        "Merci beaucoup, c'est parfait",
        "¡Muchas gracias! Problema resuelto.",
        "Muito obrigado",
        "Grazie mille, risolto",
        "Hartelijk dank, het werkt nu",
        "Tack så mycket",
        "Dziękuję!",
        "Спасибо!",
        "Thank you Ann, problem solved",
        "Awesome, works like a charm!",
        "Super, danke für die schnelle Hilfe",
        "Thanks it works now",
    ],
)
def test_a_content_free_reply_is_known(text):
    assert THANKS.says(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Thanks, but it still does not work",
        "Thanks! One more thing: can I use it in Spain?",
        "Thank you, please refund me.",
        "Works now? No.",
        "thanks for nothing",
        "Super, danke, der Fehler ist wieder da",
        "Danke, aber es geht nicht",
        "Excelente, ya está todo bien, pueden llamarme mañana",
        "Thanks. The charger burnt down yesterday",
        "yes",
        "qwer asdf",
        "Thanks! " * 200,
        "Merci, vous pouvez annuler ma commande",
        "Thanks in advance",
        "it works but very slowly",
        "Great, the invoice is wrong",
        "Danke der Fehler ist wieder da",
        "You are useless",
        "Thanks, Refund",
        "where are you located",
    ],
)
def test_whatever_says_something_is_not(text):
    assert not THANKS.says(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("It would be great if the app had offline maps.", True),
        ("Feature request: please add an export to Excel", True),
        ("Es wäre schön, wenn man Ordner sortieren könnte", True),
        ("Could you make the timer accept seconds?", True),
        ("Ce serait bien de pouvoir trier la liste.", True),
        ("The map does not load offline", False),
        ("Please add my wife to the account.", False),
        ("It would be nice to get an answer.", False),
        ("Is my card lost? I am still waiting for it to be delivered.", False),
        ("I was charged twice, please refund", False),
    ],
)
def test_feature_requests_are_told_from_problems(text, asked):
    assert FEATURE_REQUESTS.says(text) is asked


def test_what_consists_of_known_phrases_is_certain():
    model = replace(THANKS, weights={}, phrases=frozenset({"thank you", "it works now"}))
    assert model.says("Thank you it works now")
    assert model.says("Thank you! It works now, thank you.")
    assert not model.says("Thank you it works")
    assert not model.says("it works now it")


@given(st.text(max_size=2_000))
def test_any_text_gets_an_answer(text):
    assert THANKS.says(text) in (True, False)
    assert 0 <= FEATURE_REQUESTS.probability(text) <= 1


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"format":"mailflow phrases 2","weights":{"a":NaN}}',
        json.dumps({"format": "mailflow phrases 2", "weights": []}).encode(),
    ],
)
def test_a_broken_file_is_named(tmp_path, octets):
    (tmp_path / "phrases.json").write_bytes(octets)
    with pytest.raises(ModelUnusable, match=r"phrases\.json"):
        load_phrases(tmp_path)
