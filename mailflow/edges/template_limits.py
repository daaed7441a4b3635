"""What rendering a template may cost, and the plain, bounded values it may see."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

import jinja2

MAX_SOURCE = 64_000  # characters of one template file
MAX_OUTPUT = 512_000  # characters of one rendered part; facts are cut so that ours never reach it
MAX_TURNS = 5_000  # turns of all loops together
MAX_RANGE = 100
MAX_SECONDS = 1.0  # of this thread's own work: a busy machine is nobody's fault
_MAX_FACT = 20_000  # characters of one string
_MAX_FACTS = 60_000  # of all strings together: escaped for HTML they still fit into MAX_OUTPUT
_MAX_ITEMS = 50
_MAX_DEPTH = 6


class TemplateLimit(Exception):
    """A template wants more than a mail may cost, or something the dialect does not have."""


@dataclass(slots=True)
class Budget:
    turns: int
    deadline: float

    def turn(self) -> None:
        self.turns -= 1
        if self.turns < 0:
            raise TemplateLimit(f"its loops turn more than {MAX_TURNS} times")
        self.look_at_the_clock()

    def look_at_the_clock(self) -> None:
        if time.thread_time() > self.deadline:
            raise TemplateLimit(f"it takes more than {MAX_SECONDS:g} s of work")


BUDGET: ContextVar[Budget] = ContextVar("budget of the rendering under way")


def render_bounded(template: jinja2.Template, facts: Mapping[str, object]) -> str:
    """The rendered text. ``facts`` must have gone through ``plain_data``. Raises what Jinja2 raises, or TemplateLimit."""
    budget = Budget(MAX_TURNS, time.thread_time() + MAX_SECONDS)
    token = BUDGET.set(budget)
    pieces: list[str] = []
    length = 0
    try:
        for piece in template.generate(facts):
            budget.look_at_the_clock()
            length += len(piece)
            if length > MAX_OUTPUT:
                raise TemplateLimit(f"it writes more than {MAX_OUTPUT} characters")
            pieces.append(piece)
    finally:
        BUDGET.reset(token)
    return "".join(pieces)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufdd0-\ufdef]")


def plain_data(facts: Mapping[str, object]) -> dict[str, object]:
    """A bounded copy of a template's facts: long strings and lists are cut, control characters removed.

    Raises TypeError for anything with a life of its own: objects, Markup, bytes, functions.
    """
    room = [_MAX_FACTS]
    return {_key(name): _plain(value, 1, room) for name, value in facts.items()}


def _plain(value: object, depth: int, room: list[int]) -> object:
    """``room`` holds how many characters all strings together may still have."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value, depth, room)
    if type(value) in (int, float, date, datetime, timedelta):
        return value
    if type(value) is str:
        text = _plain_text(value, min(_MAX_FACT, room[0]))
        room[0] = max(room[0] - len(text), 0)
        return text
    if depth < _MAX_DEPTH:
        if type(value) in (list, tuple):
            items: Sequence[object] = value  # type: ignore[assignment]
            return [_plain(item, depth + 1, room) for item in items[:_MAX_ITEMS]]
        if isinstance(value, Mapping):
            return {_key(key): _plain(item, depth + 1, room) for key, item in value.items()}
    raise TypeError(f"a template may not see a {type(value).__name__}")


def _plain_text(text: str, limit: int) -> str:
    cut = text if len(text) <= limit else text[:limit] + "\n[…]"
    return _CONTROL.sub("", cut.replace("\r\n", "\n").replace("\r", "\n"))


def _key(key: object) -> str:
    if type(key) is not str:
        raise TypeError("the names of a template's facts are strings")
    return key
