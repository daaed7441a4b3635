"""The one outgoing gate: may this mail leave now? Every mail passes it just before its SMTP dialogue.

Rules are tried in order and the first that objects decides. A mail an admin released by hand passes
the rules that only hold.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass, OutboxMail, OutboxState, Usage
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Budgets, Policy, SendingMode


class Passage(enum.StrEnum):
    RELEASE = "release"
    HOLD = "hold"  # an admin must look
    DROP = "drop"  # never
    SHADOW = "shadow"  # recorded as what would have been sent


@dataclass(frozen=True, slots=True)
class Verdict:
    value: Passage
    reason: str


_STATE_AFTER = {
    Passage.HOLD: OutboxState.HELD,
    Passage.DROP: OutboxState.DROPPED,
    Passage.SHADOW: OutboxState.SHADOW,
}


def decide_release(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict:
    """Release, or the state the mail rests in with the reason."""
    for rule in _RULES:
        verdict = rule(mail, usage, policy, now)
        if verdict and not (mail.released and verdict.value is Passage.HOLD):
            return verdict
    return Verdict(Passage.RELEASE, "no rule objects")


def state_after(verdict: Verdict) -> OutboxState:
    """The state of a mail that was not released. Raises KeyError for RELEASE."""
    return _STATE_AFTER[verdict.value]


def _expired(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    if now < mail.expires_at:
        return None
    if mail.mail_class is MailClass.PERSON:
        return Verdict(Passage.HOLD, "it could not be delivered in time")
    return Verdict(Passage.DROP, "it is too old to be of use")


def _bad_text(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    # An agent is told even in faulty words: they come from a customer's own, and silence is worse.
    if not mail.faults or mail.mail_class is MailClass.INTERNAL:
        return None
    return Verdict(Passage.HOLD, "its text is faulty: " + "; ".join(mail.faults))


def _to_ourselves(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    ours = [a for a in mail.open_recipients if a in policy.own_addresses]
    if not ours:
        return None
    return Verdict(Passage.DROP, f"{ours[0]} is our own address")


def _unsafe_address(
    mail: OutboxMail, usage: Usage, policy: Policy, now: datetime
) -> Verdict | None:
    unsafe = [a for a in mail.open_recipients if not is_plain_address(a)]
    return Verdict(Passage.DROP, f"{unsafe[0]!r} is no plain address") if unsafe else None


def _blocked(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    if mail.mail_class is not MailClass.AUTOMATIC or not usage.blocked_recipients:
        return None
    address, why = usage.blocked_recipients[0]
    return Verdict(Passage.DROP, f"mail to {address} came back: {why}")


def _silenced(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    """A ticket that was muted, deleted or merged away says nothing more by itself."""
    if mail.mail_class is not MailClass.AUTOMATIC or usage.silenced is None:
        return None
    return Verdict(Passage.DROP, usage.silenced)


def _shadow(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    """In shadow mode nothing mailflow writes itself leaves; what a person wrote always does.

    An admin's choice for one kind of mail stands above the mode. A report to the admin is no mail to
    anybody else: it leaves unless that kind is switched off.
    """
    if mail.mail_class is MailClass.PERSON or usage.switched:
        return None
    if usage.switched is False:
        return Verdict(Passage.SHADOW, f"sending of {mail.kind or mail.mail_class} is switched off")
    if policy.mode is SendingMode.LIVE or mail.kind is NoticeKind.REPORT:
        return None
    return Verdict(Passage.SHADOW, "shadow mode: sending is not switched on")


class _Budget(NamedTuple):
    """At most ``limit`` mails of a class may have left, counted by ``used``; the next one gets ``passage``."""

    mail_class: MailClass
    used: Callable[[Usage], int]
    limit: Callable[[Budgets], int]
    what: str
    passage: Passage


_AUTOMATIC, _INTERNAL, _PERSON = MailClass.AUTOMATIC, MailClass.INTERNAL, MailClass.PERSON
_BUDGETS = (
    _Budget(
        _AUTOMATIC,
        lambda used: used.to_address_last_hour,
        lambda limits: limits.per_address_per_hour,
        "automatic mails to this address this hour",
        Passage.DROP,
    ),
    _Budget(
        _AUTOMATIC,
        lambda used: used.to_address_last_day,
        lambda limits: limits.per_address_per_day,
        "automatic mails to this address today",
        Passage.DROP,
    ),
    _Budget(
        _AUTOMATIC,
        lambda used: used.on_ticket_last_day,
        lambda limits: limits.per_ticket_per_day,
        "automatic mails on this ticket today",
        Passage.DROP,
    ),
    _Budget(
        _AUTOMATIC,
        lambda used: used.to_domain_last_hour,
        lambda limits: limits.per_domain_per_hour,
        "automatic mails to this domain this hour",
        Passage.DROP,
    ),
    _Budget(
        _AUTOMATIC,
        lambda used: used.in_all_last_hour,
        lambda limits: limits.per_hour,
        "automatic mails in all this hour",
        Passage.HOLD,  # the fuse
    ),
    _Budget(
        _INTERNAL,
        lambda used: used.internal_on_ticket_last_hour,
        lambda limits: limits.internal_per_ticket_per_hour,
        "notifications to this agent about this ticket this hour",
        Passage.DROP,
    ),
    _Budget(
        _PERSON,
        lambda used: used.person_on_ticket_last_hour,
        lambda limits: limits.person_per_ticket_per_hour,
        "answers on this ticket this hour; two machines may be talking",
        Passage.HOLD,
    ),
)


def _over_budget(mail: OutboxMail, usage: Usage, policy: Policy, now: datetime) -> Verdict | None:
    for budget in _BUDGETS:
        used, limit = budget.used(usage), budget.limit(policy.budgets)
        if mail.mail_class is budget.mail_class and used >= limit:
            return Verdict(budget.passage, f"{used} {budget.what} (at most {limit})")
    return None


_Rule = Callable[[OutboxMail, Usage, Policy, datetime], Verdict | None]
_RULES: tuple[_Rule, ...] = (
    _expired,
    _bad_text,
    _to_ourselves,
    _unsafe_address,
    _blocked,
    _silenced,
    _shadow,
    _over_budget,
)
