"""The database: one engine, one writer at a time, every commit on disk before it is believed.

SQLite runs in WAL with ``synchronous=FULL``: we tell outsiders things after a commit, so a power cut
may not take one back. Write transactions begin with BEGIN IMMEDIATE, because a transaction that reads
first and writes later can fail half-way; the driver's own transaction control is switched off for that.
On PostgreSQL a transaction-level advisory lock gives writers the same order, so that what is counted
(budgets, unique numbers of attempts) cannot change before it is written.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from mailflow.store import schema
from mailflow.store.articles import SqlArticles
from mailflow.store.bursts import SqlBursts
from mailflow.store.closing import SqlClosings
from mailflow.store.diagnosis import fault_from
from mailflow.store.faults import StoreWrong
from mailflow.store.intake import SqlIntake
from mailflow.store.mirror import SqlMirror
from mailflow.store.mirror_mail import SqlOwnMail
from mailflow.store.outbox import SqlOutbox
from mailflow.store.reports import SqlReports
from mailflow.store.schedule import SqlSchedule
from mailflow.store.templates import SqlTemplates
from mailflow.store.tickets import SqlTickets

BUSY_SECONDS = 15.0  # how long a writer waits for another before the fault is called temporary
_WRITER_LOCK = 0x6D61696C666C6F77  # "mailflow"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class SqlWork:
    """One write transaction: what the jobs know as ``Work``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._intake = SqlIntake(connection)
        self._tickets = SqlTickets(connection)
        self._outbox = SqlOutbox(connection)
        self._articles = SqlArticles(connection)
        self._templates = SqlTemplates(connection)
        self._schedule = SqlSchedule(connection)
        self._mirror = SqlMirror(connection)
        self._own_mail = SqlOwnMail(connection)
        self._closings = SqlClosings(connection)

    @property
    def intake(self) -> SqlIntake:
        return self._intake

    @property
    def tickets(self) -> SqlTickets:
        return self._tickets

    @property
    def outbox(self) -> SqlOutbox:
        return self._outbox

    @property
    def reports(self) -> SqlReports:
        return SqlReports(self.connection)

    @property
    def bursts(self) -> SqlBursts:
        return SqlBursts(self.connection)

    @property
    def articles(self) -> SqlArticles:
        return self._articles

    @property
    def templates(self) -> SqlTemplates:
        return self._templates

    @property
    def schedule(self) -> SqlSchedule:
        return self._schedule

    @property
    def mirror(self) -> SqlMirror:
        return self._mirror

    @property
    def own_mail(self) -> SqlOwnMail:
        return self._own_mail

    @property
    def closings(self) -> SqlClosings:
        return self._closings


class SqlStore:
    """An open database. Threads may share it; every ``begin`` and ``read`` has its own connection."""

    def __init__(self, url: URL, engine: Engine) -> None:
        self._url = url
        self._engine = engine
        self._writing = threading.local()

    @property
    def address(self) -> str:
        """Where the database is, without a password: for people."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Iterator[SqlWork]:
        """A transaction that may write. Leaving it normally commits; an exception rolls back.

        Raises StoreUnavailable, StoreWrong or StoreRefused; RuntimeError when this thread is already
        in one (it would wait for itself).
        """
        if getattr(self._writing, "now", False):
            raise RuntimeError("a transaction is already open in this thread")
        self._writing.now = True
        try:
            with translated(), self._engine.connect() as connection:
                connection = connection.execution_options(mailflow_writes=True)
                with connection.begin():
                    yield SqlWork(connection)
        finally:
            self._writing.now = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one moment's state. It waits for no writer."""
        with translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    def prepare(self, *, create: bool = True) -> None:
        """Make sure the schema is the one this version speaks; an empty database gets it now.

        Raises StoreWrong for an older, newer or foreign database, and for an empty one unless ``create``.
        """
        with self.read() as connection:  # both from one moment: another process may be creating it
            found, empty = schema.current_revision(connection), schema.is_empty(connection)
        if found is None and empty and create:
            self.upgrade()
        else:
            schema.check_revision(found, empty)

    def upgrade(self) -> Path | None:
        """Bring the schema to this version; a filled SQLite file is copied first. Returns the copy."""
        with translated():
            return schema.upgrade(self._engine)

    def current_revision(self) -> str | None:
        with self.read() as connection:
            return schema.current_revision(connection)

    @staticmethod
    def expected_revision() -> str:
        return schema.EXPECTED_REVISION

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Database exceptions raised within leave as the store's own."""
    try:
        yield
    except SQLAlchemyError as error:
        raise fault_from(error) from error


def open_store(url: str, *, prepare: bool = True, create: bool = True) -> SqlStore:
    """Open the database at ``url``: ``sqlite:////abs/path.db`` or ``postgresql://user@host/name``.

    With ``prepare`` the schema is checked; an empty database is filled when ``create``, and refused
    otherwise (a reading command must not make a file). Raises StoreWrong and StoreUnavailable.
    """
    parsed = _parse_url(url)
    if parsed.drivername == "sqlite":
        _prepare_file(Path(parsed.database or ""), create=create)
    store = SqlStore(parsed, _engine_for(parsed))
    if prepare:
        try:
            store.prepare(create=create)
        except BaseException:
            store.close()
            raise
    return store


def _parse_url(text: str) -> URL:
    mend = "Write it as sqlite:////absolute/path.db or postgresql://user@host/database."
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise StoreWrong("the database address cannot be read", mend) from error
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise StoreWrong(f"{url.drivername!r} is no database mailflow knows", mend)
    if driver == "sqlite" and (not url.database or url.database == ":memory:"):
        raise StoreWrong("the database address names no file", mend)
    return url.set(drivername=driver)


def _prepare_file(path: Path, *, create: bool) -> None:
    """The file exists before SQLite opens it, readable by its owner alone; -wal and -shm inherit that."""
    if path.exists():
        return
    if not create:
        raise StoreWrong(f"there is no database at {path} yet", "Start it with: mailflow run")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreWrong(
            f"the database {path} cannot be created: {error.strerror}",
            "Name a directory the service may write to.",
        ) from error


def _engine_for(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    settings = (
        f"-c synchronous_commit=on -c lock_timeout={int(BUSY_SECONDS * 1000)}"
        # A stopped process must not hold the writers' lock for ever.
        " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    )
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": settings},
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreWrong(
            "the PostgreSQL driver psycopg is not installed",
            "Install it from the checkout with: pip install '.[postgresql]'",
        ) from error
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _set_up_sqlite(dbapi_connection: Any, record: object) -> None:  # Any: the driver's connection
    dbapi_connection.isolation_level = None  # the driver must not begin transactions by itself
    cursor = dbapi_connection.cursor()
    try:
        _switch_to_wal(cursor)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA trusted_schema=OFF")
    finally:
        cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """The first switch needs the file alone, and SQLite does not wait for that: so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("mailflow_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("mailflow_writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
    else:
        # One moment's state over several queries, as SQLite gives it.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
