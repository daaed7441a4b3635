"""From a decision to mail in the outbox: letters are rendered, composed to frozen bytes and recorded.

Runs inside the transaction that records the decision, so that a ticket and its answers exist
together or not at all.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from mailflow.desk.articles import in_language
from mailflow.desk.clocks import ClockKind, clock_policy_for
from mailflow.desk.decision import Answer, Decision, Storing, Voice
from mailflow.desk.delivery import expires_after
from mailflow.desk.expectation import MEASURED_OVER, MOST_MEASURED, Expectation, expectation_for
from mailflow.desk.leaving import leaving_faults
from mailflow.desk.letters import Letter, Occasion, letters_for
from mailflow.desk.notices import NoticeKind, NotSent, plain_facts
from mailflow.desk.outbox import MailClass, NewMail
from mailflow.desk.person import language_for
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Policy
from mailflow.desk.progress import owes_news
from mailflow.desk.proposal import FIELD as PROPOSAL_FIELD
from mailflow.desk.proposal import proposal_text
from mailflow.desk.relay import answer_text, mark_internal, relay_recipients
from mailflow.desk.reply_token import Purpose, ReplyToken, sign_token
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import Article, Participant, ParticipantRole, Ticket
from mailflow.flow.nights import planned_update
from mailflow.flow.ports import Clock, Rendered, Renders, WaitingMessage, Work
from mailflow.mail.compose import compose_message
from mailflow.mail.message import (
    Address,
    IncomingMessage,
    OutgoingAttachment,
    OutgoingMessage,
)
from mailflow.mail.subject import reply_subject

_TOKEN_HEX = 16


@dataclass(frozen=True, slots=True)
class Desk:
    """What every job needs: the rules, the signing keys (current first), the clock and the templates."""

    policy: Policy
    keys: tuple[bytes, ...] = field(repr=False)
    clock: Clock
    renders: Renders
    articles: Mapping[str, Article]
    temporary: tuple[type[Exception], ...]  # faults of the store that pass by themselves
    unrenderable: tuple[type[Exception], ...]  # no usable version of a template


def queue_answers(
    work: Work,
    desk: Desk,
    waiting: WaitingMessage,
    message: IncomingMessage,
    decision: Decision,
    suggestion: Suggestion,
    ticket: Ticket,
) -> None:
    """Put everything that follows from one recorded message into the outbox, and plan the next update."""
    now = desk.clock()
    earlier = max(len(work.tickets.thread_ids(ticket.id)) - 1, 0)
    occasion = Occasion(
        waiting.id,
        message,
        decision,
        suggestion,
        ticket,
        earlier,
        desk.articles,
        expectation=_expectation(work, desk, decision, ticket, now),
        language=_language(work, desk, ticket, message),
    )
    if decision.voice is not Voice.MACHINE:
        take_back_stale(work, ticket.id, now)
    if decision.answer.value is Answer.RELAY:
        queue_relay(work, desk, waiting, message, decision, ticket)
    for letter in letters_for(occasion, desk.policy):
        queue_letter(work, desk, letter, ticket)
    due = planned_update(work, desk.policy, ticket, now)
    opening = decision.store.value is Storing.OPEN_TICKET
    spoken = decision.voice is Voice.CUSTOMER and owes_news(message, ticket, opening=opening)
    if due is None or spoken:  # a machine's report, or an answer that did not leave, is no news
        work.tickets.schedule_update(ticket.id, due)


#: What we say by ourselves because nobody wrote: untrue as soon as somebody did.
_UNTRUE_ONCE_SOMEBODY_WROTE = (
    NoticeKind.PROGRESS_UPDATE,
    NoticeKind.UPDATE_WARNING,
    NoticeKind.CLOSING,
)


def take_back_stale(work: Work, ticket_id: int, now: datetime) -> None:
    """In the transaction that records a person's mail: nothing may leave that contradicts it."""
    reason = "somebody wrote meanwhile"
    work.outbox.take_back(ticket_id, _UNTRUE_ONCE_SOMEBODY_WROTE, reason, now)


def _expectation(
    work: Work, desk: Desk, decision: Decision, ticket: Ticket, now: datetime
) -> Expectation:
    if decision.answer.value is not Answer.ACKNOWLEDGE:
        return Expectation()
    times = work.schedule.reply_times(now - MEASURED_OVER, MOST_MEASURED)
    aims = clock_policy_for(desk.policy.clocks, ticket.queue)
    kind = ClockKind.FIRST_RESPONSE if ticket.first_response_at is None else ClockKind.NEXT_RESPONSE
    aim = aims.target(kind, ticket.priority) if aims else None
    return expectation_for(times, aim, desk.policy.calendar(ticket.queue), now)


def _language(work: Work, desk: Desk, ticket: Ticket, message: IncomingMessage) -> str:
    person = work.schedule.person(ticket.requester.address)
    return language_for(person, message.language, ticket.language, desk.policy.language)


def queue_letter(
    work: Work, desk: Desk, letter: Letter, ticket: Ticket, *, not_before: datetime | None = None
) -> int | None:
    """Render, freeze and record one letter. None when it was recorded before or cannot be written.

    ``not_before`` lets it leave later than now.
    """
    now = desk.clock()
    if not is_plain_address(letter.to.address):
        reason = f"{letter.kind} was not written: {letter.to.address!r} is no plain address"
        work.tickets.note_event(ticket.id, "letter left out", reason, now, key=letter.key)
        return None
    person = _recipient(work, ticket, letter)
    if isinstance(letter.facts, NotSent) and letter.facts.draft_text:
        link = _draft_link(desk, ticket, person, letter.facts)
        letter = replace(letter, facts=replace(letter.facts, draft_link=link))
    try:
        rendered = desk.renders.render(letter.kind, letter.language, plain_facts(letter.facts))
    except desk.unrenderable as error:
        reason = f"{letter.kind} was not written: {error}"
        work.tickets.note_event(ticket.id, "template fault", reason, now, key=letter.key)
        return None
    work.templates.keep(rendered.wording, now)
    mail = _letter_mail(work, desk, letter, ticket, person, rendered, now)
    if not_before is not None and not_before > now:
        later = not_before - now
        mail = replace(mail, not_before=not_before, expires_at=mail.expires_at + later)
    return work.outbox.add(mail)


def _recipient(work: Work, ticket: Ticket, letter: Letter) -> Participant:
    if letter.mail_class is MailClass.INTERNAL:
        return work.tickets.participant(
            ticket.id, letter.to.address, letter.to.name, ParticipantRole.AGENT
        )
    return ticket.requester


def _letter_mail(
    work: Work,
    desk: Desk,
    letter: Letter,
    ticket: Ticket,
    person: Participant,
    rendered: Rendered,
    now: datetime,
) -> NewMail:
    internal = letter.mail_class is MailClass.INTERNAL
    text, html = rendered.text, rendered.html
    if internal:
        text, html = mark_internal(text, html, ticket.id)
    token = _token(desk, ticket, person, Purpose.AGENT if internal else Purpose.REQUESTER)
    parent = letter.in_reply_to or _parent(work, ticket, internal)
    outgoing = OutgoingMessage(
        message_id=_message_id(desk, token, letter.key),
        date=now,
        author=Address(desk.policy.support_address, desk.policy.support_name),
        to=(letter.to,),
        subject=rendered.subject,
        text=text,
        html=html,
        reply_to=_reply_to(desk.policy, token),
        in_reply_to=parent,
        references=_references(work, desk, ticket, parent, internal),
        automatic=True,
        auto_submitted=letter.auto_submitted,
        list_unsubscribe=_unsubscribe(desk, ticket, person, letter),
    )
    faults = leaving_faults(
        rendered.subject, rendered.text, rendered.html, plain_facts(letter.facts)
    )
    return NewMail(
        key=letter.key,
        ticket_id=ticket.id,
        mail_class=letter.mail_class,
        kind=letter.kind,
        message_id=outgoing.message_id,
        envelope_sender=_envelope_sender(desk.policy, token),
        recipients=(letter.to.address,),
        octets=compose_message(outgoing),
        subject=rendered.subject,
        created_at=now,
        not_before=now,
        expires_at=now + expires_after(letter.kind),
        template_version=rendered.version,
        faults=faults,
    )


# ── an agent's own words ────────────────────────────────────────────────────────────────────────


def queue_relay(
    work: Work,
    desk: Desk,
    waiting: WaitingMessage,
    message: IncomingMessage,
    decision: Decision,
    ticket: Ticket,
) -> int | None:
    """An agent's answer goes out under the support address: their words and files, nothing internal."""
    now, policy = desk.clock(), desk.policy
    people = relay_recipients(ticket, policy)
    token = _token(desk, ticket, ticket.requester, Purpose.REQUESTER)
    key = f"relay:{waiting.id}"
    parent = work.tickets.last_customer_message_id(ticket.id)
    addresses = tuple(Address(p.address, p.name) for p in people)
    outgoing = OutgoingMessage(
        message_id=_message_id(desk, token, key),
        date=now,
        author=Address(policy.support_address, _agent_identity(policy, decision)),
        to=addresses[:1],
        cc=addresses[1:],
        subject=reply_subject(ticket.subject),
        text=answer_text(message, work.tickets.customer_text(ticket.id)) + "\n",
        reply_to=_reply_to(policy, token),
        in_reply_to=parent,
        references=_references(work, desk, ticket, parent, internal=False),
        automatic=False,
        attachments=tuple(
            OutgoingAttachment(a.filename, a.content_type, a.content)
            for a in message.attachments
            if a.content
        ),
    )
    return work.outbox.add(
        NewMail(
            key=key,
            ticket_id=ticket.id,
            mail_class=MailClass.PERSON,
            kind=None,
            message_id=outgoing.message_id,
            envelope_sender=_envelope_sender(policy, token),
            recipients=tuple(p.address for p in people),
            octets=compose_message(outgoing),
            subject=outgoing.subject,
            created_at=now,
            not_before=now,
            expires_at=now + expires_after(None),
        )
    )


def _agent_identity(policy: Policy, decision: Decision) -> str:
    return policy.shown_name(policy.agent(decision.agent_address or ""))


# ── identity of our mail ────────────────────────────────────────────────────────────────────────


def _token(desk: Desk, ticket: Ticket, person: Participant, purpose: Purpose) -> str:
    expires_on = desk.clock().date() + desk.policy.token_lifetime
    return sign_token(ReplyToken(purpose, ticket.id, person.id, expires_on), desk.keys[0])


def _unsubscribe(
    desk: Desk, ticket: Ticket, person: Participant, letter: Letter
) -> tuple[str, ...]:
    """Where a customer's mail client may say: no more updates on this, best first (RFC 2369 3.2)."""
    if letter.kind is not NoticeKind.PROGRESS_UPDATE:
        return ()
    ways = (way(desk, ticket, person, Purpose.UNSUBSCRIBE) for way in (_web_link, _mailto))
    return tuple(filter(None, ways))


def signed_link(desk: Desk, ticket: Ticket, person: Participant, purpose: Purpose) -> str | None:
    """A link by which ``person`` answers: to a page with a button, or one that opens a mail."""
    return _web_link(desk, ticket, person, purpose) or _mailto(desk, ticket, person, purpose)


def _web_link(desk: Desk, ticket: Ticket, person: Participant, purpose: Purpose) -> str | None:
    if not desk.policy.link_base:
        return None
    return f"{desk.policy.link_base}/{_token(desk, ticket, person, purpose)}"


def _mailto(desk: Desk, ticket: Ticket, person: Participant, purpose: Purpose) -> str | None:
    """A link that opens a mail to a signed address; nothing happens unless that mail is sent (RFC 6068)."""
    if not desk.policy.reply_by_subaddress:
        return None
    address = _subaddress(desk.policy, _token(desk, ticket, person, purpose))
    return f"mailto:{quote(address, safe='@+')}?subject={purpose.name.lower()}"


_LONGEST_LINK = 2000  # octets: mail programs and browsers cut longer ones


def _draft_link(desk: Desk, ticket: Ticket, agent: Participant, facts: NotSent) -> str:
    """A link that opens the mended mail, whole, to the agent's reply address; '' where it would be too long."""
    if not desk.policy.reply_by_subaddress:
        return ""
    address = _subaddress(desk.policy, _token(desk, ticket, agent, Purpose.AGENT))
    body = "\r\n".join(facts.draft_text.split("\n"))  # RFC 6068 5
    fields = f"subject={quote(facts.original_subject, safe='')}&body={quote(body, safe='')}"
    link = f"mailto:{quote(address, safe='@+')}?{fields}"
    return link if len(link) <= _LONGEST_LINK else ""


def _message_id(desk: Desk, token: str, key: str) -> str:
    """The same cause always gets the same id, and nobody else can make one."""
    unique = hmac.digest(desk.keys[0], key.encode(), "sha256").hex()[:_TOKEN_HEX]
    return f"{token}.{unique}@{desk.policy.message_id_domain}"


def _reply_to(policy: Policy, token: str) -> Address | None:
    if not policy.reply_by_subaddress:
        return None
    return Address(_subaddress(policy, token), policy.support_name)


def _envelope_sender(policy: Policy, token: str) -> str:
    if policy.envelope_sender == "token":
        return _subaddress(policy, token) if policy.reply_by_subaddress else policy.support_address
    return "" if policy.envelope_sender == "null" else policy.envelope_sender


def _subaddress(policy: Policy, token: str) -> str:
    local_part, _, domain = policy.support_address.rpartition("@")
    return f"{local_part}+{token}@{domain}"


def _parent(work: Work, ticket: Ticket, internal: bool) -> str | None:
    return None if internal else work.tickets.last_customer_message_id(ticket.id)


def _references(
    work: Work, desk: Desk, ticket: Ticket, parent: str | None, internal: bool
) -> tuple[str, ...]:
    """The public thread, ending with the mail this one answers.

    Notifications never name a customer's ids: they hang together by one made-up root per ticket.
    """
    if internal:
        root = hmac.digest(desk.keys[0], b"ticket:%d" % ticket.id, "sha256").hex()[:_TOKEN_HEX]
        return (f"ticket-{ticket.id}.{root}@{desk.policy.message_id_domain}",)
    ids = [i for i in work.tickets.thread_ids(ticket.id) if i != parent]
    return (*ids, parent) if parent else tuple(ids)


# ── an answer proposed to an agent ──────────────────────────────────────────────────────────────


def proposed_answer(
    work: Work, desk: Desk, ticket: Ticket, article: Article, mark: str
) -> tuple[bytes, str | None]:
    """A draft in the thread, addressed to the customer's side; its octets and the id it answers.

    Its Message-ID is not one of ours: a person's mail client sends it, and then it is that person's answer.
    """
    policy = desk.policy
    language = ticket.language or policy.language
    people = [Address(p.address, p.name) for p in relay_recipients(ticket, policy)]
    token = _token(desk, ticket, ticket.requester, Purpose.REQUESTER)
    parent = work.tickets.last_customer_message_id(ticket.id)
    outgoing = OutgoingMessage(
        message_id=f"{mark}@drafts.{policy.domain}",
        date=desk.clock(),
        author=Address(policy.support_address, policy.support_name),
        to=tuple(people[:1]),
        cc=tuple(people[1:]),
        subject=reply_subject(ticket.subject),
        text=proposal_text(ticket, in_language(article, language), policy.support_name, language),
        reply_to=_reply_to(policy, token),
        in_reply_to=parent,
        references=_references(work, desk, ticket, parent, internal=False),
        automatic=False,
        extra_fields=((PROPOSAL_FIELD, mark),),
    )
    return compose_message(outgoing), parent
