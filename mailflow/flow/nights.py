"""When a requester may hear from us: planned by the desk's calendar, kept out of the reader's own night."""

from __future__ import annotations

from datetime import datetime

from mailflow.desk.policy import Policy
from mailflow.desk.progress import next_update_at, polite_moment
from mailflow.desk.ticket import Ticket
from mailflow.flow.ports import Work


def planned_update(
    work: Work,
    policy: Policy,
    ticket: Ticket,
    now: datetime,
    *,
    sent: int = 0,
    quiet: int | None = None,
) -> datetime | None:
    """When the requester hears from us at the latest: see ``next_update_at``."""
    zone = work.schedule.person(ticket.requester.address).zone
    return next_update_at(ticket, sent, policy, now, quiet, zone)


def out_of_the_night(work: Work, policy: Policy, ticket: Ticket, moment: datetime) -> datetime:
    """``moment``, or the next morning of the requester: see ``polite_moment``."""
    zone = work.schedule.person(ticket.requester.address).zone
    return polite_moment(policy, ticket.queue, moment, zone)
