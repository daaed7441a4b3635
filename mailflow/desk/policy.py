"""What an admin decided, as plain values. The configuration file becomes these; decisions read only these."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from mailflow.desk.calendar import Calendar, Quiet, calendar_for
from mailflow.desk.clocks import ClockPolicy
from mailflow.desk.ticket import Priority


class SendingMode(enum.StrEnum):
    SHADOW = "shadow"  # everything is decided, rendered and recorded; no automatic mail leaves
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Agent:
    address: str  # ASCII-lower-cased
    name: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Tickets that came to certain addresses, and whom they concern."""

    name: str  # lower-case
    addresses: frozenset[str]  # ASCII-lower-cased
    agents: tuple[str, ...] = ()  # their addresses; empty: every agent
    update_every: Mapping[Priority, timedelta] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Budgets:
    """At most this many automatic mails. Past the last one the outbox is held (the fuse)."""

    per_address_per_hour: int = 2
    per_address_per_day: int = 5
    per_ticket_per_day: int = 10
    per_domain_per_hour: int = 50
    per_hour: int = 300
    internal_per_ticket_per_hour: int = 20  # notifications about one ticket to one agent
    person_per_ticket_per_hour: int = 30  # relayed answers: two lying responders stop here


def _default_update_intervals() -> Mapping[Priority, timedelta]:
    hours = {Priority.LOW: 72, Priority.NORMAL: 24, Priority.HIGH: 8, Priority.URGENT: 2}
    return MappingProxyType({p: timedelta(hours=h) for p, h in hours.items()})


@dataclass(frozen=True, slots=True)
class ProgressPolicy:
    """How long we may stay silent. Each update without news waits `backoff` times longer; `max_updates` ends it."""

    enabled: bool = True
    every: Mapping[Priority, timedelta] = field(default_factory=_default_update_intervals)
    max_updates: int = 5
    backoff: float = 2.0
    warn_before: timedelta | None = None  # agents see each update so long before it leaves
    quiet: Quiet = field(default_factory=Quiet)  # in force where a calendar says in which zone


@dataclass(frozen=True, slots=True)
class AutoClosePolicy:
    """After how long without a word a ticket closes by itself; None: never. Days are working days."""

    pending: timedelta | None = None
    solved: timedelta | None = None
    announce_before: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Policy:
    support_address: str
    support_name: str
    organisation: str = ""
    language: str = "en"
    own_addresses: frozenset[str] = frozenset()  # lower-case, the support address among them
    agents: tuple[Agent, ...] = ()
    queues: tuple[Queue, ...] = ()
    mode: SendingMode = SendingMode.SHADOW
    acknowledge: bool = True
    if_urgent: str = ""  # told in acknowledgements
    budgets: Budgets = Budgets()
    progress: ProgressPolicy = ProgressPolicy()
    calendars: tuple[Calendar, ...] = ()
    clocks: tuple[ClockPolicy, ...] = ()
    auto_close: AutoClosePolicy = AutoClosePolicy()
    ask_if_it_helped: bool = False  # two links in the mail that says a ticket is solved
    authserv_id: str = ""  # believed in Authentication-Results; '' believes nobody
    largest_message: int = 50_000_000  # octets; of a larger one only so many are fetched
    reply_by_subaddress: bool = True
    link_base: str = ""  # https: address that links in mails begin with; '' makes them open mails
    token_lifetime: timedelta = timedelta(days=365)
    envelope_sender: str = "token"  # token | null | an address
    subject_window: timedelta = timedelta(0)  # 0 is off
    agent_name: str = "{agent} ({desk})"  # as whom an agent's answer comes
    customers_see_articles: bool = True  # still only above the measured precision target

    @property
    def domain(self) -> str:
        return self.support_address.rpartition("@")[2]

    @property
    def message_id_domain(self) -> str:
        """The right-hand side of our Message-IDs: a name nobody else on our domain writes ids with."""
        return f"mailflow.{self.domain}"

    def calendar(self, queue: str | None = None) -> Calendar:
        """When the people of a queue work; always, where nobody wrote it down."""
        return calendar_for(self.calendars, queue)

    def agent(self, address: str) -> Agent | None:
        """The agent with exactly this address after ASCII lower-casing; look-alikes are strangers."""
        wanted = ascii_lower(address)
        return next((a for a in self.agents if a.address == wanted), None)

    def shown_name(self, agent: Agent | None) -> str:
        """The name in From of an agent's answer."""
        if agent is None or not agent.name:
            return self.support_name
        shown = self.agent_name.replace("{desk}", self.support_name)
        return shown.replace("{agent}", agent.name)

    def queue(self, name: str | None) -> Queue | None:
        wanted = (name or "").lower()
        return next((q for q in self.queues if q.name == wanted), None)

    def queue_of(self, addresses: Iterable[str]) -> Queue | None:
        """The first queue one of these addresses belongs to, in the order of the configuration."""
        wanted = {ascii_lower(a) for a in addresses}
        return next((q for q in self.queues if q.addresses & wanted), None)

    def update_interval(self, priority: Priority, queue_name: str | None) -> timedelta:
        """How long we may stay silent: as the ticket's queue says, else as the whole desk does."""
        queue = self.queue(queue_name)
        own = queue.update_every.get(priority) if queue else None
        return self.progress.every[priority] if own is None else own

    def agents_of(self, queue_name: str | None) -> tuple[Agent, ...]:
        """Whom a ticket of this queue concerns: the queue's agents, or everybody."""
        queue = self.queue(queue_name)
        if queue is None or not queue.agents:
            return self.agents
        return tuple(a for a in self.agents if a.address in queue.agents)


def ascii_lower(text: str) -> str:
    """Lower-case A-Z only: Unicode case folding makes look-alikes equal."""
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
