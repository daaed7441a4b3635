"""``mailflow ticket``: list and show tickets, and solve one. Changing them: ``ticket_changes``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure, settings_for
from mailflow.cli.screen import ago, cell, print_json, print_labelled, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.cli.suggested import suggestion_lines
from mailflow.cli.ticket_changes import register
from mailflow.desk.decision import Voice
from mailflow.desk.ticket import Priority, TicketKind, TicketStatus
from mailflow.store.lines import MessageLine, OutboxLine, TicketDetail, TicketFilter
from mailflow.store.reading import find_tickets, show_ticket

if TYPE_CHECKING:
    from rich.console import Console


app = typer.Typer(help="List, show, change and solve tickets.", no_args_is_help=True)
_PRIORITIES = {Priority.URGENT: "bold red", Priority.HIGH: "yellow", Priority.LOW: "dim"}
_STATUSES = {TicketStatus.NEW: "bold", TicketStatus.SOLVED: "green", TicketStatus.CLOSED: "dim"}
_SHOWN_LINES = 12


@app.command("list")
def list_(
    ctx: typer.Context,
    status: Annotated[
        TicketStatus | None, typer.Option(help="Only tickets with this status.")
    ] = None,
    assignee: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Only this agent's; nobody: those of none.")
    ] = "",
    tag: Annotated[str, typer.Option(help="Only tickets with this tag.")] = "",
    queue: Annotated[str, typer.Option(help="Only tickets of this queue.")] = "",
    kind: Annotated[TicketKind | None, typer.Option(help="Only tickets of this kind.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their due.")] = False,
    snoozed: Annotated[
        bool, typer.Option("--snoozed", help="Only snoozed ones; else they are left out.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Snoozed, merged and deleted ones too.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the tickets that changed last, newest first."""
    with opened_store(ctx) as store:
        wanted = TicketFilter(
            status=status,
            assignee=assignee.lower(),
            tag=tag.casefold(),
            queue=queue.lower(),
            kind=kind,
            overdue=overdue,
            snoozed=snoozed,
            everything=everything,
        )
        lines = find_tickets(store, wanted, datetime.now(UTC), limit=limit)
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    if not lines:
        typer.echo(
            "There are no such tickets."
            if wanted != TicketFilter()
            else "There are no tickets yet.",
            err=True,
        )
        return
    now = datetime.now(UTC)
    rows = [
        [
            f"#{line.id}",
            cell(line.status, _STATUSES.get(TicketStatus(line.status), "")),
            cell(line.priority, _PRIORITIES.get(Priority(line.priority), "")),
            ago(line.updated_at, now),
            line.requester,
            line.subject or "(no subject)",
        ]
        for line in lines
    ]
    columns = ["ticket", "status", "priority", "changed", "requester", "subject"]
    print_table(screen(), columns, rows, giving_way=("subject", "requester"))


@app.command()
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Number of the ticket.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Show a ticket: its mails, how each was decided, what happened."""
    with opened_store(ctx) as store:
        detail = show_ticket(store, number)
    if detail is None:
        raise _no_such_ticket(number)
    if as_json:
        print_json(asdict(detail))
    else:
        _print(detail)


@app.command()
def solve(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Number of the ticket.")],
    text: Annotated[str, typer.Option("--text", "-t", help="What to tell the requester.")] = "",
    article: Annotated[
        str,
        typer.Option("--article", metavar="ID", help="A known issue whose solution to send along."),
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Tell the requester nothing.")] = False,
) -> None:
    """Mark a ticket solved and tell its requester, once.

    A reply opens it again.
    """
    from mailflow.flow.follow_up import solve_ticket
    from mailflow.suggestions import load_suggester
    from mailflow.wiring import build_desk, open_articles, open_templates

    settings = settings_for(ctx)
    seed = load_suggester(settings).articles if article else {}
    with opened_store(ctx) as store:
        articles = open_articles(store, seed)
        if article and article not in articles:
            known = ", ".join(articles) or "none"
            raise Failure(f"there is no article {article}", f"choose one of these: {known}")
        desk = build_desk(settings, open_templates(settings), articles)
        ticket = solve_ticket(store, desk, number, text, article_id=article, tell=not quiet)
    if ticket is None:
        raise _no_such_ticket(number)
    typer.echo(f"Ticket #{number} is {ticket.status.value}.")


@app.command()
def bursts(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Show when many people reported the same at once, newest first.

    Each has a draft article for you to finish.
    """
    from mailflow.store.bursts import list_bursts

    with opened_store(ctx) as store:
        lines = list_bursts(store, limit)
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    if not lines:
        typer.echo("No burst of similar tickets was noticed yet.", err=True)
        return
    now = datetime.now(UTC)
    rows = [
        [
            ago(line.at, now),
            str(line.people),
            line.title,
            line.article,
            " ".join(f"#{n}" for n in line.tickets),
        ]
        for line in lines
    ]
    columns = ["told", "people", "what", "draft article", "tickets"]
    print_table(screen(), columns, rows, giving_way=("what", "tickets"))


@app.command()
def features(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Show which features are asked for, and by how many people.

    The most wanted stands first.
    """
    from mailflow.desk.bursts import group_requests
    from mailflow.store.bursts import feature_requests

    with opened_store(ctx) as store:
        groups = group_requests(feature_requests(store))
    if as_json:
        print_json([asdict(group) for group in groups])
        return
    if not groups:
        typer.echo("Nobody has asked for a feature yet.", err=True)
        return
    rows = [
        [str(g.requesters), g.title or "(no subject)", " ".join(f"#{n}" for n in g.tickets)]
        for g in groups
    ]
    print_table(screen(), ["people", "feature", "tickets"], rows, giving_way=("feature", "tickets"))


def _no_such_ticket(number: int) -> Failure:
    return Failure(f"there is no ticket {number}", "see `mailflow ticket list` for the numbers")


def _print(detail: TicketDetail) -> None:
    console, now, ticket = screen(), datetime.now(UTC), detail.ticket
    console.print(cell(f"#{ticket.id}  {ticket.subject or '(no subject)'}", "bold"), soft_wrap=True)
    facts = {
        "status": f"{ticket.status.value}, {ticket.priority.value} priority",
        "opened": f"{ticket.created_at:%Y-%m-%d %H:%M} UTC, {ago(ticket.created_at, now)} ago",
        "assignee": ticket.assignee or "nobody",
        "people": ", ".join(f"{p.address} ({p.role.value})" for p in detail.participants),
        "kind": ticket.kind or "",
        "queue": ticket.queue or "",
        "tags": " ".join(ticket.tags),
        "snoozed": ago(ticket.snoozed_until, now),
        "due": ago(ticket.due_at, now),
        "merged into": f"#{ticket.merged_into}" if ticket.merged_into else "",
        "links": ", ".join(f"{link.kind} #{link.other_id}" for link in detail.links),
        "automatic mail": "muted" if ticket.muted else "",
        "deleted": f"{ago(ticket.deleted_at, now)} ago" if ticket.deleted_at else "",
        "article": ticket.article_id or "",
        "first answer": ago(ticket.first_response_at, now) + " ago"
        if ticket.first_response_at
        else "not yet",
        "next update": ago(ticket.next_update_at, now),
    }
    for label, value in facts.items():
        if value:
            print_labelled(console, label, cell(value))
    mails = {mail.id: mail for mail in detail.outbox}
    for message in detail.messages:
        mail = mails.pop(message.outbox_id, None) if message.outbox_id is not None else None
        if mail is not None:
            _print_mail(console, mail)
        else:
            _print_message(console, message)
    for mail in mails.values():
        _print_mail(console, mail)
    _print_events(console, detail)


def _print_message(console: Console, message: MessageLine) -> None:
    head = f"\n← {message.created_at:%Y-%m-%d %H:%M}  {message.author}  ({message.voice})"
    console.print(cell(head, "cyan"), soft_wrap=True)
    lines = message.new_text.splitlines()
    for line in lines[:_SHOWN_LINES]:
        console.print(cell(f"  │ {line}"), no_wrap=True, overflow="ellipsis")
    more = [f"{len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    more += [f"attached: {a.get('filename', '?')}" for a in message.attachments]
    if more:
        console.print(cell(f"  └ {', '.join(more)}", "dim"), soft_wrap=True)
    for question, said in message.reasons.items():
        answer, reason = said.get("answer", ""), said.get("reason", "")
        print_labelled(console, f"  {question}", cell(answer).append(f"  ({reason})", "dim"))
    for warning in message.warnings:
        print_labelled(console, "  note", cell(warning, "yellow"))
    if message.voice == Voice.CUSTOMER:
        for label, told in suggestion_lines(message.suggestion or {}):
            print_labelled(console, f"  {label}", cell(told, "dim"))


def _print_mail(console: Console, mail: OutboxLine) -> None:
    to = ", ".join(recipient.address for recipient in mail.recipients)
    kind = mail.kind.replace("_", " ") if mail.kind else "answer"
    head = cell(f"\n→ {mail.created_at:%Y-%m-%d %H:%M}  {kind} to {to}  ", "green")
    reason = f": {mail.reason}" if mail.reason else ""
    console.print(head.append(f"[{mail.state}{reason}, outbox {mail.id}]", "dim"), soft_wrap=True)
    console.print(cell(f"  │ {mail.subject}"), no_wrap=True, overflow="ellipsis")


def _print_events(console: Console, detail: TicketDetail) -> None:
    if not detail.events:
        return
    console.print(cell("\nwhat happened", "bold"))
    for event in detail.events:
        label = f"{event.at:%m-%d %H:%M}"
        by = event.detail.get("by")
        told = f"  {event.reason}" + (f"  (by {by})" if by else "")
        print_labelled(console, label, cell(event.kind).append(told, "dim"))


register(app)  # below list, show and solve in --help
