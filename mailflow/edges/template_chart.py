"""Numbers day by day, in a mail: lines in its text, upright bars of table cells in its HTML.

No picture that a mail client would have to load, no script. The words keep the colour of the page around them, light or dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from mailflow.edges.template_limits import TemplateLimit
from mailflow.edges.template_speech import spoken_colon, spoken_number, spoken_weekday

_COLOURS = ("#3b7dd8", "#2e9e63", "#c9821b")  # seen on white and on the dark card alike
_MAX_DAYS = 31
_HEIGHT = 96  # pixels of the highest bar


@dataclass(frozen=True, slots=True)
class Shown:
    labels: tuple[str, ...]
    days: tuple[tuple[str, tuple[float, ...]], ...]  # the day's name, a number for each label
    language: str

    def said(self, value: float) -> str:
        return spoken_number(value, self.language)


def days_shown(
    days: Sequence[Mapping[str, object]], series: Mapping[str, str], language: str
) -> Shown:
    if not isinstance(days, list) or len(days) > _MAX_DAYS:
        raise TemplateLimit(f"a chart needs a list of {_MAX_DAYS} days at most")
    if not 0 < len(series) <= len(_COLOURS):
        raise TemplateLimit(f"a chart shows one to {len(_COLOURS)} numbers a day")
    rows = tuple(
        (_day(day, language), tuple(_number(day, name) for name in series)) for day in days
    )
    return Shown(tuple(map(str, series.values())), rows, language)


def _day(day: object, language: str) -> str:
    when = day.get("day") if isinstance(day, Mapping) else None
    if not isinstance(when, date):
        raise TemplateLimit("a chart needs days, each with its .day")
    return spoken_weekday(when, language)


def _number(day: Mapping[str, object], name: str) -> float:
    value = day.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateLimit(f"a chart needs numbers, and a day has none called {name}")
    return max(0, value)


def lines_of(shown: Shown) -> str:
    colon = spoken_colon(shown.language)
    return "\n".join(
        f"- {day}{colon}"
        + ", ".join(
            f"{label} {shown.said(value)}"
            for label, value in zip(shown.labels, values, strict=True)
        )
        for day, values in shown.days
    )


def bars_of(shown: Shown) -> Markup:
    most = max([1.0, *(value for _, values in shown.days for value in values)])
    key = Markup(" &nbsp; ").join(
        Markup('<span style="color:{}">&#9632;</span> {}').format(colour, label)
        for colour, label in zip(_COLOURS, shown.labels, strict=False)
    )
    columns = Markup("").join(
        Markup(
            '<td valign="bottom" align="center" style="padding:0 5px 0 0;vertical-align:bottom;font-size:12px;text-align:center">'
            '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 auto"><tr>{}</tr></table>'
            "{}</td>"
        ).format(Markup("").join(_bar(shown, v, most, c) for v, c in _coloured(values)), day)
        for day, values in shown.days
    )
    return Markup(
        '<p style="margin:0 0 8px">{}</p>\n'
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 20px"><tr>{}</tr></table>'
    ).format(key, columns)


def _coloured(values: Sequence[float]) -> Sequence[tuple[float, str]]:
    return list(zip(values, _COLOURS, strict=False))


def _bar(shown: Shown, value: float, most: float, colour: str) -> Markup:
    return Markup(
        '<td valign="bottom" align="center" style="padding:0 1px;vertical-align:bottom;font-size:12px;line-height:1.3;text-align:center">{}'
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 auto"><tr>'
        '<td width="15" height="{}" bgcolor="{}" style="padding:0;background:{};font-size:1px;line-height:1px">&nbsp;</td>'
        "</tr></table></td>"
    ).format(shown.said(value), max(round(_HEIGHT * value / most), 1), colour, colour)
