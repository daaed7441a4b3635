"""What is wrong with a configuration, in words: key, value, place and the mend. All at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EXIT_CODE = 3
MAX_SHOWN_VALUE = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. ``where`` is ``file:line``, the environment variable or the flag, or ''."""

    key: str  # dotted, such as mailbox.port; '' when the file as a whole is meant
    problem: str
    mend: str
    value: str | None = None  # as written; None when there is none or it must not be shown
    where: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        subject = self.key if self.value is None else f"{self.key} = {self.value}"
        if self.where.endswith(self.key):  # the flag or variable names the key already
            subject = "" if self.value is None else self.value
        end = "" if self.mend.endswith("?") else "."
        return f"{place}{subject}{': ' if subject else ''}{self.problem}. Mend: {self.mend}{end}"


class ConfigError(Exception):
    """The configuration cannot be used. ``faults`` lists everything found; programs exit with 3."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def shown(value: object) -> str:
    """A value as TOML would write it, cut short, on one line, and safe for a terminal."""
    if isinstance(value, str):
        text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dict):
        text = "{…}"
    elif isinstance(value, list | tuple):
        text = (
            "["
            + ", ".join(shown(item) for item in value[:5])
            + ("]" if len(value) <= 5 else ", …]")
        )
    elif isinstance(value, int) and abs(value) > 10**20:
        text = "(a very large number)"  # str() of a huge int raises
    else:
        text = str(value)
    text = "".join(
        c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: MAX_SHOWN_VALUE + 1]
    )
    return text if len(text) <= MAX_SHOWN_VALUE else text[: MAX_SHOWN_VALUE - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to ``word``, or None. ``word`` may be anything, also very long."""
    candidates = {name.lower(): name for name in known}
    wanted = word[:80].lower().replace("-", "_")
    near = difflib.get_close_matches(wanted, candidates, n=1, cutoff=0.6)
    if near:
        return candidates[near[0]]
    # "server" for "host" is beyond spelling; a part of the word may still be right: "max_poll_seconds"
    parts = [name for lower, name in candidates.items() if len(lower) > 3 and lower in wanted]
    return parts[0] if parts else None
