"""`mailflow import` as installed: from files and from IMAP, killed and started again, and rehearsed."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import random
import subprocess
from pathlib import Path

import pytest

from mailflow.demo.servers import PASSWORD, EmbeddedServers
from tests.daemon import PROGRAM, environment, rows, until, write_config
from tests.desks import letter
from tests.quality import threads
from tests.quality.corpora import CORPORA

SUPPORT = "support@demo.test"


@pytest.fixture
def config(embedded: EmbeddedServers, tmp_path: Path) -> Path:
    return write_config(
        tmp_path,
        imap_port=embedded.imap_port,
        smtp_port=embedded.smtp_port,
        username=SUPPORT,
        support=SUPPORT,
    )


def run(config: Path, *words: str | Path, code: int = 0) -> list[dict[str, object]]:
    done = subprocess.run(
        [PROGRAM, "import", *words, "--json", "--config", config],
        env=environment(PASSWORD),
        cwd=config.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def thread(number: int) -> bytes:
    """Every third message opens a thread; the others answer the one that opened theirs."""
    opens = number - number % 3
    answers = [f"In-Reply-To: <{opens}@old.test>"] if opens != number else []
    date = f"Date: Mon, 2 Nov 2026 {number // 60 % 24:02}:{number % 60:02}:00 +0000"
    own = f"{number}@old.test"
    return letter(f"p{number}@old.test", f"s{opens}", "Help.", date, *answers, message_id=own)


def write_mbox(path: Path, count: int) -> Path:
    postmark = b"From p@old.test Mon Nov  2 10:00:00 2026\n"
    mails = (thread(n).replace(b"\r\n", b"\n") for n in range(count))
    path.write_bytes(b"".join(postmark + octets + b"\n" for octets in mails))
    return path


def assert_nothing_leaves(folder: Path, servers: EmbeddedServers) -> None:
    assert rows(folder, "select count(*) from outbox") == [(0,)]
    assert rows(folder, "select count(*) from ticket where next_update_at is not null") == [(0,)]
    assert rows(folder, "select distinct status from ticket") == [("solved",)]
    assert servers.accepted == []


def test_a_folder_of_the_mailbox_becomes_tickets(embedded: EmbeddedServers, config: Path) -> None:
    uids = [embedded.put(SUPPORT, "INBOX", thread(number)) for number in range(7)]
    lines = run(config, "imap:INBOX", "--trust-references")
    assert [line["position"] for line in lines] == uids
    assert [line["ticket"] for line in lines] == [1, 1, 1, 2, 2, 2, 3]
    assert {line["file"] for line in lines} == {"imap:INBOX"}
    assert_nothing_leaves(config.parent, embedded)
    # The daemon's own first contact is still to come, and finds these bytes known.
    assert rows(config.parent, "select count(*) from folder_cursor") == [(0,)]
    again = run(config, "imap:INBOX", "--trust-references")
    assert all(line["known"] for line in again)
    run(config, "imap:Nowhere", code=4)


@pytest.mark.long
def test_killed_again_and_again_it_misses_nothing_and_repeats_nothing(
    embedded: EmbeddedServers, config: Path, tmp_path: Path
) -> None:
    count, kills = 300, 4
    mbox = write_mbox(tmp_path / "old.mbox", count)
    words = [PROGRAM, "import", mbox, "--trust-references", "--config", config]
    seen = "select count(*) from message"
    for kill in range(kills):
        before = rows(tmp_path, seen)[0][0] if kill else 0
        process = subprocess.Popen(
            words,
            env=environment(PASSWORD),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wanted = before + 7 + 5 * kill
        until(lambda wanted=wanted: rows(tmp_path, seen)[0][0] >= wanted, "some messages")
        process.kill()
        process.wait(10)
        assert process.returncode == -9, "it was done before it was killed"
    lines = run(config, mbox, "--trust-references")
    assert len(lines) == count
    assert {line["known"] for line in lines} == {True, False}
    assert rows(tmp_path, "select count(*), count(distinct raw_message_id) from message") == [
        (count, count)
    ]
    assert rows(tmp_path, "select count(*) from ticket") == [(count // 3,)]
    assert rows(tmp_path, "select count(*) from raw_message where state <> 'recorded'") == [(0,)]
    by_ticket: dict[object, set[int]] = {}
    for line in lines:
        number = int(str(line["message_id"]).partition("@")[0])
        by_ticket.setdefault(line["ticket"], set()).add(number - number % 3)
    assert all(len(threads) == 1 for threads in by_ticket.values())
    assert_nothing_leaves(tmp_path, embedded)


def test_a_rehearsal_leaves_the_database_as_it_is(
    embedded: EmbeddedServers, config: Path, tmp_path: Path
) -> None:
    mbox = write_mbox(tmp_path / "old.mbox", 6)
    first = run(config, mbox, "--dry-run", "--trust-references")
    assert [line["ticket"] for line in first] == [1, 1, 1, 2, 2, 2]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.toml", "old.mbox"]
    (tmp_path / "one.eml").write_bytes(thread(100))
    run(config, tmp_path / "one.eml")
    before = digests(tmp_path)
    assert next(line["ticket"] for line in run(config, mbox, "--dry-run")) == 2
    assert digests(tmp_path) == before


def digests(folder: Path) -> dict[str, str]:
    names = [p for p in folder.iterdir() if p.is_file() and not p.name.endswith(("-wal", "-shm"))]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


def test_a_bar_moves_where_somebody_looks(config: Path, tmp_path: Path) -> None:
    mbox = write_mbox(tmp_path / "old.mbox", 3)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "import", mbox, "--config", config],
        env={**environment(PASSWORD), "TERM": "xterm", "COLUMNS": "100"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.stdout is not None
    assert process.stdout.read() == b""
    assert process.wait(30) == 0
    assert b"Importing" in shown
    assert b"3/3" in shown
    assert b"No mail leaves." in shown


def test_conversations_of_a_real_list() -> None:
    folders = sorted(CORPORA.glob("threads-*"))
    if not folders:
        pytest.skip(f"NOT MEASURED: no threads-* at {CORPORA}")
    for folder in folders:
        files = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix != ".json")
        mails = {p.name: p.read_bytes() for p in files}
        truth = threads.components(mails)
        assert threads.pairwise(truth, threads.tickets(mails, 0))[2] >= 0.99
        chance = random.Random(4)
        lost = {name for name in sorted(mails) if chance.random() < 0.3}
        cut = {n: threads.without_thread_fields(o) if n in lost else o for n, o in mails.items()}
        assert threads.pairwise(truth, threads.tickets(cut, threads.WINDOW_DAYS))[2] >= 0.95
