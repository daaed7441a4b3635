"""Which line of a TOML file a key stands on. ``tomllib`` reads values but forgets the places.

Total and linear for any text; meant for files ``tomllib`` accepted, where it finds every key that
begins a line or stands in a table header. Keys of inline tables have the line of their parent.
"""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]

_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))\s*""")
# What may open or close in a value. Triple quotes first: they win over single ones.
_TOKEN = re.compile(r"\"\"\"|'''|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[\[\]{}#]")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line numbers (from 1) by key path; elements of ``[[name]]`` are ``("name", 0)`` and so on."""
    found: dict[KeyPath, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    table: KeyPath = ()
    depth = 0
    closing: str | None = None  # the quotes that end an open multi-line string
    for number, line in enumerate(text.split("\n"), start=1):
        if closing is None and depth == 0:
            header = line.lstrip()
            if header.startswith("["):
                doubled = header.startswith("[[")
                parts, _ = _read_key(header, 2 if doubled else 1)
                table = _table_path(parts, counts, new_element=doubled)
                found.setdefault(table, number)
                continue
            parts, position = _read_key(line, 0)
            if not parts or line[position : position + 1] != "=":
                continue
            for length in range(1, len(parts) + 1):
                found.setdefault((*table, *parts[:length]), number)
            depth, closing = _scan(line, position + 1, 0, None)
        else:
            depth, closing = _scan(line, 0, depth, closing)
    return found


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """The line of a key, or of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _read_key(line: str, position: int) -> tuple[tuple[str, ...], int]:
    """A dotted key from ``position`` on, and where it ended."""
    parts: list[str] = []
    while match := _KEY_PART.match(line, position):
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if line[position : position + 1] != ".":
            break
        position += 1
    return tuple(parts), position


def _table_path(
    parts: tuple[str, ...], counts: dict[tuple[str, ...], int], *, new_element: bool
) -> KeyPath:
    """``[a.b]`` under ``[[a]]`` means the last element of ``a`` (TOML 1.0, Array of Tables)."""
    path: list[str | int] = []
    for length in range(1, len(parts) + 1):
        name = parts[:length]
        path.append(parts[length - 1])
        if new_element and length == len(parts):
            counts[name] = counts.get(name, -1) + 1
        if name in counts:
            path.append(counts[name])
    return tuple(path)


def _scan(line: str, position: int, depth: int, closing: str | None) -> tuple[int, str | None]:
    """Brackets and multi-line strings left open at the end of a line of a value."""
    while True:
        if closing is not None:
            end = _closing_at(line, position, closing)
            if end < 0:
                return depth, closing
            position, closing = end, None
        match = _TOKEN.search(line, position)
        if match is None or match[0] == "#":
            return max(depth, 0), None
        position = match.end()
        if match[0] in ('"""', "'''"):
            closing = match[0]
        elif match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth -= 1


def _closing_at(line: str, position: int, closing: str) -> int:
    """Just behind the quotes that end a multi-line string, or -1. Only basic strings have escapes."""
    if closing == "'''":
        found = line.find(closing, position)
        return found + 3 if found >= 0 else -1
    while (found := line.find(closing, position)) >= 0:
        behind = len(line[position:found]) - len(line[position:found].rstrip("\\"))
        if behind % 2 == 0:
            return found + 3
        position = found + 1
    return -1
