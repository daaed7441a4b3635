"""Mails of 5 to 50 MB are read within five CPU seconds each."""

from __future__ import annotations

import time

from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from tests.hostile import huge_mails


def test_huge_mails_are_read_in_bounded_time() -> None:
    slow = []
    for name, octets in huge_mails():
        begun = time.process_time()
        message = parse_message(RawMessage(octets))
        spent = time.process_time() - begun
        assert not [one for one in message.defects if "-failed:" in one], name
        assert message.size == len(octets)
        if spent > 5.0:
            slow.append((name, spent))
    assert not slow
