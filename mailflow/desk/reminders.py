"""The letter that tells people of a response clock. Pure."""

from __future__ import annotations

from mailflow.desk.clocks import Alarm
from mailflow.desk.letters import Letter, desk_facts
from mailflow.desk.notices import NoticeKind, Reminder
from mailflow.desk.outbox import MailClass
from mailflow.desk.policy import Agent, Policy
from mailflow.desk.ticket import Ticket
from mailflow.mail.message import Address


def reminder_letter(ticket: Ticket, person: Agent, alarm: Alarm, policy: Policy) -> Letter:
    """Once before a clock runs out and once after, to each person."""
    assignee = policy.agent(ticket.assignee or "")
    facts = Reminder(
        **desk_facts(ticket, policy),
        agent_name=person.name or None,
        requester_name=ticket.requester.name,
        requester_address=ticket.requester.address,
        subject=ticket.subject,
        clock=alarm.kind.value,
        due_at=alarm.due_at.astimezone(policy.calendar(ticket.queue).zone),
        breached=alarm.breached,
        taken_by=(assignee.name or assignee.address) if assignee else None,
        priority=ticket.priority.value,
    )
    what = "breach" if alarm.breached else "warning"
    return Letter(
        key=f"reminder:{ticket.id}:{alarm.kind}:{what}:{alarm.due_at.isoformat()}:{person.address}",
        mail_class=MailClass.INTERNAL,
        kind=NoticeKind.REMINDER,
        to=Address(person.address, person.name),
        facts=facts,
        language=policy.language,
    )
