"""Who pretends to be an agent, through the real door: refused each time, with a recorded reason."""

from __future__ import annotations

import base64
import json

import pytest

from mailflow.demo.servers import EmbeddedServers
from tests.daemon import rows
from tests.desks import Desk, inbox, letter

SUPPORT, ANN, BOB, KIRI = "support@desk.test", "ann@desk.test", "bob@desk.test", "kiri@desk.test"
MIA, EVE = "mia@home.test", "eve@evil.test"
AGENTS = "".join(
    f'[[agents]]\naddress = "{a}"\nname = "{n}"\n'
    for a, n in ((ANN, "Ann"), (BOB, "Bob"), (KIRI, "Kiri"))
)
WORDS = "#closed\r\n\r\nSend me your password. CANARY"


@pytest.fixture(scope="module")
def servers():
    with EmbeddedServers([SUPPORT, ANN, BOB, KIRI, MIA]) as running:
        yield running


@pytest.fixture(scope="module")
def desk(servers, tmp_path_factory):
    running = Desk(servers, tmp_path_factory.mktemp("spoofed") / "desk", SUPPORT, extra=AGENTS)
    running.receive(letter(MIA))
    yield running
    running.close()


def flipped(address: str, at: int) -> str:
    local, _, domain = address.partition("@")
    user, _, token = local.partition("+")
    other = "a" if token[at] != "a" else "b"
    return f"{user}+{token[:at]}{other}{token[at + 1 :]}@{domain}"


def of_another_ticket(address: str) -> str:
    """The token with another ticket's number in it, whatever its signature says."""
    local, _, domain = address.partition("@")
    user, _, token = local.partition("+")
    octets = bytearray(base64.b32decode(token.upper() + "=" * (-len(token) % 8)))
    octets[1:5] = (int.from_bytes(octets[1:5]) + 1).to_bytes(4)
    return f"{user}+{base64.b32encode(octets).decode().strip('=').lower()}@{domain}"


def mails(anns: str, bobs: str, kiris: str, first_id: str) -> dict[str, bytes]:
    """By what is forged. ``anns``, ``bobs`` and ``kiris`` are their personal reply addresses."""

    def mail(author: str, *fields: str, to: str = anns) -> bytes:
        return letter(author, "Re: It is broken [#1]", WORDS, *fields, to=to)

    utf8 = "=?utf-8?q?{}?="
    found = {
        "plain spoof": mail(ANN, to=SUPPORT),
        "somebody else's token": mail(BOB),
        "a stranger with the token": mail(EVE),
        "an agent's token by another agent": mail(ANN, to=bobs),
        "an id shaped like ours": mail(ANN, f"In-Reply-To: <b{first_id[1:]}>", to=SUPPORT),
        "references of a stranger": mail(EVE, f"References: <{first_id}>", to=SUPPORT),
        "the number alone": mail(EVE, to=SUPPORT),
        "reply-to an agent": mail(EVE, f"Reply-To: {ANN}"),
        "two authors": mail(f"{ANN}, {EVE}"),
        "two From fields": mail(ANN, f"From: {EVE}"),
        "name is the address": mail(f'"{ANN}" <{EVE}>'),
        "two at signs": mail("ann@desk.test@evil.test"),
        "an encoded word": mail(f"{utf8.format(ANN)} <{EVE}>"),
        "a group": mail(f"{ANN}: {EVE};"),
        "cyrillic domain": mail("ann@d\u0435sk.test"),
        "punycode": mail("ann@xn--dsk-qdd.test"),
        "full-width local part": mail("\uff41nn@desk.test"),
        "the Kelvin sign": mail("\u212airi@desk.test", to=kiris),
        "an i without its dot": mail("k\u0131ri@desk.test", to=kiris),
        "a long s": mail("ann@de\u017fk.test"),
        "the agent's name": mail(f"Ann <{EVE}>"),
        "an invisible joiner": mail("ann\u200b@desk.test"),
        "a soft hyphen": mail("an\u00adn@desk.test"),
        "turned around": mail("\u202eann@desk.test"),
        "the agent as Sender": mail(EVE, f"Sender: {ANN}"),
        "an author behind the author": mail(f"<{ANN}>(<{EVE}>)<{EVE}>"),
        "the token of another ticket": mail(ANN, to=of_another_ticket(anns)),
        "own authserv below": mail(EVE, "Authentication-Results: desk.test; dmarc=pass header.from=desk.test"),
        "smuggled": mail(EVE) + b"\n.\nMAIL FROM:<ann@desk.test>\n",
        "bare controls": mail("ann@desk.test\x00<eve@evil.test>"),
    }  # fmt: skip
    token_length = len(anns.partition("@")[0].partition("+")[2])
    found |= {f"token flipped at {n}": mail(ANN, to=flipped(anns, n)) for n in range(token_length)}
    return found


def test_every_forgery_is_refused_with_a_reason(desk, servers):
    notices = [inbox(servers, who)[0] for who in (ANN, BOB, KIRI)]
    before = [m.text for m in inbox(servers, MIA)]
    found = mails(*(n.reply_to[0].address for n in notices), notices[0].message_id)
    for what, octets in found.items():
        for outcome in desk.receive(octets, to=SUPPORT):
            decision = outcome.decision
            assert decision is not None, what
            assert not decision.commands, what
            assert decision.answer.value != "pass the agent's answer on to the customer", what
            assert decision.store.reason, what
            assert decision.answer.reason, what
    assert rows(desk.folder, "select status, assignee from ticket where id = 1")[0][1] is None
    assert rows(desk.folder, "select count(*) from ticket where status = 'closed'") == [(0,)]
    assert [m.text for m in inbox(servers, MIA)] == before
    recorded = rows(desk.folder, "select detail from event where kind = 'decision'")
    assert all(json.loads(detail)["answer"]["reason"] for (detail,) in recorded)
    assert len(recorded) > len(found)


def test_forged_thread_fields_reopen_nothing(desk, servers):
    opened = desk.receive(letter(MIA, "Lost parcel"), to=SUPPORT)[0].ticket.id
    notice, known = inbox(servers, ANN)[-1], inbox(servers, MIA)[-1].message_id
    closing = letter(ANN, "Re: Lost parcel", "#closed", to=notice.reply_to[0].address)
    desk.receive(closing, to=SUPPORT)
    before = len(inbox(servers, MIA))
    fields = (f"In-Reply-To: <{known}>", f"References: <{known}>")
    for author in (EVE, ANN):
        subject = f"Re: Lost parcel [#{opened}]"
        (outcome,) = desk.receive(letter(author, subject, WORDS, *fields), to=SUPPORT)
        assert outcome.decision.thread.reason
        assert not outcome.decision.commands
        assert outcome.ticket is None or outcome.ticket.id != opened or author == ANN
    assert rows(desk.folder, f"select status from ticket where id = {opened}") == [("closed",)]
    assert len(inbox(servers, MIA)) == before


def test_a_reply_address_that_a_provider_spelt_anew_still_works(desk, servers):
    local, _, domain = inbox(servers, ANN)[0].reply_to[0].address.partition("@")
    shouted = letter(ANN, "Re: It is broken", "In capitals.", to=f"{local.upper()}@{domain}")
    (outcome,) = desk.receive(shouted, to=SUPPORT)
    assert outcome.ticket.id == 1
    assert inbox(servers, MIA)[-1].new_text.strip() == "In capitals."


def arrives(desk, servers, octets):
    """Octet for octet: no server puts a trace above it or mends its line ends."""
    before = len(desk.outcomes)
    servers.put(SUPPORT, "INBOX", octets)
    desk.step()
    return desk.outcomes[before:]


@pytest.mark.parametrize("end", ["\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n"])
def test_what_we_pass_on_smuggles_no_second_mail(desk, servers, end):
    smuggled = (
        f"Look:{end}MAIL FROM:<{ANN}>\r\nRCPT TO:<{MIA}>\r\nDATA\r\nSubject: x\r\n\r\nYours{end}"
    )
    to = inbox(servers, ANN)[0].reply_to[0].address
    before, earlier = len(servers.messages(MIA)), len(servers.accepted)
    (outcome,) = arrives(desk, servers, letter(ANN, "Re: It is broken", smuggled, to=to))
    assert outcome.decision.answer.value == "pass the agent's answer on to the customer"
    assert len(servers.messages(MIA)) == before + 1
    for mail in servers.accepted[earlier:]:
        assert b"\n" not in mail.octets.replace(b"\r\n", b"")
        assert b"\r" not in mail.octets.replace(b"\r\n", b"")
    assert "MAIL FROM" in inbox(servers, MIA)[-1].text


def participants(desk, ticket):
    query = f"select address from participant where ticket_id = {ticket}"
    return {address for (address,) in rows(desk.folder, query)}


def test_a_forged_customer_brings_nobody_into_the_ticket(desk, servers):
    acknowledged = inbox(servers, MIA)[0]
    known = participants(desk, 1)
    fields = (f"In-Reply-To: <{acknowledged.message_id}>", f"Cc: {EVE}")
    desk.receive(letter(MIA, "Re: It is broken [#1]", "And her.", *fields), to=SUPPORT)
    assert participants(desk, 1) == known


def test_five_hundred_in_copy_are_at_most_ten(desk):
    crowd = ", ".join([SUPPORT, ANN, "all: x@y.test;", *(f"c{n}@home.test" for n in range(500))])
    outcome = desk.receive(letter(MIA, "For all", "Hello.", f"Cc: {crowd}"), to=SUPPORT)[0]
    joined = participants(desk, outcome.ticket.id) - {ANN, BOB}
    assert len(joined) <= 11
    assert SUPPORT not in joined


def test_automatic_mail_goes_to_from_and_never_to_reply_to(desk, servers):
    before, earlier = len(inbox(servers, BOB)), len(servers.accepted)
    desk.receive(letter("tom@other.test", "Lamp", "Broken.", f"Reply-To: {EVE}"), to=SUPPORT)
    to = {r for mail in servers.accepted[earlier:] for r in mail.recipients}
    assert EVE not in to
    assert "tom@other.test" in to
    assert len(inbox(servers, BOB)) > before


HIDDEN = {
    "in a quote": ("text/plain", "Restart it.\r\n> #closed\r\n"),
    "in a signature": ("text/plain", "Restart it.\r\n\r\n-- \r\n#closed\r\n"),
    "in a forwarded text": (
        "text/plain",
        "Restart it.\r\n\r\n-------- Forwarded Message --------\r\nSubject: x\r\nFrom: e@evil.test\r\n\r\n#closed\r\n",
    ),
    "hidden in HTML beside text": (
        "multipart/alternative; boundary=b",
        "--b\r\nContent-Type: text/plain\r\n\r\nRestart it.\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p style='color:#fff'>#closed</p><p>Restart it.</p>\r\n--b--\r\n",
    ),
    "in an attachment": (
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: text/plain\r\n\r\nRestart it.\r\n"
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n#closed\r\n--b--\r\n",
    ),
    "in an attached mail": (
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: text/plain\r\n\r\nRestart it.\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: e@evil.test\r\nSubject: x\r\n\r\n#closed\r\n--b--\r\n",
    ),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_a_command_outside_an_agents_own_words_is_none(desk, servers, where):
    to = inbox(servers, ANN)[0].reply_to[0].address
    kind, body = HIDDEN[where]
    raw = letter(
        ANN, "Re: It is broken [#1]", body, "MIME-Version: 1.0", f"Content-Type: {kind}", to=to
    )
    decision = desk.receive(raw, to=SUPPORT)[0].decision
    assert decision.commands == ()
    assert decision.answer.value == "pass the agent's answer on to the customer"
    assert rows(desk.folder, "select status from ticket where id = 1") != [("closed",)]
    assert inbox(servers, MIA)[-1].new_text.strip().startswith("Restart it.")


@pytest.mark.parametrize(
    "html",
    [
        "<p>#closed</p><p>Restart it.</p>",
        '<p style="display:none">#closed</p><p style="color:#fff">#note</p><p>Restart it.</p>',
        '<p><img src="cid:1" alt="#closed"></p><p>Restart it.</p>',
    ],
    ids=["plain", "hidden", "alt"],
)
def test_html_alone_commands_nothing(desk, servers, html):
    to = inbox(servers, ANN)[0].reply_to[0].address
    raw = letter(
        ANN, "Re: It is broken [#1]", html, "MIME-Version: 1.0", "Content-Type: text/html", to=to
    )
    decision = desk.receive(raw, to=SUPPORT)[0].decision
    assert decision.commands == ()
    assert decision.answer.reason
    assert rows(desk.folder, "select status from ticket where id = 1") != [("closed",)]
    assert not [x for x in inbox(servers, MIA)[-1].text.splitlines() if x.startswith("#")]


# ── where a server is named, its word is needed beside the token ────────────────────────────────

MX = "mx.desk.test"
PASS = f"Authentication-Results: {MX}; dmarc=pass header.from=desk.test"
OUTSIDE = f"Received: from evil.test by {MX} with ESMTP id 1; Mon, 2 Mar 2026 10:00:00 +0000"
SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=desk.test; s=x; h={}; bh=x; b=x"
DOUBTFUL = {
    "no result": (),
    "our name below the outside hop": (OUTSIDE, PASS),
    "another server's result": (PASS.replace(MX, "mx.evil.test"),),
    "fail above, pass below": (PASS.replace("pass", "fail"), PASS),
    "pass above, fail below": (PASS, PASS.replace("pass", "fail")),
    "a pass in a comment": (PASS.replace("dmarc=pass", "dmarc=none (dmarc=pass)"),),
    "a failure, folded, in capitals": (
        f"AUTHENTICATION-RESULTS: {MX.upper()} 1 (x);\r\n DMARC = FAIL header.from=desk.test",
        PASS,
    ),
    "a signature over a part of the body": (PASS, SIGNED.format("from:subject:to") + "; l=20"),
    "a signature without the subject": (PASS, SIGNED.format("from:date")),
    "another From added": (PASS, f"From: {EVE}"),
}


@pytest.fixture(scope="module")
def vouched(servers, tmp_path_factory):
    env = {"MAILFLOW_MAILBOX__AUTHSERV_ID": MX}
    folder = tmp_path_factory.mktemp("vouched") / "desk"
    running = Desk(servers, folder, SUPPORT, extra=AGENTS, env=env)
    running.receive(letter(MIA, "Vouched for"), to=SUPPORT)
    yield running, inbox(servers, ANN)[-1].reply_to[0].address
    running.close()


@pytest.mark.parametrize("what", DOUBTFUL)
def test_the_token_without_the_servers_word_is_not_enough(vouched, servers, what):
    desk, to = vouched
    before = len(inbox(servers, MIA))
    octets = letter(ANN, "Re: it", WORDS, *DOUBTFUL[what], to=to)
    (outcome,) = arrives(desk, servers, octets)
    assert outcome.decision.commands == ()
    assert outcome.decision.answer.reason
    if what != "another From added":  # then nobody knows whom to tell
        assert "does not vouch" in inbox(servers, ANN)[-1].text
    assert len(inbox(servers, MIA)) == before
    assert rows(desk.folder, "select status from ticket where id = 1") == [("new",)]


def test_an_agents_mail_sent_once_more_is_one_answer(vouched, servers):
    desk, to = vouched
    answer = letter(ANN, "Re: it", "Restart it.", PASS, OUTSIDE, to=to, message_id="a1@desk.test")
    arrives(desk, servers, answer)
    assert inbox(servers, MIA)[-1].new_text.strip() == "Restart it."
    before = len(inbox(servers, MIA))
    arrives(desk, servers, answer)
    assert len(inbox(servers, MIA)) == before


def test_an_expired_reply_address_proves_nothing(desk, servers):
    to = inbox(servers, ANN)[0].reply_to[0].address
    before = len(inbox(servers, MIA))
    desk.clock.skip(days=400)
    outcome = desk.receive(letter(ANN, "Re: It is broken [#1]", WORDS, to=to), to=SUPPORT)[0]
    assert outcome.decision.commands == ()
    assert outcome.decision.answer.reason
    assert not [m for m in inbox(servers, MIA)[before:] if "password" in m.text]
