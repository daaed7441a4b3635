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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailflow.desk.articles import in_language
from mailflow.desk.changes import (
    Assign,
    Change,
    LinkTo,
    MergeInto,
    Mute,
    SetArticle,
    SetDue,
    SetKind,
    SetPriority,
    SetQueue,
    SetStatus,
    SetTags,
    Snooze,
    tag_from,
)
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.desk.ticket import Article, Priority, TicketKind, TicketStatus
from mailflow.desk.update_orders import Postpone, Veto, read_order
from mailflow.desk.when import When, moment_of, parse_when
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
_LINKED = re.compile(r"<(?:mailto:)?([^<>\s]+)>", re.IGNORECASE)
_SIGNATURE = re.compile(r"--\s*$")


@dataclass(frozen=True, slots=True)
class SnoozeFor:
    when: When | None  # None: end it


@dataclass(frozen=True, slots=True)
class DueAt:
    when: When | None


@dataclass(frozen=True, slots=True)
class WriteNote:
    """The whole mail stays internal."""


@dataclass(frozen=True, slots=True)
class SendArticle:
    article_id: str


@dataclass(frozen=True, slots=True)
class DraftArticle:
    """The answer becomes the draft of an article; without a title the ticket's subject is it."""

    title: str = ""


@dataclass(frozen=True, slots=True)
class SplitOff:
    """The message answered, and what came after it, become a ticket of their own."""


@dataclass(frozen=True, slots=True)
class OpenFor:
    """The mail's text becomes a new ticket of this requester."""

    address: str


@dataclass(frozen=True, slots=True)
class TellCommands:
    """The author wants to know what commands there are."""


Command = (
    Change
    | SnoozeFor
    | DueAt
    | WriteNote
    | SendArticle
    | DraftArticle
    | SplitOff
    | OpenFor
    | Postpone
    | Veto
    | TellCommands
)


#: What can be wrong with a command, by the code that templates put into the agent's language.
FAULT_WORDS: Mapping[str, str] = {
    "unknown": "there is no command {about}",
    "extra": "{about} takes nothing behind it",
    "missing": "{about} needs something behind it",
    "status": "there is no status {about}",
    "priority": "there is no priority {about}",
    "kind": "there is no kind {about}",
    "queue": "there is no queue {about}",
    "article": "there is no article {about}",
    "agent": "{about} is no agent of this desk",
    "tag": "{about} cannot be a tag",
    "moment": "{about} is no moment it knows: write 3d, 2h, friday, tomorrow 14:00 or 2026-12-01",
    "number": "{about} is no number of a ticket",
    "address": "{about} is no mail address",
    "ours": "{about} is ours: name the customer",
    "long": "a command's line has at most {about} characters",
    "many": "a mail has at most {about} commands",
    "below": "commands stand at the top, before any other text",
    "html": "commands are read from plain text, and your mail program sent HTML alone",
    "split": "only a later message of a customer can be split off",
    "answered": "ticket {about} was answered, so it cannot be new again: open is what you want",
    "reopen": "ticket {about} is finished; reopen it first",
    "past": "{about} is past",
    "far": "{about} is too far away",
    "tags": "a ticket has at most {about} tags",
    "itself": "ticket {about} is this one",
    "ticket": "there is no ticket {about}",
    "gone": "ticket {about} was deleted or merged into another",
}


@dataclass(frozen=True, slots=True)
class CommandFault:
    line: str  # as written, cut at ``_MAX_LINE``; '' when it is about no one line
    code: str  # of FAULT_WORDS
    about: str = ""
    instead: str = ""  # the line, or lines, that were perhaps meant

    @property
    def why(self) -> str:
        return FAULT_WORDS[self.code].format(about=self.about)


@dataclass(frozen=True, slots=True)
class CommandMail:
    """What an agent's new text says: commands, what is wrong with them, and the words below."""

    commands: tuple[Command, ...] = ()
    faults: tuple[CommandFault, ...] = ()
    rest: str = ""

    @property
    def is_internal(self) -> bool:
        """Whether nothing of the mail goes to the customer: a note, or words that begin another ticket."""
        return any(isinstance(c, WriteNote | OpenFor) for c in self.commands)

    @property
    def says_something(self) -> bool:
        """Whether there is anything to pass on. A file beside mere commands is a signature's picture."""
        sends = any(isinstance(c, SendArticle) for c in self.commands)
        return bool(self.rest.strip()) or sends or not self.commands


class _Unreadable(ValueError):
    """Why a command's line cannot be read: the three last fields of a fault."""

    def __init__(self, code: str, about: str, instead: str = "") -> None:
        super().__init__(code)
        self.code, self.about, self.instead = code, about[:100], instead

    def fault(self, line: str) -> CommandFault:
        return CommandFault(line, self.code, self.about, self.instead)


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
        except _Unreadable as unreadable:
            faults.append(unreadable.fault(line.text))
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
        if begins is None or begins[1].casefold() not in _WORDS:
            continue
        try:
            _read_line(line, agent, policy)
        except _Unreadable as unreadable:
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
        raise _Unreadable("long", str(_MAX_LINE))
    if match is None:
        # Something is glued to it: "#solved/now", or a longer word than there is.
        meant = f"#{word.casefold()}" if word.casefold() in _WORDS else ""
        raise _Unreadable("unknown", line.text.split()[0], meant)
    return _read(match[1], match[2] or "", agent, policy)


def _read(word: str, rest: str, agent: Agent, policy: Policy) -> Command:
    name = word.casefold()
    reader = _WORDS.get(name)
    if reader is None:
        near = difflib.get_close_matches(name, _WORDS, n=1, cutoff=0.6)
        meant = f"#{near[0]} {rest}".strip() if near else ""
        raise _Unreadable("unknown", f"#{word}", meant)
    argument = _LINKED.sub(lambda m: " " + m[1], rest).strip()
    return reader(_Said(name, argument, agent, policy))


@dataclass(frozen=True, slots=True)
class _Said:
    word: str
    rest: str
    agent: Agent
    policy: Policy

    def nothing_more(self) -> None:
        if self.rest:
            raise _Unreadable("extra", f"#{self.word}", f"#{self.word}")

    def needed(self, example: str) -> str:
        if not self.rest:
            raise _Unreadable("missing", f"#{self.word}", f"#{self.word} {example}")
        return self.rest


def _status(said: _Said) -> Command:
    word = said.word
    if word == "status":
        word = said.needed("solved").casefold()
    else:
        said.nothing_more()
    known = {**_STATUS_WORDS, **{s.value: s for s in TicketStatus}}
    if word not in known:
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
        raise _Unreadable("status", word, f"#status {near[0] if near else 'solved'}")
    return SetStatus(known[word])


def _priority(said: _Said) -> Command:
    word = said.word
    if word in ("priority", "prio"):
        word = said.needed("high").casefold()
    else:
        said.nothing_more()
    if word not in list(Priority):
        near = difflib.get_close_matches(word, list(Priority), n=1, cutoff=0.5)
        raise _Unreadable("priority", word, f"#priority {near[0] if near else 'high'}")
    return SetPriority(Priority(word))


def _claim(said: _Said) -> Command:
    said.nothing_more()
    return Assign(said.agent.address)


def _unassign(said: _Said) -> Command:
    said.nothing_more()
    return Assign(None)


def _assign(said: _Said) -> Command:
    who = said.needed("me").removeprefix("to ")
    folded = who.casefold().lstrip("@")
    if folded in ("me", "myself"):
        return Assign(said.agent.address)
    if folded in ("nobody", "none"):
        return Assign(None)
    address = ascii_lower(who.split()[-1])
    found = [a for a in said.policy.agents if a.address == address or a.name.casefold() == folded]
    if not found:  # a first name will do where it is only one person's
        first = [a for a in said.policy.agents if folded in a.name.casefold().split()]
        found = first if len(first) == 1 else []
    if not found:
        names = [a.name or a.address for a in said.policy.agents]
        near = difflib.get_close_matches(who, names, n=1, cutoff=0.5)
        meant = f"#assign {near[0]}" if near else ""
        raise _Unreadable("agent", who, meant)
    return Assign(found[0].address)


def _note(said: _Said) -> Command:
    return WriteNote()


def _article(said: _Said) -> Command:
    return SendArticle(said.needed("login-loop").casefold())


def _draft_article(said: _Said) -> Command:
    return DraftArticle(said.rest[:200])


def _tag(said: _Said) -> Command:
    tags = tuple(said.needed("vpn").replace(",", " ").split())
    bad = next((t for t in tags if tag_from(t) is None), None)
    if bad is not None:
        raise _Unreadable("tag", bad)
    return SetTags(remove=tags) if said.word == "untag" else SetTags(add=tags)


def _when(said: _Said) -> When:
    when = parse_when(said.needed("monday"))
    if when is None:
        raise _Unreadable("moment", said.rest, f"#{said.word} 3d")
    return when


def _snooze(said: _Said) -> Command:
    return SnoozeFor(None if said.rest.casefold() in ("none", "off", "end") else _when(said))


def _wake(said: _Said) -> Command:
    said.nothing_more()
    return SnoozeFor(None)


def _due(said: _Said) -> Command:
    return DueAt(None if said.rest.casefold() in ("none", "off", "never") else _when(said))


_NUMBER = re.compile(r"(?:(?:in)?to |with )?(?:ticket )?\[?#?(\d{1,9})\]?", re.IGNORECASE)


def _number(said: _Said) -> int:
    match = _NUMBER.fullmatch(said.needed("12"))
    if match is None or not 0 < int(match[1]) < 2**31:
        raise _Unreadable("number", said.rest)
    return int(match[1])


def _merge(said: _Said) -> Command:
    return MergeInto(_number(said))


def _link(said: _Said) -> Command:
    return LinkTo(_number(said))


def _split(said: _Said) -> Command:
    said.nothing_more()
    return SplitOff()


def _mute(said: _Said) -> Command:
    said.nothing_more()
    return Mute(said.word == "mute")


def _kind(said: _Said) -> Command:
    word = said.needed("question").casefold()
    kinds = {**{k.value: k for k in TicketKind}, "feature": TicketKind.FEATURE_REQUEST}
    if word not in kinds:
        raise _Unreadable("kind", word, "#kind question")
    return SetKind(kinds[word])


def _queue(said: _Said) -> Command:
    name = said.needed("billing").casefold()
    if name in ("none", "nothing"):
        return SetQueue(None)
    if said.policy.queue(name) is None:
        known = [q.name for q in said.policy.queues]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        raise _Unreadable("queue", name, f"#queue {near[0]}" if near else "")
    return SetQueue(name)


def _open_for(said: _Said) -> Command:
    address = ascii_lower(said.needed("mia@example.org").split()[-1])
    if not is_plain_address(address):
        raise _Unreadable("address", address)
    if address in said.policy.own_addresses or said.policy.agent(address):
        raise _Unreadable("ours", address)
    return OpenFor(address)


def _order(said: _Said) -> Command:
    order = read_order(f"{said.word} {said.rest}".strip())
    if order is None:
        usual = "#postpone 1d" if said.word == "postpone" else f"#{said.word}"
        raise _Unreadable("moment" if said.word == "postpone" else "extra", said.rest, usual)
    return order


def _help(said: _Said) -> Command:
    return TellCommands()


_STATUS_WORDS = {
    "solved": TicketStatus.SOLVED,
    "solve": TicketStatus.SOLVED,
    "done": TicketStatus.SOLVED,
    "closed": TicketStatus.CLOSED,
    "close": TicketStatus.CLOSED,
    "open": TicketStatus.OPEN,
    "reopen": TicketStatus.OPEN,
    "pending": TicketStatus.PENDING,
    "waiting": TicketStatus.PENDING,
    "hold": TicketStatus.ON_HOLD,
    "onhold": TicketStatus.ON_HOLD,
}
_Reader = Callable[[_Said], Command]
_WORDS: dict[str, _Reader] = {
    **dict.fromkeys(_STATUS_WORDS, _status),
    "status": _status,
    **dict.fromkeys((p.value for p in Priority), _priority),
    "priority": _priority,
    "prio": _priority,
    "assign": _assign,
    "claim": _claim,
    "take": _claim,
    "mine": _claim,
    "unassign": _unassign,
    "note": _note,
    "internal": _note,
    "article": _article,
    "make-article": _draft_article,
    "tag": _tag,
    "tags": _tag,
    "untag": _tag,
    "snooze": _snooze,
    "wake": _wake,
    "due": _due,
    "merge": _merge,
    "link": _link,
    "split": _split,
    "mute": _mute,
    "unmute": _mute,
    "kind": _kind,
    "queue": _queue,
    "for": _open_for,
    "postpone": _order,
    "veto": _order,
    "skip": _order,
    "help": _help,
}
