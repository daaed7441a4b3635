"""One mailbox in which some agents work themselves while others answer notices from their own."""

from __future__ import annotations

import pytest

from mailflow.cli.main import run
from mailflow.desk.ticket import Priority, TicketStatus
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message
from tests.desks import answer_to, letter
from tests.shared_mailbox import SharedDesk

ANN, BOB, MARIA = "ann@desk.test", "bob@desk.test", "maria@x.test"
WAITING = "Tickets/Waiting"


def mails(shared: SharedDesk, to: str) -> list[IncomingMessage]:
    return [parse_message(RawMessage(m.octets)) for m in shared.left() if to in m.recipients]


def from_the_mailbox(shared: SharedDesk, name: str, body: str) -> bytes:
    """An answer as the client of somebody who works in the mailbox puts it into Sent."""
    return letter(
        f"{name} <{shared.support}>", "Re: It is broken", body, "In-Reply-To: <first@x.test>",
        to=MARIA, message_id=f"{name.split()[0].lower()}@{shared.support}",
    )  # fmt: skip


def test_an_answer_to_a_notice_shows_in_the_mailbox(shared: SharedDesk):
    ticket = shared.receives(letter(MARIA, message_id="first@x.test"))
    shared.settles()
    before = len(shared.subjects("Sent"))
    shared.deliver(answer_to(mails(shared, ANN)[0], ANN, "#high\r\n\r\nRestart it."))
    shared.settles()
    assert [m.new_text.strip() for m in mails(shared, MARIA)[1:]] == ["Restart it."]
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    assert shared.ticket(ticket).assignee == ANN
    assert WAITING in shared.where(ticket)
    assert {"\\Flagged", "high", "agent_ann"} <= shared.flags(ticket, 0)
    assert len(shared.subjects("Sent")) == before + 1
    answer = mails(shared, MARIA)[-1]
    again = answer_to(answer, MARIA, "It is broken again.")
    shared.skip(minutes=1)
    shared.deliver(again)
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.OPEN
    assert set(shared.where(ticket)) == {"Tickets/Open"}


@pytest.mark.parametrize("first", ["notice", "mailbox"])
def test_answers_of_both_kinds_that_cross_leave_once_each(shared: SharedDesk, first: str):
    ticket = shared.receives(letter(MARIA, message_id="first@x.test"))
    shared.settles()
    notice = answer_to(mails(shared, ANN)[0], ANN, "Restart it.")
    sent = from_the_mailbox(shared, "Bob Stone", "Turn it off and on.")
    acts = [lambda: shared.deliver(notice), lambda: shared.agent_appends("Sent", sent)]
    for act in acts if first == "notice" else reversed(acts):
        act()
        shared.skip(minutes=1)
        shared.settles()
    # Bob's left by his own client; ours is Ann's alone.
    assert [m.new_text.strip() for m in mails(shared, MARIA)[1:]] == ["Restart it."]
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    earlier, later = ("Ann Becker", BOB) if first == "notice" else ("Bob Stone", ANN)
    assert any(f"{earlier} had answered" in m.text for m in mails(shared, later))
    assert shared.ticket(ticket).assignee == (ANN if first == "notice" else BOB)


def test_who_answers_in_the_mailbox_leaves_a_note_from_their_own(shared: SharedDesk):
    ticket = shared.receives(letter(MARIA, message_id="first@x.test"))
    shared.agent_appends("Sent", from_the_mailbox(shared, "Ann Becker", "Restart it."))
    shared.settles()
    before = len(mails(shared, MARIA))
    shared.deliver(answer_to(mails(shared, ANN)[0], ANN, "#note\r\nHer third lamp."))
    shared.settles()
    assert len(mails(shared, MARIA)) == before
    assert shared.ticket(ticket).status is TicketStatus.PENDING
    assert shared.events(ticket, "note")


def test_a_known_issue_that_is_fixed_is_told_to_who_waits_and_once(
    shared: SharedDesk, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAILFLOW_MAILBOX__PASSWORD", shared.password)
    shared.write_article("flicker", "The lamp flickers", "Nobody knows why yet.")
    waits = shared.receives(letter(MARIA, "It flickers"))
    told = shared.receives(letter("tom@y.test", "Mine flickers too"))
    other = shared.receives(letter("eve@z.test", "Where is my parcel?"))
    for ticket in (waits, told):
        shared.agent_marks(ticket, "article_flicker")
    shared.settles()
    assert shared.ticket(waits).article_id == "flicker"
    before = len(shared.left())

    fix = ("article", "edit", "flicker", "--status", "fixed", "--body", "-")
    body = tmp_path / "solution.md"
    body.write_text("Update the lamp to version 2.\n")
    fix = (*fix[:-1], str(body))
    assert run([*fix, "--dry-run"]) == 0
    assert "2 people" in capsys.readouterr().out
    shared.settles()
    assert len(shared.left()) == before
    assert run([*fix, "--yes"]) == 0
    assert run(["article", "announce", "flicker", "--yes"]) == 0
    shared.skip(days=1)
    shared.settles()
    news = [m for m in shared.left()[before:] if b"version 2" in m.octets]
    assert sorted(m.recipients for m in news) == [("maria@x.test",), ("tom@y.test",)]
    assert shared.ticket(other).article_id is None


@pytest.mark.mirror(
    '[mirror]\nnew = "INBOX"\nopen = "Fälle & Co/Offen"\non_hold = "Fälle & Co/Später"\n'
)
def test_folders_have_the_names_an_admin_gives_them(shared: SharedDesk):
    ticket = shared.receives(letter(MARIA))
    assert shared.where(ticket) == ["INBOX"]
    shared.set_priority(ticket, Priority.HIGH)
    shared.agent_moves(ticket, "Fälle & Co/Später")
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.ON_HOLD
    shared.agent_moves(ticket, "INBOX")
    shared.settles()
    assert shared.ticket(ticket).status is TicketStatus.NEW
    shared.set_status(ticket, TicketStatus.OPEN)
    shared.settles()
    assert shared.where(ticket) == ["Fälle & Co/Offen"]
    assert "\\Flagged" in shared.flags(ticket)
