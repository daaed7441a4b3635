"""The shadow report as text and as one HTML page that a browser and a mail client show alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from mailflow.desk.shadow import Compared, KindSummary, spell
from mailflow.report_page import bar, page, table

_LISTED = 300


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
            bar(s.mails, most),
            f"{spell(s.ahead)} earlier" if s.ahead else "",
            f"{s.unanswered} unanswered" if s.unanswered else "",
            f"{s.needless} hardly needed" if s.needless else "",
        ]
        for s in summary
    ]
    rows = [
        [
            f"{c.mail.at:%d %b %H:%M}",
            f"#{c.mail.ticket.id}" if c.mail.ticket else "",
            escape(c.mail.kind.replace("_", " ")),
            escape(c.mail.to),
            escape(c.told),
        ]
        for c in compared[-_LISTED:]
    ]
    parts = [
        f"<p>{len(compared)} mails were held back. This is what each would have been beside what people did.</p>"
        if compared
        else "<p>No mail was held back.</p>",
        table(["", "mails", "before people answered", "", ""], overview),
        "<h2>Mail by mail</h2>" if rows else "",
        table(["at (UTC)", "ticket", "kind", "to", "beside what people did"], rows),
        "<p>Let a kind leave with <code>mailflow sending on KIND</code>.</p>",
    ]
    title = f"What mailflow would have sent, {since:%d %B} to {until:%d %B %Y}"
    return page(title, "".join(parts))
