"""The four answers about an incoming message, each with its reason, as one value.

*Store it? Thread it to what, on which proof? Wake a human? May we answer, with what?* They are
decided separately and recorded together, so that "why did this (not) happen?" always has an answer.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mailflow.desk.command_values import Command, CommandFault
from mailflow.desk.ticket import ParticipantRole, Priority, TicketKind, TicketStatus
from mailflow.desk.update_orders import UpdateOrder
from mailflow.desk.wishes import Wish


class Storing(enum.StrEnum):
    OPEN_TICKET = "open a ticket"
    ADD_TO_TICKET = "add to the ticket"
    SET_ASIDE = "set aside"


class Proof(enum.StrEnum):
    """What ties a message to a ticket, strongest first."""

    REPLY_ADDRESS = "signed reply address"
    SIGNED_REFERENCE = "signed Message-ID of ours in the thread"
    REFERENCES = "References"
    IN_REPLY_TO = "In-Reply-To"
    THREAD_INDEX = "Thread-Index"
    SUBJECT_TAG = "ticket number in the subject"
    SUBJECT_WINDOW = "same author and subject"
    SAME_SUBJECT = "same subject"  # whoever wrote: in trusted archives alone
    NONE = "none"


class Voice(enum.StrEnum):
    """As whom a message speaks in the ticket."""

    CUSTOMER = "customer"
    AGENT = "agent"
    MACHINE = "machine"


class Answer(enum.StrEnum):
    ACKNOWLEDGE = "acknowledge"
    RELAY = "pass the agent's answer on to the customer"
    TELL_AGENT = "tell the agent that nothing was sent"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class StoreDecision:
    value: Storing
    reason: str


@dataclass(frozen=True, slots=True)
class ThreadDecision:
    """``ticket_id`` is where it goes; ``linked_to`` a ticket it seems to be about but may not enter."""

    ticket_id: int | None
    proof: Proof
    reason: str
    linked_to: int | None = None


@dataclass(frozen=True, slots=True)
class WakeDecision:
    """Whether agents are notified. ``status`` is the ticket's new status, None when it stays."""

    value: bool
    reason: str
    status: TicketStatus | None = None


@dataclass(frozen=True, slots=True)
class AnswerDecision:
    value: Answer
    reason: str


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody who becomes a participant with this message."""

    address: str  # ASCII-lower-cased
    name: str
    role: ParticipantRole


@dataclass(frozen=True, slots=True)
class Decision:
    store: StoreDecision
    thread: ThreadDecision
    wake: WakeDecision
    answer: AnswerDecision
    voice: Voice
    verified: bool  # the author's domain is proven by a server we named
    joins: tuple[Joining, ...] = ()  # for a new ticket the requester comes first
    agent_address: str | None = None  # the proven agent, when voice is AGENT and it is known which
    priority: Priority | None = None  # for a new ticket
    queue: str | None = None  # for a new ticket
    commands: tuple[Command, ...] = ()  # of a proven agent
    command_faults: tuple[CommandFault, ...] = ()  # why none of them is carried out
    internal: bool = False  # an agent's words that are nobody's but the desk's
    exposed: tuple[str, ...] = ()  # outsiders who saw the agent's personal reply address
    kind: TicketKind | None = None  # for a new ticket
    blocked_address: str | None = None  # bounced for good: no more automatic mail to it
    warnings: tuple[str, ...] = ()
    order: UpdateOrder | None = None  # what an agent says to a planned progress update
    wish: Wish | None = None  # what the customer asks of mailflow itself

    def reasons(self) -> dict[str, dict[str, str]]:
        """The four answers for people and for the record."""
        thread = f"ticket {self.thread.ticket_id}" if self.thread.ticket_id else "no ticket"
        wake = "yes" if self.wake.value else "no"
        return {
            "store": {"answer": self.store.value, "reason": self.store.reason},
            "thread": {"answer": thread, "proof": self.thread.proof, "reason": self.thread.reason},
            "wake": {"answer": wake, "reason": self.wake.reason},
            "answer": {"answer": self.answer.value, "reason": self.answer.reason},
        }
