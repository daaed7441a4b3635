"""Mail of ours in the mailbox: a copy of what left in Sent, and proposed answers in Drafts.

Each copy and each draft is a step of its own: looked for before it is put there, so that a crash in between makes
no second one, and without any way back to the sending.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from mailflow.desk.plain_address import is_plain_address
from mailflow.desk.proposal import FIELD, KEYWORD, SENDING_TAKES, withdrawal_reason
from mailflow.desk.ticket import Article, Ticket, TicketStatus
from mailflow.flow.answer import Desk, proposed_answer
from mailflow.flow.ports import Store, Work
from mailflow.flow.ports.mirror import Proposable, Proposal, ShowingMailbox, UnfiledMail

log = logging.getLogger(__name__)

_AT_ONCE = 50  # copies or drafts in one round
_TRIES = 5
_PAUSE = timedelta(minutes=10)


def file_sent(
    mailbox: ShowingMailbox,
    store: Store,
    desk: Desk,
    folder: str | None,
    rule: str,
    refused: tuple[type[Exception], ...],
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Put a copy of every mail that left into Sent, once. Returns how many were put there."""
    with store.begin() as work:
        work.own_mail.begin_filing(desk.clock())
        waiting = work.own_mail.unfiled(desk.clock(), _AT_ONCE)
    done = 0
    for mail in waiting:
        if stop():
            break
        why_not = _left_out(mailbox, folder, rule)
        if why_not or not folder:
            _settle(store, desk, mail, "left out", why_not or "")
            continue
        with (
            store.begin() as work
        ):  # counted first: a server that never answers is not asked for ever
            work.own_mail.settle_copy(
                mail.outbox_id, "waiting", "begun", desk.clock(), desk.clock() + _PAUSE
            )
        try:
            done += _file(mailbox, store, desk, mail, folder)
        except refused as error:
            state = "given up" if mail.attempts + 1 >= _TRIES else "waiting"
            _settle(store, desk, mail, state, str(error))
    return done


def _left_out(mailbox: ShowingMailbox, folder: str | None, rule: str) -> str | None:
    if rule == "never":
        return "file_sent is never"
    if rule == "auto" and mailbox.files_sent_itself():
        return "the provider files sent mail itself"
    return None if folder else "there is no Sent folder"


def _file(
    mailbox: ShowingMailbox, store: Store, desk: Desk, mail: UnfiledMail, folder: str
) -> bool:
    if mailbox.find_field(folder, "Message-ID", mail.message_id):
        _settle(store, desk, mail, "found", f"it lies in {folder} already")
        return False
    place = mailbox.put(folder, mail.octets, ["\\Seen"])
    now = desk.clock()
    with store.begin() as work:
        if place is not None:
            work.own_mail.note_place(folder, place[0], place[1], now)
        work.own_mail.settle_copy(mail.outbox_id, "filed", f"put into {folder}", now)
    return True


def _settle(store: Store, desk: Desk, mail: UnfiledMail, state: str, reason: str) -> None:
    now = desk.clock()
    with store.begin() as work:
        work.own_mail.settle_copy(mail.outbox_id, state, reason, now, now + _PAUSE)
        if state == "given up":
            words = f"no copy in the Sent folder: {reason}"
            work.tickets.note_event(mail.ticket_id, "mirror", words, now, mail=mail.outbox_id)


# ── proposals ───────────────────────────────────────────────────────────────────────────────────


def keep_proposals(
    mailbox: ShowingMailbox,
    store: Store,
    desk: Desk,
    folder: str,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Propose, notice what became of proposals, take back what nobody needs. Returns how many were proposed."""
    with store.begin() as work:
        open_proposals = work.own_mail.proposals()
        wanted = work.own_mail.proposable(_AT_ONCE)
    for proposal in open_proposals:
        if stop():
            return 0
        if proposal.state == "planned":
            _put(mailbox, store, desk, proposal, None)
        elif proposal.state == "missing":
            _settle_missing(store, desk, proposal)
    _notice(mailbox, store, desk, folder, [p for p in open_proposals if p.state == "waiting"])
    proposed = 0
    for wish in wanted:
        if stop():
            break
        proposed += _propose(mailbox, store, desk, wish, folder)
    return proposed


def _propose(
    mailbox: ShowingMailbox, store: Store, desk: Desk, wish: Proposable, folder: str
) -> bool:
    article = desk.articles.get(wish.article_id)
    with store.begin() as work:
        ticket = work.tickets.ticket(wish.ticket_id)
        if article is None or ticket is None or not is_plain_address(ticket.requester.address):
            return False
        planned, octets = _planned(work, desk, ticket, article, folder)
        planned = replace(planned, id=work.own_mail.plan_proposal(planned, desk.clock()))
    _put(mailbox, store, desk, planned, octets)
    return True


def _planned(
    work: Work, desk: Desk, ticket: Ticket, article: Article, folder: str
) -> tuple[Proposal, bytes]:
    cause = f"proposal:{ticket.id}:{article.id}".encode()
    token = hmac.digest(desk.keys[0], cause, "sha256").hex()[:32]
    octets, parent = proposed_answer(work, desk, ticket, article, token)
    return (
        Proposal(
            id=0,
            ticket_id=ticket.id,
            article_id=article.id,
            token=token,
            in_reply_to=parent,
            content_hash=hashlib.sha256(octets).hexdigest(),
            state="planned",
            folder=folder,
            uidvalidity=None,
            uid=None,
            changed_at=desk.clock(),
            status=TicketStatus(ticket.status),
            chosen=ticket.article_id,
            answered=False,
            gone=False,
        ),
        octets,
    )


def _put(
    mailbox: ShowingMailbox, store: Store, desk: Desk, proposal: Proposal, octets: bytes | None
) -> None:
    """APPEND the draft. One that was cut off (``octets`` None) is looked for, and else left: it was no mail yet."""
    now = desk.clock()
    if octets is None:
        lying = mailbox.find_field(proposal.folder, FIELD, proposal.token)
        state = mailbox.open_folder(proposal.folder)
        with store.begin() as work:
            if lying:
                place = (state.uidvalidity, lying[-1])
                work.own_mail.set_proposal(proposal, "waiting", "found in Drafts", now, place)
            else:
                work.own_mail.set_proposal(proposal, "withdrawn", "it was never written", now)
        return
    flags = ["\\Draft", "\\Seen"]
    if mailbox.keeps_keywords(proposal.folder):
        flags.append(KEYWORD)
    at = mailbox.put(proposal.folder, octets, flags)
    if at is None:
        found = mailbox.find_field(proposal.folder, FIELD, proposal.token)
        at = (mailbox.open_folder(proposal.folder).uidvalidity, found[-1]) if found else None
    with store.begin() as work:
        reason = f"an answer from article {proposal.article_id} waits in {proposal.folder}"
        work.own_mail.set_proposal(proposal, "waiting", reason, now, at)


def _notice(
    mailbox: ShowingMailbox, store: Store, desk: Desk, folder: str, waiting: list[Proposal]
) -> None:
    """What people did with the drafts, and what is to be taken back. Asked in one command for all."""
    here = [p for p in waiting if p.folder == folder]
    if not here:
        return
    state = mailbox.open_folder(folder)
    there = mailbox.which_of({p.uid for p in here if p.uid is not None})
    for proposal in here:
        same = proposal.uidvalidity == state.uidvalidity
        if same and proposal.uid in there:
            _take_back(mailbox, store, desk, proposal)
        else:
            _notice_missing(mailbox, store, desk, proposal)


def _take_back(mailbox: ShowingMailbox, store: Store, desk: Desk, proposal: Proposal) -> None:
    """A message never changes under its UID: what lies there is what we wrote, and no person's edit."""
    reason = withdrawal_reason(
        proposal.status,
        proposal.chosen,
        proposal.article_id,
        answered=proposal.answered,
        gone=proposal.gone,
    )
    if reason is None or proposal.uid is None or proposal.uidvalidity is None:
        return
    if mailbox.remove(proposal.folder, proposal.uidvalidity, proposal.uid):
        words = f"the proposed answer was taken back: {reason}"
    else:
        words = f"the proposed answer stays, the server cannot remove one message: {reason}"
    with store.begin() as work:
        work.own_mail.set_proposal(proposal, "withdrawn", words, desk.clock())


def _notice_missing(mailbox: ShowingMailbox, store: Store, desk: Desk, proposal: Proposal) -> None:
    """Editing a draft replaces it: another UID, with our field or at least the mail it answers."""
    now = desk.clock()
    others = mailbox.find_field(proposal.folder, FIELD, proposal.token)
    if not others and proposal.in_reply_to:
        others = mailbox.find_field(proposal.folder, "In-Reply-To", proposal.in_reply_to)
    place, words = None, ""
    if others:
        state = mailbox.open_folder(proposal.folder)
        for raw in mailbox.fetch_many(others):
            same = hashlib.sha256(raw.octets).hexdigest() == proposal.content_hash
            if same and raw.location is not None:
                place = (state.uidvalidity, raw.location.uid)
        words = "a person edits the proposed answer: it is theirs now"
    with store.begin() as work:
        if place is not None:
            work.own_mail.set_proposal(proposal, "waiting", "Drafts was numbered anew", now, place)
        elif others:
            work.own_mail.set_proposal(proposal, "edited", words, now)
        else:
            work.own_mail.set_proposal(proposal, "missing", "", now)


def _settle_missing(store: Store, desk: Desk, proposal: Proposal) -> None:
    now = desk.clock()
    with store.begin() as work:
        if proposal.answered:
            words = "the proposed answer was sent, or another in its place"
            work.own_mail.set_proposal(proposal, "sent", words, now)
        elif now - proposal.changed_at > SENDING_TAKES:
            words = f"the proposed answer was deleted: article {proposal.article_id} was no help"
            work.own_mail.set_proposal(proposal, "deleted", words, now)
