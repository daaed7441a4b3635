"""Where the messages of tickets lie in the mailbox, and what was last shown of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from mailflow.desk.context import Source
from mailflow.desk.decision import Voice
from mailflow.desk.ticket import Priority, TicketStatus
from mailflow.flow.ports.mirror import (
    FolderSnapshot,
    MirroredTicket,
    NewPlace,
    Place,
    PlaceResult,
    Unshown,
)
from mailflow.store import tables as t
from mailflow.store.rows import add_event

_ENDED = (TicketStatus.SOLVED.value, TicketStatus.CLOSED.value)
_CHUNK = 500  # values in one IN
_MESSAGES, _SIGHTINGS = "message", "sighting"
_shown = t.ticket.alias("shown")


class SqlMirror:
    """See :class:`mailflow.flow.ports.mirror.MirrorRows`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ── folders ─────────────────────────────────────────────────────────────────────────────────

    def snapshots(self) -> Mapping[str, FolderSnapshot]:
        rows = self._connection.execute(select(t.mirror_folder))
        return {
            r.folder: FolderSnapshot(r.uidvalidity, r.uidnext, r.messages, r.modseq) for r in rows
        }

    def set_snapshot(self, folder: str, seen: FolderSnapshot, now: datetime) -> None:
        values = {
            "uidvalidity": seen.uidvalidity,
            "uidnext": seen.uidnext,
            "messages": seen.messages,
            "modseq": seen.modseq,
            "looked_at": now,
        }
        where = t.mirror_folder.c.folder == folder
        if not self._connection.execute(
            update(t.mirror_folder).where(where).values(values)
        ).rowcount:
            self._connection.execute(insert(t.mirror_folder).values(folder=folder, **values))

    def folders_with_places(self) -> Sequence[str]:
        column = t.mirror_place.c
        return list(
            self._connection.execute(select(column.folder).where(~column.gone).distinct()).scalars()
        )

    # ── places ──────────────────────────────────────────────────────────────────────────────────

    def places_in(self, folder: str, uidvalidity: int) -> Mapping[int, int]:
        """Id by UID of every message shown in ``folder``."""
        column = t.mirror_place.c
        rows = self._connection.execute(
            select(column.uid, column.id).where(
                column.folder == folder, column.uidvalidity == uidvalidity, ~column.gone
            )
        )
        return {r.uid: r.id for r in rows}

    def unshown(self, folders: Mapping[str, int], inbox: str) -> Unshown:
        """What an import filed long ago stays where it is, unless a person put it into one of our folders."""
        after_message, after_sighting = self._progress(_MESSAGES), self._progress(_SIGHTINGS)
        up_to_message = self._connection.execute(select(func.max(t.message.c.id))).scalar() or 0
        up_to_sighting = self._connection.execute(select(func.max(t.sighting.c.id))).scalar() or 0
        up_to = (int(up_to_message), int(up_to_sighting))
        if (after_message, after_sighting) == up_to:
            return Unshown((), up_to)
        known = t.mirror_place.alias()
        earlier = (
            select(known.c.id).where(known.c.raw_message_id == t.sighting.c.raw_message_id).exists()
        )
        rows = self._connection.execute(
            select(t.sighting, t.message.c.id.label("row"))
            .select_from(
                t.sighting.join(
                    t.message, t.message.c.raw_message_id == t.sighting.c.raw_message_id
                )
                .join(t.ticket, t.ticket.c.id == t.message.c.ticket_id)
                .join(t.raw_message, t.raw_message.c.id == t.sighting.c.raw_message_id)
                .outerjoin(
                    t.mirror_place,
                    (t.mirror_place.c.folder == t.sighting.c.folder)
                    & (t.mirror_place.c.uidvalidity == t.sighting.c.uidvalidity)
                    & (t.mirror_place.c.uid == t.sighting.c.uid),
                )
            )
            .where(
                or_(t.sighting.c.id > after_sighting, t.message.c.id > after_message),
                t.raw_message.c.source == Source.INBOX.value,
                t.sighting.c.folder.in_(list(folders)),
                t.mirror_place.c.id.is_(None),
                or_(t.ticket.c.status.not_in(_ENDED), t.sighting.c.folder != inbox, earlier),
            )
            .order_by(t.sighting.c.id)
        ).all()
        return Unshown(
            tuple(
                NewPlace(r.folder, r.uidvalidity, r.uid, r.raw_message_id)
                for r in rows
                if folders[r.folder] == r.uidvalidity
            ),
            up_to,
        )

    def take_in(
        self,
        places: Iterable[NewPlace],
        left: Collection[int],
        up_to: tuple[int, int],
        now: datetime,
    ) -> None:
        self._set_progress(_MESSAGES, up_to[0])
        self._set_progress(_SIGHTINGS, up_to[1])
        self.take_in_spam(places, left, now)

    def take_in_spam(
        self, places: Iterable[NewPlace], left: Collection[int], now: datetime
    ) -> None:
        for place in places:
            before = self._before(place, left)
            values: dict[str, object] = {"base_folder": None, "base_marks": []}
            if before is not None:
                values = {
                    "base_folder": before.base_folder if before.gone else before.folder,
                    "base_marks": before.base_marks,
                    "aimed_folder": before.aimed_folder,
                    "aimed_marks": before.aimed_marks,
                }
            self._connection.execute(
                insert(t.mirror_place).values(
                    folder=place.folder,
                    uidvalidity=place.uidvalidity,
                    uid=place.uid,
                    raw_message_id=place.raw_id,
                    shown_at=now,
                    **values,
                )
            )
            renumbered = (
                before is not None
                and before.folder == place.folder
                and before.uidvalidity != place.uidvalidity
            )
            if before is not None and (before.id in left or renumbered):
                self._set(before.id, gone=True)

    def _before(self, place: NewPlace, left: Collection[int]) -> Row[tuple[object, ...]] | None:
        column = t.mirror_place.c
        rows = self._connection.execute(
            select(t.mirror_place)
            .where(column.raw_message_id == place.raw_id)
            .order_by(column.gone, column.id.desc())
        ).all()
        empty = [r for r in rows if r.id in left]
        return next(iter(empty or rows), None)

    def drop(self, ids: Collection[int], why: str, now: datetime) -> None:
        """These left the folders we watch. What comes back later was put there by a person."""
        for place in self._places(ids):
            self._set(place.id, gone=True, base_folder="", aimed_folder=None, aimed_marks=None)
            if place.ticket_id is not None:
                add_event(
                    self._connection,
                    "mirror",
                    f"a message left {place.folder}: {why}",
                    now,
                    ticket_id=place.ticket_id,
                )

    def replaced(self, ids: Collection[int], besides: str | None) -> set[int]:
        """Those of ``ids`` whose message lies in another place, the folder ``besides`` left out."""
        column, other = t.mirror_place.c, t.mirror_place.alias()
        found: set[int] = set()
        for some in _chunks(ids):
            rows = self._connection.execute(
                select(column.id, other.c.id.label("other"))
                .join(other, other.c.raw_message_id == column.raw_message_id)
                .where(column.id.in_(some), ~other.c.gone, other.c.folder != (besides or ""))
            )
            found.update(r.id for r in rows if r.other not in ids)
        return found

    def close_empty(self, ids: Collection[int]) -> None:
        for place_id in ids:
            self._set(place_id, gone=True)

    # ── planning ────────────────────────────────────────────────────────────────────────────────

    def places(self, also: Collection[int]) -> Sequence[Place]:
        """Places of every ticket that may differ from what is shown, and those with the ids in ``also``."""
        column = t.mirror_place.c
        differs = or_(
            _shown.c.status.not_in(_ENDED),
            _shown.c.updated_at >= column.shown_at,
            column.base_folder.is_(None),
            column.base_folder != column.folder,
        )
        found = {p.id: p for p in self._read_places(differs)}
        for some in _chunks(set(also) - set(found)):
            found |= {p.id: p for p in self._read_places(column.id.in_(some))}
        tickets = {p.ticket_id for p in found.values() if p.ticket_id and p.id in also}
        for some in _chunks(tickets):  # a ticket is planned whole
            found |= {p.id: p for p in self._read_places(_shown.c.id.in_(some))}
        return list(found.values())

    def _read_places(self, where: ColumnElement[bool]) -> list[Place]:
        """Merged tickets show the state of what they are merged into; deleted ones show nothing any more."""
        column = t.mirror_place.c
        rows = self._connection.execute(
            select(
                t.mirror_place,
                t.message.c.id.label("row"),
                _shown.c.id.label("ticket_id"),
                t.raw_message.c.size,
                t.raw_message.c.content_hash,
            )
            .select_from(
                t.mirror_place.join(t.message, t.message.c.raw_message_id == column.raw_message_id)
                .join(t.ticket, t.ticket.c.id == t.message.c.ticket_id)
                .join(_shown, _shown.c.id == func.coalesce(t.ticket.c.merged_into, t.ticket.c.id))
                .join(t.raw_message, t.raw_message.c.id == column.raw_message_id)
            )
            .where(~column.gone, _shown.c.deleted_at.is_(None), where)
        )
        return [_place(r) for r in rows]

    def _places(self, ids: Collection[int]) -> list[Place]:
        found: list[Place] = []
        for some in _chunks(ids):
            found += self._read_places(t.mirror_place.c.id.in_(some))
        return found

    def with_ids(self, ids: Collection[int]) -> Sequence[Place]:
        return self._places(ids)

    def tickets(self, ids: Collection[int], since: datetime | None) -> Sequence[MirroredTicket]:
        """What is shown of each ticket. ``since``: the last round, to know who wrote after it."""
        found: list[MirroredTicket] = []
        for some in _chunks(ids):
            column = t.message.c
            last = (
                select(column.ticket_id, func.max(column.id).label("row"))
                .where(
                    column.ticket_id.in_(some),
                    column.direction == "in",
                    column.voice == Voice.CUSTOMER.value,
                )
                .group_by(column.ticket_id)
                .subquery()
            )
            rows = self._connection.execute(
                select(t.ticket, last.c.row.label("last_row"), column.created_at.label("wrote_at"))
                .select_from(
                    t.ticket.outerjoin(last, last.c.ticket_id == t.ticket.c.id).outerjoin(
                        t.message, column.id == last.c.row
                    )
                )
                .where(t.ticket.c.id.in_(some))
            )
            found += [
                MirroredTicket(
                    id=r.id,
                    status=TicketStatus(r.status),
                    priority=Priority(r.priority),
                    assignee=r.assignee,
                    article_id=r.article_id,
                    queue=r.queue,
                    waiting_since=r.wrote_at,
                    due_at=r.due_at,
                    wrote_since=r.last_row if since and r.wrote_at and r.wrote_at > since else None,
                )
                for r in rows
            ]
        return found

    def last_round(self) -> datetime | None:
        column = t.mirror_folder.c
        return self._connection.execute(select(func.max(column.looked_at))).scalar()

    # ── what was shown ──────────────────────────────────────────────────────────────────────────

    def set_base(self, place_id: int, folder: str, marks: Collection[str], now: datetime) -> None:
        """What is seen there is what is shown there."""
        self._set(
            place_id,
            base_folder=folder,
            base_marks=sorted(marks),
            aimed_folder=None,
            aimed_marks=None,
            shown_at=now,
        )

    def aim(self, place_id: int, folder: str | None, marks: Collection[str] | None) -> None:
        """What is about to be shown: whatever comes of it is ours, not a person's."""
        self._set(
            place_id,
            aimed_folder=folder,
            aimed_marks=None if marks is None else sorted(marks),
        )

    def settle(self, result: PlaceResult, now: datetime) -> None:
        """What became of one place in a round."""
        values: dict[str, object] = {"shown_at": now}
        if result.marks is not None:
            values |= {"base_marks": sorted(result.marks), "aimed_marks": None}
        if result.moved_to is not None:
            folder, uidvalidity, uid = result.moved_to
            self._connection.execute(
                delete(t.mirror_place).where(
                    t.mirror_place.c.folder == folder,
                    t.mirror_place.c.uidvalidity == uidvalidity,
                    t.mirror_place.c.uid == uid,
                    t.mirror_place.c.id != result.place,
                )
            )
            values |= {
                "folder": folder,
                "uidvalidity": uidvalidity,
                "uid": uid,
                "base_folder": folder,
                "aimed_folder": None,
            }
            self._sight(result.place, folder, uidvalidity, uid, now)
        self._set(result.place, **values)

    def _sight(self, place_id: int, folder: str, uidvalidity: int, uid: int, now: datetime) -> None:
        """The copy there needs no fetching: we know what we moved."""
        column = t.sighting.c
        raw_id = select(t.mirror_place.c.raw_message_id).where(t.mirror_place.c.id == place_id)
        here = (column.folder == folder) & (column.uidvalidity == uidvalidity) & (column.uid == uid)
        if self._connection.execute(select(column.id).where(here)).first() is None:
            self._connection.execute(
                insert(t.sighting).values(
                    folder=folder,
                    uidvalidity=uidvalidity,
                    uid=uid,
                    raw_message_id=raw_id.scalar_subquery(),
                    seen_at=now,
                )
            )

    def _set(self, place_id: int, **values: object) -> None:
        self._connection.execute(
            update(t.mirror_place).where(t.mirror_place.c.id == place_id).values(**values)
        )

    def _progress(self, name: str) -> int:
        column = t.mirror_progress.c
        value = self._connection.execute(select(column.value).where(column.name == name)).scalar()
        return int(value or 0)

    def _set_progress(self, name: str, value: int) -> None:
        where = t.mirror_progress.c.name == name
        if not self._connection.execute(
            update(t.mirror_progress).where(where).values(value=value)
        ).rowcount:
            self._connection.execute(insert(t.mirror_progress).values(name=name, value=value))


def _place(row: Row[tuple[object, ...]]) -> Place:
    aimed = row.aimed_marks
    return Place(
        id=row.id,
        folder=row.folder,
        uidvalidity=row.uidvalidity,
        uid=row.uid,
        raw_id=row.raw_message_id,
        content_hash=row.content_hash,
        size=row.size,
        message_row=row.row,
        ticket_id=row.ticket_id,
        base_folder=row.base_folder,
        base_marks=frozenset(row.base_marks),
        aimed_folder=row.aimed_folder,
        aimed_marks=None if aimed is None else frozenset(aimed),
    )


def _chunks(values: Iterable[int]) -> Iterable[list[int]]:
    kept = sorted(values)
    return (kept[i : i + _CHUNK] for i in range(0, len(kept), _CHUNK))
