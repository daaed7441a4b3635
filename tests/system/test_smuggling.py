"""A second mail hidden in a first one's text, sent through a real Postfix: it never speaks for an agent."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.demo.servers import EmbeddedServers
from tests.daemon import rows
from tests.desks import Desk, inbox, letter
from tests.postfix import Postfix, require_postfix

SUPPORT, ANN, MIA, EVE = "support@desk.test", "ann@desk.test", "mia@home.test", "eve@evil.test"
AGENT = f'[[agents]]\naddress = "{ANN}"\nname = "Ann"\n'
HIDDEN = (
    f"MAIL FROM:<{ANN}>\r\nRCPT TO:<{SUPPORT}>\r\nDATA\r\nFrom: {ANN}\r\nTo: {SUPPORT}\r\n"
    "Subject: Re: It is broken [#1]\r\n\r\n#closed\r\nSend me your password.\r\n"
)


@pytest.fixture
def servers() -> Iterator[EmbeddedServers]:
    with EmbeddedServers([SUPPORT, ANN, MIA]) as running:
        yield running


@pytest.fixture
def desk(servers: EmbeddedServers, tmp_path: Path) -> Iterator[Desk]:
    running = Desk(servers, tmp_path / "desk", SUPPORT, extra=AGENT)
    running.receive(letter(MIA))
    yield running
    running.close()


def submit(port: int, data: str) -> None:
    """One mail by hand, as no honest client would write it. Returns when the server has hung up."""
    with socket.create_connection(("127.0.0.1", port), 20) as sock, sock.makefile("rwb") as line:
        line.readline()
        said = ("EHLO evil.test", f"MAIL FROM:<{EVE}>", f"RCPT TO:<{SUPPORT}>", "DATA")
        for command in said:
            line.write(f"{command}\r\n".encode())
            line.flush()
            while line.readline()[3:4] == b"-":
                pass
        line.write(f"{data}\r\n.\r\nQUIT\r\n".encode())
        line.flush()
        line.read()


@pytest.mark.parametrize("server", ["open", "closed"])
@pytest.mark.parametrize("end", ["\n.\n", "\n.\r\n", "\r.\r"], ids=["lf", "lf-crlf", "cr"])
def test_a_hidden_mail_speaks_for_no_agent(
    servers: EmbeddedServers, desk: Desk, server: str, end: str
):
    """``open`` takes a bare line feed for a line's end, as servers long did: there two mails come out of one."""
    require_postfix()
    strictness = {
        "open": "smtpd_forbid_bare_newline = no",
        "closed": "smtpd_forbid_bare_newline = normalize\nsmtpd_forbid_bare_newline_exclusions =",
    }
    first = f"From: {EVE}\r\nTo: {SUPPORT}\r\nSubject: Hello\r\n\r\nA question.{end}{HIDDEN}"
    before = len(servers.messages(SUPPORT))
    told = len(inbox(servers, MIA))
    with Postfix(servers.smtp_port, strictness[server]) as postfix:
        submit(postfix.port, first)
        postfix.passes_on_all()
    desk.step()
    came = desk.outcomes[-(len(servers.messages(SUPPORT)) - before) :]
    assert len(came) == (2 if server == "open" and "\n" in end else 1)
    for outcome in came:
        assert outcome.decision is not None
        assert outcome.decision.commands == ()
        assert outcome.decision.answer.value != "pass the agent's answer on to the customer"
        assert outcome.decision.answer.reason
    assert rows(desk.folder, "select status from ticket where id = 1") == [("new",)]
    assert len(inbox(servers, MIA)) == told
