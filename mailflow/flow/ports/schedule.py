"""What falls due by time, and what is counted over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from mailflow.desk.bursts import Opened
from mailflow.desk.clocks import Clock as RunningClock
from mailflow.desk.clocks import ClockKind, DueClock, Turn
from mailflow.desk.closing import PlannedClosing
from mailflow.desk.digest import Week
from mailflow.desk.expectation import ReplyTime
from mailflow.desk.happenings import Happening
from mailflow.desk.person import Person
from mailflow.desk.ticket import Ticket


class Schedule(Protocol):
    """What falls due by time, and what is known about the people it would be told to."""

    def reply_times(self, since: datetime, limit: int) -> Sequence[ReplyTime]:
        """The newest first responses of people after ``since``."""
        ...

    def happenings(self, ticket_id: int, since: datetime) -> Sequence[Happening]:
        """What customers may be told of, oldest first."""
        ...

    def last_contact_at(self, ticket_id: int) -> datetime | None:
        """When the customer's side was last written to, as far as we know it left or may have."""
        ...

    def updates_after(self, ticket_id: int, moment: datetime) -> int: ...
    def updates_to_warn_of(self, until: datetime, limit: int) -> Sequence[int]:
        """Tickets whose update leaves before ``until`` and whose agents do not know yet."""
        ...

    def warned_of_update_at(self, ticket_id: int, due_at: datetime) -> datetime | None:
        """When agents were shown the update due then."""
        ...

    def note_warning(self, ticket_id: int, due_at: datetime, now: datetime) -> None: ...
    def turns(self, ticket_id: int) -> Sequence[Turn]:
        """The ticket's history of status and people's words, oldest first."""
        ...

    def clocks(self, ticket_id: int) -> Sequence[DueClock]: ...
    def set_clocks(self, ticket_id: int, clocks: Sequence[RunningClock]) -> None:
        """Replace them. What was told of a clock that is due as before stays told."""
        ...

    def tickets_with_alarms(
        self, now: datetime, ahead: timedelta, above: int, limit: int
    ) -> Sequence[int]:
        """Tickets numbered above ``above`` with a clock due by now + ahead of which nobody was told."""
        ...

    def note_alarm(
        self, ticket_id: int, kind: ClockKind, now: datetime, *, breached: bool
    ) -> None: ...
    def person(self, address: str) -> Person: ...
    def set_language(self, address: str, language: str | None, *, corrected: bool) -> None: ...
    def set_offset(self, address: str, minutes: int | None, *, corrected: bool) -> None: ...
    def mute(self, address: str, reason: str, now: datetime | None) -> None:
        """No more progress updates to this person; ``now`` None lifts it."""
        ...


class Closings(Protocol):
    """Tickets that close by themselves, and when that is announced or done."""

    def closing(self, ticket_id: int) -> PlannedClosing | None: ...
    def plan(
        self, ticket_id: int, since: datetime, due_at: datetime | None, announcement: int | None
    ) -> None:
        """Replace what was planned. ``announcement`` is the mail that tells of it."""
        ...

    def put_off(self, ticket_id: int, due_at: datetime | None) -> None:
        """None: it stays as it is until something happens to it."""
        ...

    def forget(self, ticket_id: int) -> None: ...
    def due(self, now: datetime, above: int, limit: int) -> Sequence[int]:
        """Tickets numbered above ``above`` whose moment has come."""
        ...

    def written_by_a_machine(self, ticket_id: int) -> bool:
        """Whether the newest message of the customer's side is no person's."""
        ...


class Reports(Protocol):
    def next_at(self, name: str) -> datetime | None:
        """When this report falls due; None when it was never planned."""
        ...

    def plan(self, name: str, moment: datetime) -> None: ...
    def open_tickets(self) -> Sequence[Ticket]:
        """Tickets in which it is our turn, the longest silent first."""
        ...

    def week(self, since: datetime, until: datetime) -> Week: ...


class Bursts(Protocol):
    def newest_ticket(self) -> int:
        """The highest number given; 0 when there is none."""
        ...

    def opened(self, since: datetime, limit: int) -> Sequence[Opened]:
        """Among the ``limit`` newest tickets those opened since then, with their opening words, oldest first."""
        ...

    def told_since(self, moment: datetime) -> int:
        """How many bursts agents were told of."""
        ...
