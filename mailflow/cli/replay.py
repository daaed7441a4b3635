"""``mailflow replay``: past days once more, with the configuration as it is or another one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import Failure, loaded_for, options_of
from mailflow.cli.screen import cell, print_json, print_table, screen
from mailflow.cli.store import store_faults_named

if TYPE_CHECKING:
    from mailflow.config import Settings
    from mailflow.replay import Difference, ReplayedMail

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


def replay(
    ctx: typer.Context,
    since: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First day, in UTC.")],
    until: Annotated[
        datetime, typer.Option("--to", formats=_DAY, help="The moment it ends, not included.")
    ],
    other: Annotated[
        Path | None,
        typer.Option("--with", metavar="FILE", help="Another configuration to compare."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Say which mails past days would have brought; with --set or --with, what would be different.

    Runs the kept messages through a desk of its own on a virtual clock. Nothing leaves, nothing is
    changed. `mailflow replay --from 2026-11-16 --to 2026-11-23 --set progress.normal=4h`
    """
    from mailflow.config import load
    from mailflow.replay import differences
    from mailflow.replay import replay as run
    from mailflow.store.database import open_store

    since, until = since.replace(tzinfo=UTC), until.replace(tzinfo=UTC)
    if since >= until:
        raise Failure("--to is not after --from", "name the earlier moment first")
    loaded, flags = loaded_for(ctx), options_of(ctx).flags
    with store_faults_named():
        store = open_store(loaded.settings.database.url, create=False)
        try:
            if not flags and other is None:
                _print_mails(run(store, loaded.settings, since, until), as_json)
                return
            as_it_is = load(loaded.file, os.environ, {}).settings
            changed = load(other, os.environ, flags).settings if other else loaded.settings
            before = run(store, as_it_is, since, until)
            after = run(store, _same_keys(changed, as_it_is), since, until)
        finally:
            store.close()
    found = differences(before, after)
    if as_json:
        print_json(
            {"before": len(before), "after": len(after), "differences": [asdict(d) for d in found]}
        )
    else:
        _print_differences(list(found), len(before), len(after))


def _same_keys(changed: Settings, as_it_is: Settings) -> Settings:
    """The other configuration with this desk's keys: reply addresses of the past must be readable."""
    return changed.model_copy(update={"state": as_it_is.state})


def _print_mails(found: Sequence[ReplayedMail], as_json: bool) -> None:
    if as_json:
        print_json([asdict(mail) for mail in found])
        return
    if not found:
        typer.echo("No mail would have been written.", err=True)
        return
    rows = [
        [
            f"{m.at:%m-%d %H:%M}",
            f"#{m.ticket}" if m.ticket else "",
            m.kind.replace("_", " "),
            cell(m.state, "green" if m.state == "sent" else "yellow"),
            m.to,
            m.reason or m.subject,
        ]
        for m in found
    ]
    columns = ["at (UTC)", "ticket", "kind", "", "to", "subject, or why not"]
    print_table(screen(), columns, rows, giving_way=("subject, or why not", "to"))


def _print_differences(found: list[Difference], before: int, after: int) -> None:
    console = screen()
    console.print(cell(f"{before} mails as it is, {after} with the change", "bold"))
    rows = []
    for d in found:
        mail = d.after or d.before
        if mail is None:
            continue
        mark = "~" if d.before and d.after else "+" if d.after else "-"
        moments = f"{d.before.at:%m-%d %H:%M}" if d.before else "never"
        moments += f" → {d.after.at:%m-%d %H:%M}" if d.after else " → never"
        style = {"+": "green", "-": "red", "~": "yellow"}[mark]
        rows.append(
            [
                cell(mark, style),
                moments,
                f"#{mail.ticket}" if mail.ticket else "",
                mail.kind.replace("_", " "),
                mail.state,
                mail.to,
            ]
        )
    if not rows:
        typer.echo("The same mails would have left at the same times.")
        return
    print_table(
        console, ["", "at (UTC)", "ticket", "kind", "state", "to"], rows, giving_way=("to",)
    )
