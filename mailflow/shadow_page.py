"""The shadow report as text and as one HTML page that a browser and a mail client show alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from mailflow.desk.shadow import Compared, KindSummary, spell

_LISTED = 300
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_WIDTH = 180  # pixels of the longest bar
# What cannot be written into the elements: mail clients that know these rules use them.
_STYLE = """
@media (prefers-color-scheme: dark) {
  body { background: #16181c !important; color: #e8eaed !important; }
  .card { background: #22252b !important; border-color: #363b44 !important; }
  th { color: #a4abb6 !important; }
  th, td { border-color: #363b44 !important; }
}
@media (max-width: 480px) {
  body { padding: 0 !important; }
  .inside { padding: 20px 16px !important; }
  .bar { display: none; }
}
"""


def shadow_text(
    summary: Sequence[KindSummary], compared: Sequence[Compared], since: datetime, until: datetime
) -> str:
    lines = [f"What mailflow would have sent, {since:%Y-%m-%d} to {until:%Y-%m-%d}", ""]
    for s in summary:
        ahead = f", {spell(s.ahead)} before people answered" if s.ahead else ""
        needless = f", {s.needless} hardly needed" if s.needless else ""
        lines.append(f"{s.mails:5} {s.kind.replace('_', ' ')}{ahead}{needless}")
    lines.append("")
    for c in compared[-_LISTED:]:
        ticket = f"#{c.mail.ticket.id} " if c.mail.ticket else ""
        lines += [
            f"{c.mail.at:%m-%d %H:%M} {ticket}{c.mail.kind.replace('_', ' ')} to {c.mail.to}",
            f"      {c.told}",
        ]
    lines += ["", "Let a kind leave with: mailflow sending on KIND"]
    return "\n".join(lines) + "\n"


def shadow_page(
    summary: Sequence[KindSummary], compared: Sequence[Compared], since: datetime, until: datetime
) -> str:
    most = max((s.mails for s in summary), default=1)
    overview = [
        [
            escape(s.kind.replace("_", " ")),
            _bar(s.mails, most),
            f"{spell(s.ahead)} earlier" if s.ahead else "",
            ", ".join(
                f"{count} {what}"
                for count, what in ((s.unanswered, "unanswered"), (s.needless, "hardly needed"))
                if count
            ),
        ]
        for s in summary
    ]
    rows = [
        [
            f'<span style="white-space:nowrap">{c.mail.at.day} {c.mail.at:%b}</span><br>{c.mail.at:%H:%M}',
            f"<strong>{escape(c.mail.kind.replace('_', ' '))}</strong>"
            f' to <span style="overflow-wrap:anywhere">{escape(c.mail.to)}</span>'
            f"{f' (#{c.mail.ticket.id})' if c.mail.ticket else ''}"
            f"<br>{escape(c.told)}",
        ]
        for c in compared[-_LISTED:]
    ]
    parts = [
        f"<p>{len(compared)} mails were held back. This is what each would have been beside what people did.</p>"
        if compared
        else "<p>No mail was held back.</p>",
        _table(["", "mails", "before people answered", ""], overview),
        '<h2 style="margin:26px 0 10px;font-size:17px">Mail by mail</h2>' if rows else "",
        _table(["at (UTC)", "what would have left, beside what people did"], rows),
        "<p>Let a kind leave with <code>mailflow sending on KIND</code>.</p>",
    ]
    title = f"What mailflow would have sent, {_day(since)} to {_day(until)} {until:%Y}"
    return _page(title, "".join(parts))


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


def _bar(value: float, most: float) -> str:
    """A horizontal bar and its number."""
    pixels = round(_WIDTH * value / most) if most else 0
    drawn = (
        f'<td class="bar" width="{pixels}" height="14" bgcolor="#3b7dd8" '
        'style="background:#3b7dd8;font-size:1px;line-height:14px">&nbsp;</td>'
        if pixels
        else ""
    )
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'{drawn}<td style="padding-left:8px;{_FONT};font-size:14px;white-space:nowrap">{value:g}</td>'
        "</tr></table>"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML already. Nothing for no rows."""
    if not rows:
        return ""
    style = (
        f"padding:7px 14px 7px 0;{_FONT};font-size:14px;border-bottom:1px solid #e1e4e8;"
        "text-align:left;vertical-align:top"
    )
    head = "".join(
        f'<th style="{style};color:#5c6470;font-weight:600">{escape(h)}</th>' for h in heads
    )
    body = "".join(
        f"<tr>{''.join(f'<td style={chr(34)}{style}{chr(34)}>{c}</td>' for c in row)}</tr>"
        for row in rows
    )
    return f'<table cellpadding="0" cellspacing="0" border="0"><tr>{head}</tr>{body}</table>'


def _page(title: str, body: str) -> str:
    """``body`` is HTML, ``title`` text."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body style="margin:0;padding:24px;background:#f3f4f6;color:#1f2329;{_FONT};font-size:15px;line-height:1.5">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center">'
        '<table role="presentation" class="card" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff" '
        'style="max-width:760px;background:#ffffff;border:1px solid #e1e4e8;border-radius:8px"><tr>'
        f'<td class="inside" style="padding:28px 32px;text-align:left;{_FONT};font-size:15px;line-height:1.5">'
        f'<h1 style="margin:0 0 14px;font-size:21px">{escape(title)}</h1>{body}'
        "</td></tr></table></td></tr></table></body></html>"
    )
