"""``mailflow quarantine``: messages that could not be handled. Nothing of them is lost."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from mailflow.cli.outcome import Failure
from mailflow.cli.screen import (
    ago,
    cell,
    print_json,
    print_labelled,
    print_table,
    screen,
    size_text,
)
from mailflow.cli.store import opened_store
from mailflow.store.lines import QuarantineLine
from mailflow.store.reading import list_quarantine, retry_quarantined, show_quarantined

app = typer.Typer(
    help="Messages that could not be handled: list, show, retry.", no_args_is_help=True
)

_LOOK_FIRST = "see `mailflow quarantine list` for the numbers"


@app.command("list")
def list_(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List the quarantine, oldest first."""
    with opened_store(ctx) as store:
        lines = list_quarantine(store)
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    if not lines:
        typer.echo("Nothing is in quarantine.", err=True)
        return
    now = datetime.now(UTC)
    rows = [
        [
            str(line.id),
            ago(line.quarantined_at, now),
            size_text(line.size),
            str(line.attempts),
            line.fault,
        ]
        for line in lines
    ]
    columns = ["#", "since", "size", "tries", "what happened"]
    print_table(screen(), columns, rows, giving_way=("what happened",))


@app.command()
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Number in the quarantine.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="The message byte for byte, and nothing else.")
    ] = False,
) -> None:
    """Show one quarantined message: why, where it lies, and its bytes."""
    with opened_store(ctx) as store:
        found = show_quarantined(store, number)
    if found is None:
        raise Failure(f"nothing in quarantine has the number {number}", _LOOK_FIRST)
    line, octets = found
    if raw:
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
    elif as_json:
        print_json({**asdict(line), "octets": octets.decode("latin-1")})
    else:
        _print(line, octets)


def _print(line: QuarantineLine, octets: bytes) -> None:
    console = screen()
    facts = {
        "what happened": line.fault,
        "tries": str(line.attempts),
        "size": f"{line.size} octets",
        "first seen": line.first_seen_at.isoformat(" ", "seconds"),
        "lies in": ", ".join(line.places) or "—",
        "SHA-256": line.content_hash,
    }
    for label, value in facts.items():
        print_labelled(console, label, cell(value))
    console.print()
    for text in octets[:2000].decode("utf-8", "replace").splitlines()[:12]:
        console.print(cell(f"  │ {text}"), no_wrap=True, overflow="ellipsis")
    console.print(
        cell(f"\nNext: `mailflow quarantine retry {line.id}`, or `--raw` for all of it.", "dim")
    )


@app.command()
def retry(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="Number in the quarantine.")],
) -> None:
    """Let a message be tried again: the running daemon takes it up, or the next run."""
    with opened_store(ctx) as store:
        if not retry_quarantined(store, number, datetime.now(UTC)):
            raise Failure(f"nothing in quarantine has the number {number}", _LOOK_FIRST)
    typer.echo(f"Message {number} will be tried again.")
