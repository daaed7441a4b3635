"""The dialect notices are written in: Jinja2, cut down until a template cannot hurt the daemon.

The sandbox of Jinja2 is no limit on time or memory: ``10**(10**8)`` runs for minutes and ignores
signals. So templates here have no calls but ``range``, no methods, no powers, no captured blocks
and only the filters below; every turn of a loop and every piece of output is counted, and values
are plain data without attributes. What is left is bounded, and enough for mail.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import CodeType
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, LoopContext, Undefined, markup_join, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from mailflow.desk.moments import spoken_moment

MAX_SOURCE = 64_000  # characters of one template file
MAX_OUTPUT = 512_000  # characters of one rendered part; facts are cut so that ours never reach it
MAX_TURNS = 5_000  # turns of all loops together
MAX_RANGE = 100
MAX_SECONDS = 1.0
_MAX_FACT = 20_000  # characters of one string
_MAX_FACTS = 60_000  # of all strings together: escaped for HTML they still fit into MAX_OUTPUT
_MAX_ITEMS = 50
_MAX_DEPTH = 6
_MAX_NUMBER = 10**15


class TemplateLimit(Exception):
    """A template wants more than a mail may cost, or something the dialect does not have."""


@dataclass(slots=True)
class _Budget:
    turns: int
    deadline: float

    def turn(self) -> None:
        self.turns -= 1
        if self.turns < 0:
            raise TemplateLimit(f"its loops turn more than {MAX_TURNS} times")
        self.look_at_the_clock()

    def look_at_the_clock(self) -> None:
        if time.monotonic() > self.deadline:
            raise TemplateLimit(f"it takes longer than {MAX_SECONDS:g} s")


_BUDGET: ContextVar[_Budget] = ContextVar("budget of the rendering under way")


def render_bounded(template: jinja2.Template, facts: Mapping[str, object]) -> str:
    """The rendered text. ``facts`` must have gone through ``plain_data``. Raises what Jinja2 raises, or TemplateLimit."""
    budget = _Budget(MAX_TURNS, time.monotonic() + MAX_SECONDS)
    token = _BUDGET.set(budget)
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
        _BUDGET.reset(token)
    return "".join(pieces)


# -- facts --------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


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
    if type(value) in (int, float, date, datetime):
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


# -- filters ------------------------------------------------------------------------------------------


def _steps(items: object) -> Iterator[object]:
    """Every loop runs through this, put there when the template is compiled."""
    if isinstance(items, Undefined):
        str(items)  # raises and names what is undefined
    if not isinstance(items, list | range | str | Mapping):
        raise TemplateLimit("a loop needs a list")
    budget = _BUDGET.get()
    for item in items:
        budget.turn()
        yield item


def _bounded(text: str) -> str:
    if len(text) > MAX_OUTPUT:
        raise TemplateLimit(f"it builds a text of more than {MAX_OUTPUT} characters")
    return text


@jinja2.pass_eval_context
def _concatenated(context: EvalContext, parts: list[object]) -> str:
    """The operator ~."""
    texts = [_text_of(part) for part in parts]
    return _bounded(markup_join(texts) if context.autoescape else str_join(texts))


@jinja2.pass_eval_context
def _joined(context: EvalContext, items: Iterable[object], between: str = ", ") -> str:
    kept = [_text_of(item) for item in _steps(items)]
    if context.autoescape:
        return _bounded(Markup(escape(between)).join(kept))  # escapes each item  # noqa: S704
    return _bounded(between.join(kept))


def _text_of(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises and names what is undefined
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TemplateLimit(f"a {type(value).__name__} is no text")
    return value if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """Each line behind ``> ``, as mail quotes."""
    lines = str(text).split("\n")
    return "\n".join(
        f"> {line}".rstrip() if not line.startswith(">") else f">{line}" for line in lines
    )


def _paragraphs(text: str) -> Markup:
    """Plain text as HTML: blank lines part paragraphs, other line ends stay line ends."""
    found = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", str(text).strip())]
    made = ["<p>" + str(escape(part)).replace("\n", "<br>\n") + "</p>" for part in found if part]
    return Markup(_bounded("\n".join(made)))  # every part was escaped  # noqa: S704


# The context is what keeps Jinja2 from working these out once, in whatever language came first.


@jinja2.pass_context
def _percent(context: Context, share: float) -> str:
    """English and Portuguese write the sign close, others behind a no-break space."""
    gap = "" if str(context.environment.globals["language"])[:2] in ("en", "pt") else "\xa0"
    return f"{round(share * 100)}{gap}%"


@jinja2.pass_context
def _moment(context: Context, moment: datetime) -> str:
    return spoken_moment(moment, str(context.environment.globals["language"]))


def _size(octets: int) -> str:
    if octets < 1000:
        return f"{octets} B"
    if octets < 999_500:
        return f"{round(octets / 1000)} kB"
    return f"{octets / 1_000_000:.1f} MB"


def _shortened(text: str, length: int = 60) -> str:
    """On one line, cut at ``length`` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: max(min(length, 1000) - 1, 1)].rstrip() + "…"


def _cut(text: str, length: int = 3000) -> str:
    """At most ``length`` characters, lines kept, ending between words."""
    if len(text) <= length:
        return text
    kept, _, rest = text[:length].rpartition(" ")
    return (kept or rest).rstrip() + " …"


FILTERS: Mapping[str, Callable[..., object]] = {
    "join": _joined,
    "quoted": _quoted,
    "paragraphs": _paragraphs,
    "moment": _moment,
    "percent": _percent,
    "size": _size,
    "shortened": _shortened,
    "cut": _cut,
}
_KEPT_FILTERS = (
    "capitalize",
    "d",
    "default",
    "e",
    "escape",
    "first",
    "last",
    "length",
    "lower",
    "trim",
    "upper",
)
FILTER_NAMES = (*FILTERS, *_KEPT_FILTERS)


# -- compiling ----------------------------------------------------------------------------------------

_FORBIDDEN: Mapping[type[nodes.Node], str] = {
    nodes.Macro: "macros",
    nodes.CallBlock: "call blocks",
    nodes.FilterBlock: "filter blocks",
    nodes.AssignBlock: "set blocks with a body",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.NSRef: "namespaces",
    nodes.Pow: "the operator **",
    nodes.ScopedEvalContextModifier: "autoescape blocks",
}


class _Compiled(BytecodeCache):
    """In memory: the layouts are the same for every notice, and compiling is what takes the time."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._codes) >= _MAX_COMPILED:
            self._codes.clear()
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_MAX_COMPILED = 500
_COMPILED = _Compiled()


class NoticeEnvironment(ImmutableSandboxedEnvironment):
    """One language's environment over named sources. A missing value is an error, never an empty text."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, sources: Mapping[str, str], language: str) -> None:
        super().__init__(
            loader=jinja2.FunctionLoader(lambda name: _source(sources, name)),
            undefined=jinja2.StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_present,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        kept = {name: self.filters[name] for name in _KEPT_FILTERS}
        self.filters.clear()
        self.filters.update(kept)
        self.filters.update(FILTERS)
        self.filters["_steps"] = _steps
        self.filters["_concatenated"] = _concatenated
        self.globals.clear()
        self.globals["range"] = _range
        self.globals["language"] = language

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,
    ) -> str:
        _check_dialect(source, name or "")
        return super()._generate(_with_counters(source, self), name, filename, defer_init)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``a.b`` is the fact b of a, or the state of a loop; Python's attributes do not exist here."""
        if isinstance(obj, LoopContext) and attribute in (
            "index",
            "index0",
            "first",
            "last",
            "length",
        ):
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            str(obj)  # raises and names it
        if isinstance(obj, Mapping):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        if isinstance(obj, str | list) and isinstance(argument, int | slice):
            with contextlib.suppress(IndexError, TypeError, ValueError):
                return obj[argument]
        if obj is None:
            raise jinja2.UndefinedError(
                f"{argument!r} was asked of a value that is not there (None)"
            )
        return self.undefined(f"there is no {argument!r} in {type(obj).__name__} data")

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is _range

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _bounded(left + right)
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise TemplateLimit(f"the operator {operator} is for numbers; join texts with ~")
        if operator == "**":
            raise TemplateLimit("the dialect of notices has no **")
        result = super().call_binop(context, operator, left, right)
        if abs(result) > _MAX_NUMBER:
            raise TemplateLimit("a number became too large")
        return result


def _source(sources: Mapping[str, str], name: str) -> tuple[str, str, Callable[[], bool]] | None:
    if name not in sources:
        return None
    return sources[name], name, lambda: True


def _present(value: object) -> object:
    if value is None:
        raise jinja2.UndefinedError(
            "a value that is not there (None) was printed; ask {% if … %} first"
        )
    if isinstance(value, bool | list | tuple | Mapping):
        raise jinja2.UndefinedError(f"a {type(value).__name__} was printed; print its parts")
    return value


def _range(*bounds: int) -> range:
    turns = range(*bounds)
    if len(turns) > MAX_RANGE:
        raise TemplateLimit(f"range() goes to {MAX_RANGE} at most")
    return turns


def _check_dialect(template: nodes.Template, name: str) -> None:
    for node in _all_nodes(template):
        for kind, what in _FORBIDDEN.items():
            if isinstance(node, kind):
                _refuse(f"notices have no {what}", node)
        if isinstance(node, nodes.Call) and not (
            isinstance(node.node, nodes.Name) and node.node.name == "range"
        ):
            _refuse("notices call nothing; use a filter, such as {{ name|upper }}", node)
        if isinstance(node, nodes.For) and node.recursive:
            _refuse("notices have no recursive loops", node)
        if isinstance(node, nodes.Extends | nodes.Include):
            _check_layout(node, name)
        if isinstance(node, nodes.List | nodes.Tuple | nodes.Dict) and not _is_simple(node):
            _refuse("a list or dictionary in a notice holds constants only", node)
        if isinstance(node, nodes.Name) and node.name in (
            "self",
            "super",
            "caller",
            "varargs",
            "kwargs",
        ):
            _refuse(f"notices have no {node.name}", node)


def _is_simple(node: nodes.List | nodes.Tuple | nodes.Dict) -> bool:
    """Lists of lists of lists grow as powers do. A tuple of names is the target of a loop or set."""
    if isinstance(node, nodes.Dict):
        return all(
            isinstance(part, nodes.Const) for pair in node.items for part in (pair.key, pair.value)
        )
    if isinstance(node, nodes.Tuple) and node.ctx == "store":
        return True
    return all(isinstance(item, nodes.Const) for item in node.items)


def _check_layout(node: nodes.Extends | nodes.Include, name: str) -> None:
    target = node.template
    if name.startswith("_layout/"):
        _refuse("a file of _layout/ extends and includes nothing", node)
    if not (isinstance(target, nodes.Const) and str(target.value).startswith("_layout/")):
        _refuse("only files of _layout/ can be extended or included", node)


def _refuse(message: str, node: nodes.Node) -> NoReturn:
    raise jinja2.TemplateSyntaxError(message, node.lineno)


def _all_nodes(template: nodes.Template) -> Iterator[nodes.Node]:
    pending: list[nodes.Node] = [template]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(node.iter_child_nodes())


def _with_counters(template: nodes.Template, environment: jinja2.Environment) -> nodes.Template:
    """Put the counter into every loop, and the bound into every ~."""
    for node in list(_all_nodes(template)):
        if isinstance(node, nodes.For):
            node.iter = _filtered(node.iter, "_steps")
        for field in node.fields:
            value = getattr(node, field, None)
            if isinstance(value, nodes.Concat):
                setattr(node, field, _as_filter(value))
            elif isinstance(value, list):
                value[:] = [_as_filter(v) if isinstance(v, nodes.Concat) else v for v in value]
    template.set_environment(environment)
    return template


def _as_filter(concat: nodes.Concat) -> nodes.Filter:
    return _filtered(nodes.List(concat.nodes, lineno=concat.lineno), "_concatenated")


def _filtered(value: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(value, name, [], [], None, None, lineno=value.lineno)
