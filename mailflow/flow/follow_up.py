"""What falls due by time alone, and what a person decides outside a mail: progress updates, solving."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from mailflow.desk.happenings import news_from
from mailflow.desk.letters import Letter
from mailflow.desk.notices import Resolution, plain_facts
from mailflow.desk.person import language_for
from mailflow.desk.progress import (
    Told,
    progress_letter,
    resolution_letter,
    warning_letter,
)
from mailflow.desk.reply_token import Purpose
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.flow.answer import Desk, queue_letter, signed_link
from mailflow.flow.clocks import set_clocks
from mailflow.flow.nights import out_of_the_night, planned_update
from mailflow.flow.ports import Store, Work

log = logging.getLogger(__name__)


def queue_updates(store: Store, desk: Desk) -> int:
    """Queue every progress update that is due, each in its own transaction. Returns how many.

    However much time passed, a ticket gets one update: the next is planned from now, not from when
    this one was due. A ticket whose update cannot be written is passed over until its next one.
    """
    queued = 0
    while True:
        with store.begin() as work:
            ticket = next(iter(work.tickets.updates_due(desk.clock(), 1)), None)
        if ticket is None:
            return queued
        try:
            with store.begin() as work:
                queued += _queue_update(work, desk, ticket.id)
        except desk.temporary:
            raise
        except Exception as error:
            log.exception("the update of ticket %d could not be written", ticket.id)
            with store.begin() as work:
                _plan_next(work, desk, ticket, work.tickets.updates_sent(ticket.id), None)
                reason = f"{type(error).__name__}: {error}"
                work.tickets.note_event(ticket.id, "update failed", reason, desk.clock())


def _queue_update(work: Work, desk: Desk, ticket_id: int) -> bool:
    """Read again what was due: an answer may have been recorded since we asked."""
    ticket = work.tickets.ticket(ticket_id)
    now = desk.clock()
    if ticket is None or ticket.next_update_at is None or ticket.next_update_at > now:
        return False
    if _must_wait(work, desk, ticket, now):
        return False
    told = told_so_far(work, desk, ticket)
    person = work.schedule.person(ticket.requester.address)
    if person.muted_at is not None or ticket.muted:
        reason = f"no update: {person.address} wants none"
        work.tickets.note_event(ticket.id, "update left out", reason, now)
        work.tickets.schedule_update(ticket.id, None)
        return False
    letter = progress_letter(ticket, told, desk.policy, now)
    queued = letter is not None and queue_letter(work, desk, letter, ticket) is not None
    _plan_next(work, desk, ticket, told.updates_sent + 1, told.quiet_updates)
    return queued


def _must_wait(work: Work, desk: Desk, ticket: Ticket, now: datetime) -> bool:
    """Whether the update waits: for the reader's morning, or for agents who have not seen it long enough."""
    due = ticket.next_update_at or now
    leaves = out_of_the_night(work, desk.policy, ticket, now)
    before = desk.policy.progress.warn_before
    if before and desk.policy.agents:
        warned = work.schedule.warned_of_update_at(ticket.id, due)
        if warned is None or warned + before > leaves:  # after an outage, say
            leaves = out_of_the_night(work, desk.policy, ticket, (warned or now) + before)
    if leaves <= now:
        return False
    warned = work.schedule.warned_of_update_at(ticket.id, due)
    work.tickets.schedule_update(ticket.id, leaves)
    if warned is not None:
        work.schedule.note_warning(ticket.id, leaves, warned)
    return True


def told_so_far(work: Work, desk: Desk, ticket: Ticket) -> Told:
    """What the next update is composed from."""
    sent = work.tickets.updates_sent(ticket.id)
    contact = work.schedule.last_contact_at(ticket.id)
    happenings = work.schedule.happenings(ticket.id, contact or ticket.created_at)
    news = news_from(happenings, ticket)
    quiet = 0 if news else sent + 1
    # What happened by the last word of a person, a reopening say, is no news of an update's.
    turns = work.schedule.turns(ticket.id)
    spoken = [turn.at for turn in turns if turn.by_customer or turn.by_agent]
    earlier = work.schedule.happenings(ticket.id, max([ticket.created_at, *spoken]))
    if not news and earlier:
        quiet = min(quiet, work.schedule.updates_after(ticket.id, earlier[-1].at))
    person = work.schedule.person(ticket.requester.address)
    return Told(
        updates_sent=sent,
        news=news,
        last_contact_at=contact,
        article=desk.articles.get(ticket.article_id or ""),
        language=language_for(person, None, ticket.language, desk.policy.language),
        zone=person.zone,
        quiet_updates=quiet,
    )


def _plan_next(work: Work, desk: Desk, ticket: Ticket, sent: int, quiet: int | None) -> None:
    due = planned_update(work, desk.policy, ticket, desk.clock(), sent=sent, quiet=quiet)
    work.tickets.schedule_update(ticket.id, due)


# ── agents see an update before it leaves ───────────────────────────────────────────────────────


def warn_of_updates(store: Store, desk: Desk) -> int:
    """Show agents every update that leaves soon, each in its own transaction. Returns how many letters."""
    before = desk.policy.progress.warn_before
    if not before or not desk.policy.agents:
        return 0
    queued = 0
    while True:
        with store.begin() as work:
            ticket_id = next(iter(work.schedule.updates_to_warn_of(desk.clock() + before, 1)), None)
            if ticket_id is None:
                return queued
            queued += _warn(work, desk, ticket_id, before)


def _warn(work: Work, desk: Desk, ticket_id: int, before: timedelta) -> int:
    ticket = work.tickets.ticket(ticket_id)
    if ticket is None or ticket.next_update_at is None:
        return 0
    now = desk.clock()
    leaves_at = max(ticket.next_update_at, now + before)
    person = work.schedule.person(ticket.requester.address)
    if leaves_at != ticket.next_update_at:
        leaves_at = out_of_the_night(work, desk.policy, ticket, leaves_at)
        work.tickets.schedule_update(ticket.id, leaves_at)
    work.schedule.note_warning(ticket.id, leaves_at, now)
    muted = person.muted_at is not None or ticket.muted
    letter = progress_letter(ticket, told_so_far(work, desk, ticket), desk.policy, leaves_at)
    if letter is None or muted:
        return 0
    try:
        planned = desk.renders.render(letter.kind, letter.language, plain_facts(letter.facts))
    except desk.unrenderable:
        return 0  # told when the update itself comes due
    agents = [desk.policy.agent(ticket.assignee)] if ticket.assignee else [*desk.policy.agents]
    warnings = [
        warning_letter(ticket, agent, planned, leaves_at, desk.policy) for agent in agents if agent
    ]
    return sum(queue_letter(work, desk, warning, ticket) is not None for warning in warnings)


def solve_ticket(
    store: Store,
    desk: Desk,
    ticket_id: int,
    text: str,
    *,
    article_id: str = "",
    tell: bool = True,
) -> Ticket | None:
    """Mark a ticket solved and tell the requester once. None when there is no such ticket.

    ``article_id`` names an article of ``desk.articles`` to send along; KeyError when there is none.
    """
    article = desk.articles[article_id] if article_id else None
    with store.begin() as work:
        ticket = work.tickets.ticket(ticket_id)
        if ticket is None:
            return None
        if ticket.status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
            return ticket
        now = desk.clock()
        work.tickets.set_status(ticket_id, TicketStatus.SOLVED, "solved by hand", now)
        work.tickets.schedule_update(ticket_id, None)
        set_clocks(work, desk, ticket_id)
        if tell:
            letter = resolution_letter(ticket, text, article, desk.policy, now)
            queue_letter(work, desk, _with_question(desk, letter, ticket), ticket)
        return work.tickets.ticket(ticket_id)


def _with_question(desk: Desk, letter: Letter, ticket: Ticket) -> Letter:
    """The mail that says a ticket is solved, with two links: following one changes nothing yet."""
    if not desk.policy.ask_if_it_helped or not isinstance(letter.facts, Resolution):
        return letter
    helped = signed_link(desk, ticket, ticket.requester, Purpose.CONTENT)
    not_helped = signed_link(desk, ticket, ticket.requester, Purpose.NOT_CONTENT)
    return replace(
        letter, facts=replace(letter.facts, helped_link=helped, not_helped_link=not_helped)
    )
