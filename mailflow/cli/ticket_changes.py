"""``mailflow ticket …``: everything that may be changed of a ticket, by the rules an agent's mail follows too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure, settings_for
from mailflow.cli.store import opened_store
from mailflow.desk.changes import (
    BY_ADMIN,
    Assign,
    Change,
    Changed,
    Delete,
    LinkTo,
    MergeInto,
    Mute,
    Refused,
    SetDue,
    SetKind,
    SetPriority,
    SetQueue,
    SetStatus,
    SetTags,
    Snooze,
)
from mailflow.desk.ticket import Priority, TicketKind, TicketStatus
from mailflow.desk.when import moment_of, parse_when

if TYPE_CHECKING:
    from mailflow.flow.answer import Desk
    from mailflow.store.database import SqlStore

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the ticket.")]
Other = Annotated[int, typer.Argument(metavar="M", help="Number of the other ticket.")]
Moment = Annotated[str, typer.Argument(help="3d, 2h, friday, tomorrow 14:00, 2026-12-01, or none.")]


def register(app: typer.Typer) -> None:
    """Put the commands under ``mailflow ticket``."""
    for command in (
        status,
        priority,
        assign,
        note,
        tag,
        untag,
        snooze,
        due,
        merge,
        split,
        link,
        kind,
        queue,
        mute,
        unmute,
        reopen,
        delete,
    ):
        app.command()(command)


def status(
    ctx: typer.Context,
    number: Number,
    word: Annotated[TicketStatus, typer.Argument(metavar="STATUS", help="The new status.")],
) -> None:
    """Set a ticket's status; the customer is told nothing.

    `ticket solve` tells them.
    """
    _change(ctx, number, SetStatus(word))


def reopen(ctx: typer.Context, number: Number) -> None:
    """Open a solved or closed ticket again."""
    _change(ctx, number, SetStatus(TicketStatus.OPEN))


def priority(
    ctx: typer.Context,
    number: Number,
    word: Annotated[Priority, typer.Argument(metavar="PRIORITY", help="The new priority.")],
) -> None:
    """Set a ticket's priority.

    The next progress update is planned anew.
    """
    _change(ctx, number, SetPriority(word))


def assign(
    ctx: typer.Context,
    number: Number,
    agent: Annotated[str, typer.Argument(help="An agent's address, or nobody.")],
) -> None:
    """Give a ticket to an agent, or back to everybody."""
    _change(ctx, number, Assign(None if agent == "nobody" else agent.lower()))


def note(
    ctx: typer.Context,
    number: Number,
    text: Annotated[str, typer.Argument(help="The note. No customer ever sees it.")],
) -> None:
    """Write an internal note into a ticket."""
    from mailflow.flow.changes import add_note

    with opened_store(ctx) as store, store.begin() as work:
        desk = _desk(ctx, store)
        try:
            written = add_note(work, desk, number, text, by=BY_ADMIN)
        except LookupError as error:
            raise _no_such(error) from error
    if isinstance(written, Refused):
        raise Failure(written.reason, "see `mailflow ticket show N`")
    typer.echo(f"Ticket #{number}: an internal note was added.")


def tag(
    ctx: typer.Context,
    number: Number,
    tags: Annotated[list[str], typer.Argument(help="Tags to add.")],
) -> None:
    """Add tags to a ticket."""
    _change(ctx, number, SetTags(add=tuple(tags)))


def untag(
    ctx: typer.Context,
    number: Number,
    tags: Annotated[list[str], typer.Argument(help="Tags to take away.")],
) -> None:
    """Take tags from a ticket."""
    _change(ctx, number, SetTags(remove=tuple(tags)))


def snooze(ctx: typer.Context, number: Number, until: Moment) -> None:
    """Put a ticket out of sight for some time.

    It comes back at the moment you say, or as soon as the customer writes.
    """
    _change(ctx, number, Snooze(_moment(ctx, until)))


def due(ctx: typer.Context, number: Number, at: Moment) -> None:
    """Say by when a ticket must be done.

    Its agents are reminded then.
    """
    _change(ctx, number, SetDue(_moment(ctx, at)))


def merge(ctx: typer.Context, number: Number, into: Other) -> None:
    """Merge ticket N into ticket M.

    Its mail, people and history follow; the requester is told nothing.
    """
    _change(ctx, number, MergeInto(into))


def split(
    ctx: typer.Context,
    number: Number,
    message: Annotated[
        int, typer.Argument(metavar="MESSAGE", help="Its id, as `ticket show N --json` tells it.")
    ],
) -> None:
    """Make a customer's later message a ticket of its own.

    What came after it goes along.
    """
    from mailflow.flow.changes import split_ticket

    with opened_store(ctx) as store, store.begin() as work:
        try:
            new = split_ticket(work, _desk(ctx, store), number, message, by=BY_ADMIN)
        except LookupError as error:
            raise _no_such(error) from error
    if isinstance(new, Refused):
        raise Failure(new.reason, "see `mailflow ticket show N --json` for the messages")
    typer.echo(f"Ticket #{number}: split off as ticket #{new.id}.")


def link(ctx: typer.Context, number: Number, other: Other) -> None:
    """Note that two tickets have to do with each other."""
    _change(ctx, number, LinkTo(other))


def kind(
    ctx: typer.Context,
    number: Number,
    word: Annotated[TicketKind, typer.Argument(metavar="KIND", help="What kind of ticket it is.")],
) -> None:
    """Say if it is a problem, a question or a feature request."""
    _change(ctx, number, SetKind(word))


def queue(
    ctx: typer.Context,
    number: Number,
    name: Annotated[str, typer.Argument(help="A queue of the configuration, or none.")],
) -> None:
    """Move a ticket to another queue."""
    _change(ctx, number, SetQueue(None if name == "none" else name.lower()))


def mute(ctx: typer.Context, number: Number) -> None:
    """Send no more automatic mail to the customer of a ticket."""
    _change(ctx, number, Mute(True))


def unmute(ctx: typer.Context, number: Number) -> None:
    """Let automatic mail go out again."""
    _change(ctx, number, Mute(False))


def delete(
    ctx: typer.Context,
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a ticket.

    Its mail stays known, so that nothing brings it back; a late reply opens a new one.
    """
    if not yes:
        typer.confirm(f"Delete ticket #{number} for good?", abort=True)
    _change(ctx, number, Delete())


def _change(ctx: typer.Context, number: int, change: Change) -> None:
    from mailflow.flow.changes import change_ticket

    with opened_store(ctx) as store, store.begin() as work:
        try:
            verdict = change_ticket(work, _desk(ctx, store), number, change, by=BY_ADMIN)
        except LookupError as error:
            raise _no_such(error) from error
    if isinstance(verdict, Refused):
        raise Failure(verdict.reason, "nothing was changed; see `mailflow ticket show N`")
    told = verdict.reason if isinstance(verdict, Changed) else f"{verdict.reason}, nothing changed"
    typer.echo(f"Ticket #{number}: {told}.")


def _moment(ctx: typer.Context, text: str) -> datetime | None:
    from mailflow.wiring import policy_from

    if text.casefold() in ("none", "never", "off"):
        return None
    when = parse_when(text)
    if when is None:
        forms = "3d, 2h, friday, tomorrow 14:00 or 2026-12-01"
        raise Failure(f"{text!r} is no moment", f"write it like {forms}")
    zone = policy_from(settings_for(ctx)).calendar().zone
    return moment_of(when, datetime.now(UTC), zone)


def _desk(ctx: typer.Context, store: SqlStore) -> Desk:
    from mailflow.wiring import build_desk, open_articles, open_templates

    settings = settings_for(ctx)
    return build_desk(settings, open_templates(settings), open_articles(store, {}))


def _no_such(error: LookupError) -> Failure:
    return Failure(str(error), "see `mailflow ticket list` for the numbers")
