r"""Commands shown in documents, read so that a test can run them.

A fenced block ``console`` holds commands on lines that begin with ``$ `` (a trailing ``\`` goes on in the
next line); all other lines are output. HTML comments right above the fence, which readers do not see,
say how to run it::

    <!-- test: desk -->                      a folder with config.toml, running mail servers and two new mails
    <!-- test: first mailflow run --once --> run this before; may be given more than once
    <!-- test: replace FROM => TO -->        run the commands with this text exchanged
    <!-- test: exit 3 -->                    the exit code that is right (of the last command)
    <!-- test: until TEXT -->                end the last command with SIGTERM once it printed TEXT
    <!-- test: output -->                    every shown line must be printed, in this order; … stands for anything
    <!-- test: in checkout -->               run in the repository's folder, not an empty one
    <!-- test: covered by tests/x.py::name -->  not run here, as that test runs it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"<!-- test: (.+?) -->")
_WORDS = {"desk", "output", "in checkout"}
_WITH_VALUE = ("first", "replace", "exit", "until", "covered by")


@dataclass(slots=True)
class Block:
    """One fenced block. ``line`` is where its fence stands."""

    document: str
    line: int
    commands: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    directives: list[tuple[str, str]] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return any(known == name for known, _ in self.directives)

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.directives if known == name]

    def value(self, name: str, default: str = "") -> str:
        return next(iter(self.values(name)), default)

    def runnable(self) -> list[str]:
        """The commands with every replacement done; a replacement that meets nothing is a mistake."""
        commands = list(self.commands)
        for pair in self.values("replace"):
            old, arrow, new = pair.partition(" => ")
            if not arrow or not any(old in command for command in commands):
                raise ValueError(f"{self.document}:{self.line}: nothing to replace for {pair!r}")
            commands = [command.replace(old, new) for command in commands]
        return commands


def read_blocks(document: str, text: str) -> list[Block]:
    """All console blocks. Raises ValueError for a directive nobody knows."""
    blocks: list[Block] = []
    waiting: list[tuple[str, str]] = []
    block: Block | None = None
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            if line.strip() == "```":
                fence, block = "", None
            elif block is not None:
                _read_line(block, line)
        elif line.startswith("```"):
            fence = line
            if line.strip() == "```console":
                block = Block(document, number, directives=waiting)
                blocks.append(block)
            waiting = []
        elif match := _DIRECTIVE.fullmatch(line.strip()):
            waiting.append(_directive(match[1], f"{document}:{number}"))
        elif line.strip():
            waiting = []
    return blocks


def _directive(words: str, where: str) -> tuple[str, str]:
    if words in _WORDS:
        return words, ""
    for name in _WITH_VALUE:
        if words.startswith(f"{name} "):
            return name, words.removeprefix(f"{name} ")
    raise ValueError(f"{where}: no such directive: {words}")


def _read_line(block: Block, line: str) -> None:
    goes_on = block.commands and block.commands[-1].endswith("\\") and not block.shown
    if line.startswith("$ "):
        block.commands.append(line.removeprefix("$ "))
    elif goes_on:
        block.commands[-1] = block.commands[-1].removesuffix("\\") + line.strip()
    else:
        block.shown.append(line)


def missing_line(shown: Sequence[str], printed: str) -> str | None:
    """The first shown line that was not printed, in order. Blanks at the ends and ``…`` match anything."""
    rest = [line.strip() for line in printed.splitlines()]
    for line in shown:
        if not line.strip() or line.strip() == "…":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.strip().split("…")))
        found = next((n for n, candidate in enumerate(rest) if pattern.fullmatch(candidate)), None)
        if found is None:
            return line
        rest = rest[found + 1 :]
    return None
