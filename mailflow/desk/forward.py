"""A customer's mail that an agent forwards to the desk: whose ticket it becomes.

Only an agent whom a named server vouches for chooses a requester: From alone would let anybody open
tickets in anybody's name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent, Policy, ascii_lower
from mailflow.mail.addresses import canonical_address, subaddress_detail
from mailflow.mail.authentication import is_authenticated
from mailflow.mail.forwarded import Original, forwarded_original
from mailflow.mail.message import IncomingMessage, Origin
from mailflow.mail.subject import base_subject


@dataclass(frozen=True, slots=True)
class Forward:
    agent: Agent
    original: Original


def forward_by_agent(message: IncomingMessage, policy: Policy) -> Forward | None:
    """The forward, where a proven agent passes on a mail of somebody who is neither of us nor an agent.

    A mail to a reply address is an answer, whatever it quotes.
    """
    agent = policy.agent(ascii_lower(message.author.address)) if message.author else None
    if agent is None or message.author_ambiguous or message.origin.kind is not Origin.PERSON:
        return None
    if not policy.authserv_id or not is_authenticated(message, policy.authserv_id):
        return None
    if any(_is_reply_address(one.address, policy) for one in (*message.to, *message.cc)):
        return None
    original = forwarded_original(message)
    if original is None:
        return None
    author = ascii_lower(original.author.address)
    ours = {author, canonical_address(author)} & policy.own_addresses or policy.agent(author)
    return None if ours or not is_plain_address(author) else Forward(agent, original)


def with_original(message: IncomingMessage, policy: Policy) -> IncomingMessage:
    """``message`` with the words of the mail it forwards as its text, the agent's comment above them.

    What is no forward by a proven agent is given back as it is.
    """
    forward = forward_by_agent(message, policy)
    if forward is None:
        return message
    original = forward.original
    subject = original.subject or base_subject(message.subject)
    words = (one for one in (original.comment, original.text) if one.strip())
    return replace(
        message,
        subject=subject,
        base_subject=base_subject(subject),
        new_text="\n\n".join(words) or message.new_text,
    )


def _is_reply_address(address: str, policy: Policy) -> bool:
    ours = ascii_lower(canonical_address(address)) in policy.own_addresses
    return ours and subaddress_detail(address) is not None
