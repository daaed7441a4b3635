"""Bounces, auto-replies, reports and lists of many systems, and people who write about them."""

from __future__ import annotations

from tests.quality.machine_mail import SAMPLES, faults


def test_machine_mail_is_told_from_letters_about_it() -> None:
    assert len(SAMPLES) >= 190
    assert faults() == []
