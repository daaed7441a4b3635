"""The one outgoing gate: each rule objects to what it should, and to nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.desk.gate import Passage, decide_release, state_after
from mailflow.desk.outbox import MailClass, OutboxRecipient, OutboxState, Usage
from mailflow.desk.policy import SendingMode
from tests.builders import NOW, SUPPORT, outbox_mail, policy


def passage(mail=None, usage=None, rules=None, now=NOW):
    return decide_release(mail or outbox_mail(), usage or Usage(), rules or policy(), now).value


def test_an_ordinary_mail_passes():
    assert passage() is Passage.RELEASE


@pytest.mark.parametrize(
    ("mail_class", "expected"),
    [
        (MailClass.AUTOMATIC, Passage.SHADOW),
        (MailClass.INTERNAL, Passage.SHADOW),
        (MailClass.PERSON, Passage.RELEASE),  # what a person wrote is never swallowed
    ],
)
def test_in_shadow_mode_only_peoples_words_leave(mail_class, expected):
    shadow = policy(mode=SendingMode.SHADOW)
    assert passage(outbox_mail(mail_class=mail_class), rules=shadow) is expected


@pytest.mark.parametrize(
    ("mail_class", "field", "limit", "expected"),
    [
        (MailClass.AUTOMATIC, "to_address_last_hour", 2, Passage.DROP),
        (MailClass.AUTOMATIC, "to_address_last_day", 5, Passage.DROP),
        (MailClass.AUTOMATIC, "on_ticket_last_day", 10, Passage.DROP),
        (MailClass.AUTOMATIC, "to_domain_last_hour", 50, Passage.DROP),
        (MailClass.AUTOMATIC, "in_all_last_hour", 300, Passage.HOLD),
        (MailClass.INTERNAL, "internal_on_ticket_last_hour", 20, Passage.DROP),
        (MailClass.PERSON, "person_on_ticket_last_hour", 30, Passage.HOLD),
    ],
)
def test_each_budget_allows_its_limit_and_no_more(mail_class, field, limit, expected):
    mail = outbox_mail(mail_class=mail_class)
    assert passage(mail, Usage(**{field: limit - 1})) is Passage.RELEASE
    assert passage(mail, Usage(**{field: limit})) is expected


@pytest.mark.parametrize(
    "field", ["to_address_last_hour", "in_all_last_hour", "on_ticket_last_day"]
)
def test_an_agents_answer_does_not_count_against_the_budgets_of_machines(field):
    mail = outbox_mail(mail_class=MailClass.PERSON)
    assert passage(mail, Usage(**{field: 1000})) is Passage.RELEASE


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (SUPPORT, Passage.DROP),
        ("a%b@c.example", Passage.DROP),
        ("a@b.example\r\nRSET", Passage.DROP),
        ("mia@customer.example", Passage.RELEASE),
    ],
)
def test_where_mail_may_go(recipient, expected):
    assert passage(outbox_mail(recipients=(OutboxRecipient(recipient),))) is expected


def test_a_faulty_text_is_held_until_somebody_lets_it_go():
    faulty = outbox_mail(faults=("a template mark was left over: {{",))
    assert passage(faulty) is Passage.HOLD
    assert passage(replace(faulty, released=True)) is Passage.RELEASE


def test_releasing_by_hand_does_not_lift_what_drops():
    mail = outbox_mail(released=True)
    assert passage(mail, Usage(to_address_last_hour=2)) is Passage.DROP


def test_what_bounced_gets_no_automatic_mail_but_a_persons():
    usage = Usage(blocked_recipients=(("mia@customer.example", "5.1.1"),))
    assert passage(usage=usage) is Passage.DROP
    assert passage(outbox_mail(mail_class=MailClass.PERSON), usage) is Passage.RELEASE


@pytest.mark.parametrize(
    ("mail_class", "expected"),
    [(MailClass.AUTOMATIC, Passage.DROP), (MailClass.PERSON, Passage.HOLD)],
)
def test_what_is_too_old_does_not_leave(mail_class, expected):
    mail = outbox_mail(mail_class=mail_class)
    assert passage(mail, now=mail.expires_at) is expected
    assert passage(mail, now=mail.expires_at - timedelta(seconds=1)) is Passage.RELEASE


def test_every_objection_has_a_resting_state_and_a_reason():
    verdict = decide_release(outbox_mail(), Usage(in_all_last_hour=300), policy(), NOW)
    assert state_after(verdict) is OutboxState.HELD
    assert "300" in verdict.reason
