"""The one error of this room, and what serves in a model's place."""

from __future__ import annotations

from collections.abc import Sequence

from mailflow.desk.suggestion import NO_SUGGESTION, Suggestion


class ModelUnusable(Exception):
    """A model cannot serve: why, and what the admin can do. Mail flows on without suggestions."""

    def __init__(self, reason: str, mend: str) -> None:
        self.reason = reason
        self.mend = mend
        super().__init__(f"{reason}. Next: {mend}." if mend else reason)


class Silent:
    """Serves while there is no usable model: abstains from everything."""

    version = ""

    def suggest(self, subject: str, text: str) -> Suggestion:
        return NO_SUGGESTION

    def suggest_many(self, texts: Sequence[tuple[str, str]]) -> list[Suggestion]:
        return [NO_SUGGESTION for _ in texts]
