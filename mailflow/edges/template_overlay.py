"""The admin's own folder beside the shipped one: copying into it, comparing the two, writing an old version back."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mailflow.desk.kept_template import KeptVersion
from mailflow.edges.template_files import LAYOUT, read_folder

_BASES = ".shipped"  # inside the own folder: what was shipped when a file was copied
_NAME = re.compile(r"(?:_layout|[a-z_]{1,60})/[A-Za-z0-9_-]{1,60}\.[a-z0-9.]{1,40}\.j2")


@dataclass(frozen=True, slots=True)
class Difference:
    """Unified diffs, '' where there is none: shipped → yours, and shipped when copied → shipped now."""

    name: str
    yours: str
    shipped_since: str
    shipped: bool  # whether mailflow ships such a file at all


def copy_shipped(shipped: Path, own: Path, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Copy shipped files where the own folder has none. What was copied, and what was there already."""
    copied, kept = [], []
    for name in names:
        if (own / name).exists():
            kept.append(name)
            continue
        text = (shipped / name).read_text(encoding="utf-8")
        _write(own / _BASES / name, text)
        _write(own / name, text)
        copied.append(name)
    return copied, kept


def differences(shipped: Path, own: Path) -> Iterator[Difference]:
    """Each file of the own folder against the shipped one, in order of name."""
    bases = read_folder(own / _BASES)
    theirs = read_folder(shipped)
    for name, source in sorted(read_folder(own).items()):
        now = theirs[name].text if name in theirs else ""
        base = bases[name].text if name in bases else now
        yield Difference(
            name,
            _diff(now, source.text, f"shipped/{name}", f"yours/{name}"),
            _diff(base, now, f"shipped when copied/{name}", f"shipped now/{name}"),
            name in theirs,
        )


def write_back(own: Path, version: KeptVersion, *, layout: bool) -> list[str]:
    """Make the own folder hold a kept version's files. What was written or moved aside, by name.

    The layouts are shared by all notices and stay as they are unless ``layout`` is given. What lay
    there is moved aside (``….old``): it may never have served, and then the history has it not.
    """
    changed = []
    wanted = set(version.parts.values())
    for name, text in version.sources.items():
        if not _NAME.fullmatch(name) or (name.startswith(f"{LAYOUT}/") and not layout):
            continue
        path = own / name
        if path.exists() and path.read_bytes() == text.encode():
            continue
        if path.exists():
            path.replace(path.with_name(path.name + ".old"))
        _write(path, text)
        changed.append(name)
    for part in ("subject", "txt", "html"):
        name = f"{version.notice}/{version.language}.{part}.j2"
        path = own / name
        if name not in wanted and path.exists():
            path.replace(path.with_name(path.name + ".old"))
            changed.append(f"{name} → {path.name}.old")
    return changed


def _write(path: Path, text: str) -> None:
    """Whole or not at all: the daemon may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)


def _diff(old: str, new: str, old_name: str, new_name: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""
    )
    return "\n".join(lines)
