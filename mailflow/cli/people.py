"""``mailflow people``: what is known of customers beyond a ticket."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from mailflow.cli.outcome import Failure
from mailflow.cli.screen import ago, print_json, print_table, screen
from mailflow.cli.store import opened_store
from mailflow.config.fields import checked_address
from mailflow.desk.person import offset_text, read_offset
from mailflow.desk.policy import ascii_lower
from mailflow.store.reading import list_people

app = typer.Typer(
    help="Show and correct what is known of customers: language, whose night it is, who wants no updates.",
    no_args_is_help=True,
)

_Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="The customer's mail address.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    muted: Annotated[bool, typer.Option("--muted", help="Only who wants no updates.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List customers with their language, their offset from UTC and whether they want progress updates."""
    with opened_store(ctx) as store:
        people = list_people(store, muted=muted)
    if as_json:
        print_json([asdict(person) for person in people])
        return
    if not people:
        typer.echo("There is nobody to list.", err=True)
        return
    now = datetime.now(UTC)
    rows = [
        [
            person.address,
            _known(person.language or "", person.corrected),
            _known(
                "" if person.utc_offset is None else offset_text(person.utc_offset),
                person.offset_corrected,
            ),
            f"none since {ago(person.muted_at, now)}" if person.muted_at else "yes",
            person.muted_because,
        ]
        for person in people
    ]
    columns = ["address", "language", "offset", "updates", "because"]
    print_table(screen(), columns, rows, giving_way=("because",))


@app.command()
def mute(
    ctx: typer.Context,
    address: _Who,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "asked us",
) -> None:
    """Send this person no more progress updates. Acknowledgements and answers still go out."""
    _set_mute(ctx, _address(address), reason, datetime.now(UTC))
    typer.echo(f"{address} gets no more progress updates.")


@app.command()
def unmute(ctx: typer.Context, address: _Who) -> None:
    """Send this person progress updates again."""
    _set_mute(ctx, _address(address), "", None)
    typer.echo(f"{address} gets progress updates again.")


@app.command()
def language(
    ctx: typer.Context,
    address: _Who,
    code: Annotated[
        str, typer.Argument(metavar="LANGUAGE", help="Two letters such as de, or auto: learn it.")
    ],
) -> None:
    """Say in which language to write to this person. What they write changes it no more."""
    who = _address(address)
    automatic = code == "auto"
    if not automatic and not (
        len(code) == 2 and code.isascii() and code.isalpha() and code.islower()
    ):
        raise Failure(f"{code} is no language", "give two letters such as de, or auto")
    with opened_store(ctx) as store, store.begin() as work:
        work.schedule.set_language(who, None if automatic else code, corrected=not automatic)
        detail = {"address": who, "language": code}
        work.tickets.note_event(None, "person language", "set by hand", datetime.now(UTC), **detail)
    said = "in the language they write in" if automatic else f"in {code}"
    typer.echo(f"Mail to {address} is written {said} from now on.")


@app.command(context_settings={"ignore_unknown_options": True})  # -03:00 is no option
def offset(
    ctx: typer.Context,
    address: _Who,
    from_utc: Annotated[
        str, typer.Argument(metavar="OFFSET", help="From UTC, such as +05:30, or auto: learn it.")
    ],
) -> None:
    """Say where this person lives, so that no update comes at night. What they write changes it no more."""
    who = _address(address)
    automatic = from_utc == "auto"
    try:
        minutes = None if automatic else read_offset(from_utc)
    except ValueError as error:
        raise Failure(str(error), "give an offset such as +05:30, or auto") from None
    with opened_store(ctx) as store, store.begin() as work:
        work.schedule.set_offset(who, minutes, corrected=not automatic)
        detail = {"address": who, "offset": from_utc}
        work.tickets.note_event(None, "person offset", "set by hand", datetime.now(UTC), **detail)
    said = "the offset their mail is written at" if automatic else f"UTC{from_utc}"
    typer.echo(f"The nights of {address} are counted at {said} from now on.")


def _known(text: str, corrected: bool) -> str:
    return text + (" (corrected)" if corrected else "")


def _address(text: str) -> str:
    try:
        return ascii_lower(checked_address(text))
    except ValueError as error:
        raise Failure(f"{text} {error}", "give the bare address") from None


def _set_mute(ctx: typer.Context, address: str, reason: str, now: datetime | None) -> None:
    with opened_store(ctx) as store, store.begin() as work:
        work.schedule.mute(address, reason, now)
        kind = "person muted" if now else "person unmuted"
        moment = now or datetime.now(UTC)
        work.tickets.note_event(None, kind, reason or "by hand", moment, address=address)
