"""Settings of who the desk is, who works there, and what leaves it in their name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mailflow.config.fields import Addresses, AddrSpec, Line, Lines
from mailflow.config.sections.section import Section, Targets

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class SupportSettings(Section):
    """Who the desk is."""

    address: AddrSpec
    """The address customers write to. Answers leave under it."""
    name: Line = "Support"
    """The display name beside the address."""
    organisation: Line = ""
    """Shown in signatures; the name when empty."""
    aliases: Addresses = ()
    """Other addresses that reach the same mailbox. Mail from or to them is known as ours."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """Language of notices when a customer's own is unknown (ISO 639-1)."""


class AgentSettings(Section):
    """A person who answers customers."""

    address: AddrSpec
    """Notifications go here; answers from here reach the customer."""
    name: Line = ""
    """Shown in ticket lists."""


class QueueSettings(Section):
    """Tickets that came to addresses of their own, such as billing@, and the agents they concern."""

    name: Annotated[Line, Field(min_length=1)]
    """What to call it, such as billing."""
    addresses: Addresses
    """Its addresses. They reach the same mailbox and are known as ours."""
    agents: Addresses = ()
    """Addresses of the agents to tell about its tickets. Empty: all of them."""
    update_every: Targets = Field(default={})
    """Silence before the first update of its tickets, by priority, such as { urgent = "1h" }. Others as in [progress]."""


class AdminSettings(Section):
    """Who looks after mailflow itself."""

    address: AddrSpec | Literal[""] = ""
    """Reports for the admin go here by mail. Empty: nowhere."""
    weekly_report: bool = True
    """Every Monday at 07:00 the week in numbers and pictures, where address is set."""
    alert_command: Lines = ()
    """Program and arguments that get an alarm's text on stdin, such as ["ntfy", "send"]. No shell."""


class SendingSettings(Section):
    """The gate every outgoing mail passes."""

    mode: Literal["shadow", "live"] = "shadow"
    """shadow records what would be sent and sends nothing to customers; live sends."""
    per_address_per_hour: Count = 2
    """Most automatic mails to one address in an hour."""
    per_address_per_day: Count = 5
    """Most automatic mails to one address in a day."""
    per_ticket_per_day: Count = 10
    """Most automatic mails about one ticket in a day."""
    per_domain_per_hour: Count = 50
    """Most automatic mails to one domain in an hour."""
    per_hour: Count = 300
    """Most automatic mails in an hour at all; past it the outbox is held and says so."""


class RepliesSettings(Section):
    """How replies find their ticket."""

    subaddress: bool = True
    """Answers come to support+TOKEN@… (RFC 5233). false when the server refuses such addresses."""
    token_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How long a reply address opens its ticket."""
    agent_name: Line = "{agent} ({desk})"
    """The name an agent's answer comes from: {agent} is theirs, {desk} the support's. "{desk}" names no agent."""

    @field_validator("agent_name")
    @classmethod
    def _known_names(cls, value: str) -> str:
        rest = value.replace("{agent}", "").replace("{desk}", "")
        if rest == value or "{" in rest or "}" in rest:
            raise ValueError(
                f"is {value!r}; write {{agent}}, {{desk}} or both, such as {{agent}} ({{desk}})"
            )
        return value


class ThreadingSettings(Section):
    """How far to go to see that two mails belong together."""

    subject_window_days: Annotated[int, Field(ge=0, le=365)] = 0
    """Join mails of one customer with the same subject within so many days. 0: never."""


class LogSettings(Section):
    """What the daemon says on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important level written."""
    format: Literal["auto", "console", "json"] = "auto"
    """auto: readable lines on a terminal, JSON otherwise."""
