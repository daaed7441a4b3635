"""The demo, as a newcomer runs it: a process of its own, on this machine alone."""

from __future__ import annotations

import re
import signal
import subprocess
import time

import pytest
from imapclient import IMAPClient

from tests.daemon import PROGRAM, environment


@pytest.mark.long
def test_the_demo_tells_the_whole_story(tmp_path):
    started = time.monotonic()
    ended = subprocess.run(
        [PROGRAM, "demo"],
        env={**environment(""), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    story = ended.stdout
    assert ended.returncode == 0, story + ended.stderr
    assert time.monotonic() - started < 60
    assert not ended.stderr
    first = re.search(r"(\d+\.\d)s ● ticket 1 opened", story)
    assert first
    assert float(first[1]) < 15
    for shown in (
        "priority urgent",
        "article wifi-offline",
        "acknowledgement → customer maria@harbour.test",
        "auto-reply: auto-submitted-reply",
        "bulk mail (precedence-bulk)",
        "the agent's answer → customer maria@harbour.test",
        "Ann moves Sam's “Colour idea” to Tickets/Solved",
        "ticket 2 is pending: answered from the shared mailbox",
        "ticket 8 is solved: moved to Tickets/Solved",
        "progress update → customer priya@orchard.test",
        "resolution → customer tom@fjord.test",
        "mailflow init",
    ):
        assert shown in story
    assert re.search(r"quarantined +0", story)
    assert "progress update → customer tom@fjord.test" not in story  # Ann answered him
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_serve_keeps_the_servers_up_for_a_mail_client(tmp_path):
    process = subprocess.Popen(
        [PROGRAM, "demo", "--serve"],
        env={**environment(""), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C ends it" in line:
                break
        port = re.search(r"IMAP +127\.0\.0\.1 port (\d+)", said)
        assert port, said
        client = IMAPClient("127.0.0.1", int(port[1]), ssl=False, timeout=10)
        client.login("maria@harbour.test", "demo")
        assert client.select_folder("INBOX")[b"EXISTS"] >= 2
        client.logout()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
