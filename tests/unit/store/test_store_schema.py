"""The schema: migrations lead to the tables, and no other version's database is touched."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from desk_samples import ticket_of

from mailflow.store import database, schema
from mailflow.store.database import SqlStore, open_store
from mailflow.store.faults import StoreUnavailable, StoreWrong
from mailflow.store.tables import metadata
from tests.postgres import Cluster


def test_migrations_lead_to_the_tables(store: SqlStore) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_expected_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [SqlStore.expected_revision()]


def test_an_empty_database_is_filled(url: str) -> None:
    store = open_store(url)
    assert store.current_revision() == store.expected_revision()
    store.close()


def test_reading_commands_make_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreWrong, match="no database"):
        open_store(f"sqlite:///{tmp_path}/none.db", create=False)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(("revision", "said"), [("0000", "db upgrade"), ("9999", "newer")])
def test_another_versions_database_is_refused(url: str, revision: str, said: str) -> None:
    store = open_store(url)
    with store.begin() as work:
        work.connection.exec_driver_sql(f"UPDATE alembic_version SET version_num='{revision}'")
    store.close()
    with pytest.raises(StoreWrong, match=said):
        open_store(url)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "photos.db") as connection:
        connection.execute("CREATE TABLE photo (id INTEGER)")
    with pytest.raises(StoreWrong, match="not mailflow's"):
        open_store(f"sqlite:///{tmp_path}/photos.db")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes(b"Dear database, " * 1000)
    with pytest.raises(StoreWrong, match="not a database"):
        open_store(f"sqlite:///{tmp_path}/letter.txt")


def test_a_filled_file_is_copied_before_an_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    store = open_store(f"sqlite:///{path}")
    number = ticket_of(store)
    copy = schema._copy_file(path, "0001")
    store.close()
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT id FROM ticket").fetchall() == [(number,)]


def test_several_starters_make_one_schema(url: str) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        try:
            open_store(url).close()
        except BaseException as fault:
            faults.append(fault)

    starters = [threading.Thread(target=start) for _ in range(6)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert faults == []


@pytest.mark.parametrize(
    "address", ["", "mailbox", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "http://["]
)
def test_an_odd_address_says_how_to_write_it(address: str) -> None:
    with pytest.raises(StoreWrong, match="sqlite:////"):
        open_store(address)


def test_the_address_for_people_hides_the_password() -> None:
    store = open_store("postgresql://desk:s3cret@127.0.0.1:1/desk", prepare=False)
    assert "s3cret" not in store.address


def test_a_server_that_is_away_is_temporary() -> None:
    with pytest.raises(StoreUnavailable):
        open_store("postgresql://desk:s3cret@127.0.0.1:1/desk")


def test_a_server_that_comes_back_is_used_again(cluster: Cluster) -> None:
    store = open_store(cluster.new_database())
    ticket_of(store, b"before")
    cluster.stop()
    with pytest.raises(StoreUnavailable):
        ticket_of(store, b"meanwhile")
    cluster.start()
    assert ticket_of(store, b"after") > 1  # a crash may leave a gap in the numbers
    store.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_store(f"sqlite:///{tmp_path}/new/desk.db")
        ticket_of(store)
        modes = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)
    assert set(modes) == {"desk.db", "desk.db-wal", "desk.db-shm"}
    assert set(modes.values()) == {0o600}
    store.close()


def test_sqlite_is_set_for_power_cuts(sqlite_store: SqlStore) -> None:
    with sqlite_store.begin() as work:
        ask = work.connection.exec_driver_sql
        assert ask("PRAGMA journal_mode").scalar() == "wal"
        assert ask("PRAGMA synchronous").scalar() == 2
        assert ask("PRAGMA foreign_keys").scalar() == 1


def test_faults_can_be_named_without_a_database_library() -> None:
    code = "import sys, mailflow.store.faults; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class BusyTwice:
    """A cursor whose file two others are switching: SQLite sees a deadlock and does not wait."""

    def __init__(self) -> None:
        self.tries = 0

    def execute(self, sql: str) -> BusyTwice:
        self.tries += 1
        if self.tries <= 2:
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorname = "SQLITE_BUSY"
            raise busy
        return self

    def fetchone(self) -> tuple[str]:
        return ("wal",)


def test_the_switch_to_wal_is_tried_again_while_others_switch() -> None:
    cursor = BusyTwice()
    database._switch_to_wal(cursor)
    assert cursor.tries == 3
