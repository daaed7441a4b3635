"""Two agents who answered the same message from the mailbox: both answers count, and the second is told of the first."""

from __future__ import annotations

from mailflow.desk.decision import Voice
from mailflow.desk.letters import Occasion, command_receipt
from mailflow.flow.answer import Desk, queue_letter
from mailflow.flow.commands import name_of
from mailflow.flow.ports import Work


def point_out_crossing(work: Work, desk: Desk, occasion: Occasion, message_row: int) -> None:
    """For an answer found in Sent: it has left, so all that can be done is to say so, once, to who wrote it."""
    ticket, decision = occasion.ticket, occasion.decision
    if decision.voice is not Voice.AGENT:
        return
    other = work.tickets.answered_beside(ticket.id, occasion.message.in_reply_to, message_row)
    by = decision.agent_address
    if other is None or by == other[0]:
        return
    name = name_of(desk.policy, other)
    reason = f"{name} had answered the same message: both answers reached the customer"
    work.tickets.note_event(ticket.id, "crossing answers", reason, desk.clock(), by=by or "")
    if by is None:
        return  # written under the support address alone: nobody to tell
    seen_by = [a.address for a in (*occasion.message.to, *occasion.message.cc)]
    letter = command_receipt(occasion, desk.policy, (), answered_to=seen_by, answered_before=name)
    queue_letter(work, desk, letter, ticket)
