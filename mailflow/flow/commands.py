"""Carrying out an agent's commands: all of them or none, told once in a receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mailflow.desk.changes import (
    Assign,
    Changed,
    ChangeKind,
    LinkTo,
    MergeInto,
    Refused,
    Unchanged,
    decide_change,
)
from mailflow.desk.command_values import (
    Command,
    CommandFault,
    DraftArticle,
    OpenFor,
    SplitOff,
    WriteNote,
)
from mailflow.desk.commands import change_of, in_order, parse_commands, spoken_by
from mailflow.desk.decision import (
    Answer,
    AnswerDecision,
    Decision,
    Joining,
    Proof,
    StoreDecision,
    Storing,
    ThreadDecision,
    Voice,
    WakeDecision,
)
from mailflow.desk.letters import (
    Occasion,
    answered_letters,
    command_receipt,
    letters_for,
    listed_articles,
    reminder_letter,
)
from mailflow.desk.notices import DoneFacts
from mailflow.desk.policy import Policy
from mailflow.desk.relay import relay_recipients
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.desk.ticket import Article, LinkKind, ParticipantRole, Ticket
from mailflow.desk.update_orders import Postpone, Veto
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.articles import draft_article_from_message
from mailflow.flow.asked import obey
from mailflow.flow.changes import change_ticket, split_ticket
from mailflow.flow.ports import Work
from mailflow.mail.message import Address, IncomingMessage


def command_refusals(
    work: Work, desk: Desk, message: IncomingMessage, decision: Decision
) -> Sequence[CommandFault]:
    """What the tickets do not allow, found before anything is written."""
    ticket = work.tickets.ticket(decision.thread.ticket_id or 0)
    if ticket is None:
        return ()
    faults = []
    for command in in_order(decision.commands):
        if isinstance(command, SplitOff) and _answered(work, ticket, message) is None:
            faults.append(CommandFault("#split", "split"))
        change = change_of(command, desk.policy, ticket.queue, desk.clock())
        if change is None:
            continue
        other = None
        if isinstance(change, MergeInto | LinkTo):
            other = work.tickets.ticket(change.ticket_id)
        verdict = decide_change(ticket, change, desk.policy, desk.clock(), other)
        if isinstance(verdict, Refused):
            faults.append(CommandFault("", verdict.code, verdict.about))
        elif isinstance(verdict, Changed):
            ticket = verdict.ticket
    return faults


def articles_at_hand(work: Work, desk: Desk, message: IncomingMessage) -> Mapping[str, Article]:
    """The articles, and by their place (``"2"``) those listed in the notice this mail answers."""
    said = work.tickets.told_articles((*message.in_reply_to, *message.references))
    if not said:
        return desk.articles
    by_place = {place: article for place, article, _ in listed_articles(said, desk.articles)}
    return {**by_place, **desk.articles}


def spoken_message(message: IncomingMessage, decision: Decision, desk: Desk) -> IncomingMessage:
    """An agent's mail without its commands, as it is passed on; any other message as it is."""
    agent = desk.policy.agent(decision.agent_address or "")
    if not decision.commands or agent is None:
        return message
    read = parse_commands(message.new_text, agent, desk.policy)
    read = replace(read, commands=decision.commands)  # articles under their own names
    return spoken_by(message, read, desk.articles, message.language or desk.policy.language)


def _answered(work: Work, ticket: Ticket, message: IncomingMessage) -> int | None:
    ids = (*message.in_reply_to, *reversed(message.references))
    return work.tickets.answered_message(ticket.id, ids)


def protect_reply_address(work: Work, desk: Desk, decision: Decision) -> None:
    """Give the agent a new personal reply address when outsiders saw the old one."""
    ticket_id, by = decision.thread.ticket_id, decision.agent_address
    if not decision.exposed or ticket_id is None or by is None:
        return
    work.tickets.renew_participant(ticket_id, by)
    reason = f"{', '.join(decision.exposed)} saw the personal reply address: it was replaced"
    work.tickets.note_event(ticket_id, "reply address replaced", reason, desk.clock(), by=by)


def name_of(policy: Policy, author: tuple[str, str]) -> str:
    """What to call who wrote an answer, by address and name: an agent as configured, others by their own name."""
    agent = policy.agent(author[0])
    return (agent.name if agent else "") or author[1] or author[0]


def carry_out(
    work: Work,
    desk: Desk,
    occasion: Occasion,
    read_text: str,
    message_row: int,
    *,
    sent: bool = False,
) -> None:
    """Do what the commands of a recorded mail say, and tell everybody it concerns, once.

    ``read_text`` are the words below the commands. ``sent``: their author sent them to the customer already.
    """
    decision, ticket = occasion.decision, occasion.ticket
    by = decision.agent_address or ""
    me = desk.policy.agent(by)
    told_by = occasion.message.in_reply_to
    before = work.tickets.answered_since(ticket.id, told_by, by, me.name if me else "")
    done: list[DoneFacts] = []
    for command in in_order(decision.commands):
        done += _do(work, desk, occasion, command, read_text, message_row, by)
    relayed = decision.answer.value is Answer.RELAY
    crossed = before if relayed else None
    if decision.commands or decision.exposed or crossed:
        to = [p.address for p in relay_recipients(ticket, desk.policy)] if relayed else []
        current = work.tickets.ticket(ticket.id) or ticket
        letter = command_receipt(
            replace(occasion, ticket=current),
            desk.policy,
            done,
            answered_to=to,
            answered_before=name_of(desk.policy, crossed) if crossed else None,
        )
        queue_letter(work, desk, letter, current)
    if relayed or sent:
        for letter in answered_letters(occasion, read_text, desk.policy):
            queue_letter(work, desk, letter, ticket)


def _do(
    work: Work,
    desk: Desk,
    occasion: Occasion,
    command: Command,
    text: str,
    message_row: int,
    by: str,
) -> list[DoneFacts]:
    ticket = occasion.ticket
    change = change_of(command, desk.policy, ticket.queue, desk.clock())
    if change is not None:
        verdict = change_ticket(work, desk, ticket.id, change, by=by)
        if isinstance(verdict, Refused):
            return []
        current = work.tickets.ticket(ticket.id) or ticket
        if isinstance(verdict, Unchanged):
            return [_done(desk, current, verdict.kind, verdict.value)]
        if isinstance(change, Assign) and change.agent and change.agent != by:
            _tell_assigned(work, desk, verdict.ticket, change.agent, by, occasion.message_row)
        return [_done(desk, current, verdict.kind, verdict.after)]
    match command:
        case WriteNote():
            detail = {"from": "", "to": f"message {message_row}", "by": by}
            reason = "an internal note by mail"
            work.tickets.note_event(
                ticket.id, ChangeKind.NOTE.value, reason, desk.clock(), **detail
            )
            return [DoneFacts(what="note", value=f"message {message_row}")]
        case SplitOff():
            row = _answered(work, ticket, occasion.message)
            new = split_ticket(work, desk, ticket.id, row or 0, by=by)
            return [DoneFacts(what="split", value=f"#{new.id}")] if isinstance(new, Ticket) else []
        case OpenFor(address):
            new = _open_for(work, desk, occasion, address, text, by)
            return [DoneFacts(what="open", value=f"#{new.id}")]
        case DraftArticle(title):
            article = draft_article_from_message(
                work, ticket.id, message_row, desk.clock(), by=by, title=title
            )
            own_words = replace(article, body=text.strip() or article.body)
            work.articles.save(own_words, "", "", desk.clock())
            return [DoneFacts(what="article", value=article.id)]
        case Postpone() | Veto():
            current = work.tickets.ticket(ticket.id) or ticket
            due = obey(work, desk, current, command, by)
            at = due and due.astimezone(desk.policy.calendar(ticket.queue).zone)
            return [DoneFacts(what="update", at=at)]
        case _:
            return []


def _done(desk: Desk, ticket: Ticket, kind: ChangeKind, value: str) -> DoneFacts:
    """What stands in ``ticket`` now. A moment is told in the desk's zone."""
    moments = {ChangeKind.SNOOZE: ticket.snoozed_until, ChangeKind.DUE: ticket.due_at}
    moment = moments.get(kind)
    at = moment and moment.astimezone(desk.policy.calendar(ticket.queue).zone)
    return DoneFacts(what=kind.value, value=value, at=at)


def _tell_assigned(
    work: Work, desk: Desk, ticket: Ticket, address: str, by: str, cause: int
) -> None:
    agent = desk.policy.agent(address)
    if agent is None:
        return
    text = work.tickets.last_customer_text(ticket.id)
    key = f"assigned:{cause}:{address}"
    letter = reminder_letter(ticket, agent, "assigned", text, desk.policy, key, by)
    queue_letter(work, desk, letter, ticket)


def _open_for(
    work: Work, desk: Desk, occasion: Occasion, address: str, text: str, by: str
) -> Ticket:
    """A ticket for somebody who wrote to an agent, or rang. They are told nothing: an agent will answer."""
    message, now = occasion.message, desk.clock()
    requester = Joining(address, "", ParticipantRole.REQUESTER)
    subject = message.base_subject or message.subject
    ticket = work.tickets.open(requester, subject, occasion.ticket.queue, message.language, now)
    words = "\n\n".join(part for part in (text, message.hidden.quotes) if part.strip())
    row = work.tickets.add_note(ticket.id, by, "", words, now)
    work.tickets.link(ticket.id, occasion.ticket.id, LinkKind.RELATED)
    reason = f"{by} opened it for {address}"
    detail = {"from": "", "to": "new", "by": by}
    work.tickets.note_event(ticket.id, ChangeKind.STATUS.value, reason, now, **detail)
    shown = replace(message, author=Address(address), new_text=words, attachments=())
    _tell_new(work, desk, shown, ticket, -row, reason)
    return ticket


def _tell_new(
    work: Work, desk: Desk, message: IncomingMessage, ticket: Ticket, cause: int, reason: str
) -> None:
    """Notify the agents of a ticket no mail of its own opened; ``cause`` keys the notifications."""
    decision = Decision(
        store=StoreDecision(Storing.OPEN_TICKET, reason),
        thread=ThreadDecision(None, Proof.NONE, reason),
        wake=WakeDecision(True, reason),
        answer=AnswerDecision(Answer.NOTHING, reason),
        voice=Voice.CUSTOMER,
        verified=ticket.requester_verified,
    )
    occasion = Occasion(cause, message, decision, NO_SUGGESTION, ticket, 0, desk.articles)
    for letter in letters_for(occasion, desk.policy):
        queue_letter(work, desk, letter, ticket)
