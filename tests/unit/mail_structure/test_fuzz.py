"""A short run of the mutation fuzz (the long one is tests/fuzz/fuzz_parse.py), and any octets at all."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from mailflow.mail.inspection import inspection_record
from mailflow.mail.message import RawMessage
from mailflow.mail.parse import parse_message
from tests.hostile import hostile_mails
from tests.mutate import PIECES, mutated


def assert_readable(octets: bytes) -> None:
    message = parse_message(RawMessage(octets))
    written = json.dumps(inspection_record(message, "x"), ensure_ascii=False)
    written.encode("utf-8")
    assert "\\u0000" not in written.replace("\\\\", "")
    assert not [one for one in message.defects if "-failed:" in one]


def test_mutated_mails_are_read() -> None:
    seeds = [octets for _, octets in hostile_mails(huge=False) if len(octets) < 5_000]
    for octets in mutated(seeds, 1_500, seed=7):
        assert_readable(octets)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=400), st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
)
def test_any_octets_are_read(octets: bytes) -> None:
    assert_readable(octets)
