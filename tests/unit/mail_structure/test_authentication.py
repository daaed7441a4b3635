"""Whose Authentication-Results are believed, and what in them proves the author."""

from __future__ import annotations

import pytest

from mailflow.mail.authentication import authenticated_domain, is_authenticated
from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message

MX = "mx.desk.example"
PASS = f"Authentication-Results: {MX}; dmarc=pass header.from=corp.example\n"
FAIL = PASS.replace("pass", "fail")
OUTSIDE = f"Received: from evil.example by {MX} with ESMTP id 1; Mon, 2 Feb 2026 10:00:00 +0000\n"
LMTP = f"Received: from {MX} by store with LMTP id 2; Mon, 2 Feb 2026 10:00:00 +0000\n"
FROM = "From: Agent <agent@corp.example>\n"


def read(head: str) -> IncomingMessage:
    return parse_message(RawMessage(f"{head}Subject: s\n\ntext\n".encode()))


def result(text: str) -> str:
    return f"Authentication-Results: {MX}; {text}\n"


BELIEVED = [
    ("dmarc", PASS + FROM),
    ("above the outside hop", PASS + OUTSIDE + FROM),
    ("below our own delivery", LMTP + PASS + OUTSIDE + FROM),
    (
        "other case, version, comments, folds",
        "AUTHENTICATION-results: MX.desk.EXAMPLE 1 (c(d)e);\n DMARC (p=none) = PASS (x) Header.From = Corp.EXAMPLE\n"
        + FROM,
    ),
    ("DKIM of the domain", result("dkim=pass header.d=corp.example") + FROM),
    ("DKIM by identity", result("dkim=pass header.i=@corp.example") + FROM),
    (
        "DKIM of a parent",
        result("dkim=pass header.d=corp.example") + FROM.replace("@corp", "@mail.corp"),
    ),
    ("SPF", result("spf=pass smtp.mailfrom=bounce@corp.example") + FROM),
    (
        "one of two signatures",
        result("dkim=fail header.d=list.example; dkim=pass header.d=corp.example") + FROM,
    ),
]
REFUSED = [
    ("no field", FROM),
    ("another server", PASS.replace(MX, "mx.evil.example") + FROM),
    ("a server with a longer name", PASS.replace(MX, MX + ".evil.example") + FROM),
    (
        "no server named at all",
        "Authentication-Results: dmarc=pass header.from=corp.example\n" + FROM,
    ),
    ("below the outside hop", OUTSIDE + PASS + FROM),
    ("below our delivery and the outside hop", LMTP + OUTSIDE + PASS + FROM),
    (
        "LMTP spoken by a name",
        "Received: from with LMTP by mx with ESMTP id 1; date\n" + PASS + FROM,
    ),
    ("fail above, pass below", FAIL + PASS + FROM),
    ("pass above, fail below", PASS + FAIL + FROM),
    (
        "fail and pass in one",
        result("dmarc=fail header.from=corp.example; dmarc=pass header.from=corp.example") + FROM,
    ),
    ("DMARC of another domain", PASS.replace("corp.example", "evil.example") + FROM),
    ("DKIM of another domain", result("dkim=pass header.d=evil.example") + FROM),
    ("DKIM of a child", result("dkim=pass header.d=x.corp.example") + FROM),
    ("DKIM of a top domain", result("dkim=pass header.d=example") + FROM),
    (
        "DKIM of a look-alike end",
        result("dkim=pass header.d=corp.example") + FROM.replace("@corp", "@evilcorp"),
    ),
    ("SPF of another domain", result("spf=pass smtp.mailfrom=b@evil.example") + FROM),
    ("SPF of a greeting", result("spf=pass smtp.helo=corp.example") + FROM),
    ("temporary error", result("dmarc=temperror; dkim=pass header.d=corp.example") + FROM),
    ("pass in a comment", result("dmarc=none (dmarc=pass header.from=corp.example)") + FROM),
    (
        "pass in a quoted reason",
        result('dkim=fail reason="; dkim=pass header.d=corp.example"') + FROM,
    ),
    ("two From fields", PASS + FROM + "From: x@y.example\n"),
    ("two mailboxes", PASS + "From: agent@corp.example, evil@x.example\n"),
    ("no From", PASS),
    (
        "DKIM over a part",
        PASS + "DKIM-Signature: v=1; d=corp.example; l=20; h=from:subject; b=x\n" + FROM,
    ),
    (
        "DKIM without Subject",
        result("dkim=pass header.d=corp.example")
        + "DKIM-Signature: d=corp.example; h=From:Date; b=x\n"
        + FROM,
    ),
]


@pytest.mark.parametrize("head", [one[1] for one in BELIEVED], ids=[one[0] for one in BELIEVED])
def test_believed(head: str) -> None:
    verdict = authenticated_domain(read(head), MX)
    assert verdict.passed and verdict.domain in ("corp.example", "mail.corp.example"), (
        verdict.reason
    )


@pytest.mark.parametrize("head", [one[1] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_refused_with_a_reason(head: str) -> None:
    verdict = authenticated_domain(read(head), MX)
    assert not verdict.passed and verdict.domain is None and verdict.reason


def test_without_a_configured_server_nobody_is_believed() -> None:
    assert not is_authenticated(read(PASS + FROM), "")
    assert not is_authenticated(read(PASS.replace(MX, "") + FROM), " ")


def test_inner_relays_are_passed_over_when_their_number_is_named() -> None:
    message = read(OUTSIDE + PASS + OUTSIDE + FROM)
    assert not authenticated_domain(message, MX).passed
    assert authenticated_domain(message, MX, trusted_hops=1).passed


def test_google_writes_below_its_own_received() -> None:
    google = OUTSIDE.replace(MX, "mx.google.com") + PASS.replace(MX, "mx.google.com")
    assert authenticated_domain(read(google + FROM), "mx.google.com").passed
    below = google.replace("Authentication", "Received: by x\nAuthentication")
    assert not authenticated_domain(read(below + FROM), "mx.google.com").passed
