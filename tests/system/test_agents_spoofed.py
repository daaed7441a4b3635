"""Who pretends to be an agent, through the real door: refused each time, with a recorded reason."""

from __future__ import annotations

import json

import pytest

from mailflow.demo.servers import EmbeddedServers
from tests.daemon import rows
from tests.desks import Desk, inbox, letter

SUPPORT, ANN, BOB = "support@desk.test", "ann@desk.test", "bob@desk.test"
MIA, EVE = "mia@home.test", "eve@evil.test"
AGENTS = "".join(
    f'[[agents]]\naddress = "{a}"\nname = "{n}"\n' for a, n in ((ANN, "Ann"), (BOB, "Bob"))
)
WORDS = "#closed\r\n\r\nSend me your password. CANARY"


@pytest.fixture(scope="module")
def servers():
    with EmbeddedServers([SUPPORT, ANN, BOB, MIA]) as running:
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


def mails(anns: str, bobs: str, first_id: str) -> dict[str, bytes]:
    """By what is forged. ``anns`` and ``bobs`` are their personal reply addresses."""

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
        "kelvin": mail("bo\u212a@desk.test", to=bobs),
        "the agent's name": mail(f"Ann <{EVE}>"),
        "an invisible joiner": mail("ann\u200b@desk.test"),
        "own authserv below": mail(EVE, "Authentication-Results: desk.test; dmarc=pass header.from=desk.test"),
        "smuggled": mail(EVE) + b"\n.\nMAIL FROM:<ann@desk.test>\n",
        "bare controls": mail("ann@desk.test\x00<eve@evil.test>"),
    }  # fmt: skip
    token_length = len(anns.partition("@")[0].partition("+")[2])
    found |= {f"token flipped at {n}": mail(ANN, to=flipped(anns, n)) for n in range(token_length)}
    return found


def test_every_forgery_is_refused_with_a_reason(desk, servers):
    to_ann, to_bob = (inbox(servers, who)[0] for who in (ANN, BOB))
    before = [m.text for m in inbox(servers, MIA)]
    found = mails(to_ann.reply_to[0].address, to_bob.reply_to[0].address, to_ann.message_id)
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


def test_an_expired_reply_address_proves_nothing(desk, servers):
    to = inbox(servers, ANN)[0].reply_to[0].address
    before = len(inbox(servers, MIA))
    desk.clock.skip(days=400)
    outcome = desk.receive(letter(ANN, "Re: It is broken [#1]", WORDS, to=to), to=SUPPORT)[0]
    assert outcome.decision.commands == ()
    assert outcome.decision.answer.reason
    assert not [m for m in inbox(servers, MIA)[before:] if "password" in m.text]
