"""Which part is the text, what comes beside it, and in which charset it really is."""

from __future__ import annotations

import pytest

from mailflow.mail.charset import codec_for, decode_text
from mailflow.mail.flowed import unflow
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.message_ids import effective_message_id
from mailflow.mail.parse import parse_message


def read(text: str) -> IncomingMessage:
    head = "From: a@b.example\nSubject: s\nDate: 2 Feb 2026 10:00 GMT\nMessage-ID: <i@b>\nMIME-Version: 1.0\n"
    return parse_message(RawMessage((head + text).encode("utf-8").replace(b"\n", b"\r\n")))


def multipart(subtype: str, *parts: str, extra: str = "") -> str:
    body = "".join(f"--{subtype}-b\n{part}\n" for part in parts)
    return (
        f"Content-Type: multipart/{subtype}; boundary={subtype}-b{extra}\n\n{body}--{subtype}-b--\n"
    )


PLAIN, HTML = (
    "Content-Type: text/plain\n\nplain words",
    "Content-Type: text/html\n\n<p>html words</p>",
)
IMAGE = "Content-Type: image/png\nContent-ID: <i1@x>\nContent-Transfer-Encoding: base64\n\nUE5H"


def test_the_last_plain_text_of_an_alternative() -> None:
    first = "Content-Type: text/plain\n\nless faithful"
    message = read(multipart("alternative", first, PLAIN, HTML))
    assert message.text == "plain words" and message.html == "<p>html words</p>"
    assert message.attachments == () and message.defects == ()


def test_html_alone_is_read_as_text() -> None:
    assert read(multipart("alternative", HTML)).text == "html words"
    assert read(HTML).text == "html words"


def test_an_empty_plain_text_gives_way_to_the_html() -> None:
    message = read(multipart("alternative", "Content-Type: text/plain\n\n \u00a0\n", HTML))
    assert message.text == "html words" and "plain-text-empty" in message.defects


def test_a_notice_that_asks_for_html_gives_way_to_the_html() -> None:
    notice = "Content-Type: text/plain\n\nYour mail program does not show HTML. Please view this message in another."
    message = read(multipart("alternative", notice, HTML))
    assert message.text == "html words" and "plain-text-empty" in message.defects
    about = "Content-Type: text/plain\n\nWhy is my HTML in your message broken?"
    assert "broken" in read(multipart("alternative", about, HTML)).text


def test_a_boundary_that_stands_nowhere_is_looked_for() -> None:
    message = read(multipart("mixed", PLAIN, IMAGE).replace("boundary=mixed-b", "boundary=other"))
    assert message.text == "plain words" and len(message.attachments) == 1
    assert "boundary-missing" in message.defects
    drawn = read("Content-Type: multipart/mixed; boundary=other\n\n--\nAnn\n--x\nwords\n--x--\n")
    assert "words" in drawn.text and "multipart-without-parts" in drawn.defects


@pytest.mark.parametrize("encoding", ['"quoted-printable"', "quoted-printeable", "quote-printable"])
def test_a_transfer_encoding_is_read_as_meant(encoding: str) -> None:
    assert read(f"Content-Transfer-Encoding: {encoding}\n\n5 =3D 5").text == "5 = 5"


def test_a_type_the_wrong_way_round_is_read_as_meant() -> None:
    message = read("Content-Type: plain/text\n\nwords")
    assert message.text == "words" and "content-type-invalid" in message.defects


def test_images_are_tied_to_the_html_that_shows_them() -> None:
    page = 'Content-Type: text/html\n\n<img src="cid:i1@x">'
    stray = IMAGE.replace("i1@x", "i2@x")
    message = read(multipart("related", page, IMAGE, stray))
    assert [(one.content_id, one.inline) for one in message.attachments] == [
        ("i1@x", True),
        ("i2@x", False),
    ]


def test_text_around_a_file_is_read_together() -> None:
    file = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: inline; filename=a.pdf\n\nx"
    message = read(multipart("mixed", PLAIN, file, "Content-Type: text/plain\n\nmore words"))
    assert message.text == "plain words\nmore words"
    assert [one.filename for one in message.attachments] == ["a.pdf"]


def test_attached_text_is_a_file() -> None:
    file = "Content-Type: text/plain\nContent-Disposition: attachment; filename=log.txt\n\nlog"
    message = read(multipart("mixed", PLAIN, file))
    assert message.text == "plain words" and message.attachments[0].content == b"log"


def test_a_message_inside_is_kept_whole_and_not_read_as_the_text() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: Inner\nFrom: c@d.example\n\ninner words"
    message = read(multipart("mixed", PLAIN, inner))
    assert message.text == "plain words"
    [file] = message.attachments
    assert file.filename == "Inner.eml" and file.content.endswith(b"inner words")


def test_a_report_is_read_up_to_its_machine_part() -> None:
    status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x"
    original = "Content-Type: message/rfc822\n\nSubject: Old\n\nold words"
    message = read(
        multipart("report", PLAIN, status, original, extra="; report-type=delivery-status")
    )
    assert message.text == "plain words" and len(message.attachments) == 2


def test_html_named_plain_is_read_as_html() -> None:
    message = read("Content-Type: text/plain\n\n<html><body><p>words</p></body></html>")
    assert message.text == "words" and "html-labelled-plain" in message.defects


def test_the_head_may_end_without_a_blank_line() -> None:
    message = read("Hello there\nthis is the text\n\nand more")
    assert message.text.startswith("Hello there\nthis is the text")
    assert message.subject == "s"


def test_a_message_without_an_id_gets_the_same_one_each_time() -> None:
    one = parse_message(RawMessage(b"Subject: a\n\nx"))
    other = parse_message(RawMessage(b"Subject: a\n\ny"))
    assert one.message_id is None and "message-id-missing" in one.defects
    assert effective_message_id(one) == effective_message_id(
        parse_message(RawMessage(b"Subject: a\n\nx"))
    )
    assert effective_message_id(one) != effective_message_id(other)


def test_flowed_text() -> None:
    assert unflow("a \nb\nc") == "a b\nc"
    assert unflow("a \nb", delsp=True) == "ab"
    assert unflow(" >no quote\n> a \n> b\n>> c ") == ">no quote\n> a b\n>> c "
    assert unflow("text \n-- \nAnn") == "text \n-- \nAnn"


@pytest.mark.parametrize(
    ("octets", "declared", "text", "defect"),
    [
        ("Grüße".encode(), "utf-8", "Grüße", None),
        ("Grüße".encode(), "iso-8859-1", "Grüße", "charset-lies"),
        ("Grüße".encode(), "us-ascii", "Grüße", "charset-lies"),
        ("Grüße".encode(), "", "Grüße", "charset-undeclared"),
        ("Grüße".encode("latin-1"), "utf-8", "Grüße", "charset-lies"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße", None),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”", None),  # windows-1252 in disguise
        ("镕".encode("gb18030"), "gb2312", "镕", None),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하", None),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp", "①", None),  # NEC row, as Outlook writes it
        ("日本".encode("iso2022_jp"), "us-ascii", "日本", "charset-lies"),
        ("日本".encode("cp932"), "iso-2022-jp", "日本", "charset-lies"),
        (b"plain", "x-unknown", "plain", "charset-unknown"),
        (b"a\r\nb\rc\0", "", "a\nb\nc", None),
        ("Grüße".encode("utf-16"), "us-ascii", "Grüße", "charset-lies"),
        (b"\xef\xbb\xbfx", "utf-8", "x", None),
    ],
)
def test_charsets(octets: bytes, declared: str, text: str, defect: str | None) -> None:
    assert decode_text(octets, declared) == (text, defect)


@pytest.mark.parametrize(
    "name", ["rot13", "idna", "unicode_escape", "zlib_codec", "\0", "hex", "punycode", "x" * 999]
)
def test_only_charsets_are_charsets(name: str) -> None:
    assert codec_for(name) is None


def test_an_eight_bit_head_is_in_the_charset_of_the_body() -> None:
    octets = "Subject: Привет\nContent-Type: text/plain; charset=koi8-r\n\nПривет\n".encode(
        "koi8-r"
    )
    message = parse_message(RawMessage(octets))
    assert message.subject == message.text == "Привет" and "header-8bit" in message.defects


def test_an_invitation_alone_is_readable() -> None:
    invite = (
        "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\n"
        "SUMMARY:Review\\, second\n  part\nDTSTART;TZID=Europe/Berlin:20260202T100000\n"
        "DTEND:20260202T110000Z\nORGANIZER;CN=Ann:mailto:ann@x.example\nLOCATION:Room 1\n"
        "DESCRIPTION:Bring\\nnotes\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    message = read(invite)
    assert message.text == (
        "Review, second part\n2026-02-02 10:00 – 2026-02-02 11:00 UTC\nRoom 1\nann@x.example\nBring\nnotes"
    )
    assert [one.filename for one in message.attachments] == ["invite.ics"]
    assert read(multipart("alternative", PLAIN, invite)).text == "plain words"


def test_parts_are_counted_over_all_multiparts() -> None:
    inner = multipart("related", *["Content-Type: image/png\n\nx"] * 60)
    message = read(multipart("mixed", *[inner.rstrip("\n")] * 60))
    assert 800 < len(message.attachments) <= 1_000 and "too-many-parts" in message.defects


def test_a_file_written_into_the_text_by_uuencode_is_a_file() -> None:
    message = read("\nSee the file.\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n\nPat\n")
    assert message.text == "See the file.\n\n\nPat"
    assert [(one.filename, one.content) for one in message.attachments] == [("cat.txt", b"Cat")]


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 cat.txt\nis what I see, and no end",
        "begin 644 cat.txt\nend",
        "begin 100 times\nit fails\nend",
        "begin at the beginning\nend",
    ],
)
def test_words_that_only_look_like_uuencode_stay_text(text: str) -> None:
    message = read(f"\n{text}\n")
    assert message.text == text and message.attachments == ()
