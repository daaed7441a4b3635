"""``mailflow config``: what is set and where it came from; the schema for editors."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

import typer

from mailflow.cli.outcome import loaded_for
from mailflow.cli.screen import cell, print_json, screen
from mailflow.config.faults import shown
from mailflow.config.show import ShownSetting, json_schema, shown_settings

app = typer.Typer(help="Show settings and where each came from; JSON Schema.", no_args_is_help=True)


@app.command()
def show(
    ctx: typer.Context,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say where each value came from.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Print every setting in force. Secrets are masked."""
    settings = shown_settings(loaded_for(ctx))
    if as_json:
        print_json({line.key: {"value": line.value, "origin": line.origin} for line in settings})
        return
    for section, lines in groupby(settings, key=lambda line: line.key.partition(".")[0]):
        _print_section(section, list(lines), origin=origin)


def _print_section(section: str, lines: list[ShownSetting], *, origin: bool) -> None:
    console = screen()
    if isinstance(lines[0].value, list) and "." not in lines[0].key:
        for item in lines[0].value:
            console.print(cell(f"[[{section}]]", "bold"))
            for key, value in item.items():
                console.print(cell(f"{key} = {shown(value)}"), soft_wrap=True)
    else:
        console.print(cell(f"[{section}]", "bold"))
        for line in lines:
            text = cell(f"{line.key.partition('.')[2]} = {shown(line.value)}")
            if origin:
                text.append(f"  # {line.origin}", "dim" if line.origin == "default" else "cyan")
            console.print(text, soft_wrap=True)
    console.print()


@app.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file."""
    print_json(json_schema())
