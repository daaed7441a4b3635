"""``mailflow db``: the database's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from mailflow.cli.outcome import FAILED, settings_for
from mailflow.cli.screen import print_json
from mailflow.cli.store import store_faults_named
from mailflow.store.database import open_store

app = typer.Typer(help="Create or upgrade the database.", no_args_is_help=True)


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the database to this version; make it when there is none. Stop the daemon first.

    A filled SQLite file is copied beside itself before.
    """
    settings = settings_for(ctx)
    with store_faults_named():
        store = open_store(settings.database.url, prepare=False)
        try:
            before = store.current_revision()
            copy = store.upgrade()
            after = store.current_revision()
        finally:
            store.close()
    if copy is not None:
        typer.echo(f"The database as it was: {copy}", err=True)
    typer.echo(f"{before or 'empty'} → {after}" if before != after else f"{after}: nothing to do")


@app.command()
def current(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Print the database's revision and the one this version needs. Exit code 1 when they differ."""
    settings = settings_for(ctx)
    with store_faults_named():
        store = open_store(settings.database.url, prepare=False, create=False)
        try:
            found, expected = store.current_revision(), store.expected_revision()
        finally:
            store.close()
    if as_json:
        print_json({"database": store.address, "current": found, "expected": expected})
    else:
        typer.echo(f"{found or 'empty'}" + ("" if found == expected else f" (needed: {expected})"))
    if found != expected:
        raise typer.Exit(FAILED)
