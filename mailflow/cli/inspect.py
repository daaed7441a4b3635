"""``mailflow inspect``: what is read in a raw message, and the four decisions about it, with reasons.

Needs neither mailbox nor database: the message is judged as if it were the first that ever came.
With a configuration, its addresses, agents and rules count.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli.outcome import FAILED, FINE, options_of

if TYPE_CHECKING:
    from rich.console import Console

    from mailflow.desk.decision import Decision
    from mailflow.desk.policy import Policy
    from mailflow.mail.message import IncomingMessage

MAX_OCTETS = 50_000_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What a message is judged on: the admin's rules, and the keys that prove our reply addresses."""

    policy: Policy
    keys: tuple[bytes, ...]


def inspect(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Raw messages, folders of them, or - for stdin."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line on stdout.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Print the whole new text, not its beginning.")
    ] = False,
) -> None:
    """Say what is read in raw messages and decided on them. Changes nothing.

    The message is judged as the first one ever: tickets of your database are not looked at.
    """
    from mailflow.cli.screen import print_json

    ground = _ground(ctx)
    code = FINE
    for name, octets in _messages(files):
        if isinstance(octets, str):
            code = FAILED
            if as_json:
                print_json({"file": name, "error": octets}, line=True)
            sys.stderr.write(f"mailflow: {name}: {octets}\n")
            continue
        message, decision = judged(octets, ground)
        if as_json:
            print_json(record(message, decision, name), line=True)
        else:
            _print(name, message, decision, full=full)
    raise typer.Exit(code)


def judged(octets: bytes, ground: Ground) -> tuple[IncomingMessage, Decision]:
    """A message as read, and the decision on it when nothing came before it."""
    from mailflow.desk.context import Source, ThreadContext
    from mailflow.desk.intake import decide_intake
    from mailflow.desk.reply_token import read_claims
    from mailflow.desk.suggestion import NO_SUGGESTION
    from mailflow.mail.message import OwnIdentity, RawMessage
    from mailflow.mail.parse import parse_message

    policy = ground.policy
    own = OwnIdentity(policy.own_addresses, policy.message_id_domain)
    message = parse_message(RawMessage(octets), own)
    claims = read_claims(message, ground.keys, datetime.now(UTC).date())
    decision = decide_intake(message, Source.INBOX, claims, ThreadContext(), NO_SUGGESTION, policy)
    return message, decision


def record(message: IncomingMessage, decision: Decision, name: str) -> dict[str, object]:
    """The facts (see inspection_record), and ``decision``: the four answers and who speaks."""
    from mailflow.mail.inspection import inspection_record

    return {
        **inspection_record(message, name),
        "decision": {
            **decision.reasons(),
            "voice": decision.voice.value,
            "verified": decision.verified,
            "warnings": list(decision.warnings),
        },
    }


def _ground(ctx: typer.Context) -> Ground:
    from mailflow.desk.policy import Policy

    options = options_of(ctx)
    named = options.config is not None or "MAILFLOW_CONFIG" in os.environ
    usual = (Path("config.toml"), Path("/etc/mailflow/config.toml"))
    if not named and not any(path.is_file() and os.access(path, os.R_OK) for path in usual):
        # A domain nobody can have (RFC 2606): no message is taken for our own.
        return Ground(Policy("support@mailflow.invalid", "Support"), ())
    from mailflow.cli.outcome import settings_for
    from mailflow.state import signing_keys
    from mailflow.wiring import policy_from

    settings = settings_for(ctx)
    folder = settings.state.directory
    keys = signing_keys(folder) if (folder / "mailflow.key").exists() else ()
    return Ground(policy_from(settings), keys)


def _messages(files: Iterable[Path]) -> Iterator[tuple[str, bytes | str]]:
    """Name and octets of every message; a str says why there are none."""
    for file in files:
        if str(file) == "-":
            yield "-", sys.stdin.buffer.read(MAX_OCTETS)
        elif file.is_dir():
            yield from (
                (str(found), _octets(found)) for found in sorted(file.rglob("*")) if found.is_file()
            )
        else:
            yield str(file), _octets(file)


def _octets(file: Path) -> bytes | str:
    """At most MAX_OCTETS of it: what is beyond can only be an attachment."""
    try:
        if not file.is_file():
            return "no such file" if not file.exists() else "is no ordinary file"
        with file.open("rb") as stream:
            return stream.read(MAX_OCTETS)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)


_SHOWN_LINES = 8
_SHOWN_CHARACTERS = 1000


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _print(name: str, message: IncomingMessage, decision: Decision, *, full: bool) -> None:
    from mailflow.cli.screen import cell, print_labelled, screen

    console = screen()
    console.print(cell(f"── {name} ", "bold"), soft_wrap=True)
    for label, value in _facts(message):
        print_labelled(console, label, cell(_shortened(value)))
    console.print()
    for question, said in decision.reasons().items():
        answer = cell(said["answer"], "bold")
        proof = said.get("proof", "none")
        because = said["reason"] if proof == "none" else f"{proof}: {said['reason']}"
        print_labelled(console, _QUESTIONS[question], answer.append(f"  ({because})", "not bold"))
    for warning in decision.warnings:
        print_labelled(console, "note", cell(warning, "yellow"))
    _print_new_text(console, message, full=full)


def _print_new_text(console: Console, message: IncomingMessage, *, full: bool) -> None:
    from mailflow.cli.screen import cell, printable

    lines = message.new_text.splitlines()
    console.print()
    if full:  # without rich, which takes its time over a megabyte
        console.file.writelines(f"  │ {printable(line)}\n" for line in lines)
    else:
        for line in lines[:_SHOWN_LINES]:
            shown = cell(f"  │ {line[:_SHOWN_CHARACTERS]}")
            console.print(shown, no_wrap=True, overflow="ellipsis")
    hidden = _hidden(message, 0 if full else len(lines) - _SHOWN_LINES)
    if hidden:
        console.print(cell(f"  └ {hidden}", "dim"), soft_wrap=True)
    console.print()


_QUESTIONS = {
    "store": "store it?",
    "thread": "which ticket?",
    "wake": "wake a human?",
    "answer": "answer?",
}


def _facts(message: IncomingMessage) -> Iterator[tuple[str, str]]:
    from mailflow.cli.screen import size_text

    author = message.author
    if author is None:
        yield "from", "nobody readable"
    else:
        ambiguous = " (one of several)" if message.author_ambiguous else ""
        yield (
            "from",
            (f"{author.name} <{author.address}>" if author.name else author.address) + ambiguous,
        )
    yield "to", ", ".join(to.address for to in (*message.to, *message.cc)[:5]) or "—"
    yield "subject", message.subject or "—"
    if message.date:
        yield "date", message.date.isoformat(" ", "minutes")
    yield "origin", f"{message.origin.kind.value} ({message.origin.rule})"
    if message.bounce:
        returned = ", ".join(
            f"{r.address} {r.action} {r.status}" for r in message.bounce.recipients
        )
        yield "bounce", returned
    if message.language:
        yield "language", message.language
    for attachment in message.attachments[:10]:
        size = size_text(attachment.size)
        yield "attachment", f"{attachment.filename} ({attachment.content_type}, {size})"
    if message.defects:
        yield "defects", ", ".join(message.defects)


def _hidden(message: IncomingMessage, cut: int) -> str:
    parts = [f"{cut} more lines, see --full"] if cut > 0 else []
    for what, text in (("quoted", message.hidden.quotes), ("signature", message.hidden.signature)):
        if text:
            parts.append(f"{len(text.splitlines())} lines {what}")
    return ", ".join(parts)
