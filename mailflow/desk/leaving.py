"""What no finished mail of ours may hold, whatever its wording: leftovers of a template, "None", noreply. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#")
# "None of them" is English; a bare None is a value that was not there.
_NONE = re.compile(r"\bNone\b(?! (?:of|at|are|is|was|were|has|have|yet|so|the)\b)")
_EMPTY_GREETING = re.compile(
    r"^[ \t]*(?:hello|hi|dear|hallo|liebe[r]?|sehr geehrte[r]?(?: frau| herr)?|guten tag|bonjour|ch[eè]re?"
    r"|hola|estimad[oa]|ol[aá]|caro|cara)(?:[ \t]+[,!:]|[ \t]*[,!:]{2}|[ \t]+none\b)",
    re.IGNORECASE | re.MULTILINE,
)
_BARE_TITLE = re.compile(
    r"^[ \t]*(?:dear|liebe[r]?|sehr geehrte[r]?(?: frau| herr)?|ch[eè]re?|estimad[oa]|caro|cara)[ \t]*[,!:]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NOREPLY = re.compile(
    r"no[-_ ]?reply|do[-_ ]?not[-_ ]?reply|don't reply|nicht auf diese (?:e-?)?mail antworten"
    r"|ne pas répondre|no responda|não responda",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")


_CHECKS = (
    (_LEFTOVER, "a template mark was left over"),
    (_NONE, "the word None stands where a value was missing"),
    (_EMPTY_GREETING, "the greeting is empty"),
    (_BARE_TITLE, "the greeting is empty"),
    (_NOREPLY, "it tells people not to reply"),
)


def tells_not_to_reply(text: str) -> str:
    """The words that tell people not to reply, or ''."""
    match = _NOREPLY.search(text)
    return match[0] if match else ""


def leaving_faults(
    subject: str, text: str, html: str | None, facts: Mapping[str, object] | None = None
) -> tuple[str, ...]:
    """What must not leave in a mail of ours: leftover template marks, None for a value, an empty greeting, noreply.

    ``facts`` are what the mail was rendered from: what people themselves wrote in them is not held
    against the mail (a customer may well write ``{{``). An empty result means: may leave.
    """
    theirs = _people_wrote(facts or {})
    found: dict[str, None] = {}
    if not subject.strip():
        found["the subject is empty"] = None
    if not text.strip():
        found["the text is empty"] = None
    seen_html = unescape(_TAG.sub("\n", html.partition("</head>")[2] or html)) if html else ""
    for part in (subject, text, seen_html):
        for pattern, fault in _CHECKS:
            ours = (m[0].strip() for m in pattern.finditer(part) if _same(m[0]) not in theirs)
            if (match := next(ours, None)) is not None:
                found[f"{fault}: {match}"] = None
    return tuple(found)


def _people_wrote(facts: object) -> frozenset[str]:
    """What would look like a fault in people's own words. A value that says just None is nobody's word."""
    theirs: set[str] = set()
    pending = [facts]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            pending.extend(value.values())
        elif isinstance(value, list | tuple):
            pending.extend(value)
        elif isinstance(value, str) and value.strip() != "None":
            theirs.update(_same(m[0]) for pattern, _ in _CHECKS for m in pattern.finditer(value))
    return frozenset(theirs)


def _same(match: str) -> str:
    return " ".join(match.split()).casefold()
