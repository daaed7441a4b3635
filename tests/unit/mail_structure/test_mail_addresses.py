"""Address lists as they are sent, and whom they must never be taken for."""

from __future__ import annotations

import pytest

from mailflow.mail.addresses import (
    ascii_lower,
    canonical_address,
    parse_addresses,
    parse_path,
    subaddress_detail,
)

READ = [
    # written, [(name, address)], defects
    ("Joe <joe@x.org>", [("Joe", "joe@x.org")], set()),
    ("joe@x.org", [("", "joe@x.org")], set()),
    ("joe@x.org (Joe (the) Plumber)", [("Joe (the) Plumber", "joe@x.org")], set()),
    ('"Doe, John" <john@x.org>', [("Doe, John", "john@x.org")], set()),
    ("Doe, John <john@x.org>", [("Doe, John", "john@x.org")], set()),
    ("a@b.c; d@e.f", [("", "a@b.c"), ("", "d@e.f")], set()),
    ("G: a@b.c, X <d@e.f>;, g@h.i", [("", "a@b.c"), ("X", "d@e.f"), ("", "g@h.i")], set()),
    ("undisclosed-recipients:;", [], set()),
    ("<@a,@b:c@d.e>", [("", "c@d.e")], set()),
    ("joe . blow @ example.com", [("", "joe.blow@example.com")], set()),
    ('"a b"@c.de', [("", '"a b"@c.de')], set()),
    ('"plain"@c.de', [("", "plain@c.de")], set()),
    ("a%b@c.de", [("", "a%b@c.de")], set()),
    ("x@[192.0.2.1]", [("", "x@[192.0.2.1]")], set()),
    ("jörg@bücher.example", [("", "jörg@bücher.example")], set()),
    ("=?utf-8?b?w7wsIMO8?= <q@x.de>", [("ü, ü", "q@x.de")], set()),
    ("=?utf-8?q?a=2C_b?= <q@x.de>, r@x.de", [("a, b", "q@x.de"), ("", "r@x.de")], set()),
    ("'joe@x.org' <joe@x.org>", [("joe@x.org", "joe@x.org")], set()),
    ('"M, H" hans@x.de', [("M, H", "hans@x.de")], set()),
    ("<<joe@x.org>>", [("", "joe@x.org")], set()),
    ("joe@x.org.", [("", "joe@x.org")], set()),
    ("x <mailto:joe@x.org>", [("x", "joe@x.org")], set()),
    ("MAILER-DAEMON <>", [], set()),
    ("MAILER-DAEMON", [("", "MAILER-DAEMON")], {"address-without-domain"}),
    ('"', [], set()),
    ("(" * 10_000, [], set()),
    (")x@y.z", [("", "x@y.z")], set()),
    # whom a field is meant to be taken for, and must not
    ('"agent@corp" <evil@x.y>', [("agent@corp", "evil@x.y")], {"address-in-name"}),
    ("agent@corp@evil", [], {"address-several-at"}),
    ("<agent@corp>(<evil@x>)", [("<evil@x>", "agent@corp")], {"address-in-comment"}),
    ("<a@corp> <evil@x.y>", [("", "evil@x.y")], {"address-several-brackets"}),
    ("ag\u200bent@corp.de", [("", "ag\u200bent@corp.de")], {"address-invisible-characters"}),
    ("=?utf-8?q?joe=40x=2Eorg?=", [("", "joe@x.org")], {"address-encoded"}),
    ("agent\ue008corp.de", [], {"address-unreadable"}),
    ("a b c", [], {"address-unreadable"}),
]


@pytest.mark.parametrize(("raw", "mailboxes", "defects"), READ, ids=[one[0][:40] for one in READ])
def test_reads(raw: str, mailboxes: list[tuple[str, str]], defects: set[str]) -> None:
    read = parse_addresses(raw)
    assert [(one.name, one.address) for one in read.mailboxes] == mailboxes
    assert read.defects == defects


def test_a_name_shows_nothing_invisible() -> None:
    [one] = parse_addresses("\u202emoc\u200b Joe <j@x.y>").mailboxes
    assert one.name == "moc Joe"


def test_a_kelvin_sign_is_no_k() -> None:
    assert ascii_lower("AGENT@DES\u212a") == "agent@des\u212a"
    assert canonical_address("Ann+tag@X.ORG.") == "ann@x.org"
    assert canonical_address("+tag@x.org") == "+tag@x.org"
    assert subaddress_detail("support+t12.ab@x.org") == "t12.ab"
    assert subaddress_detail("support@x.org") is None


def test_the_null_path() -> None:
    assert parse_path("<>") == ""
    assert parse_path(" <bounce@x.org> ") == "bounce@x.org"
    assert parse_path("garbage here") is None


def test_a_list_is_cut() -> None:
    read = parse_addresses(", ".join(f"a{i}@x.org" for i in range(5_000)))
    assert len(read.mailboxes) == 1_000 and "address-list-cut" in read.defects
