"""Passwords: where they come from, what is refused, and that they are never shown."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

from mailflow.config import ConfigError, Secret, load, load_settings, read_password
from mailflow.config.show import shown_settings

BASE = {
    "MAILFLOW_SUPPORT__ADDRESS": "support@example.org",
    "MAILFLOW_MAILBOX__HOST": "imap.example.org",
    "MAILFLOW_MAILBOX__USERNAME": "support",
    "MAILFLOW_SMTP__HOST": "smtp.example.org",
}


def password(env: dict[str, str]) -> Secret | None:
    return read_password(load_settings(None, BASE | env).mailbox)


def refusal(env: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        password(env)
    return str(caught.value)


def secret_file(folder: Path, octets: bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(octets)
    path.chmod(mode)
    return str(path)


def test_from_the_environment_before_all_others(tmp_path: Path) -> None:
    file = secret_file(tmp_path, b"from file")
    env = {"MAILFLOW_MAILBOX__PASSWORD": "from env", "MAILFLOW_MAILBOX__PASSWORD_FILE": file}
    assert password(env) == Secret("from env")
    del env["MAILFLOW_MAILBOX__PASSWORD"]
    assert password(env) == Secret("from file")


def test_from_a_file_the_first_line(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "pässword \nnot this\n".encode())
    assert password({"MAILFLOW_MAILBOX__PASSWORD_FILE": file}) == Secret("pässword ")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o644])
def test_a_file_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    file = secret_file(tmp_path, b"hunter2", mode)
    got = refusal({"MAILFLOW_MAILBOX__PASSWORD_FILE": file})
    assert f"mode {mode:04o}" in got
    assert f"chmod 600 {file}" in got
    assert "hunter2" not in got


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "is empty"),
        (b"\nx", "is empty"),
        (b"\xff", "not UTF-8"),
        (b"a\0b", "NUL"),
        (b"x" * 70_000, "64 KiB"),
    ],
)
def test_an_unusable_file_is_refused(tmp_path: Path, octets: bytes, words: str) -> None:
    assert words in refusal({"MAILFLOW_MAILBOX__PASSWORD_FILE": secret_file(tmp_path, octets)})


def test_from_a_command_without_a_shell(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1])"
    command = json.dumps([sys.executable, "-c", code, "$HOME; rm"])
    assert password({"MAILFLOW_MAILBOX__PASSWORD_COMMAND": command}) == Secret("$HOME; rm")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/nonexistent/pass"], "cannot be started"),
        ([sys.executable, "-c", "import sys; sys.exit(7)"], "ended with code 7"),
        ([sys.executable, "-c", ""], "is empty"),
    ],
)
def test_a_failing_command_is_refused(command: list[str], words: str) -> None:
    assert words in refusal({"MAILFLOW_MAILBOX__PASSWORD_COMMAND": json.dumps(command)})


def test_from_systemd_when_nothing_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "mailbox_password").write_text("from systemd\n")
    assert password({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == Secret("from systemd")


def test_no_password_names_the_four_ways() -> None:
    got = refusal({})
    for way in (
        "password_file",
        "password_command",
        "MAILFLOW_MAILBOX__PASSWORD",
        "mailbox_password",
    ):
        assert way in got


def test_no_username_needs_no_password() -> None:
    assert read_password(load_settings(None, BASE).smtp) is None


def test_a_secret_never_shows_itself() -> None:
    env = BASE | {"MAILFLOW_MAILBOX__PASSWORD": "hunter2"}
    loaded = load(None, env)
    secret = read_password(loaded.settings.mailbox)
    assert secret is not None
    shown = f"{secret} {secret!r} {secret:>20} {loaded} {loaded.settings.model_dump()} {shown_settings(loaded)}"
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    masked = {line.key: line.value for line in shown_settings(loaded)}
    assert masked["mailbox.password"] == "***"
