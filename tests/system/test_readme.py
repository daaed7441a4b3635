"""Every command shown in the documents is run, as the comments beside it say (see tests/console_blocks.py)."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mailflow.demo.servers import PASSWORD, EmbeddedServers
from tests.console_blocks import Block, missing_line, read_blocks

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/cli.md", "docs/articles.md")
SECONDS = 120

SAMPLE = b"""\
From: Maria Rossi <maria@customer.test>\r
To: support@demo.test\r
Subject: Cannot log in\r
Message-ID: <1@customer.test>\r
Date: Mon, 23 Nov 2026 10:00:00 +0100\r
\r
Since the update I cannot log in any more. Please help me.\r
"""
CONFIG = """\
[support]
address = "support@demo.test"
[mailbox]
host = "127.0.0.1"
port = {imap}
tls = "none"
username = "support@demo.test"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
[[agents]]
address = "agent@demo.test"
"""


def blocks() -> list[Block]:
    found = []
    for name in DOCUMENTS:
        path = REPOSITORY / name
        if path.exists():
            found += read_blocks(name, path.read_text(encoding="utf-8"))
    return found


def test_the_readme_shows_commands() -> None:
    assert any(block.document == "README.md" for block in blocks())


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.document}:{block.line}")
def test_commands_shown_work(block: Block, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    commands = block.runnable()
    assert commands, "a console block without a line that begins with '$ '"
    if block.has("covered by"):
        _assert_test_exists(block.value("covered by"))
        return
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAILFLOW_")}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    env["COLUMNS"] = "100"
    folder = REPOSITORY if block.has("in checkout") else tmp_path
    (tmp_path / "message.eml").write_bytes(SAMPLE)
    if block.has("desk"):
        servers: EmbeddedServers = request.getfixturevalue("embedded")
        text = CONFIG.format(imap=servers.imap_port, smtp=servers.smtp_port)
        (tmp_path / "config.toml").write_text(text)
        env["MAILFLOW_MAILBOX__PASSWORD"] = PASSWORD
        env["MAILFLOW_CONFIG"] = str(tmp_path / "config.toml")
        for number in (1, 2):
            octets = SAMPLE.replace(b"<1@", b"<%d@" % number)
            servers.put("support@demo.test", "INBOX", octets)
    for command in block.values("first"):
        _run(command, folder, env, expected=0)
    printed = ""
    for command in commands[:-1]:
        printed += _run(command, folder, env, expected=0)
    code = int(block.value("exit", "0"))
    printed += _run(commands[-1], folder, env, expected=code, until=block.value("until"))
    if block.has("output"):
        missing = missing_line(block.shown, printed)
        assert missing is None, f"not printed: {missing!r}\n{printed}"


def _run(command: str, folder: Path, env: dict[str, str], *, expected: int, until: str = "") -> str:
    """Run in bash; stdout and stderr together. With ``until``, SIGTERM ends it once that was printed."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", f"exec {command}" if until else command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    alarm = threading.Timer(SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
    alarm.start()
    started = time.monotonic()
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if until and until in line:
                process.terminate()
        code = process.wait()
    finally:
        alarm.cancel()
    printed = "".join(lines)
    assert time.monotonic() - started < SECONDS, f"$ {command}\n{printed}"
    assert not until or until in printed, f"$ {command}\n{printed}"
    assert code == expected, f"$ {command}\nexit code {code}, not {expected}\n{printed}"
    assert "Traceback" not in printed, printed
    return printed


def _assert_test_exists(reference: str) -> None:
    path, _, name = reference.partition("::")
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in names, f"there is no test {reference}"
