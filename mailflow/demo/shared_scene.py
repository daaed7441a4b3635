"""The demo's scene in the support mailbox itself: an agent moves a message and sends the answer that waits in Drafts.

Ann's mail client is a second IMAP session beside the daemon's; what it does, any mail client can do.
"""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable
from functools import partial

from mailflow.demo import cast
from mailflow.demo.play import SCENE_SECONDS, Play
from mailflow.desk.ticket import TicketStatus
from mailflow.edges.imap_mirror import MirrorMailbox
from mailflow.mail.parse import parse_message
from mailflow.store.reading import show_ticket
from mailflow.wiring import imap_account, mirror_rules

_LOOKS = 0.1  # seconds between two looks at what the daemon made of it


def agent_works_in_the_mailbox(play: Play) -> None:
    """Tom gets the proposed answer, Sam's idea goes to Solved; both tickets follow."""
    play.screen.scene(f"{cast.AGENT_NAME} opens the support mailbox itself")
    toms, sams = _ticket_of(play, cast.TOM.address), _ticket_of(play, cast.SAM.address)
    rules = mirror_rules(play.app.settings)
    if rules is None:
        raise RuntimeError("the demo's mailbox shows no state")
    with MirrorMailbox(imap_account(play.app.settings)) as client:
        spell = client.spelling()
        new, waiting, solved = (
            spell(rules.folders[s])
            for s in (TicketStatus.NEW, TicketStatus.PENDING, TicketStatus.SOLVED)
        )
        maria = cast.MARIA.address
        _until(lambda: bool(client.find_field(waiting, "From", maria)), "Maria's messages")
        _until(lambda: bool(client.find_field(new, "From", cast.SAM.address)), "Sam's message")
        _until(lambda: bool(_draft_for(client, cast.TOM.address)), "the answer proposed for Tom")
        play.screen.table(
            "Her folders",
            {f: client.status(f).messages for f in (*map(spell, rules.folders.values()), "Drafts")},
        )
        _send_draft(play, client, cast.TOM.address)
        play.screen.acted("Ann sends it, as it is")
        _move(client, new, solved, cast.SAM.address)
        play.screen.acted(f"Ann moves Sam's “Colour idea” to {solved}")
    for ticket_id, status in ((toms, TicketStatus.PENDING), (sams, TicketStatus.SOLVED)):
        _until(partial(_has_status, play, ticket_id, status), f"ticket {ticket_id}")
        play.screen.followed(ticket_id, status, _why(play, ticket_id))


def _ticket_of(play: Play, address: str) -> int:
    return next(
        o.ticket.id for o in play.outcomes if o.ticket and o.ticket.requester.address == address
    )


def _draft_for(client: MirrorMailbox, address: str) -> list[int]:
    return client.find_field("Drafts", "To", address)


def _send_draft(play: Play, client: MirrorMailbox, address: str) -> None:
    """As a mail client does: hand it to SMTP, file it in Sent, remove it from Drafts."""
    (uid,) = _draft_for(client, address)
    validity = client.open_folder("Drafts").uidvalidity
    (draft,) = client.fetch_many([uid])
    play.screen.mail("The answer that waits for Tom in Drafts", parse_message(draft))
    with smtplib.SMTP("127.0.0.1", play.servers.smtp_port, timeout=10) as smtp:
        smtp.sendmail(cast.SUPPORT, [address], draft.octets)
    client.put("Sent", draft.octets, ["\\Seen"])
    client.remove("Drafts", validity, uid)


def _move(client: MirrorMailbox, folder: str, to_folder: str, author: str) -> None:
    uids = client.find_field(folder, "From", author)
    client.move_many(folder, client.open_folder(folder).uidvalidity, uids, to_folder)


def _has_status(play: Play, ticket_id: int, status: TicketStatus) -> bool:
    detail = show_ticket(play.app.store, ticket_id)
    return detail is not None and detail.ticket.status is status


def _why(play: Play, ticket_id: int) -> str:
    detail = show_ticket(play.app.store, ticket_id)
    told = [e for e in detail.events if e.kind == "status"] if detail else []
    return told[-1].reason if told else ""


def _until(happened: Callable[[], bool], what: str) -> None:
    pause = threading.Event()
    for _ in range(int(SCENE_SECONDS / _LOOKS)):
        if happened():
            return
        pause.wait(_LOOKS)
    raise RuntimeError(f"the demo waited for {what}, in vain")
