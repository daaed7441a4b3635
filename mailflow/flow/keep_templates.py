"""What serves and what is broken, kept in the database: for the history, for the next start, for the admin."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from mailflow.desk.kept_template import KeptVersion
from mailflow.flow.ports import Store

log = logging.getLogger(__name__)


def keep_templates(
    store: Store, serving: Collection[KeptVersion], faults: Collection[str], now: datetime
) -> list[str]:
    """Keep every version that serves now. The faults nobody was told of yet, not even before a restart."""
    with store.begin() as work:
        begun = work.templates.serve(serving, "it passed the check", now)
        told = work.templates.note_faults(faults, now)
    if begun:
        log.info("%d wordings serve from now on, such as %s", len(begun), begun[0])
    return told
