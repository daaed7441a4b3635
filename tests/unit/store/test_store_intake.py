"""Raw messages: each once, whatever is redelivered, renumbered or squatted on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import NOW, message
from desk_samples import decided, raw, record, waiting_for

from mailflow.desk.context import Source
from mailflow.desk.decision import Storing
from mailflow.flow.ports import Cursor
from mailflow.mail.message import Location, RawMessage
from mailflow.store import intake, reading
from mailflow.store.database import SqlStore


def test_bytes_come_back_exactly(store: SqlStore) -> None:
    octets = bytes(range(256)) * 3 + b"\r\n\0\xff"
    with store.begin() as work:
        assert work.intake.keep(raw(octets), Source.SENT, NOW)
    with store.begin() as work:
        (waiting,) = work.intake.waiting(10)
    assert waiting.raw == raw(octets)
    assert (waiting.source, waiting.attempts) == (Source.SENT, 0)


def test_known_bytes_only_gain_a_place(store: SqlStore) -> None:
    places = [raw(b"x", 1), raw(b"x", 1), raw(b"x", 9, "Archive"), raw(b"x", 4, uidvalidity=2)]
    with store.begin() as work:
        assert [work.intake.keep(p, Source.INBOX, NOW) for p in places] == [
            True,
            False,
            False,
            False,
        ]
        assert len(work.intake.waiting(10)) == 1
        work.intake.quarantine(1, "to look at", NOW)
    (line,) = reading.list_quarantine(store)
    assert line.places == ("INBOX/1/1", "Archive/1/9", "INBOX/2/4")


def test_redelivered_after_its_decision_stays_decided(store: SqlStore) -> None:
    record(store, b"x")
    with store.begin() as work:
        assert not work.intake.keep(raw(b"x", 7), Source.INBOX, NOW)
        assert work.intake.waiting(10) == []


def test_other_bytes_at_a_known_place_are_kept(store: SqlStore) -> None:
    with store.begin() as work:
        assert work.intake.keep(raw(b"x", 1), Source.INBOX, NOW)
        assert work.intake.keep(raw(b"y", 1), Source.INBOX, NOW)
        assert [w.raw.octets for w in work.intake.waiting(10)] == [b"x", b"y"]


def test_an_equal_message_id_discards_nothing(store: SqlStore) -> None:
    mine = message("mia@customer.example", message_id="same@x")
    theirs = message("eve@customer.example", message_id="same@x", new_text="else")
    assert record(store, b"one", incoming=mine).message_row != (
        record(store, b"two", incoming=theirs).message_row
    )
    assert reading.count_outcomes(store).tickets == 2


def test_history_is_remembered_and_never_waits(store: SqlStore) -> None:
    with store.begin() as work:
        assert work.intake.keep(raw(b"old", 1), Source.INBOX, NOW, history=True)
        assert not work.intake.keep(raw(b"old", 1, uidvalidity=2), Source.INBOX, NOW)
        assert work.intake.keep(raw(b"", 2), Source.INBOX, NOW, history=True)
        assert work.intake.keep(raw(b"", 3), Source.INBOX, NOW, history=True)
        assert not work.intake.keep(raw(b"", 3), Source.INBOX, NOW, history=True)
        assert work.intake.waiting(10) == []
    assert reading.raw_octets(store, 1) == b""
    assert reading.count_outcomes(store).history == 1


def test_an_empty_message_is_a_message(store: SqlStore) -> None:
    with store.begin() as work:
        assert work.intake.keep(raw(b""), Source.INBOX, NOW)
        assert len(work.intake.waiting(10)) == 1


def test_mail_without_a_place_is_kept(store: SqlStore) -> None:
    with store.begin() as work:
        assert work.intake.keep(RawMessage(b"piped"), Source.INBOX, NOW)
        assert work.intake.waiting(1)[0].raw == RawMessage(b"piped")


def test_oldest_first_and_bounded(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_HELD", 10)
    with store.begin() as work:
        for uid, size in enumerate([50, 4, 4, 4], start=1):
            work.intake.keep(raw(b"%d" % uid * size, uid), Source.INBOX, NOW)
        assert [w.id for w in work.intake.waiting(10)] == [1]  # at least one, however large
        work.intake.quarantine(1, "large", NOW)
        assert [w.id for w in work.intake.waiting(10)] == [2, 3]
        assert [w.id for w in work.intake.waiting(1)] == [2]


def test_attempts_count_and_quarantine_lets_go(store: SqlStore) -> None:
    with store.begin() as work:
        waiting = waiting_for(work, b"poison")
        work.intake.count_attempt([waiting.id], NOW)
        work.intake.count_attempt([waiting.id], NOW)
        work.intake.count_attempt([], NOW)
        assert work.intake.waiting(1)[0].attempts == 2
        work.intake.quarantine(waiting.id, "it kills the parser", NOW)
        assert work.intake.waiting(1) == []
    line, octets = reading.show_quarantined(store, waiting.id) or pytest.fail("not there")
    assert (line.fault, line.attempts, octets) == ("it kills the parser", 2, b"poison")
    assert reading.retry_quarantined(store, waiting.id, NOW)
    assert not reading.retry_quarantined(store, waiting.id, NOW)
    with store.begin() as work:
        assert work.intake.waiting(1)[0].attempts == 0


def test_quarantine_never_takes_back_a_decision(store: SqlStore) -> None:
    record(store, b"x")
    with store.begin() as work:
        work.intake.quarantine(1, "too late", NOW)
    assert reading.list_quarantine(store) == []


def test_cursors_stand_per_folder(store: SqlStore) -> None:
    with store.begin() as work:
        assert work.intake.cursor("INBOX") is None
        work.intake.set_cursor("INBOX", Cursor(7, 40, NOW))
        work.intake.set_cursor("Gesendet&AOQ-", Cursor(2**32 - 1, 2**32 - 1, NOW))
        work.intake.set_cursor("INBOX", Cursor(8, 3, NOW + timedelta(days=1)))
    with store.begin() as work:
        assert work.intake.cursor("INBOX") == Cursor(8, 3, NOW + timedelta(days=1))
        assert work.intake.cursor("Gesendet&AOQ-") == Cursor(2**32 - 1, 2**32 - 1, NOW)


def test_a_failed_transaction_leaves_nothing(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as work:
        work.intake.keep(raw(b"x"), Source.INBOX, NOW)
        raise ZeroDivisionError
    assert reading.count_outcomes(store).messages == 0


def test_a_transaction_inside_another_is_a_mistake(store: SqlStore) -> None:
    with store.begin(), pytest.raises(RuntimeError, match="already open"), store.begin():
        pass
    with store.begin() as work:
        assert work.intake.waiting(1) == []


def test_a_place_long_and_odd(store: SqlStore) -> None:
    place = Location("Ordner/" + "ü\0" * 4000, 1, 1)
    with store.begin() as work:
        assert work.intake.keep(RawMessage(b"x", NOW, place), Source.INBOX, NOW)
        assert not work.intake.keep(RawMessage(b"x", NOW, place), Source.INBOX, NOW)


def test_counts_add_up(store: SqlStore) -> None:
    first = record(store, b"1").ticket
    assert first is not None
    record(store, b"2", decided(Storing.ADD_TO_TICKET, first.id))
    record(store, b"3", decided(Storing.SET_ASIDE))
    with store.begin() as work:
        work.intake.quarantine(waiting_for(work, b"4").id, "why", NOW)
        work.intake.keep(raw(b"5"), Source.INBOX, NOW)
    counts = reading.count_outcomes(store)
    assert (counts.opened, counts.replies, counts.set_aside) == (1, 1, 1)
    assert (counts.quarantined, counts.waiting, counts.messages) == (1, 1, 5)
    assert [m.subject for m in reading.list_set_aside(store)] == ["It is broken"]
