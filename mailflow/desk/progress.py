"""Progress updates: when one is due, and the letters of a ticket that nobody's message provoked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from mailflow.desk.articles import announcement_key, in_language
from mailflow.desk.calendar import add_working, after_quiet
from mailflow.desk.happenings import NO_NEWS, News
from mailflow.desk.letters import Letter, article_facts, customer_facts, desk_facts
from mailflow.desk.notices import (
    ArticleUpdate,
    NoticeKind,
    ProgressUpdate,
    Resolution,
    UpdateWarning,
)
from mailflow.desk.outbox import MailClass
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.desk.ticket import Article, Ticket, TicketStatus
from mailflow.mail.message import Address, IncomingMessage

#: In these it is our turn, and silence needs an explanation.
OUR_TURN = frozenset({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.ON_HOLD})


def next_update_at(
    ticket: Ticket,
    updates_sent: int,
    policy: Policy,
    now: datetime,
    quiet: int | None = None,
    zone: tzinfo | None = None,
) -> datetime | None:
    """When the requester hears from us at the latest, in working time and never in quiet hours.

    Without news each wait is longer than the one before: ``quiet`` updates, or all that were sent, said nothing new.
    ``zone`` is the requester's, as far as known.
    """
    progress = policy.progress
    if (
        not progress.enabled
        or ticket.status not in OUR_TURN
        or updates_sent >= progress.max_updates
    ):
        return None
    calendar = policy.calendar(ticket.queue)
    wait = policy.update_interval(ticket.priority, ticket.queue) * progress.backoff ** (
        updates_sent if quiet is None else quiet
    )
    return polite_moment(policy, ticket.queue, add_working(calendar, now, wait), zone)


def polite_moment(
    policy: Policy, queue: str | None, moment: datetime, zone: tzinfo | None
) -> datetime:
    """``moment``, or the next working morning where the reader lives (``zone``), else where the desk is.

    Where neither is known there is no night to keep.
    """
    if zone is None and not policy.calendars:
        return moment
    calendar = policy.calendar(queue)
    return after_quiet(calendar, policy.progress.quiet, zone or calendar.zone, moment)


def owes_news(message: IncomingMessage, ticket: Ticket, *, opening: bool) -> bool:
    """Whether this customer's mail starts the wait for our next word.

    Updates are automatic mail: like an acknowledgement they go to people only, and for a new ticket
    only to the address it was written from, never to one that merely stood in Reply-To.
    """
    author = ascii_lower(message.author.address) if message.author else ""
    known = not opening or (author == ticket.requester.address and not message.author_ambiguous)
    return message.may_answer.value and known


class Planned(Protocol):
    """An update as it was rendered."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What an update is composed from besides the ticket."""

    updates_sent: int = 0  # since anybody wrote
    news: News = NO_NEWS
    last_contact_at: datetime | None = None
    article: Article | None = None  # the known issue the ticket is linked to
    language: str | None = None
    zone: tzinfo | None = None  # the requester's, as far as known
    quiet_updates: int | None = None  # of these, how many said nothing new, this one included


def progress_letter(ticket: Ticket, told: Told, policy: Policy, now: datetime) -> Letter | None:
    """The update that is due, or None when nothing is: somebody answered, or enough was said."""
    if ticket.status not in OUR_TURN or told.updates_sent >= policy.progress.max_updates:
        return None
    news, zone = told.news, policy.calendar(ticket.queue).zone
    following = next_update_at(
        ticket, told.updates_sent + 1, policy, now, told.quiet_updates, told.zone
    )
    facts = ProgressUpdate(
        **customer_facts(ticket, policy),
        taken_by=_assignee_name(ticket, policy),
        newly_taken=news.taken,
        waiting_for_others=ticket.status is TicketStatus.ON_HOLD,
        working_again=news.working_again,
        article=article_facts(told.article, None) if told.article else None,
        newly_linked=news.article,
        something_new=bool(news),
        last_contact_at=told.last_contact_at and told.last_contact_at.astimezone(zone),
        updates_before=told.updates_sent,
        next_contact_by=following and following.astimezone(zone),
    )
    due = ticket.next_update_at or now
    return Letter(
        key=f"progress update:{ticket.id}:{due.isoformat()}",
        mail_class=MailClass.AUTOMATIC,
        kind=NoticeKind.PROGRESS_UPDATE,
        to=Address(ticket.requester.address, facts.requester_name or ""),
        facts=facts,
        language=told.language or ticket.language or policy.language,
    )


def warning_letter(
    ticket: Ticket, agent: Agent, planned: Planned, leaves_at: datetime, policy: Policy
) -> Letter:
    """What an agent is shown of an update before it leaves."""
    facts = UpdateWarning(
        **desk_facts(ticket, policy),
        agent_name=agent.name or None,
        requester_name=ticket.requester.name,
        requester_address=ticket.requester.address,
        subject=ticket.subject,
        leaves_at=leaves_at.astimezone(policy.calendar(ticket.queue).zone),
        planned_subject=planned.subject,
        planned_text=planned.text,
    )
    return Letter(
        key=f"update warning:{ticket.id}:{leaves_at.isoformat()}:{agent.address}",
        mail_class=MailClass.INTERNAL,
        kind=NoticeKind.UPDATE_WARNING,
        to=Address(agent.address, agent.name),
        facts=facts,
        language=policy.language,
    )


def resolution_letter(
    ticket: Ticket, text: str, article: Article | None, policy: Policy, now: datetime
) -> Letter:
    """Told once each time a ticket is solved, in an agent's words, an article's, or both."""
    language = ticket.language or policy.language
    facts = Resolution(
        **customer_facts(ticket, policy),
        resolution_text=text,
        agent_name=_assignee_name(ticket, policy),
        article=article_facts(in_language(article, language), None) if article else None,
    )
    return Letter(
        key=f"resolution:{ticket.id}:{now.isoformat()}",
        mail_class=MailClass.AUTOMATIC,
        kind=NoticeKind.RESOLUTION,
        to=Address(ticket.requester.address, facts.requester_name or ""),
        facts=facts,
        language=language,
    )


def article_letter(ticket: Ticket, article: Article, policy: Policy, not_sent: int = 0) -> Letter:
    """News of the known issue a ticket waits for. Told once for each status the article reaches.

    ``not_sent`` is how many such letters never left.
    """
    language = ticket.language or policy.language
    facts = ArticleUpdate(
        **customer_facts(ticket, policy),
        article=article_facts(in_language(article, language), None),
    )
    return Letter(
        key=announcement_key(ticket.id, article, not_sent),
        mail_class=MailClass.AUTOMATIC,
        kind=NoticeKind.ARTICLE_UPDATE,
        to=Address(ticket.requester.address, facts.requester_name or ""),
        facts=facts,
        language=language,
    )


def _assignee_name(ticket: Ticket, policy: Policy) -> str | None:
    agent = policy.agent(ticket.assignee) if ticket.assignee else None
    return agent.name or None if agent else None
