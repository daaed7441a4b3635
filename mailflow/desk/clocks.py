"""Response clocks: when an answer is due, by priority and queue, in working time. Pure.

Clocks are computed anew from a ticket's history whenever something happened to it, so that no order of
events and no change of priority, queue or configuration can leave a wrong one behind.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from mailflow.desk.calendar import Calendar, add_working, working_between
from mailflow.desk.ticket import Priority, Ticket, TicketStatus

_DONE = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})


class ClockKind(enum.StrEnum):
    FIRST_RESPONSE = "first response"  # until a person's first public reply
    NEXT_RESPONSE = "next response"  # from a customer's later mail until a person's reply
    RESOLUTION = "resolution"  # until the ticket is solved


Targets = Mapping[Priority, timedelta]
_NONE: Targets = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    """What the desk aims at. A priority that is missing has no such clock."""

    queues: tuple[str, ...] = ()  # none: all that no other names
    first_response: Targets = field(default_factory=lambda: _NONE)
    next_response: Targets = field(default_factory=lambda: _NONE)
    resolution: Targets = field(default_factory=lambda: _NONE)
    pause_on_hold: bool = True
    warn_before: timedelta = timedelta(hours=1)
    escalate_to: tuple[str, ...] = ()  # addresses told after a breach, besides the agents

    def target(self, kind: ClockKind, priority: Priority) -> timedelta | None:
        targets = {
            ClockKind.FIRST_RESPONSE: self.first_response,
            ClockKind.NEXT_RESPONSE: self.next_response,
            ClockKind.RESOLUTION: self.resolution,
        }
        return targets[kind].get(priority)


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment in a ticket's history: its status from then on, or that somebody wrote."""

    at: datetime
    status: TicketStatus | None = None
    by_customer: bool = False
    by_agent: bool = False  # a person's public reply


@dataclass(frozen=True, slots=True)
class Clock:
    """``due_at`` None: it stands still."""

    kind: ClockKind
    due_at: datetime | None


def clock_policy_for(policies: Sequence[ClockPolicy], queue: str | None) -> ClockPolicy | None:
    named = (p for p in policies if queue and queue in p.queues)
    general = (p for p in policies if not p.queues)
    return next(named, None) or next(general, None)


def clocks_for(
    ticket: Ticket, turns: Sequence[Turn], aims: ClockPolicy, calendar: Calendar
) -> tuple[Clock, ...]:
    """The clocks that run or stand still now; what was met or has no aim is left out."""
    if ticket.is_gone or ticket.status in _DONE:
        return ()
    found = []
    for kind, start in _running(ticket, turns):
        target = aims.target(kind, ticket.priority)
        if target is not None:
            due = _due(start, target, ticket, turns, aims, calendar)
            found.append(Clock(kind, due))
    return tuple(found)


def _running(ticket: Ticket, turns: Sequence[Turn]) -> list[tuple[ClockKind, datetime]]:
    running = []
    if ticket.first_response_at is None:
        running.append((ClockKind.FIRST_RESPONSE, ticket.created_at))
    else:
        asked = _unanswered_since(turns)
        if asked is not None and asked > ticket.first_response_at:
            running.append((ClockKind.NEXT_RESPONSE, asked))
    running.append((ClockKind.RESOLUTION, _opened_at(ticket, turns)))
    return running


def _unanswered_since(turns: Sequence[Turn]) -> datetime | None:
    """The customer's first mail after the last answer."""
    since: datetime | None = None
    for turn in turns:
        if turn.by_agent:
            since = None
        elif turn.by_customer and since is None:
            since = turn.at
    return since


def _opened_at(ticket: Ticket, turns: Sequence[Turn]) -> datetime:
    """When it was opened, or reopened after it was solved."""
    opened, was_done = ticket.created_at, False
    for turn in turns:
        if turn.status is None:
            continue
        if was_done and turn.status not in _DONE:
            opened = turn.at
        was_done = turn.status in _DONE
    return opened


def _due(
    start: datetime,
    target: timedelta,
    ticket: Ticket,
    turns: Sequence[Turn],
    aims: ClockPolicy,
    calendar: Calendar,
) -> datetime | None:
    """When ``target`` of working time has passed that was not spent waiting for others."""
    left, since, still = target, start, False
    for turn in turns:
        if turn.status is None:
            continue
        if turn.at > since and not still:
            spent = working_between(calendar, since, turn.at)
            if spent >= left:
                return add_working(calendar, since, left)
            left -= spent
        since = max(since, turn.at)
        still = _stands_still(turn.status, aims)
    if _stands_still(ticket.status, aims):
        return None
    return add_working(calendar, since, left)


def _stands_still(status: TicketStatus, aims: ClockPolicy) -> bool:
    return status is TicketStatus.PENDING or (aims.pause_on_hold and status is TicketStatus.ON_HOLD)


@dataclass(frozen=True, slots=True)
class DueClock:
    """A clock as it is kept, with what people were told of it."""

    kind: ClockKind
    due_at: datetime | None
    warned_at: datetime | None = None
    breached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    kind: ClockKind
    due_at: datetime
    breached: bool


def alarm_for(clock: DueClock, aims: ClockPolicy, now: datetime) -> Alarm | None:
    """What is to be told of a clock at ``now``: once before it runs out, once after."""
    if clock.due_at is None:
        return None
    if clock.due_at <= now:
        return None if clock.breached_at else Alarm(clock.kind, clock.due_at, breached=True)
    soon = clock.due_at - aims.warn_before <= now
    return Alarm(clock.kind, clock.due_at, breached=False) if soon and not clock.warned_at else None
