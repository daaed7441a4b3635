"""Raw messages: kept once, remembered wherever they lay, waiting until they are decided.

Where a mail lies is (folder, UIDVALIDITY, UID); who it is, is the hash of its bytes. Its Message-ID is
neither: anybody can write one, so an equal one never discards a mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Connection, func, insert, select, update

from mailflow.desk.context import Source
from mailflow.desk.history import COPY
from mailflow.flow.ports import Cursor, Filed, WaitingMessage
from mailflow.mail.message import Location, RawMessage
from mailflow.store import tables as t
from mailflow.store.rows import add_event, new_id

_HELD = 64 * 1024 * 1024  # octets of one batch
WAITING, RECORDED, HISTORY, QUARANTINED = "waiting", "recorded", "history", "quarantined"


class SqlIntake:
    """See :class:`mailflow.flow.ports.Intake`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cursor(self, folder: str) -> Cursor | None:
        row = self._connection.execute(
            select(t.folder_cursor).where(t.folder_cursor.c.folder == folder)
        ).first()
        if row is None:
            return None
        return Cursor(row.uidvalidity, row.last_uid, row.first_contact_at, row.reread_to)

    def set_cursor(self, folder: str, cursor: Cursor) -> None:
        values = {
            "uidvalidity": cursor.uidvalidity,
            "last_uid": cursor.last_uid,
            "first_contact_at": cursor.first_contact_at,
            "reread_to": cursor.reread_to,
        }
        where = t.folder_cursor.c.folder == folder
        if self._connection.execute(update(t.folder_cursor).where(where).values(values)).rowcount:
            return
        self._connection.execute(insert(t.folder_cursor).values(folder=folder, **values))

    def keep(
        self, raw: RawMessage, source: Source, now: datetime, *, history: bool = False
    ) -> bool:
        if history and not raw.octets:  # only the place is known
            return self._remember_place(raw.location, None, now)
        content_hash = hashlib.sha256(raw.octets).hexdigest()
        known = self._connection.execute(
            select(t.raw_message.c.id).where(t.raw_message.c.content_hash == content_hash)
        ).scalar()
        row_id = known or self._add(raw, content_hash, source, now, history=history)
        self._remember_place(raw.location, row_id, now)
        return known is None

    def keep_history(self, raw: RawMessage, source: Source, now: datetime) -> WaitingMessage | None:
        content_hash = hashlib.sha256(raw.octets).hexdigest()
        column = t.raw_message.c
        known = self._connection.execute(
            select(column.id, column.state).where(column.content_hash == content_hash)
        ).first()
        if known is not None and known.state != HISTORY:
            self._remember_place(raw.location, known.id, now)
            return None
        if known is None:
            row_id = self._add(raw, content_hash, source, now, history=False)
        else:  # old mail the inbox was found to hold: only its hash was kept
            row_id = known.id
            self._connection.execute(
                update(t.raw_message)
                .where(column.id == row_id)
                .values(state=WAITING, octets=raw.octets, source=source.value)
            )
        self._remember_place(raw.location, row_id, now)
        return WaitingMessage(row_id, raw, source, 0)

    def known_uids(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        column = t.sighting.c
        if not uids:
            return set()
        return set(
            self._connection.execute(
                select(column.uid).where(
                    column.folder == folder,
                    column.uidvalidity == uidvalidity,
                    column.uid.between(min(uids), max(uids)),
                )
            ).scalars()
        )

    def filed(self, content_hash: str) -> Filed | None:
        column, message = t.raw_message.c, t.message.c
        row = self._connection.execute(
            select(
                column.state,
                column.fault,
                message.message_id,
                message.ticket_id,
                message.linked_to,
                message.origin,
                message.base_subject,
                message.reasons,
            )
            .select_from(t.raw_message.outerjoin(t.message, message.raw_message_id == column.id))
            .where(column.content_hash == content_hash, column.state != HISTORY)
        ).first()
        if row is None:
            return None
        if row.origin is None:
            return Filed(None, None, "none", None, "", row.fault or row.state)
        thread, reason = row.reasons["thread"], row.reasons["store"]["reason"]
        copied = row.linked_to if reason == COPY else None
        ticket_id = row.ticket_id if row.ticket_id is not None else copied
        proof = str(thread.get("proof", "none"))
        return Filed(row.message_id, ticket_id, proof, row.origin, row.base_subject, reason)

    def waiting(self, limit: int) -> Sequence[WaitingMessage]:
        """The oldest, at least one, and no more than fit in memory together."""
        column = t.raw_message.c
        sizes = self._connection.execute(
            select(column.id, column.size)
            .where(column.state == WAITING)
            .order_by(column.id)
            .limit(limit)
        ).all()
        held = accumulate(row.size for row in sizes)
        ids = [
            r.id
            for i, (r, sum_) in enumerate(zip(sizes, held, strict=True))
            if not i or sum_ <= _HELD
        ]
        rows = self._connection.execute(
            select(t.raw_message).where(column.id.in_(ids)).order_by(column.id)
        ).all()
        places = self._first_places([row.id for row in rows])
        return [
            WaitingMessage(
                id=row.id,
                raw=RawMessage(
                    row.octets, row.received_at, places.get(row.id), truncated=row.truncated
                ),
                source=Source(row.source),
                attempts=row.attempts,
            )
            for row in rows
        ]

    def count_attempt(self, ids: Sequence[int], now: datetime) -> None:
        column = t.raw_message.c
        self._connection.execute(
            update(t.raw_message)
            .where(column.id.in_(ids))
            .values(attempts=column.attempts + 1, attempted_at=now)
        )

    def quarantine(self, waiting_id: int, reason: str, now: datetime) -> None:
        """Put a waiting message aside with the reason; one that is decided by now stays as it is."""
        column = t.raw_message.c
        changed = self._connection.execute(
            update(t.raw_message)
            .where(column.id == waiting_id, column.state == WAITING)
            .values(state=QUARANTINED, fault=reason, decided_at=now)
        ).rowcount
        if changed:
            add_event(self._connection, "quarantined", reason, now, detail={"raw": waiting_id})

    def retry(self, raw_id: int, now: datetime) -> bool:
        """Let a quarantined message wait again, its attempts forgotten. False when it is not quarantined."""
        column = t.raw_message.c
        changed = self._connection.execute(
            update(t.raw_message)
            .where(column.id == raw_id, column.state == QUARANTINED)
            .values(state=WAITING, fault=None, decided_at=None, attempts=0)
        ).rowcount
        if changed:
            add_event(self._connection, "retried", "by hand", now, detail={"raw": raw_id})
        return bool(changed)

    def _add(
        self,
        raw: RawMessage,
        content_hash: str,
        source: Source,
        now: datetime,
        *,
        history: bool,
    ) -> int:
        result = self._connection.execute(
            insert(t.raw_message).values(
                content_hash=content_hash,
                size=len(raw.octets),
                source=source.value,
                state=HISTORY if history else WAITING,
                received_at=raw.received_at,
                first_seen_at=now,
                truncated=raw.truncated,
                octets=b"" if history else raw.octets,
            )
        )
        return new_id(result)

    def _remember_place(self, place: Location | None, raw_id: int | None, now: datetime) -> bool:
        """True when the place was not known. A place that now holds other bytes names the newest."""
        if place is None:
            return False
        column = t.sighting.c
        here = (
            (column.folder == place.folder)
            & (column.uidvalidity == place.uidvalidity)
            & (column.uid == place.uid)
        )
        found = self._connection.execute(
            select(column.id, column.raw_message_id).where(here)
        ).first()
        if found is None:
            self._connection.execute(
                insert(t.sighting).values(
                    folder=place.folder,
                    uidvalidity=place.uidvalidity,
                    uid=place.uid,
                    raw_message_id=raw_id,
                    seen_at=now,
                )
            )
        elif raw_id is not None and found.raw_message_id != raw_id:
            self._connection.execute(
                update(t.sighting)
                .where(column.id == found.id)
                .values(raw_message_id=raw_id, seen_at=now)
            )
        return found is None

    def _first_places(self, raw_ids: Sequence[int]) -> dict[int, Location]:
        column = t.sighting.c
        if not raw_ids:
            return {}
        rows = self._connection.execute(
            select(column.raw_message_id, column.folder, column.uidvalidity, column.uid).where(
                column.id.in_(
                    select(func.min(column.id))
                    .where(column.raw_message_id.in_(raw_ids))
                    .group_by(column.raw_message_id)
                )
            )
        )
        return {r.raw_message_id: Location(r.folder, r.uidvalidity, r.uid) for r in rows}
