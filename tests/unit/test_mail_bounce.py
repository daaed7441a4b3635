"""Bounces: delivery reports by the letter, careless ones, and the words of other systems."""

from __future__ import annotations

import time

import pytest

from mailflow.mail.bounce import read_bounce
from mailflow.mail.message import Bounce, BouncedRecipient, Origin, RawMessage
from mailflow.mail.parse import parse_message

HEAD = "From: {sender}\nTo: support@desk.example\nSubject: {subject}\nDate: Mon, 02 Mar 2026 10:00:00 +0000\n"
RETURNED = "Received: from a by b; Mon, 02 Mar 2026 09:00:00 +0000\nMessage-ID: <our.1@desk.example>\nFrom: support@desk.example\nTo: kim@customer.example\nSubject: Your order\n\nHello Kim"


def bounce_of(text: str) -> Bounce | None:
    return parse_message(RawMessage(text.encode())).bounce


def dsn(status: str, *, returned: str = RETURNED, kind: str = "message/rfc822") -> str:
    return (
        HEAD.format(
            sender="Mail Delivery System <MAILER-DAEMON@mx.example>",
            subject="Undelivered Mail Returned to Sender",
        )
        + "Return-Path: <>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        + "--b\nContent-Type: text/plain\n\nI could not deliver it.\n"
        + f"--b\nContent-Type: message/delivery-status\n\n{status}\n"
        + f"--b\nContent-Type: {kind}\n\n{returned}\n--b--\n"
    )


FAILED = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; kim@customer.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n"
KIM = BouncedRecipient("kim@customer.example", "failed", "5.1.1")

REPORTS = [
    ("by the letter", FAILED, (KIM,)),
    ("brackets and capitals", FAILED.replace("rfc822; kim@customer.example", "RFC822;<kim@customer.example>"), (KIM,)),
    ("a comment in action and status", FAILED.replace("failed", "failed (gone)").replace("Status: 5.1.1", "Status: 5.1.1 (bad mailbox)"), (KIM,)),
    ("status only in the diagnostic", FAILED.replace("Status: 5.1.1\n", ""), (KIM,)),
    ("no action", FAILED.replace("Action: failed\n", ""), (KIM,)),
    ("fields in another order", "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; kim@customer.example\n", (KIM,)),
    ("a blank line too many", FAILED.replace("Action:", "\nAction:"), (KIM,)),
    ("no blank line between", FAILED + FAILED.split("\n\n")[1].replace("kim@", "lee@"), (KIM, BouncedRecipient("lee@customer.example", "failed", "5.1.1"))),
    ("only the original recipient", FAILED.replace("Final-Recipient", "Original-Recipient"), (KIM,)),
    ("delayed", FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1"), (BouncedRecipient("kim@customer.example", "delayed", "4.4.1"),)),
    ("delivered", FAILED.replace("failed", "delivered").replace("5.1.1", "2.1.5"), (BouncedRecipient("kim@customer.example", "delivered", "2.1.5"),)),
    ("a quoted local part", FAILED.replace("kim@", '"k..m"@'), (BouncedRecipient('"k..m"@customer.example', "failed", "5.1.1"),)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "recipients"), REPORTS, ids=[n for n, _, _ in REPORTS])
def test_delivery_reports(name: str, status: str, recipients: tuple[BouncedRecipient, ...]) -> None:
    assert bounce_of(dsn(status)) == Bounce(recipients, "our.1@desk.example")


def test_the_original_id_from_returned_headers_alone() -> None:
    found = bounce_of(dsn(FAILED, kind="text/rfc822-headers"))
    assert found is not None
    assert found.original_message_id == "our.1@desk.example"


def test_the_original_id_from_in_reply_to_where_nothing_came_back() -> None:
    text = dsn(FAILED, returned="nothing", kind="text/plain").replace(
        "Return-Path: <>", "Return-Path: <>\nIn-Reply-To: <our.2@desk.example>"
    )
    found = bounce_of(text)
    assert found is not None
    assert found.original_message_id == "our.2@desk.example"


PLAIN = [
    ("qmail", "MAILER-DAEMON@mx.example", "failure notice", "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<kim@customer.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <support@desk.example>\n" + RETURNED, "5.1.1", Origin.BOUNCE),
    ("exim", "Mail Delivery System <Mailer-Daemon@mx.example>", "Mail delivery failed: returning message to sender", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  kim@customer.example\n    host mx.example [192.0.2.1]: 550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the headers. ------\n\n" + RETURNED, "5.1.1", Origin.BOUNCE),
    ("exim warning", "Mail Delivery System <Mailer-Daemon@mx.example>", "Warning: message 1abc delayed 24 hours", "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\nThe address to which the message has not yet been delivered is:\n\n  kim@customer.example\n\nNo action is required on your part.\n", "", Origin.DELAY),
    ("gmail", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)", "Delivery to the following recipient failed permanently:\n\n     kim@customer.example\n\nTechnical details of permanent failure:\n550 5.1.1 no such user\n\n----- Original message -----\n\n" + RETURNED, "5.1.1", Origin.BOUNCE),
    ("yahoo", "MAILER-DAEMON@yahoo.com", "Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<kim@customer.example>:\n554: delivery error: 5.1.1\n\n--- Below this line is a copy of the message.\n\n" + RETURNED, "5.1.1", Origin.BOUNCE),
    ("german", "postmaster@mx.example", "Unzustellbar: Ihre Bestellung", "Ihre Nachricht konnte nicht zugestellt werden:\n\nkim@customer.example\n550 5.1.1 unbekannt\n", "5.1.1", Origin.BOUNCE),
    ("japanese", "postmaster@mx.example", "配信エラー", "次の宛先に配信できませんでした。\n\n<kim@customer.example>: 550 5.1.1\n", "5.1.1", Origin.BOUNCE),
    ("unknown daemon", "Mail System <sysadmin@mx.example>", "Undeliverable: Your order", "Your message did not reach the following recipient(s):\n\nkim@customer.example on Mon, 2 Mar 2026\n    The recipient name is not recognized\n", "", Origin.BOUNCE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sender", "subject", "body", "status", "kind"), PLAIN, ids=[one[0] for one in PLAIN]
)
def test_bounces_in_words(
    name: str, sender: str, subject: str, body: str, status: str, kind: Origin
) -> None:
    message = parse_message(
        RawMessage(
            f"{HEAD.format(sender=sender, subject=subject)}Return-Path: <>\n\n{body}".encode()
        )
    )
    assert message.bounce is not None
    assert message.origin.kind is kind
    (recipient,) = message.bounce.recipients
    assert recipient.address == "kim@customer.example"
    assert recipient.status == status
    if "Message-ID" in body:
        assert message.bounce.original_message_id == "our.1@desk.example"


NO_BOUNCES = [
    ("a question about a bounce", "Pat <pat@customer.example>", "Undeliverable: my mail to you", "Hello, my mail could not be delivered: 550 5.1.1 user unknown.\nWhat do I do?\n"),
    ("a parcel", "Pat <pat@customer.example>", "Delivery failed", "The delivery of my parcel failed, the following address is wrong.\n"),
    ("a postmaster who writes", "Postmaster <postmaster@customer.example>", "A question", "Could you tell us your opening hours?\n"),
    ("a person who forwards the words", "Pat <pat@customer.example>", "Fwd: Undelivered Mail Returned to Sender", "What is this?\n\n<kim@customer.example>: 550 5.1.1 user unknown\n\nMessage-ID: <our.1@desk.example>\n"),
    ("a postmaster who helps", "Postmaster <postmaster@customer.example>", "Re: mail trouble", "Our log says: 550 5.1.1 user unknown. Is the address right?\n"),
    ("an absence", "Pat <pat@customer.example>", "Out of office", "I cannot be reached and will be back on Monday.\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sender", "subject", "body"), NO_BOUNCES, ids=[one[0] for one in NO_BOUNCES]
)
def test_ordinary_mail_is_no_bounce(name: str, sender: str, subject: str, body: str) -> None:
    assert bounce_of(f"{HEAD.format(sender=sender, subject=subject)}\n{body}") is None


def test_a_bounce_that_a_person_forwards_is_no_bounce() -> None:
    inner = dsn(FAILED)
    text = (
        HEAD.format(sender="Pat <pat@customer.example>", subject="Fwd: what is this?")
        + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\nI got this.\n"
        + f"--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    )
    message = parse_message(RawMessage(text.encode()))
    assert message.bounce is None
    assert message.origin.kind is Origin.PERSON


def test_the_json_of_a_sending_service() -> None:
    body = '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"kim@customer.example","action":"failed","status":"5.1.1"}]},"mail":{"commonHeaders":{"messageId":"<our.1@desk.example>"}}}'
    text = HEAD.format(sender="no-reply@service.example", subject="Notification") + f"\n{body}\n"
    assert bounce_of(text) == Bounce((KIM,), "our.1@desk.example")


HOSTILE = {
    "recipients": dsn("Final-Recipient: rfc822; a@b.example\n" * 20_000),
    "addresses": HEAD.format(sender="MAILER-DAEMON@x.example", subject="failure notice")
    + "\n"
    + "a@b.example 550 " * 40_000,
    "at signs": HEAD.format(sender="MAILER-DAEMON@x.example", subject="failure notice")
    + "\n"
    + "a@" * 200_000,
    "fields": HEAD.format(sender="MAILER-DAEMON@x.example", subject="failure notice")
    + "\n"
    + "From: x\nReceived: y\n" * 20_000,
    "dots": HEAD.format(sender="MAILER-DAEMON@x.example", subject="failure notice")
    + "\n"
    + "5.1." * 100_000,
    "braces": HEAD.format(sender="a@x.example", subject="x") + "\n{" + '"Bounce":[' * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bounces_take_bounded_time(name: str) -> None:
    started = time.process_time()
    message = parse_message(RawMessage(HOSTILE[name].encode()))
    assert time.process_time() - started < 3
    assert not [defect for defect in message.defects if "failed" in defect]


def test_read_bounce_is_total_on_an_empty_message() -> None:
    from mailflow.mail.structure import read_mime

    assert read_bounce(read_mime(b"").root, "") is None
