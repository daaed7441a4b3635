"""The three-way merge between what was shown, what is seen and what the ticket is: a table of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.desk.mirror import Field, MailboxChange, Placement, Shown, plan_mirror
from mailflow.desk.mirror_scheme import THUNDERBIRD, Scheme, agent_marks
from mailflow.desk.ticket import Priority, TicketStatus

FOLDERS = {
    TicketStatus.NEW: "T/New",
    TicketStatus.OPEN: "T/Open",
    TicketStatus.PENDING: "T/Waiting",
    TicketStatus.ON_HOLD: "T/Hold",
    TicketStatus.SOLVED: "T/Solved",
}
SCHEME = Scheme("INBOX", FOLDERS, "Junk", agents=agent_marks(["ann@a.org", "bob@a.org"]))
TICKET = Shown(1, TicketStatus.OPEN, Priority.NORMAL, None, None, answer_due=False)


def place(folder="T/Open", marks=(), base="T/Open", base_marks=(), row=1, place_id=1, **more):
    return Placement(place_id, row, folder, frozenset(marks), base, frozenset(base_marks), **more)


def changes(ticket, *places, scheme=SCHEME):
    return [(c.field, c.value) for c in plan_mirror(ticket, places, scheme).changes]


def test_what_is_shown_already_needs_nothing():
    plan = plan_mirror(TICKET, [place()], SCHEME)
    assert (plan.changes, plan.moves, plan.markings) == ((), (), ())


def test_new_mail_goes_from_the_inbox_to_its_folder():
    plan = plan_mirror(TICKET, [place("INBOX", base=None)], SCHEME)
    assert not plan.changes
    assert [m.folder for m in plan.moves] == ["T/Open"]


@pytest.mark.parametrize(
    ("folder", "status"),
    [
        ("T/Waiting", "pending"),
        ("T/Hold", "on hold"),
        ("T/Solved", "solved"),
        ("INBOX", None),  # open already
    ],
)
def test_a_moved_message_changes_the_status(folder, status):
    expected = [(Field.STATUS, status)] if status else []
    assert changes(TICKET, place(folder)) == expected


def test_the_rest_of_the_thread_follows_the_moved_message():
    plan = plan_mirror(TICKET, [place("T/Solved", place_id=1), place(place_id=2, row=2)], SCHEME)
    assert [(m.placement, m.folder) for m in plan.moves] == [(2, "T/Solved")]


def test_of_two_agents_moves_the_newest_message_decides():
    both = [place("T/Solved", place_id=1, row=1), place("T/Waiting", place_id=2, row=2)]
    assert changes(TICKET, *both) == [(Field.STATUS, "pending")]


def test_a_customer_who_wrote_meanwhile_wins_over_putting_aside():
    plan = plan_mirror(replace(TICKET, wrote_since=7), [place("T/Solved")], SCHEME)
    assert not plan.changes
    assert "the customer wrote meanwhile" in plan.refused[0]
    assert [m.folder for m in plan.moves] == ["T/Open"]


def test_mail_that_just_came_in_does_not_hide_what_was_moved():
    came = place("INBOX", base=None, row=7, place_id=2)
    assert changes(TICKET, place("T/Solved"), came) == [(Field.STATUS, "solved")]
    assert plan_mirror(replace(TICKET, wrote_since=7), [place("T/Solved"), came], SCHEME).refused


def test_but_not_when_that_very_message_was_moved():
    moved = place("T/Solved", row=7)
    assert changes(replace(TICKET, wrote_since=7), moved) == [(Field.STATUS, "solved")]


def test_a_persons_move_wins_over_the_desks():
    waiting = replace(TICKET, status=TicketStatus.PENDING)
    assert changes(waiting, place("T/Hold")) == [(Field.STATUS, "on hold")]


def test_our_own_unfinished_move_is_no_persons():
    assert changes(TICKET, place("T/Waiting", aimed_folder="T/Waiting")) == []


def test_junk_closes_as_spam_and_stays_there():
    plan = plan_mirror(TICKET, [place("Junk")], SCHEME)
    assert plan.changes == (MailboxChange(Field.SPAM, None, "moved to Junk"),)
    assert not plan.moves
    assert not plan.markings


def test_back_from_junk_it_is_open_again():
    closed = replace(TICKET, status=TicketStatus.CLOSED)
    assert changes(closed, place("INBOX", base="Junk")) == [(Field.STATUS, "open")]


def test_closed_tickets_lie_with_the_solved_ones_and_are_never_taken_from_the_inbox():
    closed = replace(TICKET, status=TicketStatus.CLOSED)
    assert [m.folder for m in plan_mirror(closed, [place()], SCHEME).moves] == ["T/Solved"]
    assert not plan_mirror(closed, [place("T/Solved", base="T/Solved")], SCHEME).changes
    assert not plan_mirror(closed, [place("INBOX", base="INBOX")], SCHEME).moves


@pytest.mark.parametrize(
    ("now", "marks", "base", "priority"),
    [
        (Priority.NORMAL, {"urgent"}, set(), "urgent"),
        (Priority.NORMAL, {"\\Flagged"}, set(), "high"),
        (Priority.LOW, {"low", "\\Flagged"}, {"low"}, "high"),
        (Priority.URGENT, {"\\Flagged"}, {"urgent", "\\Flagged"}, "normal"),
        (Priority.URGENT, {"urgent"}, {"urgent", "\\Flagged"}, "normal"),
        (Priority.URGENT, {"urgent", "high", "\\Flagged"}, {"urgent", "\\Flagged"}, "high"),
        (Priority.HIGH, {"high", "\\Flagged", "low"}, {"high", "\\Flagged"}, "low"),
    ],
)
def test_marks_say_the_priority(now, marks, base, priority):
    ticket = replace(TICKET, priority=now)
    plan = plan_mirror(ticket, [place(marks=marks, base_marks=base)], SCHEME)
    assert [(c.field, c.value) for c in plan.changes] == [(Field.PRIORITY, priority)]
    (marking,) = plan.markings or (None,)
    left = (set(marks) | set(marking.add)) - set(marking.remove) if marking else set(marks)
    assert left == SCHEME.priority_marks(Priority(priority))


def test_taking_a_mark_away_loses_against_a_new_value():
    now_high = replace(TICKET, priority=Priority.HIGH)
    assert changes(now_high, place(marks=(), base_marks={"urgent", "\\Flagged"})) == []


def test_marks_assign_and_give_back():
    mine = replace(TICKET, assignee="ann@a.org")
    assert changes(TICKET, place(marks={"agent_bob"})) == [(Field.ASSIGNEE, "bob@a.org")]
    taken = place(marks={"agent_ann", "agent_bob"}, base_marks={"agent_ann"})
    plan = plan_mirror(mine, [taken], SCHEME)
    assert [(c.field, c.value) for c in plan.changes] == [(Field.ASSIGNEE, "bob@a.org")]
    assert plan.markings[0].remove == {"agent_ann"}
    assert changes(mine, place(base_marks={"agent_ann"})) == [(Field.ASSIGNEE, None)]


def test_marks_name_the_article():
    wifi = replace(TICKET, article_id="wifi")
    assert changes(TICKET, place(marks={"article_wifi"})) == [(Field.ARTICLE, "wifi")]
    assert changes(wifi, place(base_marks={"article_wifi"})) == [(Field.ARTICLE, None)]


def test_without_keywords_only_the_flag_is_shown():
    urgent = replace(TICKET, priority=Priority.URGENT, assignee="ann@a.org", answer_due=True)
    plan = plan_mirror(urgent, [place(keeps_keywords=False)], SCHEME)
    assert plan.markings[0].add == {"\\Flagged"}
    unstarred = place(base_marks={"\\Flagged"}, keeps_keywords=False)
    assert changes(urgent, unstarred) == [(Field.PRIORITY, "normal")]


def test_thunderbirds_own_tags():
    scheme = replace(SCHEME, tags=THUNDERBIRD)
    assert changes(TICKET, place(marks={"$label1"}), scheme=scheme) == [(Field.PRIORITY, "urgent")]
    due = replace(TICKET, answer_due=True)
    assert plan_mirror(due, [place()], scheme).markings[0].add == {"$label4"}


def test_keywords_are_read_whatever_their_case():
    assert SCHEME.ours(["Urgent", "\\flagged", "AGENT_ANN", "Article_Wifi", "\\Seen", "nix"]) == {
        "urgent",
        "\\Flagged",
        "agent_ann",
        "article_wifi",
    }


_folders = st.sampled_from([*FOLDERS.values(), "INBOX", "Junk", None])
_marks = st.frozensets(
    st.sampled_from(["urgent", "high", "low", "\\Flagged", "agent_ann", "agent_bob", "answer_due"])
)
_places = st.builds(
    Placement,
    id=st.integers(1, 3),
    message_row=st.integers(1, 3),
    folder=_folders,
    marks=_marks,
    base_folder=_folders,
    base_marks=_marks,
    aimed_folder=_folders,
    aimed_marks=st.none() | _marks,
    keeps_keywords=st.booleans(),
)
_tickets = st.builds(
    Shown,
    id=st.just(1),
    status=st.sampled_from(list(TicketStatus)),
    priority=st.sampled_from(list(Priority)),
    assignee=st.sampled_from([None, "ann@a.org", "bob@a.org"]),
    article_id=st.sampled_from([None, "wifi"]),
    answer_due=st.booleans(),
    wrote_since=st.none() | st.integers(1, 3),
)


@given(_tickets, st.lists(_places, max_size=3, unique_by=lambda p: p.id))
def test_whatever_anybody_does_it_comes_to_rest(ticket, places):
    """One round, and the next one has nothing left to do: no ping-pong between people and the desk."""
    plan = plan_mirror(ticket, places, SCHEME)
    for change in plan.changes:
        ticket = _after(ticket, change)
    moves = {m.placement: m.folder for m in plan.moves}
    marks = {m.placement: m for m in plan.markings}
    settled = []
    for p in places:
        mark = marks.get(p.id)
        here = (p.marks | mark.add) - mark.remove if mark else p.marks
        folder = moves.get(p.id, p.folder)
        settled.append(
            replace(
                p,
                folder=folder,
                base_folder=folder,
                marks=here,
                base_marks=here,
                aimed_folder=None,
                aimed_marks=None,
            )
        )
    again = plan_mirror(replace(ticket, wrote_since=None), settled, SCHEME)
    assert again.changes == ()
    assert again.moves == ()
    assert again.markings == ()


def _after(ticket, change):
    if change.field is Field.STATUS:
        ours = change.value in ("new", "open")
        due = ticket.answer_due and ours
        return replace(ticket, status=TicketStatus(change.value), answer_due=due)
    if change.field is Field.PRIORITY:
        return replace(ticket, priority=Priority(change.value))
    if change.field is Field.ASSIGNEE:
        return replace(ticket, assignee=change.value)
    if change.field is Field.ARTICLE:
        return replace(ticket, article_id=change.value)
    return replace(ticket, status=TicketStatus.CLOSED, answer_due=False)
