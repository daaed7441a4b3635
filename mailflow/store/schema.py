"""The schema's version: what it is, what it should be, and the way from one to the other.

Alembic is imported only when something must change: asking for the revision costs one query.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from mailflow.store.faults import StoreWrong

EXPECTED_REVISION = "0008"  # the newest file in migrations/versions
_MIGRATIONS = Path(__file__).parent / "migrations"


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None when it never was given one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def is_empty(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


def check_revision(found: str | None, empty: bool) -> None:
    """Raises StoreWrong unless the database is exactly at EXPECTED_REVISION."""
    if found == EXPECTED_REVISION:
        return
    if found is None and empty:
        raise StoreWrong("the database is empty", "Start it with: mailflow run")
    if found is None:
        raise StoreWrong(
            "the database holds tables that are not mailflow's", "Name another, empty database."
        )
    if found < EXPECTED_REVISION:
        raise StoreWrong(
            f"the database is at revision {found}, this version needs {EXPECTED_REVISION}",
            "Stop mailflow and run: mailflow db upgrade",
        )
    raise StoreWrong(
        f"the database is at revision {found}, newer than this version's {EXPECTED_REVISION}",
        "Install the mailflow that wrote it, or restore the copy made before the upgrade.",
    )


def upgrade(engine: Engine) -> Path | None:
    """Run what is missing in one transaction: killed half-way, nothing happened.

    Several processes may try at once; the writers' lock lets one do it and the others find it done.
    Returns the copy of a filled SQLite file, None where there was nothing to copy.
    """
    with engine.connect() as connection, connection.begin():
        found, empty = current_revision(connection), is_empty(connection)
    if found == EXPECTED_REVISION:
        return None
    if (found is None and not empty) or (found is not None and found > EXPECTED_REVISION):
        check_revision(found, empty)
    on_sqlite = engine.dialect.name == "sqlite"
    copy = _copy_file(Path(engine.url.database or ""), found) if on_sqlite and found else None
    with engine.connect() as connection:
        if on_sqlite:
            # Rebuilding a table drops it first; the references are checked before the commit instead.
            # The pragma does nothing inside a transaction, so it goes past SQLAlchemy's.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            writer = connection.execution_options(mailflow_writes=True)
            with writer.begin():
                run_migrations(writer, EXPECTED_REVISION)
                if on_sqlite and writer.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise StoreWrong(
                        "the upgrade would break references between tables; it was undone",
                        "Report this with the output of: mailflow check",
                    )
        finally:
            connection.invalidate()  # never back into the pool without foreign keys
    return copy


def run_migrations(connection: Connection, revision: str) -> None:
    """Bring ``connection``'s database to ``revision`` within the open transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from mailflow.store.tables import metadata

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(
        config, script, fn=lambda current, _: script._upgrade_revs(revision, current)
    ) as environment:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            transactional_ddl=True,
        )
        environment.run_migrations()


def _copy_file(path: Path, revision: str) -> Path:
    """A consistent copy beside the file, complete before it gets its name, readable by its owner alone."""
    copy = path.with_name(f"{path.name}.before-upgrade-from-{revision}")
    partial = copy.with_name(copy.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(copy)
    return copy
