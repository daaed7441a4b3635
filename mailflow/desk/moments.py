"""How a moment is said in a mail, per language. Pure; small tables instead of a locale database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class _Tongue:
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    form: str


_TONGUES: Mapping[str, _Tongue] = {
    "en": _Tongue(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        (
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
        "{weekday}, {day} {month}, {hour:02}:{minute:02}",
    ),
    "de": _Tongue(
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        (
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ),
        "{weekday}, {day}. {month}, {hour}:{minute:02} Uhr",
    ),
    "fr": _Tongue(
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        (
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ),
        "{weekday} {day} {month} à {hour} h {minute:02}",
    ),
    "es": _Tongue(
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
        (
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ),
        "{weekday} {day} de {month}, {hour}:{minute:02}",
    ),
    "pt": _Tongue(
        (
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
            "domingo",
        ),
        (
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ),
        "{weekday}, {day} de {month}, {hour}h{minute:02}",
    ),
}


def spoken_moment(moment: datetime, language: str) -> str:
    """``Thursday, 12 March, 16:00 (UTC)`` in the moment's own time zone; English where a language is unknown."""
    tongue = _TONGUES.get(language.split("-")[0].lower(), _TONGUES["en"])
    said = tongue.form.format(
        weekday=tongue.weekdays[moment.weekday()],
        day=moment.day,
        month=tongue.months[moment.month - 1],
        hour=moment.hour,
        minute=moment.minute,
    )
    zone = moment.tzname()
    return f"{said} ({zone})" if zone else said
