"""Mail of the past: its bytes are kept and recorded in one transaction, once, and told again when known."""

from __future__ import annotations

import hashlib

import pytest
from builders import NOW, message
from desk_samples import decided

from mailflow.desk.context import Source
from mailflow.desk.decision import Storing
from mailflow.desk.suggestion import NO_SUGGESTION
from mailflow.mail.message import Location, RawMessage
from mailflow.store.database import SqlStore

RAW = RawMessage(b"Subject: old\r\n\r\nold\r\n", NOW, Location("Archive", 1, 7))
HASH = hashlib.sha256(RAW.octets).hexdigest()


def file_it(store: SqlStore, storing: Storing = Storing.OPEN_TICKET) -> None:
    with store.begin() as work:
        waiting = work.intake.keep_history(RAW, Source.INBOX, NOW)
        assert waiting is not None
        work.tickets.record(waiting, message(), decided(storing), NO_SUGGESTION, NOW)


def test_what_was_filed_is_told_and_not_kept_again(store: SqlStore) -> None:
    with store.begin() as work:
        assert work.intake.filed(HASH) is None
    file_it(store)
    with store.begin() as work:
        assert work.intake.keep_history(RAW, Source.INBOX, NOW) is None
        filed = work.intake.filed(HASH)
        assert work.intake.waiting(9) == []
    assert filed is not None
    assert (filed.ticket_id, filed.message_id) == (1, "m1@customer.example")
    assert (filed.proof, filed.reason, filed.base_subject) == ("none", "why stored", "It is broken")


def test_nothing_is_kept_of_a_transaction_that_fails(store: SqlStore) -> None:
    with pytest.raises(RuntimeError), store.begin() as work:
        work.intake.keep_history(RAW, Source.INBOX, NOW)
        raise RuntimeError("killed")
    with store.begin() as work:
        assert work.intake.filed(HASH) is None


def test_old_mail_the_inbox_held_can_be_filed_later(store: SqlStore) -> None:
    with store.begin() as work:
        work.intake.keep(RAW, Source.INBOX, NOW, history=True)  # its hash alone
        assert work.intake.filed(HASH) is None
    file_it(store)
    with store.begin() as work:
        filed = work.intake.filed(HASH)
    assert filed is not None
    assert filed.ticket_id == 1


def test_mail_that_waits_or_is_quarantined_is_left_to_the_daemon(store: SqlStore) -> None:
    with store.begin() as work:
        work.intake.keep(RAW, Source.INBOX, NOW)
        assert work.intake.keep_history(RAW, Source.INBOX, NOW) is None
        filed = work.intake.filed(HASH)
        assert filed is not None
        assert (filed.ticket_id, filed.reason) == (None, "waiting")
        work.intake.quarantine(work.intake.waiting(1)[0].id, "it broke", NOW)
        filed = work.intake.filed(HASH)
        assert filed is not None
        assert filed.reason == "it broke"
