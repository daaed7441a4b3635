"""Notices from template files an admin may edit at any time. The only room that knows Jinja2.

Layout: ``<notice>/<language>.subject.j2``, ``.txt.j2`` and, if wanted, ``.html.j2``, and
``_layout/*.html.j2`` to extend. A version serves only after it was compiled, rendered with every
sample and looked at; until then, and whenever it fails later, the last good one serves, also after
a restart, else the shipped one. Every mail comes from one whole version.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notices import NoticeKind
from mailflow.edges.template_files import (
    Draft,
    Signature,
    TemplateFault,
    draft_from,
    drafts,
    folder_faults,
    read_folder,
    signature,
)
from mailflow.edges.template_limits import plain_data
from mailflow.edges.template_speech import languages
from mailflow.edges.template_version import (
    RenderedNotice,
    RenderingFailed,
    TemplateVersion,
    advice,
    fact_faults,
    prove,
)

__all__ = ["RenderedNotice", "TemplateFault", "TemplateUnusable", "Templates"]

_Key = tuple[NoticeKind, str]
#: What served a notice in a language before this process began, the last one first.
Remembered = Callable[[NoticeKind, str], Iterable[KeptVersion]]
_Refusal = tuple[str, tuple[TemplateFault, ...]]  # the draft's version, what is wrong


def _nothing(notice: NoticeKind, language: str) -> tuple[KeptVersion, ...]:
    return ()


class TemplateUnusable(Exception):
    """No version of a notice could be rendered, not even the shipped one."""


class Templates:
    """``folders``: the admin's own first, the shipped one last. May be used from several threads.

    A file that changed within ``settle_seconds`` is left to the next look: it may be half written.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        default_language: str = "en",
        remembered: Remembered = _nothing,
        forbidden: Sequence[re.Pattern[str]] = (),
        settle_seconds: float = 0.0,
    ) -> None:
        self._folders = tuple(folders)
        self._default = default_language
        self._remembered = remembered
        self._forbidden = tuple(forbidden)
        self._settle_seconds = settle_seconds
        self._lock = threading.Lock()
        self._serving: dict[_Key, TemplateVersion] = {}
        self._shipped: dict[_Key, TemplateVersion] = {}
        self._refused: dict[_Key, _Refusal] = {}
        #: The files as they lie there: the admin's above the shipped ones, and the shipped ones alone.
        self._found: Mapping[_Key, Draft] = {}
        self._found_shipped: Mapping[_Key, Draft] = {}
        self._unproven: set[_Key] = set()  # proven when first wanted, at the latest by `reload`
        self._failed: dict[TemplateFault, str] = {}  # while rendering, with the version that failed
        self._told: frozenset[TemplateFault] = frozenset()
        self._seen: object = None
        with self._lock:
            self._load()

    def reload(self) -> tuple[TemplateFault, ...]:
        """Take up changed files. The faults nobody was told yet: each is returned once while it lasts.

        Costs a stat a file while nothing changes. Never raises for what a template file holds.
        """
        self._prove_all()  # what served until now is the last good one, also if nobody wanted it yet
        with self._lock:
            self._load()
        current = self.faults()
        with self._lock:
            new = tuple(fault for fault in current if fault not in self._told)
            self._told = frozenset(current)
        return new

    def faults(self) -> tuple[TemplateFault, ...]:
        """What is wrong now, each fault once."""
        self._prove_all()
        with self._lock:
            refused = [fault for _, faults in self._refused.values() for fault in faults]
            return tuple(dict.fromkeys([*refused, *self._failed]))

    def versions(self) -> tuple[TemplateVersion, ...]:
        """The version in force of every notice and language, in order of name."""
        return tuple(version for _, version in sorted(self._all_serving()))

    def whose(self, version: TemplateVersion) -> str:
        """``yours``, ``shipped``, or ``last good`` for one whose files are not there (any more)."""
        source = version.draft.sources[version.draft.parts["txt"]]
        refused = (version.draft.notice, version.draft.language) in self._refused
        if refused or not any(source.path.is_relative_to(folder) for folder in self._folders):
            return "last good"
        return "shipped" if source.path.is_relative_to(self._folders[-1]) else "yours"

    def serving(self) -> tuple[KeptVersion, ...]:
        """The version in force of every notice and language."""
        return tuple(version.draft.kept() for _, version in self._all_serving())

    def _all_serving(self) -> list[tuple[_Key, TemplateVersion]]:
        self._prove_all()
        with self._lock:
            return list(self._serving.items())

    def render(
        self, notice: NoticeKind, language: str, facts: Mapping[str, object]
    ) -> RenderedNotice:
        """The notice in the language, else in a wider one (``de`` for ``de-AT``), the default, English.

        A version that fails or whose mail would not pass ``leaving_faults`` is recorded as a fault and
        the next serves. A mail that fails that look in every version is returned all the same: whoever
        sends it looks again. Raises TemplateUnusable when nothing could be rendered.
        """
        seen = plain_data(facts)
        doubtful: RenderedNotice | None = None
        for version in self._candidates(notice, language):
            try:
                rendered = version.render(seen)
            except RenderingFailed as failed:
                self._record(version, failed.fault)
                continue
            found = leaving_faults(rendered.subject, rendered.text, rendered.html, seen)
            if not found:
                return rendered
            doubtful = doubtful or rendered
            self._record(
                version, version.draft.fault_at(version.draft.parts["txt"], 0, f"{found[0]}.")
            )
        if doubtful:
            return doubtful
        raise TemplateUnusable(
            f"no template for {notice!r} can be rendered: "
            + ("; ".join(str(fault) for fault in self.faults()) or "there is none")
        )

    def check(
        self, real: Mapping[NoticeKind, Sequence[Mapping[str, object]]] | None = None
    ) -> tuple[TemplateFault, ...]:
        """Everything that is wrong with the files as they lie there now, whatever serves meanwhile.

        ``real`` are facts of real tickets to try besides the samples.
        """
        return tuple(dict.fromkeys(self._check(real or {})))

    def _check(
        self, real: Mapping[NoticeKind, Sequence[Mapping[str, object]]]
    ) -> Iterator[TemplateFault]:
        folders = [read_folder(path) for path in self._folders]
        yield from folder_faults(self._folders, folders)
        found = drafts(folders)
        for draft in found.values():
            proven = _judge(draft, self._forbidden)
            if isinstance(proven, TemplateVersion):
                tried = (plain_data(facts) for facts in real.get(draft.notice, ()))
                yield from (*advice(proven), *fact_faults(proven, tried))
            else:
                yield from proven
        for notice in NoticeKind:
            if not any(kind is notice for kind, _ in found):
                place = str(self._folders[-1]) if self._folders else "templates"
                yield TemplateFault(
                    place, 0, f"there is no {notice} at all.", "Install mailflow again."
                )

    def _candidates(self, notice: NoticeKind, language: str) -> Iterator[TemplateVersion]:
        for name in languages(language, self._default):
            key = (notice, name)
            with self._lock:
                self._prove((key,))
                versions = (self._serving.get(key), self._shipped.get(key))
            yield from (version for version in versions if version is not None)

    def _record(self, version: TemplateVersion, fault: TemplateFault) -> None:
        with self._lock:
            self._failed[fault] = version.draft.version

    def _load(self) -> None:
        """Read what changed. What is proven of it is proven later: sixty notices take seconds."""
        now = signature(self._folders)
        if now == self._seen or (self._seen is not None and self._being_written(now)):
            return
        folders = [read_folder(path) for path in self._folders]
        if self._seen is not None and signature(self._folders) != now:
            return  # it changed while we read: the next look takes it up
        self._seen = now
        self._found, self._found_shipped = drafts(folders), drafts(folders[-1:])
        for proven in (self._serving, self._refused):
            for key in proven.keys() - self._found.keys():
                del proven[key]
        for key in self._shipped.keys() - self._found_shipped.keys():
            del self._shipped[key]
        self._unproven = set(self._found)

    def _being_written(self, now: Signature) -> bool:
        """Whether a file changed a moment ago: many editors empty a file before they fill it."""
        ages = (time.time() - stat[1] / 1e9 for stat in now)
        return any(0 <= age < self._settle_seconds for age in ages)

    def _prove_all(self) -> None:
        """One by one, so that a mail need not wait for all."""
        for key in tuple(self._unproven):
            with self._lock:
                self._prove((key,))

    def _prove(self, keys: Iterable[_Key]) -> None:
        """For each notice the best version: the files if they prove good, else the last good, else the shipped one."""
        for key in keys:
            if key not in self._unproven:
                continue
            self._prove_shipped(key)
            draft, before, shipped = (
                self._found[key],
                self._serving.get(key),
                self._shipped.get(key),
            )
            proven = self._judged(key, draft, before, shipped)
            if isinstance(proven, TemplateVersion):
                self._serving[key] = proven
                self._refused.pop(key, None)
            else:
                self._refused[key] = (draft.version, proven)
                if last := before or self._last_good(key, self._remembered) or shipped:
                    self._serving[key] = last
            self._unproven.discard(key)
            serving = {v.draft.version for v in (*self._serving.values(), *self._shipped.values())}
            self._failed = {f: version for f, version in self._failed.items() if version in serving}

    def _prove_shipped(self, key: _Key) -> None:
        draft = self._found_shipped.get(key)
        if draft is not None:
            before = self._shipped.get(key)
            proven = before if before and before.draft.version == draft.version else None
            judged = proven or _judge(draft, self._forbidden)
            if isinstance(judged, TemplateVersion):
                self._shipped[key] = judged

    def _last_good(self, key: _Key, remembered: Remembered) -> TemplateVersion | None:
        """What served before this process began, if it still proves good."""
        for kept in remembered(*key):
            proven = _judge(draft_from(kept), self._forbidden)
            if isinstance(proven, TemplateVersion):
                return proven
        return None

    def _judged(
        self, key: _Key, draft: Draft, *known: TemplateVersion | None
    ) -> TemplateVersion | tuple[TemplateFault, ...]:
        """What proved good, or was refused, is not tried again until it changes."""
        for version in known:
            if version is not None and version.draft.version == draft.version:
                return version
        refused, faults = self._refused.get(key, ("", ()))
        if faults and refused == draft.version:
            return faults
        return _judge(draft, self._forbidden)


_MOST_PROVEN = 1_000
_PROVEN: dict[tuple[object, ...], TemplateVersion] = {}


def _judge(
    draft: Draft, forbidden: tuple[re.Pattern[str], ...]
) -> TemplateVersion | tuple[TemplateFault, ...]:
    """What proved good once needs no second proof: its name is the hash of all that goes into it."""
    key = (draft.name, forbidden, *(source.path for source in draft.sources.values()))
    if key not in _PROVEN:
        proven = prove(draft, forbidden)
        if not isinstance(proven, TemplateVersion):
            return proven
        if len(_PROVEN) >= _MOST_PROVEN:
            _PROVEN.clear()
        _PROVEN[key] = proven
        return proven
    return _PROVEN[key]
