"""The way from one schema to the next: copied first, all or nothing, references intact."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from desk_samples import new_mail, ticket_of

from mailflow.store import reading, schema
from mailflow.store.database import SqlStore, open_store
from mailflow.store.faults import StoreFault, StoreWrong

NEWEST = schema.EXPECTED_REVISION
NEXT = f"{int(NEWEST) + 1:04d}"
STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{now}"


def upgrade() -> None:
    with op.batch_alter_table("ticket") as ticket:
        ticket.add_column(sa.Column("room", sa.Text(), nullable=False, server_default="support"))
        ticket.alter_column("subject", new_column_name="topic")
    {more}
"""
NextVersion = Callable[[str], None]


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NextVersion:
    """Makes this the version after the next migration, which does one more thing at its end."""

    def install(more: str) -> None:
        migrations = tmp_path / "migrations"
        shutil.copytree(schema._MIGRATIONS, migrations)
        step = STEP.format(more=more, now=NEWEST, next=NEXT)
        (migrations / "versions" / f"{NEXT}_next.py").write_text(step)
        monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
        monkeypatch.setattr(schema, "EXPECTED_REVISION", NEXT)

    return install


def filled(url: str) -> SqlStore:
    store = open_store(url)
    number = ticket_of(store)
    with store.begin() as work:
        work.outbox.add(new_mail(number))
    return store


def topics(store: SqlStore) -> list[str]:
    with store.read() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT topic FROM ticket")]


def test_an_upgrade_keeps_everything(url: str, next_version: NextVersion) -> None:
    filled(url).close()
    next_version("")
    with pytest.raises(StoreWrong, match="db upgrade"):
        open_store(url)
    store = open_store(url, prepare=False)
    copy = store.upgrade()
    assert (copy is not None) == url.startswith("sqlite")
    assert topics(store) == ["It is broken"]
    assert store.current_revision() == NEXT
    assert store.upgrade() is None  # nothing left to do
    if copy is not None:
        with sqlite3.connect(copy) as old:
            assert old.execute("SELECT subject FROM ticket").fetchall() == [("It is broken",)]
        with store.begin() as work:
            assert work.connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_a_failing_upgrade_changes_nothing(url: str, next_version: NextVersion) -> None:
    store = filled(url)
    next_version('op.execute("INSERT INTO nowhere VALUES (1)")')
    with pytest.raises(StoreFault):
        store.upgrade()
    assert store.current_revision() == NEWEST
    assert [line.subject for line in reading.list_tickets(store)] == ["It is broken"]
    store.close()


def test_an_upgrade_that_breaks_references_is_undone(
    tmp_path: Path, next_version: NextVersion
) -> None:
    store = filled(f"sqlite:///{tmp_path}/desk.db")
    next_version('op.execute("DELETE FROM ticket")')
    with pytest.raises(StoreWrong, match="undone"):
        store.upgrade()
    assert store.current_revision() == NEWEST
    assert reading.count_outcomes(store).tickets == 1
    store.close()


def test_a_newer_database_is_not_touched(url: str) -> None:
    store = filled(url)
    with store.begin() as work:
        work.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9009'")
    with pytest.raises(StoreWrong, match="newer"):
        store.upgrade()
    assert store.current_revision() == "9009"
    store.close()
