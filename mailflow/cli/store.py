"""Opening the database for a command, its troubles as sentences with a next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from mailflow.cli.outcome import CONFIGURATION_INVALID, FAILED, Failure, settings_for
from mailflow.store.database import open_store
from mailflow.store.faults import StoreRefused, StoreUnavailable, StoreWrong

if TYPE_CHECKING:
    from mailflow.store.database import SqlStore


@contextmanager
def opened_store(ctx: typer.Context) -> Iterator[SqlStore]:
    """The configured database, which must exist and be of this version: reading makes none."""
    settings = settings_for(ctx)
    with store_faults_named():
        store = open_store(settings.database.url, create=False)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def store_faults_named() -> Iterator[None]:
    try:
        yield
    except StoreWrong as error:
        raise Failure(error.cause, error.mend.rstrip("."), CONFIGURATION_INVALID) from error
    except StoreUnavailable as error:
        raise Failure(error.cause, "try again, or run `mailflow check`", FAILED) from error
    except StoreRefused as error:
        raise Failure(
            error.cause, "this is a fault of mailflow: please report it", FAILED
        ) from error
