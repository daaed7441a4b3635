"""Every hostile mail is read: no exception, bounded time, clean strings, and what must hold for it."""

from __future__ import annotations

import json
import re
import time
from functools import cache

import pytest

from mailflow.mail.inspection import inspection_record
from mailflow.mail.message import IncomingMessage, Origin, RawMessage
from mailflow.mail.parse import parse_message
from tests.hostile import hostile_mails

MAILS = dict(hostile_mails(huge=False))
SECONDS = 5.0  # CPU; most take milliseconds


@cache
def read(name: str) -> IncomingMessage:
    return parse_message(RawMessage(MAILS[name]))


@pytest.mark.parametrize("name", MAILS)
def test_survives(name: str) -> None:
    begun = time.process_time()
    message = parse_message(RawMessage(MAILS[name]))
    record = inspection_record(message, name)
    assert time.process_time() - begun < SECONDS
    assert not [one for one in message.defects if "-failed:" in one]
    written = json.dumps(record, ensure_ascii=False)
    written.encode("utf-8")  # raises on a lone surrogate
    assert "\\u0000" not in written.replace("\\\\", "")
    for field in (message.subject, message.message_id or "", *message.references):
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", field)
    assert message.size == len(MAILS[name])


def names(prefix: str) -> list[str]:
    found = [name for name in MAILS if name.startswith(prefix)]
    assert found, prefix
    return found


@pytest.mark.parametrize("prefix", ["h01", "h02", "h03", "h04", "h05", "h06", "h07", "h12", "h13"])
def test_machines_are_not_answered(prefix: str) -> None:
    for name in names(prefix):
        assert not read(name).may_answer.value, name


def test_an_ordinary_mail_is_a_persons() -> None:
    message = read("h91-no-blank-line")
    assert message.subject == "a" and message.text == "no field here"
    assert read("h92-mbox-from").origin.kind is Origin.PERSON


@pytest.mark.parametrize("name", [name for name in MAILS if name.startswith("h54-from-")])
def test_a_forged_author_is_never_a_believed_agent(name: str) -> None:
    message = read(name)
    author = message.author.address if message.author else ""
    assert author != "agent@desk.example" or message.author_ambiguous, author


def test_two_from_fields_are_ambiguous_and_the_first_is_shown() -> None:
    message = read("h53-two-from-fields")
    assert message.author is not None and message.author.address == "ann@customer.example"
    assert message.author_ambiguous and "duplicate-from" in message.defects


def test_the_first_of_two_subjects_counts_and_it_is_noted() -> None:
    message = read("h94-two-subjects")
    assert message.subject == "It does not work" and "duplicate-subject" in message.defects


@pytest.mark.parametrize(
    "name", [name for name in MAILS if name.startswith(("h70", "h72", "h68", "h76", "h36"))]
)
def test_a_file_name_is_safe_to_show_and_the_file_is_kept(name: str) -> None:
    [file] = read(name).attachments
    assert file.filename and len(file.filename) <= 120
    assert not re.search(r"[/\\\x00-\x1f\u200b-\u200f\u202a-\u202e]", file.filename)
    assert file.filename.strip(". ") and not file.filename.startswith(".")
    assert file.content == b"PK\x03\x04"


def test_a_turned_file_name_shows_its_real_ending() -> None:
    [file] = [read(name).attachments[0] for name in names("h70") if "exe" in str(MAILS[name])]
    assert file.filename == "invoicefdp.exe"


def test_parts_are_capped() -> None:
    assert "too-many-parts" in read("h28-parts-100k").defects
    assert "nested-too-deep" in read("h26-mime-depth-3000").defects
    assert "nested-too-deep" in read("h27-rfc822-depth-1000").defects


def test_references_are_cut_to_the_last_fifty() -> None:
    references = read("h86-references-10k").references
    assert len(references) <= 50 and "references-cut" in read("h86-references-10k").defects
    assert read("h86-references-commas").references == ("a@b", "c@d", "e@f")


def test_a_bare_cr_makes_no_field() -> None:
    message = read("h60-bare-cr-nul")
    assert "bcc" not in dict(message.header_fields)
    assert {"header-bare-cr", "header-control-characters"} <= set(message.defects)


@pytest.mark.parametrize("name", ["h93-lf-only", "h93-cr-only", "h93-mixed"])
def test_line_ends_do_not_matter(name: str) -> None:
    assert read(name).text == "Hello, it does not work."
    assert read(name).message_id == "h93@customer.example"


def test_utf16_named_ascii_is_read() -> None:
    assert read("h32-utf16-as-ascii").text == "Grüße aus Köln"


@pytest.mark.parametrize("name", [name for name in MAILS if name.startswith("h33-html-")])
def test_html_shows_its_words_at_most(name: str) -> None:
    assert "alert(1)" not in read(name).text


def test_containers_are_kept_and_named() -> None:
    named = {name: [file.filename for file in read(name).attachments] for name in names("h90")}
    assert named == {
        "h90-calendar": ["invite.ics"],
        "h90-tnef": ["winmail.dat"],
        "h90-smime": ["smime.p7m"],
        "h90-pgp-encrypted": ["version.asc", "encrypted.asc"],
        "h90-pgp-signed": ["signature.asc"],
    }
    assert read("h90-pgp-signed").text == "Signed words."
