"""How the database's troubles leave the store. No exception of a driver or of SQLAlchemy does."""

from __future__ import annotations


class StoreFault(Exception):
    """The transaction was rolled back: nothing of it was kept."""


class StoreUnavailable(StoreFault):
    """Temporary: locked, disk full, server gone. The same work may be tried again later."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the database cannot be used at the moment: {cause}")
        self.cause = cause


class StoreWrong(StoreFault):
    """Nothing gets better by waiting: a person must act, and ``mend`` says how."""

    def __init__(self, cause: str, mend: str) -> None:
        super().__init__(f"{cause}. {mend}")
        self.cause = cause
        self.mend = mend


class StoreRefused(StoreFault):
    """The database rejected this very piece of work (a broken constraint or value); other work goes on."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the database refused this: {cause}")
        self.cause = cause


class StaleMail(StoreFault, LookupError):
    """The outbox row is no longer in the state this step begins from: somebody else has taken it."""
