"""The words of the mirror: which folder stands for a status, which keyword for what. Pure.

Keywords are IMAP flags without a backslash, compared without regard to case (RFC 9051 2.3.2). ``words`` are named
for people; ``thunderbird`` uses the five tags that every Thunderbird shows in colour without any set-up. The flag
(the star on phones) stands for priority high and urgent in both, because every client and server has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from mailflow.desk.ticket import Priority, TicketStatus

Marks = frozenset[str]

FLAG = "\\Flagged"
AGENT_PREFIX = "agent_"
ARTICLE_PREFIX = "article_"

WORDS: Mapping[str, str] = MappingProxyType(
    {"urgent": "urgent", "high": "high", "low": "low", "answer due": "answer_due"}
)
#: The fixed keys behind Thunderbird's own tags: Important, Work, Personal, To Do, Later.
THUNDERBIRD: Mapping[str, str] = MappingProxyType(
    {"urgent": "$label1", "high": "$label2", "low": "$label5", "answer due": "$label4"}
)
TAG_SETS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"words": WORDS, "thunderbird": THUNDERBIRD, "none": {}}
)

_NOT_ATOM = re.compile(r"[^a-z0-9.\-]+")
_MAX_ATOM = 60


class ShowsMarks(Protocol):
    """What marks are made from."""

    @property
    def priority(self) -> Priority: ...
    @property
    def assignee(self) -> str | None: ...
    @property
    def article_id(self) -> str | None: ...
    @property
    def answer_due(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Scheme:
    """Folder names as the server knows them (prefix and delimiter included), and the keywords.

    ``inbox`` may itself stand for a status. ``agents`` maps keyword to address.
    """

    inbox: str
    folders: Mapping[TicketStatus, str]  # every status but closed
    junk: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: WORDS)
    agents: Mapping[str, str] = field(default_factory=dict)
    flag: str = FLAG
    flagged: frozenset[Priority] = frozenset({Priority.HIGH, Priority.URGENT})

    @property
    def watched(self) -> tuple[str, ...]:
        """Every folder a ticket's messages may lie in, the inbox first."""
        return tuple(dict.fromkeys((self.inbox, *self.folders.values())))

    def status_of(self, folder: str) -> TicketStatus | None:
        return next((s for s, name in self.folders.items() if name == folder), None)

    # ── reading keywords ────────────────────────────────────────────────────────────────────────

    def ours(self, flags: Iterable[str]) -> Marks:
        """Of all flags of a message those this scheme gives a meaning to, as it spells them."""
        known = {m.lower(): m for m in (self.flag, *self.tags.values(), *self.agents)}
        marks = set()
        for flag in flags:
            low = flag.lower()
            if low in known:
                marks.add(known[low])
            elif self.tags and low.startswith(ARTICLE_PREFIX) and len(low) > len(ARTICLE_PREFIX):
                marks.add(low)
        return frozenset(marks)

    def priority_of(self, mark: str) -> Priority | None:
        return next(
            (p for p in Priority if mark and self.tags.get(p.value) == mark),
            None,
        )

    def agent_of(self, mark: str) -> str | None:
        return self.agents.get(mark)

    def article_of(self, mark: str) -> str | None:
        return mark.removeprefix(ARTICLE_PREFIX) if mark.startswith(ARTICLE_PREFIX) else None

    # ── writing keywords ────────────────────────────────────────────────────────────────────────

    def marks_for(self, ticket: ShowsMarks, *, keywords: bool = True) -> Marks:
        """All marks a message of ``ticket`` carries; only the flag where the folder keeps no keywords."""
        marks = set(self.priority_marks(ticket.priority))
        agent = next((k for k, address in self.agents.items() if address == ticket.assignee), None)
        if agent:
            marks.add(agent)
        if ticket.article_id and self.tags:
            marks.add(article_mark(ticket.article_id))
        if ticket.answer_due and "answer due" in self.tags:
            marks.add(self.tags["answer due"])
        return frozenset(marks if keywords else marks & {self.flag})

    def priority_mark(self, priority: Priority) -> str:
        return self.tags.get(priority.value, "")

    def priority_marks(self, priority: Priority) -> Marks:
        tag = {self.tags[priority.value]} if priority.value in self.tags else set()
        return frozenset(tag | ({self.flag} if priority in self.flagged else set()))

    def only_priority(self, marks: Marks) -> Marks:
        return frozenset(m for m in marks if m == self.flag or self.priority_of(m) is not None)


def article_mark(article_id: str) -> str:
    return ARTICLE_PREFIX + _NOT_ATOM.sub("_", article_id.lower())[:_MAX_ATOM]


def agent_marks(addresses: Iterable[str]) -> dict[str, str]:
    """One keyword for each agent: ``agent_ann`` for ann@example.org, the whole address where two share a name.

    >>> agent_marks(["ann@a.org", "bob@a.org", "bob@b.org"])
    {'agent_ann': 'ann@a.org', 'agent_bob_a.org': 'bob@a.org', 'agent_bob_b.org': 'bob@b.org'}
    """
    kept = list(dict.fromkeys(addresses))
    short = [_NOT_ATOM.sub("_", a.rpartition("@")[0].lower())[:_MAX_ATOM] for a in kept]
    names = [
        name if short.count(name) == 1 else _NOT_ATOM.sub("_", address.lower())[: 2 * _MAX_ATOM]
        for name, address in zip(short, kept, strict=True)
    ]
    return {AGENT_PREFIX + name: address for name, address in zip(names, kept, strict=True)}


# ── from what the admin wrote to what the server has ────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MirrorRules:
    """What an admin decided about the mirror. Folder paths are written with ``/`` whatever the server uses."""

    folders: Mapping[TicketStatus, str]
    tags: str = "words"  # a key of TAG_SETS
    junk_folder: str = ""
    drafts_folder: str = ""
    drafts: bool = True
    file_sent: str = "auto"  # auto | always | never


def scheme_for(
    rules: MirrorRules,
    agents: Iterable[str],
    inbox: str,
    spell: Callable[[str], str],
    junk: str | None,
) -> Scheme:
    """``spell`` writes a path as the server does. ``inbox`` and ``junk`` are the server's names already."""
    return Scheme(
        inbox=inbox,
        folders={
            status: inbox if path == inbox else spell(path)
            for status, path in rules.folders.items()
        },
        junk=junk,
        tags=TAG_SETS[rules.tags],
        agents=agent_marks(agents) if TAG_SETS[rules.tags] else {},
    )
