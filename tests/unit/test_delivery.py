"""When to try again, when to give up, and which addresses never reach a server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflow.desk.delivery import address_fault, expires_after, retry_delay
from mailflow.desk.notices import NoticeKind


def test_the_pauses_grow() -> None:
    minutes = [retry_delay(n, 0).total_seconds() / 60 for n in range(1, 8)]
    assert minutes == [1, 5, 15, 60, 240, 240, 240]


def test_jitter_only_adds_and_never_much() -> None:
    assert retry_delay(1, 1.0) == timedelta(seconds=72)
    assert retry_delay(1, 9.9) == timedelta(seconds=72)
    assert retry_delay(1, -1) == timedelta(minutes=1)
    assert retry_delay(0, 0) == retry_delay(-5, 0) == timedelta(minutes=1)
    assert retry_delay(10**9, 0.5) == timedelta(hours=4.4)


def test_a_late_acknowledgement_is_worse_than_none() -> None:
    assert expires_after(NoticeKind.ACKNOWLEDGEMENT) == timedelta(hours=4)
    assert expires_after(NoticeKind.PROGRESS_UPDATE) == timedelta(hours=4)
    assert expires_after(NoticeKind.AGENT_NOTIFICATION) == timedelta(days=5)
    assert expires_after(None) == timedelta(days=5)


@pytest.mark.parametrize(
    "address",
    [
        "maria@example.org",
        "MARIA+tag=1@Example.ORG",
        "a..b.@docomo.example",
        "o'hara@x.example",
        '"quoted"@example.org',
        "müller@bücher.example",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "root@localhost",
        "x" * 64 + "@example.org",
    ],
)
def test_good_addresses(address: str) -> None:
    assert address_fault(address) is None


@given(st.text(max_size=400))
def test_whatever_passes_is_one_harmless_token(address: str) -> None:
    if address_fault(address) is None:
        octets = address.encode("utf-8")
        assert len(octets) <= 254
        assert not any(octet <= 0x20 or octet == 0x7F for octet in octets)
        assert not set("<>") & set(address)


@given(
    st.sampled_from(["\r", "\n", "\0", " ", "\t", ">", "\u2028", "\u200d", "\ud800"]),
    st.integers(0, 17),
)
def test_one_bad_character_anywhere_is_refused(bad: str, place: int) -> None:
    good = "maria@example.org"
    assert address_fault(good[:place] + bad + good[place:]) is not None
