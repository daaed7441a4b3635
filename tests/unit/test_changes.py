"""What may change of a ticket: every rule, what it refuses, and what it says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.desk.changes import (
    Assign,
    Changed,
    Delete,
    LinkTo,
    MergeInto,
    Mute,
    Refused,
    SetArticle,
    SetDue,
    SetKind,
    SetPriority,
    SetQueue,
    SetStatus,
    SetTags,
    Snooze,
    Unchanged,
    decide_change,
    tag_from,
)
from mailflow.desk.policy import Queue
from mailflow.desk.ticket import Priority, TicketKind, TicketStatus
from tests.builders import ANN, NOW, policy, ticket

LATER = NOW + timedelta(days=2)
RULES = policy(queues=(Queue("billing", frozenset({"billing@desk.example"})),))
OTHER = ticket(id=9)


def decide(change, tick=None, other=None):
    return decide_change(tick or ticket(), change, RULES, NOW, other)


@pytest.mark.parametrize(
    ("change", "event", "before", "after"),
    [
        (SetStatus(TicketStatus.SOLVED), "status", "open", "solved"),
        (SetPriority(Priority.URGENT), "priority", "normal", "urgent"),
        (Assign(ANN.address), "assignee", "", ANN.address),
        (SetArticle("wifi"), "article", "", "wifi"),
        (SetTags(("VPN", "#dns")), "tags", "", "dns vpn"),
        (Snooze(LATER), "snooze", "", "2026-03-04T10:00+00:00"),
        (SetDue(LATER), "due", "", "2026-03-04T10:00+00:00"),
        (SetKind(TicketKind.QUESTION), "kind", "", "question"),
        (SetQueue("billing"), "queue", "", "billing"),
        (Mute(True), "mute", "", "muted"),
        (MergeInto(9), "merge", "#7", "#9"),
        (LinkTo(9), "link", "", "#9"),
        (Delete(), "delete", "open", "deleted"),
    ],
)
def test_every_change_tells_its_event(change, event, before, after):
    verdict = decide(change, other=OTHER)
    assert isinstance(verdict, Changed)
    assert (verdict.kind, verdict.before, verdict.after) == (event, before, after)
    assert verdict.reason
    gone = replace(ticket(), deleted_at=NOW)
    assert isinstance(decide(change, gone, OTHER), Refused)


@pytest.mark.parametrize(
    ("change", "tick"),
    [
        (SetStatus(TicketStatus.OPEN), ticket()),
        (SetPriority(Priority.NORMAL), ticket()),
        (Assign(None), ticket()),
        (SetTags(("vpn",)), ticket(tags=("vpn",))),
        (SetTags(remove=("vpn",)), ticket()),
        (Snooze(None), ticket()),
        (Mute(False), ticket()),
    ],
)
def test_what_is_so_already_is_no_change(change, tick):
    assert isinstance(decide(change, tick), Unchanged)


@pytest.mark.parametrize(
    ("change", "tick", "words"),
    [
        (Assign("mia@customer.example"), ticket(), "no agent"),
        (SetQueue("sales"), ticket(), "no queue"),
        (SetTags(("two words",)), ticket(), "cannot be a tag"),
        (Snooze(NOW - timedelta(hours=1)), ticket(), "is past"),
        (Snooze(LATER), ticket(status=TicketStatus.SOLVED), "reopen it first"),
        (SetDue(NOW + timedelta(days=4000)), ticket(), "too far"),
        (SetStatus(TicketStatus.NEW), ticket(first_response_at=NOW), "open"),
        (MergeInto(7), ticket(), "is this one"),
        (MergeInto(8), ticket(), "there is no ticket 8"),
    ],
)
def test_what_is_refused_says_why(change, tick, words):
    verdict = decide(change, tick)
    assert isinstance(verdict, Refused)
    assert words in verdict.reason


@pytest.mark.parametrize("other", [ticket(id=9, merged_into=3), ticket(id=9, deleted_at=NOW)])
def test_nothing_is_merged_into_what_is_gone(other):
    assert isinstance(decide(MergeInto(9), other=other), Refused)


def test_a_final_status_ends_the_snooze():
    verdict = decide(SetStatus(TicketStatus.SOLVED), ticket(snoozed_until=LATER))
    assert isinstance(verdict, Changed)
    assert verdict.ticket.snoozed_until is None


@pytest.mark.parametrize(
    ("text", "tag"),
    [("VPN", "vpn"), (" #Dns ", "dns"), ("a b", None), ("", None), ("x" * 41, None)],
)
def test_tags_are_short_lower_case_words(text, tag):
    assert tag_from(text) == tag
