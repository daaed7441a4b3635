"""Reading training data: CSV with a header row. Faults name the file and line."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from mailflow.desk.ticket import Priority
from mailflow.suggest.learn_ranking import LearnArticle, LearnTicket

MAX_ARTICLES = 200_000


class TableFault(ValueError):
    """What is wrong in a training file, with its place."""


def read_articles(path: Path) -> list[LearnArticle]:
    """Columns id, title, body. Raises TableFault, OSError."""
    articles: dict[str, LearnArticle] = {}
    for line, row in _rows(path, required=("id",)):
        article = LearnArticle(row["id"].strip(), row.get("title", ""), row.get("body", ""))
        if not article.id or article.id in articles:
            raise TableFault(
                f"{path}:{line}: the id is {'empty' if not article.id else 'not unique'}"
            )
        articles[article.id] = article
        if len(articles) > MAX_ARTICLES:
            raise TableFault(f"{path}:{line}: more than {MAX_ARTICLES} articles")
    return list(articles.values())


def read_history(path: Path, known: frozenset[str]) -> list[LearnTicket]:
    """Columns subject, body, article_id, priority; any may be missing. Raises TableFault, OSError.

    An empty article_id says that no article fits; a ticket naming an article that no longer exists
    says nothing about articles.
    """
    tickets = []
    for line, row in _rows(path, required=()):
        article_id = row.get("article_id")
        if article_id is not None:
            article_id = article_id.strip()
            article_id = article_id if article_id in known or not article_id else None
        priority = (row.get("priority") or "").strip().lower() or None
        if priority is not None and priority not in list(Priority):
            raise TableFault(
                f"{path}:{line}: priority {priority!r} is none of {', '.join(Priority)}"
            )
        tickets.append(
            LearnTicket(row.get("subject", ""), row.get("body", ""), article_id, priority)
        )
    return tickets


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(min(sys.maxsize, 10_000_000))
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, restkey="", restval="")
        for column in required:
            if column not in (reader.fieldnames or ()):
                raise TableFault(f"{path}:1: there is no column {column!r}")
        try:
            for row in reader:
                yield reader.line_num, {k: v for k, v in row.items() if isinstance(v, str)}
        except csv.Error as error:
            raise TableFault(f"{path}:{reader.line_num}: {error}") from error
