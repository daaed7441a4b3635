"""A notice mailed to oneself, to see it in one's own mail program. It takes the way of every mail."""

from __future__ import annotations

from collections.abc import Mapping

from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notices import NoticeKind
from mailflow.flow.answer import Desk
from mailflow.flow.ports import Store
from mailflow.flow.reports import house_mail


def send_preview(
    store: Store,
    desk: Desk,
    kind: NoticeKind,
    language: str,
    facts: Mapping[str, object],
    to: str,
    ticket_id: int,
) -> int:
    """Put it into the outbox as internal mail of a ticket, marked as a preview. The mail's number.

    Raises what rendering raises.
    """
    now = desk.clock()
    rendered = desk.renders.render(kind, language, facts)
    preview = house_mail(
        desk,
        key=f"preview:{rendered.version}:{to}:{now.isoformat()}",
        to=to,
        kind=kind,
        subject=f"[preview] {rendered.subject}",
        text=rendered.text,
        html=rendered.html,
        ticket_id=ticket_id,
        template_version=rendered.version,
        faults=leaving_faults(rendered.subject, rendered.text, rendered.html, facts),
    )
    with store.begin() as work:
        work.templates.keep(rendered.wording, now)
        mail = work.outbox.add(preview)
        work.tickets.note_event(
            ticket_id, "preview", f"{kind} in {language} was mailed to {to} by hand", now
        )
    if mail is None:
        raise RuntimeError("a preview with this key was recorded before")
    return mail
