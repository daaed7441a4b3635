"""Articles as files: Markdown with YAML front matter, one article a file, the solution as the text.

    ---
    title: Signing in sends you back to the sign-in page
    status: workaround
    tags: [login]
    symptoms: After the password the form comes up again.
    language: en
    languages:
      de:
        title: Nach der Anmeldung erscheint wieder das Formular
        solution: Erlauben Sie Cookies für example.com.
    ---
    Allow cookies for example.com.

The id is the file's name unless the front matter says otherwise. Every value is text: ``on`` is no
boolean and ``12`` no number here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from mailflow.desk.articles import article_fault
from mailflow.desk.ticket import Article, ArticleStatus, Wording

MAX_FILE = 500_000  # octets
MAX_FILES = 5_000
_FENCE = re.compile(r"---[ \t]*")
_KEYS = ("id", "title", "status", "tags", "symptoms", "language", "languages")


class ArticleFault(ValueError):
    """What is wrong in an article's file, as ``file:line: what``, and what to do about it."""

    def __init__(self, file: str, line: int, problem: str, mend: str = "") -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}:{line}: {problem}" + (f". {mend}" if mend else ""))


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """One file of a folder: its article, or why there is none. ``fingerprint`` tells versions apart."""

    path: Path
    fingerprint: str
    article: Article | None
    fault: ArticleFault | None = None


def article_paths(folder: Path) -> list[Path]:
    """The Markdown files of a folder and its folders, in order. Raises OSError when it cannot be listed."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    found = sorted(p for p in folder.rglob("*.md") if not p.name.startswith((".", "_")))
    return [p for p in found if p.is_file() and p.name.lower() != "readme.md"][:MAX_FILES]


def read_folder(folder: Path) -> Iterator[ArticleFile]:
    """Every article of a folder. Of two files with one id the second is at fault."""
    taken: dict[str, Path] = {}
    for path in article_paths(folder):
        file = read_file(path)
        if file.article is not None:
            first = taken.setdefault(file.article.id, path)
            if first != path:
                fault = ArticleFault(
                    str(path), 1, f"the id {file.article.id} is also that of {first.name}"
                )
                file = ArticleFile(path, file.fingerprint, None, fault)
        yield file


def read_file(path: Path) -> ArticleFile:
    """Never raises: what is wrong stands in ``fault``."""
    try:
        with path.open("rb") as opened:
            octets = opened.read(MAX_FILE + 1)
    except OSError as error:
        fault = ArticleFault(str(path), 1, f"it cannot be read: {error.strerror}")
        return ArticleFile(path, "", None, fault)
    fingerprint = hashlib.sha256(octets).hexdigest()
    try:
        return ArticleFile(path, fingerprint, parse_article(octets, path))
    except ArticleFault as fault:
        return ArticleFile(path, fingerprint, None, fault)


def parse_article(octets: bytes, path: Path) -> Article:
    """The article in a file's octets. Raises ArticleFault."""
    name = str(path)
    if len(octets) > MAX_FILE:
        raise ArticleFault(name, 1, f"it is larger than {MAX_FILE // 1000} kB")
    try:
        text = octets.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ArticleFault(name, line, "it is not UTF-8", "Save it as UTF-8.") from error
    head, body = _parts(text, name)
    facts, lines = _front_matter(head, name)

    def fail(key: str, problem: str) -> ArticleFault:
        return ArticleFault(name, lines.get(key, 1), problem)

    article = Article(
        id=_text(facts, "id", fail) or path.stem.lower(),
        title=_text(facts, "title", fail),
        body=body,
        status=_status(_text(facts, "status", fail) or "known", fail),
        tags=_tags(facts, fail),
        symptoms=_text(facts, "symptoms", fail),
        language=_text(facts, "language", fail),
        wordings=_wordings(facts, fail),
    )
    if not article.title:
        raise ArticleFault(name, 1, "there is no title", "Write `title: …` between the two ---.")
    fault = article_fault(article)
    if fault:
        raise fail("id" if fault.startswith("the id") else "title", fault)
    return article


def article_text(article: Article) -> str:
    """The article as a file: what :func:`parse_article` reads back."""
    facts: dict[str, Any] = {
        "id": article.id,
        "title": article.title,
        "status": article.status.value,
    }
    if article.tags:
        facts["tags"] = list(article.tags)
    if article.symptoms:
        facts["symptoms"] = article.symptoms
    if article.language:
        facts["language"] = article.language
    if article.wordings:
        facts["languages"] = {
            w.language: {"title": w.title, "solution": w.body} for w in article.wordings
        }
    head = yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=1000)
    body = article.body.strip("\n")
    return f"---\n{head}---\n{body}\n" if body else f"---\n{head}---\n"


def _parts(text: str, name: str) -> tuple[str, str]:
    lines = text.split("\n")
    if not _FENCE.fullmatch(lines[0]):
        raise ArticleFault(name, 1, "it does not begin with front matter", "The first line is ---.")
    end = next((n for n, line in enumerate(lines[1:], 1) if _FENCE.fullmatch(line)), None)
    if end is None:
        raise ArticleFault(name, 1, "the front matter has no end", "Write --- behind it.")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]).strip("\n")


def _front_matter(head: str, name: str) -> tuple[Mapping[str, Any], Mapping[str, int]]:
    """The values, all of them text, and the line each key stands in."""
    try:
        node = yaml.compose(head, Loader=yaml.BaseLoader)
        facts = yaml.load(head, Loader=yaml.BaseLoader)  # noqa: S506  it makes text, lists and maps only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is no YAML"
        line = mark.line + 2 if mark else 1
        mend = "Put values with ': ' or '#' in quotes."
        raise ArticleFault(name, line, f"the front matter: {problem}", mend) from error
    except RecursionError as error:
        raise ArticleFault(name, 1, "the front matter is nested too deeply") from error
    if not isinstance(facts, dict) or not isinstance(node, yaml.MappingNode):
        raise ArticleFault(name, 2, "the front matter is no list of `key: value`")
    lines = {str(key.value): key.start_mark.line + 2 for key, _ in node.value}
    for key in facts:
        if key not in _KEYS:
            mend = f"There are {', '.join(_KEYS)}."
            raise ArticleFault(
                name, lines.get(str(key), 2), f"{key!r} is no key of an article", mend
            )
    return facts, lines


def _text(facts: Mapping[str, Any], key: str, fail: Any) -> str:
    value = facts.get(key, "")
    if not isinstance(value, str):
        raise fail(key, f"{key} must be text")
    return value.strip()


def _status(word: str, fail: Any) -> ArticleStatus:
    try:
        return ArticleStatus(word.lower())
    except ValueError:
        known = ", ".join(ArticleStatus)
        raise fail("status", f"the status {word!r} is none of {known}") from None


def _tags(facts: Mapping[str, Any], fail: Any) -> tuple[str, ...]:
    value = facts.get("tags", [])
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise fail("tags", "tags must be a list such as [login, cookies]")
    return tuple(dict.fromkeys(word.strip().lower() for word in words if word.strip()))


def _wordings(facts: Mapping[str, Any], fail: Any) -> tuple[Wording, ...]:
    value = facts.get("languages", {})
    if not isinstance(value, dict):
        raise fail("languages", "languages holds a title and a solution for each, such as de")
    return tuple(_wording(language, words, fail) for language, words in value.items())


def _wording(language: str, value: Any, fail: Any) -> Wording:
    if not isinstance(value, dict) or not set(value) <= {"title", "solution"}:
        raise fail("languages", f"{language} holds a title and a solution")
    title, solution = value.get("title", ""), value.get("solution", "")
    if not isinstance(title, str) or not isinstance(solution, str) or not title.strip():
        raise fail("languages", f"{language} needs a title")
    return Wording(str(language), title.strip(), solution.strip("\n"))
