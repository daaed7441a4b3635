"""What we compose, we and Python's own parser read back the same, for any text."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.mail.addresses import without_invisible
from mailflow.mail.attachments import clean_filename
from mailflow.mail.compose import compose_message
from mailflow.mail.headers import one_line
from mailflow.mail.message import Address, OutgoingAttachment, OutgoingMessage, RawMessage
from mailflow.mail.parse import parse_message

AUTHOR = Address("support@desk.example", "Desk")
DATE = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)

_controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# Texts people write, texts made of what means something in mail, and anything at all.
_meaningful = st.lists(
    st.sampled_from(
        [
            "=?utf-8?q?",
            "?=",
            "=",
            "=\n",
            "\r\n",
            "\n",
            "\r",
            " ",
            "  ",
            "\t",
            ".",
            "From ",
            ">",
            "--",
            "-- \n",
            "é",
            "日本",
            "\U0001f600",
            "a" * 80,
            "Re: ",
            "\\",
            '"',
            ",",
            "<a@b>",
            ";",
            ":",
            "(",
            ")",
            "'",
            "\u2028",
            "\x85",
        ]
    ),
    max_size=40,
).map("".join)
any_text = st.one_of(st.text(max_size=300), _meaningful, st.text(alphabet="ab =?\n", max_size=300))
addresses = st.builds(
    Address,
    st.sampled_from(
        [
            "a@b.example",
            "x.y+z@sub.domain.example",
            '"a b"@c.example',
            "o'neil@d.example",
            "jörg@e.example",
        ]
    ),
    any_text.map(lambda text: text[:120]),
)


def expected_line(text: str) -> str:
    """What stands for ``text`` in a field: one line, no controls, no lone surrogates."""
    text = text.replace("\t", " ").encode("utf-8", "replace").decode("utf-8")
    return one_line(text).strip()


def expected_body(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _controls.sub("", text).rstrip("\n")


def outgoing(**values: object) -> OutgoingMessage:
    given_values: dict[str, object] = {
        "message_id": "id1@desk.example",
        "date": DATE,
        "author": AUTHOR,
        "to": (Address("ann@customer.example"),),
        "subject": "Hello",
        "text": "Hello\n",
    }
    given_values.update(values)
    return OutgoingMessage(**given_values)  # type: ignore[arg-type]


def theirs(octets: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(octets, policy=email.policy.default))


def assert_textbook(octets: bytes) -> None:
    assert b"\0" not in octets
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 998


@settings(max_examples=300, deadline=None)
@given(any_text, any_text)
def test_subject_and_text_come_back(subject: str, text: str) -> None:
    octets = compose_message(outgoing(subject=subject, text=text))
    assert_textbook(octets)
    ours = parse_message(RawMessage(octets))
    assert ours.subject == expected_line(subject)[:998].strip()
    assert ours.text == expected_body(text).rstrip()
    assert not [one for one in ours.defects if "missing" not in one and "html-labelled" not in one]
    python = theirs(octets)
    assert (
        re.sub(r"\s+", " ", str(python["subject"])).strip()
        == re.sub(r"\s+", " ", expected_line(subject)).strip()
    )
    assert python.get_content().replace("\r\n", "\n").removesuffix("\n") == expected_body(text)


@settings(max_examples=200, deadline=None)
@given(addresses, st.lists(addresses, min_size=1, max_size=4), any_text)
def test_mailboxes_come_back(author: Address, to: list[Address], name: str) -> None:
    octets = compose_message(
        outgoing(author=author, to=tuple(to), reply_to=Address("r@desk.example", name))
    )
    assert_textbook(octets)
    ours = parse_message(RawMessage(octets))
    assert ours.author is not None and ours.author.address == author.address
    assert [one.address for one in ours.to] == [one.address for one in to]
    assert [one.address for one in ours.reply_to] == ["r@desk.example"]
    for read, written in zip(ours.to, to, strict=True):
        shown = re.sub(r"\s+", " ", without_invisible(expected_line(written.name))).strip()
        assert read.name.strip("'\" ") == shown[:500].strip("'\" ")
    python = theirs(octets)
    # Python keeps 8-bit octets of a head as surrogates; RFC 6532 says that they are UTF-8.
    specs = [one.addr_spec.encode("utf-8", "surrogateescape") for one in python["to"].addresses]
    assert specs == [one.address.encode("utf-8") for one in to]
    assert len(python["from"].addresses) == 1 and "Bcc" not in python


@settings(max_examples=150, deadline=None)
@given(any_text, st.binary(max_size=200), any_text)
def test_attachments_and_html_come_back(name: str, content: bytes, text: str) -> None:
    html = f"<p>{text}</p>"
    attachment = OutgoingAttachment(name, "application/pdf", content)
    image = OutgoingAttachment("i.png", "image/png", b"png", "c1@desk.example")
    octets = compose_message(outgoing(text=text, html=html, attachments=(attachment, image)))
    assert_textbook(octets)
    ours = parse_message(RawMessage(octets))
    assert ours.html is not None and ours.html.rstrip("\n") == expected_body(html)
    [shown, file] = ours.attachments
    assert (shown.inline, shown.content, shown.content_id) == (True, b"png", "c1@desk.example")
    assert file.content == content
    written = clean_filename(name.encode("utf-8", "replace").decode("utf-8")) or "attachment"
    assert file.filename == clean_filename(written)
    [python] = theirs(octets).iter_attachments()
    assert python.get_content() == content
    # get_filename() would unquote what is in quotes or brackets once more.
    assert python["content-disposition"].params["filename"] == written


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.from_regex(r"[!-;=?-~]{1,60}@[!-;=?-~]{1,60}", fullmatch=True), max_size=30),
    st.integers(-14 * 60, 14 * 60),
)
def test_ids_and_date_come_back_unencoded(references: list[str], minutes: int) -> None:
    date = DATE.astimezone(timezone(timedelta(minutes=minutes)))
    octets = compose_message(outgoing(references=tuple(references), date=date))
    ours = parse_message(RawMessage(octets))
    distinct = list(dict.fromkeys(references))
    if len(distinct) <= 10 and sum(map(len, distinct)) < 1_000:
        assert list(ours.references) == distinct
    assert b"=?" not in octets.partition(b"References:")[2].partition(b"\r\n\r\n")[0] or any(
        "=?" in one for one in references
    )
    assert ours.date == date


@settings(max_examples=100, deadline=None)
@given(any_text)
def test_the_same_value_gives_the_same_octets(text: str) -> None:
    message = outgoing(text=text, html=text, attachments=(OutgoingAttachment("a", "x/y", b"z"),))
    assert compose_message(message) == compose_message(message)
