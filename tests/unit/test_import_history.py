"""Importing old mail: where messages lie, which belong together, what is decided, and what stays silent."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from mailflow.desk.conversations import Conversations
from mailflow.desk.policy import Policy
from mailflow.desk.ticket import TicketStatus
from mailflow.edges.archives import FileArchive, scan_mbox
from mailflow.flow.import_history import Imported, Importer, import_history, plan_import
from mailflow.store.database import SqlStore, open_store
from mailflow.store.faults import StoreUnavailable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = Policy("support@desk.test", "Desk", own_addresses=frozenset({"support@desk.test"}))


def mail(
    number: int,
    author: str = "mia@customer.test",
    subject: str = "It broke",
    *fields: str,
    hour: int | None = None,
    body: str = "Help.",
) -> bytes:
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(hours=number if hour is None else hour)
    head = [
        f"From: {author}",
        f"Subject: {subject}",
        f"Message-ID: <{number}@archive.test>",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000",
        *fields,
    ]
    return "\n".join([*head, "", body, ""]).encode()


def answers(number: int) -> str:
    return f"In-Reply-To: <{number}@archive.test>"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path}/desk.db")
    yield opened
    opened.close()


def imported(
    store: SqlStore,
    folder: Path,
    mails: list[bytes] | None = None,
    *,
    trusted: bool = True,
    policy: Policy = POLICY,
    stop_after: int | None = None,
) -> list[Imported]:
    folder.mkdir(exist_ok=True)
    for number, octets in enumerate(mails or []):
        (folder / f"{number:03}.eml").write_bytes(octets)
    archives = [FileArchive(folder, max_octets=1_000_000)]
    entries, conversations = plan_import(archives, lambda: NOW)
    importer = Importer(store, policy, (), lambda: NOW, (StoreUnavailable,), trusted)
    return list(islice(import_history(archives, entries, conversations, importer), stop_after))


def tickets_by_file(done: list[Imported]) -> dict[str, int | None]:
    return {Path(one.file).stem: one.ticket_id for one in done}


# ── where messages lie ──────────────────────────────────────────────────────────────────────────

MBOX = b"""\
From mia@customer.test Mon Nov  2 10:00:00 2026
Subject: one

text

From here on: it says 10:00 in 2026
no field follows.

From the log of Monday 10:00:
Field: this line has no year

>From time to time
From mia@customer.test Mon Nov  2 10:00:00 2026
Not: after an empty line

From mia@customer.test Mon Nov  2 11:00:00 2026
Subject: two

last
"""


def test_an_mbox_is_cut_at_postmarks_alone(tmp_path: Path) -> None:
    heads = list(scan_mbox("x", io.BytesIO(MBOX)))
    assert [head.octets for head in heads] == [b"Subject: one\n\n", b"Subject: two\n\n"]
    path = tmp_path / "x.mbox"
    path.write_bytes(MBOX)
    archive = FileArchive(path, max_octets=10_000)
    first, second = (archive.read(h.file, h.position, h.size) for h in archive.heads())
    assert first and second
    assert first.octets.startswith(b"Subject: one\n\ntext\n")
    assert b"\nFrom time to time\nFrom mia@customer.test" in first.octets
    assert first.octets.endswith(b"\nNot: after an empty line\n")
    assert second.octets == b"Subject: two\n\nlast\n"


def test_an_mbox_with_crlf_and_endless_lines_costs_no_memory() -> None:
    octets = b"From a@b.test Mon Nov  2 10:00:00 2026\r\nSubject: x\r\n\r\n" + b"a" * 3_000_000
    octets += b"\r\n\r\nFrom a@b.test Mon Nov  2 10:00:00 2026\r\nSubject: y\r\n\r\n"
    heads = list(scan_mbox("x", io.BytesIO(octets)))
    assert [head.octets for head in heads] == [b"Subject: x\r\n\r\n", b"Subject: y\r\n\r\n"]
    assert heads[0].size == 3_000_000 + 14 + 2
    assert octets[heads[1].position :].startswith(b"Subject: y")


def test_a_message_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "big.eml"
    path.write_bytes(mail(1, body="x" * 5000))
    archive = FileArchive(path, max_octets=300)
    (head,) = archive.heads()
    raw = archive.read(head.file, head.position, head.size)
    assert raw and raw.truncated and len(raw.octets) == 300


def test_folders_hold_messages_of_every_kind_and_other_things(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp", ".Old/cur"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "cur" / "1.host:2,S").write_bytes(mail(1))
    (tmp_path / "new" / "2.host").write_bytes(mail(2))
    (tmp_path / "tmp" / "3.host").write_bytes(mail(3))
    (tmp_path / ".Old" / "cur" / "4.host").write_bytes(mail(4))
    (tmp_path / "list.mbox").write_bytes(MBOX)
    (tmp_path / "notes.txt").write_bytes(b"Note: no mail at all\n\nSubject: none\n")
    (tmp_path / "1.expected.json").write_bytes(b"{}")
    found = FileArchive(tmp_path, max_octets=1000).heads()
    names = [str(Path(head.file).relative_to(tmp_path)) for head in found]
    assert names == [".Old/cur/4.host", "cur/1.host:2,S", "list.mbox", "list.mbox", "new/2.host"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    archive = FileArchive(tmp_path / "gone.mbox", max_octets=1000)
    assert list(archive.heads()) == []
    assert list(archive.unreadable) == [str(tmp_path / "gone.mbox")]


# ── which belong together ───────────────────────────────────────────────────────────────────────


def test_conversations_do_not_depend_on_the_order() -> None:
    mails = [["a"], ["b", "a"], ["c", "x"], ["d", "y"], ["e", "x", "y"], []]
    for seed in range(20):
        order = list(range(len(mails)))
        random.Random(seed).shuffle(order)
        conversations = Conversations()
        node = {n: conversations.add(mails[n]) for n in order}
        root = {n: conversations.root(node[n]) for n in order}
        assert root[0] == root[1] != root[2] == root[3] == root[4]
        assert root[5] not in {root[0], root[2]}


def test_a_hundred_thousand_ids_in_one_chain() -> None:
    conversations = Conversations()
    nodes = [conversations.add([str(n), str(n - 1)]) for n in range(100_000)]
    assert len({conversations.root(node) for node in nodes}) == 1


# ── what is decided ─────────────────────────────────────────────────────────────────────────────


def test_the_past_is_solved_and_silent(store: SqlStore, tmp_path: Path) -> None:
    (one,) = imported(store, tmp_path / "mail", [mail(1)])
    with store.begin() as work:
        ticket = work.tickets.ticket(one.ticket_id or 0)
        assert work.outbox.next_due(NOW + timedelta(days=99)) is None
        assert work.tickets.updates_due(NOW + timedelta(days=99), 9) == []
        assert work.intake.waiting(9) == []
    assert ticket is not None
    assert ticket.status is TicketStatus.SOLVED
    assert ticket.next_update_at is None
    assert ticket.created_at == datetime(2026, 11, 2, 1, tzinfo=UTC)
    assert ticket.requester.address == "mia@customer.test"


def test_two_threads_a_later_message_joins_are_one_ticket(store: SqlStore, tmp_path: Path) -> None:
    joins = "References: <1@archive.test> <2@archive.test>"
    done = imported(
        store, tmp_path / "mail", [mail(1), mail(2), mail(3, "bo@x.test", "Both", joins)]
    )
    assert {one.ticket_id for one in done} == {1}
    assert [one.opened for one in done] == [True, False, False]


def test_a_parent_that_comes_after_its_child_joins_it(store: SqlStore, tmp_path: Path) -> None:
    child, parent = mail(2, "bo@x.test", "Re: It broke", answers(1), hour=1), mail(1, hour=9)
    assert {one.ticket_id for one in imported(store, tmp_path / "a", [child, parent])} == {1}


@pytest.mark.parametrize("trusted", [True, False])
def test_a_parent_of_a_later_import_joins_too(
    store: SqlStore, tmp_path: Path, trusted: bool
) -> None:
    child = mail(2, "mia@customer.test", "Re: It broke", answers(1))
    imported(store, tmp_path / "a", [child], trusted=trusted)
    (parent,) = imported(store, tmp_path / "b", [mail(1)], trusted=trusted)
    assert (parent.ticket_id, parent.proof) == (1, "References")


def test_without_trust_a_stranger_gets_a_ticket_of_their_own(
    store: SqlStore, tmp_path: Path
) -> None:
    authors = ["mia@customer.test", "eve@x.test", "mia@customer.test"]
    mails = [mail(n, a, "Re: It broke", answers(1)) for n, a in enumerate(authors, start=1)]
    done = imported(store, tmp_path / "mail", mails, trusted=False)
    assert [one.ticket_id for one in done] == [1, 2, 1]


def test_machine_mail_gets_a_ticket_in_a_trusted_archive_alone(
    store: SqlStore, tmp_path: Path
) -> None:
    bulk = mail(1, "news@x.test", "Offers", "Precedence: bulk")
    (aside,) = imported(store, tmp_path / "a", [bulk], trusted=False)
    assert aside.ticket_id is None
    (filed,) = imported(store, tmp_path / "b", [bulk.replace(b"<1@", b"<2@")])
    assert filed.ticket_id == 1


def test_a_copy_is_named_with_the_ticket_it_copies(store: SqlStore, tmp_path: Path) -> None:
    copy = b"Received: by the.list.test\n" + mail(1)
    for _ in range(2):  # recorded, then known
        done = imported(store, tmp_path / "mail", [mail(1), copy])
        assert [one.ticket_id for one in done] == [1, 1]


def test_a_number_in_an_old_subject_is_no_ticket_of_ours(store: SqlStore, tmp_path: Path) -> None:
    done = imported(store, tmp_path / "mail", [mail(1), mail(2, "bo@x.test", "Bug [#1] again")])
    assert [one.ticket_id for one in done] == [1, 2]


@pytest.mark.parametrize(
    ("subject", "body", "hour", "joins"),
    [
        ("Re: It broke", "Me too.", 2, True),
        ("[list] Re: It broke", "Me too.", 2, True),
        ("[list] It broke", "On Mon, 2 Nov 2026, Mia wrote:\n> Help.\n\nMe too.", 2, True),
        ("It broke", "MR> Help.\nMe too.", 2, True),
        ("It broke", "Mine too, by chance.", 2, False),  # nothing says that it answers
        ("Re: It broke", "Me too.", 2 + 24 * 8, False),  # out of the window
        ("Re: ", "Me too.", 2, False),
    ],
)
def test_the_subject_alone_ties_replies_within_the_window(
    store: SqlStore, tmp_path: Path, subject: str, body: str, hour: int, joins: bool
) -> None:
    policy = replace(POLICY, subject_window=timedelta(days=7))
    reply = mail(2, "bo@x.test", subject, hour=hour, body=body)
    first, second = imported(store, tmp_path / "mail", [mail(1), reply], policy=policy)
    assert (second.ticket_id == first.ticket_id) is joins
    assert second.proof == ("same subject" if joins else "none")


def test_the_subject_window_is_off_by_default(store: SqlStore, tmp_path: Path) -> None:
    done = imported(store, tmp_path / "mail", [mail(1), mail(2, "bo@x.test", "Re: It broke")])
    assert [one.ticket_id for one in done] == [1, 2]


def test_an_import_goes_on_where_it_was_cut_off(store: SqlStore, tmp_path: Path) -> None:
    mails = [mail(n, "bo@x.test", f"s{n}", *([answers(n % 3)] if n > 2 else [])) for n in range(9)]
    assert len(imported(store, tmp_path / "mail", mails, stop_after=4)) == 4
    again = imported(store, tmp_path / "mail")
    assert [one.known for one in again] == [True] * 4 + [False] * 5
    tickets = tickets_by_file(again)
    assert [tickets[f"{n:03}"] for n in range(9)] == [1, 2, 3] * 3


def test_hostile_dates_and_heads_are_imported(store: SqlStore, tmp_path: Path) -> None:
    mails = [
        b"",
        b"\x00\xff\xfe",
        b"Date: Mon, 1 Jan 0001 00:00:00 +0000\nSubject: a\n\n",
        b"Date: Fri, 31 Dec 9999 23:59:59 -2359\nSubject: b\n\n",
        b"References: " + b"<" * 9000 + b"\nSubject: c\n\n",
    ]
    done = imported(store, tmp_path / "mail", mails)
    assert not any(one.fault for one in done)
    assert len(done) == 4  # an empty file is no mail
