"""Where the open mail for measuring lies, and how one file of it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mailflow.mail.message import IncomingMessage, RawMessage
from mailflow.mail.parse import parse_message

CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"


@dataclass(frozen=True)
class Sample:
    path: Path
    expected: dict[str, Any]  # what is known to be true, as JSON holds it; {} where nothing is

    @property
    def set_name(self) -> str:
        return self.path.parent.name

    @cached_property
    def octets(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def message(self) -> IncomingMessage:
        return parse_message(RawMessage(self.octets))


def samples() -> Iterator[Sample]:
    """Every message of every set, in a stable order; nothing where the corpora are absent."""
    for path in sorted(CORPORA.glob("*/*")):
        if path.suffix == ".json" or not path.is_file():
            continue
        beside = path.with_suffix(".expected.json")
        expected = json.loads(beside.read_text("utf-8")) if beside.exists() else {}
        yield Sample(path, expected if path.suffix == ".eml" else {})


def folded(text: str) -> str:
    """White space aside."""
    return " ".join(text.split())
