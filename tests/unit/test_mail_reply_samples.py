"""Replies of every client in every language: what is new in them, exactly."""

from __future__ import annotations

from tests.quality.replies import wrong


def test_new_text_of_replies_in_many_languages_and_clients() -> None:
    missed, count = wrong()
    assert count >= 1_070
    assert missed == []
