"""What a link in one of our mails asks, carried out once."""

from __future__ import annotations

from mailflow.desk.reply_token import ReplyToken, TokenFault, verify_token
from mailflow.desk.ticket import Ticket
from mailflow.desk.wishes import WISH_OF, Wish
from mailflow.flow.answer import Desk
from mailflow.flow.asked import grant
from mailflow.flow.ports import Store, Work


def read_link(desk: Desk, text: str) -> ReplyToken | None:
    """What the signed end of a link proves; None where it is not ours, has expired, or is for mail alone."""
    token = verify_token(text, desk.keys, desk.clock().date())
    return None if isinstance(token, TokenFault) or token.purpose not in WISH_OF else token


def follow_link(store: Store, desk: Desk, token: ReplyToken) -> Wish | None:
    """Grant what the link asks; a second press changes nothing. None when its ticket is no more."""
    wish = WISH_OF[token.purpose]
    with store.begin() as work:
        ticket = _ticket_now(work, token.ticket_id)
        if ticket is None:
            return None
        if not _is_granted(work, ticket, wish):
            people = (p.address for p in ticket.participants if p.id == token.participant_id)
            grant(work, desk, ticket, wish, next(people, ticket.requester.address))
    return wish


def _ticket_now(work: Work, ticket_id: int) -> Ticket | None:
    """The ticket, or the one it was merged into."""
    ticket = work.tickets.ticket(ticket_id)
    if ticket is not None and ticket.merged_into is not None:
        ticket = work.tickets.ticket(ticket.merged_into)
    return None if ticket is None or ticket.is_gone else ticket


def _is_granted(work: Work, ticket: Ticket, wish: Wish) -> bool:
    # A mail client may repeat its request: unlike a second mail, that asks for nothing more.
    if wish is Wish.STOP_UPDATES:
        return ticket.muted
    return work.tickets.last_reason(ticket.id, "satisfaction") == wish
