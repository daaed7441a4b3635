"""What the commands about templates share: the templates with what served before, and real tickets' facts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mailflow.cli.outcome import USAGE, Failure, settings_for
from mailflow.desk.notices import NoticeKind

if TYPE_CHECKING:
    from pathlib import Path

    import typer

    from mailflow.config import Settings
    from mailflow.desk.kept_template import KeptVersion
    from mailflow.edges.templates import Templates
    from mailflow.store.database import SqlStore
    from mailflow.store.lines import TicketDetail
    from mailflow.store.templates import SqlTemplates


def known_notice(name: str) -> NoticeKind:
    from mailflow.edges.template_files import did_you_mean

    try:
        return NoticeKind(name)
    except ValueError:
        mend = did_you_mean(name, [kind.value for kind in NoticeKind])
        raise Failure(f"there is no notice {name!r}", mend, USAGE) from None


@contextmanager
def opened_templates(ctx: typer.Context) -> Iterator[tuple[Templates, SqlStore | None]]:
    """The templates as the daemon would serve them now; the database is None where there is none yet."""
    from mailflow.cli.store import store_faults_named
    from mailflow.store.database import open_store
    from mailflow.store.faults import StoreWrong
    from mailflow.wiring import open_templates

    settings = settings_for(ctx)
    store: SqlStore | None = None
    with store_faults_named():
        try:
            store = open_store(settings.database.url, create=False)
        except StoreWrong as error:
            if "no database" not in error.cause:
                raise
        try:
            yield open_templates(settings, store), store
        finally:
            if store is not None:
                store.close()


def own_folder(ctx: typer.Context) -> Path:
    """The admin's own folder. It need not be there yet."""
    own = settings_for(ctx).templates.folder
    if own is None:
        raise Failure(
            "there is no folder for your own templates",
            'name one: folder = "templates" under [templates] in the configuration',
        )
    return own


def some_ticket(store: SqlStore, number: int | None) -> TicketDetail:
    """This ticket, or the newest."""
    from mailflow.store.reading import list_tickets, show_ticket

    if number is None:
        newest = list_tickets(store, limit=1)
        number = newest[0].id if newest else None
    detail = show_ticket(store, number) if number is not None else None
    if detail is None:
        problem = "there is no ticket yet" if number is None else f"there is no ticket {number}"
        raise Failure(problem, "a mail belongs to a ticket; use `mailflow template preview`")
    return detail


def real_tickets(
    settings: Settings, store: SqlStore | None, newest: int, *, only: int | None = None
) -> list[dict[str, object]]:
    """What notices may tell of the tickets that changed last, or of one: see `facts_of`."""
    from mailflow.store.reading import list_tickets, show_ticket

    if store is None or newest <= 0:
        return []
    numbers = [only] if only is not None else [t.id for t in list_tickets(store, limit=newest)]
    details = [show_ticket(store, number) for number in numbers]
    return [facts_of(detail, settings) for detail in details if detail is not None]


def facts_of(detail: TicketDetail, settings: Settings) -> dict[str, object]:
    """A ticket's own words and numbers under the names the notices know them by."""
    from mailflow.desk.letters import ticket_tag
    from mailflow.desk.notices import AttachmentFacts
    from mailflow.mail.subject import base_subject

    ticket, support = detail.ticket, settings.support
    came_in = [m for m in detail.messages if m.direction == "in"]
    last = came_in[-1] if came_in else None
    return {
        "ticket_number": ticket.id,
        "ticket_tag": ticket_tag(ticket),
        "support_name": support.name,
        "support_address": support.address,
        "organisation": support.organisation,
        "authenticated": ticket.requester_verified,
        "verified": ticket.requester_verified,
        "requester_name": ticket.requester.name,
        "requester_address": ticket.requester.address,
        "subject_echo": base_subject(ticket.subject),
        "subject": ticket.subject,
        "original_subject": ticket.subject,
        "new_text": last.new_text if last else "",
        "status": ticket.status.value,
        "priority": ticket.priority.value,
        "previous_messages": max(len(came_in) - 1, 0),
        "is_new": len(came_in) <= 1,
        "attachments": tuple(
            AttachmentFacts(name=str(a.get("filename", "")), size=int(a.get("size", 0)))
            for a in (last.attachments if last else ())
        ),
    }


def kept_version(templates: SqlTemplates, name: str) -> KeptVersion:
    found = templates.find(name)
    if not found:
        raise Failure(f"no wording {name!r} ever served", "see `mailflow template history`")
    if len(found) > 1:
        raise Failure(
            f"{len(found)} wordings begin with {name!r}",
            "name one of " + ", ".join(version.name for version in found[:5]),
            USAGE,
        )
    return found[0]
