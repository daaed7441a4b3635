"""The example configuration, the schema and the models say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailflow.config import load, load_settings
from mailflow.config.settings import LISTS
from mailflow.config.show import json_schema, shown_settings
from mailflow.config.toml_lines import key_lines, line_of
from mailflow.shipped import shipped

_COMMENTED = re.compile(r"^#([a-z_]+ = |\[\[)", re.MULTILINE)


def keys_of_schema() -> set[str]:
    schema = json_schema()
    keys: set[str] = set()
    for section, part in schema["properties"].items():
        reference = part.get("$ref") or part.get("items", {}).get("$ref")
        keys |= {
            f"{section}.{key}" for key in schema["$defs"][reference.split("/")[-1]]["properties"]
        }
    return keys


def flat(data: dict[str, Any]) -> dict[str, object]:
    return {
        f"{section}.{key}": value
        for section, content in data.items()
        for key, value in (content[0] if isinstance(content, list) else content).items()
    }


def test_the_example_loads() -> None:
    got = load_settings(shipped("config.example.toml"), {})
    assert got.sending.mode == "shadow"
    assert got.agents[0].name == "Ann"


def test_every_key_stands_in_the_example_and_no_other() -> None:
    text = shipped("config.example.toml").read_text(encoding="utf-8")
    everything = flat(tomllib.loads(_COMMENTED.sub(r"\1", text)))
    assert set(everything) == keys_of_schema()


#: Shown with an example value, as there is no default to show.
_WITHOUT_DEFAULT = {"mailbox.ca_file", "smtp.ca_file"}


def test_what_the_example_comments_out_is_the_default(tmp_path: Path) -> None:
    text = shipped("config.example.toml").read_text(encoding="utf-8")
    active = flat(tomllib.loads(text))
    everything = flat(tomllib.loads(_COMMENTED.sub(r"\1", text)))
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    defaults = {line.key: line.value for line in shown_settings(load(path, {}))}
    defaults |= {"mailbox.port": 0, "smtp.port": 0}  # shown as the usual port of tls
    for key, value in everything.items():
        if key in active or key in _WITHOUT_DEFAULT or key.partition(".")[0] in LISTS:
            continue
        expected = defaults[key]
        if key == "database.url":
            expected = str(expected).replace(f"{tmp_path}/", "")
        if key == "state.directory":
            expected = Path(str(expected)).name
        assert value == expected, key


def test_the_schema_knows_no_secret_and_refuses_unknown_keys() -> None:
    schema = json_schema()
    assert "mailbox.password" not in keys_of_schema()
    assert all(part["additionalProperties"] is False for part in schema["$defs"].values())


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\n[b]\nc = 2", ("b", "c"), 3),
        ("[a]\nb = '''\n[c]\nd = 1\n'''\ne = 2", ("a", "e"), 6),
        ('[a]\nb = """x\\"""\nc = 1"""\nd = 2', ("a", "d"), 4),
        ("[a]\nb = [\n  1, # ]\n  '[',\n]\nc = 2", ("a", "c"), 6),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 1, "b"), 4),
        ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", ("a", 1, "b", "c"), 6),
        ('["a b".c]\nd = 1', ("a b", "c", "d"), 2),
        ("a.b.c = 1", ("a", "b"), 1),
        ("[a]\nb = {c = 1}", ("a", "b", "c"), 2),
        ("[a]\nb = 1", ("a", "missing"), 1),
        ("a = 1", ("elsewhere",), None),
    ],
)
def test_the_line_of_a_key(text: str, path: tuple[str | int, ...], line: int | None) -> None:
    tomllib.loads(text)
    assert line_of(key_lines(text), path) == line
