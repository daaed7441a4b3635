"""What an agent can command by mail, and what can be wrong with it: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailflow.desk.changes import Change
from mailflow.desk.update_orders import Postpone, Veto
from mailflow.desk.when import When


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
    line: str  # as written, cut at the longest line; '' when it is about no one line
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


class UnreadableCommand(ValueError):
    """Why a command's line cannot be read: the three last fields of a fault."""

    def __init__(self, code: str, about: str, instead: str = "") -> None:
        super().__init__(code)
        self.code, self.about, self.instead = code, about[:100], instead

    def fault(self, line: str) -> CommandFault:
        return CommandFault(line, self.code, self.about, self.instead)
