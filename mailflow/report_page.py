"""Pages of numbers with bars made of table cells: no script, no picture to load; mail clients show them as browsers do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from mailflow.desk.digest import Day

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_WIDTH = 180  # pixels of the longest bar


def bar(value: float, most: float, colour: str = "#1f5fbf", label: str = "") -> str:
    """A horizontal bar and its number."""
    pixels = round(_WIDTH * value / most) if most else 0
    drawn = (
        f'<td width="{pixels}" height="14" bgcolor="{colour}" '
        f'style="background:{colour};font-size:1px;line-height:14px">&nbsp;</td>'
        if pixels
        else ""
    )
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'{drawn}<td style="padding-left:8px;{_FONT};font-size:14px;white-space:nowrap">{label or f"{value:g}"}</td>'
        "</tr></table>"
    )


def columns(
    values: Sequence[tuple[str, float, float]], colours: tuple[str, str], height: int = 110
) -> str:
    """Upright bars in pairs: (label, first, second) for each place."""
    most = max([1.0, *(max(a, b) for _, a, b in values)])
    cells = []
    for label, first, second in values:
        pair = "".join(
            _upright(v, round(height * v / most), c)
            for v, c in zip((first, second), colours, strict=True)
        )
        cells.append(
            f'<td valign="bottom" align="center" style="padding:0 7px;{_FONT};font-size:12px;color:#5c6470">'
            f'<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>{pair}</tr></table>{escape(label)}</td>'
        )
    return f'<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>{"".join(cells)}</tr></table>'


def _upright(value: float, pixels: int, colour: str) -> str:
    return (
        f'<td valign="bottom" align="center" style="padding:0 2px;{_FONT};font-size:12px;color:#1f2329">{value:g}'
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td width="18" height="{max(pixels, 1)}" '
        f'bgcolor="{colour}" style="background:{colour};font-size:1px;line-height:1px">&nbsp;</td></tr></table></td>'
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already. Nothing for no rows."""
    if not rows:
        return ""
    style = f"padding:6px 14px 6px 0;{_FONT};font-size:14px;border-bottom:1px solid #e1e4e8;text-align:left;vertical-align:top"
    head = "".join(
        f'<th style="{style};color:#5c6470;font-weight:600">{escape(h)}</th>' for h in heads
    )
    body = "".join(
        f"<tr>{''.join(f'<td style={chr(34)}{style}{chr(34)}>{c}</td>' for c in row)}</tr>"
        for row in rows
    )
    return f'<table cellpadding="0" cellspacing="0" border="0"><tr>{head}</tr>{body}</table>'


def page(title: str, body: str) -> str:
    """``body`` is HTML, ``title`` text."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title></head>"
        f'<body style="margin:0;padding:24px;background:#f3f4f6;color:#1f2329;{_FONT};font-size:15px;line-height:1.5">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center">'
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" '
        'style="max-width:900px;background:#ffffff;border:1px solid #e1e4e8;border-radius:8px"><tr>'
        f'<td style="padding:28px 32px;text-align:left;{_FONT};font-size:15px;line-height:1.5">'
        f'<h1 style="margin:0 0 14px;font-size:21px">{escape(title)}</h1>{body}'
        "</td></tr></table></td></tr></table></body></html>"
    )


def week_page(subject: str, text: str, days: Sequence[Day]) -> str:
    """The admin's week: the report's own words, and a pair of bars for each day."""
    blue, green = "#1f5fbf", "#2e8b57"
    key = (
        f'<p style="margin:18px 0 8px;font-size:13px;color:#5c6470">'
        f'<span style="color:{blue}">&#9632;</span> + &nbsp; <span style="color:{green}">&#9632;</span> &#10003;</p>'
    )
    bars = columns([(d.name, d.opened, d.solved) for d in days], (blue, green))
    lines = [line for line in text.partition("\n-- \n")[0].splitlines() if line.strip()]
    words = "".join(
        f'<p style="margin:0 0 6px">{escape(re.sub("^- ", "• ", line))}</p>' for line in lines
    )
    return page(subject, f"{key}{bars}<br>{words}")
