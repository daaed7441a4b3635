"""The main job on real servers: Dovecot, SMTP, and the installed program as a process of its own."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.daemon import (
    SUPPORT,
    Daemon,
    append,
    first_contact,
    nothing_waits,
    outcomes,
    rows,
    until,
    write_config,
)
from tests.traffic import mixed_mail

COUNT = 200


@pytest.mark.long
def test_200_mixed_mails_are_all_accounted_for(tmp_path, dovecot, smtp_sink):
    mails = list(mixed_mail(COUNT, 7, SUPPORT))
    config = write_config(tmp_path, imap_port=dovecot.port, smtp_port=smtp_sink.port)
    daemon = Daemon(config, dovecot.password)
    try:
        first_contact(tmp_path)
        client = dovecot.client("support")
        for mail in mails:
            append(client, mail.octets)
        decided = "select count(*) from raw_message where state != 'waiting'"
        until(lambda: rows(tmp_path, decided)[0][0] == COUNT, "200 decisions", 120)
        until(lambda: nothing_waits(tmp_path), "an empty outbox")
        seconds = daemon.terminate()
    finally:
        daemon.kill()
    log = daemon.log.read_text()

    assert daemon.process.returncode == 0, log
    assert seconds < 5
    assert "Traceback" not in log
    assert outcomes(tmp_path) == Counter(mail.outcome for mail in mails)
    wanted = sorted(mail.author for mail in mails if mail.acknowledged)
    assert sorted(r for e in smtp_sink.accepted for r in e.recipients) == wanted
    assert not [f for f in client_flags(client) if b"\\Seen" in f]

    again = Daemon(config, dovecot.password)
    try:
        started = "select count(*) from event where kind = 'first contact'"
        cycles_before = rows(tmp_path, started)
        append(client, next(mixed_mail(1, 99, SUPPORT)).octets.replace(b"firm0", b"other"))
        until(lambda: len(smtp_sink.accepted) == len(wanted) + 1, "the acknowledgement of one more")
        assert again.terminate() < 5
    finally:
        again.kill()
    assert sum(outcomes(tmp_path).values()) == COUNT + 1
    assert rows(tmp_path, started) == cycles_before
    assert len(smtp_sink.accepted) == len(wanted) + 1


def client_flags(client):
    client.select_folder("INBOX", readonly=True)
    return [data[b"FLAGS"] for data in client.fetch(client.search("ALL"), ["FLAGS"]).values()]
