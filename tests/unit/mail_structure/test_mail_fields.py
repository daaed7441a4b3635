"""Heads: encoded words, parameters, ids, dates, and the rules of folding."""

from __future__ import annotations

from datetime import datetime

import pytest

from mailflow.mail.dates import parse_date
from mailflow.mail.encoded_words import decode_words
from mailflow.mail.headers import HeadCaps, read_head
from mailflow.mail.message_ids import find_ids
from mailflow.mail.parameters import parse_parameters


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),  # a character cut in two
        ("=?utf-8?b?w7w?=", "ü"),  # padding left off
        ("=?utf-8?q?spaces in it?=", "spaces in it"),
        ("=?utf-8*de?q?x?=", "x"),
        ("=?UTF-8?Q?a?b?=", "a?b"),
        ("=?utf-8?q??=", ""),
        ("=?iso-2022-jp?b?GyRCJDMbKEI=?=", "こ"),
        ("=?gb2312?b?xOO6ww==?=", "你好"),
        ("=?unknown?q?abc?=", "abc"),
        ("=?utf-8?q?open", "=?utf-8?q?open"),
        ("2 =? 3", "2 =? 3"),
    ],
)
def test_encoded_words(raw: str, read: str) -> None:
    assert decode_words(raw) == read


@pytest.mark.parametrize(
    ("raw", "value", "parameters"),
    [
        ("Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ('a/b; name="x; y.txt"', "a/b", {"name": "x; y.txt"}),
        ("a/b; name=x y.txt; z=1", "a/b", {"name": "x y.txt", "z": "1"}),
        ('a/b; name="q\\"q"', "a/b", {"name": 'q"q'}),
        ("a/b; name*=utf-8''%C3%BC.pdf", "a/b", {"name": "ü.pdf"}),
        ("a/b; name*0*=utf-8''%C3%BC; name*1=b.pdf", "a/b", {"name": "üb.pdf"}),
        ("a/b; name*1=b; name*0=a", "a/b", {"name": "ab"}),
        ("a/b; name=old; name*=utf-8''new", "a/b", {"name": "new"}),
        ('a/b; name="=?utf-8?q?=C3=BC?="', "a/b", {"name": "ü"}),
        ("a/b;;;; x = 1 ;;", "a/b", {"x": "1"}),
        ('a/b; x="open', "a/b", {"x": "open"}),
        ("a/b; x=1; x=2", "a/b", {"x": "1"}),
        ("a/b (comment); x=1", "a/b", {"x": "1"}),
        ("", "", {}),
    ],
)
def test_parameters(raw: str, value: str, parameters: dict[str, str]) -> None:
    assert parse_parameters(raw) == (value, parameters)


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ("<a@b>", ("a@b",)),
        ("<a@b>,<c@d>\t<e@f>", ("a@b", "c@d", "e@f")),  # Exchange and iOS write commas
        ("<[0a1b]@x.outlook>", ("[0a1b]@x.outlook",)),
        ("<a@ b>", ("a@b",)),  # folded inside the id
        ("a@b", ("a@b",)),
        ("Your mail of Monday <a@b>", ("a@b",)),
        ("=?utf-8?q?=3Ca=40b=3E?=", ("a@b",)),
        ("=?utf-8?q?=3Ca=40b=3E=0D=0AZ9_DELETE?=", ("a@b",)),
        ("<a@b> <a@b>", ("a@b",)),
        ("<a" * 3 + "@b>", ("a@b",)),
        ("<" + "a" * 1_500 + "@b>", ()),
        ("none", ()),
        ("Your mail of Monday to ann@x.example", ()),
        ("a@b c@d, e@f", ("a@b", "c@d", "e@f")),
    ],
)
def test_ids(raw: str, ids: tuple[str, ...]) -> None:
    assert find_ids(raw) == ids


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("Mon, 2 Feb 2026 10:00:00 +0100", "2026-02-02T10:00:00+01:00"),
        ("2 Feb 26 10:00 GMT", "2026-02-02T10:00:00+00:00"),
        ("Mon, 2 Feb 2026 10:00:00 +0100 (CET)", "2026-02-02T10:00:00+01:00"),
        ("Mon, 2 Feb 2026 10:00:00 -0000", "2026-02-02T10:00:00+00:00"),
        ("Mon, 2 Feb 2026 10:00:00", "2026-02-02T10:00:00+00:00"),
        ("Mon, 2 Feb 2026 23:59:60 +0000", "2026-02-02T23:59:59+00:00"),
        ("2026-02-02T10:00:00Z", "2026-02-02T10:00:00+00:00"),
        ("Mon, 2 Feb 2026 10:00:00 +9999", "2026-02-02T10:00:00+00:00"),
        ("Mon, 2 Feb 2026 10:00:00 +01:00", "2026-02-02T10:00:00+01:00"),
        ("Mon, 2 Feb 2026 10:00:00 GMT-0530", "2026-02-02T10:00:00-05:30"),
        ("Mon, 2 Feb 2026 9:05:00 PM +0100", "2026-02-02T21:05:00+01:00"),
        ("Mon, 2 Feb 2026 12:05 am GMT", "2026-02-02T00:05:00+00:00"),
        ("Di, 3 Mrz 2026 10:00:00 +0100", "2026-03-03T10:00:00+01:00"),
        ("lun., 2 févr. 2026 10:00:00 +0100", "2026-02-02T10:00:00+01:00"),
        ("Mon, 31 Feb 2026 10:00:00 +0000", None),
        ("yesterday", None),
        ("9" * 100_000, None),
        ("", None),
    ],
)
def test_dates(raw: str, iso: str | None) -> None:
    date = parse_date(raw)
    assert date == (None if iso is None else datetime.fromisoformat(iso))
    assert date is None or date.tzinfo is not None


def read(octets: bytes) -> tuple[list[tuple[str, str]], set[str]]:
    head, defects = read_head(octets)
    return [(field.name, field.value) for field in head.fields], defects


def test_folding_keeps_the_white_space() -> None:
    assert read(b"Subject: a\r\n  b\r\n\tc\r\n") == ([("subject", "a  b\tc")], set())


def test_eight_bit_heads_are_read() -> None:
    assert read("Subject: Grüße\n".encode()) == ([("subject", "Grüße")], set())
    assert read("Subject: Grüße\n".encode("latin-1")) == ([("subject", "Grüße")], {"header-8bit"})


def test_a_japanese_head_as_it_was_before_encoded_words_is_read() -> None:
    octets = b"Subject: " + "製品の件".encode("iso2022_jp") + b"\n"
    assert read(octets) == ([("subject", "製品の件")], {"header-8bit"})


def test_what_decodes_to_line_ends_makes_no_line() -> None:
    fields, _ = read(b"Subject: =?utf-8?q?x=0D=0ABcc:_v?=\r\n")
    assert fields == [("subject", "x Bcc: v")]


def test_a_long_field_does_not_hide_what_follows() -> None:
    caps = HeadCaps(octets=100, field_octets=50, fields=5, scanned=10_000)
    octets = b"X-A: " + b"a" * 500 + b"\nX-B: " + b"b" * 500 + b"\nX-C: c\nFrom: a@b.c\n"
    head, defects = read_head(octets, caps)
    assert head.first("from") == "a@b.c" and "x-c" not in head
    assert len(head.first("x-a") or "") <= 50
    assert defects == {"header-field-cut", "head-cut"}
