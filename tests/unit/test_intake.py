"""The four answers, case by case: who wrote, what came before, and what follows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailflow.desk.context import KnownMessage, Source, ThreadContext, new_text_hash
from mailflow.desk.decision import Answer, Proof, Storing, Voice
from mailflow.desk.intake import decide_intake
from mailflow.desk.relay import internal_marker
from mailflow.desk.reply_token import Purpose, ReplyToken, TokenClaims
from mailflow.desk.suggestion import NO_SUGGESTION, PrioritySuggestion, Suggestion
from mailflow.desk.ticket import ParticipantRole, Priority, TicketStatus
from mailflow.mail.message import (
    Address,
    Answerable,
    Attachment,
    Bounce,
    BouncedRecipient,
    Origin,
)
from tests.builders import (
    ANN,
    ANN_HERE,
    MIA,
    NOW,
    SUPPORT,
    machine,
    message,
    policy,
    ticket,
    vouched,
)

LATER = NOW.date() + timedelta(days=10)
TO_MIA = ReplyToken(Purpose.REQUESTER, 7, MIA.id, LATER)
TO_ANN = ReplyToken(Purpose.AGENT, 7, ANN_HERE.id, LATER)
NOTHING = TokenClaims()


def decide(
    mail,
    *,
    claims=NOTHING,
    context=None,
    rules=None,
    source=Source.INBOX,
    suggestion=NO_SUGGESTION,
):
    context = context or ThreadContext(tickets=(ticket(),))
    return decide_intake(mail, source, claims, context, suggestion, rules or policy())


def referring(author="mia@customer.example", status=TicketStatus.OPEN):
    known = KnownMessage("old@customer.example", 7, author, "h")
    return ThreadContext(tickets=(ticket(status=status),), referenced=(known,))


# ── new requests ────────────────────────────────────────────────────────────────────────────────


def test_a_new_request_opens_a_ticket_and_is_acknowledged():
    decision = decide(message())
    assert decision.store.value is Storing.OPEN_TICKET
    assert decision.answer.value is Answer.ACKNOWLEDGE
    assert decision.wake.value
    assert decision.joins[0].address == "mia@customer.example"
    assert decision.joins[0].role is ParticipantRole.REQUESTER
    assert decision.priority is Priority.NORMAL


def test_every_answer_has_a_reason():
    for mail in (message(), machine(Origin.BULK), machine(Origin.LIST)):
        for answer in decide(mail).reasons().values():
            assert answer["reason"]


@pytest.mark.parametrize(("abstained", "expected"), [(False, "urgent"), (True, "normal")])
def test_the_suggested_priority_counts_unless_the_model_abstained(abstained, expected):
    suggestion = Suggestion(priority=PrioritySuggestion(Priority.URGENT, 0.9, abstained))
    assert decide(message(), suggestion=suggestion).priority == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"may_answer": Answerable(False, "it asks for no answer")}, "no answer"),
        ({"author_ambiguous": True}, "unclear"),
        ({"author": Address(ANN.address)}, "agent, without proof"),
        ({"author": Address("a%b@c.example")}, "cannot be answered safely"),
        ({"author": Address('"a b"@c.example')}, "cannot be answered safely"),
        ({"author": Address("a@[10.0.0.1]")}, "cannot be answered safely"),
    ],
)
def test_a_ticket_without_an_acknowledgement_says_why(changes, words):
    decision = decide(message(**changes))
    assert decision.store.value is Storing.OPEN_TICKET
    assert decision.answer.value is Answer.NOTHING
    assert words in decision.answer.reason


@pytest.mark.parametrize(
    ("field", "used"),
    [("automatic_to_author_last_hour", 2), ("automatic_to_author_last_day", 5)],
)
def test_the_budget_of_an_address_silences_its_acknowledgement(field, used):
    spent = ThreadContext(**{field: used})
    left = ThreadContext(**{field: used - 1})
    assert decide(message(), context=spent).answer.value is Answer.NOTHING
    assert decide(message(), context=left).answer.value is Answer.ACKNOWLEDGE


def test_mail_to_an_address_that_bounced_is_not_acknowledged():
    blocked = ThreadContext(author_blocked="5.1.1")
    assert "came back" in decide(message(), context=blocked).answer.reason


def test_people_in_copy_join_only_when_a_named_server_vouches():
    people = (Address(SUPPORT), Address("boss@customer.example"), Address(ANN.address))
    mail = message(cc=people, **vouched("mx.desk.example", "customer.example"))
    trusting = policy(authserv_id="mx.desk.example")
    assert [j.address for j in decide(mail, rules=trusting).joins] == [
        "mia@customer.example",
        "boss@customer.example",
    ]
    assert len(decide(mail).joins) == 1


def test_a_form_under_our_own_address_is_for_whom_it_says_to_answer():
    form = message(author=SUPPORT, reply_to=(Address("mia@customer.example", "Mia"),))
    decision = decide(form)
    assert decision.joins[0].address == "mia@customer.example"
    assert decision.answer.value is Answer.NOTHING


def test_our_own_address_that_names_nobody_is_set_aside():
    assert decide(message(author=SUPPORT)).store.value is Storing.SET_ASIDE


# ── threads ─────────────────────────────────────────────────────────────────────────────────────


def test_a_signed_reply_address_is_the_strongest_proof():
    decision = decide(message(), claims=TokenClaims(addressed=TO_MIA))
    assert decision.thread.ticket_id == 7
    assert decision.thread.proof is Proof.REPLY_ADDRESS
    assert decision.answer.value is Answer.NOTHING


@pytest.mark.parametrize("direct", [True, False])
def test_references_admit_a_participant(direct):
    known = "old@customer.example"
    mail = message(**({"in_reply_to": (known,)} if direct else {"references": (known,)}))
    decision = decide(mail, context=referring())
    assert decision.thread.ticket_id == 7
    assert decision.thread.proof is (Proof.IN_REPLY_TO if direct else Proof.REFERENCES)


@pytest.mark.parametrize(
    "mail",
    [
        message("eve@evil.example", references=("old@customer.example",)),
        message("eve@evil.example", subject="Re: [#7] It is broken"),
        message("mia@customer.example", author_ambiguous=True, subject="[#7]"),
    ],
)
def test_a_stranger_with_forged_evidence_gets_a_linked_ticket_of_their_own(mail):
    decision = decide(mail, context=referring())
    assert decision.store.value is Storing.OPEN_TICKET
    assert decision.thread.ticket_id is None
    assert decision.thread.linked_to == 7
    assert decision.warnings


def test_a_subject_tag_admits_a_participant():
    decision = decide(message(subject="[#7] still"))
    assert decision.thread.proof is Proof.SUBJECT_TAG


def test_the_subject_window_is_off_by_default():
    context = ThreadContext(tickets=(ticket(),), by_subject=7)
    assert decide(message(), context=context).thread.ticket_id is None
    switched_on = policy(subject_window=timedelta(days=7))
    assert decide(message(), context=context, rules=switched_on).thread.ticket_id == 7


def test_a_late_reply_to_a_closed_ticket_starts_a_linked_one():
    context = ThreadContext(tickets=(ticket(status=TicketStatus.CLOSED),))
    decision = decide(message(), claims=TokenClaims(addressed=TO_MIA), context=context)
    assert decision.thread.ticket_id is None
    assert decision.thread.linked_to == 7


@pytest.mark.parametrize(
    ("status", "after"),
    [
        (TicketStatus.PENDING, TicketStatus.OPEN),
        (TicketStatus.SOLVED, TicketStatus.OPEN),
        (TicketStatus.ON_HOLD, TicketStatus.OPEN),
        (TicketStatus.NEW, None),
        (TicketStatus.OPEN, None),
    ],
)
def test_a_customer_who_writes_reopens_what_waited_for_them(status, after):
    context = ThreadContext(tickets=(ticket(status=status),))
    decision = decide(message(), claims=TokenClaims(addressed=TO_MIA), context=context)
    assert decision.wake.status is after


def test_two_mails_with_one_message_id_are_both_kept_but_a_copy_is_not():
    mail = message()
    same = KnownMessage("m1@customer.example", 7, "mia@customer.example", new_text_hash(mail))
    copy = decide(mail, context=ThreadContext(same_message_id=(same,)))
    assert copy.store.value is Storing.SET_ASIDE
    squatted = replace(same, new_text_hash="other")
    kept = decide(mail, context=ThreadContext(same_message_id=(squatted,)))
    assert kept.store.value is Storing.OPEN_TICKET
    assert "same Message-ID" in kept.warnings[0]


# ── machines ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [k for k in Origin if k is not Origin.PERSON])
def test_no_machine_is_ever_answered(kind):
    for claims in (NOTHING, TokenClaims(addressed=TO_MIA), TokenClaims(addressed=TO_ANN)):
        for author in ("mia@customer.example", ANN.address):
            decision = decide(machine(kind, author=Address(author)), claims=claims)
            assert decision.answer.value is Answer.NOTHING


@pytest.mark.parametrize(
    "kind", [Origin.AUTO_REPLY, Origin.DELAY, Origin.RECEIPT, Origin.BOUNCE, Origin.REPORT]
)
def test_reports_are_filed_without_reopening(kind):
    context = ThreadContext(tickets=(ticket(status=TicketStatus.SOLVED),))
    decision = decide(machine(kind), claims=TokenClaims(addressed=TO_MIA), context=context)
    assert decision.store.value is Storing.ADD_TO_TICKET
    assert decision.wake.status is None
    assert decision.voice is Voice.MACHINE
    assert decision.wake.value is (kind is Origin.BOUNCE)


@pytest.mark.parametrize(("kind", "opens"), [(Origin.LIST, True), (Origin.BULK, False)])
def test_lone_machine_mail_is_kept_by_kind(kind, opens):
    assert (decide(machine(kind)).store.value is Storing.OPEN_TICKET) is opens


@pytest.mark.parametrize(
    ("address", "status", "blocked"),
    [
        ("MIA@customer.example", "5.1.1", "mia@customer.example"),
        ("mia@customer.example", "5.2.2", None),  # a full mailbox empties again
        ("eve@evil.example", "5.1.1", None),  # nobody we wrote to
    ],
)
def test_only_a_dead_mailbox_of_a_participant_is_blocked(address, status, blocked):
    bounce = Bounce((BouncedRecipient(address, "failed", status),), None)
    mail = machine(Origin.BOUNCE, bounce=bounce)
    decision = decide(mail, claims=TokenClaims(referenced=TO_MIA))
    assert decision.blocked_address == blocked


# ── agents ──────────────────────────────────────────────────────────────────────────────────────


def from_ann(**changes):
    return message(ANN.address, **changes)


def test_an_agents_answer_goes_to_the_customer():
    decision = decide(from_ann(), claims=TokenClaims(addressed=TO_ANN))
    assert decision.answer.value is Answer.RELAY
    assert decision.voice is Voice.AGENT
    assert decision.wake.status is TicketStatus.PENDING
    assert decision.agent_address == ANN.address


@pytest.mark.parametrize(
    "claims",
    [
        NOTHING,
        TokenClaims(addressed=TO_MIA),  # a customer's token
        TokenClaims(addressed=replace(TO_ANN, participant_id=MIA.id)),
        TokenClaims(addressed=replace(TO_ANN, ticket_id=8)),
    ],
)
def test_from_alone_never_makes_an_agent(claims):
    decision = decide(from_ann(), claims=claims)
    assert decision.answer.value in (Answer.NOTHING, Answer.TELL_AGENT)
    assert decision.voice is not Voice.AGENT


def test_an_agent_who_wrote_to_the_wrong_address_is_told_and_nothing_follows():
    decision = decide(from_ann(subject="Re: [#7] It is broken"))
    assert decision.thread.ticket_id == 7
    assert decision.answer.value is Answer.TELL_AGENT
    assert decision.wake.status is None
    assert decision.voice is Voice.MACHINE


def test_an_agents_token_in_other_hands_proves_nothing():
    decision = decide(message("eve@evil.example"), claims=TokenClaims(addressed=TO_ANN))
    assert decision.thread.ticket_id is None
    assert decision.answer.value is Answer.NOTHING


def test_a_former_agents_token_proves_nothing():
    decision = decide(from_ann(), claims=TokenClaims(addressed=TO_ANN), rules=policy(agents=()))
    assert decision.answer.value is not Answer.RELAY


def test_where_a_server_is_named_its_pass_is_required_too():
    strict = policy(authserv_id="mx.desk.example")
    claims = TokenClaims(addressed=TO_ANN)
    assert decide(from_ann(), claims=claims, rules=strict).answer.value is Answer.TELL_AGENT
    passed = from_ann(**vouched("mx.desk.example", "desk.example"))
    assert decide(passed, claims=claims, rules=strict).answer.value is Answer.RELAY


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"new_text": " \n"}, "no text"),
        ({"defects": ("message-cut",)}, "too large"),
        ({"new_text": f"Hi\n{internal_marker(7)}"}, "internal"),
    ],
)
def test_an_answer_that_must_not_leave_goes_back_to_the_agent(changes, words):
    decision = decide(from_ann(**changes), claims=TokenClaims(addressed=TO_ANN))
    assert decision.answer.value is Answer.TELL_AGENT
    assert words in decision.answer.reason
    assert decision.wake.status is None


def test_a_file_alone_is_an_answer():
    mail = from_ann(new_text="", attachments=(Attachment("a.pdf", "application/pdf", 1, False),))
    assert decide(mail, claims=TokenClaims(addressed=TO_ANN)).answer.value is Answer.RELAY


def test_an_agents_out_of_office_is_never_relayed():
    mail = machine(Origin.AUTO_REPLY, author=Address(ANN.address))
    decision = decide(mail, claims=TokenClaims(addressed=TO_ANN))
    assert decision.answer.value is Answer.NOTHING
    assert not decision.wake.value


# ── the Sent folder ─────────────────────────────────────────────────────────────────────────────


def test_an_answer_found_in_sent_is_recorded_and_not_sent_again():
    sent = message(SUPPORT, references=("old@customer.example",), to=(Address(MIA.address),))
    decision = decide(sent, context=referring(), source=Source.SENT)
    assert decision.voice is Voice.AGENT
    assert decision.answer.value is Answer.NOTHING
    assert decision.wake.status is TicketStatus.PENDING


def test_a_copy_of_our_own_mail_in_sent_is_known():
    ours = message(SUPPORT, message_id="t.x@mailflow.desk.example")
    assert decide(ours, source=Source.SENT).store.value is Storing.SET_ASIDE


def test_sent_mail_about_nothing_we_know_is_left_alone():
    assert decide(message(SUPPORT), source=Source.SENT).store.value is Storing.SET_ASIDE


# ── thanks ──────────────────────────────────────────────────────────────────────────────────────

THANKED = replace(NO_SUGGESTION, content_free=True)


@pytest.mark.parametrize("status", [TicketStatus.SOLVED, TicketStatus.PENDING])
def test_thanks_is_filed_and_reopens_nothing(status):
    mail = message(references=("old@customer.example",), new_text="Thanks!")
    decision = decide(mail, context=referring(status=status), suggestion=THANKED)
    assert decision.store.value is Storing.ADD_TO_TICKET
    assert decision.wake.value is False
    assert decision.wake.status is None
    assert decision.answer.value is Answer.NOTHING
    assert "thanks" in decision.wake.reason


def test_thanks_without_a_date_or_message_id_were_read_whole_all_the_same():
    thanked = message(
        references=("old@customer.example",),
        new_text="Thanks!",
        defects=("date-missing", "message-id-missing"),
    )
    decision = decide(thanked, context=referring(status=TicketStatus.SOLVED), suggestion=THANKED)
    assert decision.wake.value is False
    assert decision.answer.value is Answer.NOTHING


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (TicketStatus.ON_HOLD, {}),
        (TicketStatus.SOLVED, {"attachments": (Attachment("a.png", "image/png", 3, False),)}),
        (TicketStatus.SOLVED, {"defects": ("truncated",)}),
    ],
)
def test_thanks_with_something_to_look_at_reopens(status, change):
    mail = replace(message(references=("old@customer.example",), new_text="Thanks!"), **change)
    decision = decide(mail, context=referring(status=status), suggestion=THANKED)
    assert decision.wake.status is TicketStatus.OPEN
