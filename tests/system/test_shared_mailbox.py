"""The shared mailbox as an agent's mail client meets it: a second IMAP client moves and marks, the desk follows.

Every scenario runs against real Dovecot and against the embedded server, which the demo shows.
"""

from __future__ import annotations

import pytest

from mailflow.desk.ticket import Priority, TicketStatus
from tests.desks import letter
from tests.shared_mailbox import SharedDesk

NEW, OPEN, WAITING = "Tickets/New", "Tickets/Open", "Tickets/Waiting"
HOLD, SOLVED = "Tickets/On hold", "Tickets/Solved"


def test_a_new_ticket_stands_in_its_folder(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test", "Broken lamp"))
    assert shared.where(ticket) == [NEW]
    assert shared.subjects("INBOX") == []
    assert {NEW, OPEN, WAITING, HOLD, SOLVED} <= set(shared.folders())


def test_what_is_no_ticket_stays_in_the_inbox(shared: SharedDesk):
    shared.deliver(letter("news@x.test", "Sale!", "Buy.", "Precedence: bulk"))
    shared.step()
    assert shared.subjects("INBOX") == ["Sale!"]


@pytest.mark.parametrize(
    ("folder", "status"),
    [
        (OPEN, TicketStatus.OPEN),
        (WAITING, TicketStatus.PENDING),
        (HOLD, TicketStatus.ON_HOLD),
        (SOLVED, TicketStatus.SOLVED),
    ],
)
def test_moving_a_message_changes_the_status(shared: SharedDesk, folder, status):
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_moves(ticket, folder)
    shared.step()
    assert shared.ticket(ticket).status is status
    assert shared.where(ticket) == [folder]
    event = shared.events(ticket, "status")[-1]
    assert event.detail["from"] == "new"
    assert event.detail["to"] == status.value
    assert event.reason == f"moved to {folder}"


def test_the_inbox_is_where_work_begins_again(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_moves(ticket, SOLVED)
    shared.step()
    shared.agent_moves(ticket, "INBOX")
    shared.step()
    assert shared.ticket(ticket).status is TicketStatus.OPEN
    assert shared.where(ticket) == [OPEN]


def test_a_thread_moves_together(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    follow_up = ("In-Reply-To: <first@x.test>",)
    assert (
        shared.receives(letter("maria@x.test", "Re: It is broken", "More.", *follow_up)) == ticket
    )
    assert shared.where(ticket) == [NEW, NEW]
    shared.agent_moves(ticket, HOLD, which=0)
    shared.step()
    assert shared.where(ticket) == [HOLD, HOLD]


def test_a_reply_brings_the_whole_thread_back(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    shared.agent_moves(ticket, SOLVED)
    shared.step()
    shared.skip(minutes=1)
    shared.receives(letter("maria@x.test", "Re: x", "Again!", "In-Reply-To: <first@x.test>"))
    assert shared.ticket(ticket).status is TicketStatus.OPEN
    assert shared.where(ticket) == [OPEN, OPEN]


def test_a_moved_message_is_never_a_new_ticket(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    for folder in (OPEN, "INBOX", SOLVED, WAITING, "INBOX", NEW):
        shared.agent_moves(ticket, folder)
        shared.step()
    assert shared.count_tickets() == 1
    assert len(shared.where(ticket)) == 1


def test_nothing_is_done_twice_when_nothing_happens(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    events = len(shared.events(ticket))
    for _ in range(3):
        shared.step()
    assert len(shared.events(ticket)) == events
    assert shared.where(ticket) == [NEW]


def test_more_tickets_cost_an_idle_round_no_more_commands(shared: SharedDesk, sent_octets):
    def idle_round() -> int:
        shared.settles()
        sent_octets.clear()
        shared.step()
        return len(sent_octets)

    shared.receives(letter("maria@x.test"))
    few = idle_round()
    for number in range(8):
        shared.receives(letter(f"c{number}@x.test", f"Case {number}"))
    assert idle_round() == few
    shared.set_priority(1, Priority.HIGH)
    sent_octets.clear()
    shared.step()
    assert len(sent_octets) > few


def test_mail_put_into_a_folder_of_ours_becomes_a_ticket(shared: SharedDesk):
    shared.receives(letter("maria@x.test"))
    shared.agent_appends(OPEN, letter("tom@y.test", "Found in another mailbox"))
    shared.step()
    assert shared.count_tickets() == 2
    assert shared.ticket(2).status is TicketStatus.OPEN
    assert shared.where(2) == [OPEN]


# ── races ───────────────────────────────────────────────────────────────────────────────────────


def test_a_customer_who_writes_while_an_agent_solves_is_not_overlooked(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    shared.skip(minutes=1)
    shared.agent_moves(ticket, SOLVED)
    shared.deliver(letter("maria@x.test", "Re: x", "Wait!", "In-Reply-To: <first@x.test>"))
    shared.step()
    assert shared.ticket(ticket).status is TicketStatus.NEW
    assert shared.where(ticket) == [NEW, NEW]
    said = [(e.kind, e.reason) for e in shared.events(ticket)]
    assert any("the customer wrote meanwhile" in reason for _, reason in said), said


def test_a_message_moved_while_the_desk_marks_it(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.set_priority(ticket, Priority.URGENT)
    shared.before_marking(lambda: shared.agent_moves(ticket, HOLD))
    shared.step()
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.ON_HOLD
    assert shared.ticket(ticket).priority is Priority.URGENT
    assert shared.where(ticket) == [HOLD]
    assert "\\Flagged" in shared.flags(ticket)


def test_a_message_moved_while_the_desk_moves_it(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.set_status(ticket, TicketStatus.PENDING)
    shared.before_moving(lambda: shared.agent_moves(ticket, HOLD))
    shared.step()
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.ON_HOLD
    assert shared.where(ticket) == [HOLD]


def test_a_round_cut_off_after_the_move_is_no_persons_act(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.set_status(ticket, TicketStatus.PENDING)
    shared.cut_off_after_moving()
    shared.set_status(ticket, TicketStatus.ON_HOLD)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.ON_HOLD
    assert shared.where(ticket) == [HOLD]


def test_a_deleted_folder_is_made_again_and_nothing_is_lost(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    with shared.agent() as client:
        client.delete_folder(NEW)
    shared.settles()
    assert NEW in shared.folders()
    assert shared.ticket(ticket).status is TicketStatus.NEW
    other = shared.receives(letter("tom@y.test", "Another"))
    assert shared.where(other) == [NEW]


def test_a_renamed_folder_is_made_again_and_its_messages_are_welcome_back(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    with shared.agent() as client:
        client.rename_folder(NEW, "Tickets/Fresh")
    shared.settles()
    assert shared.subjects("Tickets/Fresh") == ["It is broken"]
    assert shared.ticket(ticket).status is TicketStatus.NEW
    with shared.agent() as client:
        client.select_folder("Tickets/Fresh")
        client.move(client.search(), SOLVED)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.SOLVED
    assert shared.count_tickets() == 1


@pytest.mark.parametrize("folder", ["INBOX", NEW])
def test_a_folder_numbered_anew_changes_nothing(shared: SharedDesk, folder):
    tickets = [shared.receives(letter(f"c{i}@x.test", f"Case {i}")) for i in range(3)]
    events = [len(shared.events(t)) for t in tickets]
    shared.renumber(folder)
    shared.settles()
    assert shared.count_tickets() == 3
    assert [shared.where(t) for t in tickets] == [[NEW]] * 3
    assert [len(shared.events(t)) for t in tickets] == events
    shared.agent_moves(tickets[1], SOLVED)
    shared.settles()
    assert shared.ticket(tickets[1]).status is TicketStatus.SOLVED


def test_a_copy_moves_the_ticket_and_loses_nothing(shared: SharedDesk):
    """mutt saves by copying and marking the old one as deleted; the old one goes when it leaves the folder."""
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_copies(ticket, WAITING, delete=True)
    shared.step()
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    with shared.agent() as client:
        client.select_folder(NEW)
        client.expunge()
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    assert shared.where(ticket) == [WAITING]


def test_a_save_that_deletes_later_leaves_one_message(shared: SharedDesk):
    """mutt's save copies at once and marks nothing until its user leaves the folder; we look in between."""
    ticket = shared.receives(letter("maria@x.test"))
    at, uid = shared.places(ticket)[-1]
    shared.agent_copies(ticket, WAITING)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    with shared.agent() as client:
        client.select_folder(at)
        client.delete_messages([uid])
        client.expunge()
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    assert shared.where(ticket) == [WAITING]


def test_a_message_thrown_away_leaves_the_ticket_as_it_is(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    with shared.agent() as client:
        client.create_folder("Archive")
    shared.agent_moves(ticket, "Archive")
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.NEW
    assert "the ticket stays" in shared.events(ticket, "mirror")[-1].reason
    with shared.agent() as client:
        client.select_folder("Archive")
        client.move(client.search(), SOLVED)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.SOLVED


def test_merged_tickets_lie_together(shared: SharedDesk):
    first = shared.receives(letter("maria@x.test", "One"))
    second = shared.receives(letter("maria@x.test", "Two"))
    shared.merge(second, first)
    shared.agent_moves(first, HOLD)
    shared.settles()
    assert shared.where(second) == [HOLD]
