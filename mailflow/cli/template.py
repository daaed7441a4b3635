"""``mailflow template``: the wording of notices: what serves, what is wrong, what it was before."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import FAILED, FINE, Failure, settings_for
from mailflow.cli.screen import cell, print_json, print_table, screen
from mailflow.cli.template_data import (
    kept_version,
    known_notice,
    opened_templates,
    own_folder,
    real_tickets,
    some_ticket,
)
from mailflow.desk.notice_samples import real_variants, sample_facts
from mailflow.desk.notices import NoticeKind, variable_reference
from mailflow.shipped import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailflow.edges.templates import TemplateFault

app = typer.Typer(
    help="The wording of notices: check, preview, compare, go back.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Notice = Annotated[str, typer.Argument(metavar="NOTICE", help="Such as acknowledgement.")]
Language = Annotated[str, typer.Argument(metavar="LANGUAGE", help="Such as de.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List every notice and language: whose wording serves, since when, and what is wrong."""
    with opened_templates(ctx) as (templates, store):
        since = {}
        if store is not None:
            from mailflow.store.templates import SqlTemplates

            with store.read() as connection:
                for served in reversed(SqlTemplates(connection).history()):
                    since[served.name] = served.since
        lines = [
            {
                "notice": version.draft.notice.value,
                "language": version.draft.language,
                "whose": templates.whose(version),
                "since": since.get(version.draft.name),
                "version": version.draft.name,
            }
            for version in templates.versions()
        ]
        faults = templates.faults()
    if as_json:
        print_json({"templates": lines, "faults": [asdict(fault) for fault in faults]})
        return
    rows = [
        [
            str(line["notice"]),
            str(line["language"]),
            cell(line["whose"], "yellow" if line["whose"] == "last good" else ""),
            f"{since[str(line['version'])]:%Y-%m-%d %H:%M}" if line["since"] else "",
            str(line["version"]).rpartition("@")[2],
        ]
        for line in lines
    ]
    columns = ["notice", "language", "whose", "serves since", "version"]
    print_table(screen(), columns, rows, giving_way=("notice",))
    for fault in faults:
        typer.echo(str(fault), err=True)


@app.command()
def check(
    ctx: typer.Context,
    tickets: Annotated[
        int,
        typer.Option(min=0, max=500, help="Try so many of the newest tickets besides the samples."),
    ] = 20,
    strict: Annotated[bool, typer.Option("--strict", help="Let advice count as a fault.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with the template files, with file, line and mend. Changes nothing.

    Finds undefined variables, missing languages and parts, words that tell people not to reply,
    promises nobody can keep, subjects that are too long, and whatever fails with the samples or with
    the newest tickets. Exit codes: 0 fine (advice alone is fine), 1 something is wrong.
    """
    with opened_templates(ctx) as (templates, store):
        known = real_tickets(settings_for(ctx), store, tickets)
        real = {kind: [f for k in known for f in real_variants(kind, k)] for kind in NoticeKind}
        faults = templates.check(real)
    wrong = [fault for fault in faults if fault.serious or strict]
    if as_json:
        print_json(
            {"ok": not wrong, "tickets": len(known), "faults": [asdict(fault) for fault in faults]}
        )
    else:
        _print_faults(faults, len(known))
    raise typer.Exit(FAILED if wrong else FINE)


def _print_faults(faults: Sequence[TemplateFault], tickets: int) -> None:
    console = screen()
    for fault in sorted(faults, key=lambda fault: not fault.serious):
        word, style = ("WRONG", "bold red") if fault.serious else ("advice", "yellow")
        console.print(cell(f"{word:7}", style).append_text(cell(f" {fault}")), soft_wrap=True)
    serious = sum(fault.serious for fault in faults)
    tried = f"tried with every sample and {tickets} real tickets"
    if serious:
        typer.echo(f"{serious} of them must be mended before the file serves; {tried}.")
    else:
        typer.echo(f"All notices may serve; {tried}.")


@app.command()
def variables(
    ctx: typer.Context,
    notice: Annotated[str, typer.Argument(metavar="[NOTICE]", help="One notice only.")] = "",
    as_json: Json = False,
) -> None:
    """List what each notice's templates may use, with an example."""
    kinds = [known_notice(notice)] if notice else list(NoticeKind)
    found = {kind.value: _variables(kind) for kind in kinds}
    if as_json:
        print_json(found)
        return
    console = screen()
    for name, lines in found.items():
        console.print(cell(f"\n{name}" if len(found) > 1 else name, "bold"))
        rows = [[line["name"], line["meaning"], line["example"]] for line in lines]
        print_table(
            console, ["variable", "meaning", "example"], rows, giving_way=("example", "meaning")
        )


def _variables(kind: NoticeKind) -> list[dict[str, str]]:
    facts = sample_facts(kind)
    return [
        {"name": name, "meaning": meaning, "example": _example(facts, name)}
        for name, meaning in variable_reference(kind)
    ]


def _example(facts: Mapping[str, object], name: str) -> str:
    first, _, rest = name.partition(".")
    value = facts.get(first)
    if rest:
        value = value[0] if isinstance(value, list) and value else value
        return _example(value, rest) if isinstance(value, dict) else ""
    return "" if isinstance(value, dict | list) else str(value)


@app.command()
def copy(
    ctx: typer.Context,
    notice: Annotated[str, typer.Argument(help="Such as acknowledgement; _layout for the page.")],
    languages: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LANGUAGE]...", help="Such as de; all when left out."),
    ] = None,
) -> None:
    """Copy shipped files into your own folder, to edit them there.

    A file of yours is never overwritten. What was shipped at this moment is kept beside it, so that
    `mailflow template diff` can show later what changed in mailflow since.
    """
    from mailflow.edges.template_overlay import copy_shipped

    own, source = own_folder(ctx), shipped("templates")
    if notice != "_layout":
        known_notice(notice)
    names = sorted(f"{notice}/{path.name}" for path in (source / notice).glob("*.j2"))
    if languages:
        names = [n for n in names if n.rpartition("/")[2].split(".")[0] in languages]
    if not names:
        raise Failure("there is no such shipped file", "see `mailflow template list`")
    copied, kept = copy_shipped(source, own, names)
    for name in copied:
        typer.echo(f"Copied {own / name}")
    for name in kept:
        typer.echo(f"{own / name} is yours already and stays as it is.", err=True)
    if copied:
        typer.echo(
            "Edit it and save: it serves within seconds, if it passes `mailflow template check`."
        )


@app.command()
def show(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(help="As recorded beside a mail, or its digits alone.")],
    as_json: Json = False,
) -> None:
    """Show a wording that serves or once served: its files, since when, and how many mails used it."""
    from mailflow.cli.store import opened_store
    from mailflow.store.templates import SqlTemplates

    with opened_store(ctx) as store, store.read() as connection:
        templates = SqlTemplates(connection)
        found = kept_version(templates, version)
        served = [
            s for s in templates.history(found.notice, found.language) if s.name == found.name
        ]
        mails = templates.mails_with([found.name]).get(found.name, 0)
    if as_json:
        print_json({**asdict(found), "served": [asdict(s) for s in served], "mails": mails})
        return
    console = screen()
    console.print(cell(found.name, "bold"), soft_wrap=True)
    for one in served:
        console.print(
            cell(f"served from {one.since:%Y-%m-%d %H:%M} UTC: {one.reason}"), soft_wrap=True
        )
    console.print(cell(f"{mails} mails were written with it"))
    for part, name in found.parts.items():
        console.print(cell(f"\n── {part}: {name}", "dim"))
        console.print(cell(found.sources[name].rstrip("\n")), soft_wrap=True)


@app.command()
def send(
    ctx: typer.Context,
    notice: Notice,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Your own address.")],
    language: Annotated[str, typer.Option(help="Such as de; the desk's own when left out.")] = "",
    ticket: Annotated[
        int | None, typer.Option(metavar="N", help="Tell of this ticket instead of the sample.")
    ] = None,
) -> None:
    """Mail a notice to yourself, marked as a preview, to see it in your own mail program.

    It goes through the outbox and the gate as all mail does: the running daemon sends it. In shadow
    mode it is recorded and does not leave.
    """
    from mailflow.cli.store import opened_store
    from mailflow.config.fields import checked_address
    from mailflow.edges.templates import TemplateUnusable
    from mailflow.flow.send_preview import send_preview
    from mailflow.wiring import build_desk, open_templates

    settings, kind = settings_for(ctx), known_notice(notice)
    try:
        address = checked_address(to)
    except ValueError as error:
        raise Failure(f"{to!r} {error}", "name an address with --to") from None
    with opened_store(ctx) as store:
        desk = build_desk(settings, open_templates(settings, store), {})
        detail = some_ticket(store, ticket)
        facts = sample_facts(kind)
        if ticket is not None:
            facts = real_variants(kind, real_tickets(settings, store, 1, only=ticket)[0])[0]
        try:
            mail = send_preview(
                store,
                desk,
                kind,
                language or settings.support.language,
                facts,
                address,
                detail.ticket.id,
            )
        except TemplateUnusable as error:
            raise Failure(str(error), "see `mailflow template check`") from None
    typer.echo(f"Recorded as mail {mail} of the outbox, for {address}.")
    if settings.sending.mode == "shadow":
        typer.echo(
            f"Shadow mode: it will not leave; look at it with `mailflow outbox show {mail}`."
        )
    else:
        typer.echo("The running daemon sends it within seconds.")


def _add_others() -> None:
    """Commands with a file of their own."""
    from mailflow.cli import template_history, template_preview

    app.command("diff")(template_history.diff)
    app.command("history")(template_history.history)
    app.command("rollback")(template_history.rollback)
    app.command("preview")(template_preview.preview)


_add_others()
