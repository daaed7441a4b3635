"""The models trained here: which there are, which serves, and why. One small file beside their folders.

``ledger.json`` is replaced in one step, so a process that dies leaves the old state or the new one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

_KEPT = 10  # models; older ones that do not serve are removed


class ShelfFault(Exception):
    """Why a model cannot be chosen, in words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One training. ``name`` is its folder, '' when nothing came of it."""

    name: str
    at: str  # ISO 8601, UTC
    tickets: int
    articles: int
    newest_ticket: int  # id of the newest ticket learned from
    verdict: str


@dataclass(frozen=True, slots=True)
class Ledger:
    serving: str = ""
    before: tuple[str, ...] = ()  # what served earlier, newest last
    entries: tuple[Entry, ...] = field(default=())

    def entry(self, name: str) -> Entry | None:
        return next((e for e in self.entries if e.name and e.name == name), None)


class Shelf:
    """The folder ``models`` below ``state.directory``."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "models"
        self._file = self.folder / "ledger.json"

    def ledger(self) -> Ledger:
        """What is known; an unreadable file counts as empty, so that the shipped model serves."""
        try:
            facts = json.loads(self._file.read_text("utf-8"))
            entries = tuple(Entry(**entry) for entry in facts["entries"])
            return Ledger(str(facts["serving"]), tuple(map(str, facts["before"])), entries)
        except (OSError, ValueError, KeyError, TypeError):
            return Ledger()

    def serving(self) -> Path | None:
        name = self.ledger().serving
        return self.folder / name if name else None

    def promote(self, name: str, reason: str) -> Ledger:
        ledger = self.ledger()
        entry = ledger.entry(name)
        if entry is None or not (self.folder / name).is_dir():
            raise ShelfFault(f"there is no model {name}")
        before = (*ledger.before, ledger.serving) if ledger.serving != name else ledger.before
        entries = tuple(replace(e, verdict=reason) if e is entry else e for e in ledger.entries)
        return self._write(Ledger(name, before[-_KEPT:], entries))

    def rollback(self) -> Ledger:
        """Back to what served before; '' is the model that came with mailflow."""
        ledger = self.ledger()
        if not ledger.serving:
            raise ShelfFault("the model that came with mailflow serves already")
        back = ledger.before[-1] if ledger.before else ""
        return self._write(replace(ledger, serving=back, before=ledger.before[:-1]))

    def add(self, entry: Entry) -> Ledger:
        ledger = self.ledger()
        ledger = self._write(replace(ledger, entries=(*ledger.entries, entry)[-_KEPT:]))
        kept = {ledger.serving, *ledger.before, *(e.name for e in ledger.entries)}
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)
        return ledger

    @contextlib.contextmanager
    def training(self) -> Iterator[bool]:
        """Hold the right to train; False when another process does."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _write(self, ledger: Ledger) -> Ledger:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(asdict(ledger), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)
        return ledger
