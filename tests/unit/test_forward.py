"""A customer's mail that an agent forwards: attached original first, quoted block second, forged never."""

from __future__ import annotations

import pytest

from mailflow.desk.decision import Answer, Storing
from mailflow.desk.forward import forward_by_agent, with_original
from mailflow.mail.forwarded import forwarded_original
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message
from mailflow.mail.subject import is_forward
from tests.builders import ANN, BOB, SUPPORT, policy
from tests.unit.test_intake import decide

TRUSTING = policy(authserv_id="mx.desk.example")
GMAIL = (
    "Please look at this.\n\n---------- Forwarded message ---------\n"
    "From: Mia Keller <mia@customer.example>\nDate: Mon, Mar 2, 2026 at 10:00 AM\n"
    "Subject: The printer burns\nTo: <ann@desk.example>\n\nHello Ann,\n\nthe printer burns.\n"
)


def sent(
    body: str,
    *fields: str,
    author: str = ANN.address,
    subject: str = "Fwd: The printer burns",
    vouched: bool = True,
    to: str = SUPPORT,
) -> IncomingMessage:
    domain = author.rpartition("@")[2]
    results = f"Authentication-Results: mx.desk.example; dmarc=pass header.from={domain}\n"
    head = (
        f"{results if vouched else ''}Received: from x by mx.desk.example\nFrom: Ann <{author}>\n"
        f"To: {to}\nSubject: {subject}\nDate: Mon, 2 Mar 2026 11:00:00 +0000\nMessage-ID: <f@desk.example>\n"
    )
    extra = "".join(f"{field}\n" for field in fields)
    return parse_message(RawMessage(f"{head}{extra}\n{body}".encode()))


def attached(inner_from: str = "Mia <mia@customer.example>", count: int = 1) -> IncomingMessage:
    part = (
        f"--b\nContent-Type: message/rfc822\n\nFrom: {inner_from}\nTo: ann@desk.example\n"
        "Subject: The printer burns\nMessage-ID: <o@customer.example>\n\nIt burns.\n"
    )
    body = f"--b\n\nFor you, from Zoe <zoe@other.example>.\n{part * count}--b--\n"
    return sent(body, "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")


def test_an_inline_forward_is_filed_under_its_author():
    mail = with_original(sent(GMAIL), TRUSTING)
    decision = decide(mail, rules=TRUSTING)
    assert decision.store.value is Storing.OPEN_TICKET
    assert [(one.address, one.name) for one in decision.joins] == [
        ("mia@customer.example", "Mia Keller")
    ]
    assert "filed under mia@customer.example" in decision.store.reason
    assert decision.store.reason in decision.warnings
    assert decision.answer.value is Answer.NOTHING
    assert mail.subject == "The printer burns"
    assert mail.new_text == "Please look at this.\n\nHello Ann,\n\nthe printer burns."


def test_the_attached_original_counts_before_the_quoted_block():
    decision = decide(attached(), rules=TRUSTING)
    assert decision.joins[0].address == "mia@customer.example"
    assert "attached to" in decision.store.reason
    assert with_original(attached(), TRUSTING).new_text.endswith("It burns.")


@pytest.mark.parametrize(
    "mail",
    [
        sent(GMAIL, vouched=False),
        sent(GMAIL, author="eve@elsewhere.example"),
        sent(GMAIL.replace("mia@customer.example", BOB.address)),
        sent(GMAIL.replace("mia@customer.example", SUPPORT)),
        sent(GMAIL, to="support+abcdefgh@desk.example"),
        sent(GMAIL, subject="Re: The printer burns"),
        sent("I forward nothing.\n"),
        sent(GMAIL.replace("Mia Keller <mia@customer.example>", "Mia Keller")),
        attached("Mia <mia@customer.example>, Zoe <zoe@other.example>"),
        attached(count=2),
    ],
    ids=[
        "unproven",
        "no agent",
        "an agent's own",
        "ours",
        "an answer",
        "a reply",
        "none",
        "no address",
        "two authors",
        "two mails",
    ],
)
def test_nobody_else_chooses_a_requester(mail):
    assert forward_by_agent(mail, TRUSTING) is None
    assert with_original(mail, TRUSTING) is mail


def test_without_a_named_server_no_forward_is_believed():
    assert forward_by_agent(sent(GMAIL), policy()) is None


BLOCKS = {
    "outlook-de": "Von: Mia Keller <mia@customer.example>\nGesendet: Montag, 2. März 2026 10:00\nAn: Ann\nBetreff: Der Drucker brennt",
    "outlook-fr": "De : Mia Keller <mia@customer.example>\nEnvoyé : lundi 2 mars 2026 10:00\nÀ : Ann\nObjet : L'imprimante brûle",
    "outlook-old": "From: Mia Keller [mailto:mia@customer.example] \nSent: Monday, March 2, 2026 10:00 AM\nTo: Ann\nSubject: It burns",
    "apple": "Begin forwarded message:\n\nFrom: Mia Keller <mia@customer.example>\nSubject: It burns\nDate: 2 March 2026 at 10:00:00 CET\nTo: ann@desk.example",
    "thunderbird": "-------- Forwarded Message --------\nSubject: \tIt burns\nDate: \tMon, 2 Mar 2026 10:00:00 +0100\nFrom: \tMia Keller <mia@customer.example>\nTo: \tann@desk.example",
    "gmail-bold": "*From:* Mia Keller <mia@customer.example>\n*Sent:* Monday, March 2, 2026\n*To:* Ann\n*Subject:* It burns",
    "japanese": "差出人: Mia Keller <mia@customer.example>\n送信日時: 2026年3月2日 10:00\n宛先: Ann\n件名: 燃えている",
}  # fmt: skip


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_blocks_of_many_clients_are_read(block):
    original = forwarded_original(sent(f"See below.\n\n{block}\n\nIt burns!\n"))
    assert original is not None
    assert original.author.address == "mia@customer.example"
    assert original.text == "It burns!"
    assert original.comment == "See below."


@pytest.mark.parametrize(
    "subject", ["Fwd: x", "FW: x", "WG: x", "TR : x", "[Fwd: x]", "x (fwd)", "转发：x"]
)
def test_forward_marks(subject):
    assert is_forward(subject)


@pytest.mark.parametrize("subject", ["Re: Fwd: x", "AW: WG: x", "Forwarding addresses", "x", ""])
def test_no_forward_marks(subject):
    assert not is_forward(subject)
