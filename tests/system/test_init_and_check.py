"""``init`` and ``check`` against running mail servers: what they write, what they find, and their exit codes."""

from __future__ import annotations

import json
import os
import pty
import select
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailflow.cli.main import run
from mailflow.config import load_settings, read_password
from mailflow.demo.servers import PASSWORD, EmbeddedServers

SUPPORT = "support@demo.test"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("MAILFLOW_") and name != "MAILFLOW_REQUIRE_SERVERS":
            monkeypatch.delenv(name)


def flags(imap_port: int, smtp_port: int) -> list[str]:
    return [
        "init", "--non-interactive", "--address", SUPPORT, "--name", "Demo Support",
        "--imap-host", "127.0.0.1", "--imap-tls", "none", "--imap-port", str(imap_port),
        "--smtp-host", "127.0.0.1", "--smtp-tls", "none", "--smtp-port", str(smtp_port), "--smtp-username", "",
        "--agent", "agent@demo.test", "--agent", "bo@demo.test",
    ]  # fmt: skip


def secret(text: str, name: str = "secrets/mailbox") -> None:
    Path(name).parent.mkdir(mode=0o700, exist_ok=True)
    Path(name).write_text(text + "\n")
    Path(name).chmod(0o600)


def checked(
    capsys: pytest.CaptureFixture[str], *words: str, code: int = 0
) -> dict[str, dict[str, Any]]:
    """Findings of ``check --json`` by subject; the worst of each."""
    assert run(["check", "--json", *words]) == code
    got = json.loads(capsys.readouterr().out)
    assert got["ok"] is (code == 0)
    assert [c["number"] for c in got["checks"]] == list(range(1, len(got["checks"]) + 1))
    order = ["ok", "skipped", "warning", "failed"]
    return {c["subject"]: c for c in sorted(got["checks"], key=lambda c: order.index(c["status"]))}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_init_writes_what_check_and_the_daemon_read(
    embedded: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    secret(PASSWORD)
    assert run(flags(embedded.imap_port, embedded.smtp_port)) == 0
    said = capsys.readouterr().out
    assert "shadow mode" in said
    assert 'mode = "live"' in said
    settings = load_settings(Path("config.toml"), {})
    assert (settings.support.address, settings.support.name) == (SUPPORT, "Demo Support")
    assert settings.mailbox.port == embedded.imap_port
    assert [agent.address for agent in settings.agents] == ["agent@demo.test", "bo@demo.test"]
    assert settings.sending.mode == "shadow"
    text = Path("config.toml").read_text()
    assert PASSWORD not in [
        v for s in tomllib.loads(text).values() if isinstance(s, dict) for v in s.values()
    ]
    assert text.count("#") > 60  # still commented
    got = checked(capsys)
    assert got["IMAP"]["status"] != "failed"
    assert got["SMTP"]["status"] == "ok"
    assert all(c["next_step"] for c in got.values() if c["status"] == "failed")


def test_init_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.toml").write_text("precious")
    assert run([*flags(1, 1), "--no-test"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert Path("config.toml").read_text() == "precious"
    Path("link.toml").symlink_to("elsewhere.toml")
    assert run([*flags(1, 1), "--no-test", "-o", "link.toml"]) == 1
    assert not Path("elsewhere.toml").exists()


def test_init_refuses_answers_that_cannot_stand(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*flags(1, 1), "--agent", SUPPORT, "--no-test"]) == 3
    assert "the desk's own address" in capsys.readouterr().err
    assert not Path("config.toml").exists()


def test_init_says_when_the_servers_do_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    secret(PASSWORD)
    assert run(flags(free_port(), free_port())) == 4
    assert "Next: mend what is wrong above" in capsys.readouterr().out
    assert Path("config.toml").exists()


def test_init_asks(embedded: EmbeddedServers, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailflow", "init"]
    said = _converse(
        command,
        tmp_path,
        [
            ("Address customers write to", "nonsense"),
            ("Address customers write to", SUPPORT),
            ("Name shown beside it [Support]", ""),
            ("IMAP server [imap.demo.test]", "127.0.0.1"),
            ("encryption", "none"),
            ("port [143]", "0"),
            ("port [143]", str(embedded.imap_port)),
            (f"login name [{SUPPORT}]", ""),
            ("password", PASSWORD),
            ("SMTP server [smtp.demo.test]", "127.0.0.1"),
            ("encryption", "none"),
            ("port [25]", str(embedded.smtp_port)),
            ("login name", "-"),
            ("address of an agent", "agent@demo.test"),
            ("address of an agent", ""),
        ],
    )
    assert "must be a bare mail address" in said
    assert "must be a number from 1 to 65535" in said
    assert "shadow mode" in said
    file = tmp_path / "secrets/mailbox"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    settings = load_settings(tmp_path / "config.toml", {})
    assert (settings.mailbox.port, settings.smtp.port) == (embedded.imap_port, embedded.smtp_port)
    password = read_password(settings.mailbox)
    assert password is not None
    assert password.reveal() == PASSWORD
    assert (settings.smtp.username, settings.agents[0].address) == ("", "agent@demo.test")


def _converse(command: list[str], folder: Path, dialogue: list[tuple[str, str]]) -> str:
    """Run on a terminal of its own; give each answer once its question stands there."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "COLUMNS": "300", "TERM": "dumb"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said, answered = "", 0
    deadline = time.monotonic() + 90
    try:
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.2)[0]:
                continue
            try:
                octets = os.read(ours, 4096)
            except OSError:  # Linux's way to say that the other side is closed
                octets = b""
            if not octets:
                break
            said += octets.decode(errors="replace")
            if dialogue and dialogue[0][0] in said[answered:] and said.endswith(": "):
                answer = dialogue.pop(0)[1]
                answered = len(said)
                os.write(ours, answer.encode() + b"\n")
        assert process.wait(max(1.0, deadline - time.monotonic())) == 0, said
    finally:
        process.kill()
        os.close(ours)
    assert not dialogue, said
    return said


@pytest.fixture
def desk(embedded: EmbeddedServers) -> EmbeddedServers:
    secret(PASSWORD)
    assert run([*flags(embedded.imap_port, embedded.smtp_port), "--no-test"]) == 0
    return embedded


def test_check_changes_nothing(desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]) -> None:
    desk.put(SUPPORT, "INBOX", b"Subject: x\r\n\r\nx\r\n")
    before = sorted(str(p) for p in Path().rglob("*")), desk.messages(SUPPORT)
    checked(capsys)
    assert (sorted(str(p) for p in Path().rglob("*")), desk.messages(SUPPORT)) == before


def test_a_wrong_password_is_4_with_a_next_step(
    desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    secret("wrong")
    got = checked(capsys, code=4)
    assert got["IMAP"]["status"] == "failed"
    assert got["IMAP"]["next_step"]
    assert got["SMTP"]["status"] == "ok"  # it is looked at all the same


def test_a_missing_folder_is_named(
    desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    got = checked(capsys, "--set", "mailbox.folder=Nowhere", code=4)
    assert "Nowhere" in got["IMAP folders"]["cause"] + got["IMAP folders"]["next_step"]


def test_no_server_is_4(desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]) -> None:
    got = checked(capsys, "--set", f"smtp.port={free_port()}", code=4)
    assert got["SMTP"]["status"] == "failed"
    assert got["IMAP"]["status"] != "failed"


def test_a_readable_secret_is_3_and_the_network_left_alone(
    desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("secrets/mailbox").chmod(0o644)
    got = checked(capsys, code=3)
    assert "chmod 600" in got["mailbox password"]["next_step"]
    assert got["IMAP"]["status"] == "skipped"


def test_offline_needs_no_server(desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]) -> None:
    desk.stop()
    got = checked(capsys, "--offline")
    assert got["IMAP"]["status"] == got["SMTP"]["status"] == "skipped"


def test_a_running_daemon_is_seen(
    desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    from mailflow.state import only_daemon

    with only_daemon(Path("var")):
        assert f"process {os.getpid()}" in checked(capsys, "--offline")["state"]["cause"]
    assert "no mailflow runs" in checked(capsys, "--offline")["state"]["cause"]


def test_a_broken_template_of_ones_own_is_named(
    desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path("own/acknowledgement/en.txt.j2")
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ nosuch( }}")
    assert "acknowledgement" in json.dumps(
        checked(capsys, "--offline", "--set", "templates.folder=own", code=1)["templates"]
    )


def test_a_foreign_database_is_named(
    desk: EmbeddedServers, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mailflow.db").write_bytes(b"this is no database at all" * 50)
    assert checked(capsys, "--offline", code=1)["database"]["next_step"]
