"""Servers for tests. Each test gets its own: they start in well under a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.demo.servers import EmbeddedServers
from mailflow.edges.imap_transport import BoundedIMAP4
from tests.dovecot import Dovecot, require_dovecot
from tests.shared_mailbox import MailServers, SharedDesk
from tests.smtp_sink import SmtpSink


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: a worker that begins one when all others are done keeps everybody waiting."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A real Dovecot with the users ``support`` and ``agent``."""
    require_dovecot()
    with Dovecot(users=["support", "agent"]) as server:
        yield server


@pytest.fixture
def dovecot_tls() -> Iterator[Dovecot]:
    """The same with STARTTLS and implicit TLS under a certificate of its own."""
    require_dovecot()
    with Dovecot(users=["support", "agent"], tls=True) as server:
        yield server


@pytest.fixture
def embedded() -> Iterator[EmbeddedServers]:
    """IMAP and SMTP in this process, with the users ``support@demo.test`` and ``agent@demo.test``."""
    with EmbeddedServers(["support@demo.test", "agent@demo.test"]) as servers:
        yield servers


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def sent_octets(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything any mailbox writes to a socket, from here on."""
    written: list[bytes] = []
    original = BoundedIMAP4.send

    def spy(self: BoundedIMAP4, data: bytes) -> None:
        written.append(bytes(data))
        original(self, data)

    monkeypatch.setattr(BoundedIMAP4, "send", spy)
    return written


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[MailServers]:
    """Dovecot and the embedded servers for a whole module: every scenario takes a mailbox of its own."""
    with MailServers() as servers:
        yield servers


@pytest.fixture(params=["dovecot", "embedded"])
def shared(
    request: pytest.FixtureRequest, mailboxes: MailServers, tmp_path: Path
) -> Iterator[SharedDesk]:
    """A desk whose mailbox agents open themselves. ``@pytest.mark.mirror("…")`` adds configuration."""
    mark = request.node.get_closest_marker("mirror")
    with mailboxes.desk(request.param, tmp_path, mark.args[0] if mark else "") as desk:
        yield desk
        desk.nothing_internal_left()
