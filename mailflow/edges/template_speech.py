"""Moments, days, spans of time and numbers as people say them, by the tables of CLDR (Babel).

Babel reads its tables from files, so this is no matter for the pure rooms: facts carry moments, and
the template that prints one says it in its own language.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent

_WORLD_ENGLISH = "en_001"  # 12 March, 4:00 pm: day before month, as the other languages have it
# How day {1} and time {0} join in a sentence, where CLDR's plain list is not what a native writes.
_JOINED = {"de": "{1}, {0} Uhr", "fr": "{1} à {0}", "pt": "{1}, às {0}", "es": "{1}, a las {0}"}
_TRAILING_YEAR = re.compile(r"[\s,]*(?:'[^']*'\s*)?y+\s*(?:'[^']*'\.?)?$")


def languages(asked: str, default: str = "en") -> tuple[str, ...]:
    """Where to look for a wording: ``pt-BR`` → pt-br, pt, the default, en. Each once."""
    wanted = asked.replace("_", "-").lower()
    return tuple(
        dict.fromkeys(name for name in (wanted, wanted.split("-")[0], default, "en") if name)
    )


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The tables of a language, of the language without its region, else of English. Never raises."""
    for name in languages(language):
        try:
            return Locale.parse(
                _WORLD_ENGLISH if name == "en" else name, sep="_" if name == "en" else "-"
            )
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_WORLD_ENGLISH)


def spoken_moment(moment: datetime, language: str) -> str:
    """``Thursday, 12 March, 4:00 pm (UTC)``, in the moment's own time zone."""
    locale = locale_of(language)
    time = format_time(moment, "short", tzinfo=moment.tzinfo, locale=locale)
    form = _JOINED.get(locale.language) or str(locale.datetime_formats["short"])
    said = form.format(time, spoken_day(moment, language))
    zone = moment.tzname() or ""
    zone = f"UTC{zone}" if zone[:1] in "+-" and zone else zone
    return f"{said} ({zone})" if zone else said


def spoken_day(day: date, language: str) -> str:
    """``Thursday, 12 March``: the weekday says enough where CLDR's form lets the year go."""
    locale = locale_of(language)
    pattern = _TRAILING_YEAR.sub("", locale.date_formats["full"].pattern)
    return format_date(day, pattern, locale=locale)


def spoken_weekday(day: date, language: str) -> str:
    """``Mon 2``: for the foot of a chart, where the month is known."""
    return format_date(day, "EEE d", locale=locale_of(language))


def spoken_colon(language: str) -> str:
    """What stands between a label and what it labels: French keeps a space before the colon."""
    return "\N{NO-BREAK SPACE}: " if locale_of(language).language == "fr" else ": "


def spoken_span(span: timedelta | float, language: str) -> str:
    """``4 hours``, ``3 days``: in its greatest unit, rounded. A number is seconds."""
    length = span if isinstance(span, timedelta) else timedelta(seconds=span)
    return format_timedelta(length, granularity="minute", threshold=1.5, locale=locale_of(language))


def spoken_number(number: float, language: str) -> str:
    """``1,234.5``"""
    return format_decimal(number, locale=locale_of(language))


def spoken_share(share: float, language: str) -> str:
    """``88%``. Only certainty is 100 %: a suggestion never is."""
    shown = round(share * 100) if share >= 1 else min(round(share * 100), 99)
    return format_percent(shown / 100, locale=locale_of(language))


def spoken_size(octets: int, language: str) -> str:
    """``48 kB``, in French ``48 ko``."""
    octet = "o" if locale_of(language).language == "fr" else "B"
    if octets < 1000:
        return f"{spoken_number(octets, language)} {octet}"
    if octets < 999_500:
        return f"{spoken_number(round(octets / 1000), language)} k{octet}"
    return f"{spoken_number(round(octets / 1_000_000, 1), language)} M{octet}"
