"""``mailflow check``: numbered lines of what is right and what is wrong, each with its next step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import CONFIGURATION_INVALID, loaded_for

if TYPE_CHECKING:
    from rich.console import Console

    from mailflow.cli.diagnosis import Finding
    from mailflow.config import Loaded

_MARGIN = 29  # number, status and subject stand before what is said


def check(
    ctx: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what needs the network.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Say what is right and what is wrong, and what to do next. Changes nothing.

    Exit codes: 0 fine, 1 something failed, 3 the configuration is invalid, 4 a mail server cannot be
    reached or refuses the login.
    """
    from mailflow.cli.diagnosis import exit_code
    from mailflow.cli.screen import print_json, screen

    findings: list[Finding] = []
    console = screen()
    for number, finding in enumerate(_findings(ctx, offline=offline), start=1):
        findings.append(finding)
        if not as_json:
            print_finding(console, number, finding)
    if as_json:
        print_json(
            {
                "ok": exit_code(findings) == 0,
                "checks": [_record(number, f) for number, f in enumerate(findings, start=1)],
            }
        )
    raise typer.Exit(exit_code(findings))


def _findings(ctx: typer.Context, *, offline: bool) -> Iterator[Finding]:
    from mailflow.cli.diagnosis import (
        LOCAL,
        NETWORK,
        Finding,
        Status,
        look,
        look_at_configuration,
        look_at_secrets,
    )
    from mailflow.config import ConfigError

    try:
        loaded: Loaded = loaded_for(ctx)
    except ConfigError as error:
        for fault in error.faults:
            subject = " = ".join(part for part in (fault.key, fault.value) if part)
            cause = ": ".join(part for part in (fault.where, subject, fault.problem) if part)
            yield Finding("configuration", Status.FAILED, cause, fault.mend, CONFIGURATION_INVALID)
        return
    settings = loaded.settings
    yield from look_at_configuration(loaded)
    secrets = list(look_at_secrets(settings))
    yield from secrets
    for subject, at in NETWORK:
        if offline:
            yield Finding(subject, Status.SKIPPED, "not looked at, as --offline was given")
        elif any(f.status is Status.FAILED for f in secrets):
            yield Finding(subject, Status.SKIPPED, "not looked at without its password")
        else:
            yield from look(subject, at, settings)
    for subject, at in LOCAL:
        yield from look(subject, at, settings)


def _record(number: int, finding: Finding) -> dict[str, object]:
    return {
        "number": number,
        "subject": finding.subject,
        "status": finding.status.value,
        "cause": finding.cause,
        "next_step": finding.next_step,
    }


def print_finding(console: Console, number: int, finding: Finding) -> None:
    """One line, and the next step below it where there is one."""
    import textwrap

    from mailflow.cli.diagnosis import Status
    from mailflow.cli.screen import cell, printable

    looks = {
        Status.OK: ("ok", "green"),
        Status.WARNING: ("note", "yellow"),
        Status.FAILED: ("WRONG", "bold red"),
        Status.SKIPPED: ("left out", "dim"),
    }
    word, style = looks[finding.status]
    room = max(30, console.width - _MARGIN)
    first, *more = textwrap.wrap(printable(finding.cause), room) or [""]
    line = cell(f"{number:2} ").append(f"{word:8} ", style).append(f"{finding.subject:16} {first}")
    if finding.next_step:
        more += textwrap.wrap(f"→ {printable(finding.next_step)}", room, subsequent_indent="  ")
    console.print(line, soft_wrap=True)
    for text in more:
        console.print(cell(" " * _MARGIN + text), soft_wrap=True)
