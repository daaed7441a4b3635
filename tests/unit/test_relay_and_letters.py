"""What may leave of an agent's answer, and which letters follow from a decision."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from mailflow.desk.calendar import Calendar, Hours
from mailflow.desk.context import Source, ThreadContext
from mailflow.desk.intake import decide_intake
from mailflow.desk.letters import Occasion, letters_for
from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import MailClass
from mailflow.desk.policy import Queue
from mailflow.desk.progress import Told, next_update_at, progress_letter
from mailflow.desk.relay import answer_text, internal_marker, mark_internal, relay_recipients
from mailflow.desk.reply_token import Purpose, ReplyToken, TokenClaims
from mailflow.desk.suggestion import NO_SUGGESTION, ArticleSuggestion, Suggestion
from mailflow.desk.ticket import Article, Participant, ParticipantRole, Priority, TicketStatus
from mailflow.mail.message import Answerable
from tests.builders import ANN, ANN_HERE, BOB, MIA, NOW, SUPPORT, message, policy, ticket

ARTICLE = Article("wifi", "Wifi does not connect", "Restart it.")


def letters(mail, *, claims=None, suggestion=NO_SUGGESTION, tick=None, rules=None):
    tick = tick or ticket()
    rules = rules or policy()
    context = ThreadContext(tickets=(tick,))
    decision = decide_intake(
        mail, Source.INBOX, claims or TokenClaims(), context, suggestion, rules
    )
    occasion = Occasion(5, mail, decision, suggestion, tick, 0, {ARTICLE.id: ARTICLE})
    return letters_for(occasion, rules)


def test_a_new_ticket_acknowledges_and_wakes_every_agent():
    made = letters(message())
    assert [(x.kind, x.to.address) for x in made] == [
        (NoticeKind.ACKNOWLEDGEMENT, MIA.address),
        (NoticeKind.AGENT_NOTIFICATION, ANN.address),
        (NoticeKind.AGENT_NOTIFICATION, BOB.address),
    ]
    assert len({x.key for x in made}) == 3


def test_an_assigned_ticket_wakes_its_agent_only():
    claims = TokenClaims(
        addressed=ReplyToken(Purpose.REQUESTER, 7, MIA.id, NOW.date() + timedelta(days=1))
    )
    made = letters(message(), claims=claims, tick=ticket(assignee=BOB.address))
    assert [x.to.address for x in made] == [BOB.address]


def test_an_unproven_sender_gets_none_of_their_own_words_back():
    facts = letters(message(subject="CANARY", base_subject="CANARY"))[0].facts
    assert "CANARY" not in repr(facts)
    assert "Mia" not in repr(facts)


@pytest.mark.parametrize(("measured", "shown"), [(True, "wifi"), (False, None)])
def test_a_customer_sees_an_article_only_when_its_precision_was_measured_here(measured, shown):
    suggestion = Suggestion(
        articles=(ArticleSuggestion("wifi", 0.99),),
        suggested_article="wifi",
        for_customer=measured,
    )
    made = letters(message(), suggestion=suggestion)
    article = made[0].facts.article
    assert (article.id if article else None) == shown
    assert made[1].facts.articles[0].id == "wifi"


def test_silence_towards_the_customer_still_wakes_agents():
    made = letters(message(may_answer=Answerable(False, "asks for none")))
    assert {x.mail_class for x in made} == {MailClass.INTERNAL}


# ── relay ───────────────────────────────────────────────────────────────────────────────────────


def test_only_lines_that_quote_the_customer_survive_in_an_answer_between_the_lines():
    answer = message(
        new_text=(
            "> It blinks  orange\n"
            "Restart it, please.\n"
            "> Suggested article: wifi (93 %)\n"
            ">> priority: urgent\n"
            "Ann"
        )
    )
    assert answer_text(answer, "Hello\nIt blinks orange\n") == (
        "> It blinks  orange\nRestart it, please.\nAnn"
    )


def test_a_notification_carries_its_marker_in_both_forms_whatever_the_template_says():
    text, html = mark_internal("words", "<html><body class=x>words</body></html>", 7)
    assert text.count(internal_marker(7)) == 2
    assert html.count(internal_marker(7)) == 2
    assert mark_internal("w", "<p>no body", 7)[1].count(internal_marker(7)) == 2
    assert mark_internal("w", None, 7)[1] is None


def test_an_answer_goes_to_the_customers_side_only():
    boss = Participant(3, "boss@customer.example", "", ParticipantRole.CC)
    ourselves = Participant(4, SUPPORT, "", ParticipantRole.CC)
    people = relay_recipients(ticket(participants=(MIA, ANN_HERE, boss, ourselves)), policy())
    assert [p.address for p in people] == [MIA.address, boss.address]


# ── progress updates ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("priority", "sent", "hours"),
    [
        (Priority.LOW, 0, 72),
        (Priority.NORMAL, 0, 24),
        (Priority.URGENT, 0, 2),
        (Priority.URGENT, 1, 4),
        (Priority.URGENT, 2, 8),
    ],
)
def test_the_next_update_by_priority_and_silence(priority, sent, hours):
    due = next_update_at(ticket(priority=priority), sent, policy(), NOW)
    assert due == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("queue", "priority", "hours"),
    [
        ("billing", Priority.NORMAL, 3),
        ("billing", Priority.URGENT, 2),  # not named there: as for the whole desk
        ("sales", Priority.NORMAL, 24),
        ("gone", Priority.NORMAL, 24),  # a queue that was taken out of the configuration
        (None, Priority.NORMAL, 24),
    ],
)
def test_a_queue_may_hear_at_intervals_of_its_own(queue, priority, hours):
    own = {Priority.NORMAL: timedelta(hours=3)}
    billing = Queue("billing", frozenset({"billing@desk.example"}), update_every=own)
    rules = policy(queues=(billing, Queue("sales", frozenset({"sales@desk.example"}))))
    due = next_update_at(ticket(priority=priority, queue=queue), 0, rules, NOW)
    assert due == NOW + timedelta(hours=hours)


def test_an_update_waits_for_working_time_and_the_morning():
    office = Calendar("office", UTC, dict.fromkeys(range(5), (Hours(time(9), time(23)),)))
    friday = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
    rules = policy(calendars=(office,))
    due = next_update_at(ticket(priority=Priority.URGENT), 0, rules, friday)
    assert due == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # at work till 23, yet nobody is woken
    late = next_update_at(ticket(priority=Priority.URGENT), 1, rules, friday)
    assert late == datetime(2026, 11, 30, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", list(TicketStatus))
def test_updates_are_for_tickets_where_it_is_our_turn(status):
    ours = {TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.ON_HOLD}
    due = next_update_at(ticket(status=status), 0, policy(), NOW)
    letter = progress_letter(ticket(status=status), Told(0), policy(), NOW)
    assert (due is not None) is (status in ours)
    assert (letter is not None) is (status in ours)


def test_updates_end_after_the_last_one():
    rules = policy()
    last = rules.progress.max_updates
    assert next_update_at(ticket(), last, rules, NOW) is None
    assert progress_letter(ticket(), Told(last), rules, NOW) is None
    silent = policy(progress=replace(rules.progress, enabled=False))
    assert next_update_at(ticket(), 0, silent, NOW) is None


def test_the_same_due_moment_is_one_update_for_ever():
    tick = ticket(next_update_at=NOW)
    first = progress_letter(tick, Told(0), policy(), NOW)
    second = progress_letter(tick, Told(0), policy(), NOW + timedelta(hours=9))
    assert first.key == second.key
