"""``mailflow sending``: which kinds of mail may leave. Obeyed by the running daemon from the next mail on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from mailflow.cli.outcome import settings_for
from mailflow.cli.screen import cell, print_json, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.desk.notices import NoticeKind

app = typer.Typer(help="Which kinds of mail may leave.", no_args_is_help=True)

_WEEK = timedelta(days=7)
Kinds = Annotated[
    list[NoticeKind] | None, typer.Argument(metavar="[KIND]…", help="See `mailflow sending list`.")
]
All = Annotated[bool, typer.Option("--all", help="Every kind.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the kinds of mail mailflow writes, whether each leaves, and how many there were in seven days."""
    from mailflow.store.shadow import mails_by_kind

    mode = settings_for(ctx).sending.mode
    with opened_store(ctx) as store:
        with store.begin() as work:
            choices = work.outbox.choices()
        counts = mails_by_kind(store, datetime.now(UTC) - _WEEK)
    lines = []
    for kind in NoticeKind:
        on = choices.get(kind.value, mode == "live" or kind is NoticeKind.REPORT)
        count = counts.get(kind.value, Counter())
        lines.append(
            {
                "kind": kind.value,
                "on": on,
                "because": _because(kind, kind.value in choices, mode),
                "sent": count["sent"],
                "shadow": count["shadow"],
            }
        )
    if as_json:
        print_json(lines)
        return
    rows = [
        [
            line["kind"],
            cell("leaves", "green") if line["on"] else cell("held back", "yellow"),
            line["because"],
            str(line["sent"]),
            str(line["shadow"]),
        ]
        for line in lines
    ]
    columns = ["kind", "now", "because", "sent in 7 days", "only recorded"]
    print_table(screen(), columns, rows, giving_way=("because",))


def _because(kind: NoticeKind, chosen: bool, mode: str) -> str:
    if chosen:
        return "you said so"
    if kind is NoticeKind.REPORT:
        return "it goes to you alone"
    return f'sending.mode = "{mode}"'


@app.command()
def on(ctx: typer.Context, kinds: Kinds = None, everything: All = False) -> None:
    """Let these kinds of mail leave from now on, also in shadow mode. What was only recorded stays here."""
    _switch(ctx, kinds, everything, True)


@app.command()
def off(ctx: typer.Context, kinds: Kinds = None, everything: All = False) -> None:
    """Hold these kinds of mail back from now on, also in live mode. People's own words always leave."""
    _switch(ctx, kinds, everything, False)


@app.command()
def reset(ctx: typer.Context, kinds: Kinds = None, everything: All = False) -> None:
    """Leave these kinds to sending.mode of the configuration again."""
    _switch(ctx, kinds, everything, None)


def _switch(
    ctx: typer.Context, kinds: list[NoticeKind] | None, everything: bool, choice: bool | None
) -> None:
    if bool(kinds) is everything:
        raise typer.BadParameter("name one or more kinds of mail, or say --all")
    now = datetime.now(UTC)
    with opened_store(ctx) as store, store.begin() as work:
        for kind in list(NoticeKind) if everything else kinds or ():
            work.outbox.choose(kind, choice, now)
    word = {True: "leaves", False: "is held back", None: "is as configured"}[choice]
    for kind in list(NoticeKind) if everything else kinds or ():
        typer.echo(f"{kind.value} {word}.")
