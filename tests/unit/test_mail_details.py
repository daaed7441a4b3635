"""Details of mail that other desks learnt late, where no other test is named after them (docs/details.md)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mailflow.desk.context import ThreadContext, lookup_for, subject_tag
from mailflow.desk.decision import Answer
from mailflow.desk.reply_token import TokenClaims
from mailflow.mail.forwarded import forwarded_original
from mailflow.mail.message import Address, IncomingMessage, Origin, OwnIdentity, RawMessage
from mailflow.mail.parse import parse_message
from tests.builders import SUPPORT, message, policy, vouched
from tests.unit.test_intake import decide

ROOT = Path(__file__).resolve().parents[2]
OWN = OwnIdentity(frozenset({SUPPORT}), "mailflow.desk.example")


def read(head: str, body: str = "It is broken.") -> IncomingMessage:
    return parse_message(RawMessage(f"{head}\n\n{body}\n".encode()), OWN)


def test_every_detail_names_a_test_or_a_reason() -> None:
    known = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    rows = re.findall(
        r"^\| (\d+\w?) \| .+ \| (.+) \|$", (ROOT / "docs" / "details.md").read_text(), re.MULTILINE
    )
    assert {int(re.match(r"\d+", number)[0]) for number, _ in rows} == set(range(1, 61))  # type: ignore[index]
    for number, proof in rows:
        named = re.findall(r"`(test_\w+)`", proof)
        assert named or proof.startswith("Does not apply: "), number
        assert set(named) <= known, (number, set(named) - known)


@pytest.mark.parametrize("name", ["Message-ID", "Message-Id", "MESSAGE-ID", "message-id"])
def test_the_name_of_a_field_has_any_case_and_its_value_may_be_folded(name: str) -> None:
    assert read(f"From: a@b.example\n{name}:\n\t<1@b.example>").message_id == "1@b.example"


def test_commas_between_references_are_no_part_of_them() -> None:
    found = read("From: a@b.example\nReferences: <1@b.example>,<2@b.example>, <3@b.example>,")
    assert found.references == ("1@b.example", "2@b.example", "3@b.example")


def test_an_id_that_nobody_carried_ties_nothing() -> None:
    """Services put one made-up id into In-Reply-To of everything they send."""
    first = replace(message(), in_reply_to=("project-7@tracker.example",))
    assert lookup_for(first, TokenClaims()).thread_ids == ("project-7@tracker.example",)
    assert decide(first, context=ThreadContext()).thread.ticket_id is None


@pytest.mark.parametrize("field", ["X-Mailflow-Ticket: 7", "X-Mailflow-Agent: ann@desk.example"])
def test_our_private_fields_mean_nothing_in_the_mail_of_others(field: str) -> None:
    plain = read("From: mia@customer.example\nSubject: x\nMessage-ID: <1@c.example>")
    marked = read(f"From: mia@customer.example\nSubject: x\nMessage-ID: <1@c.example>\n{field}")
    assert decide(marked).reasons() == decide(plain).reasons()


@pytest.mark.parametrize(
    "author", [f"discuss-{SUPPORT}", f"{SUPPORT}.example", f"x{SUPPORT}", f"{SUPPORT[:-1]}"]
)
def test_an_address_within_an_address_is_another(author: str) -> None:
    assert read(f"From: {author}\nSubject: x").origin.kind is Origin.PERSON


def test_a_crowd_in_copy_does_not_join() -> None:
    crowd = tuple(Address(f"p{number}@customer.example") for number in range(200))
    mail = message(cc=crowd, **vouched("mx.desk.example", "customer.example"))
    assert len(decide(mail, rules=policy(authserv_id="mx.desk.example")).joins) <= 11


@pytest.mark.parametrize(
    "written",
    [
        '"mia@customer.example" <mia@customer.example>',
        "<<mia@customer.example>>",
        "'mia@customer.example'",
        "mia @ customer . example",
        "Keller, Mia <mia@customer.example>",
        "=?utf-8?q?Keller=2C_Mia?= <mia@customer.example>",
        "mia@customer.example (Mia)",
        "<mailto:mia@customer.example>",
    ],
)
def test_addresses_as_people_and_programs_write_them(written: str) -> None:
    author = read(f"From: {written}\nSubject: x").author
    assert author is not None
    assert author.address.removeprefix("mailto:") == "mia@customer.example"


@pytest.mark.parametrize("value", ["no", "No", " no ", "NO (really)", "no; x=y"])
def test_auto_submitted_no_means_a_person(value: str) -> None:
    found = read(f"From: mia@customer.example\nSubject: x\nAuto-Submitted: {value}")
    assert found.origin.kind is Origin.PERSON
    assert found.may_answer.value


@pytest.mark.parametrize("value", ["auto-replied", "AUTO-REPLIED", " auto-generated; x", "auto-x"])
def test_any_other_auto_submitted_means_a_machine(value: str) -> None:
    found = read(f"From: mia@customer.example\nSubject: x\nAuto-Submitted: {value}")
    assert found.origin.kind is not Origin.PERSON


@pytest.mark.parametrize("value", ["first-class", "normal", "special-delivery", "urgent"])
def test_a_precedence_that_says_nothing_is_a_persons(value: str) -> None:
    assert read(f"From: mia@customer.example\nSubject: x\nPrecedence: {value}").may_answer.value


@pytest.mark.parametrize("value", ["All", "DR, OOF, AutoReply", "OOF", "oof,dr"])
def test_suppression_is_a_list_and_asks_us_to_be_quiet(value: str) -> None:
    found = read(f"From: mia@customer.example\nSubject: x\nX-Auto-Response-Suppress: {value}")
    assert found.origin.kind is Origin.PERSON
    assert not found.may_answer.value


@pytest.mark.parametrize("written", ["Support@Desk.Example", "support+x@desk.example"])
def test_our_own_address_in_copy_never_joins(written: str) -> None:
    mail = message(cc=(Address(written),), **vouched("mx.desk.example", "customer.example"))
    joined = decide(mail, rules=policy(authserv_id="mx.desk.example")).joins
    assert [one.address for one in joined] == ["mia@customer.example"]


def test_a_long_block_below_a_separator_is_text() -> None:
    below = "\n".join(f"Step {number}: press the button." for number in range(60))
    found = read("From: a@b.example\nSubject: x", f"These are the steps:\n--\n{below}")
    assert "Step 59" in found.new_text


def test_a_letter_about_mail_is_kept() -> None:
    body = "My mail shows this:\n\nContent-Type: text/plain; charset=utf-8\n\nWhat does it mean?"
    assert read("From: a@b.example\nSubject: x", body).new_text == body


def test_an_unknown_transfer_encoding_stops_nothing() -> None:
    head = "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain\n"
    found = read(head + "Content-Transfer-Encoding: x-hexa")
    assert found.text == "It is broken."
    assert "transfer-encoding-unknown" in found.defects


def test_html_with_ten_thousand_links_is_read() -> None:
    page = "".join(f'<a href="https://x.example/{n}">link {n}</a><br>' for n in range(10_000))
    found = read("From: a@b.example\nSubject: x\nContent-Type: text/html", page)
    assert "link 1" in found.text


def test_a_font_name_is_no_forwarded_author() -> None:
    body = "@font-face {font-family: \\@DengXian;}\nFrom: \\@DengXian\nTo: x\nSubject: y\nDate: z\n\nwords"
    assert forwarded_original(read("From: a@b.example\nSubject: Fwd: x", body)) is None


def test_a_date_in_the_future_moves_nothing() -> None:
    """The date of a mail is shown; every deadline runs from our own clock."""
    late = read("From: a@b.example\nSubject: x\nDate: Tue, 1 Jan 2199 10:00:00 +0000")
    soon = read("From: a@b.example\nSubject: x\nDate: Mon, 2 Mar 2026 10:00:00 +0000")
    assert decide(late).reasons() == decide(soon).reasons()


def test_the_newest_of_several_ticket_numbers_counts() -> None:
    assert subject_tag("Re: [#12] printer [#13]") == 13


def test_an_acknowledgement_goes_to_the_author_alone() -> None:
    copied = message(cc=(Address("boss@customer.example"),))
    assert decide(copied).answer.value is Answer.ACKNOWLEDGE
    assert [one.role.value for one in decide(copied).joins] == ["requester"]
