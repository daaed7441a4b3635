"""Reading template folders: which files make up a notice in a language, and what is wrong with the folder itself."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.notices import NoticeKind
from mailflow.edges.template_limits import MAX_SOURCE

LAYOUT = "_layout"
BASE_LAYOUT = "_layout/base.html.j2"  # what HTML made from a text is put into
PARTS = ("subject", "txt", "html")
_END = ".j2"


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """What is wrong with a template, where (``line`` 0: the whole file), and what to do about it.

    What is not ``serious`` is advice: it keeps no version from serving.
    """

    file: str
    line: int
    message: str
    mend: str = ""
    serious: bool = True

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}" + (f" {self.mend}" if self.mend else "")


@dataclass(frozen=True, slots=True)
class Source:
    """One file. ``fault`` says why it could not be read; ``text`` is empty then."""

    path: Path
    text: str
    fault: str = ""


#: By name within the folder, such as ``acknowledgement/en.txt.j2``.
Folder = Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Draft:
    """The sources of one notice in one language, before anybody knows whether they work.

    ``parts`` maps subject, txt and html to names in ``sources``, which holds the layouts too.
    """

    notice: NoticeKind
    language: str
    parts: Mapping[str, str]
    sources: Mapping[str, Source]
    version: str = field(default="")

    def fault_at(
        self, name: str, line: int, message: str, mend: str = "", *, serious: bool = True
    ) -> TemplateFault:
        source = self.sources.get(name)
        return TemplateFault(str(source.path) if source else name, line, message, mend, serious)

    @property
    def name(self) -> str:
        """``acknowledgement/de@0123456789abcdef``: what is recorded beside a mail."""
        return f"{self.notice}/{self.language}@{self.version}"

    def kept(self) -> KeptVersion:
        texts = {name: source.text for name, source in self.sources.items()}
        return KeptVersion(self.name, self.notice.value, self.language, self.parts, texts)


def draft_from(kept: KeptVersion, *, place: str = "kept") -> Draft:
    """A version from the database, as if its files lay there still."""
    sources = {name: Source(Path(place, name), text) for name, text in kept.sources.items()}
    notice = NoticeKind(kept.notice)
    return Draft(notice, kept.language, dict(kept.parts), sources, _version(sources))


#: Path, mtime in ns, size and inode of every file.
Signature = tuple[tuple[str, int, int, int], ...]


def signature(folders: Sequence[Path]) -> Signature:
    """Changes whenever a template file may have changed; costs a stat a file."""
    return tuple(sorted(_stats(folders)))


def _stats(folders: Sequence[Path]) -> Iterator[tuple[str, int, int, int]]:
    for path in (p for folder in folders for p in _template_paths(folder)):
        try:
            found = path.stat()
        except OSError:  # just being replaced: the next look sees it
            yield str(path), 0, 0, 0
        else:
            yield str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _template_paths(folder: Path) -> Iterator[Path]:
    try:
        inner = sorted(path for path in folder.iterdir() if path.is_dir())
        for place in inner:
            yield from sorted(
                p for p in place.iterdir() if p.name.endswith(_END) and p.name[0] != "."
            )
    except OSError:  # a folder that is not there has no templates; `check` says so
        return


def read_folder(folder: Path) -> Folder:
    return {f"{path.parent.name}/{path.name}": _read(path) for path in _template_paths(folder)}


def _read(path: Path) -> Source:
    try:
        with path.open("rb") as opened:
            octets = opened.read(4 * MAX_SOURCE + 1)
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Source(path, "", f"it is not UTF-8 (octet {error.start})")
    except OSError as error:
        return Source(path, "", f"it cannot be read: {error.strerror}")
    if len(text) > MAX_SOURCE:
        return Source(path, "", f"it is longer than {MAX_SOURCE} characters")
    return Source(path, text)


def drafts(folders: Sequence[Folder]) -> dict[tuple[NoticeKind, str], Draft]:
    """Every notice and language that has a file; the first folder that has one decides.

    Its text stands alone: without an HTML part beside it the HTML is made from it, for another
    folder's would say something else. A subject it lacks comes from the next folder, and so does everything
    else when it has the subject alone.
    """
    found = {}
    for notice in NoticeKind:
        for language in sorted(_languages(folders, notice)):
            found[notice, language] = _draft(folders, notice, language)
    return found


def _languages(folders: Sequence[Folder], notice: NoticeKind) -> set[str]:
    names = (name for folder in folders for name in folder if name.startswith(f"{notice}/"))
    return {split[0] for name in names if (split := _split(name)) is not None}


def _split(name: str) -> tuple[str, str] | None:
    """Language and part of a file's name, or None where it is no notice's file."""
    pieces = name.rpartition("/")[2].removesuffix(_END).split(".")
    return (pieces[0], pieces[1]) if len(pieces) == 2 and pieces[1] in PARTS and pieces[0] else None


def _draft(folders: Sequence[Folder], notice: NoticeKind, language: str) -> Draft:
    parts: dict[str, str] = {}
    sources: dict[str, Source] = {}
    for folder in folders:
        names = {part: f"{notice}/{language}.{part}{_END}" for part in PARTS}
        wanted = PARTS if not parts.keys() & {"txt", "html"} else ("subject",)
        for part in wanted:
            name = names[part]
            if part not in parts and name in folder:
                parts[part] = name
                sources[name] = folder[name]
        for name, source in folder.items():
            if name.startswith(f"{LAYOUT}/"):
                sources.setdefault(name, source)
    return Draft(notice, language, parts, sources, _version(sources))


def _version(sources: Mapping[str, Source]) -> str:
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(repr((name, sources[name].text, sources[name].fault)).encode())
    return digest.hexdigest()[:16]


def folder_faults(paths: Sequence[Path], folders: Sequence[Folder]) -> Iterator[TemplateFault]:
    """Folders and files whose names mean nothing, and languages that a notice lacks."""
    for path, folder in zip(paths, folders, strict=True):
        if not path.is_dir():
            yield TemplateFault(
                str(path), 0, "this folder is not there.", "Create it, or change the configuration."
            )
        for name, source in folder.items():
            yield from _name_faults(name, source)
    spoken = {notice: _languages(folders, notice) for notice in NoticeKind}
    for language in sorted(set().union(*spoken.values())):
        missing = [notice.value for notice in NoticeKind if language not in spoken[notice]]
        if missing:
            yield TemplateFault(
                str(paths[0]),
                0,
                f"language {language!r} has no {', '.join(missing)}.",
                "There the default language serves.",
                serious=False,
            )


def _name_faults(name: str, source: Source) -> Iterator[TemplateFault]:
    place, _, file = name.partition("/")
    if place == LAYOUT:
        return
    known = [kind.value for kind in NoticeKind]
    if place not in known:
        yield TemplateFault(
            str(source.path.parent), 0, f"there is no notice {place!r}.", did_you_mean(place, known)
        )
    elif _split(name) is None:
        yield TemplateFault(
            str(source.path), 0, f"{file!r} is no notice's file.", "Name it like en.txt.j2."
        )


def did_you_mean(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known are: {', '.join(sorted(known))}." if known else ""
