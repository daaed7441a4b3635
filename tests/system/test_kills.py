"""kill -9 at random moments while mail keeps coming: nothing lost, nothing twice.

The books are checked by SQL and by the SMTP server's own log, not by mailflow's code.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.daemon import (
    SUPPORT,
    Daemon,
    append,
    environment,
    first_contact,
    nothing_waits,
    rows,
    until,
    write_config,
)
from tests.traffic import mixed_mail

KILLS = 100
COUNT = 200
SEED = 20260302
LOOP = Path(__file__).parent.parent / "kill_loop.py"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_100_kills_lose_nothing_and_repeat_nothing(tmp_path, dovecot, smtp_sink):
    mails = list(mixed_mail(COUNT, SEED, SUPPORT))
    config = write_config(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port)
    meeting = Daemon(config, dovecot.password)
    first_contact(tmp_path)
    meeting.kill()

    client = dovecot.client("support")
    done = threading.Event()

    def keep_writing():
        for mail in mails:
            append(client, mail.octets)
            done.wait(0.25)  # spread over the lives; at once when the kills are over

    writer = threading.Thread(target=keep_writing)
    writer.start()
    loop = subprocess.run(
        [sys.executable, LOOP, config, str(KILLS), str(SEED), tmp_path / "log"],
        env=environment(dovecot.password),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    done.set()
    writer.join()
    assert loop.returncode == 0, loop.stdout + loop.stderr + (tmp_path / "log").read_text()[-3000:]
    assert f"killed {KILLS}" in loop.stdout

    # The kills must have hit work, not waiting: most of it was done in the killed lives.
    in_killed_lives = rows(tmp_path, "select count(*) from raw_message where state != 'waiting'")
    assert in_killed_lives[0][0] > COUNT // 2

    survivor = Daemon(config, dovecot.password)
    try:
        decided = "select count(*) from raw_message where state != 'waiting'"
        until(lambda: rows(tmp_path, decided)[0][0] == COUNT, "all decisions")
        until(lambda: nothing_waits(tmp_path), "an empty outbox")
        survivor.terminate()
    finally:
        survivor.kill()
    check_books(tmp_path, mails, smtp_sink)


def check_books(folder, mails, sink):
    appended = Counter(hashlib.sha256(m.octets).hexdigest() for m in mails)
    stored = Counter(h for (h,) in rows(folder, "select content_hash from raw_message"))
    assert stored == appended  # every mail once, byte for byte

    states = Counter(s for (s,) in rows(folder, "select state from raw_message"))
    assert states == {"recorded": COUNT}  # and none condemned by a kill

    decided = "select raw_message_id, count(*) from message where direction = 'in' group by 1"
    assert all(count == 1 for _, count in rows(folder, decided))
    assert len(rows(folder, decided)) == COUNT

    tickets = rows(folder, "select count(*) from ticket")[0][0]
    assert tickets == sum(m.outcome == "ticket" for m in mails)

    acknowledged = Counter(r for e in sink.accepted for r in e.recipients)
    wanted = Counter(m.author for m in mails if m.acknowledged)
    assert not acknowledged - wanted, "somebody got an acknowledgement twice, or for nothing"
    ids = Counter(e.message_id for e in sink.accepted)
    assert max(ids.values()) == 1

    uncertain = rows(folder, "select count(*) from outbox where state = 'uncertain'")[0][0]
    sent = rows(folder, "select count(*) from outbox where state = 'sent'")[0][0]
    assert sent + uncertain == sum(wanted.values())
    # Every mail recorded as sent is in the server's log, and nothing unknown is.
    known = {i for (i,) in rows(folder, "select message_id from outbox")}
    said_sent = {i for (i,) in rows(folder, "select message_id from outbox where state = 'sent'")}
    assert said_sent <= set(ids) <= known
    tried = rows(folder, "select count(*) from raw_message where attempts > 1")[0][0]
    print(f"{KILLS} kills hit {tried} messages in hand: {sent} sent, {uncertain} uncertain")
