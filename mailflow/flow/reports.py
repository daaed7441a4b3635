"""Mail about many tickets: reports for the admin, digests for agents. Queued like every other mail."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, time

from mailflow.desk.delivery import expires_after
from mailflow.desk.digest import digest_for, is_working_day, last_week, next_time, week_facts
from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notices import NoticeFacts, NoticeKind, plain_facts
from mailflow.desk.outbox import MailClass, NewMail
from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.policy import Agent
from mailflow.desk.ticket import Ticket
from mailflow.flow.answer import Desk
from mailflow.flow.ports import Store, Work
from mailflow.mail.compose import compose_message
from mailflow.mail.message import Address, OutgoingMessage


def house_mail(
    desk: Desk,
    *,
    key: str,
    to: str,
    kind: NoticeKind,
    subject: str,
    text: str,
    html: str | None,
    ticket_id: int | None = None,
    template_version: str = "",
    faults: tuple[str, ...] = (),
) -> NewMail:
    """A mail to a person of the house. It carries no reply token: an answer to it reaches no customer."""
    now, policy = desk.clock(), desk.policy
    unique = hmac.digest(desk.keys[0], key.encode(), "sha256").hex()[:24]
    outgoing = OutgoingMessage(
        message_id=f"{key.partition(':')[0].replace(' ', '-')}.{unique}@{policy.message_id_domain}",
        date=now,
        author=Address(policy.support_address, policy.support_name),
        to=(Address(to, ""),),
        subject=subject,
        text=text,
        html=html,
        reply_to=None,
        in_reply_to=None,
        references=(),
        automatic=True,
        auto_submitted="auto-generated",
    )
    return NewMail(
        key=key,
        ticket_id=ticket_id,
        mail_class=MailClass.INTERNAL,
        kind=kind,
        message_id=outgoing.message_id,
        envelope_sender=policy.support_address,
        recipients=(to,),
        octets=compose_message(outgoing),
        subject=subject,
        created_at=now,
        not_before=now,
        expires_at=now + expires_after(kind),
        template_version=template_version,
        faults=faults,
    )


def queue_report(
    work: Work,
    desk: Desk,
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    kind: NoticeKind = NoticeKind.REPORT,
) -> int | None:
    """Record a mail to a person of the house. None when ``key`` was recorded before or ``to`` is no address."""
    if not _is_writable(work, desk, kind, key, to):
        return None
    return work.outbox.add(
        house_mail(desk, key=key, to=to, kind=kind, subject=subject, text=text, html=html)
    )


def _is_writable(work: Work, desk: Desk, kind: NoticeKind, key: str, to: str) -> bool:
    if is_plain_address(to):
        return True
    reason = f"{kind} was not written: {to!r} is no plain address"
    work.tickets.note_event(None, "letter left out", reason, desk.clock(), key=key)
    return False


# ── what comes round by the calendar ────────────────────────────────────────────────────────────

_MONDAY = 0


def queue_digests(store: Store, desk: Desk, at: time) -> int:
    """Queue the agents' digests when the day's moment has come; only where something waits.

    The moment is a row, moved on in the transaction that writes the mail: after a week's outage there is
    one digest. The first look only plans.
    """
    calendar = desk.policy.calendar()
    with store.begin() as work:
        now = desk.clock()
        if not _is_due(work, "digest", next_time(calendar.zone, at, now), now):
            return 0
        if not is_working_day(calendar, now):
            return 0
        tickets = work.reports.open_tickets()
        day = now.astimezone(calendar.zone).date()
        return sum(
            _digest(work, desk, f"digest:{day}:{agent.address}", agent, tickets)
            for agent in desk.policy.agents
        )


def _digest(work: Work, desk: Desk, key: str, agent: Agent, tickets: Sequence[Ticket]) -> bool:
    facts = digest_for(agent, tickets, desk.policy, desk.clock())
    if facts is None:
        return False
    return queue_notice(work, desk, NoticeKind.DIGEST, key, agent.address, facts) is not None


def queue_weekly_report(store: Store, desk: Desk, to: str, at: time) -> int:
    """Queue the admin's report of the last seven days, on Mondays, once. The first look only plans."""
    zone = desk.policy.calendar().zone
    with store.begin() as work:
        now = desk.clock()
        if not _is_due(work, "weekly report", next_time(zone, at, now, _MONDAY), now):
            return 0
        since, until = last_week(zone, now)
        facts = week_facts(work.reports.week(since, until), desk.policy, zone)
        key = f"weekly report:{until.astimezone(zone).date()}"
        queued = queue_notice(work, desk, NoticeKind.REPORT, key, to, facts)
        return 1 if queued is not None else 0


def _is_due(work: Work, name: str, following: datetime, now: datetime) -> bool:
    """Whether the planned moment has come; the next one is planned in any case."""
    planned = work.reports.next_at(name)
    if planned is not None and planned > now:
        return False
    work.reports.plan(name, following)
    return planned is not None


def queue_notice(
    work: Work,
    desk: Desk,
    kind: NoticeKind,
    key: str,
    to: str,
    facts: NoticeFacts,
) -> int | None:
    """Write a notice to a person of the house. None when it was recorded before or cannot be written."""
    if not _is_writable(work, desk, kind, key, to):
        return None
    seen = plain_facts(facts)
    try:
        rendered = desk.renders.render(kind, desk.policy.language, seen)
    except desk.unrenderable as error:
        reason = f"{kind} was not written: {error}"
        work.tickets.note_event(None, "template fault", reason, desk.clock(), key=key)
        return None
    work.templates.keep(rendered.wording, desk.clock())
    return work.outbox.add(
        house_mail(
            desk,
            key=key,
            to=to,
            kind=kind,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            template_version=rendered.version,
            faults=leaving_faults(rendered.subject, rendered.text, rendered.html, seen),
        )
    )
