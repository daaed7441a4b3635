"""Mail that comes round by the calendar: the agents' daily digest, the admin's week. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from mailflow.desk.calendar import Calendar, open_spans
from mailflow.desk.notices import DayLine, Digest, DigestLine, WeeklyReport
from mailflow.desk.policy import Agent, Policy
from mailflow.desk.progress import OUR_TURN
from mailflow.desk.ticket import Ticket

_LISTED = 25
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def next_time(zone: tzinfo, at: time, now: datetime, weekday: int | None = None) -> datetime:
    """The first moment after ``now`` at which the clocks of ``zone`` show ``at``, on that weekday if one is given.

    On a day when the clocks leave ``at`` out, the moment right after the gap.
    """
    day = now.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, at, zone).astimezone(now.tzinfo)
        if moment > now and weekday in (None, day.weekday()):
            return moment
        day += timedelta(days=1)


def is_working_day(calendar: Calendar, moment: datetime) -> bool:
    return bool(open_spans(calendar, moment.astimezone(calendar.zone).date()))


def is_late(ticket: Ticket, policy: Policy, now: datetime) -> bool:
    """Whether a due moment passed, or nothing happened for longer than its priority may stay silent."""
    if ticket.due_at is not None and ticket.due_at <= now:
        return True
    return now - ticket.updated_at > policy.update_interval(ticket.priority, ticket.queue)


def digest_for(
    agent: Agent, tickets: Sequence[Ticket], policy: Policy, now: datetime
) -> Digest | None:
    """What waits for one agent: their own tickets and those nobody has taken. None when nothing does."""
    mine = [
        t
        for t in tickets
        if t.status in OUR_TURN
        and not t.is_gone
        and (t.snoozed_until is None or t.snoozed_until <= now)
        and (
            t.assignee == agent.address
            or (t.assignee is None and agent in policy.agents_of(t.queue))
        )
    ]
    if not mine:
        return None
    late = {t.id for t in mine if is_late(t, policy, now)}
    mine.sort(key=lambda t: (t.id not in late, t.updated_at, t.id))
    return Digest(
        support_name=policy.support_name,
        support_address=policy.support_address,
        organisation=policy.organisation,
        agent_name=agent.name or None,
        tickets=tuple(_line(t, t.id in late, now) for t in mine[:_LISTED]),
        late=len(late),
        hidden=max(0, len(mine) - _LISTED),
    )


def _line(ticket: Ticket, late: bool, now: datetime) -> DigestLine:
    return DigestLine(
        number=ticket.id,
        subject=ticket.subject,
        requester_address=ticket.requester.address,
        status=ticket.status.value,
        priority=ticket.priority.value,
        late=late,
        silent_hours=max(0, (now - ticket.updated_at) // _HOUR),
    )


@dataclass(frozen=True, slots=True)
class Week:
    """The numbers of a week, ``until`` not included."""

    since: datetime
    until: datetime
    opened: Sequence[datetime]  # when each ticket was
    solved: Sequence[datetime]
    answer_after: Sequence[timedelta]  # of tickets of the week that a person answered
    still_open: int
    sent: int
    held: int
    quarantined: int


def last_week(zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """The seven local days before today, from midnight to midnight, whatever the clocks did between."""
    today = now.astimezone(zone).date()
    first, end = (datetime.combine(d, time(0), zone) for d in (today - 7 * _DAY, today))
    return first.astimezone(now.tzinfo), end.astimezone(now.tzinfo)


def week_facts(week: Week, policy: Policy, zone: tzinfo) -> WeeklyReport:
    days = _days_of(week, zone)
    ordered = sorted(week.answer_after)
    middle = ordered[(len(ordered) - 1) // 2] if ordered else None
    return WeeklyReport(
        support_name=policy.support_name,
        support_address=policy.support_address,
        organisation=policy.organisation,
        since=days[0].day,
        until=days[-1].day,
        days=days,
        opened=len(week.opened),
        solved=len(week.solved),
        still_open=week.still_open,
        answered=len(ordered),
        answer_hours=round(middle / _HOUR, 1) if middle is not None else None,
        sent=week.sent,
        held=week.held,
        quarantined=week.quarantined,
    )


def _days_of(week: Week, zone: tzinfo) -> tuple[DayLine, ...]:
    first = week.since.astimezone(zone).date()
    days = [first + n * _DAY for n in range(7)]
    opened = [m.astimezone(zone).date() for m in week.opened]
    solved = [m.astimezone(zone).date() for m in week.solved]
    return tuple(
        DayLine(
            day=datetime.combine(d, time(0), zone), opened=opened.count(d), solved=solved.count(d)
        )
        for d in days
    )
