"""``mailflow outbox``: mail that is waiting, sent, held, failed, or only recorded (shadow mode)."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure
from mailflow.cli.screen import ago, cell, print_json, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.desk.outbox import OutboxState
from mailflow.store.lines import OutboxLine
from mailflow.store.reading import list_outbox, release_held, show_mail

if TYPE_CHECKING:
    from mailflow.store.database import SqlStore

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
            f"#{line.ticket_id}" if line.ticket_id else "",
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
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Number in the outbox.")
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Every held mail but those with a faulty text: name them one by one."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --all: do not ask.")] = False,
) -> None:
    """Let a held mail go, whatever held it, or everything a budget held with --all."""
    if (number is None) is not everything:
        raise typer.BadParameter("name one mail by its number, or say --all")
    with opened_store(ctx) as store:
        if number is None:
            _release_all(store, yes)
            return
        if not release_held(store, number, datetime.now(UTC)):
            raise Failure(
                f"no held mail has the number {number}", "see `mailflow outbox list --state held`"
            )
    typer.echo(f"Mail {number} may leave.")


def _release_all(store: SqlStore, yes: bool) -> None:
    with store.begin() as work:
        held = work.outbox.held()
    sound = [mail for mail in held if not mail.faults]
    for reason, number in Counter(mail.reason for mail in sound).most_common():
        typer.echo(f"{number} held: {reason}")
    if len(sound) < len(held):
        typer.echo(
            f"{len(held) - len(sound)} with a faulty text stay: see `mailflow outbox list --state held`"
        )
    if not sound:
        typer.echo("No mail waits to be released.")
        return
    if not yes and not typer.confirm(f"Let {len(sound)} go now?"):
        typer.echo("Nothing was released.")
        return
    now = datetime.now(UTC)
    with store.begin() as work:
        released = sum(work.outbox.release(mail.id, now) for mail in sound)
    typer.echo(f"{released} may leave.")
