"""Base subjects, subjects of replies, and the language of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.mail.language import language_of
from mailflow.mail.subject import base_subject, is_reply_prefix, reply_subject

MARKS = [
    "Re", "RE", "re", "AW", "Aw", "SV", "Sv", "VS", "Antw", "RIF", "R", "RES", "Odp", "YNT", "Ynt", "ATB", "Vá", "BLS", "TL",
    "FW", "Fw", "Fwd", "WG", "TR", "I", "ENC", "VB", "VL", "PD", "İLT", "Doorst", "Перес", "回复", "回覆", "答复", "转发", "轉寄", "返信", "転送", "답장", "전달", "НА",
]  # fmt: skip


@pytest.mark.parametrize("mark", [one for one in MARKS if one not in ("Перес", "НА")])
def test_localised_marks_are_no_part_of_the_subject(mark: str) -> None:
    for form in (
        f"{mark}: printer",
        f"{mark} : printer",
        f"{mark}[2]: printer",
        f"{mark}: Re: {mark}: printer",
        f"{mark}：printer",
    ):
        assert base_subject(form) == "printer"


BASES = [
    ("Re: [users] printer", "printer"),
    ("[users] Re: printer", "printer"),
    ("[users] printer", "printer"),
    ("Re: printer (fwd)", "printer"),
    ("[Fwd: Re: printer]", "printer"),
    ("Re:printer", "printer"),
    ("Re: \t printer   is\r\n broken", "printer is broken"),
    ("Re(3): printer", "printer"),
    ("Re^2: printer", "printer"),
    ("Re:", ""),
    ("", ""),
    ("[4711]", "[4711]"),
    ("QA: the build is red", "QA: the build is red"),
    ("PS: one more thing", "PS: one more thing"),
    ("Note: printer", "Note: printer"),
    ("Reg: printer", "Reg: printer"),
    ("3: printer", "3: printer"),
    ("Regarding: printer", "Regarding: printer"),
    ("Return: printer", "Return: printer"),
]


@pytest.mark.parametrize(("subject", "base"), BASES)
def test_base_subject(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(st.text(max_size=80))
def test_the_base_of_a_base_is_itself_and_replies_keep_it(subject: str) -> None:
    base = base_subject(subject)
    assert base_subject(base) == base
    assert base_subject(reply_subject(subject)) == base_subject(" ".join(subject.split()))


def test_the_longest_subjects_are_read_in_time() -> None:
    for subject in (
        "Re: " * 100_000,
        "[" * 200_000,
        "[a]" * 100_000,
        "[Fwd: " * 50_000 + "]" * 50_000,
        "R" * 500_000,
    ):
        base_subject(subject)


REPLIES = [
    ("printer", "Re: printer"),
    ("Re: printer", "Re: printer"),
    ("AW: printer", "AW: printer"),
    ("SV: printer", "SV: printer"),
    ("Fwd: printer", "Re: Fwd: printer"),
    ("[users] printer", "Re: [users] printer"),
    ("QA: printer", "Re: QA: printer"),
    ("", "Re:"),
    ("printer\r\nBcc: x@y.example", "Re: printer Bcc: x@y.example"),
]


@pytest.mark.parametrize(("subject", "reply"), REPLIES)
def test_reply_subject(subject: str, reply: str) -> None:
    assert reply_subject(subject) == reply


def test_reply_prefixes_are_known_by_list() -> None:
    assert is_reply_prefix("AW")
    assert is_reply_prefix("Re:")
    assert not is_reply_prefix("QA")
    assert not is_reply_prefix("Fwd")


TEXTS = [
    ("en", "My printer does not work since this morning, please help me."),
    ("de", "Mein Drucker funktioniert seit heute Morgen nicht mehr, bitte helfen Sie mir."),
    (
        "fr",
        "Bonjour, mon imprimante ne fonctionne plus depuis ce matin, aidez-moi s'il vous plaît.",
    ),
    ("es", "Hola, mi impresora no funciona desde esta mañana, por favor ayúdenme."),
    ("it", "Buongiorno, la mia stampante non funziona da questa mattina, aiutatemi per favore."),
    ("pt", "Olá, a minha impressora não funciona desde esta manhã, por favor ajudem-me."),
    ("nl", "Hallo, mijn printer werkt sinds vanochtend niet meer, kunt u mij alstublieft helpen?"),
    ("pl", "Dzień dobry, moja drukarka nie działa od dzisiejszego ranka, proszę o pomoc."),
    ("sv", "Hej, min skrivare fungerar inte sedan i morse, kan ni hjälpa mig är ni snälla."),
    ("fi", "Hei, tulostimeni ei ole toiminut tänä aamuna, voisitteko auttaa minua?"),
    (
        "cs",
        "Dobrý den, moje tiskárna od dnešního rána vůbec nefunguje, můžete mi prosím poradit, co mám dělat?",
    ),
    ("ru", "Здравствуйте, мой принтер не работает с сегодняшнего утра, помогите пожалуйста."),
    ("tr", "Merhaba, yazıcım bu sabahtan beri çalışmıyor, lütfen bana yardım edin."),
    ("ja", "こんにちは、今朝からプリンターが動きません。助けてください。"),
    ("zh", "你好，我的打印机从今天早上开始就不能用了，请帮帮我。"),
    ("ko", "안녕하세요, 오늘 아침부터 프린터가 작동하지 않습니다. 도와주세요."),
]


@pytest.mark.parametrize(("code", "text"), TEXTS, ids=[code for code, _ in TEXTS])
def test_language(code: str, text: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Help",
        "Thank you",
        "ok",
        "4711 4711 4711 4711 4711 4711",
        "https://www.example.com/a/long/path/to/something",
        "a@b.example " * 9,
    ],
)
def test_short_text_has_no_language(text: str) -> None:
    assert language_of(text) is None


@given(st.text(max_size=300))
def test_any_text_may_be_asked(text: str) -> None:
    language_of(text)
