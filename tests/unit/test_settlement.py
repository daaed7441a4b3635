"""What an attempt at delivery means for each recipient and for the whole mail."""

import pytest

from mailflow.desk.delivery import DataResult, Outcome, RecipientResult
from mailflow.desk.outbox import MailClass, OutboxRecipient, OutboxState, RecipientState
from mailflow.desk.settlement import SETTLE_AFTER, settle_attempt, settle_interrupted
from tests.builders import NOW, outbox_mail

A, B, C = "a@x.example", "b@x.example", "c@x.example"
OK = DataResult(Outcome.ACCEPTED, 250, "queued as 1")
PEOPLE = (OutboxRecipient(A), OutboxRecipient(B), OutboxRecipient(C))


def rcpt(address, outcome=Outcome.ACCEPTED, code=250, text="ok"):
    return RecipientResult(address, outcome, code, text)


def states(settlement):
    return [r.state for r in settlement.recipients]


def test_all_accepted_is_sent():
    settled = settle_attempt(
        outbox_mail(recipients=PEOPLE), [rcpt(A), rcpt(B), rcpt(C)], OK, NOW, 0
    )
    assert settled.state is OutboxState.SENT
    assert states(settled) == [RecipientState.SENT] * 3


def test_a_mixed_answer_retries_only_who_was_put_off():
    results = [
        rcpt(A),
        rcpt(B, Outcome.DEFERRED, 450, "greylisted"),
        rcpt(C, Outcome.REJECTED, 550, "unknown"),
    ]
    mail = outbox_mail(recipients=PEOPLE, mail_class=MailClass.PERSON)
    settled = settle_attempt(mail, results, OK, NOW, 0)
    assert settled.state is OutboxState.PENDING
    assert states(settled) == [
        RecipientState.SENT,
        RecipientState.DEFERRED,
        RecipientState.REJECTED,
    ]
    assert settled.not_before > NOW
    again = outbox_mail(recipients=settled.recipients, attempts=1)
    assert again.open_recipients == (B,)
    done = settle_attempt(again, [rcpt(B)], OK, NOW, 0)
    assert done.state is OutboxState.SENT
    assert C in done.reason


def test_nobody_accepted_for_good_has_failed():
    mail = outbox_mail(recipients=PEOPLE[:1])
    settled = settle_attempt(mail, [rcpt(A, Outcome.REJECTED, 550, "no such user")], None, NOW, 0)
    assert settled.state is OutboxState.FAILED
    assert "no such user" in settled.reason


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.DEFERRED, OutboxState.PENDING), (Outcome.REJECTED, OutboxState.FAILED)],
)
def test_the_answer_to_the_content_counts_for_all_who_were_accepted(outcome, state):
    mail = outbox_mail(recipients=PEOPLE[:1])
    settled = settle_attempt(mail, [rcpt(A)], DataResult(outcome, 451, "later"), NOW, 0)
    assert settled.state is state


LOST = DataResult(Outcome.UNKNOWN, None, "the line was cut")


def test_in_doubt_a_notice_is_not_repeated():
    mail = outbox_mail(recipients=PEOPLE[:1])
    for settled in (
        settle_attempt(mail, [rcpt(A)], LOST, NOW, 0),
        settle_interrupted(mail, NOW),
    ):
        assert settled.state is OutboxState.UNCERTAIN
        assert settled.not_before is None


def test_in_doubt_a_persons_words_go_again_after_both_sides_gave_up():
    mail = outbox_mail(recipients=PEOPLE[:1], mail_class=MailClass.PERSON)
    for settled in (
        settle_attempt(mail, [rcpt(A)], LOST, NOW, 0),
        settle_interrupted(mail, NOW),
    ):
        assert settled.state is OutboxState.PENDING
        assert settled.not_before == NOW + SETTLE_AFTER
        assert states(settled) == [RecipientState.DEFERRED]


def test_doubt_about_some_does_not_touch_who_has_it_or_was_refused():
    known = (OutboxRecipient(A, RecipientState.SENT), OutboxRecipient(B))
    settled = settle_interrupted(outbox_mail(recipients=known), NOW)
    assert states(settled) == [RecipientState.SENT, RecipientState.UNCERTAIN]
