"""Which ticket a message belongs to, and what proves it.

Evidence is tried from the strongest to the weakest; the first kind that names a ticket decides.
Signed evidence (a token of ours) was only ever seen by those we wrote to, so it admits whoever holds
it. Everything else can be guessed or copied, so it admits participants only: a stranger's message
becomes a ticket of its own, linked for the agents to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailflow.desk.context import ThreadContext, participant, subject_tag
from mailflow.desk.decision import Proof, ThreadDecision
from mailflow.desk.policy import Policy, ascii_lower
from mailflow.desk.reply_token import Purpose, ReplyToken, TokenClaims
from mailflow.desk.ticket import Ticket, TicketStatus
from mailflow.mail.message import IncomingMessage, Origin

# Reports about a mail of ours come from servers, never from the person the token was made for.
_REPORTS = frozenset({Origin.BOUNCE, Origin.DELAY, Origin.RECEIPT, Origin.AUTO_REPLY})


@dataclass(frozen=True, slots=True)
class Evidence:
    """``ticket`` is the one to enter; ``named`` the one the evidence names, which may have been merged into it."""

    ticket: Ticket
    proof: Proof
    named: Ticket
    token: ReplyToken | None = None


def match_ticket(
    message: IncomingMessage,
    claims: TokenClaims,
    context: ThreadContext,
    policy: Policy,
    *,
    trusted: bool = False,
) -> ThreadDecision:
    """The ticket ``message`` may enter, or the one it is linked to, with the proof that decided.

    ``trusted``: whoever put the message where it lies was proven otherwise, so any evidence admits.
    """
    evidence = next(_evidence(message, claims, context, policy), None)
    if evidence is None:
        note = f"; {claims.fault}" if claims.fault else ""
        return ThreadDecision(None, Proof.NONE, "nothing ties it to a ticket" + note)
    refusal = None if trusted else _refusal(message, evidence, policy)
    ticket_id = evidence.ticket.id
    if refusal:
        return ThreadDecision(None, Proof.NONE, refusal, linked_to=ticket_id)
    answers = evidence.token is None or evidence.token.purpose is Purpose.REQUESTER
    late = evidence.ticket.status is TicketStatus.CLOSED and answers
    if late and message.origin.kind not in _REPORTS:
        state = "was deleted" if evidence.ticket.deleted_at else "is closed"
        reason = f"ticket {ticket_id} {state}; a late reply starts a new one"
        return ThreadDecision(None, evidence.proof, reason, linked_to=ticket_id)
    reason = f"tied by {evidence.proof}"
    if evidence.named.id != ticket_id:
        reason += f" to ticket {evidence.named.id}, which was merged into this one"
    return ThreadDecision(ticket_id, evidence.proof, reason)


def _evidence(
    message: IncomingMessage, claims: TokenClaims, context: ThreadContext, policy: Policy
) -> Iterator[Evidence]:
    for token, proof in (
        (claims.addressed, Proof.REPLY_ADDRESS),
        (claims.referenced, Proof.SIGNED_REFERENCE),
    ):
        if token:
            yield from _at(context, token.ticket_id, proof, token)
    for known in context.referenced:
        direct = known.message_id in message.in_reply_to
        proof = Proof.IN_REPLY_TO if direct else Proof.REFERENCES
        yield from _at(context, known.ticket_id, proof)
    for ticket_id, proof in (
        (context.by_thread_index, Proof.THREAD_INDEX),
        (subject_tag(message.subject), Proof.SUBJECT_TAG),
        (context.by_subject if policy.subject_window else None, Proof.SUBJECT_WINDOW),
    ):
        yield from _at(context, ticket_id, proof)


def _at(
    context: ThreadContext, ticket_id: int | None, proof: Proof, token: ReplyToken | None = None
) -> Iterator[Evidence]:
    named, current = context.ticket(ticket_id), context.current(ticket_id)
    if named and current:
        yield Evidence(current, proof, named, token)


def _refusal(message: IncomingMessage, evidence: Evidence, policy: Policy) -> str | None:
    """Why this evidence does not admit this author; None when it does."""
    author = ascii_lower(message.author.address) if message.author else ""
    known = participant(evidence.ticket, author)
    if evidence.token is not None:
        if message.origin.kind in _REPORTS or not _is_agents(evidence.token):
            return None
        holder = next(
            (p for p in evidence.named.participants if p.id == evidence.token.participant_id), None
        )
        if holder is None or holder.address != author or not policy.agent(author):
            return f"{author or 'nobody'} used an agent's reply address that is not theirs"
        return None
    if known is None or message.author_ambiguous:
        return (
            f"{author or 'an unreadable author'} is no participant of ticket {evidence.ticket.id}, "
            f"and {evidence.proof} alone admits nobody"
        )
    return None


def _is_agents(token: ReplyToken | None) -> bool:
    return token is not None and token.purpose is Purpose.AGENT
