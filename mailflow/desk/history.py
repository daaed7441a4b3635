"""The decision about a message of the past: filed and threaded, never answered, nobody woken.

Without trust the rules of arriving mail hold: unsigned evidence admits participants alone, and what
machines wrote to nobody in particular is set aside. With trust (an archive, where nobody can be
authenticated any more) any evidence admits anybody, and every message gets a ticket but for copies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from mailflow.desk.context import KnownMessage, Lookup, ThreadContext, lookup_for, new_text_hash
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
from mailflow.desk.policy import Policy, ascii_lower
from mailflow.desk.reply_token import TokenClaims
from mailflow.desk.thread import match_ticket
from mailflow.desk.ticket import ParticipantRole, TicketStatus
from mailflow.mail.authentication import is_authenticated
from mailflow.mail.message import Address, IncomingMessage, Origin
from mailflow.mail.subject import reply_subject

COPY = "another copy of a message already recorded"
_TAGS = re.compile(r"\A(?:\s*\[[^\[\]]{0,100}\])*\s*")
_QUOTED = re.compile(r"^ {0,2}[A-Za-z]{0,5}>", re.MULTILINE)  # also with initials: "JD> like this"
_PAST = "mail of the past"
_MACHINES = frozenset(Origin) - {Origin.PERSON, Origin.LIST, Origin.NOTIFICATION}


@dataclass(frozen=True, slots=True)
class Known:
    """What this import knows of the message's surroundings. Ticket ids; None where nothing is known."""

    conversation: int | None = None  # where its conversation was filed
    subject: int | None = None  # where the latest message with its base subject was filed


def history_lookup(
    message: IncomingMessage, claims: TokenClaims, known: Known, policy: Policy
) -> Lookup:
    """What to read. Its own id counts: earlier replies may name a parent that comes only now.

    A number in the subject is somebody else's: an old archive knew no ticket of ours.
    """
    lookup = lookup_for(message, claims, policy.subject_window)
    own = (message.message_id,) if message.message_id else ()
    tokens = (t.ticket_id for t in (claims.addressed, claims.referenced) if t)
    filed = (t for t in (known.conversation, known.subject) if t)
    return replace(
        lookup,
        ticket_ids=tuple(dict.fromkeys((*tokens, *filed))),
        thread_ids=tuple(dict.fromkeys((*lookup.thread_ids, *own))),
    )


def decide_history(
    message: IncomingMessage,
    claims: TokenClaims,
    context: ThreadContext,
    policy: Policy,
    known: Known = Known(),
    *,
    trusted: bool,
) -> Decision:
    """The four answers about a message of the past. Total; no answer, no waking, ever."""
    scene = _with_known(context, known) if trusted else context
    thread = match_ticket(replace(message, subject=""), claims, scene, policy, trusted=trusted)
    if trusted and thread.proof is Proof.SUBJECT_WINDOW:
        reason = f"tied by {Proof.SAME_SUBJECT}"
        thread = replace(thread, proof=Proof.SAME_SUBJECT, reason=reason)
    copied = _copied(message, context)
    if copied is not None:
        return _set_aside(message, policy, COPY, copied.ticket_id)
    if not trusted and thread.ticket_id is None and _is_lone_machine(message, policy):
        reason = f"{message.origin.kind} mail of the past that belongs to no ticket"
        return _set_aside(message, policy, reason, thread.linked_to)
    opens = thread.ticket_id is None
    return Decision(
        store=StoreDecision(Storing.OPEN_TICKET if opens else Storing.ADD_TO_TICKET, _PAST),
        thread=thread,
        # Solved, not closed: a reply to it is welcome in the same ticket, and reopens it.
        wake=WakeDecision(False, _PAST, TicketStatus.SOLVED if opens else None),
        answer=AnswerDecision(Answer.NOTHING, _PAST),
        voice=_voice(message, policy, trusted=trusted),
        verified=is_authenticated(message, policy.authserv_id),
        joins=(_requester(message, policy),) if opens else (),
    )


def may_reply_by_subject(message: IncomingMessage) -> bool:
    """Whether its subject may tie it, when no message it names is known: it says Re: or quotes one.

    Two reports under one subject are no conversation, so an equal subject alone is not enough.
    """
    replies = _has_mark(message) or bool(message.hidden.quotes or _QUOTED.search(message.text))
    return bool(message.base_subject) and replies


def within_window(apart: timedelta, policy: Policy) -> bool:
    return abs(apart) <= policy.subject_window


def _has_mark(message: IncomingMessage) -> bool:
    """Re:, AW: or their kin stand before the subject; a list's [tag] may stand before them."""
    rest = _TAGS.sub("", message.subject)
    return bool(rest) and reply_subject(rest) == " ".join(rest.split())


def _with_known(context: ThreadContext, known: Known) -> ThreadContext:
    """The conversation's own ticket comes first, so that all of it stays together."""
    filed = known.conversation
    first = [k for k in context.referenced if k.ticket_id == filed]
    if filed is not None and not first:
        first = [KnownMessage("", filed, "", "")]
    others = [k for k in context.referenced if k.ticket_id != filed]
    return replace(context, referenced=(*first, *others), by_subject=known.subject)


def _copied(message: IncomingMessage, context: ThreadContext) -> KnownMessage | None:
    wanted = new_text_hash(message)
    return next((k for k in context.same_message_id if k.new_text_hash == wanted), None)


def _is_lone_machine(message: IncomingMessage, policy: Policy) -> bool:
    ours = message.message_id and message.message_id.endswith("@" + policy.message_id_domain)
    return bool(ours) or message.origin.kind in _MACHINES


def _set_aside(
    message: IncomingMessage, policy: Policy, reason: str, linked_to: int | None
) -> Decision:
    return Decision(
        store=StoreDecision(Storing.SET_ASIDE, reason),
        thread=ThreadDecision(None, Proof.NONE, reason, linked_to=linked_to),
        wake=WakeDecision(False, reason),
        answer=AnswerDecision(Answer.NOTHING, reason),
        voice=Voice.MACHINE,
        verified=is_authenticated(message, policy.authserv_id),
    )


def _voice(message: IncomingMessage, policy: Policy, *, trusted: bool) -> Voice:
    machine = message.origin.kind in _MACHINES - {Origin.OWN}
    if machine or (message.message_id or "").endswith("@" + policy.message_id_domain):
        return Voice.MACHINE
    author = ascii_lower(message.author.address) if message.author else ""
    ours = author in policy.own_addresses or policy.agent(author) is not None
    # Nobody proved to be an agent; under an agent's name nothing is taken for a customer's words.
    return Voice.AGENT if ours and trusted else Voice.MACHINE if ours else Voice.CUSTOMER


def _requester(message: IncomingMessage, policy: Policy) -> Joining:
    """The author; where we wrote ourselves, the first person we wrote to."""
    author = message.author or Address("")
    if ascii_lower(author.address) in policy.own_addresses:
        others = (*message.reply_to, *message.to, *message.cc)
        strangers = (a for a in others if ascii_lower(a.address) not in policy.own_addresses)
        author = next(strangers, author)
    return Joining(ascii_lower(author.address), author.name, ParticipantRole.REQUESTER)
