"""The ``mailflow`` program: its nouns, its global options and its exit codes.

Each noun's module is imported when it is called, so that ``--help`` costs nothing: nothing here may
import pydantic, SQLAlchemy or scikit-learn, directly or through another module.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from mailflow import __version__
from mailflow.cli.outcome import CONFIGURATION_INVALID, FAILED, USAGE, Failure, GlobalOptions


class Noun(NamedTuple):
    """A command and where it lives; ``attribute`` is a Typer application or a function."""

    name: str
    module: str
    attribute: str
    help: str


NOUNS = (
    Noun("demo", "mailflow.cli.demo", "demo", "Show mailflow at work, on this machine alone."),
    Noun("init", "mailflow.cli.init", "init", "Write a config.toml from your answers and test it."),
    Noun("check", "mailflow.cli.check", "check", "Say what is right and what is wrong, and what to do next."),
    Noun("run", "mailflow.cli.run", "run", "Turn mail into tickets: the daemon, or one round with --once."),
    Noun("inspect", "mailflow.cli.inspect", "inspect", "Say what is read in a raw message and decided on it."),
    Noun("import", "mailflow.cli.import_", "import_", "Make tickets of old mail; no mail leaves."),
    Noun("ticket", "mailflow.cli.ticket", "app", "List, show, change and solve tickets."),
    Noun("article", "mailflow.cli.article", "app", "Known issues: add, edit, import, export, announce."),
    Noun("people", "mailflow.cli.people", "app", "Customers: their language, and who wants no updates."),
    Noun("outbox", "mailflow.cli.outbox", "app", "Mail waiting, sent, held or failed."),
    Noun("sending", "mailflow.cli.sending", "app", "What may leave: list the kinds of mail, switch them on and off."),
    Noun("shadow", "mailflow.cli.shadow", "app", "What would have been sent, beside what people really did."),
    Noun("replay", "mailflow.cli.replay", "replay", "Past days again with another configuration; nothing leaves."),
    Noun("quarantine", "mailflow.cli.quarantine", "app", "Messages that could not be handled: list, show, retry."),
    Noun("template", "mailflow.cli.template", "app", "The wording of notices: check, preview, compare, go back."),
    Noun("suggest", "mailflow.cli.suggest", "suggest", "Suggest priority and article for a text."),
    Noun("model", "mailflow.cli.model", "app", "Train, measure and look into the suggestion model."),
    Noun("config", "mailflow.cli.config", "app", "Show settings and where each came from; JSON Schema."),
    Noun("db", "mailflow.cli.db", "app", "Create or upgrade the database."),
)  # fmt: skip

#: Options that may stand anywhere on the line; the others belong to their command.
ANYWHERE = ("--config", "-c", "--set")


class LazyGroup(TyperGroup):
    """Knows the nouns by name and one line of help; imports a noun's module when it is called."""

    def __init__(self, **attrs: Any) -> None:  # what click hands a group
        super().__init__(**attrs)
        self.commands = {noun.name: TyperCommand(noun.name, help=noun.help) for noun in NOUNS}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, global_options_first(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        noun = next((noun for noun in NOUNS if args and noun.name == args[0]), None)
        if noun is None:
            return super().resolve_command(ctx, args)
        return noun.name, _load(noun), args[1:]


def _load(noun: Noun) -> Any:
    """The click command of a noun."""
    try:
        found = getattr(importlib.import_module(noun.module), noun.attribute)
    except ModuleNotFoundError as error:
        if error.name != noun.module:
            raise
        raise Failure(
            f"{noun.name} is not part of this installation", "install mailflow anew"
        ) from None
    if not isinstance(found, typer.Typer):
        single = typer.Typer(**_LOOK)
        single.command(noun.name)(found)
        found = single
    found._add_completion = False  # every noun looks like the root, whoever wrote it
    found.rich_markup_mode = None
    found.pretty_exceptions_enable = False
    command = typer.main.get_command(found)
    command.context_settings = {**_LOOK["context_settings"], **command.context_settings}
    command.name = noun.name
    return command


def global_options_first(args: Sequence[str]) -> list[str]:
    """``run --config x`` means ``--config x run``. Everything behind ``--`` stays where it is."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in ANYWHERE:
            first += [word, *[value for value in [next(words, None)] if value is not None]]
        elif word.startswith(("--config=", "--set=")):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


_LOOK: dict[str, Any] = {
    "add_completion": False,
    "no_args_is_help": False,
    "pretty_exceptions_enable": False,  # they print local variables: passwords among them
    "rich_markup_mode": None,  # importing rich costs half of what --help may cost
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
}
app = typer.Typer(
    cls=LazyGroup, name="mailflow", **{**_LOOK, "add_completion": True, "no_args_is_help": True}
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"mailflow {__version__}")
        raise typer.Exit


@app.callback(epilog="Start with `mailflow demo`, or with `mailflow init` for your own mailbox.")
def _root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="PATH",
            help="Configuration file; otherwise $MAILFLOW_CONFIG, ./config.toml, /etc/mailflow/config.toml.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One setting for this call, such as sending.mode=shadow.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """mailflow turns a support mailbox into a ticket queue without anyone leaving their mailbox."""
    flags: dict[str, str] = {}
    for word in settings or ():
        key, equals, value = word.partition("=")
        if not equals:
            raise typer.BadParameter(f"{word!r} is not KEY=VALUE", param_hint="--set")
        flags[key.strip()] = value
    ctx.obj = GlobalOptions(config=config, flags=flags)


def run(args: Sequence[str]) -> int:
    """Run the program with these arguments and return its exit code. Prints; never exits itself."""
    # Commands say themselves what is wrong; only those that set logging up want it said twice.
    logging.getLogger("mailflow").addHandler(logging.NullHandler())
    try:
        code = app(args=list(args), prog_name="mailflow", standalone_mode=True)
        return code if isinstance(code, int) else 0
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else FAILED if error.code else 0
    except Failure as failure:
        sys.stderr.write(f"mailflow: {failure}\n")
        return failure.code
    except BrokenPipeError:
        # The reader (head, less) went away; keep Python from complaining about it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        faults = getattr(error, "faults", None)  # ConfigError, known without importing it
        if type(error).__name__ != "ConfigError" or faults is None:
            raise
        for fault in faults:
            sys.stderr.write(f"mailflow: {fault}\n")
        return CONFIGURATION_INVALID


def main() -> None:
    """Entry point of the installed program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # mail holds what a terminal may not know
    sys.exit(run(sys.argv[1:]))


__all__ = ["NOUNS", "USAGE", "app", "main", "run"]
