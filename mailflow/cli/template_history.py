"""``mailflow template diff|history|rollback``: what is yours, what served when, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailflow.cli.outcome import FAILED, Failure, settings_for
from mailflow.cli.screen import cell, print_json, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.cli.template_data import kept_version, known_notice, own_folder
from mailflow.shipped import shipped

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


def diff(
    ctx: typer.Context,
    notice: Annotated[str, typer.Argument(metavar="[NOTICE]", help="One notice only.")] = "",
    language: Annotated[str, typer.Argument(metavar="[LANGUAGE]", help="One language only.")] = "",
    as_json: Json = False,
) -> None:
    """Compare your files with the shipped ones: your edits, and what changed in mailflow since you copied."""
    from mailflow.edges.template_overlay import differences

    own = own_folder(ctx)
    found = [
        one
        for one in differences(shipped("templates"), own)
        if one.name.startswith(f"{notice}/" if notice else "")
        and (not language or one.name.rpartition("/")[2].split(".")[0] == language)
    ]
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        typer.echo("There is no such file of yours: the shipped wording serves.", err=True)
    console = screen()
    for one in found:
        said = [text for text in (one.yours, one.shipped_since) if text]
        if not said:
            console.print(cell(f"{one.name} is as shipped", "dim"), soft_wrap=True)
        if one.shipped_since:
            console.print(cell(f"{one.name}: mailflow's own changed since you copied it", "yellow"))
        for text in said:
            for line in text.splitlines():
                console.print(cell(line, _STYLES.get(line[:1], "")), soft_wrap=True)


_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def history(
    ctx: typer.Context,
    notice: Annotated[str, typer.Argument(metavar="[NOTICE]", help="One notice only.")] = "",
    language: Annotated[str, typer.Argument(metavar="[LANGUAGE]", help="One language only.")] = "",
    as_json: Json = False,
) -> None:
    """List every wording that ever served, since when and why, and how many mails used it. Newest first."""
    from mailflow.store.templates import SqlTemplates

    kind = known_notice(notice).value if notice else None
    with opened_store(ctx) as store, store.read() as connection:
        templates = SqlTemplates(connection)
        lines = templates.history(kind, language or None)
        mails = templates.mails_with({line.name for line in lines})
    if as_json:
        print_json([{**asdict(line), "mails": mails.get(line.name, 0)} for line in lines])
        return
    if not lines:
        typer.echo("Nothing served yet: `mailflow run` keeps the history.", err=True)
        return
    rows = [
        [f"{line.since:%Y-%m-%d %H:%M}", line.name, str(mails.get(line.name, 0)), line.reason]
        for line in lines
    ]
    print_table(screen(), ["since", "version", "mails", "why"], rows, giving_way=("why",))


def rollback(
    ctx: typer.Context,
    version: Annotated[
        str, typer.Argument(help="From `mailflow template history`; its digits are enough.")
    ],
    layout: Annotated[
        bool, typer.Option("--layout", help="The page around it too, which all notices share.")
    ] = False,
) -> None:
    """Make an earlier wording serve again: its files are written into your own folder.

    What lies there now served too, and so it is in the history; a file that never served is moved
    aside, not lost.
    """
    from mailflow.edges.template_files import draft_from
    from mailflow.edges.template_overlay import write_back
    from mailflow.edges.template_version import TemplateVersion, prove
    from mailflow.store.templates import SqlTemplates
    from mailflow.wiring import forbidden_claims

    own = own_folder(ctx)
    with opened_store(ctx) as store, store.read() as connection:
        kept = kept_version(SqlTemplates(connection), version)
    proven = prove(draft_from(kept), forbidden_claims(settings_for(ctx)))
    if not isinstance(proven, TemplateVersion):
        raise Failure(
            f"{kept.name} does not pass any more: {proven[0]}",
            f"see it with `mailflow template show {kept.name}`",
            FAILED,
        )
    try:
        changed = write_back(own, kept, layout=layout)
    except OSError as error:
        raise Failure(
            f"{own} cannot be written: {error.strerror}", "see who may write there"
        ) from None
    for name in changed:
        typer.echo(f"Wrote {own / name}")
    if not changed:
        typer.echo(f"{own} holds this wording already.")
    else:
        typer.echo("It serves within seconds.")
