"""``mailflow suggest``: what a model says of texts, as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.outcome import Failure

if TYPE_CHECKING:
    from mailflow.desk.suggestion import Suggestion
    from mailflow.suggest.model import Model

LINES_AT_ONCE = 256


def suggest(
    texts: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl", help="One JSON object per line: id, subject, body. '-' is stdin."
        ),
    ],
    model: Annotated[
        Path | None, typer.Option("--model", metavar="DIR", help="The model; else the one shipped.")
    ] = None,
    precision: Annotated[
        float,
        typer.Option(
            "--precision", min=0.5, max=0.999, help="Name an article only at this precision."
        ),
    ] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Suggest priority and article for each text."""
    from mailflow.cli.model import model_in

    loaded = model_in(model).with_precision(precision)
    block: list[dict[str, Any]] = []
    try:
        with (
            sys.stdin
            if str(texts) == "-"
            else texts.open(encoding="utf-8", errors="replace") as file
        ):
            for number, line in enumerate(file, 1):
                if line.strip():
                    block.append(_read(line, f"{texts}:{number}"))
                if len(block) == LINES_AT_ONCE:
                    _answer(loaded, block, as_json)
                    block = []
    except OSError as error:
        raise Failure(f"{texts}: {error.strerror}", "name a readable file") from error
    _answer(loaded, block, as_json)


def _read(line: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Failure(
            f"{place}: not JSON: {error}", 'write lines like {"id": 1, "body": "…"}'
        ) from error
    if not isinstance(found, dict):
        raise Failure(f"{place}: not a JSON object", 'write lines like {"id": 1, "body": "…"}')
    return found


def _answer(model: Model, block: list[dict[str, Any]], as_json: bool) -> None:
    texts = [(_text(line, "subject"), new_text_of(_text(line, "body"))) for line in block]
    for line, said in zip(block, model.suggest_many(texts), strict=True):
        if as_json:
            answer = {"id": line.get("id"), **as_facts(said)}
            sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")
        else:
            sys.stdout.write("\n".join(_for_people(line.get("id"), said)) + "\n")


def _text(line: dict[str, Any], key: str) -> str:
    value = line.get(key)
    return value if isinstance(value, str) else ""


def new_text_of(body: str) -> str:
    """The body without quotes and signature, or all of it when nothing else is left."""
    try:
        from mailflow.mail.new_text import split_new_text
    except ModuleNotFoundError:
        return body
    return split_new_text(body).new_text or body


def as_facts(said: Suggestion) -> dict[str, object]:
    """The stable JSON form of a suggestion."""
    priority = said.priority
    return {
        "priority": {
            "label": priority.label.value,
            "confidence": priority.confidence,
            "abstained": priority.abstained,
        }
        if priority
        else None,
        "articles": [{"id": a.article_id, "confidence": a.confidence} for a in said.articles],
        "suggested_article": said.suggested_article,
        "because": list(said.because),
    }


def _for_people(name: object, said: Suggestion) -> Iterator[str]:
    yield f"{name}:"
    if said.priority:
        doubt = " (unsure)" if said.priority.abstained else ""
        yield f"  priority {said.priority.label.value} {said.priority.confidence:.0%}{doubt}"
    for article in (a for a in said.articles[:3] if a.confidence):
        mark = "  ← suggested" if article.article_id == said.suggested_article else ""
        yield f"  article  {article.article_id} {article.confidence:.0%}{mark}"
    for reason in said.because:
        yield f"  because  {reason}"
