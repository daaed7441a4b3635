"""How long 1,000 changed tickets take to be brought in step in the mailbox, and what an idle round costs.

Against a real Dovecot on loopback:  python benchmarks/mirror.py [tickets]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from sqlalchemy import update

from mailflow.app import App
from mailflow.config import load_settings
from mailflow.edges.imap_mirror import MirrorMailbox
from mailflow.edges.imap_transport import BoundedIMAP4
from mailflow.store import tables as t
from tests.daemon import write_config
from tests.desks import NO_MODEL, letter
from tests.dovecot import Dovecot

FOLDERS = (
    5  # with the inbox six; an idle round asks each once, and a few things of the whole server
)


def main(tickets: int) -> None:
    with Dovecot(users=["support"]) as server, tempfile.TemporaryDirectory() as folder:
        path = write_config(
            Path(folder), imap_port=server.port, smtp_port=1, extra=f"{NO_MODEL}[mirror]\n"
        )
        settings = load_settings(path, {"MAILFLOW_MAILBOX__PASSWORD": server.password})
        app = App(settings)
        with app.mailbox() as mailbox:
            app.read_mailbox(mailbox)
            with server.client() as client:
                for number in range(tickets):
                    client.append("INBOX", letter(f"c{number}@x.test", f"Case {number}"))
            app.read_mailbox(mailbox)
            changed = {"status": "pending", "priority": "urgent"}
            with app.store.begin() as work:
                work.connection.execute(update(t.ticket).values(**changed))
            shown, commands = _round(app, mailbox)
            _round(app, mailbox)
            idle, idle_commands = _round(app, mailbox)
        with server.client() as client:
            client.select_folder("Tickets/Waiting", readonly=True)
            right = len(client.search(["KEYWORD", "urgent"]))
        app.close()
    print(f"{right} of {tickets} changed tickets shown in {shown:.2f} s, {commands} commands")
    print(f"an idle round: {idle * 1000:.0f} ms, {idle_commands} commands")
    if right != tickets:
        raise SystemExit("not everything is shown")


def _round(app: App, mailbox: MirrorMailbox) -> tuple[float, int]:
    """Seconds and IMAP commands of one round of the mirror."""
    counted: Counter[str] = Counter()
    original = BoundedIMAP4._command

    def counting(wire: BoundedIMAP4, name: str, *args: object) -> bytes:
        counted[name] += 1
        return original(wire, name, *args)

    BoundedIMAP4._command = counting  # type: ignore[method-assign]
    started = time.perf_counter()
    try:
        app._show_state(mailbox)
    finally:
        BoundedIMAP4._command = original  # type: ignore[method-assign]
    return time.perf_counter() - started, sum(counted.values())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
