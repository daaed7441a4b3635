"""The folder of articles as the daemon watches it: in step within seconds, faults told once."""

from __future__ import annotations

import logging
from pathlib import Path

from mailflow.alerts import Alerts
from mailflow.config import Settings
from mailflow.edges.article_files import ArticleFile, article_paths, read_folder
from mailflow.flow.answer import Desk
from mailflow.flow.articles import Synced, sync_folder
from mailflow.flow.ports import Store

log = logging.getLogger(__name__)

Stamp = frozenset[tuple[str, int, int]]  # path, modified (ns), size


class ArticleFolder:
    """Looks at a folder and takes over what changed. Without a folder it does nothing."""

    def __init__(
        self, folder: Path | None, store: Store, desk: Desk, alerts: Alerts, *, at_once: bool
    ) -> None:
        self._folder = folder
        self._store = store
        self._desk = desk
        self._alerts = alerts
        self._at_once = at_once
        self._stamp: Stamp | None = None
        self._broken: set[str] = set()

    def look(self) -> Synced:
        """Bring the database in step when the folder changed since the last look.

        A folder that cannot be listed changes nothing: an unmounted disk withdraws no article.
        """
        if self._folder is None:
            return Synced()
        cause = f"articles {self._folder}"
        try:
            stamp = _stamp(self._folder)
        except OSError as error:
            self._alerts.tell(cause, f"the folder of articles cannot be read: {error}")
            return Synced()
        self._alerts.over(cause)
        if stamp == self._stamp:
            return Synced()
        files = list(read_folder(self._folder))
        synced = sync_folder(self._store, self._desk, files, at_once=self._at_once)
        self._stamp = stamp
        self._tell(files, synced)
        return synced

    def _tell(self, files: list[ArticleFile], synced: Synced) -> None:
        broken = {str(file.path): file.fault for file in files if file.fault is not None}
        for path, fault in broken.items():
            self._alerts.tell(
                f"article {path}", f"an article is broken, its last good version stays: {fault}"
            )
        for path in self._broken - broken.keys():
            self._alerts.over(f"article {path}")
        self._broken = set(broken)
        for article_id in synced.waiting:
            self._alerts.tell(
                f"announcement {article_id}",
                f"news of the article {article_id} waits: tell people with `mailflow article announce {article_id}`",
            )
        if synced.changed or synced.withdrawn:
            log.info(
                "articles changed: %d, withdrawn: %d", len(synced.changed), len(synced.withdrawn)
            )


def _stamp(folder: Path) -> Stamp:
    found = []
    for path in article_paths(folder):
        status = path.stat()
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)


def watched_folder(settings: Settings, store: Store, desk: Desk, alerts: Alerts) -> ArticleFolder:
    articles = settings.articles
    return ArticleFolder(
        articles.folder, store, desk, alerts, at_once=articles.announce == "at once"
    )
