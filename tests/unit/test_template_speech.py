"""Moments, spans and numbers as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.localedata import locale_identifiers

from mailflow.edges.template_speech import (
    languages,
    spoken_day,
    spoken_moment,
    spoken_number,
    spoken_share,
    spoken_size,
    spoken_span,
)

MOMENT = datetime(2026, 3, 12, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "moment", "span", "number", "share", "size"),
    [
        ("en", "Thursday, 12 March, 4:05 pm (UTC)", "3 days", "1,234.5", "87%", "1.2 MB"),
        ("en-US", "Thursday, March 12, 4:05 PM (UTC)", "3 days", "1,234.5", "87%", "1.2 MB"),
        ("de", "Donnerstag, 12. März, 16:05 Uhr (UTC)", "3 Tage", "1.234,5", "87 %", "1,2 MB"),
        ("fr", "jeudi 12 mars à 16:05 (UTC)", "3 jours", "1 234,5", "87 %", "1,2 Mo"),
        ("es", "jueves, 12 de marzo, a las 16:05 (UTC)", "3 días", "1.234,5", "87 %", "1,2 MB"),
        ("pt_BR", "quinta-feira, 12 de março, às 16:05 (UTC)", "3 dias", "1.234,5", "87%", "1,2 MB"),
        ("xx-YY", "Thursday, 12 March, 4:05 pm (UTC)", "3 days", "1,234.5", "87%", "1.2 MB"),
    ],
)  # fmt: skip
def test_each_language_says_it_its_own_way(
    language: str, moment: str, span: str, number: str, share: str, size: str
) -> None:
    said = (
        spoken_moment(MOMENT, language),
        spoken_span(timedelta(hours=72), language),
        spoken_number(1234.5, language),
        spoken_share(0.87, language),
        spoken_size(1_234_567, language),
    )
    # Which of the no-break spaces stands there is CLDR's own affair.
    assert [" ".join(s.split()) for s in said] == [moment, span, number, share, size]


def test_a_moment_keeps_its_own_zone() -> None:
    for zone, said in (("Europe/Berlin", "5:05 pm (CET)"), ("America/Sao_Paulo", "(UTC-03)")):
        spoken = spoken_moment(MOMENT.astimezone(ZoneInfo(zone)), "en")
        assert " ".join(spoken.split()).endswith(said)
    assert "(" not in spoken_moment(datetime(2026, 3, 12, 16, 5), "en")  # noqa: DTZ001


def test_certainty_alone_is_a_hundred() -> None:
    assert [spoken_share(x, "en") for x in (0.0, 0.996, 1.0)] == ["0%", "99%", "100%"]


def test_the_chain_of_languages() -> None:
    assert languages("pt_BR", "de") == ("pt-br", "pt", "de", "en")
    assert languages("en") == ("en",)
    assert languages("") == ("en",)


@pytest.mark.parametrize("language", sorted(locale_identifiers())[::9])
def test_no_language_fails(language: str) -> None:
    for moment in (MOMENT, MOMENT.replace(month=12, day=31, hour=0)):
        assert str(moment.day) in spoken_day(moment.date(), "en")
        assert spoken_moment(moment, language)
        assert spoken_day(date(2026, 1, 1), language)
    assert spoken_span(timedelta(0), language)
    assert spoken_number(0, language)


@pytest.mark.parametrize(
    "language", ["", "-", "../../etc/passwd", "x" * 5000, "en_", "de-DE-1996", "ё"]
)
def test_nonsense_is_english_or_wider(language: str) -> None:
    assert spoken_moment(MOMENT, language)
