"""``mailflow outbox``: mail that is waiting, sent, held, failed, or only recorded (shadow mode)."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from mailflow.cli.outcome import Failure
from mailflow.cli.screen import ago, cell, print_json, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.desk.outbox import OutboxState
from mailflow.store.reading import OutboxLine, list_outbox, release_held, show_mail

app = typer.Typer(help="Mail waiting, sent, held or failed.", no_args_is_help=True)

_COLOURS = {
    OutboxState.SENT: "green",
    OutboxState.SHADOW: "cyan",
    OutboxState.HELD: "yellow",
    OutboxState.UNCERTAIN: "yellow",
    OutboxState.FAILED: "red",
    OutboxState.DROPPED: "dim",
}


@app.command("list")
def list_(
    ctx: typer.Context,
    state: Annotated[OutboxState | None, typer.Option(help="Only mail in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the newest mail, newest first."""
    with opened_store(ctx) as store:
        lines = list_outbox(store, state=state, limit=limit)
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    if not lines:
        typer.echo("There is no such mail." if state else "There is no mail yet.", err=True)
        return
    now = datetime.now(UTC)
    rows = [
        [
            str(line.id),
            cell(line.state, _COLOURS.get(OutboxState(line.state), "")),
            ago(line.settled_at or line.created_at, now),
            f"#{line.ticket_id}",
            (line.kind or "answer").replace("_", " "),
            ", ".join(to.address for to in line.recipients),
            _why(line),
        ]
        for line in lines
    ]
    columns = ["#", "state", "since", "ticket", "kind", "to", "subject, or why not"]
    print_table(screen(), columns, rows, giving_way=("subject, or why not", "to"))


def _why(line: OutboxLine) -> str:
    """The subject of mail on its good way; for other mail the reason."""
    if line.state in (
        OutboxState.SENT,
        OutboxState.PENDING,
        OutboxState.IN_FLIGHT,
        OutboxState.SHADOW,
    ):
        return line.subject
    answers = [f"{to.code} {to.text}" for to in line.recipients if to.code]
    return "; ".join([line.reason or line.subject, *line.faults, *answers])


@app.command()
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Number in the outbox.")],
) -> None:
    """Print one mail byte for byte, as it leaves or would leave."""
    with opened_store(ctx) as store:
        mail = show_mail(store, number)
    if mail is None:
        raise Failure(
            f"no mail has the number {number}", "see `mailflow outbox list` for the numbers"
        )
    typer.echo(f"{mail.state.value}{f': {mail.reason}' if mail.reason else ''}", err=True)
    sys.stdout.buffer.write(mail.octets.replace(b"\r\n", b"\n"))
    sys.stdout.buffer.flush()


@app.command()
def release(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Number in the outbox.")],
) -> None:
    """Let a held mail go, whatever held it."""
    with opened_store(ctx) as store:
        if not release_held(store, number, datetime.now(UTC)):
            raise Failure(
                f"no held mail has the number {number}", "see `mailflow outbox list --state held`"
            )
    typer.echo(f"Mail {number} may leave.")
