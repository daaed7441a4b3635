"""``[dkim]`` through the real door: what reaches the customer verifies, and a wrong key stops the start."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mailflow.app import App
from mailflow.cli.diagnosis import Status, look_at_dkim
from mailflow.config import ConfigError, Settings, load_settings
from mailflow.demo.servers import EmbeddedServers
from mailflow.desk.delivery import Outcome
from mailflow.edges import signed_smtp
from mailflow.edges.signed_smtp import SignedSender, verifies
from mailflow.signing import dkim_signer
from tests.daemon import write_config
from tests.desks import Desk, letter

pytest.importorskip("dkim")

SUPPORT, MIA = "support@desk.test", "mia@home.test"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A private key in a file, and its TXT record."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine to make a key with")
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run([openssl, "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    path.chmod(0o600)
    shown = subprocess.run(
        [openssl, "rsa", "-in", path, "-pubout"], check=True, capture_output=True, text=True
    )
    return path, b"v=DKIM1; k=rsa; p=" + "".join(shown.stdout.splitlines()[1:-1]).encode()


def section(path: Path) -> str:
    return f'[dkim]\nselector = "s1"\nkey_file = "{path}"\n'


def settings_with(folder: Path, extra: str) -> Settings:
    path = write_config(
        folder, imap_port=1, smtp_port=1, username=SUPPORT, support=SUPPORT, extra=extra
    )
    return load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": "x"})


def test_the_acknowledgement_that_arrives_is_signed(key, tmp_path):
    path, record = key
    asked: list[bytes] = []

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    with EmbeddedServers([SUPPORT, MIA]) as servers:
        desk = Desk(servers, tmp_path / "desk", SUPPORT, extra=section(path))
        desk.receive(letter(MIA))
        desk.step()
        [arrived] = servers.messages(MIA)
        desk.close()
    # The server that delivers writes trace fields on top and need not keep the last line end.
    assert verifies(arrived.octets, lookup)
    assert asked == [b"s1._domainkey.desk.test."]
    assert not verifies(arrived.octets.replace(b"Subject: ", b"Subject: not "), lookup)


def test_check_tells_whether_dns_agrees(key, tmp_path, monkeypatch):
    path, record = key
    settings = settings_with(tmp_path, section(path))
    monkeypatch.setattr(
        signed_smtp, "verifies", lambda octets: verifies(octets, lambda *a, **k: record)
    )
    [agreed] = look_at_dkim(settings)
    assert agreed.status is Status.OK
    monkeypatch.setattr(
        signed_smtp, "verifies", lambda octets: verifies(octets, lambda *a, **k: b"")
    )
    [absent] = look_at_dkim(settings)
    assert absent.status is Status.WARNING
    assert "s1._domainkey.desk.test" in absent.next_step
    [off] = look_at_dkim(settings_with(tmp_path, ""))
    assert off.status is Status.SKIPPED


def test_a_wrong_key_stops_the_start_with_its_mend(tmp_path):
    missing = settings_with(tmp_path, section(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match=r"dkim\.key_file.*cannot be read"):
        App(missing)
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key")
    wrong.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        dkim_signer(settings_with(tmp_path, section(wrong)))
    wrong.chmod(0o600)
    with pytest.raises(ConfigError, match="is no usable key"):
        dkim_signer(settings_with(tmp_path, section(wrong)))
    [told] = look_at_dkim(settings_with(tmp_path, section(wrong)))
    assert told.status is Status.FAILED


def test_what_cannot_be_signed_waits_and_never_goes_bare():
    class Recording:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def finish(self, octets: bytes) -> None:
            self.calls.append("finish")

        def abandon(self) -> None:
            self.calls.append("abandon")

    def refuse(octets: bytes) -> bytes:
        raise ValueError("the message cannot be signed")

    inner = Recording()
    result = SignedSender(inner, refuse).finish(b"x")  # type: ignore[arg-type]
    assert result.outcome is Outcome.DEFERRED
    assert inner.calls == ["abandon"]
