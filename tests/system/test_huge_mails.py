"""Mails of 5 to 50 MB are read within five CPU seconds and 256 MB of memory each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from tests.hostile import huge_mails

SECONDS = 5.0
MEGABYTES = 256  # beside the mail itself

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")  # writing 5 forgets the peak (Linux)


def _peak() -> int:
    """The most memory this process held since the last reset, in megabytes; 0 where none can say."""
    if not _STATUS.exists():
        return 0
    line = next(one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) // 1_000


def _forget_peak() -> int:
    if _RESET.exists():
        _RESET.write_text("5")
    return _peak()


@pytest.mark.long
def test_huge_mails_are_read_in_bounded_time_and_memory() -> None:
    beyond = []
    for name, octets in huge_mails():
        before = _forget_peak()
        begun = time.process_time()
        message = parse_message(RawMessage(octets))
        spent = time.process_time() - begun
        grown = _peak() - before
        assert not [one for one in message.defects if "-failed:" in one], name
        assert message.size == len(octets)
        if spent > SECONDS or grown > MEGABYTES:
            beyond.append((name, spent, grown))
    assert not beyond
