"""``mailflow people``, as an admin uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailflow.cli.main import app
from mailflow.store.database import open_store
from tests.daemon import write_config


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = write_config(
        tmp_path,
        imap_port=1,
        smtp_port=1,
        username="support@desk.test",
        support="support@desk.test",
        mode="live",
        extra="",
    )
    open_store(f"sqlite:///{tmp_path / 'mailflow.db'}").close()
    return str(path)


def run(config: str, *args: str):
    return CliRunner().invoke(app, ["--config", config, "people", *args])


def test_mute_unmute_and_language(config: str) -> None:
    assert run(config, "list").exit_code == 0
    assert run(config, "mute", "Mia@home.test", "--reason", "rang us").exit_code == 0
    assert run(config, "language", "mia@home.test", "de").exit_code == 0
    [person] = json.loads(run(config, "list", "--muted", "--json").stdout)
    assert person["address"] == "mia@home.test"
    assert (person["language"], person["corrected"]) == ("de", True)
    assert person["muted_because"] == "rang us"
    assert "mia@home.test" in run(config, "list").stdout
    run(config, "unmute", "mia@home.test")
    run(config, "language", "mia@home.test", "auto")
    [person] = json.loads(run(config, "list", "--json").stdout)
    assert (person["language"], person["corrected"], person["muted_at"]) == (None, False, None)


@pytest.mark.parametrize(
    "args",
    [
        ("mute", "nobody"),
        ("language", "mia@home.test", "German"),
        ("offset", "mia@home.test", "+25:00"),
        ("unmute", "a b@c"),
    ],
)
def test_what_cannot_be_is_refused(config: str, args: tuple[str, ...]) -> None:
    assert run(config, *args).exit_code != 0


def test_where_somebody_lives_is_said_and_learnt_again(config: str) -> None:
    assert run(config, "offset", "Mia@home.test", "-03:30").exit_code == 0
    [person] = json.loads(run(config, "list", "--json").stdout)
    assert (person["utc_offset"], person["offset_corrected"]) == (-210, True)
    assert "-03:30 (corrected)" in run(config, "list").stdout
    assert run(config, "offset", "mia@home.test", "auto").exit_code == 0
    [person] = json.loads(run(config, "list", "--json").stdout)
    assert (person["utc_offset"], person["offset_corrected"]) == (None, False)
