"""What a database's exception means for whoever asked: wait, call a person, or give this one up."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailflow.store.faults import StoreFault, StoreRefused, StoreUnavailable, StoreWrong

_UPGRADE = "Stop mailflow and run: mailflow db upgrade"

# https://www.sqlite.org/rescode.html; extended codes begin with the name of their primary one.
_SQLITE_TEMPORARY = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_NOMEM",
    "SQLITE_PROTOCOL",
    "SQLITE_INTERRUPT",
)
_SQLITE_WRONG = {
    "SQLITE_CANTOPEN": "Check that the directory exists and belongs to the service.",
    "SQLITE_READONLY": "Check that the file and its directory belong to the service.",
    "SQLITE_PERM": "Check that the file and its directory belong to the service.",
    "SQLITE_AUTH": "Check that the file and its directory belong to the service.",
    "SQLITE_NOTADB": "Name another file; this one is not a database.",
    "SQLITE_CORRUPT": "Stop mailflow and restore the last backup.",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html, by class and by code.
_SQLSTATE_TEMPORARY = ("08", "40", "53", "57", "58", "55P03", "25P03", "25P02")
_SQLSTATE_WRONG = {
    "28": "Check the user and password in the database address.",
    "3D000": "Create the database first (createdb), or correct its name.",
    "42501": "Grant the database user the rights on mailflow's tables.",
    "42P01": _UPGRADE,
    "42703": _UPGRADE,
}


def fault_from(error: SQLAlchemyError) -> StoreFault:
    """The store's exception for ``error``. The cause is one line and holds no values of the statement."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("all its connections are in use")
    if not isinstance(error, DBAPIError) or error.orig is None:
        return StoreRefused(_first_line(error))
    cause = _first_line(error.orig)
    sqlite_name = getattr(error.orig, "sqlite_errorname", None)
    if sqlite_name is not None:
        return _from_sqlite(sqlite_name, cause)
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is not None:
        return _from_postgresql(sqlstate, cause)
    if error.connection_invalidated or type(error.orig).__name__ == "OperationalError":
        return StoreUnavailable(cause)  # no connection, so no code either
    return StoreRefused(cause)


def _from_sqlite(name: str, cause: str) -> StoreFault:
    if name.startswith(_SQLITE_TEMPORARY):
        return StoreUnavailable(cause)
    for prefix, mend in _SQLITE_WRONG.items():
        if name.startswith(prefix):
            return StoreWrong(cause, mend)
    if name == "SQLITE_ERROR" and cause.startswith(("no such table", "no such column")):
        return StoreWrong(f"the database lacks something this version needs ({cause})", _UPGRADE)
    return StoreRefused(cause)


def _from_postgresql(sqlstate: str, cause: str) -> StoreFault:
    if sqlstate.startswith(_SQLSTATE_TEMPORARY):
        return StoreUnavailable(cause)
    for prefix, mend in _SQLSTATE_WRONG.items():
        if sqlstate.startswith(prefix):
            return StoreWrong(cause, mend)
    return StoreRefused(cause)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
