"""Our own mail: what stands in it, what is refused, and that nothing gets in by a value."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailflow.mail.compose import (
    compose_message,
    needs_smtputf8,
    reply_references,
    reply_subject,
    trimmed_references,
)
from mailflow.mail.dkim import sign_message
from mailflow.mail.message import Address, OutgoingAttachment, OutgoingMessage, RawMessage
from mailflow.mail.parse import parse_message

MESSAGE = OutgoingMessage(
    message_id="m1@desk.example",
    date=datetime(2026, 2, 2, 10, 0, tzinfo=UTC),
    author=Address("support@desk.example", "Desk"),
    to=(Address("ann@customer.example", "Ann"),),
    subject="Re: It does not work",
    text="Hello Ann,\n\nit works now.\n",
)


def fields(octets: bytes) -> list[tuple[str, str]]:
    return list(parse_message(RawMessage(octets)).header_fields)


def test_a_plain_answer_octet_for_octet() -> None:
    message = replace(MESSAGE, in_reply_to="q@c.example", references=("p@c.example", "q@c.example"))
    assert compose_message(message) == (
        b"Date: Mon, 02 Feb 2026 10:00:00 +0000\r\n"
        b"From: Desk <support@desk.example>\r\n"
        b"To: Ann <ann@customer.example>\r\n"
        b"Subject: Re: It does not work\r\n"
        b"Message-ID: <m1@desk.example>\r\n"
        b"In-Reply-To: <q@c.example>\r\n"
        b"References: <p@c.example>\r\n <q@c.example>\r\n"
        b"Auto-Submitted: auto-replied\r\n"
        b"X-Auto-Response-Suppress: All\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n\r\n"
        b"Hello Ann,\r\n\r\nit works now.\r\n"
    )


def test_what_a_person_wrote_is_not_marked_automatic() -> None:
    names = {name for name, _ in fields(compose_message(replace(MESSAGE, automatic=False)))}
    assert not names & {"auto-submitted", "x-auto-response-suppress"}


def test_one_click_only_where_it_applies() -> None:
    def written(*uris: str) -> dict[str, str]:
        return dict(fields(compose_message(replace(MESSAGE, list_unsubscribe=uris))))

    https = written("https://d.example/u?t=1", "mailto:u@d.example")
    assert https["list-unsubscribe"] == "<https://d.example/u?t=1>, <mailto:u@d.example>"
    assert https["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "list-unsubscribe-post" not in written("mailto:u@d.example")
    assert "list-unsubscribe" not in written()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"message_id": "a@b>\r\nBcc: x@y.z"}, "Message-ID"),
        ({"message_id": ""}, "Message-ID"),
        ({"date": datetime(2026, 1, 1)}, "Date"),  # noqa: DTZ001
        ({"author": Address("a@b.c\r\nBcc: x@y.z")}, "From"),
        ({"author": Address("root")}, "From"),
        ({"to": (Address("a@b@c"),)}, "To"),
        ({"to": (Address("a b@c.de"),)}, "To"),
        ({"to": (Address("a@b.c>,<x@y.z"),)}, "To"),
        ({"cc": (Address(""),)}, "Cc"),
        ({"reply_to": Address("a@b.c\0")}, "Reply-To"),
        ({"auto_submitted": "no\r\nBcc: x"}, "Auto-Submitted"),
        ({"list_unsubscribe": ("https://x/\r\nBcc: x",)}, "List-Unsubscribe"),
        ({"list_unsubscribe": ("mailto:a@b", "https://x/>,<javascript:1")}, "List-Unsubscribe"),
        ({"list_unsubscribe": ("javascript:1",)}, "List-Unsubscribe"),
        ({"extra_fields": (("Bcc", "x@y.z"),)}, "Bcc"),
        ({"extra_fields": (("X-Mailflow-A: b\r\nBcc", "x"),)}, "X-Mailflow"),
        ({"extra_fields": (("X-Mailflow-A", "x\r\nBcc: y"),)}, "X-Mailflow-A"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        compose_message(replace(MESSAGE, **change))


INJECTION = "x\r\nBcc: victim@x.example\r\n\r\n\0body"


@pytest.mark.parametrize(
    "change",
    [
        {"subject": INJECTION},
        {"author": Address("support@desk.example", INJECTION)},
        {"to": (Address("a@b.example", INJECTION),)},
        {"in_reply_to": INJECTION},
        {"references": (INJECTION, "ok@x")},
        {"attachments": (OutgoingAttachment(INJECTION, INJECTION, b""),)},
        {"text": INJECTION, "html": INJECTION},
    ],
)
def test_nothing_gets_into_the_head(change: dict[str, object]) -> None:
    octets = compose_message(replace(MESSAGE, **change))
    assert "bcc" not in {name for name, _ in fields(octets)}
    assert b"\r\nBcc:" not in octets.partition(b"\r\n\r\n")[0]
    assert b"\0" not in octets


def test_references_are_trimmed_at_both_ends_and_never_encoded() -> None:
    many = tuple(f"{number}{'x' * 40}@customer.example" for number in range(200))
    kept = trimmed_references(many)
    assert kept[:3] == many[:3] and kept[-7:] == many[-7:] and len(kept) == 10
    long = tuple(f"{number}{'x' * 700}@customer.example" for number in range(9))
    assert trimmed_references(long) == (long[0], long[-1])
    octets = compose_message(replace(MESSAGE, references=long))
    assert b"=?" not in octets and max(map(len, octets.split(b"\r\n"))) < 998
    assert parse_message(RawMessage(octets)).references == (long[0], long[-1])


def test_the_references_of_an_answer() -> None:
    asked = parse_message(
        RawMessage(
            b"From: a@b.example\nMessage-ID: <3@x>\nReferences: <1@x> <2@x>\nIn-Reply-To: <2@x>\n\n"
        )
    )
    assert reply_references(asked) == ("1@x", "2@x", "3@x")
    first = parse_message(
        RawMessage(b"From: a@b.example\nMessage-ID: <3@x>\nIn-Reply-To: <2@x>\n\n")
    )
    assert reply_references(first) == ("2@x", "3@x")
    assert (
        reply_subject("It fails") == "Re: It fails"
        and reply_subject("AW: It fails") == "AW: It fails"
    )


def test_addresses_beyond_ascii() -> None:
    domain = replace(MESSAGE, to=(Address("ann@bücher.example"),))
    assert b"To: ann@xn--bcher-kva.example\r\n" in compose_message(domain)
    assert not needs_smtputf8(domain)
    local = replace(MESSAGE, to=(Address("änn@bücher.example"),))
    assert "To: änn@bücher.example\r\n".encode() in compose_message(local)
    assert needs_smtputf8(local)


def test_html_images_and_files_are_nested_as_clients_expect() -> None:
    image = OutgoingAttachment("i.png", "image/png", b"png", "i@desk.example")
    file = OutgoingAttachment("größe.pdf", "application/pdf", b"pdf")
    octets = compose_message(
        replace(MESSAGE, html="<img src='cid:i@desk.example'>", attachments=(image, file))
    )
    order = [
        octets.index(f"multipart/{kind}".encode()) for kind in ("mixed", "alternative", "related")
    ]
    assert order == sorted(order)
    read = parse_message(RawMessage(octets))
    assert read.defects == () and read.text == MESSAGE.text.strip()
    assert [(one.filename, one.inline) for one in read.attachments] == [
        ("i.png", True),
        ("größe.pdf", False),
    ]


def test_an_attached_message_is_not_encoded() -> None:
    original = b"Subject: old\r\n\r\nwords\r\n"
    octets = compose_message(
        replace(MESSAGE, attachments=(OutgoingAttachment("old.eml", "message/rfc822", original),))
    )
    assert original in octets and b"base64" not in octets
    [file] = parse_message(RawMessage(octets)).attachments
    assert file.content_type == "message/rfc822" and file.filename == "old.eml"


def test_a_signed_mail_verifies_and_a_changed_one_does_not(tmp_path: Path) -> None:
    dkim = pytest.importorskip("dkim")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine to make a key with")
    key = tmp_path / "key.pem"
    subprocess.run([openssl, "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    shown = subprocess.run(
        [openssl, "rsa", "-in", key, "-pubout"], check=True, capture_output=True, text=True
    )
    public = "".join(shown.stdout.splitlines()[1:-1]).encode("ascii")

    def record(_name: bytes, timeout: int = 5) -> bytes:
        return b"v=DKIM1; k=rsa; p=" + public

    composed = compose_message(MESSAGE)
    octets = sign_message(
        composed, selector="s1", domain="desk.example", private_key=key.read_bytes()
    )
    assert octets.endswith(composed)
    assert dkim.verify(octets, dnsfunc=record)
    assert not dkim.verify(octets.replace(b"works now", b"fails now"), dnsfunc=record)
    second = octets.replace(b"To: Ann", b"From: x@y.example\r\nTo: Ann")
    assert not dkim.verify(second, dnsfunc=record)


def test_an_unusable_key_is_named() -> None:
    pytest.importorskip("dkim")
    with pytest.raises(ValueError, match="cannot be signed"):
        sign_message(
            compose_message(MESSAGE), selector="s1", domain="desk.example", private_key=b"no key"
        )


def test_lines_that_do_not_survive_the_way_are_encoded() -> None:
    octets = compose_message(replace(MESSAGE, text="From here\n.\ntrailing \n"))
    assert octets.endswith(b"\r\n\r\n=46rom here\r\n=2E\r\ntrailing=20\r\n")
    long = compose_message(replace(MESSAGE, text="word " * 400 + "ü"))
    assert max(map(len, long.split(b"\r\n"))) <= 78
