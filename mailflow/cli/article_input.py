"""Articles and their words as an admin hands them over: a file, a folder, a table."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailflow.cli.outcome import Failure
from mailflow.desk.ticket import Article, ArticleStatus


def read_words(path: Path) -> str:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} cannot be read: {error}") from error
    return text.strip("\n")


def articles_in(source: Path) -> Iterator[Article]:
    """Raises Failure for anything that is no article."""
    from mailflow.edges.article_files import ArticleFile, read_file, read_folder

    with _named(source):
        if source.suffix.lower() == ".csv":
            yield from _rows(source)
            return
        files: list[ArticleFile] = (
            list(read_folder(source)) if source.is_dir() else [read_file(source)]
        )
    for file in files:
        if file.article is None:
            raise Failure(str(file.fault), "nothing was taken over; mend the file and try again")
        yield file.article


def _rows(source: Path) -> Iterator[Article]:
    from mailflow.desk.articles import article_fault

    with source.open(encoding="utf-8-sig", newline="") as file:
        for row in (reader := csv.DictReader(file)):
            word = (row.get("status") or "known").strip().lower()
            article = Article(
                id=(row.get("id") or "").strip(),
                title=" ".join((row.get("title") or "").split()),
                body=(row.get("body") or "").strip("\n"),
                status=ArticleStatus(word) if word in list(ArticleStatus) else ArticleStatus.KNOWN,
                tags=tuple((row.get("tags") or "").split()),
            )
            fault = article_fault(article)
            if fault or word not in list(ArticleStatus):
                raise Failure(
                    f"{source}:{reader.line_num}: {fault or f'there is no status {word!r}'}",
                    "nothing was taken over; mend the row and try again",
                )
            yield article


@contextmanager
def _named(source: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Failure(f"{source} cannot be read: {error}", "name a file or folder") from error
