"""The store: the only room that knows SQL. Rows in, frozen values out.

Open one with :func:`mailflow.store.database.open_store`; what a command shows is read through
:mod:`mailflow.store.reading`. This package itself imports nothing, so that asking for
:mod:`mailflow.store.faults` does not pay for SQLAlchemy.
"""
