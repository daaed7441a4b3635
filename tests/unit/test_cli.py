"""The program's frame: quick help, global options anywhere, and what each exit code means."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import mailflow
from mailflow.cli.main import NOUNS, global_options_first, run
from mailflow.cli.outcome import Failure

REPOSITORY = Path(mailflow.__file__).parent.parent
EXAMPLE = str(REPOSITORY / "config.example.toml")

HEAVY = (
    "sklearn",
    "scipy",
    "numpy",
    "sqlalchemy",
    "pydantic",
    "apscheduler",
    "rich",
    "imapclient",
    "jinja2",
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of this machine may be found."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("MAILFLOW_") and name != "MAILFLOW_REQUIRE_SERVERS":
            monkeypatch.delenv(name)


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from mailflow.cli.main import run\n"
        "code = run(['--help'])\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'imported {heavy}' if heavy or code else 0)\n"
    )
    seconds = []
    for _ in range(3):  # the quickest counts: a cold disk is not our cost
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stderr
        assert "inspect" in done.stdout
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) <= 0.3


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.name)
def test_every_noun_has_help(noun: object, capsys: pytest.CaptureFixture[str]) -> None:
    name = noun.name  # type: ignore[attr-defined]
    assert run([name, "--help"]) == 0
    assert f"Usage: mailflow {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["ticket", "list", "-h"], ["quarantine", "retry", "-h"], ["config", "show", "-h"]]
)
def test_commands_of_nouns_have_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    assert "Usage: mailflow " + " ".join(words[:2]) in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"mailflow {mailflow.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["nosuch"],
        ["ticket", "nosuch"],
        ["ticket", "show"],
        ["ticket", "show", "one"],
        ["outbox", "list", "--state", "nosuch"],
        ["--set", "no-equals-sign", "check"],
        ["--nosuch"],
        ["inspect"],
        ["init", "--non-interactive"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_a_misspelt_noun_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tikcet"]) == 2
    assert "Did you mean 'ticket'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["config", "show"],
        ["ticket", "list"],
        ["run", "--once"],
        ["db", "current"],
        ["check"],
        ["check", "--json"],
    ],
    ids=" ".join,
)
def test_an_invalid_configuration_is_3(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.toml").write_text("[mailbox]\nhots = 1\n")
    assert run(words) == 3
    captured = capsys.readouterr()
    assert "config.toml:2" in captured.out + captured.err
    assert "did you mean host?" in captured.out + captured.err
    assert "Traceback" not in captured.err


def test_no_configuration_is_3_and_says_how_to_write_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["ticket", "list"]) == 3
    assert "mailflow init" in capsys.readouterr().err


def test_no_database_yet_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.toml").write_text(Path(EXAMPLE).read_text())
    for words in (
        ["ticket", "list"],
        ["outbox", "list"],
        ["quarantine", "list"],
        ["db", "current"],
    ):
        assert run(words) == 3
        assert "there is no database" in capsys.readouterr().err
    assert not Path("mailflow.db").exists()  # reading makes none


def test_config_show_tells_values_and_origins(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILFLOW_MAILBOX__PASSWORD", "hunter2")
    words = ["config", "show", "--json", "--config", EXAMPLE, "--set", "log.level=debug"]
    assert run(words) == 0
    got = json.loads(capsys.readouterr().out)
    assert got["log.level"] == {"value": "debug", "origin": "--set log.level"}
    assert got["mailbox.host"]["origin"].startswith(f"{EXAMPLE}:")
    assert got["mailbox.port"] == {"value": 993, "origin": "default"}
    assert got["mailbox.password"] == {
        "value": "***",
        "origin": "environment MAILFLOW_MAILBOX__PASSWORD",
    }
    assert run(["config", "show", "--origin", "--config", EXAMPLE]) == 0
    text = capsys.readouterr().out
    assert "hunter2" not in text
    assert "# default" in text


def test_config_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "mailflow configuration"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("run --config x --once", "--config x run --once"),
        ("run --once -c x", "-c x run --once"),
        ("ticket list --set a=b --config=y", "--set a=b --config=y ticket list"),
        ("inspect -- --config", "inspect -- --config"),
        ("run --config", "--config run"),
        ("", ""),
    ],
)
def test_global_options_may_stand_anywhere(words: str, expected: str) -> None:
    assert global_options_first(words.split()) == expected.split()


def test_a_closed_pipe_is_no_fault() -> None:
    command = f"{sys.executable} -m mailflow config schema | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert len(done.stdout) == 10


def test_no_colour_and_no_terminal_give_plain_text() -> None:
    env = {**os.environ, "FORCE_COLOR": "", "NO_COLOR": "1", "CREDENTIALS_DIRECTORY": ""}
    command = [sys.executable, "-m", "mailflow", "check", "--offline", "--config", EXAMPLE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 3  # its password files are not there
    assert "\x1b" not in done.stdout
    assert " 1 ok       configuration" in done.stdout


@pytest.mark.parametrize("problem", ["the server left", "The server left."])
def test_a_failure_has_one_full_stop_a_sentence(problem: str) -> None:
    assert str(Failure(problem, "Look there.")) == f"{problem.rstrip('.')}. Next: Look there."
