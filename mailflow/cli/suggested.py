"""A recorded suggestion in words: what the model held of a message then, and what decided it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = 3


def suggestion_lines(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and text of each line, from the JSON kept beside the message. None where no model spoke."""
    if not said.get("model"):
        return
    priority = said.get("priority")
    if priority:
        doubt = ", unsure: not taken over" if priority["abstained"] else ""
        yield "priority", f"{priority['label']} {priority['confidence']:.0%}{doubt}"
    articles = said.get("articles", ())[:_SHOWN]
    if articles:
        yield "article", ", ".join(_article(one, said) for one in articles)
    for reason in said.get("because", ()):
        yield "because", reason


def _article(one: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    text = f"{one['article_id']} {one['confidence']:.0%}"
    if one["article_id"] != said.get("suggested_article"):
        return text
    return text + (" (suggested, to customers too)" if said.get("for_customer") else " (suggested)")
