"""Commands by mail: lines of their own at the top of an agent's new text. Pure.

A command is ``#word`` and what belongs to it, alone on its line; ``#`` because every telephone has it one
key away and none corrects, capitalises or links what begins with it. Case, blanks that cannot be seen,
full-width forms, a blank behind ``#`` and a full stop at the end do not matter. The commands end at the
first line of other text, so no quote, signature or forwarded mail below it is ever read as one.

Whatever begins like a command and is none stops the whole mail, however long it is: better back to its author
than half done, or with a customer. One scan over the lines, linear.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.desk.articles import in_language
from mailflow.desk.changes import (
    Change,
    MergeInto,
    SetArticle,
    SetDue,
    Snooze,
)
from mailflow.desk.command_values import (
    Command,
    CommandFault,
    CommandMail,
    DraftArticle,
    DueAt,
    OpenFor,
    SendArticle,
    SnoozeFor,
    SplitOff,
    TellCommands,
    UnreadableCommand,
    WriteNote,
)
from mailflow.desk.command_words import COMMAND_WORDS, read_command
from mailflow.desk.policy import Agent, Policy
from mailflow.desk.ticket import Article
from mailflow.desk.update_orders import Postpone, Veto
from mailflow.desk.when import moment_of
from mailflow.mail.html_text import html_to_text
from mailflow.mail.message import IncomingMessage

MAX_COMMANDS = 20
_MAX_LINE = 300  # characters; a longer one that begins like a command goes back to its author
_MAX_FAULTS = 20  # told of at once
_MAX_DRAFT = 5000  # characters of a mail given back mended

# Blanks, byte order marks and joiners that clients leave at the edges of a line.
_EDGES = " \t\r\x0b\x0c\x1c-\x1f\x85\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u205f\u2060\u2066-\u2069\u3000\ufeff"
_INVISIBLE = re.compile(f"[{_EDGES}]+")
_BEGINS = re.compile(r"#\s?([^\W\d_][\w-]{0,30})")
_COMMAND = re.compile(r"#\s?([^\W\d_][\w-]{0,30})(?:[\s:]+(.*))?$", re.DOTALL)
_SIGNATURE = re.compile(r"--\s*$")


def read_commands(
    message: IncomingMessage, agent: Agent, policy: Policy, articles: Mapping[str, Article]
) -> CommandMail:
    """The commands of a proven agent's mail. They count in a plain text part alone: HTML can hide lines.

    ``articles`` by their short names, and those the answered notice lists by their place in it too.
    """
    read = parse_commands(message.new_text, agent, policy)
    named = [c.article_id for c in read.commands if isinstance(c, SendArticle)]
    missing = tuple(_no_article(name, articles) for name in named if name not in articles)
    commands = tuple(_named(c, articles) for c in read.commands)
    read = replace(read, commands=commands, faults=(*read.faults, *missing))
    if not (read.commands or read.faults) or not _is_html_alone(message):
        return read
    lines = (_line(x).text for x in message.new_text.splitlines())
    line = next((x for x in lines if x.startswith("#")), "")
    return CommandMail(faults=(CommandFault(line[:_MAX_LINE], "html"),), rest=message.new_text)


def _named(command: Command, articles: Mapping[str, Article]) -> Command:
    if isinstance(command, SendArticle) and command.article_id in articles:
        return SendArticle(articles[command.article_id].id)
    return command


def _no_article(name: str, articles: Collection[str]) -> CommandFault:
    near = difflib.get_close_matches(name, articles, n=1, cutoff=0.5)
    meant = f"#article {near[0]}" if near else ""
    return CommandFault(f"#article {name}", "article", name[:100], meant)


def _is_html_alone(message: IncomingMessage) -> bool:
    if message.html is None:
        return False
    return html_to_text(message.html).split() == message.text.split()


def parse_commands(text: str, agent: Agent, policy: Policy) -> CommandMail:
    """Commands on the leading lines of ``text``; blank lines between them do not matter."""
    lines = text.split("\n")
    commands: list[Command] = []
    faults: list[CommandFault] = []
    below = len(lines)
    for number, written in enumerate(lines):
        line = _line(written)
        if not line.text:
            continue
        if _BEGINS.match(line.text) is None:
            below = number
            break
        try:
            commands.append(_read_line(line, agent, policy))
        except UnreadableCommand as unreadable:
            faults.append(unreadable.fault(line.text))
        if len(commands) > MAX_COMMANDS or len(faults) >= _MAX_FAULTS:
            break  # nothing is carried out: what is wrong with the rest need not be known
    if len(commands) > MAX_COMMANDS:
        faults.insert(0, CommandFault("", "many", str(MAX_COMMANDS)))
    rest = "\n".join(lines[below:]).strip("\n")
    if not any(isinstance(c, WriteNote | OpenFor) for c in commands):
        faults += _misplaced(lines[below:], agent, policy)
    return CommandMail(tuple(commands), tuple(faults[:_MAX_FAULTS]), rest)


def _misplaced(lines: list[str], agent: Agent, policy: Policy) -> list[CommandFault]:
    """Commands below other text: not carried out, and never sent to a customer either.

    ``# open the port`` is a line of somebody's script: with a blank behind ``#`` it must be a whole command.
    """
    for written in lines:
        line = _line(written)
        if _SIGNATURE.match(line.text):
            break
        begins = _BEGINS.match(line.text)
        if begins is None or begins[1].casefold() not in COMMAND_WORDS:
            continue
        try:
            _read_line(line, agent, policy)
        except UnreadableCommand as unreadable:
            if line.text[1].isspace() and unreadable.code != "long":
                continue
        return [CommandFault(line.text, "below", "", line.text)]
    return []


def mended(text: str, faults: Sequence[CommandFault]) -> str:
    """The mail as it was perhaps meant, for its author to look over; '' where it is too long to give back."""
    if len(text) > _MAX_DRAFT:
        return ""
    moved = [f.line for f in faults if f.code == "below"]
    instead = {f.line: f.instead for f in faults if f.instead and f.code != "below"}
    kept = []
    for written in text.split("\n"):
        line = _line(written).text
        if line in moved:
            continue
        kept.append(instead.get(line, written) if line else written)
    return "\n".join([*moved, *kept]).strip("\n")


def spoken_by(
    message: IncomingMessage, read: CommandMail, articles: Mapping[str, Article], language: str
) -> IncomingMessage:
    """The message as it may be passed on: its words without the commands, and the articles they send."""
    named = [articles[c.article_id] for c in read.commands if isinstance(c, SendArticle)]
    sent = [in_language(article, language) for article in named]
    parts = [read.rest, *(f"{a.title}\n\n{a.body.strip()}" for a in sent)]
    return replace(message, new_text="\n\n".join(p for p in parts if p.strip()))


def change_of(command: Command, policy: Policy, queue: str | None, now: datetime) -> Change | None:
    """The change a command asks for, its moment counted from ``now``; None where it is more than a change."""
    zone = policy.calendar(queue).zone
    match command:
        case SnoozeFor(when):
            return Snooze(moment_of(when, now, zone) if when else None)
        case DueAt(when):
            return SetDue(moment_of(when, now, zone) if when else None)
        case SendArticle(article_id):
            return SetArticle(article_id)
        case (
            WriteNote()
            | DraftArticle()
            | SplitOff()
            | OpenFor()
            | Postpone()
            | Veto()
            | TellCommands()
        ):
            return None
        case _:
            return command


def in_order(commands: Iterable[Command]) -> list[Command]:
    """As written, but what a priority would plan anew comes after it, and merging last: a merged ticket is gone."""
    return sorted(
        commands, key=lambda c: (isinstance(c, MergeInto), isinstance(c, Postpone | Veto))
    )


@dataclass(frozen=True, slots=True)
class _Line:
    text: str  # as it is judged, cut at ``_MAX_LINE``
    whole: bool


_MARKED = re.compile(r"[\\*_]{1,4}(?=#)")


def _line(written: str) -> _Line:
    """One line with compatibility forms and invisible edges taken away."""
    edge = _INVISIBLE.match(written)
    start = edge.end() if edge else 0
    end = start + 4 * _MAX_LINE  # composing characters takes longer than reading them
    line = unicodedata.normalize("NFKC", _INVISIBLE.sub(" ", written[start:end])).strip()
    if _MARKED.match(line):  # bold, or as Markdown writers put it
        line = line.lstrip("\\*_").rstrip("*_")
    if line.startswith("#"):
        line = line.rstrip(" .,;!")
    whole = not written[end:].strip() and len(line) <= _MAX_LINE
    return _Line(line[:_MAX_LINE], whole)


def _read_line(line: _Line, agent: Agent, policy: Policy) -> Command:
    begins, match = _BEGINS.match(line.text), _COMMAND.match(line.text)
    word = begins[1] if begins else ""
    if not line.whole:
        raise UnreadableCommand("long", str(_MAX_LINE))
    if match is None:
        # Something is glued to it: "#solved/now", or a longer word than there is.
        meant = f"#{word.casefold()}" if word.casefold() in COMMAND_WORDS else ""
        raise UnreadableCommand("unknown", line.text.split()[0], meant)
    return read_command(match[1], match[2] or "", agent, policy)
