"""The heart: one pure decision per incoming message.

Read top to bottom: what came from Sent, what is our own or a copy, what a proven agent wrote, what a
machine wrote, what a person wrote. Each path answers the four questions of ``decision.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from mailflow.desk.changes import SetStatus, gone_reason
from mailflow.desk.command_values import CommandFault, CommandMail
from mailflow.desk.commands import read_commands, spoken_by
from mailflow.desk.context import Source, ThreadContext, participant
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
from mailflow.desk.forward import Forward, forward_by_agent
from mailflow.desk.intake_scene import (
    UNCLEAR_AUTHOR,
    UNPROVEN_AGENT,
    Scene,
    agent_behind,
    author_address,
    bounced_for_good,
    copied_in,
    exposed_to,
    is_another_copy,
    is_mere_thanks,
    is_our_own,
    linked_for,
    others_joining,
    proven_agent,
    queue_for,
    requester_for,
    says_automatic,
    stale_token_ticket,
    suggested_priority,
    token_holder,
    warnings_for,
)
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.desk.relay import relay_fault
from mailflow.desk.reply_token import Purpose, TokenClaims
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.thread import match_ticket
from mailflow.desk.ticket import (
    Article,
    ParticipantRole,
    Ticket,
    TicketKind,
    TicketStatus,
)
from mailflow.desk.update_orders import UpdateOrder, read_order
from mailflow.desk.wishes import Wish, says_more, wish_of
from mailflow.mail.authentication import is_authenticated
from mailflow.mail.message import IncomingMessage, Origin

#: Machine mail that belongs to no ticket: what becomes of it, and why.
_LONE_MACHINES: dict[Origin, tuple[Storing, str]] = {
    Origin.AUTO_REPLY: (Storing.SET_ASIDE, "an automatic reply that belongs to no ticket"),
    Origin.BOUNCE: (Storing.SET_ASIDE, "a bounce of a mail we did not send"),
    Origin.DELAY: (Storing.SET_ASIDE, "a delay report about a mail we did not send"),
    Origin.BULK: (Storing.SET_ASIDE, "bulk mail"),
    Origin.REPORT: (Storing.SET_ASIDE, "a report for the postmaster"),
    Origin.RECEIPT: (Storing.SET_ASIDE, "a read receipt"),
    # People do write through lists (a support group is one), and monitors do report outages.
    Origin.LIST: (Storing.OPEN_TICKET, "list mail may be a person's"),
    Origin.NOTIFICATION: (Storing.OPEN_TICKET, "a service reports something"),
}
# These speak about the ticket or for nobody; they never change whose turn it is.
_QUIET = frozenset({Origin.AUTO_REPLY, Origin.DELAY, Origin.RECEIPT, Origin.REPORT, Origin.BOUNCE})
_WAITING = frozenset({TicketStatus.PENDING, TicketStatus.SOLVED, TicketStatus.ON_HOLD})


def decide_intake(
    message: IncomingMessage,
    source: Source,
    claims: TokenClaims,
    context: ThreadContext,
    suggestion: Suggestion,
    policy: Policy,
    articles: Mapping[str, Article] = MappingProxyType({}),
) -> Decision:
    """The four answers about ``message``. Total: every message gets a decision.

    ``articles`` are those an agent's command may send.
    """
    verified = is_authenticated(message, policy.authserv_id)
    trusted = source is Source.SENT
    thread = match_ticket(message, claims, context, policy, trusted=trusted)
    scene = Scene(message, claims, context, suggestion, policy, thread, verified, articles)
    if is_our_own(message, policy):
        return scene.set_aside("a mail mailflow sent itself")
    if source is Source.SENT:
        return _decide_sent(scene)
    if is_another_copy(message, context):
        return scene.set_aside("another copy of a message already recorded")
    agent = proven_agent(scene)
    if agent:
        return _decide_agent(scene, agent)
    wish = wish_of(message, claims)
    if wish and scene.ticket is not None:
        return _decide_wish(scene, scene.ticket, wish)
    if message.origin.kind in _QUIET:
        return _decide_report(scene)
    forward = forward_by_agent(message, policy) if scene.ticket is None else None
    if forward:
        return _decide_forward(scene, forward)
    if policy.agent(author_address(message)) and (scene.ticket or stale_token_ticket(scene)):
        return _decide_unproven_agent(scene, message.origin.kind is Origin.PERSON)
    return _decide_customer(scene)


# ── mail from our side ──────────────────────────────────────────────────────────────────────────


def _decide_sent(scene: Scene) -> Decision:
    """A mail somebody with the mailbox's password sent from their own client."""
    ticket = scene.ticket
    if ticket is None:
        return scene.set_aside("sent from the mailbox, but it belongs to no ticket")
    if says_automatic(scene.message):
        return scene.set_aside("sent from the mailbox, but by no person")
    reason = "answered from the shared mailbox"
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, reason),
        thread=scene.thread,
        wake=WakeDecision(False, reason, TicketStatus.PENDING),
        answer=AnswerDecision(Answer.NOTHING, "the customer has it already"),
        voice=Voice.AGENT,
        verified=True,
        agent_address=agent_behind(scene),
    )


def _decide_agent(scene: Scene, agent: Agent) -> Decision:
    """A proven agent's answer: it goes to the customer, or back to the agent with the reason."""
    ticket = scene.ticket
    if ticket is None:
        return scene.set_aside(scene.thread.reason)
    if scene.message.origin.kind is not Origin.PERSON:
        return _decide_report(scene)
    order = read_order(scene.message.new_text)
    if order is not None:
        return _decide_order(scene, agent, order)
    read = read_commands(scene.message, agent, scene.policy, scene.articles)
    if read.faults:
        return _tell_agent(scene, agent, _faults_in_words(read), read)
    if read.is_internal or not read.says_something:
        fault = gone_reason(ticket)
        reason = "an internal note" if read.is_internal else "commands alone: nothing to pass on"
        answer, status = AnswerDecision(Answer.NOTHING, reason), None
    else:
        spoken = spoken_by(
            scene.message, read, scene.articles, ticket.language or scene.policy.language
        )
        fault = gone_reason(ticket) or relay_fault(spoken, ticket, scene.policy)
        reason = f"{agent.address} answered from their own mailbox"
        answer, status = AnswerDecision(Answer.RELAY, reason), TicketStatus.PENDING
    if fault:
        return _tell_agent(scene, agent, fault, read)
    if any(isinstance(c, SetStatus) for c in read.commands):
        status = None  # the command says it
    relayed = answer.value is Answer.RELAY
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, "an agent's mail"),
        thread=scene.thread,
        wake=WakeDecision(
            False, "an agent answered" if relayed else "an agent wrote to the desk", status
        ),
        answer=answer,
        voice=Voice.AGENT,
        verified=scene.verified,
        joins=copied_in(scene, ticket) if relayed else (),
        agent_address=agent.address,
        commands=read.commands,
        internal=read.is_internal,
        exposed=exposed_to(scene),
    )


def _decide_order(scene: Scene, agent: Agent, order: UpdateOrder) -> Decision:
    """An agent disposes of the planned progress update: nothing of this reaches the customer."""
    reason = f"{agent.address} disposed of the progress update"
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, reason),
        thread=scene.thread,
        wake=WakeDecision(False, reason),
        answer=AnswerDecision(Answer.NOTHING, "an order to mailflow, not an answer"),
        voice=Voice.MACHINE,
        verified=scene.verified,
        agent_address=agent.address,
        order=order,
    )


def _tell_agent(scene: Scene, agent: Agent, fault: str, read: CommandMail) -> Decision:
    """Nothing of the mail leaves or is carried out; its author is told why."""
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, "an agent's mail"),
        thread=scene.thread,
        wake=WakeDecision(False, "nothing was answered"),
        answer=AnswerDecision(Answer.TELL_AGENT, fault),
        voice=Voice.AGENT,
        verified=scene.verified,
        agent_address=agent.address,
        command_faults=read.faults,
        exposed=exposed_to(scene),
    )


def refuse_commands(decision: Decision, faults: Sequence[CommandFault]) -> Decision:
    """The decision about an agent's mail whose commands the tickets do not allow: back to its author."""
    read = CommandMail(faults=tuple(faults))
    return replace(
        decision,
        wake=WakeDecision(False, "nothing was answered"),
        answer=AnswerDecision(Answer.TELL_AGENT, _faults_in_words(read)),
        joins=(),
        commands=(),
        command_faults=read.faults,
        internal=False,
    )


def _faults_in_words(read: CommandMail) -> str:
    return "; ".join(f"{f.line}: {f.why}" if f.line else f.why for f in read.faults[:5])


def _decide_unproven_agent(scene: Scene, by_person: bool) -> Decision:
    """A mail in an agent's name that lacks a proof: kept, and that agent is told.

    It may be the agent's own, sent to the wrong address, or a stranger's: nothing follows from it.
    """
    reason = "it did not come to your personal reply address, so it could be anybody's"
    if token_holder(scene):
        reason = "the mail server does not vouch that you sent it, so it could be anybody's"
    answer = Answer.TELL_AGENT if by_person else Answer.NOTHING
    thread, stale = scene.thread, stale_token_ticket(scene)
    if scene.ticket is None and stale is not None:
        thread = ThreadDecision(stale.id, Proof.NONE, scene.thread.reason)
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, UNPROVEN_AGENT),
        thread=thread,
        wake=WakeDecision(False, "only the agent it names is told"),
        answer=AnswerDecision(answer, reason),
        voice=Voice.MACHINE,
        verified=scene.verified,
        agent_address=author_address(scene.message),
        warnings=(UNPROVEN_AGENT,),
    )


# ── mail from the other side ────────────────────────────────────────────────────────────────────


def _decide_forward(scene: Scene, forward: Forward) -> Decision:
    """A customer's mail that a proven agent passes on: a ticket of the customer, and who was chosen is said."""
    author = ascii_lower(forward.original.author.address)
    chosen = (
        f"{forward.agent.address} forwarded it: filed under {author}, the author of the mail "
        f"{'attached to' if forward.original.found == 'attached' else 'quoted in'} the forward"
    )
    return Decision(
        store=StoreDecision(Storing.OPEN_TICKET, chosen),
        thread=scene.thread,
        wake=WakeDecision(True, "a new ticket", TicketStatus.NEW),
        answer=AnswerDecision(
            Answer.NOTHING, "an agent forwarded it; the customer did not write here"
        ),
        voice=Voice.CUSTOMER,
        verified=False,  # the agent is proven, the customer is not
        joins=(Joining(author, forward.original.author.name, ParticipantRole.REQUESTER),),
        agent_address=forward.agent.address,
        priority=suggested_priority(scene.suggestion),
        warnings=(chosen, *linked_for(scene)),
    )


def _decide_report(scene: Scene) -> Decision:
    """Automatic replies, bounces, delays and receipts: filed, never answered, nothing reopened."""
    message, ticket = scene.message, scene.ticket
    if ticket is None:
        _, reason = _LONE_MACHINES[message.origin.kind]
        return scene.set_aside(reason)
    bounced = bounced_for_good(message, ticket)
    failed = message.origin.kind is Origin.BOUNCE
    wake = "a mail of this ticket came back" if failed else f"{message.origin.kind} wakes nobody"
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, f"{message.origin.kind}: {message.origin.rule}"),
        thread=scene.thread,
        wake=WakeDecision(failed, wake),
        answer=AnswerDecision(Answer.NOTHING, message.may_answer.reason),
        voice=Voice.MACHINE,
        verified=scene.verified,
        blocked_address=bounced,
    )


def _decide_customer(scene: Scene) -> Decision:
    """What a person, or a machine that may speak for one, wrote."""
    requester = requester_for(scene)
    if requester is None:
        return scene.set_aside("our own address wrote it and names nobody to answer")
    if scene.ticket is not None:
        return _decide_follow_up(scene, scene.ticket)
    storing, reason = _LONE_MACHINES.get(
        scene.message.origin.kind, (Storing.OPEN_TICKET, "a new request")
    )
    if storing is Storing.SET_ASIDE:
        return scene.set_aside(f"{reason} ({scene.message.origin.rule})")
    return Decision(
        store=StoreDecision(storing, reason),
        thread=scene.thread,
        wake=WakeDecision(True, "a new ticket", TicketStatus.NEW),
        answer=_may_acknowledge(scene),
        voice=Voice.CUSTOMER,
        verified=scene.verified,
        joins=(requester, *others_joining(scene, requester)),
        priority=suggested_priority(scene.suggestion),
        queue=queue_for(scene),
        kind=TicketKind.FEATURE_REQUEST if scene.suggestion.feature_request else None,
        warnings=warnings_for(scene),
    )


def _decide_wish(scene: Scene, ticket: Ticket, wish: Wish) -> Decision:
    """A customer asks mailflow to be quiet, or rates an answer: noted, and answered by doing it.

    Words of their own beside it are a follow-up like any other, but for praise, which reopens nothing.
    """
    asks = wish in (Wish.STOP_UPDATES, Wish.STOP_ALL)
    read = says_more(scene.message) and not asks
    if read and wish is Wish.NOT_CONTENT:
        return replace(_decide_follow_up(scene, ticket), wish=wish)
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, f"the customer asks: {wish}"),
        thread=scene.thread,
        wake=WakeDecision(read, "the customer wrote beside it" if read else str(wish)),
        answer=AnswerDecision(Answer.NOTHING, "doing it is the answer"),
        voice=Voice.CUSTOMER,
        verified=scene.verified,
        wish=wish,
    )


def _decide_follow_up(scene: Scene, ticket: Ticket) -> Decision:
    if is_mere_thanks(scene, ticket):
        reason = "thanks without a request: it reopens nothing"
        wake, answer = WakeDecision(False, reason), AnswerDecision(Answer.NOTHING, reason)
    else:
        reopened = ticket.status in _WAITING
        wake = WakeDecision(True, "the customer wrote", TicketStatus.OPEN if reopened else None)
        answer = _may_confirm_reopening(scene, ticket)
    author = author_address(scene.message)
    warnings = []
    if participant(ticket, author) is None:
        warnings.append(f"{author} is not a participant of this ticket")
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, "a follow-up"),
        thread=scene.thread,
        wake=wake,
        answer=answer,
        voice=Voice.CUSTOMER,
        verified=scene.verified,
        warnings=tuple(warnings),
    )


def _may_confirm_reopening(scene: Scene, ticket: Ticket) -> AnswerDecision:
    """A follow-up is not answered, but who writes to a solved ticket is told that it is open again."""
    if ticket.status is not TicketStatus.SOLVED:
        return AnswerDecision(Answer.NOTHING, "a follow-up; this ticket was acknowledged already")
    if author_address(scene.message) != ticket.requester.address:
        return AnswerDecision(Answer.NOTHING, "reopened by somebody who did not open it")
    reason = _silence_reason(scene)
    if reason:
        return AnswerDecision(Answer.NOTHING, reason)
    return AnswerDecision(Answer.ACKNOWLEDGE, "the ticket was solved and is open again")


def _may_acknowledge(scene: Scene) -> AnswerDecision:
    reason = _silence_reason(scene)
    if reason:
        return AnswerDecision(Answer.NOTHING, reason)
    return AnswerDecision(Answer.ACKNOWLEDGE, "a person's new request")


def _silence_reason(scene: Scene) -> str | None:
    """Why a new ticket gets no acknowledgement; None when it gets one."""
    message, policy, context = scene.message, scene.policy, scene.context
    author = author_address(message)
    budgets = policy.budgets
    stray_agent_token = scene.claims.addressed is not None and (
        scene.claims.addressed.purpose is Purpose.AGENT
    )
    checks: tuple[tuple[bool, str], ...] = (
        (not policy.acknowledge, "acknowledgements are switched off"),
        (not message.may_answer.value, message.may_answer.reason),
        (message.author_ambiguous, UNCLEAR_AUTHOR),
        (author in policy.own_addresses, "it was written under our own address"),
        (policy.agent(author) is not None, UNPROVEN_AGENT),
        (stray_agent_token, "it used an agent's reply address"),
        (not is_plain_address(author), "the author's address cannot be answered safely"),
        (context.author_blocked is not None, f"mail to {author} came back"),
        (
            context.automatic_to_author_last_hour >= budgets.per_address_per_hour,
            f"{author} got {context.automatic_to_author_last_hour} automatic mails this hour",
        ),
        (
            context.automatic_to_author_last_day >= budgets.per_address_per_day,
            f"{author} got {context.automatic_to_author_last_day} automatic mails today",
        ),
    )
    return next((reason for applies, reason in checks if applies), None)
