"""``mailflow shadow report``: what would have been sent, beside what people really did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure, settings_for
from mailflow.cli.screen import cell, print_json, print_labelled, print_table, screen
from mailflow.cli.store import opened_store

if TYPE_CHECKING:
    from mailflow.desk.shadow import Compared, KindSummary

app = typer.Typer(
    help="What would have been sent, beside what people really did.", no_args_is_help=True
)

_LISTED = 40


@app.callback()
def _group() -> None:
    """What would have been sent, beside what people really did."""


@app.command()
def report(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days back.")] = 7,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page.")
    ] = None,
    by_mail: Annotated[bool, typer.Option("--mail", help="Send it to admin.address.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Compare the mail that shadow mode held back with what people did.

    Switch kinds on one by one when they convince you: `mailflow sending on acknowledgement`.
    """
    from mailflow.desk.shadow import compare, summarise
    from mailflow.shadow_page import shadow_page, shadow_text
    from mailflow.store.shadow import shadowed
    from mailflow.suggestions import load_suggester
    from mailflow.wiring import open_articles

    settings = settings_for(ctx)
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    with opened_store(ctx) as store:
        articles = open_articles(store, load_suggester(settings).articles)
        compared = [compare(mail) for mail in shadowed(store, since, now, articles)]
        summary = summarise(compared)
        if by_mail:
            _mail(
                ctx,
                shadow_text(summary, compared, since, now),
                shadow_page(summary, compared, since, now),
                now,
            )
            typer.echo(f"The report is on its way to {settings.admin.address}.")
    if html is not None:
        html.write_text(shadow_page(summary, compared, since, now), encoding="utf-8")
        typer.echo(f"The page is {html}.")
    if as_json:
        print_json(
            {"summary": [asdict(s) for s in summary], "mails": [_plain(c) for c in compared]}
        )
    elif html is None and not by_mail:
        _print(summary, compared, days)


def _mail(ctx: typer.Context, text: str, page: str, now: datetime) -> None:
    from mailflow.flow.reports import queue_report
    from mailflow.wiring import build_desk, open_templates

    settings = settings_for(ctx)
    if not settings.admin.address:
        raise Failure("admin.address is not set", "set address under [admin]")
    desk = build_desk(settings, open_templates(settings), {})
    key = f"shadow report:{now.isoformat()}"
    with opened_store(ctx) as store, store.begin() as work:
        queue_report(
            work,
            desk,
            key=key,
            to=settings.admin.address,
            subject="What mailflow would have sent",
            text=text,
            html=page,
        )


def _print(summary: Sequence[KindSummary], compared: list[Compared], days: int) -> None:
    from mailflow.desk.shadow import spell

    if not compared:
        typer.echo(f"Shadow mode held no mail back in the last {days} days.", err=True)
        return
    console = screen()
    console.print(cell(f"Held back in the last {days} days", "bold"))
    rows = [
        [
            s.kind,
            str(s.mails),
            spell(s.ahead) if s.ahead else "",
            str(s.unanswered or ""),
            str(s.needless or ""),
        ]
        for s in summary
    ]
    columns = ["kind", "mails", "ahead of people's answer", "still unanswered", "hardly needed"]
    print_table(console, columns, rows, giving_way=("kind",))
    console.print()
    for c in compared[-_LISTED:]:
        ticket = f"#{c.mail.ticket.id} " if c.mail.ticket else ""
        kind = c.mail.kind.replace("_", " ")
        console.print(
            cell(f"{c.mail.at:%m-%d %H:%M}  {ticket}{kind} to {c.mail.to}"), soft_wrap=True
        )
        print_labelled(console, "", cell(c.told, "cyan"))
    if len(compared) > _LISTED:
        typer.echo(
            f"The latest {_LISTED} of {len(compared)}; --html FILE or --json has all.", err=True
        )
    typer.echo("Let a kind leave with `mailflow sending on KIND`.", err=True)


def _plain(c: Compared) -> dict[str, object]:
    return {
        "outbox": c.mail.number,
        "kind": c.mail.kind,
        "to": c.mail.to,
        "subject": c.mail.subject,
        "at": c.mail.at,
        "ticket": c.mail.ticket.id if c.mail.ticket else None,
        "told": c.told,
        "needless": c.needless,
        "ahead_seconds": c.ahead.total_seconds() if c.ahead else None,
    }
