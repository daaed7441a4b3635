"""Training from the installation's own tickets: gather, train in a bounded child process, compare, promote."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailflow.config import Settings
from mailflow.desk.feedback import Lesson, lessons_from
from mailflow.desk.policy import ascii_lower
from mailflow.flow.ports import Clock
from mailflow.model_shelf import Entry, Shelf
from mailflow.shipped import shipped
from mailflow.store.articles import StoredArticles
from mailflow.store.database import SqlStore
from mailflow.store.learning import past_tickets
from mailflow.suggestions import model_folder

log = logging.getLogger(__name__)

LEAST_NEW = 10  # newly confirmed tickets that make a scheduled training worth its while
_MEMORY = 3 * 1024**3  # octets of address space; libraries take a third of it unused
_CPU_SECONDS = 900
_NICE = 10
_LEXICON = "priority-lexicon.toml"
_EVERY = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


def own_lessons(settings: Settings, store: SqlStore) -> list[Lesson]:
    agents = frozenset(ascii_lower(agent.address) for agent in settings.agents)
    with store.read() as connection:
        past = past_tickets(connection)
    return lessons_from(past, agents)


def train_if_due(settings: Settings, store: SqlStore, clock: Clock) -> Entry | None:
    """What the daemon asks every hour: None when there is nothing to do."""
    every = _EVERY.get(settings.suggestions.train)
    if every is None or not settings.suggestions.enabled or settings.suggestions.model:
        return None
    entries = Shelf(settings.state.directory).ledger().entries
    if entries and clock() - datetime.fromisoformat(entries[-1].at) < every:
        return None
    if _fresh(settings, own_lessons(settings, store)) < LEAST_NEW:
        return None
    return train_own(settings, store, clock)


def train_own(settings: Settings, store: SqlStore, clock: Clock) -> Entry | None:
    """Train now; the entry tells what came of it. None when another process is training."""
    shelf = Shelf(settings.state.directory)
    with shelf.training() as free:
        if not free:
            return None
        lessons = own_lessons(settings, store)
        now = clock().astimezone(UTC)
        articles = StoredArticles(store, {})
        known = [articles[i] for i in articles]
        out = shelf.folder / f"{now:%Y%m%d-%H%M%S}"
        rows = [[a.id, a.title, f"{a.symptoms}\n{a.body}".strip()] for a in known]
        found = _in_child(settings, out, rows, lessons, _fresh(settings, lessons))
        entry = Entry(
            name=out.name if "version" in found else "",
            at=now.isoformat(timespec="seconds"),
            tickets=len(lessons),
            articles=len(known),
            newest_ticket=max((x.ticket_id for x in lessons), default=0),
            verdict=str(found["reason"]),
        )
        shelf.add(entry)
        if found.get("promote"):
            shelf.promote(entry.name, entry.verdict)
        with store.begin() as work:
            work.tickets.note_event(None, "model trained", entry.verdict, now, model=entry.name)
    return entry


def _fresh(settings: Settings, lessons: Sequence[Lesson]) -> int:
    """Confirmed tickets the serving model did not learn from."""
    ledger = Shelf(settings.state.directory).ledger()
    serving = ledger.entry(ledger.serving)
    newest = serving.newest_ticket if serving else 0
    return sum(lesson.ticket_id > newest for lesson in lessons)


def _in_child(
    settings: Settings,
    out: Path,
    articles: Sequence[Sequence[str]],
    lessons: Sequence[Lesson],
    fresh: int,
) -> dict[str, object]:
    known = {row[0] for row in articles}
    tickets = [
        [
            x.subject,
            x.text,
            x.article_id if not x.article_id or x.article_id in known else None,
            x.priority,
            x.ticket_id,
        ]
        for x in lessons
    ]
    facts = {
        "articles": articles,
        "tickets": tickets,
        "fresh": fresh,
        "serving": str(model_folder(settings)),
        "lexicon": str(shipped("models") / _LEXICON),
        "out": str(out),
        "embeddings": str(settings.suggestions.embeddings or ""),
    }
    try:
        return _run(facts)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        shutil.rmtree(out, ignore_errors=True)
        return {"reason": f"training failed: {error}"}


def _run(facts: dict[str, object]) -> dict[str, object]:
    """The child's answer. Raises ValueError telling how it ended.

    What people wrote goes through a pipe and never lies in a file; and the child ends with us, however we
    end, because it then reads the end of a pipe that only we hold open.
    """
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    one = dict.fromkeys(threads, "1")
    ours_lives, ours = os.pipe()
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            [
                *("nice", "-n", str(_NICE), sys.executable, "-m", "mailflow.suggest.trial"),
                *(str(ours_lives), str(_MEMORY), str(_CPU_SECONDS)),
            ],
            input=json.dumps(facts).encode(),
            capture_output=True,
            env={**os.environ, **one},
            timeout=4 * _CPU_SECONDS,
            check=False,
            start_new_session=True,
            pass_fds=(ours_lives,),
        )
    finally:
        os.close(ours_lives)
        os.close(ours)
    if ended.returncode:
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise ValueError(f"the process ended with {ended.returncode} {' '.join(last)[:300]}")
    answer = json.loads(ended.stdout)
    if not isinstance(answer, dict):
        raise ValueError("the process gave no answer")
    return answer
