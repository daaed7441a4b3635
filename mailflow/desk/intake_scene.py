"""What a decision about an incoming message looks at, and the small facts read from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailflow.desk.context import ThreadContext, new_text_hash, participant
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
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.desk.reply_token import Purpose, TokenClaims
from mailflow.desk.suggestion import Suggestion
from mailflow.desk.ticket import (
    Article,
    ParticipantRole,
    Priority,
    Ticket,
    TicketStatus,
)
from mailflow.mail.addresses import canonical_address
from mailflow.mail.message import Address, IncomingMessage, Origin

_MAX_JOINING = 10
UNCLEAR_AUTHOR = "who wrote it is unclear: From is missing or can be read in several ways"
UNPROVEN_AGENT = "it claims to be from an agent, without proof"


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


def is_our_own(message: IncomingMessage, policy: Policy) -> bool:
    return bool(message.message_id and message.message_id.endswith("@" + policy.message_id_domain))


def is_another_copy(message: IncomingMessage, context: ThreadContext) -> bool:
    wanted = new_text_hash(message)
    return any(known.new_text_hash == wanted for known in context.same_message_id)


def proven_agent(scene: Scene) -> Agent | None:
    """The agent who wrote this: who holds the token, under exactly that agent's address.

    Where the admin named a server whose Authentication-Results count, its pass is required as well.
    """
    vouched = scene.verified or not scene.policy.authserv_id
    return token_holder(scene) if vouched else None


def token_holder(scene: Scene) -> Agent | None:
    """The agent whose signed personal token for this ticket came under exactly that agent's address."""
    ticket = scene.ticket
    agent = scene.policy.agent(author_address(scene.message))
    tokens = (scene.claims.addressed, scene.claims.referenced)
    token = next((t for t in tokens if t and t.purpose is Purpose.AGENT), None)
    if agent is None or ticket is None or token is None or scene.message.author_ambiguous:
        return None
    named = scene.context.ticket(token.ticket_id)  # merged into this one since, perhaps
    if named is None or scene.context.current(token.ticket_id) is not ticket:
        return None
    holder = next((p for p in named.participants if p.id == token.participant_id), None)
    return agent if holder is not None and holder.address == agent.address else None


def agent_behind(scene: Scene) -> str | None:
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


def says_automatic(message: IncomingMessage) -> bool:
    """Auto-Submitted (RFC 3834 5): our own notices whose id a provider rewrote, or a vacation reply."""
    values = (value for name, value in message.header_fields if name == "auto-submitted")
    return any(value.partition(";")[0].strip().lower() != "no" for value in values)


def author_address(message: IncomingMessage) -> str:
    return ascii_lower(message.author.address) if message.author else ""


def requester_for(scene: Scene) -> Joining | None:
    """Whom the ticket is for: the author, or who a form under our own address says to answer."""
    message, own = scene.message, scene.policy.own_addresses
    author = message.author or Address("")
    if ascii_lower(author.address) in own:
        other = [a for a in message.reply_to if ascii_lower(a.address) not in own]
        if not other:
            return None
        author = other[0]
    return Joining(ascii_lower(author.address), author.name, ParticipantRole.REQUESTER)


def others_joining(scene: Scene, requester: Joining) -> tuple[Joining, ...]:
    """People in copy stay in, but only when a server we named vouches for who invited them."""
    return joining(scene, {requester.address}) if scene.verified else ()


def copied_in(scene: Scene, ticket: Ticket) -> tuple[Joining, ...]:
    return joining(scene, {p.address for p in ticket.participants})


def joining(scene: Scene, present: set[str]) -> tuple[Joining, ...]:
    policy = scene.policy
    people: dict[str, Joining] = {}
    for person in (*scene.message.to, *scene.message.cc):
        address = ascii_lower(person.address)
        ours = {address, canonical_address(address)} & policy.own_addresses or policy.agent(address)
        if not ours and address not in present and is_plain_address(address):
            people.setdefault(address, Joining(address, person.name, ParticipantRole.CC))
    return tuple(people.values())[:_MAX_JOINING]


def bounced_for_good(message: IncomingMessage, ticket: Ticket) -> str | None:
    """The participant whose mailbox does not exist (5.1.x), if the report names one we wrote to."""
    for recipient in message.bounce.recipients if message.bounce else ():
        address = ascii_lower(recipient.address)
        gone = recipient.action == "failed" and recipient.status.startswith("5.1.")
        if gone and participant(ticket, address):
            return address
    return None


def queue_for(scene: Scene) -> str | None:
    """By the address it was delivered to, else by the addresses it was written to."""
    message = scene.message
    written = [a.address for a in (*message.to, *message.cc)]
    addresses = (*message.delivered_to, *written)
    queue = scene.policy.queue_of([*addresses, *map(canonical_address, addresses)])
    return queue.name if queue else None


#: Defects of a head alone: some mail programs leave these fields to their server. The body was read whole.
_HEADS_ALONE = frozenset({"date-missing", "message-id-missing"})


def is_mere_thanks(scene: Scene, ticket: Ticket) -> bool:
    """A content-free reply to what was answered. An attachment is content; so is what nobody could read."""
    message = scene.message
    return (
        scene.suggestion.content_free
        and ticket.status in (TicketStatus.SOLVED, TicketStatus.PENDING)
        and message.origin.kind is Origin.PERSON
        and not message.attachments
        and _HEADS_ALONE.issuperset(message.defects)
    )


def suggested_priority(suggestion: Suggestion) -> Priority:
    priority = suggestion.priority
    return Priority.NORMAL if priority is None or priority.abstained else priority.label


def linked_for(scene: Scene) -> tuple[str, ...]:
    return (scene.thread.reason,) if scene.thread.linked_to is not None else ()


def warnings_for(scene: Scene) -> tuple[str, ...]:
    warnings = [*linked_for(scene)]
    if scene.context.same_message_id:
        warnings.append("another message carries the same Message-ID")
    if scene.message.author_ambiguous:
        warnings.append(UNCLEAR_AUTHOR)
    if scene.policy.agent(author_address(scene.message)):
        warnings.append(UNPROVEN_AGENT)
    return tuple(warnings)


def exposed_to(scene: Scene) -> tuple[str, ...]:
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


def stale_token_ticket(scene: Scene) -> Ticket | None:
    """The ticket of a genuine personal reply address that was replaced since, or is somebody else's."""
    token = scene.claims.addressed
    if token is None or token.purpose is not Purpose.AGENT or scene.message.author_ambiguous:
        return None
    return scene.context.current(token.ticket_id)
