"""The shared mailbox on servers that can less: comfort is lost, never correctness.

Dovecot says less of itself than it can, and what we write to it proves that nothing unannounced is asked for. The
embedded server keeps no keywords where it is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pymap.backend.dict.mailbox import MailboxData

from mailflow.demo.imap_server import KeywordMailbox
from mailflow.desk.changes import Assign
from mailflow.desk.ticket import Priority, TicketStatus
from tests.desks import letter
from tests.dovecot import Dovecot, require_dovecot
from tests.shared_mailbox import JUNK, MailServers, SharedDesk

FEW = "IMAP4rev1 LITERAL+ {}"
DOTTED = """
namespace inbox {
  prefix = INBOX.
  separator = .
}
"""


def config(*, capabilities: str = "", namespace: str = "") -> str:
    told = f"imap_capability = {FEW.format(capabilities)}\n" if capabilities else ""
    return f"{JUNK}{namespace}{told}"


MODEST = {
    "no MOVE, no CONDSTORE": config(capabilities="UIDPLUS IDLE NAMESPACE SPECIAL-USE"),
    "no UIDPLUS, no CONDSTORE": config(capabilities="MOVE IDLE"),
    "another namespace": config(namespace=DOTTED),
}
"""Kinds of server by what they lack, with Dovecot's configuration for each."""


@pytest.fixture(scope="module", params=MODEST)
def dovecot(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    require_dovecot()
    users = [f"m{n}" for n in range(20)]
    with Dovecot(users=users, extra_config=MODEST[request.param]) as server:
        yield server


@pytest.fixture
def modest(dovecot: Dovecot, mailboxes: MailServers, tmp_path: Path) -> Iterator[SharedDesk]:
    with mailboxes.desk_on(dovecot, tmp_path) as desk:
        yield desk


def folder(desk: SharedDesk, name: str) -> str:
    """The folder as this server spells it."""
    (spelt,) = (f for f in desk.folders() if f.replace(".", "/").removeprefix("INBOX/") == name)
    return spelt


def test_moves_and_marks_go_both_ways(modest: SharedDesk):
    first = modest.receives(letter("maria@x.test", message_id="first@x.test"))
    answered = ("In-Reply-To: <first@x.test>",)
    modest.receives(letter("maria@x.test", "Re: It is broken", "More.", *answered))
    assert modest.where(first) == [folder(modest, "Tickets/New")] * 2
    modest.set_priority(first, Priority.URGENT)
    modest.step()
    assert {"\\Flagged", "urgent"} <= modest.flags(first)
    modest.agent_copies(first, folder(modest, "Tickets/On hold"), delete=True)
    modest.agent_marks(first, "agent_bob")
    with modest.agent() as client:
        client.select_folder(folder(modest, "Tickets/New"))
        client.expunge()
    modest.settles()
    assert modest.ticket(first).status is TicketStatus.ON_HOLD
    assert modest.where(first) == [folder(modest, "Tickets/On hold")] * 2
    assert modest.ticket(first).priority is Priority.URGENT


def test_a_message_moved_while_the_desk_moves_it(modest: SharedDesk):
    ticket = modest.receives(letter("maria@x.test"))
    modest.set_status(ticket, TicketStatus.PENDING)
    modest.before_moving(lambda: modest.agent_moves(ticket, folder(modest, "Tickets/On hold")))
    modest.step()
    modest.settles()
    assert modest.ticket(ticket).status is TicketStatus.ON_HOLD
    assert modest.where(ticket) == [folder(modest, "Tickets/On hold")]


def test_a_round_cut_off_after_the_move_is_no_persons_act(modest: SharedDesk):
    ticket = modest.receives(letter("maria@x.test"))
    modest.set_status(ticket, TicketStatus.PENDING)
    modest.cut_off_after_moving()
    modest.set_status(ticket, TicketStatus.ON_HOLD)
    modest.settles()
    assert modest.ticket(ticket).status is TicketStatus.ON_HOLD
    assert modest.where(ticket) == [folder(modest, "Tickets/On hold")]


def test_spam_and_back(modest: SharedDesk):
    ticket = modest.receives(letter("maria@x.test"))
    modest.agent_moves(ticket, folder(modest, "Junk"))
    modest.settles()
    assert modest.ticket(ticket).status is TicketStatus.CLOSED
    modest.agent_moves(ticket, folder(modest, "Tickets/Open"))
    modest.settles()
    assert modest.ticket(ticket).status is TicketStatus.OPEN
    assert modest.count_tickets() == 1


def test_an_answer_in_sent_is_the_answer_and_ours_lies_there_once(modest: SharedDesk):
    ticket = modest.receives(letter("maria@x.test", message_id="first@x.test"))
    modest.settles()
    sent = folder(modest, "Sent")
    assert len(modest.subjects(sent)) == 1
    answer = letter(
        f"Ann Becker <{modest.support}>", "Re: It is broken", "Turn it off and on.",
        "In-Reply-To: <first@x.test>", to="maria@x.test", message_id="a1@desk.test",
    )  # fmt: skip
    modest.agent_appends(sent, answer)
    modest.settles()
    assert modest.ticket(ticket).status is TicketStatus.PENDING
    assert modest.ticket(ticket).assignee == "ann@desk.test"
    assert len(modest.subjects(sent)) == 2


def test_a_proposed_answer_comes_and_goes(modest: SharedDesk):
    ticket = modest.receives(letter("maria@x.test"))
    modest.write_article("reset", "How to reset", "Hold the button.")
    modest.set_article(ticket, "reset")
    modest.settles()
    assert len(modest.subjects(folder(modest, "Drafts"))) == 1
    modest.agent_moves(ticket, folder(modest, "Tickets/Solved"))
    modest.settles()
    assert modest.events(ticket, "proposal")[-1].detail["state"] == "withdrawn"


UNANNOUNCED = {b"MOVE": b" MOVE ", b"UIDPLUS": b" EXPUNGE ", b"CONDSTORE": b"MODSEQ"}


def test_nothing_unannounced_is_asked_for(modest: SharedDesk, sent_octets: list[bytes]):
    with modest.agent() as client:
        offered = client.capabilities()
    ticket = modest.receives(letter("maria@x.test"))
    modest.set_priority(ticket, Priority.URGENT)
    modest.set_status(ticket, TicketStatus.PENDING)
    modest.settles()
    assert modest.where(ticket) == [folder(modest, "Tickets/Waiting")]
    said = b"".join(sent_octets).upper()
    assert b" MOVE " in said or b" COPY " in said
    for ability, word in UNANNOUNCED.items():
        assert ability in offered or word not in said, word
    assert b"CONDSTORE" in offered or b"CHANGEDSINCE" not in said


def test_without_keywords_folders_and_the_star_do_it(
    mailboxes: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    sent_octets: list[bytes],
):  # fmt: skip
    monkeypatch.setattr(KeywordMailbox, "permanent_flags", MailboxData.permanent_flags)
    with mailboxes.desk("embedded", tmp_path) as desk:
        ticket = desk.receives(letter("maria@x.test"))
        desk.change(ticket, Assign("ann@desk.test"))
        desk.set_priority(ticket, Priority.URGENT)
        desk.step()
        assert desk.flags(ticket) == {"\\Flagged"}
        desk.settles()
        assert desk.ticket(ticket).priority is Priority.URGENT
        assert desk.ticket(ticket).assignee == "ann@desk.test"
        desk.agent_marks(ticket, "\\Flagged", off=True)
        desk.agent_moves(ticket, "Tickets/Waiting")
        desk.settles()
        assert desk.ticket(ticket).priority is Priority.NORMAL
        assert desk.ticket(ticket).status is TicketStatus.PENDING
        assert desk.ticket(ticket).assignee == "ann@desk.test"
        sent_octets.clear()
        desk.settles()
        assert b" STORE " not in b"".join(sent_octets)


def test_where_nothing_can_be_moved_mail_comes_in_all_the_same(
    mailboxes: MailServers, tmp_path: Path
):
    require_dovecot()
    told = config(capabilities="IDLE")
    with (
        Dovecot(users=["poor"], extra_config=told) as server,
        mailboxes.desk_on(server, tmp_path) as desk,
    ):
        ticket = desk.receives(letter("maria@x.test"))
        desk.settles()
        assert desk.where(ticket) == ["INBOX"]
        assert [m.recipients for m in desk.left() if "maria@x.test" in m.recipients]
