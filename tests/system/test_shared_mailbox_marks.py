"""Marks, spam, copies in Sent and proposals in Drafts, on Dovecot and on the embedded server."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from mailflow.desk.changes import SetTags
from mailflow.desk.ticket import Priority, TicketStatus
from tests.desks import letter
from tests.shared_mailbox import SharedDesk, everything_in

NEW, OPEN, SOLVED = "Tickets/New", "Tickets/Open", "Tickets/Solved"


def test_priority_agent_and_article_are_shown_and_taken_from_the_marks(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.set_priority(ticket, Priority.URGENT)
    shared.step()
    assert {"\\Flagged", "urgent"} <= shared.flags(ticket)
    shared.agent_marks(ticket, "\\Flagged", off=True)
    shared.agent_marks(ticket, "agent_bob")
    shared.settles()
    assert shared.ticket(ticket).priority is Priority.NORMAL
    assert shared.ticket(ticket).assignee == "bob@desk.test"
    assert shared.flags(ticket) == {"agent_bob"}
    assert shared.events(ticket, "assignee")[-1].detail["by"] == shared.support


def test_a_star_on_a_phone_means_high(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_marks(ticket, "\\Flagged")
    shared.settles()
    assert shared.ticket(ticket).priority is Priority.HIGH
    assert shared.flags(ticket) == {"\\Flagged", "high"}


def test_who_waits_too_long_is_marked_until_answered(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.skip(days=8)
    shared.step()
    assert "answer_due" in shared.flags(ticket)
    shared.agent_moves(ticket, "Tickets/Waiting")
    shared.settles()
    assert "answer_due" not in shared.flags(ticket)


@pytest.mark.mirror('[mirror]\ntags = "thunderbird"\n')
def test_thunderbirds_colours(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_marks(ticket, "$label1")
    shared.settles()
    assert shared.ticket(ticket).priority is Priority.URGENT
    assert shared.flags(ticket) == {"\\Flagged", "$label1"}


def test_a_mark_set_while_the_desk_marks_is_kept(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.set_priority(ticket, Priority.LOW)
    shared.before_marking(lambda: shared.agent_marks(ticket, "agent_ann"))
    shared.step()
    shared.settles()
    assert shared.ticket(ticket).assignee == "ann@desk.test"
    assert shared.ticket(ticket).priority is Priority.LOW
    assert shared.flags(ticket) == {"low", "agent_ann"}


# ── spam ────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_moved_to_junk_closes_its_ticket_and_is_never_answered(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    before = len(shared.left())
    shared.agent_moves(ticket, "Junk")
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.CLOSED
    assert shared.ticket(ticket).next_update_at is None
    assert shared.events(ticket, "spam")
    shared.skip(days=30)
    shared.settles()
    assert len(shared.left()) == before
    assert shared.where(ticket) == ["Junk"]


def test_a_message_dragged_out_of_junk_is_a_ticket(shared: SharedDesk):
    spam = letter("tom@y.test", "Am I spam?")
    shared.agent_appends("Junk", spam)
    shared.settles()
    assert shared.count_tickets() == 0
    with shared.agent() as client:
        client.select_folder("Junk")
        client.move(client.search(), "INBOX")
    shared.settles()
    assert shared.count_tickets() == 1
    assert shared.where(1) == [NEW]
    shared.agent_moves(1, "Junk")
    shared.settles()
    shared.agent_moves(1, OPEN)
    shared.settles()
    assert shared.ticket(1).status is TicketStatus.OPEN
    assert shared.count_tickets() == 1


def test_an_old_copy_left_in_junk_calls_nothing_spam_again(shared: SharedDesk):
    """A client that saves by copying leaves one in Junk; what is later saved elsewhere was not thrown there."""
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_moves(ticket, "Junk")
    shared.settles()
    shared.agent_copies(ticket, OPEN)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.OPEN
    place = next(p for p in shared.places(ticket) if p[0] == OPEN)
    with shared.agent() as client:
        client.select_folder(place[0])
        client.copy([place[1]], SOLVED)
        client.delete_messages([place[1]])
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.SOLVED
    assert len(shared.events(ticket, "spam")) == 1
    assert shared.where(ticket) == ["Junk", SOLVED]


def test_a_copy_that_the_provider_put_into_junk_calls_no_saved_message_spam(shared: SharedDesk):
    shared.agent_appends("Junk", letter("tom@y.test", "Am I spam?"))
    shared.settles()
    with shared.agent() as client:
        client.select_folder("Junk")
        client.copy(client.search(), NEW)
    shared.settles()
    place = next(p for p in shared.places(1) if p[0] == NEW)
    with shared.agent() as client:
        client.select_folder(place[0])
        client.copy([place[1]], OPEN)
        client.delete_messages([place[1]])
    shared.settles()
    assert shared.ticket(1).status is TicketStatus.OPEN
    assert not shared.events(1, "spam")


@pytest.mark.parametrize("kept", [False, True], ids=["moved-out", "copied-out"])
def test_what_was_taken_out_of_junk_can_be_called_spam_again(shared: SharedDesk, kept: bool):
    ticket = shared.receives(letter("maria@x.test"))
    shared.agent_moves(ticket, "Junk")
    shared.settles()
    (shared.agent_copies if kept else shared.agent_moves)(ticket, OPEN)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.OPEN
    shared.agent_moves(ticket, "Junk", which=shared.where(ticket).index(OPEN))
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.CLOSED
    assert len(shared.events(ticket, "spam")) == 2


# ── Sent ────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_desk_sent_lies_in_sent_once_and_seen(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test"))
    shared.settles()
    (mail,) = (m for m in shared.left() if m.recipients == ("maria@x.test",))
    with shared.agent() as client:
        client.select_folder("Sent", readonly=True)
        (parts,) = client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS"]).values()
    assert parts[b"BODY[]"] == mail.octets
    assert b"\\Seen" in parts[b"FLAGS"]
    assert shared.ticket(ticket).first_response_at is None
    assert len(shared.outcomes) == 1  # our own copy is not read again


@pytest.mark.mirror('[mirror]\nfile_sent = "never"\n')
def test_sent_is_left_alone_when_told_so(shared: SharedDesk):
    shared.receives(letter("maria@x.test"))
    shared.settles()
    assert shared.subjects("Sent") == []


def test_an_answer_found_in_sent_is_the_answer(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    before = len(shared.left())
    shared.agent_appends("Sent", _answer(shared, "Ann Becker"))
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    assert shared.ticket(ticket).first_response_at is not None
    assert shared.ticket(ticket).assignee == "ann@desk.test"
    assert shared.where(ticket) == ["Tickets/Waiting"]
    (told,) = shared.left()[before:]  # who had the notice, and no customer
    assert told.recipients == ("bob@desk.test",)
    assert b"Ann Becker answered" in told.octets


def test_two_agents_who_answer_at_once_are_both_recorded_and_nothing_is_sent_twice(
    shared: SharedDesk,
):
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    before = len(shared.left())
    shared.agent_appends("Sent", _answer(shared, "Ann Becker"))
    shared.agent_appends("Sent", _answer(shared, "Bob Stone", "Or try this."))
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    assert shared.ticket(ticket).assignee == "ann@desk.test"
    assert len([e for e in shared.events(ticket) if e.kind == "crossing answers"]) == 1
    left = shared.left()[before:]
    assert {m.recipients for m in left} == {("ann@desk.test",), ("bob@desk.test",)}
    pointed_out = [m.recipients for m in left if b" had answered" in m.octets]
    assert pointed_out == [("bob@desk.test",)]
    assert b"Ann Becker had answered" in b"".join(m.octets for m in left)


def test_one_agent_who_answers_twice_crosses_nobody(shared: SharedDesk):
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    before = len(shared.left())
    shared.agent_appends("Sent", _answer(shared, "Ann Becker"))
    second = _answer(shared, "Ann Becker", "And one more thing.").replace(b"<ann@", b"<again@")
    shared.agent_appends("Sent", second)
    shared.settles()
    assert shared.events(ticket, "crossing answers") == []
    assert {m.recipients for m in shared.left()[before:]} == {("bob@desk.test",)}


def _answer(shared: SharedDesk, name: str, body: str = "Turn it off and on.") -> bytes:
    return letter(
        f"{name} <{shared.support}>",
        "Re: It is broken",
        body,
        "In-Reply-To: <first@x.test>",
        f"Date: Mon, 2 Mar 2026 10:00:0{len(body) % 10} +0000",
        to="maria@x.test",
        message_id=f"{name.split()[0].lower()}@{shared.support.partition('@')[2]}",
    )


# ── Drafts ──────────────────────────────────────────────────────────────────────────────────────


def draft(shared: SharedDesk) -> list[bytes]:
    with shared.agent() as client:
        client.select_folder("Drafts", readonly=True)
        answers = client.fetch(client.search(), ["BODY.PEEK[]"])
    return [answers[uid][b"BODY[]"] for uid in sorted(answers)]


@pytest.fixture
def proposed(shared: SharedDesk) -> int:
    ticket = shared.receives(letter("Maria Santos <maria@x.test>", message_id="first@x.test"))
    shared.write_article("reset", "How to reset", "Hold the button for ten seconds.")
    shared.set_article(ticket, "reset")
    shared.step()
    return ticket


def test_a_proposed_answer_waits_in_drafts(shared: SharedDesk, proposed: int):
    (octets,) = draft(shared)
    mail = message_from_bytes(octets)
    assert mail["To"] == "Maria Santos <maria@x.test>"
    assert mail["In-Reply-To"] == "<first@x.test>"
    assert mail["X-Mailflow-Proposal"]
    assert "mailflow." not in (mail["Message-ID"] or "")
    text = mail.get_payload(decode=True).decode()
    assert text.startswith("Hello Maria Santos,\r\n")
    assert "Hold the button for ten seconds." in text
    shared.settles()
    assert len(draft(shared)) == 1
    assert shared.ticket(proposed).status is TicketStatus.NEW


def test_sending_the_draft_is_the_answer(shared: SharedDesk, proposed: int):
    (octets,) = draft(shared)
    with (
        shared.agent() as client
    ):  # as a client does: hand over by SMTP, file in Sent, remove the draft
        client.append("Sent", octets)
        client.select_folder("Drafts")
        client.delete_messages(client.search())
        client.expunge()
    shared.settles()
    assert shared.ticket(proposed).status is TicketStatus.PENDING
    assert shared.where(proposed) == ["Tickets/Waiting"]
    assert shared.events(proposed, "proposal")[-1].detail["state"] == "sent"
    assert draft(shared) == []


def test_deleting_the_draft_is_feedback(shared: SharedDesk, proposed: int):
    with shared.agent() as client:
        client.select_folder("Drafts")
        client.delete_messages(client.search())
        client.expunge()
    shared.step()
    shared.skip(minutes=11)
    shared.settles()
    event = shared.events(proposed, "proposal")[-1]
    assert event.detail["state"] == "deleted"
    assert event.detail["article"] == "reset"
    assert draft(shared) == []


def test_the_draft_goes_when_the_ticket_moved_on(shared: SharedDesk, proposed: int):
    shared.agent_moves(proposed, SOLVED)
    shared.settles()
    assert draft(shared) == []
    assert shared.events(proposed, "proposal")[-1].detail["state"] == "withdrawn"


def test_a_draft_a_person_edits_while_the_ticket_closes_is_never_touched(
    shared: SharedDesk, proposed: int
):
    (octets,) = draft(shared)
    mine = octets.replace(b"ten seconds", b"twenty seconds")
    shared.set_status(proposed, TicketStatus.SOLVED)
    with shared.agent() as client:  # an edited draft is a new message; the old one is removed
        client.append("Drafts", mine)
        client.select_folder("Drafts")
        client.delete_messages([client.search()[0]])
        client.expunge()
    shared.settles()
    assert draft(shared) == [mine]
    assert shared.events(proposed, "proposal")[-1].detail["state"] == "edited"


# ── nothing internal leaves ─────────────────────────────────────────────────────────────────────

CANARY = "canary7f3a"


@pytest.mark.mirror(
    f'''[mirror]
[[agents]]
address = "{CANARY}@desk.test"
name = "Nora Vale"
'''
)
def test_nothing_internal_reaches_a_customer(shared: SharedDesk):
    """Canaries in another ticket, an article's id, an agent's address, keywords and a tag; then all that writes mail."""
    shared.receives(letter(f"{CANARY}@y.test", f"{CANARY} of another", f"{CANARY} text"))
    ticket = shared.receives(letter("maria@x.test", message_id="first@x.test"))
    shared.write_article(f"{CANARY}-reset", "A stuck button", "Hold the button.")
    shared.change(ticket, SetTags(add=(CANARY,)))
    shared.agent_marks(
        ticket, f"agent_{CANARY}", f"article_{CANARY}-reset", f"x_{CANARY}", "urgent"
    )
    shared.settles()
    assert shared.ticket(ticket).assignee == f"{CANARY}@desk.test"
    assert shared.ticket(ticket).article_id == f"{CANARY}-reset"
    (octets,) = draft(shared)  # what an agent sends as it is
    with shared.agent() as client:
        client.append("Sent", octets)
    shared.settles()
    shared.skip(minutes=5)
    follow_up = ("In-Reply-To: <first@x.test>",)
    assert (
        shared.receives(letter("maria@x.test", "Re: It is broken", "More.", *follow_up)) == ticket
    )
    shared.skip(days=8)
    shared.settles()  # agents see the planned update first
    shared.skip(days=1)  # past any night
    shared.settles()
    theirs = [m.octets for m in shared.left() if "maria@x.test" in m.recipients]
    assert len(theirs) >= 2  # the acknowledgement and an update at the least
    for mail in (octets, *theirs):
        assert CANARY not in everything_in(mail)
