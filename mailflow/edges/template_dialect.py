"""The dialect notices are written in: Jinja2, cut down until a template cannot hurt the daemon.

The sandbox of Jinja2 is no limit on time or memory: ``10**(10**8)`` runs for minutes and ignores
signals. So templates here have no calls but ``range``, no methods, no powers, no captured blocks
and only the filters beside this file; every turn of a loop and every piece of output is counted, and values
are plain data without attributes. What is left is bounded, and enough for mail.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from types import CodeType
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailflow.edges.template_filters import FILTERS, KEPT_FILTERS, bounded, concatenated, steps
from mailflow.edges.template_limits import MAX_RANGE, TemplateLimit
from mailflow.edges.template_markdown import LIVE_FILTERS, finalizer

_MAX_NUMBER = 10**15
LOOP_FACTS = ("index", "index0", "first", "last", "length")  # what ``loop.`` tells

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
_COMPILED, _COMPILED_MARKED = _Compiled(), _Compiled()


class NoticeEnvironment(ImmutableSandboxedEnvironment):
    """One language's environment over named sources. A missing value is an error, never an empty text.

    ``for_markdown`` puts marks in place of the values: see `template_markdown`.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(
        self, sources: Mapping[str, str], language: str, *, for_markdown: bool = False
    ) -> None:
        super().__init__(
            loader=jinja2.FunctionLoader(lambda name: _source(sources, name)),
            undefined=jinja2.StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=finalizer(_present) if for_markdown else _present,
            auto_reload=False,
            bytecode_cache=_COMPILED_MARKED if for_markdown else _COMPILED,
        )
        kept = {name: self.filters[name] for name in KEPT_FILTERS}
        self.filters.clear()
        self.filters.update(kept)
        self.filters.update(FILTERS)
        if for_markdown:
            self.filters.update(LIVE_FILTERS)
        self.filters["_steps"] = steps
        self.filters["_concatenated"] = concatenated
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
        if isinstance(obj, LoopContext) and attribute in LOOP_FACTS:
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
            return bounded(left + right)
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
    return with_line_ends(sources[name]), name, lambda: True


_TAG = re.compile(r"\{%.*?%\}")
_RAW = re.compile(r"\{%-?\+?\s*raw\b")


def with_line_ends(source: str) -> str:
    """The source so that a tag swallows the end of its line only where it stands alone on it.

    Jinja2's ``trim_blocks`` swallows it behind every tag: ``{% if x %}a{% endif %}`` and the next line
    would run together, which nobody expects of a text. Lines keep their numbers.
    """
    if _RAW.search(source):
        return source
    return "\n".join(_with_line_end(line) for line in source.split("\n"))


def _with_line_end(line: str) -> str:
    if not line.endswith("%}") or line.endswith(("+%}", "-%}")) or not _TAG.sub("", line).strip():
        return line
    return f"{line[:-2]}+%}}"


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
