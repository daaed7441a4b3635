"""winmail.dat: what Outlook packs, unpacked."""

from __future__ import annotations

import base64
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from mailflow.mail.tnef import read_tnef


def attribute(level: int, number: int, value: bytes) -> bytes:
    checksum = sum(value) & 0xFFFF
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", checksum)


def text_property(number: int, text: str) -> bytes:
    value = (text + "\0").encode("utf-16-le")
    padding = b"\0" * (-len(value) % 4)
    return struct.pack("<HHII", 0x1F, number, 1, len(value)) + value + padding


def binary_property(number: int, value: bytes) -> bytes:
    return struct.pack("<HHII", 0x102, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


NAMED = (
    struct.pack("<HH", 0x1F, 0x8000)
    + b"\0" * 16
    + struct.pack("<II", 1, 6)
    + "abc".encode("utf-16-le")
    + b"\0\0"
    + struct.pack("<II", 1, 4)
    + "x\0".encode("utf-16-le")
)
NUMBER = struct.pack("<HHI", 0x03, 0x0E07, 1)


def stream(*, body: bytes = b"") -> bytes:
    return b"".join(
        (
            b"\x78\x9f\x3e\x22\x01\x00",
            attribute(1, 0x00089006, b"\0\0\1\0"),
            attribute(1, 0x00069007, struct.pack("<II", 1252, 0)),
            body,
            attribute(2, 0x00069002, b"\0" * 14),
            attribute(2, 0x00018010, b"GREETI~1.TXT\0"),
            attribute(2, 0x0006800F, b"hello"),
            attribute(
                2,
                0x00069005,
                properties(
                    NUMBER,
                    NAMED,
                    text_property(0x3707, "Grüße aus Köln.txt"),
                    text_property(0x370E, "text/plain"),
                ),
            ),
            attribute(2, 0x00069002, b"\0" * 14),
            attribute(2, 0x00018010, b"C:\\temp\\photo.jpg\0"),
            attribute(2, 0x0006800F, b"\xff\xd8"),
        )
    )


def mail(packed: bytes, text: str = "") -> bytes:
    return (
        "From: ann@customer.example\nTo: support@desk.example\nSubject: files\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        f"{text}\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n"
        "Content-Transfer-Encoding: base64\n\n"
        f"{base64.encodebytes(packed).decode()}\n--b--\n"
    ).encode()


def test_the_files_inside_come_beside_the_container() -> None:
    message = parse_message(RawMessage(mail(stream(), "See the files.")))
    assert message.text == "See the files."
    assert [(one.filename, one.content_type, one.size) for one in message.attachments] == [
        ("winmail.dat", "application/ms-tnef", len(stream())),
        ("Grüße aus Köln.txt", "text/plain", 5),
        ("photo.jpg", "image/jpeg", 2),
    ]
    assert message.attachments[1].content == b"hello"
    assert not message.defects or "tnef-unreadable" not in message.defects


def test_its_text_is_read_where_the_mail_has_none() -> None:
    plain = attribute(1, 0x0002800C, "Die Tür klemmt.\0".encode("cp1252"))
    assert parse_message(RawMessage(mail(stream(body=plain)))).new_text == "Die Tür klemmt."
    listed = attribute(
        1, 0x00069003, properties(NUMBER, text_property(0x1000, "The door\r\nsticks."))
    )
    assert parse_message(RawMessage(mail(stream(body=listed)))).text == "The door\nsticks."
    page = attribute(
        1, 0x00069003, properties(binary_property(0x1013, b"<p>The <b>door</b> sticks.</p>"))
    )
    assert "door" in parse_message(RawMessage(mail(stream(body=page)))).text


def test_a_container_that_breaks_off_keeps_what_was_read() -> None:
    cut = stream()[:-20]
    read = read_tnef(cut)
    assert not read.complete
    assert read.files[0].content == b"hello"
    message = parse_message(RawMessage(mail(cut, "Text.")))
    assert "tnef-unreadable" in message.defects
    assert message.attachments[0].filename == "winmail.dat"


def test_what_is_no_container_is_only_kept() -> None:
    message = parse_message(RawMessage(mail(b"no container at all", "Text.")))
    assert [one.filename for one in message.attachments] == ["winmail.dat"]
    assert "tnef-unreadable" in message.defects


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_octets_are_read(data: st.DataObject) -> None:
    octets = bytearray(stream())
    for _ in range(data.draw(st.integers(0, 8))):
        octets[data.draw(st.integers(6, len(octets) - 1))] = data.draw(st.integers(0, 255))
    read_tnef(bytes(octets))
    read_tnef(b"\x78\x9f\x3e\x22" + data.draw(st.binary(max_size=200)))


def test_a_list_that_claims_millions_costs_nothing() -> None:
    bomb = attribute(
        1, 0x00069003, struct.pack("<I", 2**32 - 1) + struct.pack("<HHI", 0x101F, 1, 2**32 - 1)
    )
    read_tnef(b"\x78\x9f\x3e\x22\1\0" + bomb * 1000)
