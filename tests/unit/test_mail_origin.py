"""Who wrote a mail, by which rule, and whether it may be answered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.mail.message import (
    Answerable,
    Bounce,
    BouncedRecipient,
    IncomingMessage,
    Origin,
    OwnIdentity,
    RawMessage,
)
from mailflow.mail.origin_rules import RULES
from mailflow.mail.parse import parse_message

OWN = OwnIdentity(frozenset({"support@desk.example"}), "desk.example")


def read(
    fields: str = "", body: str = "My printer does not print.", *, plain: bool = True
) -> IncomingMessage:
    """A person's mail with ``fields`` instead of, or beside, what such a mail has."""
    given_names = {line.split(":")[0].lower() for line in fields.splitlines() if ":" in line}
    usual = {
        "from": "From: Pat <pat@customer.example>",
        "to": "To: support@desk.example",
        "subject": "Subject: printer",
        "message-id": "Message-ID: <1@customer.example>",
        "date": "Date: Mon, 02 Mar 2026 10:00:00 +0000",
    }
    lines = [line for name, line in usual.items() if name not in given_names]
    head = "\n".join((*lines, *([fields] if fields else [])))
    return parse_message(RawMessage(f"{head}\n\n{body}\n".encode()), OWN)


def test_a_person_is_answered() -> None:
    message = read()
    assert (message.origin.kind, message.origin.rule) == (Origin.PERSON, "nothing-says-otherwise")
    assert message.may_answer == Answerable(True, "written by a person")


REPORT = """MIME-Version: 1.0
Content-Type: multipart/report; report-type={type}; boundary=b

--b
Content-Type: text/plain

A report.
--b
Content-Type: {part}

{text}
--b--"""


def report(kind: str, part: str, text: str) -> str:
    return REPORT.format(type=kind, part=part, text=text)


DSN = (
    "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: {}\nStatus: {}"
)

#: (rule, fields). Every rule of the table stands here at least once.
CASES = [
    ("own-message-id", "Message-ID: <t1.abc@desk.example>"),
    ("own-address", "From: Support <support@desk.example>"),
    ("own-address", "From: Support <Support+t1@DESK.example>"),
    (
        "feedback-report",
        report("feedback-report", "message/feedback-report", "Feedback-Type: abuse"),
    ),
    (
        "feedback-report",
        "Subject: complaint about message from 192.0.2.1\nX-HmXmrOriginalRecipient: x",
    ),
    ("tls-report", "TLS-Report-Domain: desk.example"),
    ("dmarc-report", "Subject: Report Domain: desk.example Submitter: mail.example Report-ID: <1>"),
    ("dmarc-report", 'Content-Type: application/gzip; name="mail.example!desk.example!1!2.xml.gz"'),
    (
        "read-receipt",
        report(
            "disposition-notification",
            "message/disposition-notification",
            "Disposition: x; displayed",
        ),
    ),
    (
        "delivery-failed",
        report("delivery-status", "message/delivery-status", DSN.format("failed", "5.1.1")),
    ),
    (
        "delivery-delayed",
        report("delivery-status", "message/delivery-status", DSN.format("delayed", "4.4.1")),
    ),
    (
        "delivery-succeeded",
        report("delivery-status", "message/delivery-status", DSN.format("delivered", "2.0.0")),
    ),
    ("delivery-report-unread", report("delivery-status", "text/x-odd", "nothing to read here")),
    ("auto-submitted-reply", "Auto-Submitted: auto-replied"),
    ("auto-submitted-reply", "Auto-Submitted: auto-replied (vacation)"),
    ("auto-submitted-reply", "Auto-Submitted: AUTO-REPLIED; owner=x"),
    ("auto-submitted-reply", "Auto-Submitted:   (rejected) Auto-Replied  "),
    ("auto-submitted-reply", "Auto-Submitted: auto-response"),
    ("auto-submitted-reply", 'Auto-Submitted: AUTO-generated (x); owner-email="a@b.example"'),
    (
        "exchange-out-of-office",
        "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@b.example",
    ),
    ("auto-reply-header", "X-Autoreply: yes"),
    ("auto-reply-header", "X-Autorespond: gone"),
    ("auto-reply-header", "X-POST-MessageClass: 9; Autoresponder"),
    ("auto-reply-header", "X-Mailer: vacation 1.2"),
    ("auto-reply-header", "Delivered-To: Autoresponder"),
    ("precedence-auto-reply", "Precedence: auto_reply"),
    ("precedence-auto-reply", "Preference: auto_reply"),
    ("challenge-response", "X-Boxbe-Challenge: 1"),
    ("list-header", "List-Id: <users.lists.example>"),
    ("list-header", "List-Post: <mailto:users@lists.example>"),
    ("list-software", "X-BeenThere: users@lists.example"),
    ("list-software", "Mailing-List: contact x; run by ezmlm"),
    ("precedence-list", "Precedence: LIST"),
    ("auto-submitted", "Auto-Submitted: auto-generated"),
    ("auto-submitted", "Auto-Submitted: auto-notified; owner-token=x"),
    ("auto-submitted", "Auto-Submitted: yes"),
    ("service-header", "X-GitHub-Reason: mention"),
    ("service-header", "X-Cron-Env: <SHELL=/bin/sh>"),
    ("precedence-bulk", "Precedence: Bulk"),
    ("precedence-bulk", "Precedence:  junk "),
    ("campaign-header", "Feedback-ID: 1:2:3"),
    ("list-unsubscribe", "List-Unsubscribe: <https://news.example/u>"),
    ("auto-reply-subject", "Subject: Automatic reply: printer"),
    ("receipt-subject", "Subject: Read: printer"),
    ("says-automatic", "Subject: printer 12"),
    ("daemon-author", "From: MAILER-DAEMON@mx.example"),
    ("daemon-author", "From: postmaster@mx.example"),
    ("noreply-author", "From: noreply@shop.example"),
    ("noreply-author", "From: no-reply@shop.example"),
    ("noreply-author", "From: donotreply+x@shop.example"),
    ("noreply-author", "From: do_not_reply@shop.example"),
    ("noreply-author", "From: shop.no-reply@shop.example"),
    ("null-return-path", "Return-Path: <>"),
]
KINDS = {rule.name: rule.kind for rule in RULES}


@pytest.mark.parametrize(("rule", "fields"), CASES)
def test_each_rule(rule: str, fields: str) -> None:
    body = {
        "receipt-subject": "Your message was read on Monday.",
        "says-automatic": "We got it. This is an automated message.",
    }.get(rule, "Hello.")
    if "boundary=b" in fields or "application/gzip" in fields:
        head, _, body = fields.partition("\n\n")
        fields = head
    message = read(fields, body)
    assert (message.origin.rule, message.origin.kind) == (rule, KINDS[rule])
    assert not message.may_answer.value
    assert rule in message.may_answer.reason


def test_every_rule_has_a_case_and_a_name_of_its_own() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    assert set(names) == {rule for rule, _ in CASES}


PEOPLE = [
    ("auto-submitted no means a person", "Auto-Submitted: no"),
    ("also with blanks and capitals", "Auto-Submitted:  No "),
    ("also with a comment", "Auto-Submitted: no (really)"),
    ("x-autoreply no", "X-Autoreply: no"),
    ("precedence normal", "Precedence: normal"),
    ("a redirect by an Exchange rule", "X-MS-Exchange-Inbox-Rules-Loop: a@b.example"),
    ("a subject about replies", "Subject: Your automatic reply is wrong"),
    ("a subject about vacation", "Subject: Question about vacation days"),
    ("a subject about the office", "Subject: The office printer is out of paper"),
    ("a subject about delivery", "Subject: Delivery failed again, where is my parcel?"),
    ("a subject that says read", "Subject: Read this please"),
    ("a name like noreply", "From: Norah Replyson <norah.reply.son@customer.example>"),
    ("a reply", "In-Reply-To: <x@y.example>\nReferences: <x@y.example>"),
    ("a mail relayed by Amazon", "Feedback-ID: 1.eu-west-1.abc=:AmazonSES"),
    ("a mail through a relay", "X-SG-EID: abc"),
    ("a boss at notify", "From: Ann <ann@notify.example>"),
    ("robots", "From: Rob Botham <robotham@customer.example>"),
]


@pytest.mark.parametrize(("name", "fields"), PEOPLE, ids=[n for n, _ in PEOPLE])
def test_people_stay_people(name: str, fields: str) -> None:
    message = read(fields, "It was not delivered. What should I do?\n\nPat")
    assert message.origin.kind is Origin.PERSON
    assert message.may_answer.value, message.may_answer.reason


def test_quiet_asked_for_is_no_proof_of_a_machine() -> None:
    for value in ("All", "DR, OOF, AutoReply", "OOF", "autoreply"):
        message = read(f"X-Auto-Response-Suppress: {value}")
        assert message.origin.kind is Origin.PERSON
        assert not message.may_answer.value
    assert read("X-Auto-Response-Suppress: DR, RN, NRN").may_answer.value


REFUSED = [
    ("no readable author", "From: nobody at all"),
    ("several authors", "From: a@b.example, c@d.example"),
    ("several authors", "From: a@b.example\nFrom: c@d.example"),
    ("a loop mark is set", "X-Loop: desk"),
    ("the author takes no answers", "Reply-To: noreply@customer.example"),
    ("the author is a mail system", "Reply-To: MAILER-DAEMON@customer.example"),
    ("the answer would come to us", "Reply-To: support+x@desk.example"),
    ("the address is not a plain one", "From: <a%b@c.example>"),
    ("the address is not a plain one", "From: <a!b@c.example>"),
    ("the address is not a plain one", 'From: <"a b"@c.example>'),
    ("the address is not a plain one", "From: <a@[192.0.2.1]>"),
    ("marked as spam", "X-Spam-Flag: YES"),
]


@pytest.mark.parametrize(("reason", "fields"), REFUSED)
def test_a_persons_mail_that_is_not_answered(reason: str, fields: str) -> None:
    message = read(fields)
    assert not message.may_answer.value
    assert message.may_answer.reason == reason


OUT_OF_OFFICE = [
    "Automatic reply: printer", "Auto-Reply: printer", "Autoreply: printer", "Out of Office: printer",
    "Out of office AutoReply: printer", "OOO: printer", "Auto: Re: printer",
    "I'm out of the office until Monday", "Vacation reply: printer", "Automatische Antwort: Drucker",
    "Abwesenheitsnotiz: Drucker", "Abwesenheit: Drucker", "AutoAntwort: Drucker", "Réponse automatique : imprimante",
    "Absence du bureau: imprimante", "Respuesta automática: impresora", "Fuera de la oficina: impresora",
    "Risposta automatica: stampante", "Fuori ufficio: stampante", "Resposta automática: impressora",
    "Ausência temporária: impressora", "Automatisch antwoord: printer", "Afwezigheidsbericht: printer",
    "Automatyczna odpowiedź: drukarka", "Odpowiedź automatyczna: drukarka", "Autosvar: skrivare",
    "Automatiskt svar: skrivare", "Automatisk svar: printer", "Fraværsmelding: skriver",
    "Automaattinen vastaus: tulostin", "Poissaoloilmoitus", "Automatická odpověď: tiskárna",
    "Автоматический ответ: принтер", "Автоответ: принтер", "Otomatik Yanıt: yazıcı", "Automatikus válasz: nyomtató",
    "自动回复: 打印机", "自動返信: プリンター", "自動回覆: 印表機", "不在通知", "자동 회신: 프린터", "부재중 알림",
    "[Auto-Reply] printer",
]  # fmt: skip


@pytest.mark.parametrize("subject", OUT_OF_OFFICE)
def test_subjects_of_auto_replies_in_many_languages(subject: str) -> None:
    message = read(f"Subject: {subject}")
    assert message.origin.rule == "auto-reply-subject"


@pytest.mark.parametrize("subject", ["Re: Out of the office", "AW: Automatische Antwort: Drucker"])
def test_who_answers_an_auto_reply_is_a_person_unless_the_text_tells_of_an_absence(
    subject: str,
) -> None:
    assert read(f"Subject: {subject}").origin.kind is Origin.PERSON
    away = read(f"Subject: {subject}", "I am out of the office.")
    assert away.origin.rule == "auto-reply-subject"


def test_facts_come_before_habits() -> None:
    message = read(
        "Auto-Submitted: auto-replied\nList-Id: <x.y>\nPrecedence: bulk\nReturn-Path: <>"
    )
    assert message.origin.kind is Origin.AUTO_REPLY
    assert read("Return-Path: <>\nFrom: support@desk.example").origin.kind is Origin.OWN


def test_a_challenge_in_words() -> None:
    message = read(
        "Subject: Please confirm your message",
        "Your message is being held until you prove that you are human. Click here: https://x.example",
    )
    assert message.origin.rule == "challenge-response"


def test_our_own_identity_is_needed_to_know_ourselves() -> None:
    raw = RawMessage(b"From: support@desk.example\nMessage-ID: <1@desk.example>\n\nx\n")
    assert parse_message(raw).origin.kind is Origin.PERSON


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "From",
                    "Subject",
                    "Auto-Submitted",
                    "Precedence",
                    "Return-Path",
                    "Reply-To",
                    "X-Auto-Response-Suppress",
                    "List-Id",
                    "Content-Type",
                ]
            ),
            st.text(
                st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40
            ),
        ),
        max_size=8,
    )
)
def test_any_head_is_judged_and_only_people_are_answered(fields: list[tuple[str, str]]) -> None:
    head = "\n".join(f"{name}: {value}" for name, value in fields)
    message = parse_message(RawMessage(f"{head}\n\nx".encode()), OWN)
    assert not [defect for defect in message.defects if "failed" in defect]
    if message.may_answer.value:
        assert message.origin.kind is Origin.PERSON


def test_a_bounce_carries_what_it_reports() -> None:
    fields = report("delivery-status", "message/delivery-status", DSN.format("failed", "5.1.1"))
    head, _, body = fields.partition("\n\n")
    assert read(head, body).bounce == Bounce(
        (BouncedRecipient("a@b.example", "failed", "5.1.1"),), None
    )
