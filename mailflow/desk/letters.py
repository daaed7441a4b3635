"""Which mails follow from a decision, and what they say. Pure; rendering and sending come later.

Every letter has a key that names its cause. The outbox takes a key once, so the same cause never
sends twice, whatever crashed in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from mailflow.desk.articles import in_language
from mailflow.desk.changes import gone_reason
from mailflow.desk.command_values import TellCommands
from mailflow.desk.commands import mended
from mailflow.desk.decision import Answer, Decision, Voice
from mailflow.desk.expectation import NOTHING_KNOWN, Expectation
from mailflow.desk.notices import (
    REASON_CODES,
    Acknowledgement,
    AgentAnswered,
    AgentNotification,
    AgentReminder,
    ArticleFacts,
    AttachmentFacts,
    CommandReceipt,
    DoneFacts,
    FaultFacts,
    NoticeFacts,
    NoticeKind,
    NotSent,
    Reopened,
)
from mailflow.desk.outbox import MailClass
from mailflow.desk.policy import Agent, Policy
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import Article, ParticipantRole, Ticket, TicketStatus
from mailflow.mail.message import Address, IncomingMessage
from mailflow.mail.structure import MAX_OCTETS

_MAX_ARTICLES_SHOWN = 3
_LEAST_CONFIDENCE = 0.05  # below it an article is noise to an agent


class DeskFacts(TypedDict):
    """What every notice tells about the ticket and the desk: keyword arguments of `NoticeFacts`."""

    ticket_number: int
    ticket_tag: str
    support_name: str
    support_address: str
    organisation: str


class CustomerBasics(DeskFacts):
    """The same for `CustomerFacts`."""

    authenticated: bool
    requester_name: str | None
    subject_echo: str | None
    priority: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice somebody is to get. ``auto_submitted`` is the value of that field (RFC 3834 5)."""

    key: str
    mail_class: MailClass
    kind: NoticeKind
    to: Address
    facts: NoticeFacts
    language: str
    auto_submitted: str = "auto-generated"
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the letters of one recorded message are written from."""

    message_row: int
    message: IncomingMessage
    decision: Decision
    suggestion: Suggestion
    ticket: Ticket
    earlier_messages: int
    articles: Mapping[str, Article]
    expectation: Expectation = NOTHING_KNOWN
    language: str | None = None  # the customer's, as far as known


def letters_for(occasion: Occasion, policy: Policy) -> tuple[Letter, ...]:
    """Acknowledgement, notifications and returned answers that follow from one recorded message."""
    return tuple(_letters(occasion, policy))


def _letters(occasion: Occasion, policy: Policy) -> Iterator[Letter]:
    answer = occasion.decision.answer.value
    if answer is Answer.ACKNOWLEDGE:
        reopened = occasion.decision.thread.ticket_id is not None
        yield (_reopening if reopened else acknowledgement)(occasion, policy)
    if answer is Answer.TELL_AGENT:
        yield _not_sent(occasion, policy)
    if occasion.decision.wake.value:
        for agent in _agents_to_wake(occasion, policy):
            yield _notification(occasion, agent, policy)


def ticket_tag(ticket: Ticket) -> str:
    return f"[#{ticket.id}]"


# ── to the customer ─────────────────────────────────────────────────────────────────────────────


def acknowledgement(occasion: Occasion, policy: Policy) -> Letter:
    """The one acknowledgement of a ticket. Its words are the sender's only where the sender is proven."""
    ticket, message = occasion.ticket, occasion.message
    facts = Acknowledgement(
        **customer_facts(
            ticket, policy, verified=occasion.decision.verified, subject=message.base_subject
        ),
        article=_customer_article(occasion, policy),
        understood=message.new_text,
        files=len(message.attachments),
        **_losses(message, policy),
        **_answer_time(occasion, policy),
    )
    return Letter(
        key=f"acknowledgement:{ticket.id}",
        mail_class=MailClass.AUTOMATIC,
        kind=NoticeKind.ACKNOWLEDGEMENT,
        to=Address(ticket.requester.address, facts.requester_name or ""),
        facts=facts,
        language=occasion.language or message.language or policy.language,
        auto_submitted="auto-replied",
        in_reply_to=message.message_id,
    )


def _reopening(occasion: Occasion, policy: Policy) -> Letter:
    """Told each time a solved ticket is open again; the budgets bound how often."""
    ticket, message = occasion.ticket, occasion.message
    facts = Reopened(
        **customer_facts(ticket, policy, verified=occasion.decision.verified),
        **_losses(message, policy),
        **_answer_time(occasion, policy),
    )
    return Letter(
        key=f"reopened:{occasion.message_row}",
        mail_class=MailClass.AUTOMATIC,
        kind=NoticeKind.REOPENED,
        to=Address(ticket.requester.address, facts.requester_name or ""),
        facts=facts,
        language=occasion.language or message.language or ticket.language or policy.language,
        auto_submitted="auto-replied",
        in_reply_to=message.message_id,
    )


class _Losses(TypedDict):
    too_large: bool
    largest: int
    text_cut: bool
    files_unread: bool


_FILES_UNREAD = frozenset(
    {
        "nested-too-deep",
        "too-many-parts",
        "part-heads-too-long",
        "tnef-unreadable",
        "boundary-lookalikes",
    }
)


def _losses(message: IncomingMessage, policy: Policy) -> _Losses:
    """What was over a cap. A mail cut short is told that alone: what else is wrong with it follows from the cut."""
    cut = "message-cut" in message.defects
    return {
        "too_large": cut,
        "largest": min(policy.largest_message, MAX_OCTETS),
        "text_cut": not cut and "text-cut" in message.defects,
        "files_unread": not cut and not _FILES_UNREAD.isdisjoint(message.defects),
    }


class _Times(TypedDict):
    answer_by: datetime | None
    measured: bool
    at_work: bool
    opens_at: datetime | None
    closed_because: str
    if_urgent: str


def _answer_time(occasion: Occasion, policy: Policy) -> _Times:
    expected = occasion.expectation
    return {
        "answer_by": expected.answer_by,
        "measured": expected.measured,
        "at_work": expected.at_work,
        "opens_at": expected.opens_at,
        "closed_because": expected.closed_because,
        "if_urgent": policy.if_urgent,
    }


def _customer_article(occasion: Occasion, policy: Policy) -> ArticleFacts | None:
    """Only an article whose precision was measured on this desk's own tickets is shown to a customer."""
    suggestion = occasion.suggestion
    if not (policy.customers_see_articles and suggestion.for_customer):
        return None
    article = occasion.articles.get(suggestion.suggested_article or "")
    language = occasion.message.language or policy.language
    return article_facts(in_language(article, language), None) if article else None


# ── to an agent ─────────────────────────────────────────────────────────────────────────────────


def _agents_to_wake(occasion: Occasion, policy: Policy) -> tuple[Agent, ...]:
    """The assignee if there is one, else everybody; nobody is told of their own mail.

    Whoever forwarded a customer's mail is told under whom it was filed.
    """
    ticket, message, decision = occasion.ticket, occasion.message, occasion.decision
    if decision.voice is Voice.CUSTOMER and decision.agent_address is not None:
        return policy.agents
    assignee = policy.agent(ticket.assignee) if ticket.assignee else None
    author = policy.agent(message.author.address) if message.author else None
    return tuple(
        a for a in ((assignee,) if assignee else policy.agents_of(ticket.queue)) if a != author
    )


def _notification(occasion: Occasion, agent: Agent, policy: Policy) -> Letter:
    ticket, message, decision = occasion.ticket, occasion.message, occasion.decision
    author = message.author.address if message.author else ""
    hidden = f"{message.hidden.quotes}\n{message.hidden.signature}".split("\n")
    suggested = occasion.suggestion.priority
    is_new = decision.thread.ticket_id is None
    facts = AgentNotification(
        **desk_facts(ticket, policy),
        is_new=is_new,
        requester_name=ticket.requester.name,
        requester_address=ticket.requester.address,
        written_by=author if author.lower() != ticket.requester.address else None,
        verified=decision.verified,
        subject=message.subject,
        new_text=message.new_text,
        hidden_lines=sum(1 for line in hidden if line.strip()),
        attachments=tuple(
            AttachmentFacts(name=a.filename, size=a.size) for a in message.attachments
        ),
        previous_messages=occasion.earlier_messages,
        status=ticket.status.value,
        reopened=not is_new and decision.wake.status is TicketStatus.OPEN,
        priority=suggested.label.value if suggested else None,
        priority_confidence=suggested.confidence if suggested else None,
        priority_abstained=suggested.abstained if suggested else False,
        articles=_agent_articles(occasion),
        because=(*occasion.suggestion.because, *decision.warnings),
    )
    return Letter(
        key=f"notification:{occasion.message_row}:{agent.address}",
        mail_class=MailClass.INTERNAL,
        kind=NoticeKind.AGENT_NOTIFICATION,
        to=Address(agent.address, agent.name),
        facts=facts,
        language=policy.language,
    )


def _agent_articles(occasion: Occasion) -> tuple[ArticleFacts, ...]:
    said = [(a.article_id, a.confidence) for a in occasion.suggestion.articles]
    listed = listed_articles(said, occasion.articles)
    return tuple(
        # An article may be called "2" itself, and a short name is never read as a place.
        article_facts(article, sure, article.id if place in occasion.articles else place)
        for place, article, sure in listed
    )


def listed_articles(
    said: Sequence[tuple[str, float]], articles: Mapping[str, Article]
) -> Sequence[tuple[str, Article, float]]:
    """What a notice to agents lists of the suggested (id, confidence), best first, each with its place.

    The place is the one among the suggestions: an article deleted later leaves a gap, and moves no other.
    """
    likely = [(n, i, sure) for n, (i, sure) in enumerate(said, 1) if sure >= _LEAST_CONFIDENCE]
    known = [(str(n), articles[i], sure) for n, i, sure in likely if i in articles]
    return known[:_MAX_ARTICLES_SHOWN]


_MEND_TEXT = "Write your answer above the notification and remove the rest, then send it again."
_MEND_ADDRESS = "Reply to the newest notification about this ticket, then it goes out."


def _not_sent(occasion: Occasion, policy: Policy) -> Letter:
    message, agent_address = occasion.message, occasion.decision.agent_address or ""
    agent = policy.agent(agent_address) or Agent(agent_address, "")
    faults = occasion.decision.command_faults
    reason = occasion.decision.answer.reason
    code = "gone" if reason == gone_reason(occasion.ticket) else REASON_CODES.get(reason, "")
    facts = NotSent(
        **desk_facts(occasion.ticket, policy),
        agent_name=agent.name or None,
        requester_address=occasion.ticket.requester.address,
        reason=reason,
        reason_code="commands" if faults else code,
        mend=_MEND_TEXT if occasion.decision.voice is Voice.AGENT else _MEND_ADDRESS,
        original_subject=message.subject,
        original_text=message.new_text,
        faults=tuple(
            FaultFacts(line=f.line, code=f.code, about=f.about, why=f.why, instead=f.instead)
            for f in faults
        ),
        draft_text=mended(message.new_text, faults) if faults else "",
    )
    return Letter(
        key=f"not sent:{occasion.message_row}",
        mail_class=MailClass.INTERNAL,
        kind=NoticeKind.NOT_SENT,
        to=Address(agent.address, agent.name),
        facts=facts,
        language=policy.language,
        auto_submitted="auto-replied",
        in_reply_to=message.message_id,
    )


def command_receipt(
    occasion: Occasion,
    policy: Policy,
    done: Sequence[DoneFacts],
    *,
    answered_to: Sequence[str] = (),
    answered_before: str | None = None,
) -> Letter:
    """The one answer to a mail with commands: what was done."""
    decision = occasion.decision
    address = decision.agent_address or ""
    agent = policy.agent(address) or Agent(address, "")
    facts = CommandReceipt(
        **desk_facts(occasion.ticket, policy),
        agent_name=agent.name or None,
        done=tuple(done),
        answered_to=tuple(answered_to),
        answered_before=answered_before,
        exposed=decision.exposed,
        help=any(isinstance(c, TellCommands) for c in decision.commands),
    )
    return Letter(
        key=f"receipt:{occasion.message_row}",
        mail_class=MailClass.INTERNAL,
        kind=NoticeKind.COMMAND_RECEIPT,
        to=Address(agent.address, agent.name),
        facts=facts,
        language=policy.language,
        auto_submitted="auto-replied",
        in_reply_to=occasion.message.message_id,
    )


def answered_letters(occasion: Occasion, text: str, policy: Policy) -> tuple[Letter, ...]:
    """Who else was told of the ticket hears that it is answered, so that nobody answers twice."""
    ticket, by = occasion.ticket, occasion.decision.agent_address
    told = [p.address for p in ticket.participants if p.role is ParticipantRole.AGENT]
    if ticket.assignee and ticket.assignee != by:
        told = [ticket.assignee]
    elif ticket.first_response_at != ticket.updated_at:
        return ()  # a later word of the one who has it: the others left it to them
    speaker = policy.agent(by or "")
    facts = AgentAnswered(
        **desk_facts(ticket, policy),
        answered_by=(speaker.name or speaker.address) if speaker else policy.support_name,
        requester_name=ticket.requester.name,
        requester_address=ticket.requester.address,
        subject=ticket.subject,
        answer_text=text,
    )
    agents = [a for a in map(policy.agent, dict.fromkeys(told)) if a and a.address != by]
    return tuple(
        Letter(
            key=f"answered:{occasion.message_row}:{agent.address}",
            mail_class=MailClass.INTERNAL,
            kind=NoticeKind.AGENT_ANSWERED,
            to=Address(agent.address, agent.name),
            facts=facts,
            language=policy.language,
        )
        for agent in agents
    )


def reminder_letter(
    ticket: Ticket, agent: Agent, cause: str, last_text: str, policy: Policy, key: str, by: str = ""
) -> Letter:
    """To the agent a ticket was given to, or whose ticket woke or fell due (``cause``)."""
    giver = policy.agent(by)
    facts = AgentReminder(
        **desk_facts(ticket, policy),
        cause=cause,
        by=(giver.name or giver.address) if giver else None,
        due_at=ticket.due_at and ticket.due_at.astimezone(policy.calendar(ticket.queue).zone),
        requester_name=ticket.requester.name,
        requester_address=ticket.requester.address,
        subject=ticket.subject,
        last_text=last_text,
        status=ticket.status.value,
        priority=ticket.priority.value,
    )
    return Letter(
        key=key,
        mail_class=MailClass.INTERNAL,
        kind=NoticeKind.AGENT_REMINDER,
        to=Address(agent.address, agent.name),
        facts=facts,
        language=policy.language,
    )


# ── shared facts ────────────────────────────────────────────────────────────────────────────────


def desk_facts(ticket: Ticket, policy: Policy) -> DeskFacts:
    return {
        "ticket_number": ticket.id,
        "ticket_tag": ticket_tag(ticket),
        "support_name": policy.support_name,
        "support_address": policy.support_address,
        "organisation": policy.organisation,
    }


def customer_facts(
    ticket: Ticket, policy: Policy, *, verified: bool | None = None, subject: str | None = None
) -> CustomerBasics:
    """What every notice to the requester may tell; ``verified`` and ``subject`` where the mail at hand has its own."""
    return {
        **desk_facts(ticket, policy),
        "authenticated": ticket.requester_verified if verified is None else verified,
        "requester_name": ticket.requester.name or None,
        "subject_echo": (ticket.subject if subject is None else subject) or None,
        "priority": ticket.priority.value,
    }


def article_facts(article: Article, confidence: float | None, call: str = "") -> ArticleFacts:
    return ArticleFacts(
        id=article.id,
        call=call,
        title=article.title,
        body=article.body,
        status=article.status.value,
        confidence=confidence,
    )
