"""Mail on its way out, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from mailflow.desk.notices import NoticeKind
from mailflow.desk.outbox import NewMail, OutboxMail, Settlement, Usage


class Outbox(Protocol):
    def add(self, mail: NewMail) -> int | None:
        """The row's id; None when `mail.key` was recorded before (then nothing is written)."""
        ...

    def next_due(self, now: datetime) -> OutboxMail | None: ...
    def usage(self, mail: OutboxMail, now: datetime) -> Usage: ...
    def mark_in_flight(self, mail_id: int, now: datetime) -> None:
        """Only a pending mail; LookupError when it is not (any more)."""
        ...

    def settle(self, mail_id: int, settlement: Settlement, now: datetime) -> None:
        """Write the result, and its event in the audit trail."""
        ...

    def postpone(self, mail_id: int, not_before: datetime, reason: str) -> None:
        """Nothing was begun (the server could not be reached): not an attempt at the recipient."""
        ...

    def in_flight(self) -> Sequence[OutboxMail]: ...
    def drop_automatic(self, ticket_id: int, reason: str, now: datetime) -> int:
        """Automatic mail of this ticket that has not left never leaves. Returns how many."""

    def take_back(
        self, ticket_id: int, kinds: Sequence[NoticeKind], reason: str, now: datetime
    ) -> int:
        """Drop what is still pending of these kinds: it would say what is no longer true. Returns how many."""
        ...
