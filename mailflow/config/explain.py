"""pydantic's verdicts in the admin's words. pydantic is right but speaks to programmers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from mailflow.config.faults import Fault, did_you_mean, shown
from mailflow.config.settings import LISTS, Settings
from mailflow.config.toml_lines import KeyPath

#: Sentence and mend by error type; {names} are filled from pydantic's context.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "string_type": ("must be text", "write it in quotes"),
    "int_type": ("must be a whole number", "write digits without quotes"),
    "int_parsing": ("must be a whole number", "write digits without quotes"),
    "float_type": ("must be a number", "write digits without quotes"),
    "bool_type": ("must be true or false", "write true or false without quotes"),
    "date_type": ("must be a day", "write it without quotes, such as 2026-12-24"),
    "date_from_datetime_inexact": ("must be a day", "write it without a time"),
    "tuple_type": ("must be a list", 'write it in brackets, such as ["one", "two"]'),
    "path_type": ("must be a path in quotes", "write it in quotes"),
    "is_instance_of": ("must be a path in quotes", "write it in quotes"),
    "finite_number": ("must be a number", "write digits without quotes"),
    "greater_than_equal": ("is too small", "use {ge} or more"),
    "less_than_equal": ("is too large", "use {le} or less"),
    "less_than": ("is too large", "use less than {lt}"),
    "literal_error": ("is not one of the words known here", "use {expected}"),
    "string_too_short": ("must not be empty", "write a value"),
    "string_pattern_mismatch": ("must be two letters such as en", "use an ISO 639-1 code"),
    "model_type": ("must be a section", "write [{section}] and the keys below it"),
    "model_attributes_type": ("must be a section", "write [{section}] and the keys below it"),
    "dict_type": ("must be a section", "write [{section}] and the keys below it"),
}
_EXAMPLES: Mapping[str, str] = {
    "support.address": 'address = "support@example.org"',
    "mailbox.host": 'host = "imap.example.org"',
    "mailbox.username": 'username = "support@example.org"',
    "smtp.host": 'host = "smtp.example.org"',
    "agents.address": 'address = "agent@example.org"',
    "calendars.name": 'name = "office"',
    "queues.name": 'name = "billing"',
    "queues.addresses": 'addresses = ["billing@example.org"]',
}
_MENDS_OF_SECTIONS: tuple[tuple[str, str], ...] = (
    ("choose one", "remove one of the two lines"),
    ("not this machine", 'use tls = "implicit" or "starttls"'),
    ("own address", "give the person's own address: mail to the desk would go round in circles"),
    ("stands twice", "remove one of the two"),
    ("who is not under [[agents]]", "add that agent, or take the address out of the queue"),
    ("which is no [[queues]]", "add that queue, or write its name as under [[queues]]"),
    ("ends before it begins", "write the earlier day as first"),
    ("longer than 400 days", "write a closure that ends sooner"),
)


def explain(error: ValidationError, place: Callable[[KeyPath], str]) -> list[Fault]:
    """One Fault an error, in the order of the sections; unions of types count once."""
    faults: dict[str, Fault] = {}
    for detail in error.errors(include_url=False):
        path = _config_path(detail["loc"])
        fault = _fault(path, detail["type"], detail, place)
        faults.setdefault(f"{fault.key}|{fault.where}", fault)
    return list(faults.values())


def _config_path(loc: tuple[int | str, ...]) -> KeyPath:
    """Without the marks of union members pydantic appends, such as ``function-after[…]``."""
    depth = 3 if loc[:1] and loc[0] in LISTS else 2
    if loc[:1] and loc[0] in Settings.model_fields and loc[0] not in LISTS and len(loc) > 2:
        in_tuple = isinstance(loc[2], int)
        depth = 3 if in_tuple else 2
    return tuple(loc[:depth])


def _fault(
    path: KeyPath, kind: str, detail: Any, place: Callable[[KeyPath], str]
) -> Fault:  # detail: pydantic's ErrorDetails, whose input may be anything
    dotted = _dotted(path)
    where = place(path)
    section = str(path[0]) if path else ""
    if kind == "missing":
        return _missing(path, place)
    if kind == "extra_forbidden":
        return Fault(key=dotted, problem="there is no such setting", mend=_meant(path), where=where)
    given = None if isinstance(detail["input"], dict) else shown(detail["input"])
    if kind == "value_error":
        problem = str(detail["ctx"]["error"])
        mend = next((m for sign, m in _MENDS_OF_SECTIONS if sign in problem), None)
        if mend is not None:
            key = dotted or _section_named_in(problem)
            return Fault(key=key, problem=problem, mend=mend, where=where)
        return Fault(
            key=dotted, value=given, problem=problem, mend="write it in that form", where=where
        )
    if len(path) == 1 and section in LISTS:
        each = "person" if section == "agents" else section.rstrip("s")
        mend = f"write [[{section}]] in double brackets, once for each {each}"
        return Fault(key=dotted, problem="must be a list", mend=mend, where=where)
    problem, mend = _SENTENCES.get(kind, (str(detail["msg"]), "see config.example.toml"))
    context = {"section": section, **detail.get("ctx", {})}
    return Fault(key=dotted, value=given, problem=problem, mend=mend.format(**context), where=where)


def _section_named_in(problem: str) -> str:
    """Which list of sections a fault between sections is about: the first it names, such as [[queues]]."""
    named = re.search(r"\[\[([a-z]+)\]\]", problem)
    return named[1] if named else "agents"


def _dotted(path: KeyPath) -> str:
    text = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    return "".join(c if c.isprintable() else "�" for c in text[:80])


def _missing(path: KeyPath, place: Callable[[KeyPath], str]) -> Fault:
    if len(path) == 1:
        example = _EXAMPLES.get(f"{path[0]}.host") or _EXAMPLES.get(f"{path[0]}.address", "")
        return Fault(
            key=str(path[0]),
            problem="this section is missing",
            mend=f"add [{path[0]}] with {example}, or run `mailflow init`",
            where=place(()),
        )
    header = f"[[{path[0]}]]" if path[0] in LISTS else f"[{path[0]}]"
    example = _EXAMPLES.get(f"{path[0]}.{path[-1]}", f"{path[-1]} = …")
    return Fault(
        key=_dotted(path),
        problem="is missing",
        mend=f"add {example} under {header}",
        where=place(path[:-1]),
    )


def _fields_of(section: str) -> set[str]:
    """The keys an admin may write in a section."""
    if section in LISTS:
        return set(LISTS[section].model_fields)
    info = Settings.model_fields.get(section)
    model = info.annotation if info is not None else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return set()
    return set(model.model_fields) - {"password", "credential"}


def _meant(path: KeyPath) -> str:
    name = str(path[-1])
    if len(path) == 1:
        homes = [section for section in Settings.model_fields if name in _fields_of(section)]
        near = did_you_mean(name, Settings.model_fields)
        if homes and name not in Settings.model_fields and near is None:
            return f"{name} belongs under [{homes[0]}]"
        return (
            f"did you mean [{near}]?"
            if near
            else f"remove it; sections are {_list(Settings.model_fields)}"
        )
    own = _fields_of(str(path[0]))
    for section in Settings.model_fields:
        if name in _fields_of(section):
            return f"{name} belongs under [{section}]"
    if near := did_you_mean(name, own):
        return f"did you mean {near}?"
    return f"remove it; [{path[0]}] knows {_list(own)}"


def _list(names: Any) -> str:  # any iterable of str, mappings included
    return ", ".join(sorted(names))
