"""What an agent may say to a progress update they were shown: wait with it, or do not send it. Pure.

Beside other commands each is one of them (``#postpone 2d``); alone in a mail it may go without ``#``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

_ORDER = re.compile(
    r"[/#@]?(postpone|veto|skip)(?:\s+(\d{1,3})\s*(m|h|d|w)[a-z]*)?[.!]?", re.IGNORECASE
)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_USUAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Postpone:
    """Send the update so much later."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class Veto:
    """Send no update until somebody writes again."""


UpdateOrder = Postpone | Veto


def read_order(new_text: str) -> UpdateOrder | None:
    """``postpone 2d``, ``postpone`` (a day), ``veto`` or ``skip``, alone in a mail; None for anything else."""
    match = _ORDER.fullmatch(new_text.strip()[:60])
    if match is None:
        return None
    word, number, unit = match.groups()
    if word.lower() in ("veto", "skip"):
        return Veto() if number is None else None
    if number is None:
        return Postpone(_USUAL)
    return Postpone(timedelta(**{_UNITS[unit.lower()]: int(number)})) if int(number) else None
