"""The heart: one pure decision per incoming message.

Read top to bottom: what came from Sent, what is our own or a copy, what a proven agent wrote, what a
machine wrote, what a person wrote. Each path answers the four questions of ``decision.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from mailflow.desk.changes import SetStatus, gone_reason
from mailflow.desk.command_values import CommandFault, CommandMail
from mailflow.desk.commands import read_commands, spoken_by
from mailflow.desk.context import Source, ThreadContext, new_text_hash, participant
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
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.desk.relay import relay_fault
from mailflow.desk.reply_token import Purpose, TokenClaims
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.thread import match_ticket
from mailflow.desk.ticket import (
    Article,
    ParticipantRole,
    Priority,
    Ticket,
    TicketKind,
    TicketStatus,
)
from mailflow.desk.update_orders import UpdateOrder, read_order
from mailflow.desk.wishes import Wish, says_more, wish_of
from mailflow.mail.addresses import canonical_address
from mailflow.mail.authentication import is_authenticated
from mailflow.mail.message import Address, IncomingMessage, Origin

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
_MAX_JOINING = 10
_UNCLEAR_AUTHOR = "who wrote it is unclear: From is missing or can be read in several ways"
_UNPROVEN_AGENT = "it claims to be from an agent, without proof"


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
    if _is_our_own(message, policy):
        return scene.set_aside("a mail mailflow sent itself")
    if source is Source.SENT:
        return _decide_sent(scene)
    if _is_another_copy(message, context):
        return scene.set_aside("another copy of a message already recorded")
    agent = _proven_agent(scene)
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
    if policy.agent(_author_address(message)) and (scene.ticket or _stale_token_ticket(scene)):
        return _decide_unproven_agent(scene, message.origin.kind is Origin.PERSON)
    return _decide_customer(scene)


@dataclass(frozen=True, slots=True)
class Scene:
    """All a decision looks at."""

    message: IncomingMessage
    claims: TokenClaims
    context: ThreadContext
    suggestion: Suggestion
    policy: Policy
    thread: ThreadDecision
    verified: bool
    articles: Mapping[str, Article]

    @property
    def ticket(self) -> Ticket | None:
        return self.context.ticket(self.thread.ticket_id)

    def set_aside(self, reason: str) -> Decision:
        # Nothing set aside touches a ticket, whatever it refers to.
        nowhere = ThreadDecision(None, Proof.NONE, reason, linked_to=self.thread.ticket_id)
        return Decision(
            store=StoreDecision(Storing.SET_ASIDE, reason),
            thread=nowhere,
            wake=WakeDecision(False, reason),
            answer=AnswerDecision(Answer.NOTHING, reason),
            voice=Voice.MACHINE,
            verified=self.verified,
        )


# ── mail from our side ──────────────────────────────────────────────────────────────────────────


def _decide_sent(scene: Scene) -> Decision:
    """A mail somebody with the mailbox's password sent from their own client."""
    ticket = scene.ticket
    if ticket is None:
        return scene.set_aside("sent from the mailbox, but it belongs to no ticket")
    if _says_automatic(scene.message):
        return scene.set_aside("sent from the mailbox, but by no person")
    reason = "answered from the shared mailbox"
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, reason),
        thread=scene.thread,
        wake=WakeDecision(False, reason, TicketStatus.PENDING),
        answer=AnswerDecision(Answer.NOTHING, "the customer has it already"),
        voice=Voice.AGENT,
        verified=True,
        agent_address=_agent_behind(scene),
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
        joins=_copied_in(scene, ticket) if relayed else (),
        agent_address=agent.address,
        commands=read.commands,
        internal=read.is_internal,
        exposed=_exposed_to(scene),
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
        exposed=_exposed_to(scene),
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


def _exposed_to(scene: Scene) -> tuple[str, ...]:
    """Outsiders in copy of a mail to a personal reply address, which alone proves the agent here."""
    if scene.policy.authserv_id:
        return ()  # the address is no use without a pass of the named server
    policy = scene.policy
    seen = [ascii_lower(a.address) for a in (*scene.message.to, *scene.message.cc)]
    ours = policy.own_addresses
    return tuple(
        a
        for a in dict.fromkeys(seen)
        if not {a, canonical_address(a)} & ours and not policy.agent(a) and is_plain_address(a)
    )[:_MAX_JOINING]


def _stale_token_ticket(scene: Scene) -> Ticket | None:
    """The ticket of a genuine personal reply address that was replaced since, or is somebody else's."""
    token = scene.claims.addressed
    if token is None or token.purpose is not Purpose.AGENT or scene.message.author_ambiguous:
        return None
    return scene.context.current(token.ticket_id)


def _decide_unproven_agent(scene: Scene, by_person: bool) -> Decision:
    """A mail in an agent's name that did not come to their reply address: kept, and that agent is told.

    It may be the agent's own, sent to the wrong address, or a stranger's: nothing follows from it.
    """
    reason = "it did not come to your personal reply address, so it could be anybody's"
    answer = Answer.TELL_AGENT if by_person else Answer.NOTHING
    thread, stale = scene.thread, _stale_token_ticket(scene)
    if scene.ticket is None and stale is not None:
        thread = ThreadDecision(stale.id, Proof.NONE, scene.thread.reason)
    return Decision(
        store=StoreDecision(Storing.ADD_TO_TICKET, _UNPROVEN_AGENT),
        thread=thread,
        wake=WakeDecision(False, "only the agent it names is told"),
        answer=AnswerDecision(answer, reason),
        voice=Voice.MACHINE,
        verified=scene.verified,
        agent_address=_author_address(scene.message),
        warnings=(_UNPROVEN_AGENT,),
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
        priority=_suggested_priority(scene.suggestion),
        warnings=(chosen, *_linked(scene)),
    )


def _decide_report(scene: Scene) -> Decision:
    """Automatic replies, bounces, delays and receipts: filed, never answered, nothing reopened."""
    message, ticket = scene.message, scene.ticket
    if ticket is None:
        _, reason = _LONE_MACHINES[message.origin.kind]
        return scene.set_aside(reason)
    bounced = _bounced_for_good(message, ticket)
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
    requester = _requester(scene)
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
        joins=(requester, *_others(scene, requester)),
        priority=_suggested_priority(scene.suggestion),
        queue=_queue(scene),
        kind=TicketKind.FEATURE_REQUEST if scene.suggestion.feature_request else None,
        warnings=_warnings(scene),
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
    if _is_mere_thanks(scene, ticket):
        reason = "thanks without a request: it reopens nothing"
        wake, answer = WakeDecision(False, reason), AnswerDecision(Answer.NOTHING, reason)
    else:
        reopened = ticket.status in _WAITING
        wake = WakeDecision(True, "the customer wrote", TicketStatus.OPEN if reopened else None)
        answer = _may_confirm_reopening(scene, ticket)
    author = _author_address(scene.message)
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
    if _author_address(scene.message) != ticket.requester.address:
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
    author = _author_address(message)
    budgets = policy.budgets
    stray_agent_token = scene.claims.addressed is not None and (
        scene.claims.addressed.purpose is Purpose.AGENT
    )
    checks: tuple[tuple[bool, str], ...] = (
        (not policy.acknowledge, "acknowledgements are switched off"),
        (not message.may_answer.value, message.may_answer.reason),
        (message.author_ambiguous, _UNCLEAR_AUTHOR),
        (author in policy.own_addresses, "it was written under our own address"),
        (policy.agent(author) is not None, _UNPROVEN_AGENT),
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


# ── small facts ─────────────────────────────────────────────────────────────────────────────────


def _is_our_own(message: IncomingMessage, policy: Policy) -> bool:
    return bool(message.message_id and message.message_id.endswith("@" + policy.message_id_domain))


def _is_another_copy(message: IncomingMessage, context: ThreadContext) -> bool:
    wanted = new_text_hash(message)
    return any(known.new_text_hash == wanted for known in context.same_message_id)


def _proven_agent(scene: Scene) -> Agent | None:
    """The agent who wrote this: the holder of a signed personal token, under exactly that agent's address.

    Where the admin named a server whose Authentication-Results count, its pass is required as well.
    """
    ticket = scene.ticket
    agent = scene.policy.agent(_author_address(scene.message))
    tokens = (scene.claims.addressed, scene.claims.referenced)
    token = next((t for t in tokens if t and t.purpose is Purpose.AGENT), None)
    if agent is None or ticket is None or token is None or scene.message.author_ambiguous:
        return None
    if scene.policy.authserv_id and not scene.verified:
        return None
    named = scene.context.ticket(token.ticket_id)  # merged into this one since, perhaps
    if named is None or scene.context.current(token.ticket_id) is not ticket:
        return None
    holder = next((p for p in named.participants if p.id == token.participant_id), None)
    return agent if holder is not None and holder.address == agent.address else None


def _agent_behind(scene: Scene) -> str | None:
    """Which agent sent it: by their own address, else by their name beside the support address."""
    author, agents = scene.message.author, scene.policy.agents
    if author is None:
        return None
    own = scene.policy.agent(author.address)
    name = " ".join(author.name.split()).casefold()
    named = [a for a in agents if name and " ".join(a.name.split()).casefold() == name]
    if own is None and len(named) != 1:
        return None
    return (own or named[0]).address


def _says_automatic(message: IncomingMessage) -> bool:
    """Auto-Submitted (RFC 3834 5): our own notices whose id a provider rewrote, or a vacation reply."""
    values = (value for name, value in message.header_fields if name == "auto-submitted")
    return any(value.partition(";")[0].strip().lower() != "no" for value in values)


def _author_address(message: IncomingMessage) -> str:
    return ascii_lower(message.author.address) if message.author else ""


def _requester(scene: Scene) -> Joining | None:
    """Whom the ticket is for: the author, or who a form under our own address says to answer."""
    message, own = scene.message, scene.policy.own_addresses
    author = message.author or Address("")
    if ascii_lower(author.address) in own:
        other = [a for a in message.reply_to if ascii_lower(a.address) not in own]
        if not other:
            return None
        author = other[0]
    return Joining(ascii_lower(author.address), author.name, ParticipantRole.REQUESTER)


def _others(scene: Scene, requester: Joining) -> tuple[Joining, ...]:
    """People in copy stay in, but only when a server we named vouches for who invited them."""
    return _joining(scene, {requester.address}) if scene.verified else ()


def _copied_in(scene: Scene, ticket: Ticket) -> tuple[Joining, ...]:
    return _joining(scene, {p.address for p in ticket.participants})


def _joining(scene: Scene, present: set[str]) -> tuple[Joining, ...]:
    policy = scene.policy
    people: dict[str, Joining] = {}
    for person in (*scene.message.to, *scene.message.cc):
        address = ascii_lower(person.address)
        ours = {address, canonical_address(address)} & policy.own_addresses or policy.agent(address)
        if not ours and address not in present and is_plain_address(address):
            people.setdefault(address, Joining(address, person.name, ParticipantRole.CC))
    return tuple(people.values())[:_MAX_JOINING]


def _bounced_for_good(message: IncomingMessage, ticket: Ticket) -> str | None:
    """The participant whose mailbox does not exist (5.1.x), if the report names one we wrote to."""
    for recipient in message.bounce.recipients if message.bounce else ():
        address = ascii_lower(recipient.address)
        gone = recipient.action == "failed" and recipient.status.startswith("5.1.")
        if gone and participant(ticket, address):
            return address
    return None


def _queue(scene: Scene) -> str | None:
    """By the address it was delivered to, else by the addresses it was written to."""
    message = scene.message
    written = [a.address for a in (*message.to, *message.cc)]
    addresses = (*message.delivered_to, *written)
    queue = scene.policy.queue_of([*addresses, *map(canonical_address, addresses)])
    return queue.name if queue else None


#: Defects of a head alone: some mail programs leave these fields to their server. The body was read whole.
_HEADS_ALONE = frozenset({"date-missing", "message-id-missing"})


def _is_mere_thanks(scene: Scene, ticket: Ticket) -> bool:
    """A content-free reply to what was answered. An attachment is content; so is what nobody could read."""
    message = scene.message
    return (
        scene.suggestion.content_free
        and ticket.status in (TicketStatus.SOLVED, TicketStatus.PENDING)
        and message.origin.kind is Origin.PERSON
        and not message.attachments
        and _HEADS_ALONE.issuperset(message.defects)
    )


def _suggested_priority(suggestion: Suggestion) -> Priority:
    priority = suggestion.priority
    return Priority.NORMAL if priority is None or priority.abstained else priority.label


def _linked(scene: Scene) -> tuple[str, ...]:
    return (scene.thread.reason,) if scene.thread.linked_to is not None else ()


def _warnings(scene: Scene) -> tuple[str, ...]:
    warnings = [*_linked(scene)]
    if scene.context.same_message_id:
        warnings.append("another message carries the same Message-ID")
    if scene.message.author_ambiguous:
        warnings.append(_UNCLEAR_AUTHOR)
    if scene.policy.agent(_author_address(scene.message)):
        warnings.append(_UNPROVEN_AGENT)
    return tuple(warnings)
