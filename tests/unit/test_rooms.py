"""Every third-party package has its room, and the pure rooms touch neither clock, disk nor network.

Which mailflow rooms may import each other is told in pyproject.toml and checked by import-linter.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailflow

PACKAGE = Path(mailflow.__file__).parent

#: A room is a folder of mailflow or a module at its top, without ".py".
ALLOWED: dict[str, set[str]] = {
    "mail": {"authres", "dkim", "charset_normalizer", "py3langid"},
    "desk": set(),
    "suggest": {"joblib", "model2vec", "numpy", "scipy", "sklearn", "skops"},
    "store": {"alembic", "sqlalchemy"},
    "edges": {
        "aiosmtplib",
        "babel",
        "css_inline",
        "dkim",
        "imapclient",
        "jinja2",
        "markdown_it",
        "markupsafe",
        "yaml",
    },
    "flow": set(),
    "config": {"pydantic"},
    "cli": {"typer", "rich"},
    "demo": {"aiosmtpd", "proxyprotocol", "pymap", "pysasl", "rich"},
    "daemon": {"apscheduler"},
    "calendars": {"holidays"},
    "logs": {"structlog"},
}
#: Nearest to one library each.
ONE_LIBRARY_EACH = {"imap": "imapclient", "smtp": "aiosmtplib", "templates": "jinja2"}

IMPURE = {
    "asyncio", "fcntl", "http", "imaplib", "io", "logging", "multiprocessing", "os", "pathlib", "random",
    "resource", "secrets", "selectors", "shutil", "signal", "smtplib", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time",
}  # fmt: skip
NEVER = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Top-level names of everything a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_third_party_packages_stand_in_their_room(path: Path) -> None:
    imported = set(imports_of(path))
    third_party = imported - set(sys.stdlib_module_names) - {"mailflow"}
    assert third_party <= ALLOWED.get(room_of(path), set())
    assert not imported & NEVER
    if room_of(path) in {"mail", "desk"}:
        assert not imported & IMPURE
    if room_of(path) == "flow":
        assert not imported & {
            "socket",
            "imaplib",
            "smtplib",
            "sqlite3",
            "subprocess",
            "pathlib",
            "os",
        }


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_pure_rooms_do_not_ask_the_clock(path: Path) -> None:
    if room_of(path) not in {"mail", "desk"}:
        return
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"now", "utcnow", "today"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "edges").glob("*.py")), ids=lambda p: p.name)
def test_an_edge_speaks_one_library(path: Path) -> None:
    libraries = set(imports_of(path)) & set(ONE_LIBRARY_EACH.values())
    for name, library in ONE_LIBRARY_EACH.items():
        if path.stem.startswith(name):
            assert libraries <= {library}
    assert len(libraries) <= 1


def test_no_module_is_called_as_one_of_the_standard_library_that_matters() -> None:
    names = {path.stem for path in modules()}
    assert not names & {"threading", "email", "utils", "helpers", "manager", "service"}
