"""The words of the command language, each with the function that reads what stands behind it. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailflow.desk.changes import (
    Assign,
    LinkTo,
    MergeInto,
    Mute,
    SetKind,
    SetPriority,
    SetQueue,
    SetStatus,
    SetTags,
    tag_from,
)
from mailflow.desk.command_values import (
    Command,
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
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.desk.ticket import Priority, TicketKind, TicketStatus
from mailflow.desk.update_orders import read_order
from mailflow.desk.when import When, parse_when

_LINKED = re.compile(r"<(?:mailto:)?([^<>\s]+)>", re.IGNORECASE)


def read_command(word: str, rest: str, agent: Agent, policy: Policy) -> Command:
    name = word.casefold()
    reader = COMMAND_WORDS.get(name)
    if reader is None:
        near = difflib.get_close_matches(name, COMMAND_WORDS, n=1, cutoff=0.6)
        meant = f"#{near[0]} {rest}".strip() if near else ""
        raise UnreadableCommand("unknown", f"#{word}", meant)
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
            raise UnreadableCommand("extra", f"#{self.word}", f"#{self.word}")

    def needed(self, example: str) -> str:
        if not self.rest:
            raise UnreadableCommand("missing", f"#{self.word}", f"#{self.word} {example}")
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
        raise UnreadableCommand("status", word, f"#status {near[0] if near else 'solved'}")
    return SetStatus(known[word])


def _priority(said: _Said) -> Command:
    word = said.word
    if word in ("priority", "prio"):
        word = said.needed("high").casefold()
    else:
        said.nothing_more()
    if word not in list(Priority):
        near = difflib.get_close_matches(word, list(Priority), n=1, cutoff=0.5)
        raise UnreadableCommand("priority", word, f"#priority {near[0] if near else 'high'}")
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
        raise UnreadableCommand("agent", who, meant)
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
        raise UnreadableCommand("tag", bad)
    return SetTags(remove=tags) if said.word == "untag" else SetTags(add=tags)


def _when(said: _Said) -> When:
    when = parse_when(said.needed("monday"))
    if when is None:
        raise UnreadableCommand("moment", said.rest, f"#{said.word} 3d")
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
        raise UnreadableCommand("number", said.rest)
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
        raise UnreadableCommand("kind", word, "#kind question")
    return SetKind(kinds[word])


def _queue(said: _Said) -> Command:
    name = said.needed("billing").casefold()
    if name in ("none", "nothing"):
        return SetQueue(None)
    if said.policy.queue(name) is None:
        known = [q.name for q in said.policy.queues]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        raise UnreadableCommand("queue", name, f"#queue {near[0]}" if near else "")
    return SetQueue(name)


def _open_for(said: _Said) -> Command:
    address = ascii_lower(said.needed("mia@example.org").split()[-1])
    if not is_plain_address(address):
        raise UnreadableCommand("address", address)
    if address in said.policy.own_addresses or said.policy.agent(address):
        raise UnreadableCommand("ours", address)
    return OpenFor(address)


def _order(said: _Said) -> Command:
    order = read_order(f"{said.word} {said.rest}".strip())
    if order is None:
        usual = "#postpone 1d" if said.word == "postpone" else f"#{said.word}"
        raise UnreadableCommand("moment" if said.word == "postpone" else "extra", said.rest, usual)
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
COMMAND_WORDS: dict[str, _Reader] = {
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
