"""``mailflow inspect`` on every hostile mail there is: one object each, in time, without a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailflow.cli.main import run
from tests.hostile import hostile_mails

SECONDS_EACH = 5.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    for number, (_, octets) in enumerate(hostile_mails(huge=False)):
        (place / f"{number:03}.eml").write_bytes(octets)
    return place


def test_the_installed_program_reads_them_all(folder: Path) -> None:
    files = sorted(folder.iterdir())
    assert len(files) >= 30
    command = [sys.executable, "-m", "mailflow", "inspect", "--json", str(folder)]
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == b""
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["file"] for r in records] == [str(file) for file in files]
    assert all(set(r["decision"]) >= {"store", "thread", "wake", "answer"} for r in records)
    assert time.monotonic() - started < SECONDS_EACH * len(files)


@pytest.mark.long
def test_each_within_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILFLOW_CONFIG", raising=False)
    took: dict[str, float] = {}
    for name, octets in hostile_mails():
        file = tmp_path / "one.eml"
        file.write_bytes(octets)
        started = time.process_time()  # the processor's, as the tests beside this one take theirs
        assert run(["inspect", "--json", str(file)]) == 0
        took[name] = time.process_time() - started
        json.loads(capsys.readouterr().out)
    assert max(took.values()) < SECONDS_EACH, sorted(took.items(), key=lambda item: item[1])[-3:]


def test_none_steers_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    monkeypatch.delenv("MAILFLOW_CONFIG", raising=False)
    assert run(["inspect", "--full", str(folder)]) == 0
    text = capsys.readouterr().out
    assert not {c for c in text if c != "\n" and not c.isprintable()}
