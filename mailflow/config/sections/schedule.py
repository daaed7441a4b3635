"""Settings of what happens by time: notices, hours, clocks, and tickets that close by themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mailflow.config.fields import (
    Addresses,
    Duration,
    Line,
    Lines,
    OpenHours,
    OptionalDuration,
    TimeSpan,
    ZoneName,
    parse_duration,
)
from mailflow.config.sections.section import Items, Section, Targets

WorkingDays = Annotated[str, Field(pattern=r"^[1-9]\d{0,2}d$")]


class AcknowledgementSettings(Section):
    """The first automatic answer to a new ticket."""

    enabled: bool = True
    """Tell a customer that their mail arrived."""
    ask_if_it_helped: bool = False
    """Two links in the mail that says a ticket is solved: it helped, it did not. Each opens a mail to send."""
    if_urgent: Line = ""
    """What to do if it is urgent, told in every acknowledgement, such as "Call +49 89 1234."."""


class ProgressSettings(Section):
    """Mail that says a ticket is not forgotten, while nobody could answer yet."""

    enabled: bool = True
    """Send progress updates."""
    low: Duration = timedelta(hours=72)
    """Silence before the first update, by priority."""
    normal: Duration = timedelta(hours=24)
    """The same for normal priority."""
    high: Duration = timedelta(hours=8)
    """The same for high priority."""
    urgent: Duration = timedelta(hours=2)
    """The same for urgent priority."""
    max_updates: Annotated[int, Field(ge=0, le=100)] = 5
    """Most updates for one ticket between two answers of a person."""
    backoff: Annotated[float, Field(ge=1, le=10)] = 2.0
    """Each further update waits this many times longer than the one before."""
    warn_before: OptionalDuration = timedelta(hours=1)
    """Show each update to the agents so long before it leaves: they can answer, postpone or drop it. Empty: never."""
    quiet: TimeSpan = "20:00-08:00"
    """No update in these hours where the reader lives, else where the calendar is, nor on days off. Empty: none are quiet."""


class ClosureSettings(Section):
    """Days on which nobody works. It ends by itself."""

    first: date
    """The first day off, such as 2026-12-24."""
    last: date
    """The last day off; the same day for one day."""
    text: Line = ""
    """What customers are told about it, such as "We are away over Christmas."."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if not date(1970, 1, 1) <= self.first <= self.last <= date(9000, 1, 1):
            raise ValueError("ends before it begins; give the first day as first")
        if (self.last - self.first).days > 400:
            raise ValueError("lasts longer than 400 days; shorten it")
        return self


class CalendarSettings(Section):
    """When people work. The first calendar without queues is the whole desk's."""

    name: Annotated[Line, Field(min_length=1)]
    """What to call it."""
    zone: ZoneName = "UTC"
    """The time zone, such as "Europe/Berlin"."""
    hours: OpenHours = ("mon-fri 09:00-17:00",)
    """Working hours, such as ["mon-thu 09:00-12:00 13:00-17:00", "fri 09:00-14:00"]."""
    holidays: Annotated[Line, Field(pattern=r"^([A-Z]{2,3}(-[A-Za-z0-9]{1,20})?)?$")] = ""
    """Country and region of the public holidays, such as "DE-BY" or "FR". Empty: none."""
    closures: Annotated[tuple[ClosureSettings, ...], Items] = ()
    """Days off, such as [{ first = 2026-12-24, last = 2027-01-01, text = "We are away." }]."""
    queues: Lines = ()
    """The queues that keep these hours. Empty: all that no other calendar names."""


class ClockSettings(Section):
    """By when the desk wants to have answered, in working time."""

    first_response: Targets = Field(default={})
    """Until a person's first answer, by priority, such as { urgent = "1h", normal = "8h" }."""
    next_response: Targets = Field(default={})
    """Until the answer to a customer's later mail, by priority."""
    resolution: Targets = Field(default={})
    """Until the ticket is solved, by priority. Stands still while we wait for the customer."""
    pause_on_hold: bool = True
    """Clocks stand still too while a ticket is on hold."""
    warn_before: Duration = timedelta(hours=1)
    """Remind agents so long before a clock runs out."""
    escalate_to: Addresses = ()
    """Who else is told once a clock has run out."""
    queues: Lines = ()
    """The queues with these aims. Empty: all that no other [[clocks]] names."""


class AutoCloseSettings(Section):
    """Tickets nobody writes in any more close by themselves, once the customer was told."""

    pending: WorkingDays | Literal[""] = ""
    """Close what waits for the customer after so many working days without a word, such as "14d". Empty: never."""
    solved: WorkingDays | Literal[""] = ""
    """Close what was solved after so many working days without a word, such as "7d". Empty: never."""
    announce_before: WorkingDays = "3d"
    """Tell the customer so many working days before. Any reply keeps the ticket open."""

    @model_validator(mode="after")
    def _time_to_answer(self) -> Self:
        least = parse_duration(self.announce_before)
        for name, given in (("pending", self.pending), ("solved", self.solved)):
            if given and parse_duration(given) < least:
                raise ValueError(f"has {name} shorter than announce_before; make it longer")
        return self


class DigestSettings(Section):
    """The daily mail that tells agents what waits for them."""

    at: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    """Local time of the digest, such as "08:00", on working days and only if something waits. Empty: none."""
