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
from mailflow.desk.notices import NoticeKind, leaving_faults
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
        self._serving: Mapping[_Key, TemplateVersion] = {}
        self._shipped: Mapping[_Key, TemplateVersion] = {}
        self._refused: Mapping[_Key, _Refusal] = {}
        self._failed: dict[TemplateFault, str] = {}  # while rendering, with the version that failed
        self._told: frozenset[TemplateFault] = frozenset()
        self._seen: object = None
        self._load()

    def reload(self) -> tuple[TemplateFault, ...]:
        """Take up changed files. The faults nobody was told yet: each is returned once while it lasts.

        Costs a stat a file while nothing changes. Never raises for what a template file holds.
        """
        self._load()
        current = self.faults()
        with self._lock:
            new = tuple(fault for fault in current if fault not in self._told)
            self._told = frozenset(current)
        return new

    def faults(self) -> tuple[TemplateFault, ...]:
        """What is wrong now, each fault once."""
        with self._lock:
            refused = [fault for _, faults in self._refused.values() for fault in faults]
            return tuple(dict.fromkeys([*refused, *self._failed]))

    def versions(self) -> tuple[TemplateVersion, ...]:
        """The version in force of every notice and language, in order of name."""
        return tuple(version for _, version in sorted(self._serving.items()))

    def whose(self, version: TemplateVersion) -> str:
        """``yours``, ``shipped``, or ``last good`` for one whose files are not there (any more)."""
        source = version.draft.sources[version.draft.parts["txt"]]
        refused = (version.draft.notice, version.draft.language) in self._refused
        if refused or not any(source.path.is_relative_to(folder) for folder in self._folders):
            return "last good"
        return "shipped" if source.path.is_relative_to(self._folders[-1]) else "yours"

    def serving(self) -> tuple[KeptVersion, ...]:
        """The version in force of every notice and language."""
        return tuple(version.draft.kept() for version in self._serving.values())

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
        serving, shipped = self._serving, self._shipped
        for name in languages(language, self._default):
            for versions in (serving, shipped):
                if version := versions.get((notice, name)):
                    yield version

    def _record(self, version: TemplateVersion, fault: TemplateFault) -> None:
        with self._lock:
            self._failed[fault] = version.draft.version

    def _load(self) -> None:
        with self._lock:
            now = signature(self._folders)
            if now == self._seen or (self._seen is not None and self._being_written(now)):
                return
            folders = [read_folder(path) for path in self._folders]
            if self._seen is not None and signature(self._folders) != now:
                return  # it changed while we read: the next look takes it up
            self._seen = now
            self._shipped, _ = self._proven(drafts(folders[-1:]), self._shipped, {})
            self._serving, self._refused = self._proven(
                drafts(folders), self._serving, self._shipped, self._remembered
            )
            good = {v.draft.version for v in (*self._serving.values(), *self._shipped.values())}
            self._failed = {
                fault: version for fault, version in self._failed.items() if version in good
            }

    def _being_written(self, now: Signature) -> bool:
        """Whether a file changed a moment ago: many editors empty a file before they fill it."""
        ages = (time.time() - stat[1] / 1e9 for stat in now)
        return any(0 <= age < self._settle_seconds for age in ages)

    def _proven(
        self,
        found: Mapping[_Key, Draft],
        before: Mapping[_Key, TemplateVersion],
        shipped: Mapping[_Key, TemplateVersion],
        remembered: Remembered = _nothing,
    ) -> tuple[dict[_Key, TemplateVersion], dict[_Key, _Refusal]]:
        """The best version of each notice: the draft if it proves good, else the last good, else the shipped one."""
        good: dict[_Key, TemplateVersion] = {}
        refused: dict[_Key, _Refusal] = {}
        for key, draft in found.items():
            known = [v for v in (before.get(key), shipped.get(key)) if v is not None]
            same = [version for version in known if version.draft.version == draft.version]
            proven = same[0] if same else self._judged(key, draft)
            if isinstance(proven, TemplateVersion):
                good[key] = proven
                continue
            refused[key] = (draft.version, proven)
            if last := before.get(key) or self._last_good(key, remembered) or shipped.get(key):
                good[key] = last
        return good, refused

    def _last_good(self, key: _Key, remembered: Remembered) -> TemplateVersion | None:
        """What served before this process began, if it still proves good."""
        for kept in remembered(*key):
            proven = _judge(draft_from(kept), self._forbidden)
            if isinstance(proven, TemplateVersion):
                return proven
        return None

    def _judged(self, key: _Key, draft: Draft) -> TemplateVersion | tuple[TemplateFault, ...]:
        """What was refused before is not tried again until it changes."""
        version, faults = self._refused.get(key, ("", ()))
        if faults and version == draft.version:
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
