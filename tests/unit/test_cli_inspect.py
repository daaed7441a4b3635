"""``mailflow inspect``: one object a message, whatever the bytes."""

from __future__ import annotations

import io
import json
import random
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mailflow.cli.main import run

MAIL = b"""\
From: Maria Rossi <maria@example.net>
To: support@example.org
Subject: Cannot log in
Message-ID: <1@example.net>
Date: Mon, 23 Nov 2026 10:00:00 +0100

Since the update I cannot log in any more. Please help me.

On Monday, Ann wrote:
> Hello
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILFLOW_CONFIG", raising=False)


def records(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[dict[str, Any]]:
    assert run(["inspect", "--json", *words]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_tells_facts_and_the_four_answers(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.eml").write_bytes(MAIL)
    [got] = records(capsys, "one.eml")
    assert got["file"] == "one.eml"
    assert got["from"] == {"name": "Maria Rossi", "address": "maria@example.net"}
    assert got["new_text"].startswith("Since the update")
    assert "wrote" not in got["new_text"]
    decision = got["decision"]
    assert set(decision) == {"store", "thread", "wake", "answer", "voice", "verified", "warnings"}
    assert decision["store"]["answer"] == "open a ticket"
    assert decision["wake"]["answer"] == "yes"
    assert decision["answer"]["answer"] == "acknowledge"
    assert all(decision[q]["reason"] for q in ("store", "thread", "wake", "answer"))


def test_people_read_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.eml").write_bytes(MAIL)
    assert run(["inspect", "one.eml"]) == 0
    text = capsys.readouterr().out
    for part in (
        "Maria Rossi <maria@example.net>",
        "store it?",
        "open a ticket",
        "answer?",
        "acknowledge",
        "quoted",
    ):
        assert part in text


def test_folders_and_many_files_in_one_call(capsys: pytest.CaptureFixture[str]) -> None:
    Path("cur/deep").mkdir(parents=True)
    for name in ("cur/a", "cur/deep/b", "c"):
        Path(name).write_bytes(MAIL)
    assert [r["file"] for r in records(capsys, "c", "cur")] == ["c", "cur/a", "cur/deep/b"]


def test_stdin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(MAIL)))
    assert records(capsys, "-")[0]["subject"] == "Cannot log in"


def test_a_file_that_cannot_be_read_is_named_and_does_not_stop_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("one.eml").write_bytes(MAIL)
    got = records(capsys, "absent.eml", "one.eml", code=1)
    assert got[0] == {"file": "absent.eml", "error": "no such file"}
    assert got[1]["subject"] == "Cannot log in"


def test_the_configuration_counts(capsys: pytest.CaptureFixture[str]) -> None:
    text = '[support]\naddress="maria@example.net"\n[mailbox]\nhost="h"\nusername="u"\n[smtp]\nhost="h"\n'
    Path("config.toml").write_text(text)
    Path("one.eml").write_bytes(MAIL)
    [got] = records(capsys, "one.eml")
    assert got["decision"]["answer"]["answer"] == "nothing"  # the desk does not answer itself


def test_a_terminal_is_not_steered(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = MAIL.replace(b"Cannot", b"\x1b[31m\x9b2J [bold]Cannot[/]").replace(
        b"Since", b"\x1b]0;x\x07Since"
    )
    Path("one.eml").write_bytes(hostile)
    assert run(["inspect", "one.eml"]) == 0
    text = capsys.readouterr().out
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    assert "[bold]Cannot[/]" in text


def test_any_octets_give_one_object_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(20261123)
    folder = Path("hostile")
    folder.mkdir()
    for number in range(30):
        octets = bytearray(MAIL)
        for _ in range(rng.randrange(1, 40)):
            octets[rng.randrange(len(octets))] = rng.randrange(256)
        (folder / f"{number:02}").write_bytes(bytes(octets))
    (folder / "empty").write_bytes(b"")
    (folder / "noise").write_bytes(rng.randbytes(20_000))
    (folder / "brackets").write_bytes(b"To: " + b"(" * 50_000 + b"\n\n" + b">" * 50_000)
    started = time.monotonic()
    got = records(capsys, "hostile")
    assert len(got) == 33
    assert all("decision" in r for r in got)
    assert time.monotonic() - started < 30
