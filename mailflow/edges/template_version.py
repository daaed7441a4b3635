"""One whole, proven version of a notice in a language, and how it is proven before it serves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import jinja2
from jinja2 import nodes

from mailflow.desk.kept_template import KeptVersion
from mailflow.desk.leaving import leaving_faults
from mailflow.desk.notice_samples import sample_variants
from mailflow.desk.notices import NoticeKind, variable_reference
from mailflow.edges.template_claims import wrong_words
from mailflow.edges.template_dialect import LOOP_FACTS, NoticeEnvironment
from mailflow.edges.template_files import BASE_LAYOUT, Draft, TemplateFault, did_you_mean
from mailflow.edges.template_filters import FILTER_NAMES
from mailflow.edges.template_limits import TemplateLimit, render_bounded
from mailflow.edges.template_page import page_from_html, page_from_text

_MAX_SUBJECT = 250
_SUBJECT_ADVICE = 90  # what mail clients still show of a subject


@dataclass(frozen=True, slots=True)
class RenderedNotice:
    """``version`` names the sources it was made from; it is recorded beside the mail."""

    subject: str
    text: str
    html: str | None
    language: str
    version: str
    wording: KeptVersion = field(repr=False)


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """Compiled and proven against every sample. ``render`` may still raise RenderingFailed for facts nobody foresaw."""

    draft: Draft
    subject: jinja2.Template = field(repr=False)
    text: jinja2.Template = field(repr=False)
    html: jinja2.Template | None = field(repr=False)
    #: The text once more, for Markdown, and the layout around it; what serves where ``html`` is None.
    marked: jinja2.Template | None = field(repr=False)
    layout: jinja2.Template | None = field(repr=False)

    def render(self, facts: Mapping[str, object]) -> RenderedNotice:
        """``facts`` went through ``plain_data``."""
        return RenderedNotice(
            subject=_one_line(self._part("subject", lambda: render_bounded(self.subject, facts))),
            text=_tidy(self._part("txt", lambda: render_bounded(self.text, facts))),
            html=self._page(facts),
            language=self.draft.language,
            version=self.draft.name,
            wording=self.draft.kept(),
        )

    def _page(self, facts: Mapping[str, object]) -> str | None:
        own, marked, layout = self.html, self.marked, self.layout
        if own is not None:
            return self._part("html", lambda: page_from_html(own, facts))
        if marked is None or layout is None:
            return None
        return self._part(BASE_LAYOUT, lambda: page_from_text(marked, layout, facts))

    def _part(self, part: str, rendered: Callable[[], str]) -> str:
        try:
            return rendered()
        except Exception as error:  # whatever a template can do wrong is named, and another serves
            fault = _rendering_fault(self.draft, self.draft.parts.get(part, part), error)
            raise RenderingFailed(fault) from error


class RenderingFailed(Exception):
    def __init__(self, fault: TemplateFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def prove(
    draft: Draft, forbidden: Sequence[re.Pattern[str]] = ()
) -> TemplateVersion | tuple[TemplateFault, ...]:
    """Compile a draft, render it with every sample and look at the result: a version, or what is wrong.

    ``forbidden``: what its own words may not claim.
    """
    faults = tuple(_source_faults(draft))
    if faults:
        return faults
    compiled = _compiled(draft, forbidden)
    if isinstance(compiled, TemplateFault):
        return (compiled,)
    return fact_faults(compiled, sample_variants(draft.notice)) or compiled


def advice(version: TemplateVersion) -> Iterator[TemplateFault]:
    """What is not wrong enough to keep a version from serving."""
    for facts in sample_variants(version.draft.notice):
        subject = version.render(facts).subject
        if len(subject) > _SUBJECT_ADVICE:
            yield version.draft.fault_at(
                version.draft.parts["subject"],
                0,
                f"the subject has {len(subject)} characters.",
                "Shorten it.",
                serious=False,
            )
            return


def _source_faults(draft: Draft) -> Iterator[TemplateFault]:
    for part, meaning in (("subject", "a subject"), ("txt", "a text part")):
        if part not in draft.parts:
            place = (
                next(iter(draft.sources.values())).path.parent.parent
                if draft.sources
                else "templates"
            )
            name = f"{place}/{draft.notice}/{draft.language}.{part}.j2"
            yield TemplateFault(name, 0, f"every notice needs {meaning}.", "Create this file.")
    for name, source in draft.sources.items():
        if source.fault:
            yield draft.fault_at(name, 0, source.fault + ".")


def _compiled(
    draft: Draft, forbidden: Sequence[re.Pattern[str]]
) -> TemplateVersion | TemplateFault:
    sources = {n: s.text for n, s in draft.sources.items()}
    environment = NoticeEnvironment(sources, draft.language)
    templates: dict[str, jinja2.Template] = {}
    for part, name in draft.parts.items():
        try:
            tree = environment.parse(draft.sources[name].text, name)
            if fault := _undeclared(draft, tree, name):
                return fault
            for line, message, mend in wrong_words(tree, forbidden):
                return draft.fault_at(name, line, message, mend)
            templates[part] = environment.get_template(name)
        except Exception as error:  # noqa: BLE001  (a parser fed with anything: the fault is named)
            return _compile_fault(draft, name, error)
    marked = layout = None
    if BASE_LAYOUT in sources and "html" not in templates:
        try:
            layout = environment.get_template(BASE_LAYOUT)
            for_markdown = NoticeEnvironment(sources, draft.language, for_markdown=True)
            marked = for_markdown.get_template(draft.parts["txt"])
        except Exception as error:  # noqa: BLE001
            return _compile_fault(draft, BASE_LAYOUT, error)
    return TemplateVersion(
        draft, templates["subject"], templates["txt"], templates.get("html"), marked, layout
    )


def _undeclared(draft: Draft, tree: nodes.Template, name: str) -> TemplateFault | None:
    known = _names(draft.notice)
    made = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    for node in tree.find_all(nodes.Name):
        if node.name not in made and node.name not in (*known, "language", "range"):
            mend = did_you_mean(node.name, known)
            return draft.fault_at(name, node.lineno, f"there is no {node.name!r} here.", mend)
    # In branches that no sample takes, too: there only the names can be looked at.
    nested = [n.rpartition(".")[2] for n, _ in variable_reference(draft.notice) if "." in n]
    for part in tree.find_all(nodes.Getattr):
        if part.attr not in (*nested, *LOOP_FACTS):
            mend = did_you_mean(part.attr, nested)
            return draft.fault_at(name, part.lineno, f"there is no {part.attr!r} here.", mend)
    return None


def _names(notice: NoticeKind) -> list[str]:
    return [name for name, _ in variable_reference(notice) if "." not in name]


def _compile_fault(draft: Draft, name: str, error: Exception) -> TemplateFault:
    if isinstance(error, jinja2.TemplateSyntaxError):
        message = (error.message or "it is not a template").rstrip(".")
        unknown = re.search(r"No filter named '([^']*)'", message)
        mend = did_you_mean(unknown[1], FILTER_NAMES) if unknown else ""
        return draft.fault_at(error.name or name, error.lineno, message + ".", mend)
    return draft.fault_at(
        name, 0, f"it cannot be compiled: {type(error).__name__}: {_short(error)}."
    )


def fact_faults(
    version: TemplateVersion, tried: Iterable[Mapping[str, object]]
) -> tuple[TemplateFault, ...]:
    """What is wrong with the mails a version makes of these facts: the first that fails is told."""
    draft = version.draft
    for facts in tried:
        try:
            rendered = version.render(facts)
        except RenderingFailed as failed:
            return (failed.fault,)
        found = leaving_faults(rendered.subject, rendered.text, rendered.html, facts)
        if found:
            return tuple(
                draft.fault_at(_blamed(draft, rendered, facts), 0, f"{fault}.") for fault in found
            )
    return ()


def _blamed(draft: Draft, rendered: RenderedNotice, facts: Mapping[str, object]) -> str:
    """The part that a fault of the whole mail is about."""
    if leaving_faults(rendered.subject, "-", None, facts):
        return draft.parts["subject"]
    if leaving_faults("-", rendered.text, None, facts):
        return draft.parts["txt"]
    return draft.parts.get("html", draft.parts["txt"])


def _rendering_fault(draft: Draft, part: str, error: Exception) -> TemplateFault:
    name, line = _place(draft, part, error)
    if isinstance(error, jinja2.UndefinedError):
        word = re.search(r"'([^']*)'(?: is undefined)?$", str(error))
        return draft.fault_at(
            name, line, f"{_short(error)}.", _mend_for(draft, word[1] if word else "")
        )
    if isinstance(error, TemplateLimit):
        return draft.fault_at(name, line, f"{error}.")
    return draft.fault_at(name, line, f"{type(error).__name__}: {_short(error)}.")


def _mend_for(draft: Draft, word: str) -> str:
    known = [name.rpartition(".")[2] for name, _ in variable_reference(draft.notice)]
    if not word or word in known:
        return ""
    return did_you_mean(word, known)


def _place(draft: Draft, part: str, error: Exception) -> tuple[str, int]:
    """Jinja2 writes the template's own lines into the traceback."""
    found = (part, 0)
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in draft.sources:
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_MAX_SUBJECT]


def _tidy(text: str) -> str:
    """No spaces at line ends (but the signature's), never two empty lines in a row, one line end at the end."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        kept = line if line == "-- " else line.rstrip()
        if kept or (lines and lines[-1]):
            lines.append(kept)
    return "\n".join(lines) + "\n"
