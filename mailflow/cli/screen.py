"""Putting results on the screen: tables for people, JSON for programs.

JSON goes to stdout alone. rich honours NO_COLOR and a stdout that is no terminal by itself; there
lines are wider, as nobody reads a table cut to 80 columns in a file.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.text import Text

WIDTH_OF_A_FILE = 140


def screen() -> Console:
    """The console on stdout, made anew as tests exchange stdout."""
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else WIDTH_OF_A_FILE
    return Console(file=sys.stdout, width=width, highlight=False, emoji=False)


def print_json(value: object, *, line: bool = False) -> None:
    """``value`` as JSON; on one line when it is one of many. Moments are ISO 8601 in UTC."""
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    indent = None if line else 2
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, default=_plain)
    sys.stdout.write(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")
    sys.stdout.flush()


#: What JSON may hold but a terminal, a line reader or UTF-8 cannot: C1 controls, line separators, surrogates.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def printable(text: str) -> str:
    """Text from a stranger's mail without anything that could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else " " if c == "\t" else "�" for c in text)


def cell(value: object, style: str = "") -> Text:
    return Text(printable("" if value is None else str(value)), style=style)


GAP = 2  # blanks between columns
NARROWEST = 12  # a column that gives way keeps so many characters


def print_table(
    console: Console,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    giving_way: Sequence[str],
) -> None:
    """A table without lines, one line a row. Columns ``giving_way`` are cut, in that order, when it is too wide."""
    cells = [[value if isinstance(value, Text) else cell(value) for value in row] for row in rows]
    for row in cells:
        for text in row:
            text.plain = text.plain.replace("\n", " ")
    widths = [
        max([len(name), *(row[number].cell_len for row in cells)])
        for number, name in enumerate(columns)
    ]
    for name in giving_way:
        excess = sum(widths) + GAP * (len(widths) - 1) - console.width
        number = list(columns).index(name)
        widths[number] = max(min(widths[number], NARROWEST), widths[number] - max(0, excess))
    for row in [[Text(name, style="bold") for name in columns], *cells]:
        line = Text()
        for text, width in zip(row, widths, strict=True):
            text.truncate(width, overflow="ellipsis", pad=True)
            line.append_text(text).append(" " * GAP)
        line.rstrip()
        console.print(line, soft_wrap=True)


def size_text(octets: int) -> str:
    for unit, factor in (("MB", 1_000_000), ("kB", 1000)):
        if octets >= factor:
            return f"{octets / factor:.3g} {unit}"
    return f"{octets} B"


def print_labelled(console: Console, label: str, text: Text, *, margin: int = 15) -> None:
    """A label in the margin and the text beside it, wrapped within its own column."""
    lines = text.wrap(console, max(20, console.width - margin), overflow="fold") or [Text()]
    for number, line in enumerate(lines):
        head = label if number == 0 else ""
        console.print(Text(f"{head:<{margin}}", style="dim").append_text(line), soft_wrap=True)


def ago(moment: datetime | None, now: datetime) -> str:
    """``3 min``, ``5 h``, ``2 d``: how long ago, or ``in 5 h``; empty for no moment."""
    if moment is None:
        return ""
    seconds = (now - moment).total_seconds()
    before, seconds = ("in ", -seconds) if seconds < 0 else ("", seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{before}{int(seconds // size)} {unit}"
    return f"{before}{int(seconds)} s"
