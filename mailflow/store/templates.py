"""Every wording that ever served, kept for good, and the faults an admin was told of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from mailflow.desk.kept_template import KeptVersion, Served
from mailflow.store import tables as t
from mailflow.store.rows import add_event

_BROKEN, _MENDED = "template fault", "template mended"


class SqlTemplates:
    """See :class:`mailflow.flow.ports.KeepsTemplates`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, version: KeptVersion, now: datetime) -> None:
        known = select(t.template_version.c.name).where(t.template_version.c.name == version.name)
        if self._connection.execute(known).first() is not None:
            return
        self._connection.execute(
            insert(t.template_version).values(
                name=version.name,
                notice=version.notice,
                language=version.language,
                parts=dict(version.parts),
                sources=dict(version.sources),
                kept_at=now,
            )
        )

    def serve(self, versions: Collection[KeptVersion], reason: str, now: datetime) -> list[str]:
        current = {(row.notice, row.language): row.name for row in self._latest()}
        begun = [v for v in versions if current.get((v.notice, v.language)) != v.name]
        for version in begun:
            self.keep(version, now)
            self._connection.execute(
                insert(t.template_serving).values(
                    name=version.name,
                    notice=version.notice,
                    language=version.language,
                    since=now,
                    reason=reason,
                )
            )
        return [version.name for version in begun]

    def served(self, notice: str, language: str, limit: int) -> Sequence[KeptVersion]:
        serving, version = t.template_serving.c, t.template_version.c
        latest = (
            select(serving.name, func.max(serving.id).label("last"))
            .where(serving.notice == notice, serving.language == language)
            .group_by(serving.name)
            .subquery()
        )
        rows = self._connection.execute(
            select(t.template_version)
            .join(latest, latest.c.name == version.name)
            .order_by(latest.c.last.desc())
            .limit(limit)
        )
        return [_version_from(row) for row in rows]

    def history(self, notice: str | None = None, language: str | None = None) -> list[Served]:
        """When which version began to serve, newest first."""
        column = t.template_serving.c
        query = select(t.template_serving).order_by(column.id.desc())
        if notice:
            query = query.where(column.notice == notice)
        if language:
            query = query.where(column.language == language)
        return [
            Served(row.name, row.notice, row.language, row.since, row.reason)
            for row in self._connection.execute(query)
        ]

    def find(self, name: str) -> list[KeptVersion]:
        """The versions whose name or digest begins so: one, or what is to be told apart."""
        column = t.template_version.c
        rows = self._connection.execute(
            select(t.template_version)
            .where(
                column.name.startswith(name, autoescape=True)
                | column.name.contains(f"@{name}", autoescape=True)
            )
            .order_by(column.kept_at, column.name)
        )
        return [_version_from(row) for row in rows]

    def mails_with(self, names: Collection[str]) -> Mapping[str, int]:
        """How many mails were written with each version."""
        column = t.outbox.c.template_version
        rows = self._connection.execute(
            select(column, func.count()).where(column.in_(names)).group_by(column)
        )
        return {str(name): number for name, number in rows}

    def note_faults(self, faults: Collection[str], now: datetime) -> list[str]:
        open_now = self.open_faults()
        for fault in open_now:
            if fault not in faults:
                add_event(self._connection, _MENDED, fault, now)
        new = [fault for fault in dict.fromkeys(faults) if fault not in open_now]
        for fault in new:
            add_event(self._connection, _BROKEN, fault, now)
        return new

    def open_faults(self) -> list[str]:
        """The faults that were noted and not mended since, oldest first."""
        column = t.event.c
        # A letter that could not be written has a fault of its own, with its ticket.
        rows = self._connection.execute(
            select(column.kind, column.reason)
            .where(column.kind.in_((_BROKEN, _MENDED)), column.ticket_id.is_(None))
            .order_by(column.id)
        )
        found: dict[str, None] = {}
        for kind, reason in rows:
            if kind == _BROKEN:
                found[reason] = None
            else:
                found.pop(reason, None)
        return list(found)

    def _latest(self) -> Sequence[Any]:  # Any: rows of three columns
        column = t.template_serving.c
        newest = select(func.max(column.id)).group_by(column.notice, column.language)
        return self._connection.execute(
            select(column.notice, column.language, column.name).where(column.id.in_(newest))
        ).all()


def _version_from(row: Row[tuple[object, ...]]) -> KeptVersion:
    return KeptVersion(row.name, row.notice, row.language, row.parts, row.sources)
