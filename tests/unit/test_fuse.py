"""Budgets hold whatever a machine says of itself, also when the desk starts anew all the time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lying_responder import LIARS, rage, worst

LIMITS = {
    "address in an hour": 2,
    "address in a day": 5,
    "domain in an hour": 50,
    "in all in an hour": 300,
}


@pytest.mark.parametrize(
    ("liar", "mails", "pace", "left"),
    [
        ("one address", 60, 600.0, 5),  # ten hours: the day's budget
        ("one domain", 70, 10.0, 50),
        ("everywhere", 40, 1.0, 40),  # below every budget: everybody is answered
    ],
)
def test_a_lying_responder_gets_no_more_than_the_budgets(
    liar: str, mails: int, pace: float, left: int, tmp_path: Path
) -> None:
    found = worst(rage(mails, LIARS[liar], tmp_path, restart_every=10, pace=pace))
    assert found["left"] == left
    for name, limit in LIMITS.items():
        assert found[name] <= limit
